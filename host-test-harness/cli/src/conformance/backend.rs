//! The import over which a probe makes its calls.

use std::fmt;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::Deserialize;
use spin_harness::Inspection;

/// The interface of the import `fermyon:spin/http`, without the version that an import may have.
const SPIN_HTTP: &str = "fermyon:spin/http";

/// Response fields that hosts of `wasi:http` hide from a guest, as the interface permits: they concern one connection
/// (RFC 9110 section 7.6.1).
const HIDDEN_RESPONSE_FIELDS: [&str; 7] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

/// The import over which a probe makes its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// `fermyon:spin/http`.
    Spin,
    /// `wasi:http` 0.2.
    WasiHttp,
}

impl fmt::Display for Backend {
    /// The name in scenarios and on the command line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Spin => "spin",
            Self::WasiHttp => "wasi-http",
        })
    }
}

impl Backend {
    /// The backend of a component.
    pub(super) fn of(component: &Inspection) -> Self {
        let is_spin_http = |name: &str| {
            let version = name.strip_prefix(SPIN_HTTP);
            version.is_some_and(|version| version.is_empty() || version.starts_with('@'))
        };
        if component
            .imports
            .iter()
            .any(|item| is_spin_http(&item.name))
        {
            Self::Spin
        } else {
            Self::WasiHttp
        }
    }

    /// Whether a host may hide a response field from the guest. The name is in lower case.
    pub(super) fn may_hide(self, response_field: &str) -> bool {
        match self {
            Self::Spin => false,
            Self::WasiHttp => HIDDEN_RESPONSE_FIELDS.contains(&response_field),
        }
    }
}
