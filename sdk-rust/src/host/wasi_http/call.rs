//! A call: its requests, one for each hop of a redirect, and its response. Several calls run at the
//! same time, bodies included.

use bytes::Bytes;

use super::bindings::wasi::http::types::{FutureIncomingResponse, IncomingResponse};
use super::bindings::wasi::io::poll::Pollable;
use super::deadline::{Deadlines, Limit, wait};
use super::download::{CallOfBody, Incoming, Message, append};
use super::error_code::reason;
use super::outgoing;
use super::upload::Upload;
use crate::body::{Body, Inner};
use crate::error::{Error, Reason};
use crate::http::{Method, Request, Response, Uri};
use crate::redirect::Redirects;
use crate::response::response_from_wire;
use crate::wire::WireResponse;

/// A call that is under way.
pub(crate) struct Call {
    /// The request of this hop. Its body is sent again by a redirect that asks for it.
    request: Request,
    /// The body is streamed, so it can be sent once.
    is_streamed: bool,
    redirects: Redirects,
    deadlines: Deadlines,
    method: Method,
    uri: Uri,
    stage: Stage,
}

enum Stage {
    /// The request is being sent. The fields are dropped in this order.
    Sending {
        ready: Pollable,
        future: FutureIncomingResponse,
        upload: Option<Upload>,
    },
    /// The response is being read.
    Receiving {
        head: WireResponse,
        body: Box<Incoming>,
        bytes: Vec<u8>,
    },
    Ended(Result<WireResponse, Reason>),
}

/// Performs calls until each has its whole response.
pub(crate) fn send_all(requests: Vec<Request<Body>>) -> Vec<Result<Response, Error>> {
    let mut calls: Vec<Call> = requests.into_iter().map(Call::start).collect();
    drive(&mut calls, Until::End);
    calls.into_iter().map(Call::into_response).collect()
}

/// Performs a call until the head of its response.
pub(crate) fn send_streaming(request: Request<Body>) -> Result<Response<Body>, Error> {
    let mut call = Call::start(request);
    drive(std::slice::from_mut(&mut call), Until::Head);
    call.into_streaming_response()
}

/// How far calls are driven.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Head,
    End,
}

/// Advances all calls at the same time, and waits until each has come so far.
fn drive(calls: &mut [Call], until: Until) {
    loop {
        let mut events = Vec::new();
        for call in &mut *calls {
            call.await_head();
            if until == Until::End {
                call.read_response();
            }
        }
        let limits = calls.iter().map(|call| call.add_events(until, &mut events));
        let limit = Limit::earliest(limits);
        if events.is_empty() {
            return;
        }
        wait(&events, limit);
    }
}

impl Call {
    fn start(request: Request<Body>) -> Self {
        let deadlines = Deadlines::start(request.extensions());
        let (parts, body) = request.into_parts();
        let (buffered, streamed) = match body.0 {
            Inner::None => (None, None),
            Inner::Bytes(bytes) => (Some(bytes), None),
            inner @ (Inner::Reader { .. } | Inner::Incoming(_)) => (None, Some(Body(inner))),
        };
        let mut call = Self {
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            request: Request::from_parts(parts, buffered),
            is_streamed: false,
            redirects: Redirects::default(),
            deadlines,
            stage: Stage::Ended(Err(Reason::RuntimeError)),
        };
        call.send(streamed);
        call
    }

    /// Sends the request of this hop.
    fn send(&mut self, streamed: Option<Body>) {
        self.stage = match self.try_send(streamed) {
            Ok(stage) => stage,
            Err(reason) => Stage::Ended(Err(reason)),
        };
    }

    fn try_send(&mut self, mut streamed: Option<Body>) -> Result<Stage, Reason> {
        if let Some(Body(Inner::Incoming(incoming))) = &mut streamed {
            // A body that a client sends may be none. An upstream should get none then.
            if incoming.length().is_none() && incoming.is_empty().map_err(Reason::body_not_read)? {
                streamed = None;
            }
        }
        self.is_streamed = streamed.is_some();
        let body = streamed.or_else(|| self.request.body().clone().map(Body::from));
        self.deadlines.start_hop();
        let (future, outgoing) = outgoing::start(&self.request, body.as_ref())?;
        Ok(Stage::Sending {
            ready: future.subscribe(),
            future,
            upload: outgoing.zip(body).map(|(to, body)| Upload::new(to, body)),
        })
    }

