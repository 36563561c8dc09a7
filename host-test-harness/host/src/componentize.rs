//! A core module becomes a component: its WIT is embedded, WASI preview 1 adapted, the result encoded.

mod boundary;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, StringEncoding};

pub use world::World;

use crate::componentize::boundary::Boundary;
use crate::componentize::world::Contract;
use crate::file::with_file;
use crate::wasm_file::{Form, WasmFile, printable};
use crate::{Error, ErrorKind};

/// The modules of the core ABI that Spin 1.x gave to core modules before there were components.
const CORE_ABI: [&str; 7] = [
    "key-value",
    "outbound-mysql",
    "outbound-pg",
    "outbound-redis",
    "spin-config",
    "sqlite",
    "wasi-outbound-http",
];

pub(crate) fn is_core_abi(module: &str) -> bool {
    CORE_ABI.contains(&module)
}

/// Encodes a core module as a component of `world`.
///
/// The module is one that Go (`-buildmode=c-shared`), Rust (wasm32-wasip1) or another compiler has
/// written for WASI preview 1. If it exports `_start` the component is a program, which exports
/// `wasi:cli/run`; else it is a reactor, whose `_initialize` runs once in every new instance.
/// The component is valid; nothing is compiled or run.
///
/// # Errors
///
/// [`ErrorKind::InvalidModule`] if the bytes are no core module or one that does not fit the world; the
/// message names each import and export that is missing, unknown or of another type.
/// [`ErrorKind::InvalidOption`] if `world` cannot be read, or contradicts what the module embeds.
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
    if file.form == Form::Component {
        return Err(Error::new(
            ErrorKind::InvalidModule,
            "this is a component already: `spin-harness inspect` says what can run it",
        ));
    }
    let boundary = Boundary::of(file.types.as_ref());
    let contract = Contract::of(core, world, &boundary)?;
    let adapter = if boundary.is_program() {
        WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER
    } else {
        WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
    };
    let (problems, source) = match guarded(|| encode(core, &contract, adapter)) {
        Ok(component) => {
            let problems = boundary.unnoticed_problems(core, &contract);
            if problems.is_empty() {
                return Ok(component);
            }
            (problems, None)
        }
        // The encoder stops at the first problem.
        Err(error) => {
            let mut problems = boundary.problems(&contract, adapter);
            if problems.is_empty() {
                problems.push(format!("{error:#}"));
            }
            problems.extend(boundary.unnoticed_problems(core, &contract));
            (problems, Some(error))
        }
    };
    let problems: String = problems
        .iter()
        .map(|problem| format!("\n  {problem}"))
        .collect();
    let message = format!(
        "the core module does not fit {}:{problems}",
        contract.title()
    );
    let error = Error::new(ErrorKind::InvalidModule, printable(&message));
    Err(match source {
        Some(source) => error.with_source(source),
        None => error,
    })
}

/// [`componentize`] for a file.
///
/// # Errors
///
/// As [`componentize`], and [`ErrorKind::Io`] if the file cannot be read; both name the file.
pub fn componentize_file(core: impl AsRef<Path>, world: &World) -> Result<Vec<u8>, Error> {
    with_file(core.as_ref(), |bytes| componentize(bytes, world))
}

/// Turns a panic of the encoder into an error.
///
/// It takes what a module embeds (`component-type`) for the work of a binding generator, and asserts what
/// such a one ensures; the bytes of a stranger's module may hold anything. Its values end with the call,
/// so none is seen half changed.
fn guarded<T>(act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let reason = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(anyhow::anyhow!(
            "it is malformed in a way that its decoder does not expect ({})",
            reason
                .and_then(|reason| reason.lines().next())
                .unwrap_or("no reason given")
        ))
    })
}

fn encode(core: &[u8], contract: &Contract, adapter: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut module = core.to_vec();
    if !contract.is_embedded {
        wit_component::embed_component_metadata(
            &mut module,
            &contract.resolve,
            contract.id,
            StringEncoding::UTF8,
        )?;
    }
    ComponentEncoder::default()
        .module(&module)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter)?
        .validate(true)
        .encode()
}
