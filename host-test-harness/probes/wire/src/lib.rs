//! The wire probe: what reaches the host is exactly what the description says, valid or not.
//!
//! `POST /` follows the protocol of the probes, with a mistake if the environment names one. Every other path is a way to misbehave.

use bindings::exports::fermyon::spin::inbound_http::{Guest, Request, Response};
use bindings::fermyon::spin::http;
use bindings::fermyon::spin::http_types::{HttpError, Method};
use fault::Fault;
use probe_protocol::{Body, Description, Outcome};

mod fault;

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "http-trigger", generate_all });
}

struct Component;
bindings::export!(Component with_types_in bindings);

impl Guest for Component {
    fn handle_request(request: Request) -> Response {
        let (path, query) = request.uri.split_once('?').unwrap_or((&request.uri, ""));
        match path {
            "/" => match answer(&request.body.unwrap_or_default()) {
                Ok(outcomes) => respond(200, vec![], outcomes),
                Err(error) => respond(400, vec![], error.to_string().into_bytes()),
            },
            "/echo" => echo(request),
            "/relay" => relay(request.body.unwrap_or_default()),
            "/call-self" => call_self(),
            "/status" => respond(query.parse().expect("a number"), vec![], vec![]),
            "/bad-header" => respond(200, vec![("x-a".into(), "1\r\nx-b: 2".into())], vec![]),
            "/loop" => loop_forever(),
            "/sleep" => sleep_forever(),
            "/panic" => panic!("the probe was told to panic"),
            "/exit" => std::process::exit(7),
            "/memory" => eat_memory(),
            "/stack" => respond(200, vec![], vec![eat_stack(1)]),
            "/stderr" => flood_stderr(),
            "/read" => match std::fs::read(query) {
                Ok(bytes) => respond(200, vec![], bytes),
                Err(error) => respond(404, vec![], error.to_string().into_bytes()),
            },
            "/write" => match std::fs::write(query, "written") {
                Ok(()) => respond(200, vec![], vec![]),
                Err(error) => respond(403, vec![], error.to_string().into_bytes()),
            },
            "/environment" => respond(200, vec![], environment().into_bytes()),
            path => respond(404, vec![], path.as_bytes().to_vec()),
        }
    }
}

fn answer(descriptions: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let fault = Fault::from_environment();
    probe_protocol::answer(descriptions, |description| {
        fault.outcome(send(fault.request(description)))
    })
}

fn respond(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Response {
    Response {
        status,
        headers: Some(headers),
        body: Some(body),
    }
}

fn send(description: Description) -> Outcome {
    let method = match description.method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "PATCH" => Method::Patch,
        "HEAD" => Method::Head,
        "OPTIONS" => Method::Options,
        other => {
            return Outcome::Error {
                kind: "unsupported-method".into(),
                message: String::new(),
                method: Some(other.into()),
                url: Some(description.uri),
            };
        }
    };
    let (named, url) = (description.method.clone(), description.uri.clone());
    let body = description.body.map(|body| body.0);
    let request = Request {
        method,
        uri: description.uri,
        headers: description.headers,
        params: vec![],
        body,
    };
    match http::send_request(&request) {
        Ok(response) => Outcome::Response {
            status: response.status,
            headers: response.headers.unwrap_or_default(),
            body: response.body.map(Body),
        },
        Err(error) => Outcome::Error {
            kind: kind(error).into(),
            message: String::new(),
            method: Some(named),
            url: Some(url),
        },
    }
}

fn kind(error: HttpError) -> &'static str {
    match error {
        HttpError::Success => "success",
        HttpError::DestinationNotAllowed => "destination-not-allowed",
        HttpError::InvalidUrl => "invalid-url",
        HttpError::RequestError => "request-error",
        HttpError::RuntimeError => "runtime-error",
        HttpError::TooManyRequests => "too-many-requests",
    }
}

fn describe(method: Method, uri: &str, body: Option<Vec<u8>>) -> Vec<u8> {
    let body = body.map(|body| String::from_utf8_lossy(&body).into_owned());
    format!("{method:?} {uri} {body:?}").into_bytes()
}

/// Answers with the headers that came, but the length of another body, and tells the rest.
fn echo(mut request: Request) -> Response {
    request.headers.retain(|(name, _)| name != "content-length");
    let told = describe(request.method, &request.uri, request.body);
    respond(200, request.headers, told)
}

/// Answers with what the URL in the body answers, byte for byte; an error is a 502 with its kind.
fn relay(url: Vec<u8>) -> Response {
    let request = Request {
        method: Method::Get,
        uri: String::from_utf8(url).expect("a URL"),
        headers: vec![],
        params: vec![],
        body: None,
    };
    http::send_request(&request)
        .unwrap_or_else(|error| respond(502, vec![], kind(error).as_bytes().to_vec()))
}

/// Calls itself for as long as the host lets it, and tells how deep the calls went.
fn call_self() -> Response {
    let request = Request {
        method: Method::Get,
        uri: "/call-self".into(),
        headers: vec![],
        params: vec![],
        body: None,
    };
    let depth = match http::send_request(&request) {
        Ok(response) => {
            let text = String::from_utf8(response.body.unwrap_or_default()).expect("a number");
            text.parse::<u32>().expect("a number") + 1
        }
        Err(_) => 0,
    };
    respond(200, vec![], depth.to_string().into_bytes())
}

#[inline(never)]
fn loop_forever() -> Response {
    let mut number = 0_u64;
    loop {
        number = std::hint::black_box(number.wrapping_add(1));
    }
}

#[expect(clippy::disallowed_methods, reason = "what the harness must bound")]
fn sleep_forever() -> Response {
    std::thread::sleep(std::time::Duration::MAX);
    respond(200, vec![], vec![])
}

fn eat_memory() -> Response {
    let mut blocks = Vec::new();
    loop {
        blocks.push(vec![1_u8; 1 << 20]);
        std::hint::black_box(&blocks);
    }
}

#[inline(never)]
fn eat_stack(depth: u64) -> u8 {
    let frame = std::hint::black_box([1_u8; 1024]);
    let deeper = if std::hint::black_box(true) {
        eat_stack(depth + 1)
    } else {
        0
    };
    deeper.wrapping_add(frame[depth as usize % 1024])
}

fn flood_stderr() -> Response {
    for line in 0..100_000 {
        eprintln!("line {line} of a guest that talks too much");
    }
    panic!("the last words")
}

/// What the sandbox shows: variables, arguments, files and sockets.
fn environment() -> String {
    let variables: Vec<_> = std::env::vars().collect();
    let root = std::fs::read_dir("/").is_ok();
    let socket = std::net::TcpStream::connect("127.0.0.1:9").map_err(|error| error.kind());
    let lookup = std::net::ToSocketAddrs::to_socket_addrs("localhost:80").is_ok();
    format!(
        "variables {variables:?}; root {root}; socket {}; lookup {lookup}",
        socket.is_ok()
    )
}
