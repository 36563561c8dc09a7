//! What to build a component with where this harness has its HTTP in another version.

use super::features::RELEASE_CANDIDATE;
use super::item::Item;

/// Versions of `wasi:http` that the harness does not have: how they begin, and who uses them.
const OTHER_VERSIONS: [(&str, &str); 2] = [
    (
        "0.2.0-rc-",
        "a release candidate that some SDKs of Spin 2.1 use",
    ),
    ("0.3.", "which newer SDKs use, such as the crate spin-sdk 7"),
];

/// One sentence, if an import or export is of such a version.
pub(super) fn advice(imports: &[Item], exports: &[Item]) -> Option<String> {
    let http = exports
        .iter()
        .chain(imports)
        .filter(|item| item.name.starts_with("wasi:http/"));
    let mut versions = http
        .filter_map(|item| Some((item, item.version.as_deref()?)))
        .filter(|(_, version)| *version != RELEASE_CANDIDATE);
    versions.find_map(|(item, version)| {
        let (_, users) = OTHER_VERSIONS
            .iter()
            .find(|(beginning, _)| version.starts_with(beginning))?;
        Some(format!(
            "it is built for `{item}`, {users}; this harness has `wasi:http` 0.2, {RELEASE_CANDIDATE} and \
             `fermyon:spin/http`: build it with the crate spin-sdk 2 to 5, or with an SDK for `fermyon:spin/http`"
        ))
    })
}
