//! A transport takes the place of the network behind the policy, and never hides a decision of it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use harness_outbound::{
    Body, BoxFuture, BufferedRequest, CallContext, CallLimits, Caller, Exchange, Exchanged, Hop,
    NoPeers, OutboundCalls, OutboundError, Outcome, Peer, Phase, Route, SelfCalls, Transport,
    TransportError, Via,
};
use http::{Method, Request, Response};
use outbound_policy::{AllowList, BlockedNetworks, Origin};

/// Responds with the body `mocked`, redirects `/redirect?URL` to `URL`, and fails as the path says.
#[derive(Default)]
struct Mock {
    requests: Mutex<Vec<String>>,
}

impl Transport for Mock {
    fn exchange<'a>(
        &'a self,
        hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        let route = match hop.route {
            Route::Upstream => "upstream",
            Route::Peer(Peer::Routed) => "routed",
            Route::Peer(Peer::Named(_)) => "named",
        };
        let seen = format!("{} {route} {}", hop.number, request.uri());
        self.requests.lock().unwrap().push(seen);
        let uri = request.uri().clone();
        Box::pin(async move {
            let error = match uri.path() {
                "/refused" => TransportError::Refused,
                "/dns" => TransportError::Dns,
                "/slow" => TransportError::Timeout(Phase::ResponseHeaders),
                path => {
                    let mut response = Response::new(Body::from(Bytes::from("mocked")));
                    if let (true, Some(location)) = (path == "/redirect", uri.query()) {
                        *response.status_mut() = http::StatusCode::FOUND;
                        response
                            .headers_mut()
                            .insert("location", location.parse().unwrap());
                    }
                    let name = "test".to_owned();
                    let via = Via::Mock { name };
                    return Ok(Exchanged { response, via });
                }
            };
            Err(error.into())
        })
    }
}

/// What a GET of a URI came to: the response's body or the error, the requests that the mock saw, and the records.
struct Called {
    result: Result<String, OutboundError>,
    seen: Vec<String>,
    exchanges: Vec<Exchange>,
}

fn get(uri: &str) -> Called {
    let mock = Arc::new(Mock::default());
    let exchanges = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&exchanges);
    let entries = [
        "http://api.test",
        "http://169.254.169.254",
        "http://[fd00::1]",
        "http://self",
        "http://stock.spin.internal",
    ];
    let caller = Caller {
        name: "guest".into(),
        allow_list: AllowList::from_allowed_outbound_hosts(entries, |_| None).unwrap(),
        usage: Arc::default(),
        self_calls: Some(SelfCalls::InProcess),
        blocked_networks: Arc::new(BlockedNetworks::default().block_private()),
        transport: Arc::<Mock>::clone(&mock),
        observers: vec![Arc::new(move |exchange: &Exchange| {
            sink.lock().unwrap().push(exchange.clone());
        })],
        limits: CallLimits::default(),
    };
    let origin = Origin::parse("http://localhost").unwrap();
    let context = CallContext::new(Arc::new(NoPeers(origin)));
    let calls = OutboundCalls::new(Arc::new(caller), context);
    let request = BufferedRequest {
        method: Method::GET,
        uri: uri.to_owned(),
        headers: Vec::new(),
        body: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let result = runtime.block_on(calls.send_buffered(request, |_| "failed"));
    let result = result.map(|response| String::from_utf8_lossy(response.body()).into_owned());
    let seen = std::mem::take(&mut *mock.requests.lock().unwrap());
    let exchanges = std::mem::take(&mut *exchanges.lock().unwrap());
    Called {
        result,
        seen,
        exchanges,
    }
}

#[test]
fn a_mocked_upstream_needs_the_permission_that_the_real_one_needs() {
    let rows: &[(&str, Result<&str, &str>, &[&str])] = &[
        (
            "http://api.test/a?b=1",
            Ok("mocked"),
            &["0 upstream http://api.test/a?b=1"],
        ),
        ("http://other.test/", Err("add"), &[]),
        // Permitted by the allow-list, but in a blocked network.
        ("http://169.254.169.254/", Err("--block-private"), &[]),
        ("http://[fd00::1]/", Err("--block-private"), &[]),
        (
            "http://stock.spin.internal/7",
            Ok("mocked"),
            &["0 named http://stock.spin.internal/7"],
        ),
        ("/a", Ok("mocked"), &["0 routed http://localhost/a"]),
        (
            "http://api.test/redirect?/b",
            Ok("mocked"),
            &[
                "0 upstream http://api.test/redirect?/b",
                "1 upstream http://api.test/b",
            ],
        ),
        (
            "http://api.test/redirect?http://other.test/",
            Err("add"),
            &["0 upstream http://api.test/redirect?http://other.test/"],
        ),
        (
            "http://api.test/redirect?http://169.254.169.254/",
            Err("--block-private"),
            &["0 upstream http://api.test/redirect?http://169.254.169.254/"],
        ),
    ];
    let mut wrong = Vec::new();
    for (uri, want, want_seen) in rows {
        let got = get(uri);
        let is_as_wanted = match (&got.result, want) {
            (Ok(body), Ok(want)) => body == want,
            (Err(error), Err(part)) => error.to_string().contains(part),
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        };
        if !is_as_wanted || got.seen != *want_seen {
            wrong.push(format!("{uri}: got {:?}, seen {:?}", got.result, got.seen));
        }
        if got.exchanges.len() != want_seen.len() + usize::from(want.is_err()) {
            wrong.push(format!("{uri}: recorded {:#?}", got.exchanges));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_transport_fails_an_exchange_like_the_network_does() {
    for (path, want) in [
        ("refused", TransportError::Refused),
        ("dns", TransportError::Dns),
        ("slow", TransportError::Timeout(Phase::ResponseHeaders)),
    ] {
        let got = get(&format!("http://api.test/{path}"));
        let error = got.result.unwrap_err();
        let OutboundError::Transport(failure) = &error else {
            panic!("got {error:?}, want {want:?}");
        };
        assert_eq!(failure.error, want);
        assert_eq!(error.to_string(), want.to_string());
    }
}

#[test]
fn a_record_says_where_the_response_came_from() {
    let got = get("http://api.test/");
    let [exchange] = got.exchanges.as_slice() else {
        panic!("recorded {:#?}", got.exchanges);
    };
    let name = "test".to_owned();
    assert_eq!(exchange.via, Some(Via::Mock { name }));
    assert!(matches!(
        exchange.outcome,
        Outcome::Response {
            status: 200,
            body_bytes: 6
        }
    ));
}
