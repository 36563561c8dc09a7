//! A request from outside: its URL, and its record if the harness records such requests.

use harness_outbound::Body;
#[cfg(feature = "har")]
use harness_outbound::recording::InboundRecord;
use http::header::HOST;
use http::{Request, Response};
use outbound_policy::Origin;

use crate::Error;

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
