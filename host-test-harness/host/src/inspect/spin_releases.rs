//! The versions of Spin that offer an interface or call an export.
//!
//! The tables are taken from Spin's repository, tags v1.1.0 to v4.0.2 and the main branch after them: the interfaces
//! in its `wit/` folders, the exports that its triggers look for, and its version of wasmtime, whose linker accepts
//! any release of WASI 0.2 for another since Spin 2.6.

use std::fmt;

use serde::Serialize;

use crate::inspect::item::Item;

/// A release of Spin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpinRelease {
    /// The major version: 2 in Spin 2.6.
    pub major: u32,
    /// The minor version: 6 in Spin 2.6.
    pub minor: u32,
}

/// For example `2.6`.
impl fmt::Display for SpinRelease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for SpinRelease {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A range of releases.
#[derive(Debug, Clone, Copy)]
pub(super) struct Releases {
    pub(super) first: SpinRelease,
    /// `None` if every release from the first to the newest known one is in the range.
    pub(super) last: Option<SpinRelease>,
}

/// The first row that matches an item applies: a name as in WIT, in which `@0.2.*` matches each release 0.2.x.
type Row = (&'static str, Releases);

/// The releases that call an export.
pub(super) fn that_call(export: &Item) -> Option<Releases> {
    find(&EXPORTS, export)
}

/// The releases that offer an import.
pub(super) fn that_offer(import: &Item) -> Option<Releases> {
    let (package, _) = import.name.split_once('/')?;
    if !WASI_PACKAGES.contains(&package) {
        return find(&IMPORTS, import);
    }
    let version = import.version.as_deref()?;
    let row = WASI_VERSIONS
        .iter()
        .find(|(pattern, _)| version_matches(pattern, version));
    row.map(|(_, releases)| *releases)
}

fn find(rows: &[Row], item: &Item) -> Option<Releases> {
    let item_version = item.version.as_deref().unwrap_or_default();
    let row = rows.iter().find(|(pattern, _)| {
        let (name, version) = pattern.split_once('@').unwrap_or((pattern, ""));
        name == item.name && version_matches(version, item_version)
    });
    row.map(|(_, releases)| *releases)
}

/// Whether a version matches a pattern; `0.2.*` matches releases and no release candidates.
fn version_matches(pattern: &str, version: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => version
            .strip_prefix(prefix)
            .is_some_and(|patch| patch.parse::<u32>().is_ok()),
        None => pattern == version,
    }
}

const fn since(major: u32, minor: u32) -> Releases {
    Releases {
        first: SpinRelease { major, minor },
        last: None,
    }
}

/// The one release that has a release candidate of an interface, which the next release replaced.
const fn only(major: u32, minor: u32) -> Releases {
    let release = SpinRelease { major, minor };
    Releases {
        first: release,
        last: Some(release),
    }
}

/// The exports that Spin's triggers call.
const EXPORTS: [Row; 12] = [
    ("fermyon:spin/inbound-http", since(1, 1)),
    ("fermyon:spin/inbound-redis", since(1, 1)),
    ("spin:redis/inbound-redis@3.0.0", since(4, 0)),
    (
        "wasi:http/incoming-handler@0.2.0-rc-2023-10-18",
        since(2, 0),
    ),
    (
        "wasi:http/incoming-handler@0.2.0-rc-2023-11-10",
        since(2, 1),
    ),
    ("wasi:http/incoming-handler@0.2.0", since(2, 2)),
    ("wasi:http/incoming-handler@0.2.1", since(3, 0)),
    ("wasi:http/incoming-handler@0.2.*", since(3, 1)),
    ("wasi:http/handler@0.3.0-rc-2025-09-16", only(3, 5)),
    ("wasi:http/handler@0.3.0-rc-2026-01-06", only(3, 6)),
    ("wasi:http/handler@0.3.0-rc-2026-03-15", since(4, 0)),
    ("wasi:http/handler@0.3.0", since(4, 1)),
];

/// The interfaces that Spin offers, without WASI's.
const IMPORTS: [Row; 35] = [
    ("fermyon:spin/config", since(1, 1)),
    ("fermyon:spin/http", since(1, 1)),
    ("fermyon:spin/http-types", since(1, 1)),
    ("fermyon:spin/key-value", since(1, 1)),
    ("fermyon:spin/mysql", since(1, 1)),
    ("fermyon:spin/postgres", since(1, 1)),
    ("fermyon:spin/rdbms-types", since(1, 1)),
    ("fermyon:spin/redis", since(1, 1)),
    ("fermyon:spin/redis-types", since(1, 1)),
    ("fermyon:spin/sqlite", since(1, 3)),
    ("fermyon:spin/llm", since(1, 5)),
    ("fermyon:spin/key-value@2.0.0", since(2, 0)),
    ("fermyon:spin/llm@2.0.0", since(2, 0)),
    ("fermyon:spin/mqtt@2.0.0", since(2, 4)),
    ("fermyon:spin/mysql@2.0.0", since(2, 0)),
    ("fermyon:spin/postgres@2.0.0", since(2, 0)),
    ("fermyon:spin/rdbms-types@2.0.0", since(2, 0)),
    ("fermyon:spin/redis@2.0.0", since(2, 0)),
    ("fermyon:spin/sqlite@2.0.0", since(2, 0)),
    ("fermyon:spin/variables@2.0.0", since(2, 0)),
    ("spin:key-value/key-value@3.0.0", since(4, 0)),
    ("spin:mqtt/mqtt@3.0.0", since(4, 0)),
    ("spin:mysql/mysql@3.0.0", since(4, 1)),
    ("spin:postgres/postgres@3.0.0", since(3, 0)),
    ("spin:postgres/postgres@4.0.0", since(3, 4)),
    ("spin:postgres/postgres@4.1.0", since(4, 0)),
    ("spin:postgres/postgres@4.2.0", since(4, 0)),
    ("spin:redis/redis@3.0.0", since(4, 0)),
    ("spin:sqlite/sqlite@3.0.0", since(3, 3)),
    ("spin:sqlite/sqlite@3.1.0", since(4, 0)),
    ("spin:variables/variables@3.0.0", since(4, 0)),
    ("wasi:config/store@0.2.0-draft-2024-09-27", since(3, 0)),
    ("wasi:keyvalue/atomics@0.2.0-draft2", since(3, 0)),
    ("wasi:keyvalue/batch@0.2.0-draft2", since(3, 0)),
    ("wasi:keyvalue/store@0.2.0-draft2", since(3, 0)),
];

/// The packages of WASI, of which Spin offers the same versions.
const WASI_PACKAGES: [&str; 7] = [
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:http",
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];

/// The versions of WASI's packages.
const WASI_VERSIONS: [Row; 8] = [
    ("0.2.0-rc-2023-10-18", since(2, 0)),
    ("0.2.0-rc-2023-11-10", since(2, 1)),
    ("0.2.0", since(2, 2)),
    ("0.2.*", since(2, 6)),
    ("0.3.0-rc-2025-09-16", only(3, 5)),
    ("0.3.0-rc-2026-01-06", only(3, 6)),
    ("0.3.0-rc-2026-03-15", since(4, 0)),
    ("0.3.0", since(4, 1)),
];
