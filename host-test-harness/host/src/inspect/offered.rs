//! The interfaces that this harness offers to components.

use crate::inspect::item::{Item, ItemKind};

/// WASI 0.2 without `wasi:http`, in every version 0.2.x.
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

/// `wasi:http`, in every version 0.2.x.
const WASI_HTTP: [&str; 2] = ["wasi:http/outgoing-handler", "wasi:http/types"];

/// WASI 0.3, in every version 0.3.x.
const WASI_0_3: [(&str, &[&str]); 6] = [
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
    ("wasi:clocks/", &["monotonic-clock", "system-clock"]),
    ("wasi:filesystem/", &["preopens", "types"]),
    ("wasi:http/", &["client", "types"]),
    ("wasi:random/", &["insecure", "insecure-seed", "random"]),
    ("wasi:sockets/", &["ip-name-lookup", "types"]),
];

/// The packages of Spin, and the drafts of WASI that Spin offers, in exactly these versions.
const SPIN: [(&str, Option<&str>); 11] = [
    ("fermyon:spin/config", None),
    ("fermyon:spin/http", None),
    ("fermyon:spin/http-types", None),
    ("fermyon:spin/key-value", None),
    ("fermyon:spin/key-value", Some("2.0.0")),
    ("fermyon:spin/variables", Some("2.0.0")),
    ("spin:variables/variables", Some("3.0.0")),
    ("wasi:config/store", Some("0.2.0-draft-2024-09-27")),
    ("wasi:keyvalue/atomics", Some("0.2.0-draft2")),
    ("wasi:keyvalue/batch", Some("0.2.0-draft2")),
    ("wasi:keyvalue/store", Some("0.2.0-draft2")),
];

/// Whether the linker offers the interface `name`, such as `wasi:cli/stdout@0.2.6`.
pub(crate) fn is_offered(name: &str) -> bool {
    is_item_offered(&Item::new(name, ItemKind::Interface))
}

pub(super) fn is_item_offered(item: &Item) -> bool {
    if SPIN.contains(&(&*item.name, item.version.as_deref())) {
        return true;
    }
    let is_in_0_2 = WASI_HTTP.contains(&item.name.as_str()) || is_in(&WASI_0_2, item);
    is_in_0_2 && is_release(item, "0.2.") || is_in(&WASI_0_3, item) && is_release(item, "0.3.")
}

fn is_in(packages: &[(&str, &[&str])], item: &Item) -> bool {
    packages.iter().any(|(package, interfaces)| {
        let name = item.name.strip_prefix(package);
        name.is_some_and(|name| interfaces.contains(&name))
    })
}

