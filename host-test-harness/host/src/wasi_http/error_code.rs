//! The error-codes of `wasi:http`, both ways: from what goes wrong here, and into words.

use std::error::Error as StdError;
use std::io;

use rustls::Error as TlsError;
use wasmtime_wasi_http::p2::bindings::http::types::{
    DnsErrorPayload, ErrorCode, TlsAlertReceivedPayload,
};
use wasmtime_wasi_http::{Error, p3};

use crate::body::BodyError;
use crate::outbound::connect::ConnectTimeout;
use crate::outbound::failure::Failure;
use crate::outbound::resolve::ResolveError;

/// What a guest gets for a failed outbound call. The log line has the cause in full.
pub(crate) fn of_failure(failure: &Failure) -> ErrorCode {
    match failure {
        Failure::InvalidUri(_) | Failure::NoOrigin => ErrorCode::HttpRequestUriInvalid,
        Failure::Denied(_) => ErrorCode::HttpRequestDenied,
        Failure::Blocked(_) => ErrorCode::DestinationIpProhibited,
        Failure::Tunnel => ErrorCode::HttpRequestMethodInvalid,
        Failure::ContentLength { body_bytes, .. } => {
            ErrorCode::HttpRequestBodySize(u64::try_from(*body_bytes).ok())
        }
        Failure::RequestBody { limit } => {
            ErrorCode::HttpRequestBodySize(u64::try_from(*limit).ok())
        }
        Failure::RequestHeaders { .. } => ErrorCode::HttpRequestHeaderSectionSize(None),
        Failure::ResponseBody { limit } => {
            ErrorCode::HttpResponseBodySize(u64::try_from(*limit).ok())
        }
        Failure::ResponseHeaders { bytes, .. } => {
            ErrorCode::HttpResponseHeaderSectionSize(u32::try_from(*bytes).ok())
        }
        Failure::Timeout { .. } => ErrorCode::HttpResponseTimeout,
        Failure::TooManyCalls { .. } | Failure::TooManyConnections { .. } => {
            ErrorCode::ConnectionLimitReached
        }
        Failure::TooManyRedirects { .. } | Failure::SelfCallDepth { .. } => ErrorCode::LoopDetected,
        Failure::RequestBodyCut(_)
        | Failure::InvalidHeader(_)
        | Failure::InvalidLocation(_)
        | Failure::AmbiguousLocation
        | Failure::UnexpectedStatus(_) => ErrorCode::HttpProtocolError,
        Failure::NoSuchComponent { .. } => ErrorCode::DestinationNotFound,
        Failure::SelfCall(error) => ErrorCode::InternalError(Some(error.to_string())),
        Failure::Transport(error) => of_transport(&**error),
    }
}

/// What a guest gets for a request body that it cannot read to its end.
pub(crate) fn of_request_body(error: &BodyError) -> Error {
    match error {
        BodyError::TooLarge(limit) => Error::HttpRequestBodySize(u64::try_from(*limit).ok()),
        BodyError::Guest(_) => Error::HttpProtocolError,
        BodyError::Cut(_) => Error::ConnectionTerminated,
    }
}

/// Finds the cause among what the HTTP client reports.
fn of_transport(error: &(dyn StdError + 'static)) -> ErrorCode {
    let is_connecting = error
        .downcast_ref()
        .is_some_and(hyper_util::client::legacy::Error::is_connect);
    let mut cause = Some(error);
    let mut code = ErrorCode::HttpProtocolError;
    while let Some(current) = cause {
        if current.is::<ConnectTimeout>() {
            return ErrorCode::ConnectionTimeout;
        } else if current.is::<ResolveError>() {
            return ErrorCode::DnsError(DnsErrorPayload {
                rcode: None,
                info_code: None,
            });
        } else if let Some(tls) = current.downcast_ref::<TlsError>() {
            return of_tls(tls);
        } else if let Some(error) = current.downcast_ref::<io::Error>() {
            let error = innermost(error);
            if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
                return of_tls(tls);
            }
            code = of_io(error.kind()).unwrap_or(code);
            if is_connecting && matches!(code, ErrorCode::HttpResponseIncomplete) {
                return ErrorCode::ConnectionTerminated;
            }
        } else if let Some(error) = current.downcast_ref::<hyper::Error>()
            && error.is_incomplete_message()
        {
            code = ErrorCode::HttpResponseIncomplete;
        }
        cause = current.source();
    }
    code
}

/// An error of I/O may be wrapped in others, whose sources pass over it.
fn innermost(mut error: &io::Error) -> &io::Error {
    while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        error = inner;
    }
    error
}

fn of_tls(error: &TlsError) -> ErrorCode {
    if let TlsError::AlertReceived(alert) = error {
        ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
            alert_id: Some(u8::from(*alert)),
            alert_message: alert.as_str().map(ToOwned::to_owned),
        })
    } else if matches!(
        error,
        TlsError::InvalidCertificate(_) | TlsError::NoCertificatesPresented
    ) {
        ErrorCode::TlsCertificateError
    } else {
        ErrorCode::TlsProtocolError
    }
}

