//! No mock file makes its reader panic, and the mocks of a valid one answer any request, or fail it, in bounded time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use harness_outbound::mocks::{InvalidMockFile, Mocks};
use harness_outbound::{
    BoxFuture, BufferedRequest, CallContext, CallLimits, Caller, Exchanged, Hop, NoPeers,
    OutboundCalls, OutboundError, SelfCalls, Transport, TransportError,
};
use http::{Method, Request};
use outbound_policy::{AllowList, Origin};

use crate::decision::check_line;

/// What follows it in an input is the body of a request.
const SEPARATOR: u8 = 0;

/// The URLs that a guest calls. A mock file of the corpus has them, too.
const URLS: [&str; 3] = ["http://api.test/a?b=c", "http://api.test/", "/own"];

/// How much virtual time a call may take, with its redirects.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads the start of `input` as a mock file of TOML and of JSON, and sends the rest to its mocks.
pub fn check(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == SEPARATOR);
    let file = parts.next().unwrap_or_default();
    let body = Bytes::copy_from_slice(parts.next().unwrap_or_default());
    let Ok(text) = std::str::from_utf8(file) else {
        return;
    };
    for name in ["input.toml", "input.json"] {
        match Mocks::from_text(text, Path::new(name)) {
            Ok(mocks) => check_calls(mocks, &body),
            Err(error) => check_error(text, &error),
        }
    }
}

fn check_error(text: &str, error: &InvalidMockFile) {
    check_line(&error.to_string());
    let n_lines = text.matches('\n').count() + 1;
    let line = error.line().expect("every error of a text has a line");
    assert!((1..=n_lines).contains(&line), "{error}");
}

fn check_calls(mocks: Mocks, body: &Bytes) {
    let mocks = mocks.verify_on_drop(false);
    let caller = Caller {
        name: "guest".into(),
        allow_list: AllowList::from_allowed_http_hosts(["insecure:allow-all"])
            .expect("the entry is valid"),
        usage: Arc::default(),
        self_calls: Some(SelfCalls::InProcess),
        blocked_networks: Arc::default(),
        transport: mocks.transport(Arc::new(Refusing)),
        observers: Vec::new(),
        limits: CallLimits {
            response_timeout: RESPONSE_TIMEOUT,
            response_body_bytes: 1 << 20,
            ..CallLimits::default()
        },
    };
    let origin = Origin::parse("http://127.0.0.1:3000").expect("the literal is an origin");
    let context = CallContext::new(Arc::new(NoPeers(origin)));
    let calls = OutboundCalls::new(Arc::new(caller), context);
    // Delays take no time.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("the runtime starts");
    for method in [Method::GET, Method::POST] {
        for uri in URLS {
            let request = BufferedRequest {
                method: method.clone(),
                uri: uri.to_owned(),
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: Some(body.clone()),
            };
            let answered = runtime.block_on(async {
                let started = tokio::time::Instant::now();
                let answered = calls.send_buffered(request, |_| "failed").await;
                assert!(started.elapsed() <= RESPONSE_TIMEOUT + Duration::from_secs(1));
                answered
            });
            if let Err(error) = answered {
                assert!(!error.to_string().is_empty());
            }
        }
    }
    drop(mocks.verify());
}

/// What is behind the mocks.
struct Refusing;

impl Transport for Refusing {
    fn exchange<'a>(
        &'a self,
        _: Hop<'a>,
        _: Request<harness_outbound::Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        Box::pin(std::future::ready(Err(TransportError::Refused.into())))
    }
}
