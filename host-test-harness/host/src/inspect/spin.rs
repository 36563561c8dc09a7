//! Which versions of Spin can run a component, by what it imports and exports.
//!
//! The tables hold what Spin's own repository shows, from its tags v1.1.0 to v4.0.2 and the main branch
//! after them: the interfaces of its `wit/` folders, the exports that its HTTP trigger looks for, and the
//! version of wasmtime, whose linker takes one release of WASI 0.2 for another since Spin 2.6.

use std::fmt;

use serde::Serialize;

use super::item::Item;

/// A release of Spin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpinRelease {
    /// Such as 2 in Spin 2.6.
    pub major: u32,
    /// Such as 6 in Spin 2.6.
    pub minor: u32,
}

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

/// Which versions of Spin can run a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum SpinSupport {
    /// These have every import and call an export.
    #[non_exhaustive]
    Releases {
        /// The first release.
        first: SpinRelease,
        /// The last release; `None` if no known release has dropped it.
        last: Option<SpinRelease>,
        /// The import or export that is newest, and so decides `first`.
        decided_by: String,
    },
    /// None does.
    #[non_exhaustive]
    None {
        /// Why.
        reason: String,
    },
    /// The component imports interfaces that no known release has; a plugin or a newer release may.
    #[non_exhaustive]
    Unknown {
        /// Those imports.
        imports: Vec<String>,
    },
}

/// The releases that have an interface.
#[derive(Debug, Clone, Copy)]
struct Releases {
    first: SpinRelease,
    last: Option<SpinRelease>,
}

/// From a release on.
const fn since(major: u32, minor: u32) -> Releases {
    Releases {
        first: SpinRelease { major, minor },
        last: None,
    }
}

/// One release, whose release candidate of an interface the next one has replaced.
const fn only(major: u32, minor: u32) -> Releases {
    let release = SpinRelease { major, minor };
    Releases {
        first: release,
        last: Some(release),
    }
}

