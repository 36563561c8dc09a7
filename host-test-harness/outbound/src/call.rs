//! The outbound calls of one invocation: the one place where the steps follow each other.

pub(crate) mod request;
mod response;
pub(crate) mod streaming;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Method, Request, Response};
use outbound_policy::{Origin, Target};

use crate::body::Body;
use crate::caller::Caller;
use crate::context::CallContext;
use crate::error::OutboundError;
use crate::exchange::Recorder;
use crate::time::deadline;
use crate::transport::Hop;
use request::{BufferedRequest, Outgoing};
use response::Received;
use streaming::timeouts::Connecting;

/// Names the error-code that a guest gets for an error, in the words of the import that it called.
pub type ErrorCodeName = fn(&OutboundError) -> &'static str;

/// The outbound calls of one invocation.
#[derive(Debug)]
pub struct OutboundCalls {
    caller: Arc<Caller>,
    context: CallContext,
    is_aborted: Arc<AtomicBool>,
    has_ended: Arc<AtomicBool>,
}

impl OutboundCalls {
    /// The calls of an invocation of `caller` that `context` led to.
    #[must_use]
    pub fn new(caller: Arc<Caller>, context: CallContext) -> Self {
        Self {
            caller,
            context,
            is_aborted: Arc::default(),
            has_ended: Arc::default(),
        }
    }

    /// The guest that calls.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The origin of `self` requests.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.context.origin()
    }

    /// From now on, a streaming request body that ends is an error. For a guest that was stopped: a runtime takes
    /// the end of an instance for the end of its bodies, and an upstream must not take half a body for a whole one.
    pub fn abort_bodies(&self) {
        self.is_aborted.store(true, Ordering::Release);
    }

    /// From now on, a streaming call that is dropped is one that the end of the invocation has ended. Before, it is one
    /// that the guest has ended.
    pub fn invocation_ended(&self) {
        self.has_ended.store(true, Ordering::Release);
    }

    /// Sends a buffered request, follows redirects, and returns the whole response.
    ///
    /// # Errors
    ///
    /// Any [`OutboundError`]; the exchange is recorded with the error-code that `error_code` names.
    pub async fn send_buffered(
        &self,
        request: BufferedRequest,
        error_code: ErrorCodeName,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        let mut recorder = self.recorder(request.method.clone(), &request.uri);
        let followed = self.follow(request, &mut recorder).await;
        if let Err(error) = &followed {
            recorder.failed(error, error_code);
        }
        followed
    }

    fn recorder(&self, method: Method, uri: &str) -> Recorder {
        Recorder::new(&self.caller, &self.context, method, uri)
    }

    /// Steps 1 and 2 for the guest's own request.
    fn admit(&self, uri: &str, recorder: &mut Recorder) -> Result<Target, OutboundError> {
        let target = self.caller.parse(uri, &self.context)?;
        recorder.parsed(self.caller.shown_url(&target));
        self.context.count_call(&self.caller.limits)?;
        recorder.allowed_by(self.caller.evaluate(&target)?);
        Ok(target)
    }

    async fn follow(
        &self,
        request: BufferedRequest,
        recorder: &mut Recorder,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        let limits = &self.caller.limits;
        let deadline = deadline(limits.response_timeout);
        let mut target = self.admit(&request.uri, recorder)?;
        let mut outgoing = Outgoing::new(request, limits)?;
        recorder.sending(outgoing.body_bytes());
        loop {
            let exchange = async {
                let request = outgoing.request(&target);
                let connection = (None, &Connecting::new());
                let received = self
                    .exchange(&target, request, recorder, connection)
                    .await?;
                received.read_to_end(limits).await
            };
            let received = tokio::time::timeout_at(deadline, exchange)
                .await
                .map_err(|_elapsed| OutboundError::response_timeout(limits.response_timeout))??;
            recorder.responded(
                received.response.status(),
                received.response.body().len(),
                received.via.clone(),
            );
            if limits.redirects == 0 {
                return Ok(received.response);
            }
            let Some(location) = received.redirect_location()? else {
                return Ok(received.response);
            };
            outgoing.follow_redirect(received.response.status());
            recorder.next_hop(&location, &outgoing.method, outgoing.body_bytes());
            let next = self.redirect(&target, &location, recorder)?;
            if next.origin() != target.origin() {
                outgoing.leave_origin();
            }
            target = next;
        }
    }

    /// Step 5, and step 2 for the next hop.
    fn redirect(
        &self,
        target: &Target,
        location: &str,
        recorder: &mut Recorder,
    ) -> Result<Target, OutboundError> {
        let next = target
            .join(location)
            .map_err(OutboundError::InvalidLocation)?;
        recorder.parsed(self.caller.shown_url(&next));
        let limit = self.caller.limits.redirects;
        if recorder.hop() > limit {
            return Err(OutboundError::TooManyRedirects {
                limit,
                last: next.url().to_string(),
            });
        }
        recorder.allowed_by(self.caller.evaluate(&next)?);
        Ok(next)
    }

    /// Steps 3 and 4.
    async fn exchange(
        &self,
        target: &Target,
        request: Request<Body>,
        recorder: &Recorder,
        (connect_timeout, connecting): (Option<Duration>, &Connecting),
    ) -> Result<Received, OutboundError> {
        let hop = Hop {
            id: recorder.id(),
            number: recorder.hop(),
            target,
            route: self.caller.route(target),
            caller: &self.caller,
            context: &self.context,
            connect_timeout,
            connecting,
        };
        let exchanged = self.caller.transport.exchange(hop, request).await?;
        Received::new(exchanged, self.caller.limits.headers)
    }
}
