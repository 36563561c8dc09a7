//! The choice of the world that a core module is encoded for.

use std::path::PathBuf;

/// The world that [`componentize`](crate::componentize) encodes a core module for.
///
/// A module may embed its own world in sections whose names begin with `component-type`, as the Rust and C
/// bindings do.
/// The embedded world takes precedence; a world that is named here must have the same exports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum World {
    /// The world that the module embeds; the default.
    /// A module without one is a `command` if it exports `_start`, otherwise an `http-trigger`.
    #[default]
    FromModule,
    /// Handles HTTP requests: exports `fermyon:spin/inbound-http`, and may import `fermyon:spin/http`. A module that uses
    /// `wasi:http` exports `wasi:http/incoming-handler@0.2.0`, and may import `wasi:http/outgoing-handler@0.2.0` and what
    /// that needs. Both may import `fermyon:spin/variables@2.0.0`.
    HttpTrigger,
    /// A program: has `_start`. May import what an HTTP trigger may.
    Command,
    /// A world of another WIT package.
    Package {
        /// A folder of WIT files, whose dependencies are in its folder `deps`; or one WIT file.
        path: PathBuf,
        /// The world's name; may be `None` if the package has only one world.
        world: Option<String>,
    },
}
