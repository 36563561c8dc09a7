//! HTTPS with a certificate that the test generates.

use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use spin_harness::har::Entry;
use spin_harness::recording::{Recording, Redaction};
use spin_harness::{ErrorKind, Harness, HarnessBuilder, Limits, Origin};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use test_support::guests::{ProbeRequest, block_on, builder, send, wire_probe_in};
use test_support::published::SPIN_SDK_5;
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

/// The configuration of a server for `localhost`, and its certificate as PEM.
fn config() -> (ServerConfig, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
    (config, cert.pem())
}

/// Starts an HTTPS server for `localhost`, and returns its port and its certificate as PEM.
fn start() -> (u16, String) {
    let (config, pem) = config();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
    let port = listener.local_addr().unwrap().port();
    block_on(async {
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not trust the certificate aborts the handshake.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut request = vec![0; 1024];
                let n_bytes = stream.read(&mut request).await.unwrap_or_default();
                let head = String::from_utf8_lossy(&request[..n_bytes]).into_owned();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{head}",
                    head.len()
                );
                drop(stream.write_all(answer.as_bytes()).await);
                drop(stream.shutdown().await);
            }
        });
    });
    (port, pem)
}

fn get(builder: HarnessBuilder, port: u16, host: &str) -> test_support::guests::ProbeOutcome {
    let guest = wire_probe_in(builder, &["insecure:allow-all"]);
    send(
        &guest,
        ProbeRequest::get(format!("https://{host}:{port}/secure?q=1")),
    )
}

#[test]
fn a_certificate_is_trusted_only_if_it_is_a_root_certificate_and_names_the_host() {
    let (port, pem) = start();
    let builder = || builder(Limits::default());
    let got = get(builder().root_certificates(pem.clone()), port, "localhost");
    assert_eq!(got.status(), 200);
    assert!(
        got.body().starts_with(b"GET /secure?q=1 HTTP/1.1\r\n"),
        "{got:?}"
    );
    assert_eq!(
        get(builder(), port, "localhost").error(),
        "runtime-error",
        "an unknown issuer"
    );
    assert_eq!(
        get(builder().root_certificates(pem), port, "127.0.0.1").error(),
        "runtime-error",
        "another name"
    );
}

#[test]
fn an_untrusted_certificate_has_its_own_error_code() {
    let (port, _) = start();
    let guest = SPIN_SDK_5.guest_in(builder(Limits::default()), &["insecure:allow-all"]);
    let got = send(
        &guest,
        ProbeRequest::get(format!("https://localhost:{port}/")),
    );
    assert_eq!(got.error(), "ErrorCode::TlsCertificateError");
}

#[test]
fn a_pem_file_without_a_valid_certificate_is_an_invalid_option() {
    let files = [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nbm90IERFUg==\n-----END CERTIFICATE-----\n",
    ];
    check_rows(files, |&pem| {
        let error = Harness::builder().limits(Limits {
            instances: 1,
            ..Limits::default()
        });
        let error = error.root_certificates(pem).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
    });
}

/// Starts a server of HTTP/2 and HTTP/1.1 that responds with the version, `te` and the number of its connection; over
/// TLS if there is an acceptor.
fn start_http_2(acceptor: Option<TlsAcceptor>) -> u16 {
    let listener = block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
    let port = listener.local_addr().unwrap().port();
    block_on(async {
        tokio::spawn(async move {
            for number in 1.. {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    match acceptor {
                        None => serve_http_2(stream, number).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve_http_2(stream, number).await;
                            }
                        }
                    }
                });
            }
        });
    });
    port
}

