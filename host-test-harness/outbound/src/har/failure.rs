//! The failures that other programs write.

use crate::transport::error::{Phase, TlsError, TransportError};

/// The errors of Chromium's network stack that say what happened to the exchange; Playwright has them, too.
const CHROMIUM: [(&str, TransportError); 16] = [
    ("net::ERR_NAME_NOT_RESOLVED", TransportError::Dns),
    ("net::ERR_NAME_RESOLUTION_FAILED", TransportError::Dns),
    ("net::ERR_CONNECTION_REFUSED", TransportError::Refused),
    ("net::ERR_CONNECTION_RESET", TransportError::Reset),
    ("net::ERR_CONNECTION_CLOSED", TransportError::Reset),
    ("net::ERR_EMPTY_RESPONSE", TransportError::Reset),
    ("net::ERR_ADDRESS_UNREACHABLE", TransportError::Unreachable),
    (
        "net::ERR_INTERNET_DISCONNECTED",
        TransportError::Unreachable,
    ),
    (
        "net::ERR_CONNECTION_TIMED_OUT",
        TransportError::Timeout(Phase::Connect),
    ),
    (
        "net::ERR_TIMED_OUT",
        TransportError::Timeout(Phase::ResponseHeaders),
    ),
    (
        "net::ERR_CONTENT_LENGTH_MISMATCH",
        TransportError::Incomplete,
    ),
    (
        "net::ERR_INCOMPLETE_CHUNKED_ENCODING",
        TransportError::Incomplete,
    ),
    ("net::ERR_INVALID_HTTP_RESPONSE", TransportError::Malformed),
    (
        "net::ERR_INVALID_CHUNKED_ENCODING",
        TransportError::Malformed,
    ),
    (
        "net::ERR_SSL_PROTOCOL_ERROR",
        TransportError::Tls(TlsError::Protocol),
    ),
    (
        "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        TransportError::Tls(TlsError::Protocol),
    ),
];

/// The failure that another program describes, if its text says which one it is.
pub(super) fn failure_from_text(text: &str) -> Option<TransportError> {
    if text.starts_with("net::ERR_CERT_") {
        return Some(TransportError::Tls(TlsError::Certificate));
    }
    let known = CHROMIUM.iter().find(|(known, _)| *known == text)?;
    Some(known.1.clone())
}
