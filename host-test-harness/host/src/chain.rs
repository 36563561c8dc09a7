//! A request to a component, and the chain of in-process calls that it leads to.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use harness_outbound::{Body, BodyError, CallContext};
use http::{Request, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::mpsc;

use crate::exports::response::read_to_end;
use crate::task::in_task;
use crate::{Error, Harness};

/// Runs `respond` in a task, reads the response to its end, and waits until every invocation of the chain has ended.
/// The request is recorded as one to `component`.
pub(crate) async fn handle_to_end<F, R>(
    context: CallContext,
    harness: &Harness,
    component: Option<String>,
    request: Request<Body>,
    respond: F,
) -> Result<Response<Bytes>, Error>
where
    F: FnOnce(Request<Body>, CallContext) -> R + Send + 'static,
    R: Future<Output = Result<Response<Body>, Error>> + Send + 'static,
{
    let harness = harness.clone();
    in_task(async move {
        let response = handle_to_head(context, &harness, component, request, respond).await?;
        read_to_end(response, harness.limits()).await
    })
    .await
}

/// Runs `respond` in a task, and returns the response with its head. Its body ends when every invocation of the chain has
/// ended. The request is recorded as one to `component`.
pub(crate) async fn handle_to_head<F, R>(
    context: CallContext,
    harness: &Harness,
    component: Option<String>,
    request: Request<Body>,
    respond: F,
) -> Result<Response<Body>, Error>
where
    F: FnOnce(Request<Body>, CallContext) -> R + Send + 'static,
    R: Future<Output = Result<Response<Body>, Error>> + Send + 'static,
{
    let harness = harness.clone();
    in_task(async move {
        // Dropped with the last invocation of the chain.
        let (running, all_ended) = mpsc::channel::<Infallible>(1);
        let context = context.holding(running);
        let response = respond_recorded(context, &harness, component, request, respond).await?;
        Ok(response.map(|body| Body::stream(EndsWithChain { body, all_ended })))
    })
    .await
}

/// A body that ends when every invocation of the chain has ended.
struct EndsWithChain {
    body: Body,
    all_ended: mpsc::Receiver<Infallible>,
}

impl HttpBody for EndsWithChain {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if let Some(frame) = ready!(Pin::new(&mut this.body).poll_frame(context)) {
            return Poll::Ready(Some(frame));
        }
        this.all_ended.poll_recv(context).map(|_ended| None)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

async fn respond_recorded<F, R>(
    context: CallContext,
    harness: &Harness,
    component: Option<String>,
    request: Request<Body>,
    respond: F,
) -> Result<Response<Body>, Error>
where
    F: FnOnce(Request<Body>, CallContext) -> R,
    R: Future<Output = Result<Response<Body>, Error>>,
{
    let component = component.as_deref();
    let (request, records) = harness.record_inbound(&context, component, request).await;
    match respond(request, context).await {
        Ok(response) => Ok(records.responded(response)),
        Err(error) => {
            records.failed(&error);
            Err(error)
        }
    }
}
