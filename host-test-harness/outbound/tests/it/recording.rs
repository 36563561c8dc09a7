//! A recording has every exchange as the guest saw it, and the guest sees what it sees without a recording.

mod calls;
mod foreign;
mod generated;
mod live;
mod modes;
mod schema;
mod writer;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use harness_outbound::recording::{RecordedExchange, Recording};
use harness_outbound::{
    Body, BoxFuture, BufferedRequest, CallContext, CallLimits, CallTimeouts, Caller, Direct,
    Network, OutboundCalls, OutboundError, Peer, PeerError, PeerResponse, Peers, SelfCalls,
    Transport,
};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt as _;
use outbound_policy::{AllowList, BlockedNetworks, Origin};

/// No call of these tests takes longer.
const LIMIT: Duration = Duration::from_secs(20);

/// The exchanges of one recording.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<Vec<RecordedExchange>>>);

impl Recorded {
    fn recording(&self) -> Recording {
        let sink = Arc::clone(&self.0);
        Recording::new(move |exchange| sink.lock().unwrap().push(exchange))
    }

    fn take(&self) -> Vec<RecordedExchange> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    #[track_caller]
    fn only(&self) -> RecordedExchange {
        let mut exchanges = self.take();
        assert_eq!(exchanges.len(), 1, "{exchanges:#?}");
        exchanges.remove(0)
    }
}

/// The components of the application: `stock` echoes its request's body, the others fail.
struct Application(Origin);

impl Peers for Application {
    fn origin(&self) -> &Origin {
        &self.0
    }

    fn respond<'a>(
        &'a self,
        peer: Peer<'a>,
        request: Request<Body>,
        _context: CallContext,
    ) -> BoxFuture<'a, Result<PeerResponse, PeerError>> {
        Box::pin(async move {
            match peer {
                Peer::Named("stock") => Ok(PeerResponse {
                    component: Some("stock".into()),
                    response: Response::new(request.into_body()),
                }),
                Peer::Routed | Peer::Named(_) => Err(PeerError::Failed {
                    source: "unreachable executed".into(),
                    details: "the end of its stderr".to_owned(),
                }),
            }
        })
    }
}

fn network(limits: &CallLimits) -> Arc<dyn Transport> {
    let network = Network::new(limits, &[], &Arc::new(BlockedNetworks::default())).unwrap();
    Arc::new(Direct::new(Arc::new(network)))
}

/// A guest that may call loopback and its application.
fn caller(transport: Arc<dyn Transport>, limits: CallLimits) -> Caller {
    let entries = [
        "http://127.0.0.1:*",
        "http://self",
        "http://stock.spin.internal",
    ];
    Caller {
        name: "guest".into(),
        allow_list: AllowList::from_allowed_outbound_hosts(entries, |_| None).unwrap(),
        usage: Arc::default(),
        self_calls: Some(SelfCalls::InProcess),
        blocked_networks: Arc::default(),
        transport,
        observers: Vec::new(),
        limits,
    }
}

fn calls(caller: Caller) -> OutboundCalls {
    let origin = Origin::parse("http://localhost").unwrap();
    let context = CallContext::new(Arc::new(Application(origin)));
    OutboundCalls::new(Arc::new(caller), context)
}

/// A response, or as much of it as the guest got.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    trailers: HeaderMap,
    error: Option<String>,
}

async fn send_buffered(
    calls: &OutboundCalls,
    method: Method,
    uri: &str,
    headers: &[(&str, &str)],
    body: Option<Bytes>,
) -> Seen {
    let request = BufferedRequest {
        method,
        uri: uri.to_owned(),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body,
    };
    let sent = calls.send_buffered(request, |_| "failed");
    match tokio::time::timeout(LIMIT, sent).await.unwrap() {
        Ok(response) => {
            let (head, body) = response.into_parts();
            Seen {
                status: head.status.as_u16(),
                headers: head.headers,
                body,
                ..Seen::default()
            }
        }
        Err(error) => Seen {
            error: Some(error.to_string()),
            ..Seen::default()
        },
    }
}

async fn send_streaming(calls: &OutboundCalls, request: Request<Body>) -> Seen {
    let sent = calls.send_streaming(request, CallTimeouts::default(), |_| "failed");
    let response = match tokio::time::timeout(LIMIT, sent).await.unwrap() {
        Ok(response) => response,
        Err(error) => {
            return Seen {
                error: Some(error.to_string()),
                ..Seen::default()
            };
        }
    };
    let (head, mut body) = response.into_parts();
    let mut seen = Seen {
        status: head.status.as_u16(),
        headers: head.headers,
        ..Seen::default()
    };
    while let Some(frame) = tokio::time::timeout(LIMIT, body.frame()).await.unwrap() {
        match frame.map_err(|error: OutboundError| error.to_string()) {
            Ok(frame) if frame.is_data() => seen.body.extend(frame.into_data().unwrap()),
            Ok(frame) => seen.trailers = frame.into_trailers().unwrap(),
            Err(error) => seen.error = Some(error),
        }
    }
    seen
}
