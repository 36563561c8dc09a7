//! The variables of the component, as its manifest and the host set them.
//!
//! A component that does not call [`get`] does not import the interface
//! `fermyon:spin/variables`, which every Spin since 2.0 has.
//!
//! # Examples
//!
//! ```
//! use spin_sdk::http::{IntoResponse, Request};
//! use spin_sdk::variables;
//!
//! fn handle(_request: Request) -> Result<impl IntoResponse, variables::Error> {
//!     Ok(format!("The region is {}\n", variables::get("region")?))
//! }
//! # let host = spin_sdk::testing::TestHost::start();
//! # host.set_variable("region", "eu");
//! # let response = host.handle(handle, Request::new(None));
//! # assert_eq!(response.into_body().unwrap(), "The region is eu\n");
//! ```

use std::fmt;

#[cfg(target_family = "wasm")]
mod bindings;

/// Returns the value of the variable `name`.
///
/// The manifest declares the variable under `[variables]` and passes it to the component under
/// `[component.NAME.variables]`.
///
/// # Errors
///
/// [`Undefined`](ErrorKind::Undefined) if the component has no such variable,
/// [`InvalidName`](ErrorKind::InvalidName) if no variable can have this name,
/// [`Provider`](ErrorKind::Provider) and [`Other`](ErrorKind::Other) if the host fails, and
/// [`NoHost`](ErrorKind::NoHost) if the program was not built for WebAssembly and the test has no
/// [`TestHost`](crate::testing::TestHost).
pub fn get(name: &str) -> Result<String, Error> {
    #[cfg(target_family = "wasm")]
    let value = bindings::get(name);
    #[cfg(not(target_family = "wasm"))]
    let value = crate::host::native::variable(name);
    value.map_err(|(kind, detail)| {
        let name = name.to_owned();
        Error { name, kind, detail }
    })
}

/// Why a variable has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    name: String,
    kind: ErrorKind,
    detail: String,
}

/// The category of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The component has no variable of this name.
    Undefined,
    /// No variable can have this name. A name consists of words of lower-case ASCII letters and
    /// digits with `_` between them; each word starts with a letter.
    InvalidName,
    /// The provider of the variables failed, for example a vault.
    Provider,
    /// Another error of the host.
    Other,
    /// The program was not built for WebAssembly, so it has no host, and the test has no
    /// [`TestHost`](crate::testing::TestHost).
    NoHost,
}

impl Error {
    /// The category of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The name of the variable.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, kind, detail } = self;
        let problem = match kind {
            ErrorKind::Undefined => {
                "the component has no such variable; declare it under `[variables]` and under \
                 `[component.NAME.variables]` in the manifest"
            }
            ErrorKind::InvalidName => {
                "no variable can have this name; use words of lower-case letters and digits with \
                 `_` between them"
            }
            ErrorKind::Provider => "the provider of the variables failed",
            ErrorKind::Other => "the host failed",
            ErrorKind::NoHost => {
                "this program does not run inside a Spin host; build it for wasm32-wasip2 and run \
                 the component in a host, or set the variable with spin_sdk::testing in a test"
            }
        };
        write!(formatter, "variable `{name}`: {problem}")?;
        if !detail.is_empty() {
            write!(formatter, " ({detail})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
