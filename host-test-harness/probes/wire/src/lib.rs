//! The wire probe: passes requests to the host exactly as described, valid or not.
//!
//! `POST /` speaks the probe protocol, with a mistake if the environment names one ([`Fault`]).
//! The other paths test one behaviour or misbehaviour each.

use bindings::exports::fermyon::spin::inbound_http::{Guest, Request, Response};
use bindings::fermyon::spin::http;
use bindings::fermyon::spin::http_types::{HttpError, Method};
use fault::Fault;
use misbehaviour::misbehave;
use probe_protocol::{Body, Description, Outcome};

mod fault;

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "http-trigger", generate_all });
}

/// A timer of WASI, which every host of components offers.
///
/// The WIT has only what is called here. Its version differs from the standard library's, whose full WIT it would
/// have to equal otherwise.
mod timer {
    wit_bindgen::generate!({
        inline: r#"
            package probe:timer;
            world timer {
                import wasi:clocks/monotonic-clock@0.2.1;
            }
            package wasi:io@0.2.1 {
                interface poll {
                    resource pollable;
                }
            }
            package wasi:clocks@0.2.1 {
                interface monotonic-clock {
                    use wasi:io/poll@0.2.1.{pollable};
                    type duration = u64;
                    subscribe-duration: func(when: duration) -> pollable;
                }
            }
        "#,
        generate_all,
    });
}

struct Component;
bindings::export!(Component with_types_in bindings);

impl Guest for Component {
    #[inline(never)] // the tests look for it in backtraces
    fn handle_request(request: Request) -> Response {
        let (path, query) = request.uri.split_once('?').unwrap_or((&request.uri, ""));
        let number = || query.parse().expect("a number");
        misbehave(path);
        match path {
            "/" => match make_requests(&request.body.unwrap_or_default()) {
                Ok(outcomes) => respond(200, vec![], outcomes),
                Err(error) => respond(400, vec![], error.to_string().into_bytes()),
            },
            "/echo" => echo(request),
            "/relay" => relay(request.body.unwrap_or_default()),
            "/careless" => careless(request.body.unwrap_or_default()),
            "/retry" => retry(request.body.unwrap_or_default()),
            "/call-self" => call_self(),
            "/status" => respond(number() as u16, vec![], vec![]),
            "/bad-header" => respond(200, vec![("x-a".into(), "1\r\nx-b: 2".into())], vec![]),
            "/fields" => respond(200, fields(number()), vec![]),
            "/body" => respond(200, vec![], vec![b'x'; number() as usize]),
            "/calls" => call_often(number(), request.body.unwrap_or_default()),
            "/resources" => hoard_resources(),
            "/read" => match std::fs::read(query) {
                Ok(bytes) => respond(200, vec![], bytes),
                Err(error) => respond(404, vec![], error.to_string().into_bytes()),
            },
            "/write" => match std::fs::write(query, "written") {
                Ok(()) => respond(200, vec![], vec![]),
                Err(error) => respond(403, vec![], error.to_string().into_bytes()),
            },
            "/environment" => respond(200, vec![], environment().into_bytes()),
            "/stdin" => match std::io::read_to_string(std::io::stdin()) {
                Ok(text) => respond(200, vec![], text.into_bytes()),
                Err(error) => respond(500, vec![], error.to_string().into_bytes()),
            },
            path => respond(404, vec![], path.as_bytes().to_vec()),
        }
    }
}

fn make_requests(descriptions: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let fault = Fault::from_environment();
    probe_protocol::respond(descriptions, |description| {
        fault.outcome(send(fault.request(description)))
    })
}

fn fields(count: u32) -> Vec<(String, String)> {
    (0..count).map(|_| ("x-a".into(), "1".into())).collect()
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
                cause: None,
            };
        }
    };
    let (method_name, url) = (description.method.clone(), description.uri.clone());
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
            trailers: vec![],
        },
        Err(error) => Outcome::Error {
            kind: kind(error).into(),
            message: String::new(),
            method: Some(method_name),
            url: Some(url),
            cause: None,
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

/// Responds with the request's headers, without `content-length`, and a body that describes the request.
fn echo(mut request: Request) -> Response {
    request.headers.retain(|(name, _)| name != "content-length");
    let description = describe(request.method, &request.uri, request.body);
    respond(200, request.headers, description)
}

fn get(url: Vec<u8>) -> Result<Response, HttpError> {
    http::send_request(&Request {
        method: Method::Get,
        uri: String::from_utf8(url).expect("a URL"),
        headers: vec![],
        params: vec![],
        body: None,
    })
}

/// Calls the URL in the body and returns its response unchanged; an error becomes a 502 with its kind.
fn relay(url: Vec<u8>) -> Response {
    get(url).unwrap_or_else(|error| respond(502, vec![], kind(error).as_bytes().to_vec()))
}

/// Calls the URL in the body and does not look at what comes of it.
fn careless(url: Vec<u8>) -> Response {
    drop(get(url));
    respond(200, vec![], b"done".to_vec())
}

/// Calls the URL in the body, once more if it gets no response or one with a status that is not 200, and returns the
/// response.
fn retry(url: Vec<u8>) -> Response {
    match get(url.clone()) {
        Ok(response) if response.status == 200 => response,
        Ok(_) | Err(_) => relay(url),
    }
}

/// Calls itself until the host refuses, and responds with the depth of the calls.
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

/// Makes `count` calls, and responds with the number of responses and the last error.
fn call_often(count: u32, url: Vec<u8>) -> Response {
    let request = Request {
        method: Method::Get,
        uri: String::from_utf8(url).expect("a URL"),
        headers: vec![],
        params: vec![],
        body: None,
    };
    let (mut n_responses, mut last_error) = (0, "no error");
    for _ in 0..count {
        match http::send_request(&request) {
            Ok(_) => n_responses += 1,
            Err(error) => last_error = kind(error),
        }
    }
    respond(200, vec![], format!("{n_responses} {last_error}").into())
}

/// Creates timers and never drops them.
fn hoard_resources() -> Response {
    loop {
        std::mem::forget(timer::wasi::clocks::monotonic_clock::subscribe_duration(
            u64::MAX,
        ));
    }
}

/// What the sandbox permits: environment variables, the root folder, sockets and name lookup.
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
