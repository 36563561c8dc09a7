//! The guest gets every response whole and unchanged, or an error.

use std::collections::BTreeMap;

use harness_outbound::{CallLimits, HeaderLimits};
use http::Method;
use outbound_policy::Target;

use crate::exchange::{GuestRequest, GuestResponse, Import, exchange};

const HEADER_FIELDS: usize = 16;
const HEADER_SECTION_BYTES: usize = 8 << 10;
const RESPONSE_BODY_BYTES: usize = 1 << 10;

type Fields = BTreeMap<String, Vec<String>>;

/// Reads `input` as an upstream's response to a GET; after a line `HEAD`, to a HEAD.
pub fn check(input: &[u8]) {
    let (method, response) = match input.strip_prefix(b"HEAD\n") {
        Some(response) => (Method::HEAD, response),
        None => (Method::GET, input),
    };
    let request = GuestRequest {
        method: method.clone(),
        headers: Vec::new(),
        body: None,
    };
    let target = Target::parse("http://api.test/", None).expect("a valid value");
    let limits = |redirects| CallLimits {
        headers: HeaderLimits {
            fields: HEADER_FIELDS,
            bytes: HEADER_SECTION_BYTES,
        },
        response_body_bytes: RESPONSE_BODY_BYTES,
        redirects,
        ..CallLimits::default()
    };
    // A redirect leads to the one connection again, which fails.
    exchange(
        Import::Spin,
        request.clone(),
        &target,
        response.to_vec(),
        limits(1),
    );
    let got = exchange(Import::Spin, request, &target, response.to_vec(), limits(0));
    let got = got.response;
    if let Ok(got) = &got {
        check_limits(got);
    }
    match (read(response, method == Method::HEAD), got) {
        (Reading::Whole(want), got) => {
            let is_within = is_within_limits(&want);
            match got {
                Ok(got) => {
                    assert!((200..=999).contains(&got.status), "got {got:?}");
                    assert_eq!(got.status, want.status);
                    assert_eq!(by_name(&got), by_name(&want));
                    assert_eq!(got.body, want.body);
                }
                Err(error) => assert!(!is_within, "{want:?} failed: {error}"),
            }
        }
        (Reading::Incomplete, got) => assert!(got.is_err(), "an incomplete response, got {got:?}"),
        (Reading::Odd, _) => {}
    }
}

fn check_limits(got: &GuestResponse) {
    assert!(got.headers.len() <= HEADER_FIELDS);
    assert!(got.body.len() <= RESPONSE_BODY_BYTES);
}

fn is_within_limits(want: &GuestResponse) -> bool {
    let section_bytes: usize = want
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    want.headers.len() <= HEADER_FIELDS
        && section_bytes <= HEADER_SECTION_BYTES
        && want.body.len() <= RESPONSE_BODY_BYTES
}

fn by_name(response: &GuestResponse) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in &response.headers {
        fields.entry(name.clone()).or_default().push(value.clone());
    }
    fields
}

/// A message as a parser of the plain grammar of RFC 9112 reads it.
enum Reading {
    Whole(GuestResponse),
    /// It ends before the end that it announces.
    Incomplete,
    /// It breaks the grammar, so that parsers may differ.
    Odd,
}

fn read(mut response: &[u8], is_head: bool) -> Reading {
    loop {
        let Some(end) = response.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            return Reading::Odd;
        };
        let (head, rest) = (&response[..end], &response[end + 4..]);
        let Some((status, headers)) = read_head(head) else {
            return Reading::Odd;
        };
        match status {
            101 => return Reading::Odd,
            100..=199 => response = rest,
            200..=999 => return read_body(status, headers, rest, is_head),
            _ => return Reading::Odd,
        }
    }
}

fn read_head(head: &[u8]) -> Option<(u16, Vec<(String, String)>)> {
    let text: String = head.iter().map(|&byte| char::from(byte)).collect();
    let mut lines = text.split("\r\n");
    let status_line = lines.next()?.strip_prefix("HTTP/1.1 ")?;
    let (status, reason) = status_line.split_once(' ')?;
    let is_status = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
    if !is_status || !is_text(reason) {
        return None;
    }
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) || !is_text(value) {
            return None;
        }
        let value = value.trim_matches([' ', '\t']);
        headers.push((name.to_ascii_lowercase(), as_guests_read(value)));
    }
    Some((status.parse().ok()?, headers))
}

fn is_text(value: &str) -> bool {
    value
        .chars()
        .all(|character| character == '\t' || !character.is_ascii_control())
}

/// `value`, which was read as ISO-8859-1, as UTF-8 if it is valid UTF-8.
fn as_guests_read(value: &str) -> String {
    let byte = |character| u8::try_from(character).expect("each was a byte");
    let bytes = value.chars().map(byte).collect();
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

fn read_body(status: u16, headers: Vec<(String, String)>, rest: &[u8], is_head: bool) -> Reading {
    let all = |name: &str| {
        let values = headers.iter().filter(|(known, _)| known == name);
        values.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    let whole = |body: &[u8]| {
        Reading::Whole(GuestResponse {
            status,
            headers: headers.clone(),
            body: body.to_vec(),
        })
    };
    let (lengths, codings) = (all("content-length"), all("transfer-encoding"));
    match (lengths.as_slice(), codings.as_slice()) {
        ([], [coding]) if coding.eq_ignore_ascii_case("chunked") => {
            if is_head || matches!(status, 204 | 304) {
                return whole(b"");
            }
            read_chunks(rest).map_or_else(|reading| reading, |body| whole(&body))
        }
        ([length], []) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
            let Ok(length) = length.parse::<u64>() else {
                return Reading::Odd;
            };
            if is_head || matches!(status, 204 | 304) {
                return whole(b"");
            }
            match usize::try_from(length)
                .ok()
                .and_then(|length| rest.get(..length))
            {
                Some(body) => whole(body),
                None => Reading::Incomplete,
            }
        }
        ([], []) if is_head || matches!(status, 204 | 304) => whole(b""),
        ([], []) => whole(rest),
        _ => Reading::Odd,
    }
}

/// Chunks without extensions and trailers.
fn read_chunks(mut rest: &[u8]) -> Result<Vec<u8>, Reading> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|bytes| bytes == b"\r\n");
        let digits = &rest[..end.unwrap_or(rest.len())];
        let is_size = digits.len() <= 8 && digits.iter().all(u8::is_ascii_hexdigit);
        if !is_size {
            return Err(Reading::Odd);
        }
        let Some(end) = end.filter(|end| *end > 0) else {
            return Err(if rest.is_empty() {
                Reading::Incomplete
            } else {
                Reading::Odd
            });
        };
        let digits = std::str::from_utf8(digits).expect("a valid value");
        let size = usize::from_str_radix(digits, 16).expect("a valid value");
        rest = &rest[end + 2..];
        if size == 0 {
            return if rest.starts_with(b"\r\n") {
                Ok(body)
            } else {
                Err(if rest.is_empty() {
                    Reading::Incomplete
                } else {
                    Reading::Odd
                })
            };
        }
        let Some(chunk) = rest.get(..size) else {
            return Err(Reading::Incomplete);
        };
        body.extend_from_slice(chunk);
        match rest.get(size..size + 2) {
            Some(b"\r\n") => rest = &rest[size + 2..],
            Some(_) => return Err(Reading::Odd),
            None => return Err(Reading::Incomplete),
        }
    }
}
