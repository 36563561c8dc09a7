//! Failures of an exchange, by the names that a mock file uses.

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::InvalidMock;
use crate::transport::error::TransportError;
use crate::transport::error_name::{NAMES, TLS_ALERT, error_from_name};

/// A failure of an exchange. In a mock file, `tls-alert-N` is an alert with that code (RFC 8446 section 6).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^(dns|blocked-address|refused|unreachable|too-many-connections|tls-certificate|tls-protocol|tls-alert-[0-9]{1,3}|reset|incomplete|malformed|timeout-connect|timeout-response-headers|timeout-between-bytes|timeout-whole-response)$"))]
pub struct Fault(pub TransportError);

impl TryFrom<String> for Fault {
    type Error = InvalidMock;

    fn try_from(name: String) -> Result<Self, InvalidMock> {
        let found = error_from_name(&name);
        found.map(Self).ok_or_else(|| {
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