    fn end(&mut self, reason: Reason) {
        self.stage = Stage::Ended(Err(reason));
    }

    /// Sends the body and waits for the head, without blocking. Follows redirects.
    fn await_head(&mut self) {
        while let Stage::Sending { future, upload, .. } = &mut self.stage {
            let response = match future.get() {
                Some(Ok(Ok(response))) => response,
                Some(Ok(Err(code))) => return self.end(reason(&code)),
                Some(Err(())) => return self.end(Reason::RuntimeError),
                None => {
                    if let Some(Err(error)) = upload.as_mut().map(Upload::advance) {
                        return self.end(Reason::body_not_read(error));
                    }
                    if let Err(timeout) = self.deadlines.check() {
                        self.end(timeout);
                    }
                    return;
                }
            };
            let upload = upload.take();
            if let Err(reason) = self.receive(response, upload) {
                self.end(reason);
            }
        }
    }

    /// The head of a response has arrived.
    fn receive(
        &mut self,
        response: IncomingResponse,
        upload: Option<Upload>,
    ) -> Result<(), Reason> {
        let head = WireResponse {
            status: response.status(),
            headers: response.headers().entries(),
            body: None,
        };
        let method = self.request.method().clone();
        if self.redirects.follow(&mut self.request, &head)? {
            if self.is_streamed && *self.request.method() == method {
                return Err(Reason::BodyGone);
            }
            drop((upload, response));
            self.send(None);
            return Ok(());
        }
        self.deadlines.start_piece();
        let call = CallOfBody {
            method: self.method.clone(),
            uri: self.uri.clone(),
            upload,
            deadlines: self.deadlines,
        };
        let length = content_length(&method, &head);
        self.stage = Stage::Receiving {
            body: Box::new(Incoming::new(
                Message::Response(response),
                length,
                Some(call),
            )?),
            head,
            bytes: Vec::new(),
        };
        Ok(())
    }

    /// Reads what has arrived of the body, without blocking.
    fn read_response(&mut self) {
        while let Stage::Receiving { head, body, bytes } = &mut self.stage {
            match body.try_next() {
                Ok(None) => return,
                Ok(Some(piece)) if piece.is_empty() => {
                    let mut response = std::mem::take(head);
                    response.body = Some(std::mem::take(bytes));
                    self.stage = Stage::Ended(Ok(response));
                }
                Ok(Some(piece)) => append(bytes, piece, body.length()),
                Err(reason) => return self.end(reason),
            }
        }
    }

    /// Adds what the call waits for, and returns the limit of its time.
    fn add_events<'a>(&'a self, until: Until, events: &mut Vec<&'a Pollable>) -> Option<Limit> {
        match &self.stage {
            Stage::Sending { ready, upload, .. } => {
                events.push(ready);
                let of_upload = upload.as_ref().and_then(|upload| {
                    upload.add_events(events);
                    upload.limit()
                });
                Limit::earliest([self.deadlines.next(), of_upload])
            }
            Stage::Receiving { body, .. } if until == Until::End => {
                body.add_events(events);
                body.limit()
            }
            Stage::Receiving { .. } | Stage::Ended(_) => None,
        }
    }

    fn into_response(self) -> Result<Response, Error> {
        let result = match self.stage {
            Stage::Ended(result) => result,
            Stage::Sending { .. } | Stage::Receiving { .. } => Err(Reason::RuntimeError),
        };
        result
            .and_then(response_from_wire)
            .map_err(|reason| Error::new(reason, self.method, self.uri))
    }

    fn into_streaming_response(self) -> Result<Response<Body>, Error> {
        let (head, body) = match self.stage {
            Stage::Receiving { head, body, .. } => (Ok(head), Body(Inner::Incoming(body))),
            Stage::Ended(result) => (result, Body::default()),
            Stage::Sending { .. } => (Err(Reason::RuntimeError), Body::default()),
        };
        head.and_then(response_from_wire)
            .map(|response| response.map(|_: Option<Bytes>| body))
            .map_err(|reason| Error::new(reason, self.method, self.uri))
    }
}

/// The length of the body of a response, if it says one.
fn content_length(method: &Method, head: &WireResponse) -> Option<u64> {
    if *method == Method::HEAD || matches!(head.status, 204 | 304) {
        return Some(0);
    }
    super::length_of(&head.headers)
}
