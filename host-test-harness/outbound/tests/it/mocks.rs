//! Mocks answer in place of the network: what matches, what a guest gets, and what a test is told.

mod answers;
mod faults;
mod files;
mod matchers;
mod strict;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use harness_outbound::mocks::Mocks;
use harness_outbound::{
    Body, BoxFuture, BufferedRequest, CallContext, CallLimits, Caller, Exchange, Exchanged, Hop,
    NoPeers, OutboundCalls, OutboundError, Route, SelfCalls, Transport, Via,
};
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use outbound_policy::{AllowList, BlockedNetworks, Origin};

/// What a guest asks for.
#[derive(Clone)]
struct Call {
    method: Method,
    uri: String,
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
}

fn call(method: &str, uri: &str) -> Call {
    Call {
        method: method.parse().unwrap(),
        uri: uri.to_owned(),
        headers: Vec::new(),
        body: None,
    }
}

impl Call {
    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }
}

/// What is behind the mocks: it answers with where the request went.
struct Behind;

impl Transport for Behind {
    fn exchange<'a>(
        &'a self,
        hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        let went_to = match hop.route {
            Route::Upstream => "network",
            Route::Peer(_) => "component",
        };
        Box::pin(async move {
            let body = request.into_body().collect().await.unwrap();
            let trailers = body.trailers().cloned().unwrap_or_default();
            let mut text = format!("{went_to} {}", String::from_utf8_lossy(&body.to_bytes()));
            for (name, value) in &trailers {
                text += &format!(", {name}: {}", value.to_str().unwrap());
            }
            Ok(Exchanged {
                response: Response::new(Body::from(Bytes::from(text))),
                via: Via::Network { address: None },
            })
        })
    }
}

/// A guest whose upstreams are mocked.
struct Guest {
    calls: OutboundCalls,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

fn guest(mocks: &Mocks) -> Guest {
    guest_within(mocks, CallLimits::default())
}

fn guest_within(mocks: &Mocks, limits: CallLimits) -> Guest {
    guest_with(mocks, |caller| caller.limits = limits)
}

fn guest_with(mocks: &Mocks, change: impl FnOnce(&mut Caller)) -> Guest {
    let exchanges = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&exchanges);
    let entries = [
        "http://api.test",
        "https://api.test",
        "https://eu.api.test",
        "http://self",
        "http://stock.spin.internal",
    ];
    let mut caller = Caller {
        name: "guest".into(),
        allow_list: AllowList::from_allowed_outbound_hosts(entries, |_| None).unwrap(),
        usage: Arc::default(),
        self_calls: Some(SelfCalls::InProcess),
        blocked_networks: Arc::new(BlockedNetworks::default().block_private()),
        transport: mocks.transport(Arc::new(Behind)),
        observers: vec![Arc::new(move |exchange: &Exchange| {
            sink.lock().unwrap().push(exchange.clone());
        })],
        limits: CallLimits::default(),
    };
    change(&mut caller);
    let origin = Origin::parse("http://localhost:3000").unwrap();
    let context = CallContext::new(Arc::new(NoPeers(origin)));
    Guest {
        calls: OutboundCalls::new(Arc::new(caller), context),
        exchanges,
    }
}

impl Guest {
    fn send(&self, call: Call) -> Result<Response<Vec<u8>>, OutboundError> {
        let request = BufferedRequest {
            method: call.method,
            uri: call.uri,
            headers: call.headers,
            body: call.body,
        };
        block_on(self.calls.send_buffered(request, |_| "failed"))
    }

    /// The text of the response's body, or of the error.
    fn text(&self, call: Call) -> String {
        match self.send(call) {
            Ok(response) => String::from_utf8_lossy(response.body()).into_owned(),
            Err(error) => error.to_string(),
        }
    }
}

/// Every wait of a test is bounded.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    const LIMIT: Duration = Duration::from_secs(20);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::time::timeout(LIMIT, future)
            .await
            .expect("the call ends within 20 s")
    })
}

/// Mocks whose test looks at the calls, and not at what was expected.
fn mocks() -> Mocks {
    Mocks::new().verify_on_drop(false)
}

#[track_caller]
fn none_is_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
