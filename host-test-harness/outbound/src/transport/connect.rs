//! Connections: resolved, dialled and encrypted within one timeout, and bounded for each upstream.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::uri::Scheme;
use http::{Extensions, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector, HttpInfo};
use hyper_util::rt::TokioIo;
use outbound_policy::BlockedNetworks;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::{OnceCell, OwnedSemaphorePermit};
use tokio::time::Instant;
use tokio_io_timeout::TimeoutWriter;
use tokio_rustls::TlsConnector;
use tokio_util::io::InspectReader;
use tower_service::Service;

use super::opening::{Opening, Resolved};
use super::permits::{ConnectionsInUse, Permits};
use super::resolve::CheckedResolver;
use super::stale::LastRead;
use super::tls::{InvalidCertificates, parse_roots, tls_connector};
use crate::limits::CallLimits;
use crate::time::{countable, deadline};
use crate::{BoxError, BoxFuture};

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections for the pool of a [`Network`](crate::Network).
#[derive(Clone)]
pub struct Connector(Arc<Shared>);

struct Shared {
    connect_timeout: Duration,
    /// How long an upstream may stop reading. A call waits no longer than that; but if the response arrives before
    /// the request was read, nothing else ends the connection.
    write_timeout: Duration,
    permits: Permits,
    blocked: Arc<BlockedNetworks>,
    tls: OnceCell<TlsConnector>,
    given_roots: RootCertStore,
}

impl Connector {
    /// A connector that trusts the PEM files of `root_certificates` beside the system's certificates, and dials no
    /// resolved address that is blocked.
    ///
    /// # Errors
    ///
    /// [`InvalidCertificates`] if a file is not PEM or contains no usable certificate.
    pub fn new(
        limits: &CallLimits,
        root_certificates: &[Vec<u8>],
        blocked: &Arc<BlockedNetworks>,
    ) -> Result<Self, InvalidCertificates> {
        Ok(Self(Arc::new(Shared {
            connect_timeout: limits.connect_timeout,
            write_timeout: countable(limits.response_timeout),
            permits: Permits::new(limits.connections_per_upstream),
            blocked: Arc::clone(blocked),
            tls: OnceCell::new(),
            given_roots: parse_roots(root_certificates)?,
        })))
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Service<Uri> for Connector {
    type Response = PermittedStream;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

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
        let deadline = deadline(self.connect_timeout);
        let permit = tokio::time::timeout_at(deadline, self.permits.of(&uri)?.acquire_owned())
            .await
            .map_err(|_elapsed| ConnectionsInUse::new(self.permits.limit()))??;
        let (stream, opening) = tokio::time::timeout_at(deadline, self.dial(uri))
            .await
            .map_err(|_elapsed| ConnectTimeout::new(self.connect_timeout))??;
        let last_read = LastRead::default();
        let connected = stream.connected();
        let mut extras = Extensions::new();
        connected.get_extras(&mut extras);
        let mut stream = TimeoutWriter::new(TokioIo::new(stream));
        stream.set_timeout(Some(self.write_timeout));
        let on_read = {
            let last_read = last_read.clone();
            move |bytes: &[u8]| {
                if !bytes.is_empty() {
                    last_read.now();
                }
            }
        };
        Ok(PermittedStream {
            stream: TokioIo::new(InspectReader::new(Box::pin(stream), Box::new(on_read))),
            info: extras.remove(),
            is_h2: connected.is_negotiated_h2(),
            last_read,
            opening,
            _permit: permit,
        })
    }

    async fn dial(&self, uri: Uri) -> Result<(Stream, Opening), BoxError> {
        let tls = if uri.scheme() == Some(&Scheme::HTTPS) {
            let connector = || tls_connector(&self.given_roots);
            // A URL has an IPv6 address in brackets, and a certificate has it without.
            let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
            let name = ServerName::try_from(host.to_owned())?;
            Some((self.tls.get_or_try_init(connector).await?, name))
        } else {
            None
        };
        let resolved = Resolved::default();
        let resolver = CheckedResolver::new(&self.blocked, resolved.clone());
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let began = Instant::now();
        let stream = tcp.call(uri).await?;
        let mut opening = Opening {
            began,
            resolved: resolved.get(),
            connected: Instant::now(),
            secured: None,
        };
        let Some((tls, name)) = tls else {
            return Ok((stream.into(), opening));
        };
        let stream = tls
            .connect(name, TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        opening.secured = Some(Instant::now());
        Ok((stream.into(), opening))
    }
}

/// Resolution, connection and TLS handshake took longer than they may.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {0:?}")]
pub(super) struct ConnectTimeout(Duration);

impl ConnectTimeout {
    pub(super) fn new(limit: Duration) -> Self {
        Self(limit)
    }
}

/// A stream whose peer must go on reading.
type TimedStream = Pin<Box<TimeoutWriter<TokioIo<Stream>>>>;

/// Gets the bytes of each read; none at the end.
type OnRead = Box<dyn FnMut(&[u8]) + Send>;

/// A connection that counts against its upstream's limit while it is open.
pub struct PermittedStream {
    stream: TokioIo<InspectReader<TimedStream, OnRead>>,
    info: Option<HttpInfo>,
    is_h2: bool,
    last_read: LastRead,
    opening: Opening,
    _permit: OwnedSemaphorePermit,
}

impl std::fmt::Debug for PermittedStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PermittedStream")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl Connection for PermittedStream {
    fn connected(&self) -> Connected {
        let mut connected = Connected::new()
            .extra(self.last_read.clone())
            .extra(self.opening);
        if let Some(info) = &self.info {
            connected = connected.extra(info.clone());
        }
        if self.is_h2 {
            connected = connected.negotiated_h2();
        }
        connected
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
