//! A WebAssembly file that has been checked as a whole: what `inspect` and `componentize` stand on.

use std::fmt;

use serde::Serialize;
use wasmparser::{Parser, Validator, WasmFeatures, types::Types};

use crate::{Error, ErrorKind};

/// The two kinds of WebAssembly file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A component: what a host such as Spin or this harness runs.
    Component,
    /// A core module: what most compilers write, and [`componentize`](crate::componentize) takes.
    CoreModule,
}

/// The types of a file that is valid from its first byte to its last.
pub(crate) struct WasmFile {
    pub(crate) form: Form,
    pub(crate) types: Types,
}

impl WasmFile {
    /// Validates `bytes`, and compiles nothing.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let form = form(bytes).map_err(|message| Error::new(ErrorKind::InvalidModule, message))?;
        let types = Validator::new_with_features(WasmFeatures::all())
            .validate_all(bytes)
            .map_err(|error| {
                Error::new(
                    form.invalid(),
                    printable(&format!(
                        "this {form} is damaged or cut short: {error}; build it again"
                    )),
                )
                .with_source(error)
            })?;
        Ok(Self { form, types })
    }
}

/// As people call it, such as `core module`.
impl fmt::Display for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Component => "component",
            Self::CoreModule => "core module",
        })
    }
}

impl Form {
    fn invalid(self) -> ErrorKind {
        match self {
            Self::Component => ErrorKind::InvalidComponent,
            Self::CoreModule => ErrorKind::InvalidModule,
        }
    }
}

/// A message with names from a file, which may hold what a terminal obeys.
pub(crate) fn printable(message: &str) -> String {
    let is_harmless = |c: char| c == '\n' || !c.is_control();
    let chars = message.chars();
    chars
        .map(|c| {
            if is_harmless(c) {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            }
        })
        .collect()
}

/// What the first bytes of a file say that it is, or why they say nothing.
pub(crate) fn form(bytes: &[u8]) -> Result<Form, &'static str> {
    if Parser::is_component(bytes) {
        return Ok(Form::Component);
    }
    if Parser::is_core_wasm(bytes) {
        return Ok(Form::CoreModule);
    }
    Err(match bytes {
        [] => "the file is empty",
        [0x00, b'a', b's', b'm', _, _, _, _, ..] => {
            "this is WebAssembly of an unknown version: neither a core module (1) nor a component (0xd)"
        }
        [0x00, b'a', b's', b'm', ..] => {
            "the file is cut short: it ends before the version of its format"
        }
        _ => "this is not WebAssembly: the file does not begin with `\\0asm`",
    })
}
