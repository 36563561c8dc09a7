//! A transport that watches the calls of a run, and fails one of them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Request;

use super::call::{Call, CallSite, Seen};
use super::fault::SweepFault;
use super::watched_body::WatchedBody;
use crate::BoxFuture;
use crate::body::Body;
use crate::error::OutboundError;
use crate::mocks::{Mocks, any};
use crate::transport::{Exchanged, Hop, Route, Transport};

/// Watches the calls of a run to upstreams, and fails one of them. Clones share what they saw.
///
/// A redirect hop is a call. Calls between the components of an application are not watched.
#[derive(Clone)]
pub struct Injector {
    calls: Arc<Mutex<Vec<Call>>>,
    fault: Option<(CallSite, SweepFault)>,
}

impl Injector {
    /// Fails nothing.
    #[must_use]
    pub fn watching() -> Self {
        Self {
            calls: Arc::default(),
            fault: None,
        }
    }

    /// Fails the call at `site`.
    #[must_use]
    pub fn failing(site: CallSite, fault: SweepFault) -> Self {
        Self {
            calls: Arc::default(),
            fault: Some((site, fault)),
        }
    }

    /// A transport that sends to `next` all but the call to fail.
    #[must_use]
    pub fn transport(&self, next: Arc<dyn Transport>) -> Arc<dyn Transport> {
        let fault = self.fault.as_ref().map(|(site, fault)| {
            let mocks = Mocks::new().verify_on_drop(false).keep_received(false);
            let mocks = mocks.expect(
                any().named(format!("fault {}", fault.name)),
                fault.response.clone(),
            );
            (site.clone(), mocks.transport(Arc::clone(&next)))
        });
        Arc::new(Injecting {
            calls: Arc::clone(&self.calls),
            fault,
            next,
        })
    }

    /// The calls so far, in the order in which they began.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.calls).clone()
    }
}

impl fmt::Debug for Injector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Injector")
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

fn lock(calls: &Mutex<Vec<Call>>) -> MutexGuard<'_, Vec<Call>> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Injecting {
    calls: Arc<Mutex<Vec<Call>>>,
    fault: Option<(CallSite, Arc<dyn Transport>)>,
    next: Arc<dyn Transport>,
}

impl Transport for Injecting {
    fn exchange<'a>(
        &'a self,
        hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        match hop.route {
            Route::Peer(_) => self.next.exchange(hop, request),
            Route::Upstream => Box::pin(self.call_upstream(hop, request)),
        }
    }
}

impl Injecting {
    async fn call_upstream(
        &self,
        hop: Hop<'_>,
        request: Request<Body>,
    ) -> Result<Exchanged, OutboundError> {
        let (site, index) = self.begin(hop, &request);
        if let Some((failing, fault)) = &self.fault
            && *failing == site
        {
            return fault.exchange(hop, request).await;
        }
        let exchanged = self.next.exchange(hop, request).await?;
        let response = exchanged.response.map(|body| {
            let calls = Arc::clone(&self.calls);
            let read = move |start: Bytes| {
                if let Some(seen) = lock(&calls)
                    .get_mut(index)
                    .and_then(|call| call.response.as_mut())
                {
                    seen.start = start;
                    seen.is_read = true;
                }
            };
            Body::stream(WatchedBody::new(body, read))
        });
        if let Some(call) = lock(&self.calls).get_mut(index) {
            call.response = Some(Seen {
                status: response.status(),
                headers: response.headers().clone(),
                start: Bytes::new(),
                is_read: false,
            });
        }
        Ok(Exchanged {
            response,
            via: exchanged.via,
        })
    }

    /// Notes a call, and returns its site and its index.
    fn begin(&self, hop: Hop<'_>, request: &Request<Body>) -> (CallSite, usize) {
        let mut calls = lock(&self.calls);
        let mut site = CallSite {
            component: Arc::clone(&hop.caller.name),
            method: request.method().clone(),
            url: hop.caller.shown_url(hop.target),
            number: 1,
        };
        let same = calls.iter().filter(|call| {
            let other = &call.site;
            other.component == site.component
                && other.method == site.method
                && other.url == site.url
        });
        site.number = u32::try_from(same.count() + 1).unwrap_or(u32::MAX);
        calls.push(Call {
            site: site.clone(),
            response: None,
        });
        (site, calls.len() - 1)
    }
}
