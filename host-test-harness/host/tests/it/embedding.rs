//! The library as an embedder uses it: options of a harness and a guest, and the runtimes that it works in.

use std::sync::{Arc, Mutex};

use spin_harness::mocks::{self, Mocks, status};
use spin_harness::outbound::{Body, BoxFuture, Exchanged, Hop, OutboundError};
use spin_harness::{
    Bytes, CodeCache, Compiler, ErrorKind, Exchange, Guest, Harness, Input, Limits, Outcome,
    Transport, TransportError, Via,
};
use test_support::guests::{
    ProbeRequest, allow, block_on, builder, get, mocked, probe_path, send, wire_probe,
};
use test_support::published::{SPIN_SDK_5, SPIN_SDK_7};
use test_support::upstream::{ScriptedResponse, Upstream};

/// Responds to every request with the body `mocked`; refuses the path `/refused`, and leaves the paths under `/real`
/// to the transport that it wraps.
struct Mock(Arc<dyn Transport>);

impl Transport for Mock {
    fn exchange<'a>(
        &'a self,
        hop: Hop<'a>,
        request: http::Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        if request.uri().path().starts_with("/real") {
            return self.0.exchange(hop, request);
        }
        let is_refused = request.uri().path() == "/refused";
        Box::pin(async move {
            if is_refused {
                return Err(TransportError::Refused.into());
            }
            let name = "price".to_owned();
            Ok(Exchanged {
                response: http::Response::new(Body::from(Bytes::from("mocked"))),
                via: Via::Mock { name },
            })
        })
    }
}

type Exchanges = Arc<Mutex<Vec<Exchange>>>;

/// A guest of each import, with a transport that mocks its upstreams, and its exchanges.
fn with_own_transport(allowed: &[&str]) -> Vec<(&'static str, Guest, Exchanges)> {
    let guests = [
        ("fermyon:spin", wire_probe(allowed)),
        ("wasi:http 0.2", SPIN_SDK_5.guest(allowed)),
        ("wasi:http 0.3", SPIN_SDK_7.guest(allowed)),
    ];
    let mocked = guests.map(|(import, guest)| {
        let exchanges = Exchanges::default();
        let sink = Arc::clone(&exchanges);
        let transport = test_support::guests::shared().transport();
        let guest = guest
            .transport(Arc::new(Mock(transport)))
            .observe(move |exchange| sink.lock().unwrap().push(exchange.clone()));
        (import, guest, exchanges)
    });
    mocked.into()
}

#[test]
fn a_transport_of_a_guest_stands_in_for_its_upstreams_whatever_its_import() {
    let upstream = Upstream::always(ScriptedResponse::ok("from upstream"));
    for (import, guest, exchanges) in with_own_transport(&["api.test", &upstream.authority()]) {
        let got = send(&guest, ProbeRequest::get("https://api.test/price"));
        assert_eq!(got.body(), b"mocked", "{import}");
        let refused = send(&guest, ProbeRequest::get("http://api.test/refused"));
        let code = refused.error().to_lowercase();
        assert!(
            code.contains("runtime-error") || code.replace(['-', '_'], "").contains("refused"),
            "{import}: {refused:?}"
        );
        let denied = send(&guest, ProbeRequest::get("https://other.test/price"));
        let code = denied.error().to_lowercase();
        assert!(
            code.contains("not-allowed") || code.replace(['-', '_'], "").contains("denied"),
            "{import}: {denied:?}"
        );
        let real = send(&guest, ProbeRequest::get(upstream.url("/real")));
        assert_eq!(real.body(), b"from upstream", "{import}");

        let exchanges = exchanges.lock().unwrap();
        let [price, refused, denied, real] = exchanges.as_slice() else {
            panic!("{import}: {exchanges:#?}");
        };
        let name = "price".to_owned();
        assert_eq!(price.via, Some(Via::Mock { name }), "{import}");
        for (failed, cause) in [(refused, "connection refused"), (denied, "other.test")] {
            let Outcome::Failed { cause: got, .. } = &failed.outcome else {
                panic!("{import}: {failed:?}");
            };
            assert!(got.contains(cause), "{import}: {got}");
            assert_eq!(failed.via, None, "{import}");
        }
        assert!(real.address().is_some(), "{import}: {real:?}");
        assert!(price.started <= real.started, "{import}");
    }
}

