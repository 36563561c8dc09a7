//! Responses without a component, `static_response` of an HTTP trigger.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::document::{Table, Value};
use crate::error::{ManifestError, ManifestErrorKind, collect_all};
use crate::manifest::{Route, StaticResponse};

/// The fields that HTTP sets itself, since they describe the connection or the framing of the body (RFC 9110 section 7.6.1).
const FRAMING: [HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// Reads the response of a trigger that has no component and is not private.
pub(super) fn read(
    response: &Value<'_>,
    trigger: &Table<'_>,
    route: &Route,
) -> Result<StaticResponse, ManifestError> {
    let conflict = |key: &str| {
        let message =
            format!("a trigger has either `{key}` or `static_response`; remove one of them");
        Err(response
            .at()
            .error(ManifestErrorKind::InvalidValue, message))
    };
    if trigger.get("component").is_some() {
        return conflict("component");
    }
    if *route == Route::Private {
        return conflict("route = { private = true }");
    }
    let table = response.table("a table, such as `{ status_code = 404, body = \"…\" }`")?;
    table.only(&["status_code", "headers", "body"])?;
    Ok(StaticResponse {
        status: match table.get("status_code") {
            Some(status) => read_status(&status)?,
            None => StatusCode::OK,
        },
        headers: match table.get("headers") {
            Some(headers) => read_headers(&headers)?,
            None => HeaderMap::new(),
        },
        body: match table.get("body") {
            Some(body) => body.string()?.to_owned(),
            None => String::new(),
        },
    })
}

fn read_status(status: &Value<'_>) -> Result<StatusCode, ManifestError> {
    let code = status
        .as_integer()
        .ok_or_else(|| status.wrong_type("an integer"))?;
    let valid = code.parse().ok().filter(|code| (200..=599).contains(code));
    valid
        .and_then(|code: u16| StatusCode::from_u16(code).ok())
        .ok_or_else(|| {
            let message = format!("invalid status {code}; use 200 to 599");
            status.at().error(ManifestErrorKind::InvalidValue, message)
        })
}

fn read_headers(headers: &Value<'_>) -> Result<HeaderMap, ManifestError> {
    let headers = headers.table("a table of strings, such as `{ location = \"/spin/\" }`")?;
    let fields = collect_all(headers.strings()?.into_iter().map(|(name, value, at)| {
        let invalid = |what: &str| {
            let message = format!("invalid {what} of a header");
            at.error(ManifestErrorKind::InvalidValue, message)
        };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_invalid| invalid("name"))?;
        let value = HeaderValue::from_str(value).map_err(|_invalid| invalid("value"))?;
        if FRAMING.contains(&name) {
            let message = "the server sets this header itself; remove it";
            return Err(at.error(ManifestErrorKind::InvalidValue, message));
        }
        Ok((name, value))
    }))?;
    Ok(fields.into_iter().collect())
}
