//! Compares kinds and texts with the table that all SDKs share.

use std::collections::BTreeSet;

use super::{Error, ErrorKind, Reason};
use crate::headers::{HeaderNotUtf8, InvalidResponseHeader};
use crate::http::{Method, StatusCode};

/// A status that no response may have.
const STATUS: u16 = 7777;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    name: String,
    kind: String,
    text: String,
}

fn row(name: &str, kind: ErrorKind, text: impl Into<String>) -> Row {
    Row {
        name: name.to_owned(),
        kind: format!("{kind:?}"),
        text: text.into(),
    }
}

/// The rows of the shared table that this SDK has.
fn rows_of_the_table() -> BTreeSet<Row> {
    let path = "../host-test-harness/conformance/sdk-errors.json";
    let table = std::fs::read(path).unwrap();
    let table: serde_json::Value = serde_json::from_slice(&table).unwrap();
    let field = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    let reasons = table["reasons"].as_array().unwrap().iter();
    reasons
        .filter(|row| match row["languages"].as_array() {
            Some(languages) => languages.iter().any(|name| name == "rust"),
            None => true,
        })
        .map(|row| Row {
            name: field(row, "name"),
            kind: field(row, "kind"),
            text: field(row, "text"),
        })
        .collect()
}

/// The reason that follows `reason` in the declaration, with the placeholders of the table as
/// values. A new variant does not compile until it is a part of the chain.
fn following(reason: Option<&Reason>) -> Option<(&'static str, Reason)> {
    let Some(reason) = reason else {
        return Some(("destination_not_allowed", Reason::DestinationNotAllowed));
    };
    Some(match reason {
        Reason::DestinationNotAllowed => ("invalid_url", Reason::InvalidUrl),
        Reason::InvalidUrl => ("request_error", Reason::RequestError),
        Reason::RequestError => ("runtime_error", Reason::RuntimeError),
        Reason::RuntimeError => ("too_many_requests", Reason::TooManyRequests),
        Reason::TooManyRequests => ("host_returned_success", Reason::Success),
        Reason::Success => ("user_information", Reason::UserInformation),
        Reason::UserInformation => ("url_not_absolute", Reason::UrlNotAbsolute),
        Reason::UrlNotAbsolute => ("unsupported_method", Reason::UnsupportedMethod),
        Reason::UnsupportedMethod => (
            "header_value_not_utf8",
            Reason::HeaderNotUtf8(HeaderNotUtf8::example()),
        ),
        Reason::HeaderNotUtf8(_) => (
            "response_header_invalid",
            Reason::InvalidResponseHeader(InvalidResponseHeader::example()),
        ),
        Reason::InvalidResponseHeader(_) => {
            let source = StatusCode::from_u16(STATUS).unwrap_err();
            let status = STATUS;
            (
                "status_out_of_range",
                Reason::StatusOutOfRange { status, source },
            )
        }
        #[cfg(feature = "json")]
        Reason::StatusOutOfRange { .. } => {
            let error = serde_json::from_str::<()>("").unwrap_err();
            ("body_not_json", Reason::body_not_json(error))
        }
        #[cfg(not(feature = "json"))]
        Reason::StatusOutOfRange { .. } => ("no_host", Reason::NoHost),
        #[cfg(feature = "json")]
        Reason::Body { .. } => ("no_host", Reason::NoHost),
        #[cfg(feature = "wasi-http")]
        Reason::Redirect { .. } => return None,
        #[cfg(not(feature = "json"))]
        Reason::Body { .. } => return None,
        Reason::NoHost => return None,
    })
}

/// The rows that this SDK has, by its code.
fn rows_of_the_sdk() -> BTreeSet<Row> {
    let mut rows = BTreeSet::new();
    let mut last = following(None);
    while let Some((name, reason)) = last {
        let text = reason.to_string().replace(&STATUS.to_string(), "{status}");
        let text = text
            .replace("x-name", "{name}")
            .replace("\"{name}\"", "{name}");
        rows.insert(row(name, reason.kind(), text));
        last = following(Some(&reason));
    }
    let kind = ErrorKind::DestinationNotAllowed;
    for (uri, names) in [
        ("https://api.test/", &["add_origin", "listed_already"][..]),
        ("/", &["add_self", "listed_already"]),
        ("ftp://api.test/", &["scheme_cannot_be_permitted"]),
    ] {
        let (reason, uri) = (Reason::DestinationNotAllowed, uri.parse().unwrap());
        let message = Error::new(reason, Method::GET, uri).to_string();
        let message = message.replace("https://api.test\"", "{origin}\"");
        let advice: Vec<_> = message.split("; ").skip(1).collect();
        assert_eq!(advice.len(), names.len(), "{message}");
        rows.extend(
            names
                .iter()
                .zip(advice)
                .map(|(name, text)| row(name, kind, text)),
        );
    }
    if cfg!(not(feature = "json")) {
        let text = "the body cannot be encoded as JSON";
        rows.insert(row("body_not_json", ErrorKind::InvalidBody, text));
    }
    rows
}

#[test]
fn kinds_and_texts_equal_the_table_that_all_sdks_share() {
    let (got, want) = (rows_of_the_sdk(), rows_of_the_table());
    let lacking: Vec<_> = want.difference(&got).collect();
    let unknown: Vec<_> = got.difference(&want).collect();
    assert!(
        lacking.is_empty() && unknown.is_empty(),
        "the SDK lacks {lacking:#?}; the table lacks {unknown:#?}"
    );
}
