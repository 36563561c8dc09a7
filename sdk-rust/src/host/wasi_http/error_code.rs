//! The error codes of `wasi:http` as kinds of this SDK.
//!
//! `host-test-harness/conformance/wasi-error-codes.json` is the table that all SDKs share.

use super::bindings::wasi::http::types::ErrorCode;
use crate::ErrorKind;
#[cfg(target_family = "wasm")]
use crate::error::Reason;

/// The reason of an error that the host returned.
#[cfg(target_family = "wasm")]
pub(crate) fn reason(code: &ErrorCode) -> Reason {
    let (name, kind) = name_and_kind(code);
    Reason::ErrorCode { name, kind }
}

/// The name of a code in the WIT, and its kind.
pub(crate) fn name_and_kind(code: &ErrorCode) -> (&'static str, ErrorKind) {
    match code {
        ErrorCode::DnsTimeout => ("DNS-timeout", ErrorKind::RuntimeError),
        ErrorCode::DnsError(_) => ("DNS-error", ErrorKind::RuntimeError),
        ErrorCode::DestinationNotFound => ("destination-not-found", ErrorKind::RuntimeError),
        ErrorCode::DestinationUnavailable => ("destination-unavailable", ErrorKind::RuntimeError),
        ErrorCode::DestinationIpProhibited => (
            "destination-IP-prohibited",
            ErrorKind::DestinationNotAllowed,
        ),
        ErrorCode::DestinationIpUnroutable => {
            ("destination-IP-unroutable", ErrorKind::RuntimeError)
        }
        ErrorCode::ConnectionRefused => ("connection-refused", ErrorKind::RuntimeError),
        ErrorCode::ConnectionTerminated => ("connection-terminated", ErrorKind::RuntimeError),
        ErrorCode::ConnectionTimeout => ("connection-timeout", ErrorKind::RuntimeError),
        ErrorCode::ConnectionReadTimeout => ("connection-read-timeout", ErrorKind::RuntimeError),
        ErrorCode::ConnectionWriteTimeout => ("connection-write-timeout", ErrorKind::RuntimeError),
        ErrorCode::ConnectionLimitReached => {
            ("connection-limit-reached", ErrorKind::TooManyRequests)
        }
        ErrorCode::TlsProtocolError => ("TLS-protocol-error", ErrorKind::RuntimeError),
        ErrorCode::TlsCertificateError => ("TLS-certificate-error", ErrorKind::RuntimeError),
        ErrorCode::TlsAlertReceived(_) => ("TLS-alert-received", ErrorKind::RuntimeError),
        ErrorCode::HttpRequestDenied => ("HTTP-request-denied", ErrorKind::DestinationNotAllowed),
        ErrorCode::HttpRequestLengthRequired => {
            ("HTTP-request-length-required", ErrorKind::RequestError)
        }
        ErrorCode::HttpRequestBodySize(_) => ("HTTP-request-body-size", ErrorKind::RequestError),
        ErrorCode::HttpRequestMethodInvalid => {
            ("HTTP-request-method-invalid", ErrorKind::UnsupportedMethod)
        }
        ErrorCode::HttpRequestUriInvalid => ("HTTP-request-URI-invalid", ErrorKind::InvalidUrl),
        ErrorCode::HttpRequestUriTooLong => ("HTTP-request-URI-too-long", ErrorKind::InvalidUrl),
        ErrorCode::HttpRequestHeaderSectionSize(_) => {
            ("HTTP-request-header-section-size", ErrorKind::RuntimeError)
        }
        ErrorCode::HttpRequestHeaderSize(_) => {
            ("HTTP-request-header-size", ErrorKind::RuntimeError)
        }
        ErrorCode::HttpRequestTrailerSectionSize(_) => {
            ("HTTP-request-trailer-section-size", ErrorKind::RuntimeError)
        }
        ErrorCode::HttpRequestTrailerSize(_) => {
            ("HTTP-request-trailer-size", ErrorKind::RuntimeError)
        }
        ErrorCode::HttpResponseIncomplete => ("HTTP-response-incomplete", ErrorKind::RuntimeError),
        ErrorCode::HttpResponseHeaderSectionSize(_) => {
            ("HTTP-response-header-section-size", ErrorKind::RuntimeError)
        }
        ErrorCode::HttpResponseHeaderSize(_) => {
            ("HTTP-response-header-size", ErrorKind::RuntimeError)
        }
        ErrorCode::HttpResponseBodySize(_) => ("HTTP-response-body-size", ErrorKind::RuntimeError),
        ErrorCode::HttpResponseTrailerSectionSize(_) => (
            "HTTP-response-trailer-section-size",
            ErrorKind::RuntimeError,
        ),
        ErrorCode::HttpResponseTrailerSize(_) => {
            ("HTTP-response-trailer-size", ErrorKind::RuntimeError)
        }
        ErrorCode::HttpResponseTransferCoding(_) => {
            ("HTTP-response-transfer-coding", ErrorKind::RuntimeError)
        }
        ErrorCode::HttpResponseContentCoding(_) => {
            ("HTTP-response-content-coding", ErrorKind::RuntimeError)
        }
        ErrorCode::HttpResponseTimeout => ("HTTP-response-timeout", ErrorKind::RuntimeError),
        ErrorCode::HttpUpgradeFailed => ("HTTP-upgrade-failed", ErrorKind::RuntimeError),
        ErrorCode::HttpProtocolError => ("HTTP-protocol-error", ErrorKind::RuntimeError),
        ErrorCode::LoopDetected => ("loop-detected", ErrorKind::RuntimeError),
        ErrorCode::ConfigurationError => ("configuration-error", ErrorKind::RuntimeError),
        ErrorCode::InternalError(_) => ("internal-error", ErrorKind::RuntimeError),
    }
}

