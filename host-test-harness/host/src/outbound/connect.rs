//! Connections: resolved, dialled and encrypted within one timeout, and bounded for each upstream.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::{Authority, Scheme};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use outbound_policy::BlockedNetworks;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::net::TcpStream;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutWriter;
use tower_service::Service;

use super::resolve::CheckedResolver;
use crate::limits::{countable, deadline};
use crate::{Error, ErrorKind, Limits};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections for the pool.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Shared>);

struct Shared {
    connect_timeout: Duration,
    /// How long an upstream may leave off reading. A call waits no longer than that; but where the response
    /// came before the request was read, nobody else ends the connection.
    write_timeout: Duration,
    limit: usize,
    permits: Mutex<HashMap<(Scheme, Authority), Arc<Semaphore>>>,
    blocked: Arc<BlockedNetworks>,
    tcp: HttpConnector<CheckedResolver>,
    /// Made at the first https request: reading the system's certificates takes time that most guests need not spend.
    https: OnceCell<HttpsConnector<HttpConnector<CheckedResolver>>>,
    given_roots: RootCertStore,
}

impl Connector {
    pub(crate) fn new(
        limits: &Limits,
        root_certificates: &[Vec<u8>],
        blocked: BlockedNetworks,
    ) -> Result<Self, Error> {
        let blocked = Arc::new(blocked);
        let mut tcp = HttpConnector::new_with_resolver(CheckedResolver::new(&blocked));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Ok(Self(Arc::new(Shared {
            connect_timeout: limits.connect_timeout,
            write_timeout: countable(limits.response_timeout),
            limit: limits.connections_per_upstream,
            permits: Mutex::default(),
            blocked,
            tcp,
            https: OnceCell::new(),
            given_roots: parse_roots(root_certificates)?,
        })))
    }
}

impl Service<Uri> for Connector {
    type Response = PermittedStream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<PermittedStream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { shared.connect(uri).await })
    }
}

impl Shared {
    async fn connect(&self, uri: Uri) -> Result<PermittedStream, BoxError> {
        let deadline = deadline(self.connect_timeout).into();
        let permit = tokio::time::timeout_at(deadline, self.semaphore(&uri)?.acquire_owned())
            .await
            .map_err(|_elapsed| TooManyConnections)??;
        let stream = tokio::time::timeout_at(deadline, self.dial(uri))
            .await
            .map_err(|_elapsed| ConnectTimeout(self.connect_timeout))??;
        let mut stream = TimeoutWriter::new(TokioIo::new(stream));
        stream.set_timeout(Some(self.write_timeout));
        Ok(PermittedStream {
            stream: TokioIo::new(Box::pin(stream)),
            _permit: permit,
        })
    }

    async fn dial(&self, uri: Uri) -> Result<Stream, BoxError> {
        // An address in the URL is dialled as it is, without the resolver.
        let host = uri.host().unwrap_or_default();
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            self.blocked.check(address)?;
        }
        if uri.scheme() == Some(&Scheme::HTTPS) {
            let https = self
                .https
                .get_or_try_init(|| self.https_connector())
                .await?;
            https.clone().call(uri).await
        } else {
            Ok(MaybeHttpsStream::Http(self.tcp.clone().call(uri).await?))
        }
    }

    async fn https_connector(
        &self,
    ) -> Result<HttpsConnector<HttpConnector<CheckedResolver>>, BoxError> {
        let mut roots = self.given_roots.clone();
        let system = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await?;
        for error in &system.errors {
            tracing::warn!("a certificate of the system is left out: {error}");
        }
        roots.add_parsable_certificates(system.certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .wrap_connector(self.tcp.clone()))
    }

    /// The permits of the upstream that `uri` names. Upstreams without connections are forgotten.
    fn semaphore(&self, uri: &Uri) -> Result<Arc<Semaphore>, BoxError> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(format!("`{uri}` has no origin to connect to").into());
        };
        let mut permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        permits.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        let key = (scheme.clone(), authority.clone());
        let semaphore = permits
            .entry(key)
            .or_insert_with(|| Arc::new(Semaphore::new(self.limit)));
        Ok(Arc::clone(semaphore))
    }
}

fn parse_roots(root_certificates: &[Vec<u8>]) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for pem in root_certificates {
        let invalid = |problem: String| {
            Error::new(
                ErrorKind::InvalidOption,
                format!("a file of root certificates {problem}; it must be PEM"),
            )
        };
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|error| invalid(format!("cannot be read: {error}")).with_source(error))?;
        if certificates.is_empty() {
            return Err(invalid("holds no certificate".to_owned()));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| {
                invalid(format!("holds no usable certificate: {error}")).with_source(error)
            })?;
        }
    }
    Ok(roots)
}

/// All connections to an upstream were busy for as long as a connection may take.
#[derive(Debug)]
pub(crate) struct TooManyConnections;

impl fmt::Display for TooManyConnections {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("all connections to the upstream were busy")
    }
}

impl std::error::Error for TooManyConnections {}

/// Resolution, connection and TLS took longer than they may.
#[derive(Debug)]
pub(crate) struct ConnectTimeout(Duration);

impl fmt::Display for ConnectTimeout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the limit of {:?} for a connection is reached",
            self.0
        )
    }
}

impl std::error::Error for ConnectTimeout {}

/// A connection that counts against its upstream's limit for as long as it is open.
pub(crate) struct PermittedStream {
    stream: TokioIo<Pin<Box<TimeoutWriter<TokioIo<Stream>>>>>,
    _permit: OwnedSemaphorePermit,
}

impl Connection for PermittedStream {
    fn connected(&self) -> Connected {
        self.stream.inner().get_ref().inner().connected()
    }
}

impl Read for PermittedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for PermittedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}
