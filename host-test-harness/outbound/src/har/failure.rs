//! Failures, both ways: a [`TransportError`], and its name in a file.

use std::borrow::Cow;

use crate::transport::error::{Phase, TlsError, TransportError};

/// The start of the name of a TLS alert; its code follows.
const TLS_ALERT: &str = "tls-alert-";

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

pub(super) fn failure_to_name(error: &TransportError) -> Cow<'static, str> {
    Cow::Borrowed(match error {
        TransportError::Dns => "dns",
        TransportError::BlockedAddress => "blocked-address",
        TransportError::Refused => "refused",
        TransportError::Unreachable => "unreachable",
        TransportError::TooManyConnections => "too-many-connections",
        TransportError::Tls(TlsError::Certificate) => "tls-certificate",
        TransportError::Tls(TlsError::Protocol) => "tls-protocol",
        TransportError::Tls(TlsError::Alert { code, .. }) => {
            return Cow::Owned(format!("{TLS_ALERT}{code}"));
        }
        TransportError::Reset => "reset",
        TransportError::Incomplete => "incomplete",
        TransportError::Malformed => "malformed",
        TransportError::Timeout(Phase::Connect) => "timeout-connect",
        TransportError::Timeout(Phase::ResponseHeaders) => "timeout-response-headers",
        TransportError::Timeout(Phase::BetweenBytes) => "timeout-between-bytes",
        TransportError::Timeout(Phase::WholeResponse) => "timeout-whole-response",
    })
}

pub(super) fn failure_from_name(name: &str) -> Option<TransportError> {
    if let Some(code) = name.strip_prefix(TLS_ALERT) {
        let code = code.parse().ok()?;
        return Some(TransportError::Tls(TlsError::Alert {
            code,
            name: rustls::AlertDescription::from(code).as_str(),
        }));
    }
    Some(match name {
        "dns" => TransportError::Dns,
        "blocked-address" => TransportError::BlockedAddress,
        "refused" => TransportError::Refused,
        "unreachable" => TransportError::Unreachable,
        "too-many-connections" => TransportError::TooManyConnections,
        "tls-certificate" => TransportError::Tls(TlsError::Certificate),
        "tls-protocol" => TransportError::Tls(TlsError::Protocol),
        "reset" => TransportError::Reset,
        "incomplete" => TransportError::Incomplete,
        "malformed" => TransportError::Malformed,
        "timeout-connect" => TransportError::Timeout(Phase::Connect),
        "timeout-response-headers" => TransportError::Timeout(Phase::ResponseHeaders),
        "timeout-between-bytes" => TransportError::Timeout(Phase::BetweenBytes),
        "timeout-whole-response" => TransportError::Timeout(Phase::WholeResponse),
        _ => return None,
    })
}

/// The failure that another program describes, if its text says which one it is.
pub(super) fn failure_from_text(text: &str) -> Option<TransportError> {
    if text.starts_with("net::ERR_CERT_") {
        return Some(TransportError::Tls(TlsError::Certificate));
    }
    let known = CHROMIUM.iter().find(|(known, _)| *known == text)?;
    Some(known.1.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_read_back_from_its_name() {
        let alert = |code| TlsError::Alert {
            code,
            name: rustls::AlertDescription::from(code).as_str(),
        };
        for error in [
            TransportError::Dns,
            TransportError::BlockedAddress,
            TransportError::Refused,
            TransportError::Unreachable,
            TransportError::TooManyConnections,
            TransportError::Tls(TlsError::Certificate),
            TransportError::Tls(TlsError::Protocol),
            TransportError::Tls(alert(40)),
            TransportError::Tls(alert(255)),
            TransportError::Reset,
            TransportError::Incomplete,
            TransportError::Malformed,
            TransportError::Timeout(Phase::Connect),
            TransportError::Timeout(Phase::ResponseHeaders),
            TransportError::Timeout(Phase::BetweenBytes),
            TransportError::Timeout(Phase::WholeResponse),
        ] {
            let name = failure_to_name(&error);
            assert_eq!(failure_from_name(&name).as_ref(), Some(&error), "{name}");
        }
        assert_eq!(failure_from_name("tls-alert-256"), None);
    }
}
