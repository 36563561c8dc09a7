//! The limits that a guest of `wasi:http` sets for its connection and for what follows it.

use std::future::{Pending, pending};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use harness_outbound::{
    Body, BoxFuture, CallContext, CallLimits, CallTimeouts, Caller, Direct, Network, NoPeers,
    OutboundCalls, Transport,
};
use http::{Request, Uri};
use hyper_util::rt::TokioIo;
use outbound_policy::{AllowList, BlockedNetworks, Origin};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How long a call may take before the test fails.
const LIMIT: Duration = Duration::from_secs(30);

/// Opens no connection, ever.
#[derive(Clone)]
struct NeverConnects;

impl tower_service::Service<Uri> for NeverConnects {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pending<Result<Self::Response, io::Error>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _uri: Uri) -> Self::Future {
        pending()
    }
}

/// Opens each connection after this time.
#[derive(Clone)]
struct ConnectsAfter(Duration);

impl tower_service::Service<Uri> for ConnectsAfter {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = BoxFuture<'static, Result<Self::Response, io::Error>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let delay = self.0;
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            let stream = TcpStream::connect(uri.authority().unwrap().as_str()).await?;
            Ok(TokioIo::new(stream))
        })
    }
}

async fn get(
    transport: Arc<dyn Transport>,
    uri: &str,
    timeouts: CallTimeouts,
) -> Result<u16, String> {
    let caller = Caller {
        name: "guest".into(),
        allow_list: AllowList::from_allowed_outbound_hosts(["http://127.0.0.1:*"], |_| None)
            .unwrap(),
        usage: Arc::default(),
        self_calls: None,
        blocked_networks: Arc::new(BlockedNetworks::default()),
        transport,
        observers: Vec::new(),
        limits: CallLimits::default(),
    };
    let origin = Origin::parse("http://localhost").unwrap();
    let context = CallContext::new(Arc::new(NoPeers(origin)));
    let calls = OutboundCalls::new(Arc::new(caller), context);
    let request = Request::get(uri).body(Body::from(Bytes::new())).unwrap();
    let sent = calls.send_streaming(request, timeouts, |_| "failed");
    let sent = tokio::time::timeout(LIMIT, sent).await.unwrap();
    sent.map(|response| response.status().as_u16())
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_call_without_a_connection_ends_when_the_time_of_the_guest_for_it_is_over() {
    let headers = CallLimits::default().headers;
    let network = Arc::new(Network::over(NeverConnects, headers));
    let rows = [None, Some(Duration::from_secs(60)), Some(Duration::ZERO)];
    for first_byte in rows {
        let timeouts = CallTimeouts {
            connect: Some(Duration::from_millis(50)),
            first_byte,
            between_bytes: None,
        };
        let transport = Arc::new(Direct::new(Arc::clone(&network)));
        let error = get(transport, "http://127.0.0.1:1/", timeouts)
            .await
            .unwrap_err();
        let want = "timed out after 50ms waiting for ";
        assert!(error.starts_with(want), "{first_byte:?}: {error}");
        assert!(error.ends_with("(timeout set by the guest)"), "{error}");
    }
}

#[tokio::test]
async fn the_time_for_a_connection_does_not_bound_the_response() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    let connect = Duration::from_millis(250);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let n_bytes = stream.read(&mut request).await.unwrap();
        assert!(n_bytes > 0);
        tokio::time::sleep(2 * connect).await;
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
    });
    let timeouts = CallTimeouts {
        connect: Some(connect),
        ..CallTimeouts::default()
    };
    let blocked = Arc::new(BlockedNetworks::default());
    let network = Network::new(&CallLimits::default(), &[], &blocked).unwrap();
    let transport = Arc::new(Direct::new(Arc::new(network)));
    assert_eq!(get(transport, &uri, timeouts).await, Ok(204));
}

#[tokio::test]
async fn the_time_for_the_first_byte_begins_with_the_connection() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        // Silent, and never closed.
        let mut streams = Vec::new();
        while let Ok(accepted) = listener.accept().await {
            streams.push(accepted);
        }
    });
    let first_byte = Duration::from_millis(300);
    let blocked = Arc::new(BlockedNetworks::default());
    let direct = Arc::new(Network::new(&CallLimits::default(), &[], &blocked).unwrap());
    let connect_time = Duration::from_millis(600);
    let slow = Arc::new(Network::over(
        ConnectsAfter(connect_time),
        CallLimits::default().headers,
    ));
    let rows: [(Arc<dyn Transport>, _, _); 3] = [
        (Arc::new(Direct::new(Arc::clone(&direct))), None, first_byte),
        (
            Arc::new(Direct::new(direct)),
            Some(Duration::from_secs(5)),
            first_byte,
        ),
        (
            Arc::new(Direct::new(slow)),
            Some(Duration::from_secs(5)),
            connect_time + first_byte,
        ),
    ];
    for (transport, connect, want) in rows {
        let timeouts = CallTimeouts {
            connect,
            first_byte: Some(first_byte),
            between_bytes: None,
        };
        let started = Instant::now();
        let error = get(transport, &uri, timeouts).await.unwrap_err();
        let passed = started.elapsed();
        assert_eq!(
            error,
            "timed out after 300ms waiting for response headers (timeout set by the guest)"
        );
        let latest = want + Duration::from_secs(2);
        assert!((want..latest).contains(&passed), "{connect:?}: {passed:?}");
    }
}
