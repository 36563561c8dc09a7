//! Between the release candidate's types and those of 0.2: one pair of functions for each.

use wasmtime_wasi_http::p2::bindings::http::types as release;

use super::wire::types as wire;

pub(super) fn method_from_wire(method: wire::Method) -> release::Method {
    match method {
        wire::Method::Get => release::Method::Get,
        wire::Method::Head => release::Method::Head,
        wire::Method::Post => release::Method::Post,
        wire::Method::Put => release::Method::Put,
        wire::Method::Delete => release::Method::Delete,
        wire::Method::Connect => release::Method::Connect,
        wire::Method::Options => release::Method::Options,
        wire::Method::Trace => release::Method::Trace,
        wire::Method::Patch => release::Method::Patch,
        wire::Method::Other(name) => release::Method::Other(name),
    }
}

pub(super) fn method_to_wire(method: release::Method) -> wire::Method {
    match method {
        release::Method::Get => wire::Method::Get,
        release::Method::Head => wire::Method::Head,
        release::Method::Post => wire::Method::Post,
        release::Method::Put => wire::Method::Put,
        release::Method::Delete => wire::Method::Delete,
        release::Method::Connect => wire::Method::Connect,
        release::Method::Options => wire::Method::Options,
        release::Method::Trace => wire::Method::Trace,
        release::Method::Patch => wire::Method::Patch,
        release::Method::Other(name) => wire::Method::Other(name),
    }
}

pub(super) fn scheme_from_wire(scheme: wire::Scheme) -> release::Scheme {
    match scheme {
        wire::Scheme::Http => release::Scheme::Http,
        wire::Scheme::Https => release::Scheme::Https,
        wire::Scheme::Other(name) => release::Scheme::Other(name),
    }
}

pub(super) fn scheme_to_wire(scheme: release::Scheme) -> wire::Scheme {
    match scheme {
        release::Scheme::Http => wire::Scheme::Http,
        release::Scheme::Https => wire::Scheme::Https,
        release::Scheme::Other(name) => wire::Scheme::Other(name),
    }
}

/// The case of 0.2 has no other place for the text.
pub(super) fn error_from_wire(error: wire::Error) -> release::ErrorCode {
    release::ErrorCode::InternalError(Some(match error {
        wire::Error::InvalidUrl(text) => format!("invalid-url: {text}"),
        wire::Error::TimeoutError(text) => format!("timeout-error: {text}"),
        wire::Error::ProtocolError(text) => format!("protocol-error: {text}"),
        wire::Error::UnexpectedError(text) => format!("unexpected-error: {text}"),
    }))
}

/// The text names the case of 0.2 as Spin does.
pub(super) fn error_to_wire(code: &release::ErrorCode) -> wire::Error {
    use release::ErrorCode as Code;
    let text = code.to_string();
    match code {
        Code::HttpRequestUriInvalid | Code::HttpRequestUriTooLong => wire::Error::InvalidUrl(text),
        Code::DnsTimeout
        | Code::ConnectionTimeout
        | Code::ConnectionReadTimeout
        | Code::ConnectionWriteTimeout
        | Code::HttpResponseTimeout => wire::Error::TimeoutError(text),
        Code::TlsProtocolError
        | Code::HttpRequestLengthRequired
        | Code::HttpRequestBodySize(_)
        | Code::HttpRequestMethodInvalid
        | Code::HttpRequestHeaderSectionSize(_)
        | Code::HttpRequestHeaderSize(_)
        | Code::HttpRequestTrailerSectionSize(_)
        | Code::HttpRequestTrailerSize(_)
        | Code::HttpResponseIncomplete
        | Code::HttpResponseHeaderSectionSize(_)
        | Code::HttpResponseHeaderSize(_)
        | Code::HttpResponseBodySize(_)
        | Code::HttpResponseTrailerSectionSize(_)
        | Code::HttpResponseTrailerSize(_)
        | Code::HttpResponseTransferCoding(_)
        | Code::HttpResponseContentCoding(_)
        | Code::HttpUpgradeFailed
        | Code::HttpProtocolError => wire::Error::ProtocolError(text),
        Code::DnsError(_)
        | Code::DestinationNotFound
        | Code::DestinationUnavailable
        | Code::DestinationIpProhibited
        | Code::DestinationIpUnroutable
        | Code::ConnectionRefused
        | Code::ConnectionTerminated
        | Code::ConnectionLimitReached
        | Code::TlsCertificateError
        | Code::TlsAlertReceived(_)
        | Code::HttpRequestDenied
        | Code::LoopDetected
        | Code::ConfigurationError
        | Code::InternalError(_) => wire::Error::UnexpectedError(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_gives_back_what_it_got() {
        for method in [
            wire::Method::Get,
            wire::Method::Head,
            wire::Method::Post,
            wire::Method::Put,
            wire::Method::Delete,
            wire::Method::Connect,
            wire::Method::Options,
            wire::Method::Trace,
            wire::Method::Patch,
            wire::Method::Other("QUERY".to_owned()),
        ] {
            let name = format!("{method:?}");
            assert_eq!(
                format!("{:?}", method_to_wire(method_from_wire(method))),
                name
            );
        }
        for scheme in [
            wire::Scheme::Http,
            wire::Scheme::Https,
            wire::Scheme::Other("ftp".to_owned()),
        ] {
            let name = format!("{scheme:?}");
            assert_eq!(
                format!("{:?}", scheme_to_wire(scheme_from_wire(scheme))),
                name
            );
        }
    }

    #[test]
    fn the_text_of_an_error_is_kept_both_ways() {
        for (error, want) in [
            (
                wire::Error::InvalidUrl as fn(String) -> wire::Error,
                "invalid-url: on purpose",
            ),
            (wire::Error::TimeoutError, "timeout-error: on purpose"),
            (wire::Error::ProtocolError, "protocol-error: on purpose"),
            (wire::Error::UnexpectedError, "unexpected-error: on purpose"),
        ] {
            let code = error_from_wire(error("on purpose".to_owned()));
            let release::ErrorCode::InternalError(Some(text)) = &code else {
                panic!("{code:?}");
            };
            assert_eq!(text, want);
            let wire::Error::UnexpectedError(back) = error_to_wire(&code) else {
                panic!("{code:?}");
            };
            assert!(back.contains(want), "{back}");
        }
    }
}