#[cfg(test)]
mod tests {
    use super::super::bindings::wasi::http::types::{
        DnsErrorPayload, FieldSizePayload, TlsAlertReceivedPayload,
    };
    use super::*;

    fn field_size() -> FieldSizePayload {
        FieldSizePayload {
            field_name: None,
            field_size: None,
        }
    }

    /// Every code. `name_and_kind` does not compile without a new one, and the test counts them.
    fn all() -> Vec<ErrorCode> {
        vec![
            ErrorCode::DnsTimeout,
            ErrorCode::DnsError(DnsErrorPayload {
                rcode: None,
                info_code: None,
            }),
            ErrorCode::DestinationNotFound,
            ErrorCode::DestinationUnavailable,
            ErrorCode::DestinationIpProhibited,
            ErrorCode::DestinationIpUnroutable,
            ErrorCode::ConnectionRefused,
            ErrorCode::ConnectionTerminated,
            ErrorCode::ConnectionTimeout,
            ErrorCode::ConnectionReadTimeout,
            ErrorCode::ConnectionWriteTimeout,
            ErrorCode::ConnectionLimitReached,
            ErrorCode::TlsProtocolError,
            ErrorCode::TlsCertificateError,
            ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
                alert_id: None,
                alert_message: None,
            }),
            ErrorCode::HttpRequestDenied,
            ErrorCode::HttpRequestLengthRequired,
            ErrorCode::HttpRequestBodySize(None),
            ErrorCode::HttpRequestMethodInvalid,
            ErrorCode::HttpRequestUriInvalid,
            ErrorCode::HttpRequestUriTooLong,
            ErrorCode::HttpRequestHeaderSectionSize(None),
            ErrorCode::HttpRequestHeaderSize(None),
            ErrorCode::HttpRequestTrailerSectionSize(None),
            ErrorCode::HttpRequestTrailerSize(field_size()),
            ErrorCode::HttpResponseIncomplete,
            ErrorCode::HttpResponseHeaderSectionSize(None),
            ErrorCode::HttpResponseHeaderSize(field_size()),
            ErrorCode::HttpResponseBodySize(None),
            ErrorCode::HttpResponseTrailerSectionSize(None),
            ErrorCode::HttpResponseTrailerSize(field_size()),
            ErrorCode::HttpResponseTransferCoding(None),
            ErrorCode::HttpResponseContentCoding(None),
            ErrorCode::HttpResponseTimeout,
            ErrorCode::HttpUpgradeFailed,
            ErrorCode::HttpProtocolError,
            ErrorCode::LoopDetected,
            ErrorCode::ConfigurationError,
            ErrorCode::InternalError(None),
        ]
    }

    #[test]
    fn names_and_kinds_equal_the_table_that_all_sdks_share() {
        let path = "../host-test-harness/conformance/wasi-error-codes.json";
        let table = std::fs::read(path).unwrap();
        let table: serde_json::Value = serde_json::from_slice(&table).unwrap();
        let codes = table["codes"].as_object().unwrap();
        let mut wrong = Vec::new();
        for code in all() {
            let (name, kind) = name_and_kind(&code);
            let want = codes.get(name).and_then(|kind| kind.as_str());
            if want != Some(format!("{kind:?}").as_str()) {
                wrong.push((name, kind, want));
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(all().len(), codes.len());
    }
}