/// `None` for a kind that says nothing about the connection.
fn of_io(kind: io::ErrorKind) -> Option<ErrorCode> {
    use io::ErrorKind as Kind;
    let table = [
        (Kind::ConnectionRefused, ErrorCode::ConnectionRefused),
        (Kind::ConnectionReset, ErrorCode::ConnectionTerminated),
        (Kind::ConnectionAborted, ErrorCode::ConnectionTerminated),
        (Kind::BrokenPipe, ErrorCode::ConnectionTerminated),
        (Kind::TimedOut, ErrorCode::ConnectionTimeout),
        (Kind::HostUnreachable, ErrorCode::DestinationUnavailable),
        (Kind::NetworkUnreachable, ErrorCode::DestinationUnavailable),
        (Kind::UnexpectedEof, ErrorCode::HttpResponseIncomplete),
    ];
    let found = table.into_iter().find(|(known, _)| *known == kind);
    found.map(|(_, code)| code)
}

/// An error-code, which has a name in the WIT.
pub(crate) trait Named: Into<Error> {
    fn name(&self) -> &'static str;
}

/// The versions have types of their own for the same cases.
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

/// The case's name, and the text that comes with it.
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

    use super::*;
    use crate::ErrorKind;
    use crate::outbound::connect::TooManyConnections;

    fn io_failure(kind: io::ErrorKind) -> Failure {
        Failure::Transport(Box::new(io::Error::from(kind)))
    }

    /// Wrapped twice, as the connector does it.
    fn tls_failure(error: TlsError) -> Failure {
        Failure::Transport(Box::new(io::Error::other(io::Error::other(error))))
    }

    #[test]
    fn each_failure_has_its_error_code_by_both_interfaces() {
        let timeout = Failure::Timeout {
            what: "the whole response",
            limit: Duration::ZERO,
        };
        let body = Failure::transport(BodyError::TooLarge(7), &crate::Limits::default());
        let busy = Failure::transport(TooManyConnections, &crate::Limits::default());
        let self_call = crate::Error::new(ErrorKind::Trap, "it trapped");
        let alert = TlsError::AlertReceived(rustls::AlertDescription::HandshakeFailure);
        let certificate = TlsError::InvalidCertificate(rustls::CertificateError::Expired);
        for (failure, wasi, spin) in [
            (Failure::NoOrigin, "HTTP-request-URI-invalid", "invalid-url"),
            (
                Failure::Denied(String::new()),
                "HTTP-request-denied",
                "destination-not-allowed",
            ),
            (
                Failure::Blocked(String::new()),
                "destination-IP-prohibited",
                "destination-not-allowed",
            ),
            (
                Failure::Tunnel,
                "HTTP-request-method-invalid",
                "request-error",
            ),
            (body, "HTTP-request-body-size", "runtime-error"),
            (
                Failure::ResponseBody { limit: 7 },
                "HTTP-response-body-size",
                "runtime-error",
            ),
            (timeout, "HTTP-response-timeout", "runtime-error"),
            (
                Failure::TooManyCalls { limit: 1 },
                "connection-limit-reached",
                "too-many-requests",
            ),
            (busy, "connection-limit-reached", "too-many-requests"),
            (
                Failure::SelfCallDepth { limit: 1 },
                "loop-detected",
                "runtime-error",
            ),
            (
                Failure::UnexpectedStatus(103),
                "HTTP-protocol-error",
                "runtime-error",
            ),
            (
                Failure::SelfCall(self_call),
                "internal-error",
                "runtime-error",
            ),
            (
                io_failure(io::ErrorKind::ConnectionRefused),
                "connection-refused",
                "runtime-error",
            ),
            (
                io_failure(io::ErrorKind::ConnectionReset),
                "connection-terminated",
                "runtime-error",
            ),
            (tls_failure(alert), "TLS-alert-received", "runtime-error"),
            (
                tls_failure(certificate),
                "TLS-certificate-error",
                "runtime-error",
            ),
            (
                tls_failure(TlsError::DecryptError),
                "TLS-protocol-error",
                "runtime-error",
            ),
            (
                Failure::Transport("any other".into()),
                "HTTP-protocol-error",
                "runtime-error",
            ),
        ] {
            assert_eq!(of_failure(&failure).name(), wasi, "{failure}");
            assert_eq!(failure.error_code_name(), spin, "{failure}");
        }
    }

    /// What a guest answers with goes through the host's type and comes back as it was.
    #[test]
    fn error_codes_keep_their_name_both_ways() {
        use ErrorCode as Code;
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
        ];
        for code in codes {
            let letters = |text: &str| text.replace(['-', '_'], "").to_lowercase();
            // `Debug` is generated from the WIT: the case's name, and what comes with it.
            let shown = format!("{code:?}");
            let case = shown.trim_start_matches("ErrorCode::");
            let case = case.split(['(', ' ']).next().unwrap_or_default();
            assert_eq!(letters(code.name()), letters(case), "{shown}");
            let through = format!("{:?}", Error::from(code));
            assert!(
                letters(&through).starts_with(&letters(case)),
                "{shown} {through}"
            );
        }
    }
}
