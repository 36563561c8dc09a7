//! How many redirects of one call are followed.

/// How many redirects of one call are followed, with the feature `wasi-http`: an extension of the
/// request.
///
/// One redirect more is a [`RuntimeError`](crate::ErrorKind::RuntimeError). With 0, none is followed,
/// and the response is the redirect itself. The default is 10.
///
/// Without the feature the type does not exist, because the host follows redirects. A `TestHost`
/// follows none.
///
/// # Examples
///
/// ```
/// use spin_sdk::http::Request;
/// use spin_sdk::outbound_http::MaxRedirects;
///
/// let request = Request::get("https://api.test/").extension(MaxRedirects(0)).body(())?;
/// # Ok::<(), spin_sdk::http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxRedirects(
    /// The number of redirects.
    pub usize,
);

impl Default for MaxRedirects {
    fn default() -> Self {
        Self(10) // as the host does for `fermyon:spin/http`
    }
}
