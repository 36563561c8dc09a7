//! An outbound call whose bodies pass as they come, for guests of `wasi:http`: the same steps as a buffered one.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::time::Sleep;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::failure::Failure;
use super::response::Answer;
use super::{Outbound, outgoing};
use crate::Limits;
use crate::body::Body;
use crate::body::counted::Counted;
use crate::exchange::Recorder;
use crate::limits::deadline;
use crate::wasi_http::error_code::{self, Named as _};

const WHOLE_RESPONSE: &str = "the whole response";

impl Outbound {
    /// Sends a guest's request, and hands back the response as soon as its head is there.
    pub(crate) async fn send_streamed(
        &self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<Response<WasiBody>, Error> {
        let mut recorder = self.recorder(request.method().clone(), &request.uri().to_string());
        let limits = &self.shared().limits;
        let times = Times::new(options.unwrap_or_default(), limits);
        match self.exchange_streamed(request, &times, &mut recorder).await {
            Ok(answer) => {
                let (head, body) = answer.response.into_parts();
                let body = ResponseBody {
                    body,
                    read_bytes: 0,
                    head: (head.status, answer.address),
                    end: Box::pin(tokio::time::sleep_until(times.end.into())),
                    idle: times.idle().map(Box::pin),
                    times,
                    limits: limits.clone(),
                    recorder,
                    has_ended: false,
                };
                Ok(Response::from_parts(head, body.boxed_unsync()))
            }
            Err(failure) => Err(fail(&mut recorder, &failure)),
        }
    }

    async fn exchange_streamed(
        &self,
        request: Request<WasiBody>,
        times: &Times,
        recorder: &mut Recorder,
    ) -> Result<Answer, Failure> {
        let limits = &self.shared().limits;
        let target = self.admit(&request.uri().to_string(), recorder)?;
        let sent_bytes = Arc::new(AtomicUsize::new(0));
        recorder.sending_streamed(Arc::clone(&sent_bytes));
        let length = content_length(request.headers());
        let request = request.map(|body| {
            let body = RequestBody {
                body,
                left_bytes: length,
                end: deadline(limits.wall_time),
                is_cut_off: Arc::clone(&self.is_cut_off),
            };
            Body::stream(Counted {
                body,
                passed_bytes: sent_bytes,
                limit: limits.request_body_bytes,
            })
        });
        let request = outgoing::streamed(request, &target, limits)?;
        let exchange = self.exchange(&target, request);
        tokio::time::timeout_at(times.head.into(), exchange)
            .await
            .map_err(|_elapsed| times.head_timeout(limits))?
    }
}

/// Writes the failure down, and names it to the guest.
fn fail(recorder: &mut Recorder, failure: &Failure) -> Error {
    let code = error_code::of_failure(failure);
    recorder.failed(code.name(), failure);
    Error::from(code)
}

/// How long the parts of a call may take: the limits of the harness, and what the guest asks for below them.
struct Times {
    /// Until the response's head.
    head: Instant,
    /// What the guest gave for it, if that is less than the limit.
    guest_head: Option<Duration>,
    /// Until its last byte.
    end: Instant,
    between_bytes: Option<Duration>,
}

impl Times {
    fn new(options: RequestOptions, limits: &Limits) -> Self {
        let connect = options.connect_timeout.unwrap_or(limits.connect_timeout);
        // A connection from the pool takes no time, so the two count together.
        let guest_head = options
            .first_byte_timeout
            .map(|first_byte| {
                connect
                    .min(limits.connect_timeout)
                    .saturating_add(first_byte)
            })
            .filter(|head| *head < limits.response_timeout);
        Self {
            head: deadline(guest_head.unwrap_or(limits.response_timeout)),
            guest_head,
            end: deadline(limits.response_timeout),
            between_bytes: options.between_bytes_timeout,
        }
    }

    fn head_timeout(&self, limits: &Limits) -> Failure {
        match self.guest_head {
            Some(limit) => Failure::Timeout {
                what: "the response's head, which the guest set,",
                limit,
            },
            None => Failure::Timeout {
                what: WHOLE_RESPONSE,
                limit: limits.response_timeout,
            },
        }
    }

