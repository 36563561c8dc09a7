//! HTTPS with a certificate that the test generates.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use spin_harness::{ErrorKind, Harness, HarnessBuilder, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use test_support::guests::{Ask, block_on, builder, send, wire_probe_in};
use test_support::published::SPIN_SDK_5;
use test_support::table::check_rows;

/// Starts an HTTPS server for `localhost`, and returns its port and its certificate as PEM.
fn start() -> (u16, String) {
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
    (port, cert.pem())
}

fn get(builder: HarnessBuilder, port: u16, host: &str) -> test_support::guests::Got {
    let guest = wire_probe_in(builder, &["insecure:allow-all"]);
    send(
        &guest,
        Ask::get(format!("https://{host}:{port}/secure?q=1")),
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
    let got = send(&guest, Ask::get(format!("https://localhost:{port}/")));
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
