//! The record of one outbound exchange, for observers and the log.

mod recorder;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Method;

pub(crate) use recorder::Recorder;

/// What the log and recordings say of [`Outcome::Cancelled`].
pub(crate) const CANCELLED: &str = "the guest ended the call before the response was complete";
/// What the log and recordings say of [`Outcome::Abandoned`].
pub(crate) const ABANDONED: &str = "the invocation ended before the response was complete";

/// A function that is called after each exchange.
pub type Observer = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// One outbound exchange, or the reason why there was none. Each redirect hop is an exchange of its own.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Exchange {
    /// The number that the [`Hop`](crate::Hop) of the exchange has, and no other exchange of this process.
    pub id: u64,
    /// The number of the chain of in-process calls that it belongs to: all exchanges that one inbound request, or one run
    /// of a program, leads to have the same.
    pub chain: u64,
    /// The number of the exchange that the guest responded to when it called, if that was a call of another component.
    pub parent: Option<u64>,
    /// The guest's name.
    #[cfg_attr(feature = "serde", serde(serialize_with = "json::text"))]
    pub component: Arc<str>,
    /// When the guest called, or when the redirect before it was received. In JSON: `started_ms`, milliseconds since
    /// 1970-01-01 UTC.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "started_ms", serialize_with = "json::unix_ms")
    )]
    pub started: SystemTime,
    /// The request's method.
    #[cfg_attr(feature = "serde", serde(serialize_with = "json::method"))]
    pub method: Method,
    /// The URL as it was sent, without user information, or `http://self/…` for an in-process `self` request.
    /// A URI that cannot be parsed is shown by [`outbound_policy::redacted`].
    pub url: String,
    /// The allow-list entry that permitted it, as the user wrote it.
    pub rule: Option<String>,
    /// The entry that would permit it, if the allow-list denied it and such an entry exists.
    pub entry_to_add: Option<String>,
    /// 0 for the guest's own request, 1 for the first redirect, and so on.
    pub hop: u32,
    /// Where the response came from; `None` without a response.
    pub via: Option<Via>,
    /// Size of the request body, in bytes.
    pub request_body_bytes: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// From `started` to the last byte of the response. In JSON: `duration_us`, microseconds.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_us", serialize_with = "json::us")
    )]
    pub duration: Duration,
}

impl Exchange {
    /// The address of the upstream that responded.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.via {
            Some(Via::Network { address }) => *address,
            Some(Via::InProcess { .. } | Via::Mock { .. }) | None => None,
        }
    }
}

/// Where a response came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Via {
    /// From a server.
    Network {
        /// Its address; `None` over a connection that has none.
        address: Option<SocketAddr>,
    },
    /// From a component of the same application, without a socket.
    InProcess {
        /// The component; `None` if no route matched.
        #[cfg_attr(feature = "serde", serde(serialize_with = "json::optional_text"))]
        component: Option<Arc<str>>,
    },
    /// From a stand-in for the upstream.
    Mock {
        /// Its name.
        name: String,
    },
}

/// How an [`Exchange`] ended.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case"))]
pub enum Outcome {
    /// With a response.
    Response {
        /// Its status.
        status: u16,
        /// Size of its body as the guest has read it, in bytes. A guest of `wasi:http` may stop before the end.
        body_bytes: usize,
    },
    /// Without a response, or before its end.
    Failed {
        /// The error-code that the guest gets: a case of `http-error` of `fermyon:spin/http`, such as
        /// `runtime-error`, or of `error-code` of `wasi:http`, such as `HTTP-request-denied`.
        error_code: &'static str,
        /// The reason, in one sentence; the interfaces carry no more than the error-code.
        cause: String,
        /// For a component that failed in process: the end of its stderr, and a backtrace.
        details: Option<String>,
    },
    /// Not at all: the guest ended the call first, for example since its own time for it had passed.
    Cancelled,
    /// Not at all: the invocation ended first, for example at its wall-time limit.
    Abandoned,
}

#[cfg(feature = "serde")]
mod json {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use http::Method;
    use serde::{Serialize as _, Serializer};

    // The feature `rc` of serde would do, and would compile everything that depends on serde a second time.
    pub(super) fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    #[expect(clippy::ref_option, reason = "serde passes references")]
    pub(super) fn optional_text<S: Serializer>(
        text: &Option<Arc<str>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        text.as_deref().serialize(serializer)
    }

    pub(super) fn us<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }

    pub(super) fn unix_ms<S: Serializer>(
        time: &SystemTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let since_1970 = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        serializer.serialize_u64(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn method<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(method.as_str())
    }
}
