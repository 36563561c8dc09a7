//! Failures of an exchange, by the names that a mock file uses.

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::InvalidMock;
use crate::transport::error::{Phase, TlsError, TransportError};

/// The names of the failures, `tls-alert-N` aside.
const NAMES: [(&str, TransportError); 14] = [
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

const TLS_ALERT: &str = "tls-alert-";

/// A failure of an exchange. In a mock file, `tls-alert-N` is an alert with that code (RFC 8446 section 6).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^(dns|blocked-address|refused|unreachable|too-many-connections|tls-certificate|tls-protocol|tls-alert-[0-9]{1,3}|reset|incomplete|malformed|timeout-connect|timeout-response-headers|timeout-between-bytes|timeout-whole-response)$"))]
pub struct Fault(pub TransportError);

impl TryFrom<String> for Fault {
    type Error = InvalidMock;

    fn try_from(name: String) -> Result<Self, InvalidMock> {
        let alert = name
            .strip_prefix(TLS_ALERT)
            .and_then(|code| code.parse().ok());
        if let Some(code) = alert {
            return Ok(Self(TransportError::Tls(TlsError::alert(code))));
        }
        let found = NAMES.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, error)| Self(error)).ok_or_else(|| {
            let known: Vec<&str> = NAMES.iter().map(|(known, _)| *known).collect();
            InvalidMock::new(format!(
                "`{name}` is not a fault; write one of {}, or {TLS_ALERT}N with the code of an alert",
                known.join(", ")
            ))
        })
    }
}

impl From<TransportError> for Fault {
    fn from(error: TransportError) -> Self {
        Self(error)
    }
}
