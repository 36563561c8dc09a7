//! The names of failures in files: those of mocks, and recordings.

#[cfg(any(test, feature = "har"))]
use std::borrow::Cow;

use super::error::{Phase, TlsError, TransportError};

/// The names of the failures, `tls-alert-N` aside.
pub(crate) const NAMES: [(&str, TransportError); 14] = [
    ("dns", TransportError::Dns),
    ("blocked-address", TransportError::BlockedAddress),
    ("refused", TransportError::Refused),
    ("unreachable", TransportError::Unreachable),
    ("too-many-connections", TransportError::TooManyConnections),
    (
        "tls-certificate",
        TransportError::Tls(TlsError::Certificate),
    ),
    ("tls-protocol", TransportError::Tls(TlsError::Protocol)),
    ("reset", TransportError::Reset),
    ("incomplete", TransportError::Incomplete),
    ("malformed", TransportError::Malformed),
    ("timeout-connect", TransportError::Timeout(Phase::Connect)),
    (
        "timeout-response-headers",
        TransportError::Timeout(Phase::ResponseHeaders),
    ),
    (
        "timeout-between-bytes",
        TransportError::Timeout(Phase::BetweenBytes),
    ),
    (
        "timeout-whole-response",
        TransportError::Timeout(Phase::WholeResponse),
    ),
];

/// The start of the name of a TLS alert; its code follows (RFC 8446 section 6).
pub(crate) const TLS_ALERT: &str = "tls-alert-";

#[cfg(any(test, feature = "har"))]
pub(crate) fn error_to_name(error: &TransportError) -> Cow<'static, str> {
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

/// The error of a name that [`error_to_name`] returns; `None` for any other text.
pub(crate) fn error_from_name(name: &str) -> Option<TransportError> {
    if let Some(code) = name.strip_prefix(TLS_ALERT) {
        return Some(TransportError::Tls(TlsError::alert(code.parse().ok()?)));
    }
    let (_, error) = NAMES.into_iter().find(|(known, _)| *known == name)?;
    Some(error)
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
            let name = error_to_name(&error);
            assert_eq!(error_from_name(&name).as_ref(), Some(&error), "{name}");
        }
        assert_eq!(error_from_name("tls-alert-256"), None);
    }
}