async fn serve_http_2(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, number: u32) {
    let service = hyper::service::service_fn(move |request: hyper::Request<_>| async move {
        let te = request.headers().get("te").cloned();
        let text = format!("{:?} te {te:?} connection {number}", request.version());
        let _body: hyper::body::Incoming = request.into_body();
        Ok::<_, std::convert::Infallible>(hyper::Response::new(Full::new(Bytes::from(text))))
    });
    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    drop(
        builder
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}

fn with_alpn(protocols: &[&[u8]]) -> (TlsAcceptor, String) {
    let (mut config, pem) = config();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    (TlsAcceptor::from(Arc::new(config)), pem)
}

#[test]
fn http_2_is_negotiated_and_calls_share_its_connection() {
    let rows: [(&[&[u8]], &str); 3] = [
        (&[b"h2", b"http/1.1"], "HTTP/2.0"),
        (&[b"http/1.1"], "HTTP/1.1"),
        (&[], "HTTP/1.1"),
    ];
    check_rows(rows, |(protocols, version)| {
        let (acceptor, pem) = with_alpn(protocols);
        let port = start_http_2(Some(acceptor));
        let builder = builder(Limits::default()).root_certificates(pem);
        let guest = wire_probe_in(builder, &["insecure:allow-all"]);
        for _ in 0..2 {
            let got = send(
                &guest,
                ProbeRequest::get(format!("https://localhost:{port}/")),
            );
            let want = format!("{version} te None connection 1");
            assert_eq!(String::from_utf8_lossy(got.body()), want);
        }
    });
}

#[test]
fn the_exchange_that_opens_a_connection_has_its_phases_on_record() {
    let (acceptor, pem) = with_alpn(&[b"h2", b"http/1.1"]);
    let secure = start_http_2(Some(acceptor));
    let plain = start_http_2(None);
    let closed = {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let exchanges = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&exchanges);
    let recording = Recording::new(move |exchange| sink.lock().unwrap().push(exchange));
    let builder = builder(Limits::default())
        .root_certificates(pem)
        .record(&recording);
    let guest = wire_probe_in(builder, &["insecure:allow-all"]);
    // The URL, and whether its record has name resolution, a connection that was opened, and a TLS handshake.
    let rows = [
        (format!("https://localhost:{secure}/"), [true, true, true]),
        (format!("https://localhost:{secure}/"), [false; 3]),
        (format!("http://127.0.0.1:{plain}/"), [false, true, false]),
        (format!("http://127.0.0.1:{plain}/"), [false; 3]),
        (format!("http://127.0.0.1:{closed}/"), [false, true, false]),
    ];
    check_rows(rows, |(url, want)| {
        drop(send(&guest, ProbeRequest::get(url.clone())));
        let exchange = exchanges.lock().unwrap().pop().unwrap();
        let timings = exchange.timings;
        let phases = [timings.dns, timings.connect, timings.tls];
        assert_eq!(phases.map(|phase| phase.is_some()), *want, "{timings:?}");
        assert!(timings.tls <= timings.connect, "{timings:?}");
        let entry = Entry::new(&exchange, &Redaction::none());
        let har = entry.timings;
        let in_har = [har.dns, har.connect, har.ssl].map(|phase| phase >= 0.0);
        assert_eq!(in_har, *want, "{har:?}");
        let phases = [har.blocked, har.dns.max(0.0), har.connect.max(0.0)];
        let sum = phases.iter().sum::<f64>() + har.send + har.wait + har.receive;
        assert!(
            (sum - entry.time).abs() < 0.01,
            "{sum} ms of {}",
            entry.time
        );
    });
}

#[test]
fn http_2_without_tls_is_spoken_where_the_user_asks_for_it() {
    let port = start_http_2(None);
    let origin = format!("http://127.0.0.1:{port}");
    let h2c = || builder(Limits::default()).h2c(Origin::parse(&origin).unwrap());
    let get = |builder| {
        let guest = wire_probe_in(builder, &["insecure:allow-all"]);
        let got = send(&guest, ProbeRequest::get(format!("{origin}/")));
        String::from_utf8_lossy(got.body()).into_owned()
    };
    assert!(get(builder(Limits::default())).starts_with("HTTP/1.1 "));
    assert!(get(h2c()).starts_with("HTTP/2.0 "));

    // A guest that streams may ask for trailers.
    let authority = format!("127.0.0.1:{port}");
    let guest = SPIN_SDK_5.guest_in(h2c(), &[&authority]);
    let ask = ProbeRequest::get(format!("{origin}/")).headers(&[("te", "trailers")]);
    let got = send(&guest, ask);
    let got = String::from_utf8_lossy(got.body()).into_owned();
    assert!(got.starts_with("HTTP/2.0 te Some(\"trailers\")"), "{got}");
}

#[test]
fn an_upstream_of_http_1_that_is_asked_for_http_2_without_tls_is_named_as_such() {
    let upstream = Upstream::always(ScriptedResponse::raw(
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
    ));
    let origin = Origin::parse(&upstream.url("")).unwrap();
    let exchanges = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&exchanges);
    let builder = builder(Limits::default())
        .h2c(origin)
        .observe(move |exchange| sink.lock().unwrap().push(format!("{:?}", exchange.outcome)));
    let guest = wire_probe_in(builder, &["insecure:allow-all"]);
    let got = send(&guest, ProbeRequest::get(upstream.url("/")));
    assert_eq!(got.error(), "runtime-error");
    let exchanges = exchanges.lock().unwrap();
    assert!(
        exchanges[0].contains("(h2c) is set for this origin"),
        "{exchanges:?}"
    );
}

#[test]
fn an_https_origin_is_refused_for_http_2_without_tls() {
    let origin = Origin::parse("https://api.test").unwrap();
    let error = builder(Limits::default()).h2c(origin).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOption);
    assert!(
        error
            .to_string()
            .starts_with("https://api.test: h2c is HTTP/2 without TLS"),
        "{error}"
    );
}

