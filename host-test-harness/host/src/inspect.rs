//! What a WebAssembly file is, read without compiling or running it.

mod features;
mod item;
mod producers;
mod rebuild;
mod size;
mod spin;

use std::path::Path;

use serde::Serialize;

pub use features::HarnessSupport;
pub(crate) use features::is_offered;
pub use item::{Item, ItemKind};
pub use producers::Tool;
pub use size::{Part, Section};
pub use spin::{SpinRelease, SpinSupport};

use crate::Error;
use crate::componentize::{World, componentize, is_core_abi};
use crate::file::with_file;
use crate::inspect::producers::Producers;
use crate::wasm_file::{Form, WasmFile};

/// What [`inspect`] found. It serialises as the JSON that `spin-harness inspect --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// A component or a core module.
    pub form: Form,
    /// The size of the file in bytes, which is the sum over [`parts`](Self::parts).
    pub bytes: u64,
    /// What it needs from its host, in the order of the file.
    pub imports: Vec<Item>,
    /// What it offers, in the order of the file.
    pub exports: Vec<Item>,
    /// The source languages that its largest core module records, which is the guest; empty where a build
    /// has stripped them.
    pub languages: Vec<Tool>,
    /// The tools that the same core module and the file itself record: compilers, binding generators, encoders.
    pub tools: Vec<Tool>,
    /// Where the bytes are: the file itself first, then what it contains, in the order of the file.
    pub parts: Vec<Part>,
    /// What can be done with it.
    #[serde(flatten)]
    pub outlook: Outlook,
}

/// What can be done with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Outlook {
    /// A component can be run.
    #[non_exhaustive]
    Component {
        /// The versions of Spin that have all that it imports and call what it exports.
        spin: SpinSupport,
        /// The commands of this harness that can run it, and what they cannot give it.
        harness: HarnessSupport,
    },
    /// A core module can be made a component.
    #[non_exhaustive]
    CoreModule {
        /// Imports of the core ABI of Spin 1.x, such as `wasi-outbound-http`; only a Spin can adapt them.
        core_abi_imports: Vec<String>,
        /// Why [`componentize`] cannot make a component of it; `None` if it can.
        componentize_error: Option<String>,
        /// The commands of this harness that can run the component that it becomes; they make it themselves.
        harness: Option<HarnessSupport>,
    },
}

/// Reads what a component or core module is: imports, exports, tools, sizes, and where it can run.
///
/// Nothing is compiled or run.
///
/// # Errors
///
/// [`ErrorKind::InvalidComponent`](crate::ErrorKind::InvalidComponent) or
/// [`ErrorKind::InvalidModule`](crate::ErrorKind::InvalidModule) if the bytes are not a valid
/// component or core module; the message says which byte is wrong.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let empty_module = b"\0asm\x01\0\0\0";
/// let inspection = spin_harness::inspect(empty_module)?;
/// assert_eq!(inspection.form, spin_harness::Form::CoreModule);
/// assert_eq!(inspection.bytes, 8);
/// # Ok(()) }
/// ```
pub fn inspect(bytes: &[u8]) -> Result<Inspection, Error> {
    let file = WasmFile::read(bytes)?;
    let types = file.types.as_ref();
    let (imports, exports) = match file.form {
        Form::Component => item::of_component(bytes, types),
        Form::CoreModule => item::of_core_module(types),
    };
    let parts = size::parts(bytes, file.form, types);
    let Producers { languages, tools } = Producers::of(bytes);
    let outlook = match file.form {
        Form::Component => Outlook::Component {
            spin: SpinSupport::of(&imports, &exports),
            harness: HarnessSupport::of(&imports, &exports),
        },
        Form::CoreModule => of_core_module(bytes, &imports),
    };
    Ok(Inspection {
        form: file.form,
        bytes: parts.iter().map(|part| part.bytes).sum(),
        imports,
        exports,
        languages,
        tools,
        parts,
        outlook,
    })
}

fn of_core_module(bytes: &[u8], imports: &[Item]) -> Outlook {
    let component = componentize(bytes, &World::FromModule);
    // The component is valid, so that there is something to say of it.
    let inspected = component
        .as_ref()
        .ok()
        .and_then(|component| inspect(component).ok());
    let harness = inspected.and_then(|inspection| match inspection.outlook {
        Outlook::Component { harness, .. } => Some(harness),
        Outlook::CoreModule { .. } => None,
    });
    Outlook::CoreModule {
        core_abi_imports: core_abi_imports(imports),
        componentize_error: component.err().map(|error| error.to_string()),
        harness,
    }
}

/// [`inspect`] for a file.
///
/// # Errors
///
/// As [`inspect`], and [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read; both name the file.
pub fn inspect_file(path: impl AsRef<Path>) -> Result<Inspection, Error> {
    with_file(path.as_ref(), inspect)
}

/// The languages that the file records, as [`Inspection::languages`].
pub(crate) fn languages(bytes: &[u8]) -> Vec<Tool> {
    Producers::of(bytes).languages
}

fn core_abi_imports(imports: &[Item]) -> Vec<String> {
    imports
        .iter()
        .filter(|item| is_core_abi(&item.name))
        .map(|item| item.name.clone())
        .collect()
}
