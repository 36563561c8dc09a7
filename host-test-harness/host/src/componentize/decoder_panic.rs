//! Panics of the WIT decoder, as errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `decode`, and turns a panic of wit-component into an error.
///
/// wit-component assumes that `component-type` sections come from a binding generator, and panics if they are
/// malformed.
/// An untrusted module can contain anything.
/// All values of wit-component are dropped with the call, so no half-changed value is seen afterwards.
pub(super) fn panic_to_error<T>(decode: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        let first_line = message.and_then(|message| message.lines().next());
        Err(anyhow::anyhow!(
            "the decoder panicked: {}",
            first_line.unwrap_or("no message")
        ))
    })
}
