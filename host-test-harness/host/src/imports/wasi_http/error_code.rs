//! The error-codes of `wasi:http`, both ways: for a failed outbound call, and in a guest's response.

use harness_outbound::{BodyError, OutboundError, PeerError, Phase, TlsError, TransportError};
use wasmtime_wasi_http::p2::bindings::http::types::{
    DnsErrorPayload, ErrorCode, FieldSizePayload, TlsAlertReceivedPayload,
};
use wasmtime_wasi_http::{Error, p3};

/// The error-code that a guest gets for a failed outbound call. The log line has the cause.
pub(crate) fn of_outbound(error: &OutboundError) -> ErrorCode {
    match error {
        OutboundError::InvalidUri(_) | OutboundError::NoOrigin => ErrorCode::HttpRequestUriInvalid,
        OutboundError::Denied(_) => ErrorCode::HttpRequestDenied,
        OutboundError::Blocked(_) => ErrorCode::DestinationIpProhibited,
        OutboundError::Tunnel => ErrorCode::HttpRequestMethodInvalid,
        OutboundError::ContentLength { body_bytes, .. } => {
            ErrorCode::HttpRequestBodySize(u64::try_from(*body_bytes).ok())
        }
        OutboundError::RequestBodyTooLarge { limit } => {
            ErrorCode::HttpRequestBodySize(u64::try_from(*limit).ok())
        }
        OutboundError::RequestHeaders(_) => ErrorCode::HttpRequestHeaderSectionSize(None),
        OutboundError::ResponseBodyTooLarge { limit } => {
            ErrorCode::HttpResponseBodySize(u64::try_from(*limit).ok())
        }
        OutboundError::ResponseHeaders(limits) => {
            ErrorCode::HttpResponseHeaderSectionSize(u32::try_from(limits.bytes).ok())
        }
        OutboundError::Timeout { phase, .. } => of_timeout(*phase),
        OutboundError::TooManyCalls { .. } => ErrorCode::ConnectionLimitReached,
        OutboundError::TooManyRedirects { .. } | OutboundError::SelfCallDepth { .. } => {
            ErrorCode::LoopDetected
        }
        OutboundError::RequestBodyAborted(_)
        | OutboundError::InvalidHeader(_)
        | OutboundError::InvalidLocation(_)
        | OutboundError::AmbiguousLocation
        | OutboundError::UnexpectedStatus(_) => ErrorCode::HttpProtocolError,
        OutboundError::Peer(PeerError::NoSuchComponent { .. }) => ErrorCode::DestinationNotFound,
        OutboundError::Peer(PeerError::Failed { source, .. }) => {
            ErrorCode::InternalError(Some(source.to_string()))
        }
        OutboundError::Mock(_) | OutboundError::VirtualTime => {
            ErrorCode::InternalError(Some(error.to_string()))
        }
        OutboundError::Transport(failure) => of_transport(&failure.error),
    }
}

/// The name of [`of_outbound`] in the WIT.
pub(crate) fn name_of(error: &OutboundError) -> &'static str {
    of_outbound(error).name()
}

fn of_transport(error: &TransportError) -> ErrorCode {
    match error {
        TransportError::Dns => ErrorCode::DnsError(DnsErrorPayload {
            rcode: None,
            info_code: None,
        }),
        TransportError::BlockedAddress => ErrorCode::DestinationIpProhibited,
        TransportError::Refused => ErrorCode::ConnectionRefused,
        TransportError::Unreachable => ErrorCode::DestinationUnavailable,
        TransportError::TooManyConnections => ErrorCode::ConnectionLimitReached,
        TransportError::Tls(TlsError::Certificate) => ErrorCode::TlsCertificateError,
        TransportError::Tls(TlsError::Alert { code, name }) => {
            ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
                alert_id: Some(*code),
                alert_message: name.map(ToOwned::to_owned),
            })
        }
        TransportError::Tls(TlsError::Protocol) => ErrorCode::TlsProtocolError,
        TransportError::Reset => ErrorCode::ConnectionTerminated,
        TransportError::Incomplete => ErrorCode::HttpResponseIncomplete,
        TransportError::Malformed => ErrorCode::HttpProtocolError,
        TransportError::Timeout(phase) => of_timeout(*phase),
    }
}