/// Whether the item's version is `prefix` and a patch number.
///
/// The linker treats all patch releases alike, and matches no release candidate.
pub(super) fn is_release(item: &Item, prefix: &str) -> bool {
    let patch = item
        .version
        .as_deref()
        .and_then(|version| version.strip_prefix(prefix));
    patch.is_some_and(|patch| patch.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;
    use wit_parser::{Interface, TypeDefKind, WorldItem};

    use super::*;
    use crate::instance::wasi::Wasi;
    use crate::{Harness, Limits};

    fn harness() -> Harness {
        let limits = Limits {
            instances: 1,
            ..Limits::default()
        };
        Harness::builder().limits(limits).build().unwrap()
    }

    /// Whether the linker has an item of an interface, found out by linking a component that imports it.
    fn is_linked(harness: &Harness, interface: &str, item: &str) -> bool {
        let wat = format!("(component (import {interface:?} (instance {item})))");
        let bytes = wat::parse_str(wat).unwrap();
        let runtime = harness.runtime(Wasi::of(&bytes)).unwrap();
        let component = wasmtime::component::Component::from_binary(runtime.engine(), &bytes);
        let linked = runtime.linker().instantiate_pre(&component.unwrap());
        // The component imports a function with another type, so linking may fail for that reason too.
        linked
            .err()
            .is_none_or(|error| !format!("{error:#}").contains("implementation is missing"))
    }

    fn function(name: &str) -> String {
        format!("(export {name:?} (func))")
    }

    fn resource(name: &str) -> String {
        format!("(export {name:?} (type (sub resource)))")
    }

    /// A resource or, failing that, a function: an item that only a host can provide.
    fn some_item(resolve: &wit_parser::Resolve, interface: &Interface) -> String {
        let is_resource = |id| matches!(resolve.types[id].kind, TypeDefKind::Resource);
        let mut types = interface.types.iter();
        let found = types.find(|(_, id)| is_resource(**id));
        found.map_or_else(
            || function(interface.functions.keys().next().unwrap()),
            |(name, _)| resource(name),
        )
    }

    #[test]
    fn the_table_of_wasi_0_2_is_that_of_the_linker() {
        let harness = harness();
        // The adapter's world imports all interfaces of WASI 0.2 for programs, which wasmtime offers.
        let wasi = wit_component::metadata::decode(WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
        let (_, wasi) = wasi.unwrap();
        let mut in_wasi = Vec::new();
        for item in wasi.resolve.worlds[wasi.world].imports.values() {
            let WorldItem::Interface { id, .. } = item else {
                panic!("{item:?}");
            };
            let name = wasi.resolve.id_of(*id).unwrap();
            let item = some_item(&wasi.resolve, &wasi.resolve.interfaces[*id]);
            assert!(is_linked(&harness, &name, &item), "{name} {item}");
            in_wasi.push(name.split('@').next().unwrap().to_owned());
        }
        in_wasi.sort();
        assert_eq!(sorted_names(&WASI_0_2), in_wasi);
    }

    fn sorted_names(table: &[(&str, &[&str])]) -> Vec<String> {
        let mut names: Vec<String> = table
            .iter()
            .flat_map(|(package, names)| names.iter().map(move |name| format!("{package}{name}")))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_table_of_wasi_0_3_is_that_of_the_linker() {
        let harness = harness();
        let items = [
            ("wasi:cli/environment", function("get-environment")),
            ("wasi:cli/exit", function("exit")),
            ("wasi:cli/stderr", function("write-via-stream")),
            ("wasi:cli/stdin", function("read-via-stream")),
            ("wasi:cli/stdout", function("write-via-stream")),
            ("wasi:cli/terminal-input", resource("terminal-input")),
            ("wasi:cli/terminal-output", resource("terminal-output")),
            ("wasi:cli/terminal-stderr", function("get-terminal-stderr")),
            ("wasi:cli/terminal-stdin", function("get-terminal-stdin")),
            ("wasi:cli/terminal-stdout", function("get-terminal-stdout")),
            ("wasi:clocks/monotonic-clock", function("now")),
            ("wasi:clocks/system-clock", function("now")),
            ("wasi:filesystem/preopens", function("get-directories")),
            ("wasi:filesystem/types", resource("descriptor")),
            ("wasi:http/client", function("send")),
            ("wasi:http/types", resource("request")),
            ("wasi:random/insecure", function("get-insecure-random-u64")),
            ("wasi:random/insecure-seed", function("get-insecure-seed")),
            ("wasi:random/random", function("get-random-u64")),
            ("wasi:sockets/ip-name-lookup", function("resolve-addresses")),
            ("wasi:sockets/types", resource("tcp-socket")),
        ];
        let mut wrong = Vec::new();
        for (interface, item) in &items {
            for (version, want) in [
                ("0.3.0", true),
                ("0.3.99", true),
                ("0.3.0-rc-2026-01-06", false),
            ] {
                let name = format!("{interface}@{version}");
                if is_linked(&harness, &name, item) != want {
                    wrong.push(name);
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(
            sorted_names(&WASI_0_3),
            items.map(|(interface, _)| interface)
        );
    }

    #[test]
    fn the_linker_offers_an_interface_if_and_only_if_the_table_does() {
        let harness = harness();
        let mut wrong = Vec::new();
        for (interface, item, want) in [
            ("fermyon:spin/http", function("send-request"), true),
            ("fermyon:spin/http@2.0.0", function("send-request"), false),
            ("fermyon:spin/sqlite", function("open"), false),
            ("fermyon:spin/key-value", function("open"), true),
            ("fermyon:spin/key-value@2.0.0", resource("store"), true),
            ("fermyon:spin/config", function("get-config"), true),
            ("fermyon:spin/variables@2.0.0", function("get"), true),
            ("spin:variables/variables@3.0.0", function("get"), true),
            ("spin:key-value/key-value@3.0.0", resource("store"), false),
            (
                "wasi:config/store@0.2.0-draft-2024-09-27",
                function("get"),
                true,
            ),
            ("wasi:config/store@0.2.0-rc.1", function("get"), false),
            ("wasi:keyvalue/store@0.2.0-draft2", resource("bucket"), true),
            (
                "wasi:keyvalue/batch@0.2.0-draft2",
                function("get-many"),
                true,
            ),
            (
                "wasi:keyvalue/atomics@0.2.0-draft2",
                function("increment"),
                true,
            ),
            ("wasi:cli/stdout@0.2.0", function("get-stdout"), true),
            ("wasi:cli/stdout@0.2.99", function("get-stdout"), true),
            ("wasi:cli/stdout@0.3.0", function("write-via-stream"), true),
            (
                "wasi:cli/stdout@0.2.0-rc-2023-11-10",
                function("get-stdout"),
                false,
            ),
            ("wasi:http/types@0.2.0", resource("fields"), true),
            ("wasi:http/types@0.2.99", resource("fields"), true),
            ("wasi:http/outgoing-handler@0.2.0", function("handle"), true),
            (
                "wasi:http/outgoing-handler@0.2.99",
                function("handle"),
                true,
            ),
            ("wasi:http/types@0.3.0", resource("fields"), true),
            ("wasi:http/client@0.3.99", function("send"), true),
            (
                "wasi:http/client@0.3.0-rc-2026-01-06",
                function("send"),
                false,
            ),
            ("wasi:http/handler@0.3.0", function("handle"), false),
            (
                "wasi:http/types@0.2.0-rc-2023-10-18",
                resource("fields"),
                false,
            ),
            (
                "wasi:http/outgoing-handler@0.2.0-rc-2023-10-18",
                function("handle"),
                false,
            ),
            (
                "wasi:io/poll@0.2.0-rc-2023-10-18",
                resource("pollable"),
                false,
            ),
            (
                "wasi:io/streams@0.2.0-rc-2023-10-18",
                resource("error"),
                false,
            ),
            (
                "wasi:cli/stdout@0.2.0-rc-2023-10-18",
                function("get-stdout"),
                false,
            ),
            (
                "wasi:http/types@0.2.0-rc-2023-11-10",
                resource("fields"),
                false,
            ),
        ] {
            let got = (is_linked(&harness, interface, &item), is_offered(interface));
            if got != (want, want) {
                wrong.push((interface, got));
            }
        }
        assert_eq!(wrong, []);
    }
}
