//! A validated WebAssembly file: the common ground of `inspect` and `componentize`.

use std::fmt;

use serde::Serialize;
use wasmparser::{Parser, Validator, WasmFeatures, types::Types};

use crate::{Error, ErrorKind};
use outbound_policy::display::printable;

/// The two kinds of WebAssembly file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WasmKind {
    /// A component: what a host such as Spin or this harness runs.
    Component,
    /// A core module: the output of most compilers and the input of [`componentize`](crate::componentize).
    CoreModule,
}

/// The kind and types of a valid file.
pub(crate) struct WasmFile {
    pub(crate) kind: WasmKind,
    pub(crate) types: Types,
}

impl WasmFile {
    /// Validates `bytes` without compiling them.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let kind =
            WasmKind::of(bytes).map_err(|message| Error::new(ErrorKind::InvalidModule, message))?;
        let types = Validator::new_with_features(WasmFeatures::all())
            .validate_all(bytes)
            .map_err(|error| {
                let cause = printable(&error.to_string());
                let message = format!(
                    "invalid {kind}: {cause}; the file is damaged or cut short, build it again"
                );
                Error::new(kind.invalid(), message).with_source(error)
            })?;
        Ok(Self { kind, types })
    }
}

impl WasmKind {
    /// The kind that the first bytes of a file announce, or why they do not announce one.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, &'static str> {
        if Parser::is_component(bytes) {
            return Ok(Self::Component);
        }
        if Parser::is_core_wasm(bytes) {
            return Ok(Self::CoreModule);
        }
        Err(match bytes {
            [] => "the file is empty",
            [0x00, b'a', b's', b'm', _, _, _, _, ..] => {
                "this is WebAssembly of an unknown version; expected a core module (version 1) or a component (version 0xd)"
            }
            [0x00, b'a', b's', b'm', ..] => {
                "the file is cut short: it has no WebAssembly version after `\\0asm`"
            }
            _ => "this is not WebAssembly: the file does not start with `\\0asm`",
        })
    }

    fn invalid(self) -> ErrorKind {
        match self {
            Self::Component => ErrorKind::InvalidComponent,
            Self::CoreModule => ErrorKind::InvalidModule,
        }
    }
}

/// `component` or `core module`.
impl fmt::Display for WasmKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Component => "component",
            Self::CoreModule => "core module",
        })
    }
}
