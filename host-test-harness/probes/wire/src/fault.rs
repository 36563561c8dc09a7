//! Mistakes of real SDKs, on demand. The conformance suite must detect each of them.

use probe_protocol::{Body, Description, Outcome};

/// A mistake, chosen by the environment variable `FAULT`.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    None,
    DropQuery,
    MergeHeaders,
    CutBody,
    SwallowError,
    DefaultHeader,
}

impl Fault {
    pub(crate) fn from_environment() -> Self {
        match std::env::var("FAULT").as_deref() {
            Ok("drop-query") => Self::DropQuery,
            Ok("merge-headers") => Self::MergeHeaders,
            Ok("cut-body") => Self::CutBody,
            Ok("swallow-error") => Self::SwallowError,
            Ok("default-header") => Self::DefaultHeader,
            Ok(other) => panic!("unknown fault {other}"),
            Err(_) => Self::None,
        }
    }

    pub(crate) fn request(self, mut request: Description) -> Description {
        match self {
            Self::DropQuery => {
                let path = request.uri.split('?').next().unwrap_or_default();
                request.uri = path.to_owned();
            }
            Self::MergeHeaders => request.headers = merged(request.headers),
            Self::DefaultHeader => request.headers.push(("accept".into(), "*/*".into())),
            Self::None | Self::CutBody | Self::SwallowError => {}
        }
        request
    }

    pub(crate) fn outcome(self, outcome: Outcome) -> Outcome {
        match (self, outcome) {
            (Self::SwallowError, Outcome::Error { .. }) => Outcome::Response {
                status: 200,
                headers: vec![],
                body: None,
                trailers: vec![],
            },
            (
                Self::CutBody,
                Outcome::Response {
                    status,
                    headers,
                    body: Some(mut body),
                    trailers,
                },
            ) => {
                body.0.pop();
                Outcome::Response {
                    status,
                    headers,
                    body: Some(Body(body.0)),
                    trailers,
                }
            }
            (
                Self::MergeHeaders,
                Outcome::Response {
                    status,
                    headers,
                    body,
                    trailers,
                },
            ) => Outcome::Response {
                status,
                headers: merged(headers),
                body,
                trailers,
            },
            (_, outcome) => outcome,
        }
    }
}

/// Keeps only the last value of each name, as a map would.
fn merged(headers: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        kept.retain(|(known, _)| *known != name);
        kept.push((name, value));
    }
    kept
}
