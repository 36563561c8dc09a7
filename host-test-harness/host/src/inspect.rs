//! Describes a WebAssembly file without compiling or running it.

mod harness_support;
mod item;
mod module;
mod offered;
mod rebuild;
mod spin_releases;
mod spin_support;
mod wasi_support;

use std::path::Path;

use serde::Serialize;

pub use harness_support::HarnessSupport;
pub use item::{Item, ItemKind};
pub use module::{Module, Section};
pub(crate) use offered::is_offered;
pub use spin_releases::SpinRelease;
pub use spin_support::SpinSupport;
pub use wasi_support::WasiSupport;

use crate::Error;
use crate::componentize::{World, componentize, is_core_abi};
use crate::file::with_file;
use crate::producers::{Producers, Tool};
use crate::wasm_file::{WasmFile, WasmKind};

/// The result of [`inspect`]. It serialises as the JSON that `spin-harness inspect --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// A component or a core module.
    pub kind: WasmKind,
    /// The size of the file in bytes, which is the sum over [`modules`](Self::modules).
    pub bytes: u64,
    /// The imports, in the order of the file.
    pub imports: Vec<Item>,
    /// The exports, in the order of the file.
    pub exports: Vec<Item>,
    /// The source languages recorded in the largest core module, which is the guest; empty if the build has
    /// stripped them.
    pub languages: Vec<Tool>,
    /// The compilers, binding generators and encoders recorded in the same core module and in the file itself.
    pub tools: Vec<Tool>,
    /// The sizes of the file itself, first, and of the components and core modules nested in it, in the order of
    /// the file.
    pub modules: Vec<Module>,
    /// The hosts that can run the file.
    #[serde(flatten)]
    pub compatibility: Compatibility,
}

/// The hosts that can run a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Compatibility {
    /// A component runs as it is.
    #[non_exhaustive]
    Component {
        /// The versions of Spin that offer all of its imports and call one of its exports.
        spin: SpinSupport,
        /// The hosts that have the interfaces of WASI 0.2 only.
        wasi: WasiSupport,
        /// The commands of this harness that can run it, and the imports that the harness does not offer.
        harness: HarnessSupport,
    },
    /// A core module has to be made a component first.
    #[non_exhaustive]
    CoreModule {
        /// Imports of the core ABI of Spin 1.x, such as `wasi-outbound-http`, which only Spin can adapt.
        core_abi_imports: Vec<String>,
        /// Why [`componentize`] fails for it; `None` if it succeeds.
        componentize_error: Option<String>,
        /// The commands of this harness that can run the component that it becomes; they componentize it
        /// themselves. `None` if [`componentize`] fails.
        harness: Option<HarnessSupport>,
    },
}

/// Describes a component or core module: imports, exports, tools, sizes, and the hosts that can run it.
///
/// Nothing is compiled or run.
///
/// # Errors
///
/// [`ErrorKind::InvalidComponent`](crate::ErrorKind::InvalidComponent) or
/// [`ErrorKind::InvalidModule`](crate::ErrorKind::InvalidModule) if the bytes are not a valid component or core
/// module; the message gives the offset of the first invalid byte.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let empty_module = b"\0asm\x01\0\0\0";
/// let inspection = spin_harness::inspect(empty_module)?;
/// assert_eq!(inspection.kind, spin_harness::WasmKind::CoreModule);
/// assert_eq!(inspection.bytes, 8);
/// # Ok(()) }
/// ```
pub fn inspect(bytes: &[u8]) -> Result<Inspection, Error> {
    let file = WasmFile::read(bytes)?;
    let types = file.types.as_ref();
    let (imports, exports) = match file.kind {
        WasmKind::Component => item::of_component(bytes, types),
        WasmKind::CoreModule => item::of_core_module(types),
    };
    let modules = module::modules(bytes, file.kind, types);
    let Producers { languages, tools } = Producers::of(bytes);
    let compatibility = match file.kind {
        WasmKind::Component => Compatibility::Component {
            spin: SpinSupport::of(&imports, &exports),
            wasi: WasiSupport::of(&imports, &exports),
            harness: HarnessSupport::of(&imports, &exports),
        },
        WasmKind::CoreModule => of_core_module(bytes, &imports),
    };
    Ok(Inspection {
        kind: file.kind,
        bytes: modules.iter().map(|module| module.bytes).sum(),
        imports,
        exports,
        languages,
        tools,
        modules,
        compatibility,
    })
}

/// [`inspect`] for a file.
///
/// # Errors
///
/// As [`inspect`], and [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read; both name the file.
pub fn inspect_file(path: impl AsRef<Path>) -> Result<Inspection, Error> {
    with_file(path.as_ref(), inspect)
}

fn of_core_module(bytes: &[u8], imports: &[Item]) -> Compatibility {
    let core_abi_imports = imports
        .iter()
        .filter(|item| is_core_abi(&item.name))
        .map(|item| item.name.clone())
        .collect();
    match componentize(bytes, &World::FromModule) {
        Ok(component) => Compatibility::CoreModule {
            core_abi_imports,
            componentize_error: None,
            harness: harness_support_of_component(&component),
        },
        Err(error) => Compatibility::CoreModule {
            core_abi_imports,
            componentize_error: Some(error.to_string()),
            harness: None,
        },
    }
}

/// The harness's support for a component that [`componentize`] made, and therefore is valid.
fn harness_support_of_component(component: &[u8]) -> Option<HarnessSupport> {
    let file = WasmFile::read(component).ok()?;
    let (imports, exports) = item::of_component(component, file.types.as_ref());
    Some(HarnessSupport::of(&imports, &exports))
}