#[test]
fn a_request_of_any_body_and_a_path_are_enough_to_call_a_guest() {
    let guest = wire_probe(&[]);
    let response = block_on(guest.get("/echo")).unwrap();
    assert_eq!(response.status(), 200);
    let request = http::Request::post("/echo").body("text").unwrap();
    let response = block_on(guest.handle(request)).unwrap();
    assert!(String::from_utf8_lossy(response.body()).contains("text"));
    let error = block_on(guest.get("http://a b/")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.kind().as_str(), "invalid-request");
    assert!(error.to_string().contains("`http://a b/`"), "{error}");
}

#[test]
fn stdin_can_come_from_memory() {
    let guest = wire_probe(&[]).stdin(Input::Bytes(Bytes::from("two\nlines")));
    assert_eq!(get(&guest, "/stdin").unwrap().body(), "two\nlines");
    let guest = wire_probe(&[]);
    assert_eq!(get(&guest, "/stdin").unwrap().body(), "");
}

#[test]
fn compiled_code_is_kept_where_the_embedder_says_or_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let component = wat::parse_str(
        r#"(component
            (core module $module (func (export "run") (result i32) i32.const 0))
            (core instance $instance (instantiate $module))
            (func $run (result (result)) (canon lift (core func $instance "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#,
    )
    .unwrap();
    let n_files = || {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let components = paths.filter(|path| path.extension() == Some("cwasm".as_ref()));
        components.count()
    };
    let harness = |cache| {
        let builder = builder(Limits::default()).code_cache(cache);
        builder.build().unwrap()
    };
    let off = harness(CodeCache::Off);
    assert_eq!(off.code_cache_folder(), None);
    off.load(&component).unwrap();
    assert_eq!(n_files(), 0);
    for _ in 0..2 {
        let on = harness(CodeCache::Folder(folder.path().to_owned()));
        assert_eq!(on.code_cache_folder(), Some(folder.path()));
        on.load(&component).unwrap();
        assert_eq!(n_files(), 1);
    }
}

#[test]
fn winch_compiles_guests_of_each_import_and_the_error_of_another_names_the_way_out() {
    let mocks = Mocks::new().expect(mocks::get("http://a.test/").times(3), status(204));
    let harness = builder(Limits::default())
        .compiler(Compiler::Winch)
        .code_cache(CodeCache::Off)
        .build()
        .unwrap();
    for path in [
        probe_path("wire_probe"),
        SPIN_SDK_5.path(),
        SPIN_SDK_7.path(),
    ] {
        let component = harness.load_file(&path).unwrap();
        let guest = component.guest("guest").allow_list(allow(&["a.test"]));
        let got = send(&mocked(guest, &mocks), ProbeRequest::get("http://a.test/"));
        assert_eq!(got.status(), 204, "{}", path.display());
    }
    let tail_call =
        wat::parse_str(r#"(component (core module (func $run (result i32) return_call $run)))"#);
    let error = harness.load(&tail_call.unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidComponent);
    assert!(error.to_string().contains("use Cranelift"), "{error}");
}

/// A call over the network and one in process, through each import.
async fn call(harness: &Harness, upstream: &Upstream) {
    for path in [
        probe_path("wire_probe"),
        SPIN_SDK_5.path(),
        SPIN_SDK_7.path(),
    ] {
        let name = path.display().to_string();
        let component = harness.load_file(&path).unwrap();
        let guest = component
            .guest("guest")
            .allow_list(allow(&[&upstream.authority(), "self"]));
        for uri in [upstream.url("/"), "http://self/status?204".to_owned()] {
            let asks = serde_json::json!([{ "method": "GET", "uri": uri }]);
            let request = http::Request::post("/").body(asks.to_string()).unwrap();
            let response = guest.handle(request).await.unwrap();
            let text = String::from_utf8_lossy(response.body()).into_owned();
            assert!(text.contains("\"response\""), "{name}: {uri}: {text}");
        }
    }
}

#[test]
fn guests_run_in_any_tokio_runtime_and_outside_of_one() {
    let upstream = Upstream::always(ScriptedResponse::ok("from upstream"));
    let harness = builder(Limits::default()).build().unwrap();
    // Twice, so that a pooled connection outlives the runtime that opened it.
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(call(&harness, &upstream));
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(call(&harness, &upstream));
    drop(runtime);
    // A future that no tokio runtime polls.
    let call = std::pin::pin!(call(&harness, &upstream));
    poll_to_end(call);
}

/// Polls a future on this thread.
fn poll_to_end(mut future: std::pin::Pin<&mut impl Future>) {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    while future.as_mut().poll(&mut context).is_pending() {
        std::thread::park();
    }
}
