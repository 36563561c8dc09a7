//! A call of a guest to an upstream.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// Where a guest calls an upstream: the same call has the same site in every run, whatever other calls there are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CallSite {
    /// The name of the guest.
    pub component: Arc<str>,
    /// The method.
    pub method: Method,
    /// The URL as it is sent.
    pub url: String,
    /// 1 for the first call of this component with this method and URL, 2 for the second, and so on.
    pub number: u32,
}

/// The component, the method, the URL, and the number if it is not 1.
impl fmt::Display for CallSite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {} {}",
            self.component, self.method, self.url
        )?;
        if self.number > 1 {
            write!(formatter, " (call {})", self.number)?;
        }
        Ok(())
    }
}

/// A call that a guest made.
#[derive(Debug, Clone)]
pub struct Call {
    /// Where.
    pub site: CallSite,
    /// What the upstream responded; `None` without a response.
    pub(super) response: Option<Seen>,
}

/// As much of a response as faults need.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The start of the body.
    pub(super) start: Bytes,
    /// Whether the guest read the body to its end.
    pub(super) is_read: bool,
}
