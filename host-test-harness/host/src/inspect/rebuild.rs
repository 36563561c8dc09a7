//! The SDK to rebuild a component with, if it is built for a version of WASI that the harness does not offer.

use crate::inspect::item::Item;

/// Release candidates: the package prefix, the version prefix, and their users. The first match counts.
const RELEASE_CANDIDATES: [(&str, &str, &str); 3] = [
    (
        "wasi:",
        "0.2.0-rc-2023-10-18",
        "the release candidate of Spin 2.0, its tools and the crate spin-sdk 2",
    ),
    (
        "wasi:http/",
        "0.2.0-rc-",
        "a release candidate that some SDKs of Spin 2.1 use",
    ),
    (
        "wasi:http/",
        "0.3.0-rc-",
        "a release candidate that SDKs of Spin 3.5 to 4.0 use, such as the crate spin-sdk 6",
    ),
];

/// Advice on the first item that belongs to a release candidate, among the items that the harness does not offer.
pub(super) fn advice<'a>(mut not_offered: impl Iterator<Item = &'a Item>) -> Option<String> {
    not_offered.find_map(|item| {
        let version = item.version.as_deref()?;
        let (.., users) = RELEASE_CANDIDATES
            .iter()
            .find(|(package, prefix, _)| {
                item.name.starts_with(package) && version.starts_with(prefix)
            })?;
        Some(format!(
            "the component is built for `{item}`, {users}; this harness offers `wasi:http` 0.2 and 0.3, and \
             `fermyon:spin/http`: rebuild it with the crate spin-sdk 3 to 5 or 7, or with an SDK for `fermyon:spin/http`"
        ))
    })
}
