//! A recorded exchange as an entry of a file.

use std::time::Duration;

use http::Version;
use http::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use jiff::Timestamp;
use url::form_urlencoded;

use super::document::{
    Cache, Content, Entry, Passage, PostData, QueryParameter, Request, Response, Timings,
};
use super::fields::fields_to_har;
use super::{content, cookies};
use crate::exchange::Via;
use crate::headers::value_to_text;
use crate::recording::{
    Direction, RecordedExchange, RecordedRequest, RecordedResponse, RecordedTimings, Redaction,
};
use crate::transport::error_name::error_to_name;

impl Entry {
    /// The entry of an exchange, without what `redaction` names.
    ///
    /// ```
    /// use harness_outbound::har::Entry;
    /// use harness_outbound::recording::{RecordedExchange, Redaction};
    ///
    /// fn status_and_size(exchange: &RecordedExchange) -> (i64, i64) {
    ///     let entry = Entry::new(exchange, &Redaction::default());
    ///     (entry.response.status, entry.response.content.size)
    /// }
    /// ```
    #[must_use]
    pub fn new(exchange: &RecordedExchange, redaction: &Redaction) -> Self {
        let mut shown = exchange.clone();
        redaction.apply(&mut shown);
        // The lists of cookies keep the names, which the redacted fields do not have any more.
        let sent = cookies::sent(&exchange.request.headers, redaction);
        let set = exchange
            .response
            .as_ref()
            .map(|response| cookies::set(&response.headers, redaction));
        let version = version_to_har(shown.response.as_ref().map(|response| response.version));
        let address = match &shown.via {
            Some(Via::Network { address }) => *address,
            Some(Via::InProcess { .. } | Via::Mock { .. }) | None => None,
        };
        Self {
            started_date_time: Timestamp::try_from(shown.started).map_or_else(
                |_| "1970-01-01T00:00:00.000Z".to_owned(),
                |time| format!("{time:.3}"),
            ),
            time: milliseconds(shown.timings.total()),
            request: Request {
                cookies: sent,
                ..request(&shown.request, version)
            },
            response: Response {
                cookies: set.unwrap_or_default(),
                ..response(&shown)
            },
            cache: Cache {},
            timings: timings(&shown.timings),
            server_ip_address: address.map(|address| address.ip().to_string()),
            connection: address.map(|address| address.port().to_string()),
            exact: true,
            direction: match shown.direction {
                Direction::Outbound => None,
                Direction::Inbound => Some("inbound".to_owned()),
            },
            chain: shown.chain,
            component: shown.component.map(|name| name.to_string()),
            hop: Some(shown.hop).filter(|hop| *hop > 0),
            rule: shown.rule,
            via: shown.via,
        }
    }
}

fn request(recorded: &RecordedRequest, version: &str) -> Request {
    let bytes = &recorded.body.bytes;
    let post_data = (!bytes.is_empty()).then(|| {
        let (text, encoding) = content::text_of(bytes);
        PostData {
            mime_type: content_type(&recorded.headers).unwrap_or_default(),
            text: Some(text),
            encoding,
            ..PostData::default()
        }
    });
    Request {
        method: recorded.method.as_str().to_owned(),
        url: recorded.url.clone(),
        http_version: version.to_owned(),
        cookies: Vec::new(),
        headers: fields_to_har(&recorded.headers),
        query_string: query(&recorded.url),
        post_data,
        headers_size: -1,
        body_size: size(recorded.body.size),
        passage: content::passage_to_har(&recorded.body),
    }
}

fn response(exchange: &RecordedExchange) -> Response {
    let failure = exchange.failure.as_ref();
    let kind = failure.and_then(|failure| failure.error.as_ref());
    let head = exchange.response.as_ref().map_or_else(no_response, head);
    Response {
        error: failure.map(|failure| failure.cause.clone()),
        error_kind: kind.map(|kind| error_to_name(kind).into_owned()),
        error_code: failure.and_then(|failure| failure.error_code.clone()),
        error_details: failure.and_then(|failure| failure.details.clone()),
        ..head
    }
}

fn no_response() -> Response {
    Response {
        status: 0,
        status_text: String::new(),
        http_version: String::new(),
        cookies: Vec::new(),
        headers: Vec::new(),
        content: Content {
            size: 0,
            ..Content::default()
        },
        redirect_url: String::new(),
        headers_size: -1,
        body_size: -1,
        passage: Passage::default(),
        error: None,
        error_kind: None,
        error_code: None,
        error_details: None,
    }
}

fn head(recorded: &RecordedResponse) -> Response {
    let bytes = &recorded.body.bytes;
    let (text, encoding) = content::text_of(bytes);
    let location = recorded.headers.get(LOCATION);
    Response {
        status: i64::from(recorded.status.as_u16()),
        status_text: recorded
            .status
            .canonical_reason()
            .unwrap_or_default()
            .to_owned(),
        http_version: version_to_har(Some(recorded.version)).to_owned(),
        headers: fields_to_har(&recorded.headers),
        content: Content {
            size: size(recorded.body.size),
            mime_type: content_type(&recorded.headers)
                .filter(|content_type| !content_type.is_empty())
                .unwrap_or_else(|| "x-unknown".to_owned()),
            text: Some(text),
            encoding,
            file: None,
        },
        redirect_url: location.map(value_to_text).unwrap_or_default(),
        body_size: size(recorded.body.size),
        passage: content::passage_to_har(&recorded.body),
        ..no_response()
    }
}

fn query(url: &str) -> Vec<QueryParameter> {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let query = url.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| QueryParameter {
            name: name.into_owned(),
            value: value.into_owned(),
        })
        .collect()
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE).map(value_to_text)
}

fn version_to_har(version: Option<Version>) -> &'static str {
    match version {
        Some(Version::HTTP_09) => "HTTP/0.9",
        Some(Version::HTTP_10) => "HTTP/1.0",
        Some(Version::HTTP_2) => "HTTP/2.0",
        Some(Version::HTTP_3) => "HTTP/3.0",
        _ => "HTTP/1.1",
    }
}

fn timings(recorded: &RecordedTimings) -> Timings {
    let optional = |duration: Option<Duration>| duration.map_or(-1.0, milliseconds);
    Timings {
        blocked: milliseconds(recorded.blocked),
        dns: optional(recorded.dns),
        connect: optional(recorded.connect),
        send: milliseconds(recorded.send),
        wait: milliseconds(recorded.wait),
        receive: milliseconds(recorded.receive),
        ssl: optional(recorded.tls),
    }
}

/// Milliseconds with three decimals.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn size(n_bytes: u64) -> i64 {
    i64::try_from(n_bytes).unwrap_or(i64::MAX)
}
