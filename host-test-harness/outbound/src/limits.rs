//! The limits of one outbound call, each with its unit and default.
//!
//! Exceeding a limit is an error, never a truncation: the guest gets an error-code, and the log names the limit.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;

use crate::headers::section_bytes;

/// Default of [`CallLimits::request_body_bytes`]: 128 MiB, as Spin 4 limits a whole message.
pub const DEFAULT_REQUEST_BODY_BYTES: usize = 128 << 20;
/// Default of [`CallLimits::response_body_bytes`]: 128 MiB, as Spin 4 limits a whole message.
pub const DEFAULT_RESPONSE_BODY_BYTES: usize = 128 << 20;
/// Default of [`HeaderLimits::bytes`]: 256 KiB.
pub const DEFAULT_HEADER_SECTION_BYTES: usize = 256 << 10;
/// Default of [`HeaderLimits::fields`]: 1,000.
pub const DEFAULT_HEADER_FIELDS: usize = 1_000;
/// Default of [`CallLimits::connect_timeout`]: 10 s.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Default of [`CallLimits::response_timeout`]: 30 s.
pub const DEFAULT_RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);
/// Default of [`CallLimits::redirects`]: 10, as in Spin.
pub const DEFAULT_REDIRECTS: u32 = 10;
/// Default of [`CallLimits::self_call_depth`]: 16.
pub const DEFAULT_SELF_CALL_DEPTH: u32 = 16;
/// Default of [`CallLimits::connections_per_upstream`]: 64.
pub const DEFAULT_CONNECTIONS_PER_UPSTREAM: usize = 64;
/// Default of [`CallLimits::wall_time`]: 60 s.
pub const DEFAULT_WALL_TIME: Duration = Duration::from_secs(60);

/// The limits of each outbound call of a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallLimits {
    /// Size of a request body, in bytes. Defaults to [`DEFAULT_REQUEST_BODY_BYTES`].
    pub request_body_bytes: usize,
    /// Size of a response body, in bytes. Defaults to [`DEFAULT_RESPONSE_BODY_BYTES`].
    pub response_body_bytes: usize,
    /// Size of a header section, of requests and of responses.
    pub headers: HeaderLimits,
    /// Time for name resolution, connection and TLS handshake together, including the wait for one of the
    /// [`connections_per_upstream`](Self::connections_per_upstream). Defaults to [`DEFAULT_CONNECT_TIMEOUT`].
    pub connect_timeout: Duration,
    /// Time for a buffered call until its last byte, redirects included. For a streaming call: time until the head of
    /// the response, and then from one piece of its body to the next. Defaults to [`DEFAULT_RESPONSE_TIMEOUT`].
    pub response_timeout: Duration,
    /// Number of redirects that a buffered call follows; 0 returns the 3xx response to the guest.
    /// Defaults to [`DEFAULT_REDIRECTS`].
    pub redirects: u32,
    /// Nesting depth of in-process calls. Defaults to [`DEFAULT_SELF_CALL_DEPTH`].
    pub self_call_depth: u32,
    /// Number of outbound calls of one invocation, including the calls of the in-process calls that it makes.
    /// Defaults to no limit.
    pub outbound_calls: Option<u32>,
    /// Number of open connections to one origin. Defaults to [`DEFAULT_CONNECTIONS_PER_UPSTREAM`].
    pub connections_per_upstream: usize,
    /// Time of the invocation that makes the call. After it, a streaming request body is abandoned.
    /// Defaults to [`DEFAULT_WALL_TIME`].
    pub wall_time: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            request_body_bytes: DEFAULT_REQUEST_BODY_BYTES,
            response_body_bytes: DEFAULT_RESPONSE_BODY_BYTES,
            headers: HeaderLimits::default(),
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            response_timeout: DEFAULT_RESPONSE_TIMEOUT,
            redirects: DEFAULT_REDIRECTS,
            self_call_depth: DEFAULT_SELF_CALL_DEPTH,
            outbound_calls: None,
            connections_per_upstream: DEFAULT_CONNECTIONS_PER_UPSTREAM,
            wall_time: DEFAULT_WALL_TIME,
        }
    }
}

/// The size of a header section. Displays as `262144 bytes or 1000 fields`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderLimits {
    /// Length of all names and values together, in bytes. Defaults to [`DEFAULT_HEADER_SECTION_BYTES`].
    pub bytes: usize,
    /// Number of fields. Defaults to [`DEFAULT_HEADER_FIELDS`].
    pub fields: usize,
}

impl Default for HeaderLimits {
    fn default() -> Self {
        Self {
            bytes: DEFAULT_HEADER_SECTION_BYTES,
            fields: DEFAULT_HEADER_FIELDS,
        }
    }
}

impl HeaderLimits {
    /// Whether a header section is within the limits.
    #[must_use]
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        let fields = headers
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_bytes()));
        self.allow_fields(headers.len(), fields)
    }

    /// [`HeaderLimits::allow`] for `n_fields` pairs of name and value that are not in a map yet.
    pub(crate) fn allow_fields<'a>(
        &self,
        n_fields: usize,
        fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> bool {
        n_fields <= self.fields && section_bytes(fields) <= self.bytes
    }

    /// The size of a header list of HTTP/2 that holds any header section within the limits, in bytes: each field counts
    /// 32 bytes more than its name and value (RFC 9113 section 6.5.2). A longer list is refused by the connection.
    #[must_use]
    pub fn list_bytes(&self) -> u32 {
        const FIELD_OVERHEAD_BYTES: usize = 32;
        // Beyond the limits, so that what is a little too long has an error that names them.
        let bytes = self
            .bytes
            .saturating_add(self.fields.saturating_mul(FIELD_OVERHEAD_BYTES))
            .saturating_mul(2);
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }

    /// The size of a buffer that holds the head of any message within the limits, in bytes: the names and values,
    /// the separators between them, and the first line. A message that fits the buffer is still checked by
    /// [`HeaderLimits::allow`].
    #[must_use]
    pub fn head_buffer_bytes(&self) -> usize {
        const SEPARATORS_BYTES: usize = 4;
        const FIRST_LINE_BYTES: usize = 64 << 10;
        self.bytes
            .saturating_add(self.fields.saturating_mul(SEPARATORS_BYTES))
            .saturating_add(FIRST_LINE_BYTES)
    }
}

impl fmt::Display for HeaderLimits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes or {} fields", self.bytes, self.fields)
    }
}
