//! The limits of every invocation of a harness, each with its unit and default.
//!
//! Exceeding a limit is an error, never a truncation: the guest gets an error while it can still receive one, and
//! the log names the limit.

use std::time::Duration;

use harness_outbound::{CallLimits, HeaderLimits};

pub use harness_outbound::limits::{
    DEFAULT_CONNECT_TIMEOUT, DEFAULT_CONNECTIONS_PER_UPSTREAM, DEFAULT_HEADER_FIELDS,
    DEFAULT_HEADER_SECTION_BYTES, DEFAULT_REDIRECTS, DEFAULT_REQUEST_BODY_BYTES,
    DEFAULT_RESPONSE_BODY_BYTES, DEFAULT_RESPONSE_TIMEOUT, DEFAULT_SELF_CALL_DEPTH,
    DEFAULT_WALL_TIME,
};

use crate::{Error, ErrorKind};

/// Default of [`Limits::memory_bytes`]: 1 GiB.
pub const DEFAULT_MEMORY_BYTES: usize = 1 << 30;
/// Default of [`Limits::instances`]: 1,000.
pub const DEFAULT_INSTANCES: u32 = 1_000;

/// The limits of every invocation of a harness.
///
/// With the feature `serde` they are read from and written as a JSON object of the same names, in which a duration
/// is a number of milliseconds with the suffix `_ms` (`wall_time_ms`). A limit that is left out has its default, and
/// an unknown name is an error. New limits may be added in minor releases: complete the literal with
/// `..Limits::default()`.
///
/// ```
/// use spin_harness::Limits;
/// use std::time::Duration;
///
/// let limits = Limits { wall_time: Duration::from_secs(5), ..Limits::default() };
/// assert_eq!(limits.redirects, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Limits {
    /// Wall time of one invocation, whether it computes or waits. While a guest of `wasi:http` streams its response,
    /// the time starts anew with each piece of the body. Defaults to [`DEFAULT_WALL_TIME`].
    #[cfg_attr(
        feature = "serde",
        serde(rename = "wall_time_ms", with = "milliseconds")
    )]
    pub wall_time: Duration,
    /// Linear memory of one instance, in bytes, 64 KiB to 4 GiB. An in-process call has an instance of its own.
    /// Defaults to [`DEFAULT_MEMORY_BYTES`].
    pub memory_bytes: usize,
    /// Size of a request body, of an outbound request or of one to the guest, in bytes.
    /// Defaults to [`DEFAULT_REQUEST_BODY_BYTES`].
    pub request_body_bytes: usize,
    /// Size of a response body, an upstream's or the guest's, in bytes. Defaults to [`DEFAULT_RESPONSE_BODY_BYTES`].
    pub response_body_bytes: usize,
    /// Length of all names and values of a header section together, in bytes, of requests and responses, 8 KiB to
    /// 1 GiB. Defaults to [`DEFAULT_HEADER_SECTION_BYTES`].
    pub header_section_bytes: usize,
    /// Number of header fields, of requests and responses, 1 to 24,000. Defaults to [`DEFAULT_HEADER_FIELDS`].
    pub header_fields: usize,
    /// Time for name resolution, connection and TLS handshake together, including the wait for one of the
    /// [`connections_per_upstream`](Self::connections_per_upstream). Defaults to [`DEFAULT_CONNECT_TIMEOUT`].
    #[cfg_attr(
        feature = "serde",
        serde(rename = "connect_timeout_ms", with = "milliseconds")
    )]
    pub connect_timeout: Duration,
    /// Time for an outbound call of `fermyon:spin/http` until its last byte, redirects included. For a call of
    /// `wasi:http`: time until the head of the response, and then from one piece of its body to the next, so that a
    /// stream lives as long as bytes flow. Defaults to [`DEFAULT_RESPONSE_TIMEOUT`].
    #[cfg_attr(
        feature = "serde",
        serde(rename = "response_timeout_ms", with = "milliseconds")
    )]
    pub response_timeout: Duration,
    /// Number of redirects that are followed; 0 returns the 3xx response to the guest.
    /// Defaults to [`DEFAULT_REDIRECTS`].
    pub redirects: u32,
    /// Nesting depth of in-process calls. Defaults to [`DEFAULT_SELF_CALL_DEPTH`].
    pub self_call_depth: u32,
    /// Number of outbound calls of one invocation, including the calls of the in-process calls that it makes.
    /// Defaults to no limit.
    pub outbound_calls: Option<u32>,
    /// Number of open connections to one origin, 1 to 100,000. Defaults to [`DEFAULT_CONNECTIONS_PER_UPSTREAM`].
    pub connections_per_upstream: usize,
    /// Maximum number of live instances, 1 to 10,000. Instances of WASI 0.3 are counted separately, against the same
    /// maximum. Each reserves 4 GiB of address space. Defaults to [`DEFAULT_INSTANCES`].
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
            // The `http` crate holds a few more.
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
                let message =
                    format!("{what}: a limit of {value} is out of range ({lowest} to {highest})");
                return Err(Error::new(ErrorKind::InvalidOption, message));
            }
        }
        Ok(())
    }

    /// The limits of an outbound call.
    pub(crate) fn of_calls(&self) -> CallLimits {
        CallLimits {
            request_body_bytes: self.request_body_bytes,
            response_body_bytes: self.response_body_bytes,
            headers: self.headers(),
            connect_timeout: self.connect_timeout,
            response_timeout: self.response_timeout,
            redirects: self.redirects,
            self_call_depth: self.self_call_depth,
            outbound_calls: self.outbound_calls,
            connections_per_upstream: self.connections_per_upstream,
            wall_time: self.wall_time,
        }
    }

    /// The limits of a header section.
    pub(crate) fn headers(&self) -> HeaderLimits {
        HeaderLimits {
            bytes: self.header_section_bytes,
            fields: self.header_fields,
        }
    }
}

#[cfg(feature = "serde")]
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn json_leaves_defaults_out_counts_milliseconds_and_refuses_unknown_names() {
        let limits: Limits =
            serde_json::from_str(r#"{ "wall_time_ms": 1500, "redirects": 3 }"#).unwrap();
        let want = Limits {
            wall_time: Duration::from_millis(1500),
            redirects: 3,
            ..Limits::default()
        };
        assert_eq!(limits, want);
        let json = serde_json::to_string(&limits).unwrap();
        assert_eq!(serde_json::from_str::<Limits>(&json).unwrap(), want);
        assert!(serde_json::from_str::<Limits>(r#"{ "redirect": 3 }"#).is_err());
    }
}
