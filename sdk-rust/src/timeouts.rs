//! How long one call may take.

use std::time::Duration;

/// How long one call may take, with the feature `wasi-http`: an extension of the request.
///
/// A time that is `None` is the host's; that is the default. `fermyon:spin/http` has no times for
/// one call, so the type exists only with the feature. A `TestHost` does not wait, so a time has no
/// effect on it.
///
/// A call that takes longer fails with [`RuntimeError`](crate::ErrorKind::RuntimeError), and
/// [`Error::is_timeout`](crate::Error::is_timeout) is true. The message names the time.
/// The SDK measures all times but `connect`, which takes effect where the host measures it, as the
/// harness and wasmtime do.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use spin_sdk::http::Request;
/// use spin_sdk::outbound_http::Timeouts;
///
/// let request = Request::get("https://api.test/")
///     .extension(Timeouts {
///         total: Some(Duration::from_secs(2)),
///         ..Timeouts::default()
///     })
///     .body(())?;
/// # Ok::<(), spin_sdk::http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands, for each hop of a redirect.
    pub connect: Option<Duration>,
    /// From the beginning of the request until the head of the response, for each hop: connection
    /// and upload included, as hosts measure it.
    pub first_byte: Option<Duration>,
    /// Between two pieces of the response's body.
    pub between_bytes: Option<Duration>,
    /// From the call of `send_request` until the last byte of the body, redirects included.
    pub total: Option<Duration>,
}
