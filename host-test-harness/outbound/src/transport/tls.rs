//! TLS: the trusted certificates, and the connector that uses them.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_rustls::TlsConnector;

use crate::BoxError;

/// A file of root certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("a file of root certificates {problem}; it must be PEM")]
pub struct InvalidCertificates {
    index: usize,
    problem: String,
    source: Option<BoxError>,
}

impl InvalidCertificates {
    /// Which of the files it is, counted from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }
}

/// Reads the certificates of PEM files.
pub(super) fn parse_roots(
    root_certificates: &[Vec<u8>],
) -> Result<RootCertStore, InvalidCertificates> {
    let mut roots = RootCertStore::empty();
    for (index, pem) in root_certificates.iter().enumerate() {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|error| InvalidCertificates {
                index,
                problem: format!("cannot be parsed: {error}"),
                source: Some(error.into()),
            })?;
        if certificates.is_empty() {
            return Err(InvalidCertificates {
                index,
                problem: "contains no certificate".to_owned(),
                source: None,
            });
        }
        for certificate in certificates {
            roots
                .add(certificate)
                .map_err(|error| InvalidCertificates {
                    index,
                    problem: format!("contains an unusable certificate: {error}"),
                    source: Some(error.into()),
                })?;
        }
    }
    Ok(roots)
}

/// A client that trusts the system's certificates beside `given`, and offers HTTP/2 and HTTP/1.1 (ALPN, RFC 7301).
///
/// Reading the system's certificates takes milliseconds that most guests need not spend, so it is done when the
/// first https request is sent.
pub(super) async fn tls_connector(given: &RootCertStore) -> Result<TlsConnector, BoxError> {
    let mut roots = given.clone();
    let system = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await?;
    for error in &system.errors {
        tracing::warn!("a certificate of the system is ignored: {error}");
    }
    roots.add_parsable_certificates(system.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config).into())
}