fn of_timeout(phase: Phase) -> ErrorCode {
    match phase {
        Phase::Connect => ErrorCode::ConnectionTimeout,
        Phase::BetweenBytes => ErrorCode::ConnectionReadTimeout,
        Phase::ResponseHeaders | Phase::WholeResponse => ErrorCode::HttpResponseTimeout,
    }
}

/// The error that a guest gets for a request body that it cannot read to its end.
pub(crate) fn of_request_body(error: &BodyError) -> Error {
    match error {
        BodyError::TooLarge { limit } => Error::HttpRequestBodySize(u64::try_from(*limit).ok()),
        BodyError::Producer { .. } => Error::HttpProtocolError,
        BodyError::Aborted(_) | BodyError::Transport(_) => Error::ConnectionTerminated,
    }
}

/// The error-code of 0.2 for the error of a body, which 0.2 and 0.3 share.
pub(crate) fn of_body(error: &Error) -> ErrorCode {
    let size = |field_name: &Option<String>, field_size: &Option<u32>| FieldSizePayload {
        field_name: field_name.clone(),
        field_size: *field_size,
    };
    match error {
        Error::DnsTimeout => ErrorCode::DnsTimeout,
        Error::DestinationNotFound => ErrorCode::DestinationNotFound,
        Error::DestinationUnavailable => ErrorCode::DestinationUnavailable,
        Error::DestinationIpProhibited => ErrorCode::DestinationIpProhibited,
        Error::DestinationIpUnroutable => ErrorCode::DestinationIpUnroutable,
        Error::ConnectionRefused => ErrorCode::ConnectionRefused,
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        Error::ConnectionTimeout => ErrorCode::ConnectionTimeout,
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::ConnectionWriteTimeout => ErrorCode::ConnectionWriteTimeout,
        Error::ConnectionLimitReached => ErrorCode::ConnectionLimitReached,
        Error::TlsProtocolError => ErrorCode::TlsProtocolError,
        Error::TlsCertificateError => ErrorCode::TlsCertificateError,
        Error::HttpRequestDenied => ErrorCode::HttpRequestDenied,
        Error::HttpRequestLengthRequired => ErrorCode::HttpRequestLengthRequired,
        Error::HttpRequestMethodInvalid => ErrorCode::HttpRequestMethodInvalid,
        Error::HttpRequestUriInvalid => ErrorCode::HttpRequestUriInvalid,
        Error::HttpRequestUriTooLong => ErrorCode::HttpRequestUriTooLong,
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::HttpResponseTimeout => ErrorCode::HttpResponseTimeout,
        Error::HttpUpgradeFailed => ErrorCode::HttpUpgradeFailed,
        Error::HttpProtocolError => ErrorCode::HttpProtocolError,
        Error::LoopDetected => ErrorCode::LoopDetected,
        Error::ConfigurationError => ErrorCode::ConfigurationError,
        Error::HttpRequestBodySize(size) => ErrorCode::HttpRequestBodySize(*size),
        Error::HttpRequestHeaderSectionSize(size) => ErrorCode::HttpRequestHeaderSectionSize(*size),
        Error::HttpRequestTrailerSectionSize(size) => {
            ErrorCode::HttpRequestTrailerSectionSize(*size)
        }
        Error::HttpResponseHeaderSectionSize(size) => {
            ErrorCode::HttpResponseHeaderSectionSize(*size)
        }
        Error::HttpResponseBodySize(size) => ErrorCode::HttpResponseBodySize(*size),
        Error::HttpResponseTrailerSectionSize(size) => {
            ErrorCode::HttpResponseTrailerSectionSize(*size)
        }
        Error::HttpResponseTransferCoding(text) => {
            ErrorCode::HttpResponseTransferCoding(text.clone())
        }
        Error::HttpResponseContentCoding(text) => {
            ErrorCode::HttpResponseContentCoding(text.clone())
        }
        Error::InternalError(text) => ErrorCode::InternalError(text.clone()),
        Error::HttpRequestTrailerSize {
            field_name,
            field_size,
        } => ErrorCode::HttpRequestTrailerSize(size(field_name, field_size)),
        Error::HttpResponseHeaderSize {
            field_name,
            field_size,
        } => ErrorCode::HttpResponseHeaderSize(size(field_name, field_size)),
        Error::HttpResponseTrailerSize {
            field_name,
            field_size,
        } => ErrorCode::HttpResponseTrailerSize(size(field_name, field_size)),
        Error::HttpRequestHeaderSize {
            field_name,
            field_size,
        } => ErrorCode::HttpRequestHeaderSize(Some(size(field_name, field_size))),
        Error::DnsError { rcode, info_code } => ErrorCode::DnsError(DnsErrorPayload {
            rcode: rcode.clone(),
            info_code: *info_code,
        }),
        Error::TlsAlertReceived {
            alert_id,
            alert_message,
        } => ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
            alert_id: *alert_id,
            alert_message: alert_message.clone(),
        }),
        // Errors of wasmtime's own HTTP client, which is not used.
        Error::Hyper(_) | Error::Connect(_) | Error::Tls(_) | _ => {
            ErrorCode::InternalError(Some(error.to_string()))
        }
    }
}

