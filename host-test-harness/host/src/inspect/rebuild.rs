//! What to build a component with that takes WASI in a version which this harness does not have.

use super::item::Item;

/// Such versions: of which packages, how they begin, and who uses them. The first that fits counts.
const OTHER_VERSIONS: [(&str, &str, &str); 3] = [
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

/// One sentence, if there is such a version among what the harness does not have.
pub(super) fn advice<'a>(mut not_here: impl Iterator<Item = &'a Item>) -> Option<String> {
    not_here.find_map(|item| {
        let version = item.version.as_deref()?;
        let (.., users) = OTHER_VERSIONS.iter().find(|(package, beginning, _)| {
            item.name.starts_with(package) && version.starts_with(beginning)
        })?;
        Some(format!(
            "it is built for `{item}`, {users}; this harness has `wasi:http` 0.2 and 0.3, and \
             `fermyon:spin/http`: build it with the crate spin-sdk 3 to 5 or 7, or with an SDK for `fermyon:spin/http`"
        ))
    })
}
