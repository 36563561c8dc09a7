//! Sorts what the HTTP client reports into a [`TransportError`], once and for every import.

use std::error::Error as StdError;
use std::io;

use outbound_policy::BlockedAddress;
use rustls::Error as RustlsError;

use super::connect::ConnectTimeout;
use super::error::{Phase, TlsError, TransportError, TransportFailure};
use super::permits::ConnectionsInUse;
use super::resolve::ResolveError;
use crate::BoxError;
use crate::body::BodyError;
use crate::error::OutboundError;
use crate::limits::HeaderLimits;

/// The error of a request that has no response.
pub(crate) fn classify(error: BoxError, limits: HeaderLimits) -> OutboundError {
    for cause in causes(&*error) {
        match cause.downcast_ref() {
            Some(BodyError::TooLarge { limit }) => {
                return OutboundError::RequestBodyTooLarge { limit: *limit };
            }
            Some(aborted) => return OutboundError::RequestBodyAborted(aborted.to_string()),
            None => {}
        }
        if cause
            .downcast_ref()
            .is_some_and(hyper::Error::is_parse_too_large)
        {
            return OutboundError::ResponseHeaders(limits);
        }
    }
    OutboundError::Transport(failure(error))
}

/// The error of a response body that breaks off.
pub(crate) fn body_failure(error: hyper::Error) -> TransportFailure {
    failure(Box::new(error))
}

fn failure(error: BoxError) -> TransportFailure {
    TransportFailure {
        error: transport_error(&*error),
        source: Some(error),
    }
}

/// An error and its causes, outermost first.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

fn transport_error(error: &(dyn StdError + 'static)) -> TransportError {
    let is_connecting = error
        .downcast_ref()
        .is_some_and(hyper_util::client::legacy::Error::is_connect);
    let mut found = TransportError::Malformed;
    for cause in causes(error) {
        if cause.is::<ConnectionsInUse>() {
            return TransportError::TooManyConnections;
        } else if cause.is::<BlockedAddress>() {
            return TransportError::BlockedAddress;
        } else if cause.is::<ConnectTimeout>() {
            return TransportError::Timeout(Phase::Connect);
        } else if cause.is::<ResolveError>() {
            return TransportError::Dns;
        } else if let Some(tls) = cause.downcast_ref::<RustlsError>() {
            return TransportError::Tls(tls_error(tls));
        } else if let Some(error) = cause.downcast_ref::<io::Error>() {
            let error = innermost(error);
            if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
                return TransportError::Tls(tls_error(tls));
            }
            found = io_error(error.kind()).unwrap_or(found);
            if is_connecting && found == TransportError::Incomplete {
                return TransportError::Reset;
            }
        } else if let Some(error) = cause.downcast_ref::<h2::Error>()
            && error.is_remote()
        {
            // The peer ended the stream (RST_STREAM) or the connection (GOAWAY).
            found = TransportError::Reset;
        } else if let Some(error) = cause.downcast_ref::<hyper::Error>()
            && error.is_incomplete_message()
        {
            found = TransportError::Incomplete;
        }
    }
    found
}

/// An I/O error may be wrapped in others, whose `source` skips it.
fn innermost(mut error: &io::Error) -> &io::Error {
    while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        error = inner;
    }
    error
}

fn tls_error(error: &RustlsError) -> TlsError {
    if let RustlsError::AlertReceived(alert) = error {
        TlsError::alert(u8::from(*alert))
    } else if matches!(
        error,
        RustlsError::InvalidCertificate(_) | RustlsError::NoCertificatesPresented
    ) {
        TlsError::Certificate
    } else {
        TlsError::Protocol
    }
}

/// `None` for a kind that says nothing about the connection.
fn io_error(kind: io::ErrorKind) -> Option<TransportError> {
    use io::ErrorKind as Kind;
    let table = [
        (Kind::ConnectionRefused, TransportError::Refused),
        (Kind::ConnectionReset, TransportError::Reset),
        (Kind::ConnectionAborted, TransportError::Reset),
        (Kind::BrokenPipe, TransportError::Reset),
        (Kind::TimedOut, TransportError::Timeout(Phase::Connect)),
        (Kind::HostUnreachable, TransportError::Unreachable),
        (Kind::NetworkUnreachable, TransportError::Unreachable),
        (Kind::UnexpectedEof, TransportError::Incomplete),
    ];
    let found = table.into_iter().find(|(known, _)| *known == kind);
    found.map(|(_, error)| error)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use outbound_policy::BlockedNetworks;

    use super::*;

    /// Wrapped twice, as the connector does it.
    fn wrapped(error: RustlsError) -> BoxError {
        Box::new(io::Error::other(io::Error::other(error)))
    }

    #[test]
    fn every_cause_has_its_transport_error() {
        let blocked = BlockedNetworks::default().block_private();
        let blocked = blocked.check([10, 0, 0, 1].into()).unwrap_err();
        let alert = rustls::AlertDescription::HandshakeFailure;
        let rows: Vec<(BoxError, TransportError)> = vec![
            (
                Box::new(ConnectionsInUse::new(1)),
                TransportError::TooManyConnections,
            ),
            (Box::new(blocked), TransportError::BlockedAddress),
            (
                Box::new(ConnectTimeout::new(Duration::ZERO)),
                TransportError::Timeout(Phase::Connect),
            ),
            (Box::new(ResolveError::new("unknown")), TransportError::Dns),
            (
                wrapped(RustlsError::AlertReceived(alert)),
                TransportError::Tls(TlsError::Alert {
                    code: 40,
                    name: Some("HandshakeFailure"),
                }),
            ),
            (
                wrapped(RustlsError::InvalidCertificate(
                    rustls::CertificateError::Expired,
                )),
                TransportError::Tls(TlsError::Certificate),
            ),
            (
                wrapped(RustlsError::DecryptError),
                TransportError::Tls(TlsError::Protocol),
            ),
            (
                Box::new(io::Error::from(io::ErrorKind::ConnectionRefused)),
                TransportError::Refused,
            ),
            (
                Box::new(io::Error::from(io::ErrorKind::ConnectionReset)),
                TransportError::Reset,
            ),
            (
                Box::new(io::Error::from(io::ErrorKind::HostUnreachable)),
                TransportError::Unreachable,
            ),
            (
                Box::new(io::Error::from(io::ErrorKind::UnexpectedEof)),
                TransportError::Incomplete,
            ),
            ("any other".into(), TransportError::Malformed),
        ];
        let wrong: Vec<String> = rows
            .into_iter()
            .filter_map(|(error, want)| {
                let shown = error.to_string();
                let got = failure(error).error;
                (got != want).then(|| format!("{shown}: got {got:?}, want {want:?}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_request_body_that_fails_is_not_a_fault_of_the_upstream() {
        let limits = HeaderLimits::default();
        let too_large = classify(Box::new(BodyError::TooLarge { limit: 7 }), limits);
        assert!(matches!(
            too_large,
            OutboundError::RequestBodyTooLarge { limit: 7 }
        ));
        let aborted = classify(Box::new(BodyError::Aborted("gone".into())), limits);
        assert!(matches!(aborted, OutboundError::RequestBodyAborted(_)));
    }
}
