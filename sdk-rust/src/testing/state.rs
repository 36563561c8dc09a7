//! What a test host knows: its mocks, the requests that it got, and the variables.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use bytes::Bytes;

use super::mock::Mounted;
use super::parse_uri;
use crate::error::Reason;
use crate::http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use crate::http::{Method, Request, Response, StatusCode};
use crate::variables::ErrorKind as VariableErrorKind;
use crate::wire::{WireRequest, WireResponse};

/// The state of a `TestHost`.
#[derive(Debug, Default)]
pub(crate) struct State {
    mocks: RefCell<Vec<(Mounted, Cell<u64>)>>,
    received: RefCell<Vec<Request>>,
    variables: RefCell<BTreeMap<String, String>>,
}

impl State {
    pub(super) fn mount(&self, mock: Mounted) {
        self.mocks.borrow_mut().push((mock, Cell::new(0)));
    }

    #[track_caller]
    pub(super) fn set_variable(&self, name: String, value: String) {
        assert!(
            is_variable_name(&name),
            "no variable can have the name {name:?}; use words of lower-case letters and digits \
             with `_` between them"
        );
        self.variables.borrow_mut().insert(name, value);
    }

    pub(super) fn received_requests(&self) -> Vec<Request> {
        self.received.borrow().clone()
    }

    /// Returns the value of a variable, or the kind of the error and its details.
    pub(crate) fn variable(&self, name: &str) -> Result<String, (VariableErrorKind, String)> {
        if !is_variable_name(name) {
            return Err((VariableErrorKind::InvalidName, String::new()));
        }
        let value = self.variables.borrow().get(name).cloned();
        let detail = "or set it with `TestHost::set_variable` in this test".to_owned();
        value.ok_or((VariableErrorKind::Undefined, detail))
    }

    /// Responds with the first mock that expects the request. Panics if there is none.
    pub(crate) fn send(&self, wire_request: &WireRequest<'_>) -> Result<WireResponse, Reason> {
        let request = received(wire_request);
        self.received.borrow_mut().push(request.clone());
        let body_bytes = wire_request.body.map_or(0, <[u8]>::len);
        let mut lengths = request.headers().get_all(CONTENT_LENGTH).iter();
        if !lengths.all(|length| {
            length
                .to_str()
                .is_ok_and(|text| text.trim().parse() == Ok(body_bytes))
        }) {
            return Err(Reason::RequestError);
        }
        let response = self.respond(&request)?;
        if response.status().is_informational() {
            return Err(Reason::RuntimeError);
        }
        Ok(sent(request.method(), response))
    }

    fn respond(&self, request: &Request) -> Result<Response, Reason> {
        let mocks = self.mocks.borrow();
        let expecting = mocks.iter().find(|(mock, n_requests)| {
            n_requests.get() < mock.times.max && mock.differences(request).is_empty()
        });
        let Some((mock, n_requests)) = expecting else {
            panic!("{}", unexpected(request, &mocks));
        };
        let answer = mock.answer(n_requests.replace(n_requests.get() + 1));
        answer.respond(request)
    }

    /// Panics if a mock got fewer requests than it expects.
    pub(super) fn verify(&self) {
        let mut message = String::new();
        for (mock, n_requests) in &*self.mocks.borrow() {
            let n_requests = n_requests.get();
            if n_requests < mock.times.min {
                let times = mock.times;
                message += &format!("\n{mock} expects {times}, and got {n_requests}");
            }
        }
        assert!(
            message.is_empty(),
            "the test host got too few requests:{message}"
        );
    }
}

/// The message about a request that no mock expects: the nearest mock and what differs.
fn unexpected(request: &Request, mocks: &[(Mounted, Cell<u64>)]) -> String {
    let mut message = format!("no mock expects {} {}", request.method(), request.uri());
    let nearest = mocks
        .iter()
        .map(|(mock, _)| (mock.differences(request), mock))
        .min_by_key(|(differences, _)| differences.len());
    let Some((differences, mock)) = nearest else {
        message.push_str(", because none was mounted; add one with `Mock::given`");
        return message;
    };
    message += &format!("; the nearest is {mock}");
    if differences.is_empty() {
        let times = mock.times;
        message += &format!(", which expects {times} and got them");
    }
    for difference in differences {
        message += &format!("\n  {difference}");
    }
    message
}

/// The request as a host gets it.
fn received(request: &WireRequest<'_>) -> Request {
    let mut received = Request::new(request.body.map(Bytes::copy_from_slice));
    *received.method_mut() = request.method.clone();
    *received.uri_mut() = parse_uri(&request.uri);
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        let (name, value) = name.ok().zip(value.ok()).expect("it was a field");
        received.headers_mut().append(name, value);
    }
    received
}

/// The response as a host returns it to a request of `method`: with a body, which is empty where
/// HTTP has none.
fn sent(method: &Method, response: Response) -> WireResponse {
    let status = response.status();
    let has_body = method != Method::HEAD
        && status != StatusCode::NO_CONTENT
        && status != StatusCode::NOT_MODIFIED;
    let headers = text_fields(response.headers());
    let body = response.into_body().filter(|_| has_body);
    WireResponse {
        status: status.as_u16(),
        headers,
        body: Some(body.map(Vec::from).unwrap_or_default()),
    }
}

/// Fields with their values as a host passes them: text, or ISO-8859-1 if they are not UTF-8.
pub(super) fn text_fields(headers: &HeaderMap) -> Vec<(String, String)> {
    let field = |(name, value): (&HeaderName, &HeaderValue)| {
        let bytes = value.as_bytes();
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().copied().map(char::from).collect(),
        };
        (name.as_str().to_owned(), text)
    };
    headers.iter().map(field).collect()
}

/// Whether a variable can have this name: words of lower-case letters and digits, joined by `_`,
/// that start with a letter.
fn is_variable_name(name: &str) -> bool {
    name.split('_').all(|word| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}
