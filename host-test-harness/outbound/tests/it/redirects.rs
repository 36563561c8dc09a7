//! The rules of redirects, which `conformance/redirects.json` has for every side that follows them.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use harness_outbound::{
    Body, BoxFuture, BufferedRequest, CallContext, CallLimits, Caller, Exchanged, Hop, NoPeers,
    OutboundCalls, OutboundError, Transport, Via,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use outbound_policy::{AllowList, Origin};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "the rules of redirects")]
struct Rules {
    #[serde(rename = "about")]
    _about: String,
    locations: Table<(String, String)>,
    methods: Table<(String, u16, String)>,
    credentials: Table<(String, bool)>,
    statuses: Table<(u16, bool)>,
}

#[derive(Deserialize)]
#[serde(bound = "Row: DeserializeOwned")]
struct Table<Row> {
    #[serde(alias = "base")]
    from: Option<String>,
    rows: Vec<Row>,
}

/// A request as the transport gets it.
struct Sent {
    method: Method,
    url: String,
    has_credentials: bool,
    has_body: bool,
}

/// Responds to the first request with a redirect, and to the next with 200.
struct Redirect {
    status: StatusCode,
    location: HeaderValue,
    sent: Mutex<Vec<Sent>>,
}

impl Transport for Redirect {
    fn exchange<'a>(
        &'a self,
        hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        let headers = request.headers();
        let credentials = ["authorization", "cookie", "proxy-authorization"]
            .map(|name| headers.contains_key(name));
        self.sent.lock().unwrap().push(Sent {
            method: request.method().clone(),
            url: request.uri().to_string(),
            has_credentials: credentials.contains(&true),
            has_body: headers
                .get("content-length")
                .is_some_and(|length| length != "0"),
        });
        let mut response = Response::new(Body::from(Bytes::new()));
        if hop.number == 0 {
            *response.status_mut() = self.status;
            response
                .headers_mut()
                .insert("location", self.location.clone());
        }
        let name = "test".to_owned();
        Box::pin(async {
            Ok(Exchanged {
                response,
                via: Via::Mock { name },
            })
        })
    }
}

/// The requests that a redirect leads to.
fn sent(method: &str, from: &str, status: u16, location: &str) -> Vec<Sent> {
    let redirect = Arc::new(Redirect {
        status: StatusCode::from_u16(status).unwrap(),
        location: HeaderValue::from_bytes(location.as_bytes()).unwrap(),
        sent: Mutex::default(),
    });
    let caller = Caller {
        name: "guest".into(),
        allow_list: AllowList::from_allowed_outbound_hosts(["*://*:*"], |_| None).unwrap(),
        usage: Arc::default(),
        self_calls: None,
        blocked_networks: Arc::default(),
        transport: Arc::<Redirect>::clone(&redirect),
        observers: Vec::new(),
        limits: CallLimits::default(),
    };
    let origin = Origin::parse("http://localhost").unwrap();
    let context = CallContext::new(Arc::new(NoPeers(origin)));
    let credentials = ["authorization", "cookie", "proxy-authorization"];
    let request = BufferedRequest {
        method: method.parse().unwrap(),
        uri: from.to_owned(),
        headers: credentials
            .map(|name| (name.to_owned(), "x=1".to_owned()))
            .into(),
        body: (method != "GET" && method != "HEAD").then(|| Bytes::from("body")),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let calls = OutboundCalls::new(Arc::new(caller), context);
    let result = runtime.block_on(calls.send_buffered(request, |_| "failed"));
    result.unwrap_or_else(|error| panic!("{method} {from} {status} {location}: {error}"));
    std::mem::take(&mut *redirect.sent.lock().unwrap())
}

#[test]
fn the_host_follows_redirects_by_the_shared_rules() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/redirects.json");
    let rules: Rules = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    let base = rules.locations.from.unwrap();
    for (location, want) in rules.locations.rows {
        let got = &sent("GET", &base, 302, &location)[1].url;
        if *got != want {
            wrong.push(format!("location {location:?}: got {got}, want {want}"));
        }
    }
    for (method, status, want) in rules.methods.rows {
        let next = &sent(&method, "http://api.test/", status, "/x")[1];
        let keeps_body = want == method && method != "GET" && method != "HEAD";
        if next.method.as_str() != want || next.has_body != keeps_body {
            wrong.push(format!(
                "{method} {status}: got {}, body {}",
                next.method, next.has_body
            ));
        }
    }
    let from = rules.credentials.from.unwrap();
    for (location, want) in rules.credentials.rows {
        let got = sent("GET", &from, 302, &location)[1].has_credentials;
        if got != want {
            wrong.push(format!("credentials to {location}: got {got}, want {want}"));
        }
    }
    for (status, want) in rules.statuses.rows {
        let got = sent("GET", &from, status, "/x").len() == 2;
        if got != want {
            wrong.push(format!("status {status}: got {got}, want {want}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