/// An error-code with its name in the WIT.
pub(crate) trait Named: Into<Error> {
    fn name(&self) -> &'static str;
}

/// 0.2 and 0.3 have different types for the same cases.
macro_rules! named {
    ($($error_code:ty),*) => {$(
        impl Named for $error_code {
            fn name(&self) -> &'static str {
                match self {
                    Self::DnsTimeout => "DNS-timeout",
                    Self::DnsError(_) => "DNS-error",
                    Self::DestinationNotFound => "destination-not-found",
                    Self::DestinationUnavailable => "destination-unavailable",
                    Self::DestinationIpProhibited => "destination-IP-prohibited",
                    Self::DestinationIpUnroutable => "destination-IP-unroutable",
                    Self::ConnectionRefused => "connection-refused",
                    Self::ConnectionTerminated => "connection-terminated",
                    Self::ConnectionTimeout => "connection-timeout",
                    Self::ConnectionReadTimeout => "connection-read-timeout",
                    Self::ConnectionWriteTimeout => "connection-write-timeout",
                    Self::ConnectionLimitReached => "connection-limit-reached",
                    Self::TlsProtocolError => "TLS-protocol-error",
                    Self::TlsCertificateError => "TLS-certificate-error",
                    Self::TlsAlertReceived(_) => "TLS-alert-received",
                    Self::HttpRequestDenied => "HTTP-request-denied",
                    Self::HttpRequestLengthRequired => "HTTP-request-length-required",
                    Self::HttpRequestBodySize(_) => "HTTP-request-body-size",
                    Self::HttpRequestMethodInvalid => "HTTP-request-method-invalid",
                    Self::HttpRequestUriInvalid => "HTTP-request-URI-invalid",
                    Self::HttpRequestUriTooLong => "HTTP-request-URI-too-long",
                    Self::HttpRequestHeaderSectionSize(_) => "HTTP-request-header-section-size",
                    Self::HttpRequestHeaderSize(_) => "HTTP-request-header-size",
                    Self::HttpRequestTrailerSectionSize(_) => "HTTP-request-trailer-section-size",
                    Self::HttpRequestTrailerSize(_) => "HTTP-request-trailer-size",
                    Self::HttpResponseIncomplete => "HTTP-response-incomplete",
                    Self::HttpResponseHeaderSectionSize(_) => "HTTP-response-header-section-size",
                    Self::HttpResponseHeaderSize(_) => "HTTP-response-header-size",
                    Self::HttpResponseBodySize(_) => "HTTP-response-body-size",
                    Self::HttpResponseTrailerSectionSize(_) => "HTTP-response-trailer-section-size",
                    Self::HttpResponseTrailerSize(_) => "HTTP-response-trailer-size",
                    Self::HttpResponseTransferCoding(_) => "HTTP-response-transfer-coding",
                    Self::HttpResponseContentCoding(_) => "HTTP-response-content-coding",
                    Self::HttpResponseTimeout => "HTTP-response-timeout",
                    Self::HttpUpgradeFailed => "HTTP-upgrade-failed",
                    Self::HttpProtocolError => "HTTP-protocol-error",
                    Self::LoopDetected => "loop-detected",
                    Self::ConfigurationError => "configuration-error",
                    Self::InternalError(_) => "internal-error",
                }
            }
        }
    )*};
}

