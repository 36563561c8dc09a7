//! The versions of Spin that can run a component, derived from its imports and exports.

use serde::Serialize;

use crate::inspect::item::Item;
use crate::inspect::spin_releases::{self, SpinRelease};

/// The versions of Spin that can run a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum SpinSupport {
    /// These releases offer every import and call an export.
    #[non_exhaustive]
    Releases {
        /// The first release.
        first: SpinRelease,
        /// The last release; `None` if the newest known release can still run it.
        last: Option<SpinRelease>,
        /// The import or export that needs `first`.
        decided_by: String,
    },
    /// No release can run it.
    #[non_exhaustive]
    None {
        /// Why.
        reason: String,
    },
    /// The component imports interfaces that no known release offers; a plugin or a newer release may.
    #[non_exhaustive]
    Unknown {
        /// Those imports.
        imports: Vec<String>,
    },
}

impl SpinSupport {
    pub(super) fn of(imports: &[Item], exports: &[Item]) -> Self {
        let called = exports
            .iter()
            .filter_map(|item| Some((item, spin_releases::that_call(item)?)));
        // A component may export several handlers; a trigger for one of them is enough.
        let Some((export, releases)) = called.min_by_key(|(_, releases)| releases.first) else {
            return Self::None {
                reason: no_trigger(exports),
            };
        };
        let mut newest = (export, releases.first);
        let mut oldest = releases.last.map(|last| (export, last));
        let mut unknown = Vec::new();
        for item in imports {
            let Some(releases) = spin_releases::that_offer(item) else {
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
                    "`{item}` needs Spin {last} or older, but `{}` needs Spin {} or newer",
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
        "it is a program (`wasi:cli/run`), which Spin runs only for an HTTP route with \
         `executor = { type = \"wagi\" }`"
            .to_owned()
    } else {
        "it has no export that a Spin trigger calls, such as `fermyon:spin/inbound-http`".to_owned()
    }
}
