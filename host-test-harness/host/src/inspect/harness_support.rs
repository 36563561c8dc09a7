//! The commands of this harness that can run a component.

use serde::Serialize;

use crate::inspect::item::{Item, ItemKind};
use crate::inspect::offered::{is_item_offered, is_release};
use crate::inspect::rebuild;

/// The commands of this harness that can run a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HarnessSupport {
    /// Whether `spin-harness request` can run it: it exports `fermyon:spin/inbound-http`,
    /// `wasi:http/incoming-handler` 0.2.x or `wasi:http/handler` 0.3.x.
    pub request: bool,
    /// Whether `spin-harness up` can run it, which needs the same exports.
    pub up: bool,
    /// Whether `spin-harness run` can run it: it exports `wasi:cli/run` 0.2.x.
    pub run: bool,
    /// Imports that the harness does not offer; calling one of them traps.
    pub missing_imports: Vec<String>,
    /// The SDK to rebuild it with, if it is built for a version of WASI that the harness does not offer.
    pub rebuild: Option<String>,
}

impl HarnessSupport {
    pub(super) fn of(imports: &[Item], exports: &[Item]) -> Self {
        let handles_requests = exports.iter().any(is_handler);
        let missing = imports
            .iter()
            .filter(|item| needs_host(item) && !is_item_offered(item));
        let other_exports = exports.iter().filter(|item| !is_handler(item));
        Self {
            request: handles_requests,
            up: handles_requests,
            run: exports
                .iter()
                .any(|item| item.name == "wasi:cli/run" && is_release(item, "0.2.")),
            missing_imports: missing.clone().map(Item::to_string).collect(),
            rebuild: rebuild::advice(other_exports.chain(missing)),
        }
    }
}

/// Whether the harness sends requests to an export.
fn is_handler(item: &Item) -> bool {
    match item.name.as_str() {
        "fermyon:spin/inbound-http" => item.version.is_none(),
        "wasi:http/incoming-handler" => is_release(item, "0.2."),
        "wasi:http/handler" => is_release(item, "0.3."),
        _ => false,
    }
}

/// Whether the host has to provide the item. An interface that has only types needs nothing from the host.
pub(super) fn needs_host(item: &Item) -> bool {
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
