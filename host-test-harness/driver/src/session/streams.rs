//! Bodies that come in pieces.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use spin_harness::outbound::{Abandoned, Awaited, Body, BodyError, Running};
use tokio::sync::Mutex as AsyncMutex;

use super::messages::{Id, Read, Written};
use super::rpc::RpcError;
use crate::Failure;
use crate::message::{Fields, base64_of, fields};

/// The bodies of the requests of a client, by the id of the request. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<Mutex<Bodies>>);

/// The end of the body of a request that the client writes to; `None` when it has ended.
type RequestBody = Arc<AsyncMutex<Option<Sender<Bytes, BodyError>>>>;

/// The body of a response that the client reads from. A read that runs has it, too.
struct ResponseBody {
    /// The number of the application.
    app: u64,
    /// The body, and what marks the time until it is dropped.
    body: Arc<AsyncMutex<(Body, Running)>>,
    _awaited: Awaited,
}

#[derive(Default)]
struct Bodies {
    /// With the number of the application.
    requests: HashMap<Id, (u64, RequestBody)>,
    responses: HashMap<Id, ResponseBody>,
}

impl Streams {
    /// The body of a request, whose pieces follow by [`Streams::write`].
    pub(super) fn body_of(&self, id: &Id, app: u64) -> Result<Body, RpcError> {
        let mut bodies = self.lock();
        if bodies.requests.contains_key(id) {
            let error = "the id is that of a request whose body is not ended";
            return Err(RpcError::InvalidRequest(error.to_owned()));
        }
        let (sender, body) = Channel::new(1);
        let sender = Arc::new(AsyncMutex::new(Some(sender)));
        bodies.requests.insert(id.clone(), (app, sender));
        Ok(Body::stream(body))
    }

    /// Passes on a piece of the body of a request, and ends the body with these trailers.
    pub(super) fn write(
        &self,
        id: &Id,
        piece: Bytes,
        end: Option<HeaderMap>,
    ) -> Result<impl Future<Output = Written> + Send + use<>, RpcError> {
        let mut bodies = self.lock();
        let sender = if end.is_some() {
            bodies.requests.remove(id)
        } else {
            bodies.requests.get(id).cloned()
        };
        let (_, sender) = sender.ok_or_else(|| no_stream("body of a request", id))?;
        Ok(async move {
            let mut sender = sender.lock().await;
            if !piece.is_empty()
                && let Some(open) = sender.as_mut()
                && open.send_data(piece).await.is_err()
            {
                // The application has given up the body.
                *sender = None;
            }
            if let Some(trailers) = end
                && let Some(mut open) = sender.take()
                && !trailers.is_empty()
            {
                // An application that has given up the body has no use for them.
                drop(open.send_trailers(trailers).await);
            }
            Written {
                open: sender.is_some(),
            }
        })
    }

    /// Keeps the body of a response for [`Streams::read`].
    pub(super) fn keep_response(&self, id: &Id, app: u64, body: Body, abandoned: &Abandoned) {
        let (running, awaited) = abandoned.job();
        let body = ResponseBody {
            app,
            body: Arc::new(AsyncMutex::new((body, running))),
            _awaited: awaited,
        };
        self.lock().responses.insert(id.clone(), body);
    }

    /// Reads the next piece of the body of a response.
    pub(super) fn read(
        &self,
        id: &Id,
    ) -> Result<impl Future<Output = Result<Read, Failure>> + Send + use<>, RpcError> {
        let body = self.lock().responses.get(id).map(|of| Arc::clone(&of.body));
        let body = body.ok_or_else(|| no_stream("body of a response", id))?;
        let (streams, id) = (self.clone(), id.clone());
        Ok(async move {
            let read = next(&mut body.lock().await.0).await;
            if read.as_ref().map_or(true, |read| read.end) {
                streams.lock().responses.remove(&id);
            }
            read
        })
    }

    /// Gives up the bodies of a request and of its response.
    pub(super) fn cancel(&self, id: &Id) {
        let mut bodies = self.lock();
        if let Some((_, body)) = bodies.requests.remove(id) {
            abort(&body);
        }
        drop(bodies.responses.remove(id));
    }

    /// Gives up the bodies of the requests to an application.
    pub(super) fn cancel_all(&self, app: u64) {
        let mut bodies = self.lock();
        let requests = bodies.requests.extract_if(|_, (of, _)| *of == app);
        requests.for_each(|(_, (_, body))| abort(&body));
        bodies.responses.retain(|_, body| body.app != app);
    }

    /// Gives up all bodies.
    pub(super) fn end(&self) {
        let bodies = std::mem::take(&mut *self.lock());
        bodies.requests.values().for_each(|(_, body)| abort(body));
    }

    fn lock(&self) -> MutexGuard<'_, Bodies> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the body of a request with an error, so that the application does not take it for whole.
fn abort(body: &RequestBody) {
    // A `write` that has the lock waits for the application, which is cancelled too.
    if let Ok(mut sender) = body.try_lock()
        && let Some(sender) = sender.take()
    {
        let error = io::Error::other("the client cancelled the request");
        sender.abort(BodyError::Aborted(error.into()));
    }
}

fn no_stream(what: &str, id: &Id) -> RpcError {
    RpcError::InvalidParams(format!(
        "there is no {what} with the id {}, or it has ended",
        serde_json::json!(id)
    ))
}

/// The next piece. The end comes when the body has ended, which may be later than its trailers.
async fn next(body: &mut Body) -> Result<Read, Failure> {
    let mut trailers = Fields::new();
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(data) if data.is_empty() => {}
            Ok(data) => {
                return Ok(Read {
                    body: base64_of(&data),
                    ..Read::default()
                });
            }
            Err(frame) => trailers = fields(&frame.into_trailers().unwrap_or_default()),
        }
    }
    Ok(Read {
        body: String::new(),
        end: true,
        trailers,
    })
}
