//! A recorded call as an entry of a mock file, in TOML.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, SET_COOKIE, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use spin_harness::outbound::headers::value_to_text;
use spin_harness::recording::{BodyEnd, RecordedExchange, RecordedResponse};

use crate::content::{Kind, sniff};

/// Fields that describe the connection, which the mock's own body decides, or that are secret.
const LEFT_OUT: [HeaderName; 8] = [
    CONNECTION,
    CONTENT_LENGTH,
    HeaderName::from_static("keep-alive"),
    SET_COOKIE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The mock that answers as the upstream did; `None` if there is no response to answer with.
pub(crate) fn to_toml(exchange: &RecordedExchange) -> Option<String> {
    let response = exchange.response.as_ref()?;
    let (method, url) = (exchange.request.method.as_str(), &exchange.request.url);
    let mut toml = String::new();
    if response.body.end != BodyEnd::Complete {
        toml += "# The body was not recorded to its end.\n";
    }
    let status = response.status.as_u16();
    // Nothing that is written to memory fails.
    let _ = write!(
        toml,
        "[[mock]]\nrequest = {{ method = {}, url = {} }}\n\n[mock.response]\nstatus = {status}\n",
        string(method),
        string(url)
    );
    let body = body(response);
    let given_type = body.as_ref().and_then(|(_, default_type)| *default_type);
    let fields = fields(&response.headers, given_type);
    if !fields.is_empty() {
        let _ = writeln!(toml, "headers = {{ {} }}", fields.join(", "));
    }
    if let Some((body, _)) = body {
        toml += &body;
    }
    Some(toml)
}

/// The fields of a response, each name with one value or a list of them.
fn fields(headers: &HeaderMap, given_type: Option<&str>) -> Vec<String> {
    let names = headers.keys().filter(|name| !LEFT_OUT.contains(name));
    let fields = names.filter_map(|name| {
        let values = headers.get_all(name).iter().map(value_to_text);
        let values: Vec<_> = values.collect();
        let is_given = *name == CONTENT_TYPE && values.iter().map(String::as_str).eq(given_type);
        let values: Vec<_> = values.iter().map(|value| string(value)).collect();
        match values.as_slice() {
            _ if is_given => None,
            [value] => Some(format!("{} = {value}", string(name.as_str()))),
            values => Some(format!(
                "{} = [{}]",
                string(name.as_str()),
                values.join(", ")
            )),
        }
    });
    fields.collect()
}

/// The line of the body, and the content type that it implies.
fn body(response: &RecordedResponse) -> Option<(String, Option<&'static str>)> {
    let bytes = &response.body.bytes;
    match sniff(bytes).0 {
        Kind::Empty => None,
        Kind::Text => {
            let text = String::from_utf8_lossy(bytes);
            Some((
                format!("text = {}\n", string(&text)),
                Some("text/plain; charset=utf-8"),
            ))
        }
        Kind::Image | Kind::Binary => {
            Some((format!("base64 = \"{}\"\n", STANDARD.encode(bytes)), None))
        }
    }
}

/// A basic string of TOML.
fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            '\r' => quoted += "\\r",
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
