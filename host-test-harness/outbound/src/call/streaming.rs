//! A call whose bodies stream, for guests of `wasi:http`. It takes the same steps as a buffered call, except redirects.

mod request_body;
mod response_body;
pub(crate) mod timeouts;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Body as HttpBody;

use super::response::Received;
use super::{ErrorCodeName, OutboundCalls, request};
use crate::body::{Body, BodyError, Bounded};
use crate::error::OutboundError;
use crate::exchange::Recorder;
use request_body::RequestBody;
use timeouts::{Connecting, Deadlines};

pub use response_body::StreamedBody;
pub use timeouts::CallTimeouts;

impl OutboundCalls {
    /// Sends a request with a streaming body, and returns the response as soon as its head has arrived.
    ///
    /// Redirects are returned to the guest. The exchange is recorded when the response body ends or is dropped.
    ///
    /// # Errors
    ///
    /// Any [`OutboundError`]; the exchange is recorded with the error-code that `error_code` names.
    pub async fn send_streaming<B>(
        &self,
        request: Request<B>,
        timeouts: CallTimeouts,
        error_code: ErrorCodeName,
    ) -> Result<Response<StreamedBody>, OutboundError>
    where
        B: HttpBody<Data = Bytes, Error: Into<BodyError>> + Send + Unpin + 'static,
    {
        let uri = request.uri().to_string();
        let mut recorder = self
            .recorder(request.method().clone(), &uri)
            .cancellable(&self.has_ended);
        let limits = &self.caller.limits;
        let deadlines = Deadlines::new(timeouts, limits);
        match self
            .exchange_streaming(request, &uri, &deadlines, &mut recorder)
            .await
        {
            Ok(received) => {
                let (head, body) = received.response.into_parts();
                let body = Bounded::new(body, limits.response_body_bytes);
                let recorded = response_body::Recorded {
                    recorder,
                    status: head.status,
                    via: received.via,
                    error_code,
                };
                let body = StreamedBody::new(body, deadlines, recorded);
                Ok(Response::from_parts(head, body))
            }
            Err(error) => {
                recorder.failed(&error, error_code);
                Err(error)
            }
        }
    }

    async fn exchange_streaming<B>(
        &self,
        request: Request<B>,
        uri: &str,
        deadlines: &Deadlines,
        recorder: &mut Recorder,
    ) -> Result<Received, OutboundError>
    where
        B: HttpBody<Data = Bytes, Error: Into<BodyError>> + Send + Unpin + 'static,
    {
        let limits = &self.caller.limits;
        let target = self.admit(uri, recorder)?;
        let sent_bytes = Arc::new(AtomicUsize::new(0));
        recorder.sending_streamed(Arc::clone(&sent_bytes));
        let (head, body) = request.into_parts();
        let body = RequestBody::new(body, &head.headers, limits, &self.is_aborted);
        let body = Bounded::counting(body, limits.request_body_bytes, sent_bytes);
        let request = Request::from_parts(head, Body::stream(body));
        let request = request::streaming(request, &target, limits)?;
        let connecting = Connecting::new();
        let connection = (deadlines.connect, &connecting);
        let exchange = self.exchange(&target, request, recorder, connection);
        deadlines.head(&connecting, exchange).await
    }
}