#[test]
fn a_file_of_certificates_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (_, pem) = config();
    let good = write("good.pem", &pem);
    let bad = write("bad.pem", "not a certificate");
    let builder = builder(Limits::default()).root_certificates(pem);
    let builder = builder.root_certificate_file(good).unwrap();
    let error = builder
        .root_certificate_file(&bad)
        .unwrap()
        .build()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("{}: ", bad.display())),
        "{error}"
    );
}

/// The frames of HTTP/2 (RFC 9113 section 6).
mod frame {
    pub(super) const SETTINGS: u8 = 4;
    pub(super) const HEADERS: u8 = 1;
    pub(super) const DATA: u8 = 0;
    pub(super) const RST_STREAM: u8 = 3;

    /// A frame of stream 1, or of the connection if it is about settings.
    pub(super) fn bytes(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let stream = u8::from(kind != SETTINGS);
        let length = u8::try_from(payload.len()).unwrap();
        let mut bytes = vec![0, 0, length, kind, flags, 0, 0, 0, stream];
        bytes.extend(payload);
        bytes
    }
}

/// Starts an upstream that reads a request of HTTP/2 and sends frames. Counts its connections.
fn start_frames(frames: Vec<u8>) -> (u16, Arc<AtomicU32>) {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let n_connections = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&n_connections);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            stream
                .write_all(&frame::bytes(frame::SETTINGS, 0, &[]))
                .unwrap();
            // The request has arrived once a read begins with its HEADERS frame.
            let mut seen = Vec::new();
            let has_headers = |seen: &[u8]| {
                let mut rest = seen.get(24..).unwrap_or_default();
                while let [a, b, c, kind, _, _, _, _, _, after @ ..] = rest {
                    if *kind == frame::HEADERS {
                        return true;
                    }
                    let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
                    rest = after.get(length..).unwrap_or_default();
                }
                false
            };
            while !has_headers(&seen) {
                let mut bytes = [0; 1024];
                let n_bytes = stream.read(&mut bytes).unwrap();
                seen.extend_from_slice(&bytes[..n_bytes]);
            }
            stream.write_all(&frames).unwrap();
            drop(io::copy(&mut stream, &mut io::sink()));
        }
    });
    (port, n_connections)
}

/// The index of `:status: 200` and `:status: 404` in the static table of HPACK (RFC 7541 appendix A).
const STATUS_200: u8 = 0x88;
const STATUS_404: u8 = 0x8d;

#[test]
fn a_status_in_the_trailers_of_http_2_does_not_change_that_of_the_response() {
    let frames = [
        frame::bytes(frame::HEADERS, 4, &[STATUS_200]),
        frame::bytes(frame::DATA, 0, b"part"),
        frame::bytes(frame::HEADERS, 5, &[STATUS_404]),
    ];
    let (port, _) = start_frames(frames.concat());
    let origin = format!("http://127.0.0.1:{port}");
    let builder = builder(Limits::default()).h2c(Origin::parse(&origin).unwrap());
    let guest = wire_probe_in(builder, &["insecure:allow-all"]);
    let got = send(&guest, ProbeRequest::new("GET", format!("{origin}/")));
    assert_eq!((got.status(), got.body()), (200, &b"part"[..]));
}

#[test]
fn a_stream_of_http_2_that_is_reset_or_malformed_is_an_error_and_is_not_repeated() {
    let head = || frame::bytes(frame::HEADERS, 4, &[STATUS_200]);
    let part = || frame::bytes(frame::DATA, 0, b"part");
    let reset = |code| frame::bytes(frame::RST_STREAM, 0, &[0, 0, 0, code]);
    let rows = [
        ("reset without a response", reset(8)),
        ("refused without an error", reset(0)),
        ("reset in the body", [head(), part(), reset(8)].concat()),
        (
            "ended in the body without an error",
            [head(), part(), reset(0)].concat(),
        ),
        (
            "trailers with a field name in upper case",
            [
                head(),
                part(),
                frame::bytes(frame::HEADERS, 5, b"\x00\x01X\x01a"),
            ]
            .concat(),
        ),
    ];
    check_rows(rows, |(name, frames)| {
        for method in ["GET", "DELETE"] {
            let (port, n_connections) = start_frames(frames.clone());
            let origin = format!("http://127.0.0.1:{port}");
            let builder = builder(Limits::default()).h2c(Origin::parse(&origin).unwrap());
            let guest = wire_probe_in(builder, &["insecure:allow-all"]);
            let got = send(&guest, ProbeRequest::new(method, format!("{origin}/")));
            assert_eq!(got.error(), "runtime-error", "{name}, {method}");
            assert_eq!(n_connections.load(Ordering::SeqCst), 1, "{name}, {method}");
        }
    });
}
