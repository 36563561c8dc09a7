//! What can go wrong in an exchange: a closed set, which every import maps to its own error-codes.

use std::fmt;

use crate::BoxError;

/// What went wrong in an exchange.
///
/// The set is closed. The network sorts each failure into it once, so that both imports, mocks and recordings mean
/// the same by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The URI host has no address, or its resolution failed.
    #[error("name resolution failed")]
    Dns,
    /// Every address that the URI host resolves to is in a blocked network.
    #[error("the address is blocked")]
    BlockedAddress,
    /// The upstream refused the connection.
    #[error("connection refused")]
    Refused,
    /// There is no route to the upstream.
    #[error("the upstream is unreachable")]
    Unreachable,
    /// All permitted connections to the upstream were in use for as long as a connection may take.
    #[error("too many connections to the upstream")]
    TooManyConnections,
    /// The TLS handshake or the encrypted connection failed.
    #[error("TLS failed: {0}")]
    Tls(TlsError),
    /// The upstream closed or reset the connection before it responded.
    #[error("the connection was reset")]
    Reset,
    /// The response ended before its head or body was complete.
    #[error("the response is incomplete")]
    Incomplete,
    /// The response is not HTTP, or the exchange failed in a way that no other case describes.
    #[error("the response is malformed")]
    Malformed,
    /// The time for a phase of the exchange has passed.
    #[error("timed out waiting for {0}")]
    Timeout(Phase),
}

/// Why TLS failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The upstream's certificate is not valid for this connection.
    #[error("invalid certificate")]
    Certificate,
    /// The upstream sent an alert.
    #[error("alert {code} ({})", name.unwrap_or("unknown"))]
    Alert {
        /// Its code, as RFC 8446 section 6 lists them.
        code: u8,
        /// Its name, if the code is known.
        name: Option<&'static str>,
    },
    /// The upstream broke the protocol, or both ends have no version or cipher in common.
    #[error("protocol error")]
    Protocol,
}

impl TlsError {
    /// The alert with this code.
    #[must_use]
    pub fn alert(code: u8) -> Self {
        Self::Alert {
            code,
            name: rustls::AlertDescription::from(code).as_str(),
        }
    }
}

/// The phases of an exchange that have a time limit. Displays as a noun: `the response headers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Name resolution, connection and TLS handshake.
    Connect,
    /// From the request until the head of the response.
    ResponseHeaders,
    /// From one piece of the response body until the next.
    BetweenBytes,
    /// From the request until the last byte of the response, redirects included.
    WholeResponse,
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connect => "a connection",
            Self::ResponseHeaders => "response headers",
            Self::BetweenBytes => "the next bytes of the response",
            Self::WholeResponse => "the whole response",
        })
    }
}

/// A failed exchange: what went wrong, and the cause for the log.
#[derive(Debug)]
pub struct TransportFailure {
    /// What went wrong.
    pub error: TransportError,
    /// The cause; `None` where a mock or a recording failed the exchange.
    pub source: Option<BoxError>,
}

impl From<TransportError> for TransportFailure {
    fn from(error: TransportError) -> Self {
        Self {
            error,
            source: None,
        }
    }
}

/// The error, then each cause that the text before it does not contain.
impl fmt::Display for TransportFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = self.error.to_string();
        formatter.write_str(&last)?;
        let mut cause = self.source.as_deref().map(|source| source as _);
        while let Some(current) = cause {
            let text = std::string::ToString::to_string(current);
            if !last.contains(&text) {
                write!(formatter, ": {text}")?;
            }
            last = text;
            cause = std::error::Error::source(current);
        }
        Ok(())
    }
}

impl std::error::Error for TransportFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
