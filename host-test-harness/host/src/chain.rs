//! A request to a component, and the chain of in-process calls that it leads to.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use harness_outbound::{Awaited, Body, BodyError, CallContext};
use http::{Request, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::mpsc;

use crate::exports::response::read_to_end;
use crate::inbound::checked;
use crate::task::in_task;
use crate::{Error, Harness};

/// Runs `respond` in a task, reads the response to its end, and waits until every invocation of the chain has ended.
/// The request is recorded as one to `component`.
pub(crate) async fn handle_to_end<F, R>(
    context: CallContext,
    harness: &Harness,
    component: Option<Arc<str>>,
    request: Request<Body>,
    respond: F,
) -> Result<Response<Bytes>, Error>
where
    F: FnOnce(Request<Body>, CallContext) -> R + Send + 'static,
    R: Future<Output = Result<Response<Body>, Error>> + Send + 'static,
{
    let (harness, abandoned) = (harness.clone(), harness.abandoned());
    in_task(abandoned, async move {
        let response = handle_to_head(context, &harness, component, request, respond).await?;
        read_to_end(response, harness.limits()).await
    })
    .await
}

/// Runs `respond` in a task, and returns the response with its head. Its body ends, or fails, when every invocation of the
/// chain has ended. The request is recorded as one to `component`.
pub(crate) async fn handle_to_head<F, R>(
    context: CallContext,
    harness: &Harness,
    component: Option<Arc<str>>,
    request: Request<Body>,
    respond: F,
) -> Result<Response<Body>, Error>
where
    F: FnOnce(Request<Body>, CallContext) -> R + Send + 'static,
    R: Future<Output = Result<Response<Body>, Error>> + Send + 'static,
{
    let request = checked(request, harness.limits())?;
    let (harness, abandoned) = (harness.clone(), harness.abandoned());
    in_task(abandoned, async move {
        // Dropped with the last invocation of the chain.
        let (open, mut all_ended) = mpsc::channel::<Infallible>(1);
        let (running, awaited) = harness.abandoned().job();
        let context = context.holding((open, running));
        match respond_recorded(context, &harness, component, request, respond).await {
            Ok(response) => Ok(response.map(|body| {
                Body::stream(EndsWithChain {
                    body: Some(body),
                    error: None,
                    all_ended,
                    _awaited: awaited,
                })
            })),
            Err(error) => {
                // The tasks of its calls end a little later, and each is recorded.
                all_ended.recv().await;
                Err(error)
            }
        }
    })
    .await
}

/// A body that ends, or fails, when every invocation of the chain has ended.
struct EndsWithChain {
    /// None after its end.
    body: Option<Body>,
    /// Why it failed.
    error: Option<BodyError>,
    all_ended: mpsc::Receiver<Infallible>,
    /// Dropped with the body, also if that is given up before its end.
    _awaited: Awaited,
}

impl HttpBody for EndsWithChain {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if let Some(body) = &mut this.body {
            match ready!(Pin::new(body).poll_frame(context)) {
                Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
                Some(Err(error)) => this.error = Some(error),
                None => {}
            }
            // What it may hold belongs to the chain.
            this.body = None;
        }
        ready!(this.all_ended.poll_recv(context));
        Poll::Ready(this.error.take().map(Err))
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.body.as_ref();
        body.map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

async fn respond_recorded<F, R>(
    context: CallContext,
    harness: &Harness,
    component: Option<Arc<str>>,
    request: Request<Body>,
    respond: F,
) -> Result<Response<Body>, Error>
where
    F: FnOnce(Request<Body>, CallContext) -> R,
    R: Future<Output = Result<Response<Body>, Error>>,
{
    let (request, records) = harness.record_inbound(&context, component.as_deref(), request);
    match respond(request, context).await {
        Ok(response) => Ok(records.responded(response)),
        Err(error) => {
            records.failed(&error);
            Err(error)
        }
    }
}