named!(ErrorCode, p3::bindings::http::types::ErrorCode);

/// The case's name, and its text if it has one.
pub(crate) fn described(code: impl Named) -> String {
    let name = code.name();
    if let Error::InternalError(Some(text)) = code.into() {
        format!("`{name}` ({})", text.escape_debug())
    } else {
        format!("`{name}`")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use harness_outbound::{HeaderLimits, TransportFailure};
    use outbound_policy::{AllowList, Decision, Target};

    use super::*;
    use crate::imports::spin::error_code_name;

    fn failed(error: TransportError) -> OutboundError {
        OutboundError::Transport(TransportFailure::from(error))
    }

    fn timeout(phase: Phase) -> OutboundError {
        OutboundError::Timeout {
            phase,
            limit: Duration::ZERO,
            by_guest: false,
        }
    }

    #[test]
    fn each_error_has_its_error_code_in_both_interfaces() {
        let alert = TlsError::Alert {
            code: 40,
            name: Some("HandshakeFailure"),
        };
        let peer = OutboundError::Peer(PeerError::Failed {
            source: "it trapped".into(),
            details: String::new(),
        });
        let unknown = OutboundError::Peer(PeerError::NoSuchComponent {
            name: "a".to_owned(),
            known: Vec::new(),
        });
        let target = Target::parse("http://a.test/", None).unwrap();
        let deny_all = AllowList::deny_all();
        let Decision::Deny(denial) = deny_all.evaluate(&target) else {
            panic!("nothing is allowed");
        };
        let headers = HeaderLimits::default();
        let rows: Vec<(OutboundError, &str, &str)> = vec![
            (
                OutboundError::NoOrigin,
                "HTTP-request-URI-invalid",
                "invalid-url",
            ),
            (
                OutboundError::Denied(denial),
                "HTTP-request-denied",
                "destination-not-allowed",
            ),
            (
                failed(TransportError::BlockedAddress),
                "destination-IP-prohibited",
                "destination-not-allowed",
            ),
            (
                OutboundError::Tunnel,
                "HTTP-request-method-invalid",
                "request-error",
            ),
            (
                OutboundError::RequestBodyTooLarge { limit: 7 },
                "HTTP-request-body-size",
                "runtime-error",
            ),
            (
                OutboundError::RequestBodyAborted(String::new()),
                "HTTP-protocol-error",
                "request-error",
            ),
            (
                OutboundError::RequestHeaders(headers),
                "HTTP-request-header-section-size",
                "runtime-error",
            ),
            (
                OutboundError::ResponseBodyTooLarge { limit: 7 },
                "HTTP-response-body-size",
                "runtime-error",
            ),
            (
                OutboundError::ResponseHeaders(headers),
                "HTTP-response-header-section-size",
                "runtime-error",
            ),
            (
                timeout(Phase::WholeResponse),
                "HTTP-response-timeout",
                "runtime-error",
            ),
            (
                OutboundError::TooManyCalls { limit: 1 },
                "connection-limit-reached",
                "too-many-requests",
            ),
            (
                OutboundError::SelfCallDepth { limit: 1 },
                "loop-detected",
                "runtime-error",
            ),
            (
                OutboundError::UnexpectedStatus(103),
                "HTTP-protocol-error",
                "runtime-error",
            ),
            (peer, "internal-error", "runtime-error"),
            (unknown, "destination-not-found", "runtime-error"),
            (failed(TransportError::Dns), "DNS-error", "runtime-error"),
            (
                failed(TransportError::Refused),
                "connection-refused",
                "runtime-error",
            ),
            (
                failed(TransportError::Unreachable),
                "destination-unavailable",
                "runtime-error",
            ),
            (
                failed(TransportError::TooManyConnections),
                "connection-limit-reached",
                "too-many-requests",
            ),
            (
                failed(TransportError::Tls(alert)),
                "TLS-alert-received",
                "runtime-error",
            ),
            (
                failed(TransportError::Tls(TlsError::Certificate)),
                "TLS-certificate-error",
                "runtime-error",
            ),
            (
                failed(TransportError::Tls(TlsError::Protocol)),
                "TLS-protocol-error",
                "runtime-error",
            ),
            (
                failed(TransportError::Reset),
                "connection-terminated",
                "runtime-error",
            ),
            (
                failed(TransportError::Incomplete),
                "HTTP-response-incomplete",
                "runtime-error",
            ),
            (
                failed(TransportError::Malformed),
                "HTTP-protocol-error",
                "runtime-error",
            ),
            (
                failed(TransportError::Timeout(Phase::Connect)),
                "connection-timeout",
                "runtime-error",
            ),
            (
                failed(TransportError::Timeout(Phase::BetweenBytes)),
                "connection-read-timeout",
                "runtime-error",
            ),
        ];
        let wrong: Vec<String> = rows
            .iter()
            .filter(|(error, wasi, spin)| {
                name_of(error) != *wasi || error_code_name(error) != *spin
            })
            .map(|(error, ..)| {
                let (wasi, spin) = (name_of(error), error_code_name(error));
                format!("{error}: got {wasi} and {spin}")
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// The error-code of a guest goes through the host's type and comes back unchanged.
    #[test]
    fn error_codes_keep_their_name_both_ways() {
        use ErrorCode as Code;
        let field = || FieldSizePayload {
            field_name: Some("x-a".to_owned()),
            field_size: Some(1),
        };
        let codes = [
            Code::DnsTimeout,
            Code::DestinationNotFound,
            Code::DestinationUnavailable,
            Code::DestinationIpProhibited,
            Code::DestinationIpUnroutable,
            Code::ConnectionRefused,
            Code::ConnectionTerminated,
            Code::ConnectionTimeout,
            Code::ConnectionReadTimeout,
            Code::ConnectionWriteTimeout,
            Code::ConnectionLimitReached,
            Code::TlsProtocolError,
            Code::TlsCertificateError,
            Code::HttpRequestDenied,
            Code::HttpRequestLengthRequired,
            Code::HttpRequestBodySize(Some(1)),
            Code::HttpRequestMethodInvalid,
            Code::HttpRequestUriInvalid,
            Code::HttpRequestUriTooLong,
            Code::HttpRequestHeaderSectionSize(Some(1)),
            Code::HttpRequestTrailerSectionSize(Some(1)),
            Code::HttpResponseIncomplete,
            Code::HttpResponseHeaderSectionSize(Some(1)),
            Code::HttpResponseBodySize(Some(1)),
            Code::HttpResponseTrailerSectionSize(Some(1)),
            Code::HttpResponseTransferCoding(None),
            Code::HttpResponseContentCoding(None),
            Code::HttpResponseTimeout,
            Code::HttpUpgradeFailed,
            Code::HttpProtocolError,
            Code::LoopDetected,
            Code::ConfigurationError,
            Code::InternalError(Some("why".to_owned())),
            Code::DnsError(DnsErrorPayload {
                rcode: Some("1".to_owned()),
                info_code: Some(2),
            }),
            Code::TlsAlertReceived(TlsAlertReceivedPayload {
                alert_id: Some(1),
                alert_message: Some("why".to_owned()),
            }),
            // Not `HttpResponseHeaderSize`, which wasmtime 48 converts to `HttpRequestHeaderSize`.
            Code::HttpRequestHeaderSize(Some(field())),
            Code::HttpRequestTrailerSize(field()),
            Code::HttpResponseTrailerSize(field()),
        ];
        for code in codes {
            let letters = |text: &str| text.replace(['-', '_'], "").to_lowercase();
            // `Debug` is generated from the WIT: the case's name, and what comes with it.
            let shown = format!("{code:?}");
            let case = shown.trim_start_matches("ErrorCode::");
            let case = case.split(['(', ' ']).next().unwrap_or_default();
            assert_eq!(letters(code.name()), letters(case), "{shown}");
            let shared = Error::from(code);
            assert_eq!(format!("{:?}", of_body(&shared)), shown);
            let through = format!("{shared:?}");
            assert!(
                letters(&through).starts_with(&letters(case)),
                "{shown} {through}"
            );
        }
    }
}
