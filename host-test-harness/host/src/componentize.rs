//! Encodes a core module as a component: embeds its WIT, adapts WASI preview 1.

mod core_abi;
mod decoder_panic;
mod mismatch;
mod module_signature;
mod target_world;
mod world;

use std::path::Path;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, StringEncoding};

pub(crate) use core_abi::is_core_abi;
pub use world::World;

use crate::componentize::decoder_panic::panic_to_error;
use crate::componentize::module_signature::ModuleSignature;
use crate::componentize::target_world::TargetWorld;
use crate::file::with_file;
use crate::wasm_file::{WasmFile, WasmKind};
use crate::{Error, ErrorKind};
use outbound_policy::display::printable;

/// Encodes a core module as a component of `world`.
///
/// The module targets WASI preview 1; Go (`-buildmode=c-shared`), Rust (wasm32-wasip1) and other compilers
/// produce such modules.
/// A module that exports `_start` becomes a program, which exports `wasi:cli/run`.
/// Any other module becomes a reactor, whose `_initialize` runs once in every new instance.
/// The component is valid; nothing is compiled or run.
///
/// # Errors
///
/// [`ErrorKind::InvalidModule`] if the bytes are not a core module, or if the module does not fit the world; the
/// message names each import and export that is missing, unknown or of another type.
/// [`ErrorKind::InvalidOption`] if `world` cannot be read, or contradicts the world that the module embeds.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use spin_harness::{World, componentize};
///
/// let component = componentize(&std::fs::read("core.wasm")?, &World::HttpTrigger)?;
/// # Ok(()) }
/// ```
pub fn componentize(core: &[u8], world: &World) -> Result<Vec<u8>, Error> {
    let file = WasmFile::read(core)?;
    match file.kind {
        WasmKind::CoreModule => {}
        WasmKind::Component => {
            return Err(Error::new(
                ErrorKind::InvalidModule,
                "this is a component already: `spin-harness inspect` shows what can run it",
            ));
        }
    }
    let module = ModuleSignature::of(file.types.as_ref());
    let target = TargetWorld::of(core, &module, world)?;
    let adapter = if module.is_program() {
        WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER
    } else {
        WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
    };
    match panic_to_error(|| encode(core, &target, adapter)) {
        Ok(component) => {
            let mismatches = mismatch::unnoticed_by_encoder(&module, &target, core);
            if mismatches.is_empty() {
                return Ok(component);
            }
            Err(does_not_fit(&target, &mismatches))
        }
        Err(error) => {
            // The encoder reports only the first mismatch.
            let mut mismatches = mismatch::all(&module, &target, adapter);
            if mismatches.is_empty() {
                mismatches.push(format!("{error:#}"));
            }
            mismatches.extend(mismatch::unnoticed_by_encoder(&module, &target, core));
            Err(does_not_fit(&target, &mismatches).with_source(error))
        }
    }
}

/// [`componentize`] for a file.
///
/// # Errors
///
/// As [`componentize`], and [`ErrorKind::Io`] if the file cannot be read; both name the file.
pub fn componentize_file(core: impl AsRef<Path>, world: &World) -> Result<Vec<u8>, Error> {
    with_file(core.as_ref(), |bytes| componentize(bytes, world))
}

fn encode(core: &[u8], target: &TargetWorld, adapter: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut module = core.to_vec();
    if !target.is_embedded {
        wit_component::embed_component_metadata(
            &mut module,
            &target.resolve,
            target.id,
            StringEncoding::UTF8,
        )?;
    }
    ComponentEncoder::default()
        .module(&module)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter)?
        .validate(true)
        .encode()
}

/// The error with one line for each mismatch.
fn does_not_fit(target: &TargetWorld, mismatches: &[String]) -> Error {
    let lines: String = mismatches
        .iter()
        .map(|mismatch| format!("\n  {}", printable(mismatch)))
        .collect();
    let title = printable(&target.title());
    let message = format!("the core module does not fit {title}:{lines}");
    Error::new(ErrorKind::InvalidModule, message)
}
