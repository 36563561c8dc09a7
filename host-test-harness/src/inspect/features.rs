//! What this harness can do with a component.

use serde::Serialize;

use super::item::{Item, ItemKind};

/// The interfaces of WASI 0.2 that the harness offers, in every version 0.2.x.
const WASI_0_2: [(&str, &[&str]); 6] = [
    (
        "wasi:cli/",
        &[
            "environment",
            "exit",
            "stderr",
            "stdin",
            "stdout",
            "terminal-input",
            "terminal-output",
            "terminal-stderr",
            "terminal-stdin",
            "terminal-stdout",
        ],
    ),
    ("wasi:clocks/", &["monotonic-clock", "wall-clock"]),
    ("wasi:filesystem/", &["preopens", "types"]),
    ("wasi:io/", &["error", "poll", "streams"]),
    ("wasi:random/", &["insecure", "insecure-seed", "random"]),
    (
        "wasi:sockets/",
        &[
            "instance-network",
            "ip-name-lookup",
            "network",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
        ],
    ),
];

/// The interfaces of `fermyon:spin` that the harness offers.
const SPIN: [&str; 2] = ["fermyon:spin/http", "fermyon:spin/http-types"];

/// Which commands of this harness can run a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HarnessSupport {
    /// `spin-harness request`: it exports `fermyon:spin/inbound-http`.
    pub request: bool,
    /// `spin-harness up`: likewise.
    pub up: bool,
    /// `spin-harness run`: it exports `wasi:cli/run` in a version 0.2.x.
    pub run: bool,
    /// Imports that the harness does not have: a call of one of them traps.
    pub missing_imports: Vec<String>,
}

impl HarnessSupport {
    pub(super) fn of(imports: &[Item], exports: &[Item]) -> Self {
        let answers_requests = exports
            .iter()
            .any(|item| item.name == "fermyon:spin/inbound-http" && item.version.is_none());
        Self {
            request: answers_requests,
            up: answers_requests,
            run: exports
                .iter()
                .any(|item| item.name == "wasi:cli/run" && is_wasi_0_2(item)),
            missing_imports: imports
                .iter()
                .filter(|item| can_be_called(item) && !is_offered(item))
                .map(Item::to_string)
                .collect(),
        }
    }
}

/// An interface of types only needs no host.
fn can_be_called(item: &Item) -> bool {
    match item.kind {
        ItemKind::Interface | ItemKind::Namespace => !item.functions.is_empty(),
        ItemKind::Type => false,
        ItemKind::Function
        | ItemKind::Value
        | ItemKind::Component
        | ItemKind::CoreModule
        | ItemKind::Memory
        | ItemKind::Table
        | ItemKind::Global
        | ItemKind::Tag => true,
    }
}

fn is_offered(item: &Item) -> bool {
    if item.version.is_none() {
        return SPIN.contains(&item.name.as_str());
    }
    is_wasi_0_2(item)
        && WASI_0_2.iter().any(|(package, interfaces)| {
            let name = item.name.strip_prefix(package);
            name.is_some_and(|name| interfaces.contains(&name))
        })
}

/// A release of WASI 0.2: the host links all of them alike, but no release candidate.
fn is_wasi_0_2(item: &Item) -> bool {
    let patch = item
        .version
        .as_deref()
        .and_then(|version| version.strip_prefix("0.2."));
    patch.is_some_and(|patch| patch.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Harness;

    /// Whether the linker has an interface, asked with a component that imports it.
    fn is_linked(harness: &Harness, name: &str) -> bool {
        // A function that no interface has: the linker complains of it, or of the interface.
        let wat = format!("(component (import {name:?} (instance (export \"no-such\" (func)))))");
        let component = wasmtime::component::Component::from_binary(
            harness.engine(),
            &wat::parse_str(wat).unwrap(),
        )
        .unwrap();
        let Err(error) = harness.linker().instantiate_pre(&component) else {
            panic!("{name} has a function `no-such`");
        };
        format!("{error:#}").contains("instance export `no-such`")
    }

    #[test]
    fn the_table_names_what_the_linker_has() {
        let harness = Harness::builder().build().unwrap();
        for (package, interfaces) in WASI_0_2 {
            for interface in interfaces {
                for version in ["0.2.0", "0.2.6"] {
                    let name = format!("{package}{interface}@{version}");
                    assert!(is_linked(&harness, &name), "{name}");
                }
            }
        }
        assert!(is_linked(&harness, "fermyon:spin/http"));
        for name in [
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:cli/stdout@0.3.0",
            "wasi:cli/stdout@0.2.0-rc-2023-11-10",
            "fermyon:spin/key-value",
        ] {
            assert!(!is_linked(&harness, name), "{name}");
        }
    }
}
