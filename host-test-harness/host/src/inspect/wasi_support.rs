//! The hosts of WASI 0.2 that can run a component.

use serde::Serialize;

use crate::inspect::harness_support::needs_host;
use crate::inspect::item::Item;
use crate::inspect::offered::is_release;

/// The packages of which every host of WASI 0.2 for servers offers the interfaces.
const PACKAGES: [&str; 6] = [
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:http",
    "wasi:io",
    "wasi:random",
];

/// Whether hosts that have the interfaces of WASI 0.2, and none of Spin's, can run a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum WasiSupport {
    /// Those that serve HTTP, such as `wasmtime serve`, wasmCloud and NGINX Unit: it exports
    /// `wasi:http/incoming-handler` 0.2.x.
    Http,
    /// Those that run programs, such as `wasmtime run`: it exports `wasi:cli/run` 0.2.x.
    Command,
    /// None.
    #[non_exhaustive]
    None {
        /// Why.
        reason: String,
    },
}

impl WasiSupport {
    pub(super) fn of(imports: &[Item], exports: &[Item]) -> Self {
        let exports_release = |name: &str| {
            exports
                .iter()
                .any(|item| item.name == name && is_release(item, "0.2."))
        };
        let verdict = if exports_release("wasi:http/incoming-handler") {
            Self::Http
        } else if exports_release("wasi:cli/run") {
            Self::Command
        } else {
            let reason =
                "it exports neither `wasi:http/incoming-handler` nor `wasi:cli/run` of WASI 0.2";
            return Self::None {
                reason: reason.to_owned(),
            };
        };
        let other: Vec<_> = imports
            .iter()
            .filter(|item| needs_host(item) && !is_in_packages(item))
            .map(|item| format!("`{item}`"))
            .collect();
        if other.is_empty() {
            return verdict;
        }
        Self::None {
            reason: format!("WASI 0.2 has not {}", other.join(", ")),
        }
    }
}

fn is_in_packages(item: &Item) -> bool {
    let package = item.name.split('/').next().unwrap_or_default();
    PACKAGES.contains(&package) && is_release(item, "0.2.")
}
