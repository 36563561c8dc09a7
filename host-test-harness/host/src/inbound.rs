//! A request from outside: what holds for all of them, its URL, and its record if the harness records such requests.

mod announced_body;

use harness_outbound::Body;
use harness_outbound::body::Bounded;
use harness_outbound::headers::{content_length, contradicting_content_length, value_to_text};
#[cfg(feature = "har")]
use harness_outbound::recording::InboundRecord;
use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Request, Response};
use hyper::body::Body as _;
use outbound_policy::Origin;

use self::announced_body::AnnouncedBody;
use crate::{Error, ErrorKind, Limits};

/// Holds a request of the embedder to what the server demands of a client. A body that streams fails at its limit, and
/// with [`ErrorKind::InvalidRequest`] if it is not as long as its `content-length`; a body in memory has no limit, since
/// the embedder holds it already.
///
/// # Errors
///
/// [`ErrorKind::LimitReached`] for a header section over its limit; [`ErrorKind::InvalidRequest`] for a scheme
/// other than http and https, an invalid or repeated `host`, and a `content-length` that is invalid, repeated with another
/// value, or not the length of the body in memory.
pub(crate) fn checked(request: Request<Body>, limits: &Limits) -> Result<Request<Body>, Error> {
    let (head, body) = request.into_parts();
    let invalid = |problem: String| {
        let message = format!("invalid request: {problem}");
        Err(Error::new(ErrorKind::InvalidRequest, message))
    };
    if let Some(scheme) = head.uri.scheme_str()
        && !["http", "https"].contains(&scheme)
    {
        return invalid(format!(
            "the scheme of the URL is `{scheme}`, want http or https"
        ));
    }
    if !limits.headers().allow(&head.headers) {
        let message = format!(
            "the header section of the request exceeds the limit of {}",
            limits.headers()
        );
        return Err(Error::new(ErrorKind::LimitReached, message));
    }
    if !has_valid_host(&head.headers) {
        return invalid("the header `host` is invalid or repeated".to_owned());
    }
    let announced_bytes = content_length(&head.headers);
    let body_bytes = body.size_hint().exact();
    let want_bytes = body_bytes.or(announced_bytes).unwrap_or(u64::MAX);
    let want_bytes = usize::try_from(want_bytes).unwrap_or(usize::MAX);
    if let Some(value) = contradicting_content_length(&head.headers, want_bytes) {
        return invalid(match body_bytes {
            Some(body_bytes) => format!(
                "`content-length: {}` and a body of {body_bytes} bytes",
                value_to_text(value).escape_debug()
            ),
            None => "the header `content-length` is invalid or repeated".to_owned(),
        });
    }
    let body = match (body, announced_bytes) {
        (Body::Buffered(body), _) => Body::Buffered(body),
        (body, None) => Body::stream(Bounded::new(body, limits.request_body_bytes)),
        (body, Some(announced_bytes)) => {
            let body = AnnouncedBody::new(body, announced_bytes);
            Body::stream(Bounded::new(body, limits.request_body_bytes))
        }
    };
    Ok(Request::from_parts(head, body))
}

/// Whether there is at most one `host`, and a valid one (RFC 9112 section 3.2).
pub(crate) fn has_valid_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => true,
        (Some(host), None) => host.is_empty() || Authority::try_from(host.as_bytes()).is_ok(),
        (Some(_), Some(_)) => false,
    }
}

/// The URL that the client asked for. A guest or a recording has it; it does not decide where anything is sent.
pub(crate) fn requested_url<B>(request: &Request<B>, origin: &Origin) -> String {
    let path_and_query = request.uri().path_and_query();
    let path_and_query = match path_and_query.map(PathAndQuery::as_str) {
        None => "/",
        // A request to the server as a whole (RFC 9112 section 3.2.4).
        Some("*") => "",
        Some(path_and_query) => path_and_query,
    };
    let host = match request.uri().authority() {
        // It takes precedence over a `host` field (RFC 9112 section 3.2.2).
        Some(authority) => Some(authority.as_str()),
        None => {
            let host = request.headers().get(HOST);
            host.and_then(|host| host.to_str().ok())
        }
    };
    match host {
        Some(host) => [origin.scheme().as_str(), "://", host, path_and_query].concat(),
        None => format!("{origin}{path_and_query}"),
    }
}

/// The record of a request in each recording of the harness. Without the feature `har` there is none.
#[derive(Default)]
pub(crate) struct InboundRecords {
    #[cfg(feature = "har")]
    pub(crate) records: Vec<InboundRecord>,
}

#[cfg_attr(
    not(feature = "har"),
    expect(unused_variables, reason = "nothing is recorded")
)]
impl InboundRecords {
    /// As [`InboundRecord::responded`].
    pub(crate) fn responded(self, response: Response<Body>) -> Response<Body> {
        #[cfg(feature = "har")]
        let response = (self.records.into_iter())
            .fold(response, |response, record| record.responded(response));
        response
    }

    /// As [`InboundRecord::replaced`].
    pub(crate) fn replaced(
        self,
        (cause, details): (&str, &str),
        response: Response<Body>,
    ) -> Response<Body> {
        #[cfg(feature = "har")]
        let response = self.records.into_iter().fold(response, |response, record| {
            record.replaced(cause.to_owned(), details.to_owned(), response)
        });
        response
    }

    /// As [`InboundRecord::failed`].
    pub(crate) fn failed(self, error: &Error) {
        #[cfg(feature = "har")]
        for record in self.records {
            record.failed(error.to_string(), error.details());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_an_absolute_url() {
        let origin = Origin::parse("http://localhost:3000").unwrap();
        for (uri, host, want) in [
            ("/a?b=1", Some("x.test:80"), "http://x.test:80/a?b=1"),
            ("/", None, "http://localhost:3000/"),
            ("http://y.test/a", Some("x.test"), "http://y.test/a"),
            ("*", Some("x.test"), "http://x.test"),
            ("*", None, "http://localhost:3000"),
        ] {
            let mut request = Request::options(uri);
            if let Some(host) = host {
                request = request.header(HOST, host);
            }
            let request = request.body(()).unwrap();
            assert_eq!(requested_url(&request, &origin), want, "{uri} of {host:?}");
        }
    }
}
