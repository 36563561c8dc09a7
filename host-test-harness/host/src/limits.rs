//! What a guest may use, each limit with its unit and default.
//!
//! A limit that is hit is an error and never a truncation: the guest gets an error where it can
//! still hear one, and the log names the limit.

use std::time::{Duration, Instant};

use crate::{Error, ErrorKind};

/// Default of [`Limits::wall_time`]: 60 s.
pub const DEFAULT_WALL_TIME: Duration = Duration::from_secs(60);
/// Default of [`Limits::memory_bytes`]: 1 GiB.
pub const DEFAULT_MEMORY_BYTES: usize = 1 << 30;
/// Default of [`Limits::request_body_bytes`]: 128 MiB, as Spin 4 limits a whole message.
pub const DEFAULT_REQUEST_BODY_BYTES: usize = 128 << 20;
/// Default of [`Limits::response_body_bytes`]: 128 MiB, as Spin 4 limits a whole message.
pub const DEFAULT_RESPONSE_BODY_BYTES: usize = 128 << 20;
/// Default of [`Limits::header_section_bytes`]: 256 KiB.
pub const DEFAULT_HEADER_SECTION_BYTES: usize = 256 << 10;
/// Default of [`Limits::header_fields`]: 1,000.
pub const DEFAULT_HEADER_FIELDS: usize = 1_000;
/// Default of [`Limits::connect_timeout`]: 10 s.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Default of [`Limits::response_timeout`]: 30 s.
pub const DEFAULT_RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);
/// Default of [`Limits::redirects`]: 10, as Spin follows them.
pub const DEFAULT_REDIRECTS: u32 = 10;
/// Default of [`Limits::self_call_depth`]: 16.
pub const DEFAULT_SELF_CALL_DEPTH: u32 = 16;
/// Default of [`Limits::connections_per_upstream`]: 64.
pub const DEFAULT_CONNECTIONS_PER_UPSTREAM: usize = 64;

/// Default of [`Limits::instances`]: 1,000.
pub const DEFAULT_INSTANCES: u32 = 1_000;

/// The limits of every invocation of a harness.
///
/// ```
/// use spin_harness::Limits;
/// use std::time::Duration;
///
/// let limits = Limits { wall_time: Duration::from_secs(5), ..Limits::default() };
/// assert_eq!(limits.redirects, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long one invocation may take, computing or waiting. Defaults to [`DEFAULT_WALL_TIME`].
    pub wall_time: Duration,
    /// Linear memory of one instance, in bytes, at most 4 GiB. A self call in process has an instance
    /// of its own. Defaults to [`DEFAULT_MEMORY_BYTES`].
    pub memory_bytes: usize,
    /// The body of an outbound request, in bytes. Defaults to [`DEFAULT_REQUEST_BODY_BYTES`].
    pub request_body_bytes: usize,
    /// The body of a response, an upstream's or the guest's own, in bytes. Defaults to [`DEFAULT_RESPONSE_BODY_BYTES`].
    pub response_body_bytes: usize,
    /// All names and values of a header section together, in bytes, both ways; at least 8 KiB.
    /// Defaults to [`DEFAULT_HEADER_SECTION_BYTES`].
    pub header_section_bytes: usize,
    /// The number of header fields, both ways, 1 to 24,000. Defaults to [`DEFAULT_HEADER_FIELDS`].
    pub header_fields: usize,
    /// How long resolution, connection and the TLS handshake may take together, a wait for
    /// [`connections_per_upstream`](Self::connections_per_upstream) included.
    /// Defaults to [`DEFAULT_CONNECT_TIMEOUT`].
    pub connect_timeout: Duration,
    /// How long one outbound call may take until its last byte, redirects included.
    /// Defaults to [`DEFAULT_RESPONSE_TIMEOUT`].
    pub response_timeout: Duration,
    /// How many redirects are followed; 0 hands the 3xx to the guest.
    /// Defaults to [`DEFAULT_REDIRECTS`].
    pub redirects: u32,
    /// How deep self calls that are routed in process may nest.
    /// Defaults to [`DEFAULT_SELF_CALL_DEPTH`].
    pub self_call_depth: u32,
    /// How many outbound calls one invocation may make, those of the self calls that it sets off
    /// in process included. Defaults to no limit.
    pub outbound_calls: Option<u32>,
    /// How many connections to one origin may be open at a time.
    /// Defaults to [`DEFAULT_CONNECTIONS_PER_UPSTREAM`].
    pub connections_per_upstream: usize,
    /// How many instances may exist at a time, and as many of WASI 0.3, if there are such components;
    /// each reserves address space. Defaults to [`DEFAULT_INSTANCES`].
    pub instances: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_time: DEFAULT_WALL_TIME,
            memory_bytes: DEFAULT_MEMORY_BYTES,
            request_body_bytes: DEFAULT_REQUEST_BODY_BYTES,
            response_body_bytes: DEFAULT_RESPONSE_BODY_BYTES,
            header_section_bytes: DEFAULT_HEADER_SECTION_BYTES,
            header_fields: DEFAULT_HEADER_FIELDS,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            response_timeout: DEFAULT_RESPONSE_TIMEOUT,
            redirects: DEFAULT_REDIRECTS,
            self_call_depth: DEFAULT_SELF_CALL_DEPTH,
            outbound_calls: None,
            connections_per_upstream: DEFAULT_CONNECTIONS_PER_UPSTREAM,
            instances: DEFAULT_INSTANCES,
        }
    }
}

impl Limits {
    /// Refuses values that no engine or client can work with.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let ranges: [(&str, usize, usize, usize); 5] = [
            ("bytes of memory", self.memory_bytes, 64 << 10, 4 << 30),
            (
                "bytes in a header section",
                self.header_section_bytes,
                8 << 10,
                1 << 30,
            ),
            // What the `http` crate can hold, with room to spare.
            ("header fields", self.header_fields, 1, 24_000),
            (
                "connections to one upstream",
                self.connections_per_upstream,
                1,
                100_000,
            ),
            (
                "instances",
                usize::try_from(self.instances).unwrap_or(usize::MAX),
                1,
                10_000,
            ),
        ];
        for (what, value, lowest, highest) in ranges {
            if !(lowest..=highest).contains(&value) {
                let message = format!(
                    "a limit of {value} {what} cannot be kept; it must be {lowest} to {highest}"
                );
                return Err(Error::new(ErrorKind::InvalidOption, message));
            }
        }
        Ok(())
    }
}

impl Limits {
    /// Room for a head on the wire: the names and values that count, what stands between them, and
    /// the first line. Whether a limit is kept is checked on what was read.
    pub(crate) fn head_buffer_bytes(&self) -> usize {
        const SEPARATORS_BYTES: usize = 4;
        const FIRST_LINE_BYTES: usize = 64 << 10;
        self.header_section_bytes
            .saturating_add(self.header_fields.saturating_mul(SEPARATORS_BYTES))
            .saturating_add(FIRST_LINE_BYTES)
    }
}

/// A time that every clock can count: 30 years at most.
pub(crate) fn countable(time: Duration) -> Duration {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    time.min(FAR)
}

/// When a time that begins now is over.
pub(crate) fn deadline(time: Duration) -> Instant {
    Instant::now() + countable(time)
}