/// A row: package, interface, version (`0.2.*`: each release), and who has it. The first that fits counts.
type Row = (&'static str, &'static str, &'static str, Releases);

/// What Spin's triggers call.
const EXPORTS: [Row; 12] = [
    ("fermyon:spin", "inbound-http", "", since(1, 1)),
    ("fermyon:spin", "inbound-redis", "", since(1, 1)),
    ("spin:redis", "inbound-redis", "3.0.0", since(4, 0)),
    (
        "wasi:http",
        "incoming-handler",
        "0.2.0-rc-2023-10-18",
        since(2, 0),
    ),
    (
        "wasi:http",
        "incoming-handler",
        "0.2.0-rc-2023-11-10",
        since(2, 1),
    ),
    ("wasi:http", "incoming-handler", "0.2.0", since(2, 2)),
    ("wasi:http", "incoming-handler", "0.2.1", since(3, 0)),
    ("wasi:http", "incoming-handler", "0.2.*", since(3, 1)),
    ("wasi:http", "handler", "0.3.0-rc-2025-09-16", only(3, 5)),
    ("wasi:http", "handler", "0.3.0-rc-2026-01-06", only(3, 6)),
    ("wasi:http", "handler", "0.3.0-rc-2026-03-15", since(4, 0)),
    ("wasi:http", "handler", "0.3.0", since(4, 1)),
];

/// What Spin offers besides WASI.
const IMPORTS: [Row; 35] = [
    ("fermyon:spin", "config", "", since(1, 1)),
    ("fermyon:spin", "http", "", since(1, 1)),
    ("fermyon:spin", "http-types", "", since(1, 1)),
    ("fermyon:spin", "key-value", "", since(1, 1)),
    ("fermyon:spin", "mysql", "", since(1, 1)),
    ("fermyon:spin", "postgres", "", since(1, 1)),
    ("fermyon:spin", "rdbms-types", "", since(1, 1)),
    ("fermyon:spin", "redis", "", since(1, 1)),
    ("fermyon:spin", "redis-types", "", since(1, 1)),
    ("fermyon:spin", "sqlite", "", since(1, 3)),
    ("fermyon:spin", "llm", "", since(1, 5)),
    ("fermyon:spin", "key-value", "2.0.0", since(2, 0)),
    ("fermyon:spin", "llm", "2.0.0", since(2, 0)),
    ("fermyon:spin", "mqtt", "2.0.0", since(2, 4)),
    ("fermyon:spin", "mysql", "2.0.0", since(2, 0)),
    ("fermyon:spin", "postgres", "2.0.0", since(2, 0)),
    ("fermyon:spin", "rdbms-types", "2.0.0", since(2, 0)),
    ("fermyon:spin", "redis", "2.0.0", since(2, 0)),
    ("fermyon:spin", "sqlite", "2.0.0", since(2, 0)),
    ("fermyon:spin", "variables", "2.0.0", since(2, 0)),
    ("spin:key-value", "key-value", "3.0.0", since(4, 0)),
    ("spin:mqtt", "mqtt", "3.0.0", since(4, 0)),
    ("spin:mysql", "mysql", "3.0.0", since(4, 1)),
    ("spin:postgres", "postgres", "3.0.0", since(3, 0)),
    ("spin:postgres", "postgres", "4.0.0", since(3, 4)),
    ("spin:postgres", "postgres", "4.1.0", since(4, 0)),
    ("spin:postgres", "postgres", "4.2.0", since(4, 0)),
    ("spin:redis", "redis", "3.0.0", since(4, 0)),
    ("spin:sqlite", "sqlite", "3.0.0", since(3, 3)),
    ("spin:sqlite", "sqlite", "3.1.0", since(4, 0)),
    ("spin:variables", "variables", "3.0.0", since(4, 0)),
    (
        "wasi:config",
        "store",
        "0.2.0-draft-2024-09-27",
        since(3, 0),
    ),
    ("wasi:keyvalue", "atomics", "0.2.0-draft2", since(3, 0)),
    ("wasi:keyvalue", "batch", "0.2.0-draft2", since(3, 0)),
    ("wasi:keyvalue", "store", "0.2.0-draft2", since(3, 0)),
];

/// The packages of WASI itself, which Spin has all in the same versions.
const WASI: [&str; 7] = [
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:http",
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];

/// The versions of WASI.
const WASI_VERSIONS: [(&str, Releases); 8] = [
    ("0.2.0-rc-2023-10-18", since(2, 0)),
    ("0.2.0-rc-2023-11-10", since(2, 1)),
    ("0.2.0", since(2, 2)),
    ("0.2.*", since(2, 6)),
    ("0.3.0-rc-2025-09-16", only(3, 5)),
    ("0.3.0-rc-2026-01-06", only(3, 6)),
    ("0.3.0-rc-2026-03-15", since(4, 0)),
    ("0.3.0", since(4, 1)),
];

impl SpinSupport {
    pub(super) fn of(imports: &[Item], exports: &[Item]) -> Self {
        let called = exports
            .iter()
            .filter_map(|item| Some((item, exported(item)?)));
        // A component with several entry points needs a trigger for one of them.
        let Some((export, releases)) = called.min_by_key(|(_, releases)| releases.first) else {
            return Self::None {
                reason: no_trigger(exports),
            };
        };
        let mut newest = (export, releases.first);
        let mut oldest = releases.last.map(|last| (export, last));
        let mut unknown = Vec::new();
        for item in imports {
            let Some(releases) = imported(item) else {
                unknown.push(item.to_string());
                continue;
            };
            if releases.first > newest.1 {
                newest = (item, releases.first);
            }
            if let Some(last) = releases.last
                && oldest.is_none_or(|(_, oldest)| last < oldest)
            {
                oldest = Some((item, last));
            }
        }
        if !unknown.is_empty() {
            return Self::Unknown { imports: unknown };
        }
        match oldest {
            Some((item, last)) if last < newest.1 => Self::None {
                reason: format!(
                    "`{item}` ends with Spin {last}, and `{}` begins with Spin {}",
                    newest.0, newest.1
                ),
            },
            Some(_) | None => Self::Releases {
                first: newest.1,
                last: oldest.map(|(_, last)| last),
                decided_by: newest.0.to_string(),
            },
        }
    }
}

fn no_trigger(exports: &[Item]) -> String {
    if exports.iter().any(|item| item.name == "wasi:cli/run") {
        "it is a program (`wasi:cli/run`), which no trigger of Spin calls, except its HTTP trigger for a route \
         with `executor = { type = \"wagi\" }`"
            .to_owned()
    } else {
        "it exports nothing that a trigger of Spin calls, such as `fermyon:spin/inbound-http`"
            .to_owned()
    }
}

fn exported(item: &Item) -> Option<Releases> {
    find(&EXPORTS, item)
}

fn imported(item: &Item) -> Option<Releases> {
    let (package, _) = item.name.split_once('/')?;
    if WASI.contains(&package) {
        let version = item.version.as_deref()?;
        let row = WASI_VERSIONS
            .iter()
            .find(|(pattern, _)| fits(pattern, version));
        return row.map(|(_, releases)| *releases);
    }
    find(&IMPORTS, item)
}

fn find(rows: &[Row], item: &Item) -> Option<Releases> {
    let (package, interface) = item.name.split_once('/')?;
    let version = item.version.as_deref().unwrap_or_default();
    let row = rows.iter().find(|(in_package, called, pattern, _)| {
        *in_package == package && *called == interface && fits(pattern, version)
    });
    row.map(|(.., releases)| *releases)
}

/// Whether a version is the one of a pattern; `0.2.*` fits releases and no release candidates.
fn fits(pattern: &str, version: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => version
            .strip_prefix(prefix)
            .is_some_and(|patch| patch.parse::<u32>().is_ok()),
        None => pattern == version,
    }
}
