//! A request that a component of the same application answers, without a socket.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use http::header::HOST;
use http::{HeaderValue, Request, Uri};
use outbound_policy::Origin;
use tokio::sync::OwnedSemaphorePermit;

use super::failure::Failure;
use super::response::Answer;
use crate::Limits;
use crate::application::Application;
use crate::body::Body;
use crate::guest::Guest;

/// The origin that stands for a guest without an application. Nothing listens there and nothing is dialled.
static NOWHERE: LazyLock<Origin> =
    LazyLock::new(|| Origin::parse("http://localhost").expect("a literal that parses"));

/// The calls in process that led to an invocation, and what all of them share.
#[derive(Clone, Default)]
pub(crate) struct Chain {
    /// How many invocations wait for this one.
    depth: u32,
    n_calls: Arc<AtomicU32>,
    /// Whose route table and components the calls see; none for a guest on its own.
    application: Option<Application>,
    /// What a server has counted the chain against. A guest may go on after its response, so that its instance
    /// is in use for longer than its request.
    _permit: Option<Arc<OwnedSemaphorePermit>>,
}

impl Chain {
    /// The beginning of a chain within `application`.
    pub(crate) fn of(application: Application, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            application: Some(application),
            _permit: permit.map(Arc::new),
            ..Self::default()
        }
    }

    /// Counts an outbound call of any invocation of the chain.
    pub(crate) fn count_call(&self, limits: &Limits) -> Result<(), Failure> {
        let Some(limit) = limits.outbound_calls else {
            return Ok(());
        };
        // Once the limit is reached the count stands still, so it cannot overflow.
        self.n_calls
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n_calls| {
                (n_calls < limit).then_some(n_calls + 1)
            })
            .map(drop)
            .map_err(|_limit_reached| Failure::TooManyCalls { limit })
    }

    /// The origin of `self` requests: the application's, which no header has a say in.
    pub(crate) fn origin(&self) -> &Origin {
        match &self.application {
            Some(application) => application.origin(),
            None => &NOWHERE,
        }
    }

    fn deeper(&self, limits: &Limits) -> Result<Self, Failure> {
        let limit = limits.self_call_depth;
        if self.depth >= limit {
            return Err(Failure::SelfCallDepth { limit });
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self.clone()
        })
    }
}

/// Who in the application answers.
#[derive(Clone, Copy)]
pub(crate) enum Recipient<'a> {
    /// The component that the route table names, or the guest itself where there is none.
    Route,
    /// The component of this name.
    Component(&'a str),
}

pub(crate) async fn exchange(
    caller: &Guest,
    chain: &Chain,
    recipient: Recipient<'_>,
    request: Request<Body>,
) -> Result<Answer, Failure> {
    let limits = caller.harness().limits();
    let deeper = chain.deeper(limits)?;
    let request = inbound(request);
    let no_such_component = |name: &str, known: Vec<String>| Failure::NoSuchComponent {
        name: name.to_owned(),
        known,
    };
    let answered = match (&chain.application, recipient) {
        (Some(application), Recipient::Route) => {
            application.handle_in_chain(request, None, deeper).await
        }
        (Some(application), Recipient::Component(name)) => application
            .handle_by(name, request, deeper)
            .await
            .ok_or_else(|| {
                let names = application.guests().map(|guest| guest.name().to_owned());
                no_such_component(name, names.collect())
            })?,
        (None, Recipient::Component(name)) if name != caller.name() => {
            return Err(no_such_component(name, vec![caller.name().to_owned()]));
        }
        (None, Recipient::Route | Recipient::Component(_)) => {
            caller.handle_in_chain(request, deeper).await
        }
    };
    Answer::new(answered.map_err(Failure::SelfCall)?, None, limits)
}

/// The request as a listener would hand it on: path and query, and the authority as `host`.
fn inbound(mut request: Request<Body>) -> Request<Body> {
    let authority = request.uri().authority();
    let authority = authority.map(|authority| HeaderValue::from_str(authority.as_str()));
    if let Some(Ok(authority)) = authority {
        request.headers_mut().entry(HOST).or_insert(authority);
    }
    let path_and_query = request.uri().path_and_query().cloned();
    *request.uri_mut() = path_and_query.map_or_else(Uri::default, Uri::from);
    request
}
