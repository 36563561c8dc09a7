//! What to build a component with where this harness has its HTTP in another version.

use super::item::Item;

/// Versions of `wasi:http` that the harness does not have: how they begin, who uses them, what to use instead.
const OTHER_VERSIONS: [(&str, &str, &str); 2] = [
    (
        "0.2.0-rc-",
        "a release candidate that SDKs of Spin 2.0 and 2.1 use, such as the crate spin-sdk 2",
        "the crate spin-sdk 3, 4 or 5",
    ),
    (
        "0.3.0-rc-",
        "a release candidate that SDKs of Spin 3.5 to 4.0 use, such as the crate spin-sdk 6",
        "the crate spin-sdk 7",
    ),
];

/// One sentence, if an import or export is of such a version.
pub(super) fn advice(imports: &[Item], exports: &[Item]) -> Option<String> {
    let http = exports
        .iter()
        .chain(imports)
        .filter(|item| item.name.starts_with("wasi:http/"));
    let mut versions = http.filter_map(|item| Some((item, item.version.as_deref()?)));
    versions.find_map(|(item, version)| {
        let (_, users, instead) = OTHER_VERSIONS
            .iter()
            .find(|(beginning, ..)| version.starts_with(beginning))?;
        Some(format!(
            "it is built for `{item}`, {users}; this harness has `wasi:http` 0.2 and 0.3, and `fermyon:spin/http`: \
             build it with {instead}, or with an SDK for `fermyon:spin/http`"
        ))
    })
}