    fn idle(&self) -> Option<Sleep> {
        let between_bytes = self.between_bytes?;
        Some(tokio::time::sleep_until(deadline(between_bytes).into()))
    }
}

/// The guest's request body, which has no end if the guest is cut off in the middle of it.
struct RequestBody {
    body: WasiBody,
    /// What the announced length leaves to come.
    left_bytes: Option<u64>,
    /// When the guest has ended in any case.
    end: Instant,
    is_cut_off: Arc<AtomicBool>,
}

/// What the request announces, if it is one length; whether it may be sent is decided elsewhere.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body)
            .poll_frame(context)
            .map(|frame| match frame {
                None if self.is_cut_off.load(Ordering::Acquire) => {
                    Some(Err("the guest has ended before".into()))
                }
                None => None,
                Some(Ok(frame)) => {
                    let n_bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                    self.left_bytes = self.left_bytes.map(|left| left.saturating_sub(n_bytes));
                    Some(Ok(frame))
                }
                Some(Err(error)) => Some(Err(error.into())),
            })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// hyper leaves a body when its announced length is reached, and the guest would find the stream closed that it is about
/// to end; Spin's published SDK for Python fails then. So the body stays open until the guest ends it.
impl Drop for RequestBody {
    fn drop(&mut self) {
        let (Some(0), Ok(runtime)) = (self.left_bytes, Handle::try_current()) else {
            return;
        };
        let empty = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let mut body = std::mem::replace(&mut self.body, empty);
        // It may be a body that the guest got from a client, which has no need to end it ever.
        let ended = async move { while let Some(Ok(_)) = body.frame().await {} };
        runtime.spawn(tokio::time::timeout_at(self.end.into(), ended));
    }
}

/// The response's body, bounded; the exchange is on record when it ends, or when the guest leaves off.
struct ResponseBody {
    body: Body,
    read_bytes: usize,
    head: (StatusCode, Option<SocketAddr>),
    end: Pin<Box<Sleep>>,
    idle: Option<Pin<Box<Sleep>>>,
    times: Times,
    limits: Limits,
    recorder: Recorder,
    has_ended: bool,
}

impl ResponseBody {
    fn answered(&mut self) {
        if !self.has_ended {
            let (status, address) = self.head;
            self.recorder.answered(status, self.read_bytes, address);
        }
        self.has_ended = true;
    }

    fn failed(&mut self, failure: &Failure) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.has_ended = true;
        Poll::Ready(Some(Err(fail(&mut self.recorder, failure))))
    }

    fn timed_out(&mut self, context: &mut Context<'_>) -> Option<Failure> {
        if self.end.as_mut().poll(context).is_ready() {
            return Some(Failure::Timeout {
                what: WHOLE_RESPONSE,
                limit: self.limits.response_timeout,
            });
        }
        let idle = self.idle.as_mut()?.as_mut().poll(context);
        let limit = self.times.between_bytes.filter(|_| idle.is_ready())?;
        Some(Failure::Timeout {
            what: "the next bytes, which the guest set,",
            limit,
        })
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if this.has_ended {
            return Poll::Ready(None);
        }
        let limit = this.limits.response_body_bytes;
        let announced = usize::try_from(this.body.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > limit.saturating_sub(this.read_bytes) {
            return this.failed(&Failure::ResponseBody { limit });
        }
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Pending => match this.timed_out(context) {
                Some(failure) => this.failed(&failure),
                None => Poll::Pending,
            },
            Poll::Ready(Some(Ok(frame))) => {
                let n_bytes = frame.data_ref().map_or(0, Bytes::len);
                if n_bytes > limit.saturating_sub(this.read_bytes) {
                    return this.failed(&Failure::ResponseBody { limit });
                }
                this.read_bytes += n_bytes;
                this.idle = this.times.idle().map(Box::pin);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                let failure = Failure::response_body(error, &this.limits);
                this.failed(&failure)
            }
            Poll::Ready(None) => {
                this.answered();
                Poll::Ready(None)
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A guest may not care for the rest.
impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.answered();
    }
}
