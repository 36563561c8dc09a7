//! A request on the wire is the guest's: its fields, the upstream's name and the framing, and nothing else.

use std::collections::BTreeMap;

use harness_outbound::{CallLimits, HeaderLimits};
use http::Method;
use outbound_policy::{Origin, Target};

use crate::exchange::{Exchange, GuestRequest, Import, exchange};

/// Fields that describe one connection, as RFC 9110 section 7.6.1 lists them, and those of old.
const HOP_BY_HOP: [&str; 6] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Fields that the host settles.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

type Fields = BTreeMap<String, Vec<Vec<u8>>>;

/// Reads `input` as a request, with an empty line between its parts: `METHOD URI`, then fields, and after two empty
/// lines the body.
pub fn check(input: &[u8]) {
    let (head, body) = match input.windows(3).position(|bytes| bytes == b"\n\n\n") {
        Some(end) => (&input[..end], Some(input[end + 3..].to_vec())),
        None => (input, None),
    };
    let head = String::from_utf8_lossy(head);
    let mut parts = head.split("\n\n");
    let (method, uri) = parts
        .next()
        .and_then(|line| line.split_once(' '))
        .unwrap_or(("GET", "http://api.test/"));
    let self_origin = Origin::parse("http://127.0.0.1:3000").expect("a valid value");
    let Ok(target) = Target::parse(uri, Some(&self_origin)) else {
        return;
    };
    if target.origin().is_none() {
        return; // Denied by every list.
    }
    let field = |part: &str| {
        let (name, value) = part.split_once(": ").unwrap_or((part, ""));
        (name.to_owned(), value.to_owned())
    };
    let request = GuestRequest {
        method: method_named(method),
        headers: parts.map(field).collect(),
        body,
    };
    for import in [Import::Spin, Import::WasiHttp] {
        let limits = CallLimits {
            headers: HeaderLimits {
                fields: 16,
                bytes: 8 << 10,
            },
            request_body_bytes: 1 << 10,
            ..CallLimits::default()
        };
        let got = exchange(import, request.clone(), &target, RESPONSE.to_vec(), limits);
        check_exchange(import, &request, &target, &got);
    }
}

fn method_named(name: &str) -> Method {
    [
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::HEAD,
        Method::OPTIONS,
    ]
    .into_iter()
    .find(|method| method.as_str() == name)
    .unwrap_or(Method::GET)
}

fn check_exchange(import: Import, request: &GuestRequest, target: &Target, got: &Exchange) {
    if got.sent.is_empty() {
        assert!(got.response.is_err(), "got {got:?} though nothing was sent");
        return;
    }
    check_dialled(target, got);
    let (head, body) = split_head(&got.sent).expect("a whole head is sent");
    let mut lines = head.split("\r\n");
    let path_and_query = target.uri().path_and_query().expect("a valid value");
    let request_line = format!("{} {path_and_query} HTTP/1.1", request.method);
    assert_eq!(lines.next(), Some(request_line.as_str()));
    let mut sent = Fields::new();
    for line in lines {
        assert!(!line.contains(['\r', '\n', '\0']), "sent {line:?}");
        let (name, value) = line.split_once(": ").expect("a field");
        let values = sent.entry(name.to_owned()).or_default();
        values.push(value.as_bytes().to_vec());
    }
    assert_eq!(sent.get("host").map(Vec::len), Some(1), "sent {sent:?}");
    check_body(import, request, &sent, body, got);
    sent.retain(|name, _| !FRAMING.contains(&name.as_str()));
    assert_eq!(sent, wanted_fields(import, request, target));
}

fn check_dialled(target: &Target, got: &Exchange) {
    let [dialled] = got.dialled.as_slice() else {
        panic!("one connection carries one exchange, got {:?}", got.dialled);
    };
    let origin = target.origin().expect("a valid value");
    assert_eq!(dialled.scheme_str(), Some(origin.scheme().as_str()));
    assert_eq!(dialled.host(), Some(origin.host().to_string().as_str()));
    let port = dialled.port_u16().unwrap_or(origin.scheme().default_port());
    assert_eq!(port, origin.port());
}

/// The head as text, without the line that ends it, and what follows.
fn split_head(sent: &[u8]) -> Option<(String, &[u8])> {
    let end = sent.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&sent[..end]).expect("what a guest gives is text");
    Some((head.to_owned(), &sent[end + 4..]))
}

/// The guest's own fields but for those of a connection, and `host`. A guest of `wasi:http` may accept trailers.
fn wanted_fields(import: Import, request: &GuestRequest, target: &Target) -> Fields {
    let named: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("connection"))
        .flat_map(|(_, value)| value.split(','))
        .map(|name| name.trim_ascii().to_ascii_lowercase())
        .collect();
    let mut wanted = Fields::new();
    for (name, value) in &request.headers {
        let name = name.to_ascii_lowercase();
        let is_dropped = HOP_BY_HOP.contains(&name.as_str())
            || FRAMING.contains(&name.as_str())
            || named.contains(&name);
        if !is_dropped {
            let values = wanted.entry(name).or_default();
            values.push(value.as_bytes().to_vec());
        }
    }
    let mut codings = request
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("te"))
        .flat_map(|(_, value)| value.split(','));
    if import == Import::WasiHttp
        && codings.any(|coding| coding.trim_ascii().eq_ignore_ascii_case("trailers"))
    {
        wanted.insert("te".to_owned(), vec![b"trailers".to_vec()]);
    }
    let origin = target.origin().expect("a valid value");
    let host = if origin.port() == origin.scheme().default_port() {
        origin.host().to_string()
    } else {
        format!("{}:{}", origin.host(), origin.port())
    };
    wanted
        .entry("host".to_owned())
        .or_insert_with(|| vec![host.into_bytes()]);
    wanted
}

/// The bytes after the head are the guest's body, framed in one way.
fn check_body(import: Import, request: &GuestRequest, sent: &Fields, body: &[u8], got: &Exchange) {
    let one = |name: &str| {
        let values = sent.get(name)?;
        assert_eq!(values.len(), 1, "sent {sent:?}");
        Some(String::from_utf8(values[0].clone()).expect("a valid value"))
    };
    let (length, coding) = (one("content-length"), one("transfer-encoding"));
    let given = request.body.as_deref();
    assert_eq!(coding, None, "the length of a whole body is known");
    match import {
        Import::Spin => {
            let expects_body = [Method::POST, Method::PUT, Method::PATCH].contains(&request.method);
            let known = given.map(<[u8]>::len).or(expects_body.then_some(0));
            assert_eq!(length, known.map(|length| length.to_string()));
            assert_eq!(body, given.unwrap_or_default());
            assert!(got.response.is_ok(), "got {got:?} though all was sent");
        }
        // The guest's own length is checked before, by the interface.
        Import::WasiHttp => {
            assert!(given.unwrap_or_default().starts_with(body), "sent {body:?}");
        }
    }
}
