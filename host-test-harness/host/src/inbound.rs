//! A request from outside: its URL, and its record if the harness records such requests.

use http::Request;
use http::header::HOST;
use outbound_policy::Origin;

/// The URL that the client asked for. A guest or a recording has it; it does not decide where anything is sent.
pub(crate) fn requested_url<B>(request: &Request<B>, origin: &Origin) -> String {
    let path_and_query = request.uri().path_and_query();
    let path_and_query = path_and_query.map_or("/", |path| path.as_str());
    let host = match request.uri().authority() {
        // It takes precedence over a `host` field (RFC 9112 section 3.2.2).
        Some(authority) => Some(authority.as_str()),
        None => {
            let host = request.headers().get(HOST);
            host.and_then(|host| host.to_str().ok())
        }
    };
    match host {
        Some(host) => format!("{}://{host}{path_and_query}", origin.scheme()),
        None => format!("{origin}{path_and_query}"),
    }
}

#[cfg(feature = "har")]
pub(crate) use harness_outbound::recording::InboundRecord;

/// The record of a request. Without the feature `har` there is none.
#[cfg(not(feature = "har"))]
pub(crate) enum InboundRecord {}

#[cfg(not(feature = "har"))]
impl InboundRecord {
    pub(crate) fn responded(
        self,
        _response: http::Response<harness_outbound::Body>,
    ) -> http::Response<harness_outbound::Body> {
        match self {}
    }

    pub(crate) fn replaced(
        self,
        _cause: String,
        _details: String,
        _response: http::Response<harness_outbound::Body>,
    ) -> http::Response<harness_outbound::Body> {
        match self {}
    }

    pub(crate) fn failed(self, _cause: String, _details: String) {
        match self {}
    }
}
