//! Compares a trial with its scenario, and describes every difference in a sentence.

use std::collections::BTreeMap;

use probe_protocol::Outcome;

use super::backend::Backend;
use super::placeholders::Placeholders;
use super::report::{describe_bytes, describe_outcome, describe_request};
use super::scenario::{ExpectedOutcome, Request, Scenario, ScriptedExchange};
use super::upstream::ReceivedRequest;

/// The differences between one trial and its scenario. A trial without differences has passed.
#[derive(Debug)]
pub(super) struct Differences<'a> {
    sentences: Vec<String>,
    placeholders: &'a Placeholders,
    /// Fields that a request may have in addition to those that the scenario names.
    added_request_fields: &'a [String],
    backend: Backend,
}

/// The requests that one upstream received, and those that it must receive.
pub(super) struct UpstreamLog<'a> {
    /// The upstream in a sentence.
    pub(super) upstream: &'a str,
    pub(super) authority: String,
    pub(super) received: &'a [ReceivedRequest],
    pub(super) script: &'a [ScriptedExchange],
    /// How often the upstream must receive each request of the script.
    pub(super) copies: usize,
}

impl<'a> Differences<'a> {
    pub(super) fn new(
        placeholders: &'a Placeholders,
        added_request_fields: &'a [String],
        backend: Backend,
    ) -> Self {
        Self {
            sentences: Vec::new(),
            placeholders,
            added_request_fields,
            backend,
        }
    }

    pub(super) fn sentences(&self) -> &[String] {
        &self.sentences
    }

    /// Adds a difference that is already described.
    pub(super) fn add(&mut self, sentence: String) {
        self.sentences.push(sentence);
    }

    /// Compares the outcomes of one invocation with those of the scenario.
    pub(super) fn compare_outcomes(&mut self, actual: &[Outcome], scenario: &Scenario) {
        self.check("outcomes", &actual.len(), &scenario.expect.len());
        let expected = scenario.expect.iter().zip(&scenario.requests);
        for (index, (actual, (expected, request))) in actual.iter().zip(expected).enumerate() {
            let what = format!("request {}", index + 1);
            self.compare_outcome(&what, actual, expected, request);
        }
    }

    fn compare_outcome(
        &mut self,
        what: &str,
        actual: &Outcome,
        expected: &ExpectedOutcome,
        request: &Request,
    ) {
        match (actual, expected) {
            (
                Outcome::Response {
                    status,
                    headers,
                    body,
                    trailers,
                },
                ExpectedOutcome::Response(expected),
            ) => {
                self.check(&format!("{what}, status"), status, &expected.status);
                if let Some(expected) = &expected.headers {
                    let expected = self.placeholders.fill_headers(expected);
                    let mut expected = by_name(&expected);
                    let mut actual = by_name(headers);
                    for fields in [&mut actual, &mut expected] {
                        fields.retain(|name, _| !self.backend.may_hide(name));
                    }
                    self.check(&format!("{what}, headers"), &actual, &expected);
                }
                if let Some(expected) = &expected.trailers {
                    let expected = self.placeholders.fill_headers(expected);
                    let (actual, expected) = (by_name(trailers), by_name(&expected));
                    self.check(&format!("{what}, trailers"), &actual, &expected);
                }
                let body = body.as_ref().map(|body| &*body.0).unwrap_or_default();
                let expected = expected.body.bytes(self.placeholders).unwrap_or_default();
                self.check_body(&format!("{what}, body"), body, &expected);
            }
            (
                Outcome::Error {
                    kind,
                    method,
                    url,
                    cause,
                    message: _,
                },
                ExpectedOutcome::Error(expected),
            ) => {
                self.check(&format!("{what}, error"), kind, &expected.error);
                self.check(
                    &format!("{what}, method of the error"),
                    method,
                    &Some(request.method.clone()),
                );
                let expected_url = expected.url.as_ref().unwrap_or(&request.uri);
                let expected_url = Some(self.placeholders.fill(expected_url));
                self.check(&format!("{what}, URL of the error"), url, &expected_url);
                if expected.cause.is_some() {
                    let name = format!("{what}, cause of the error");
                    self.check(&name, cause, &expected.cause);
                }
            }
            (actual, ExpectedOutcome::Response(expected)) => self.add(format!(
                "{what}: got {}, want a response {}",
                describe_outcome(actual),
                expected.status
            )),
            (actual, ExpectedOutcome::Error(expected)) => self.add(format!(
                "{what}: got {}, want the error {}",
                describe_outcome(actual),
                expected.error
            )),
        }
    }

    /// Compares the requests that an upstream received with those of its script.
    pub(super) fn compare_requests(&mut self, log: &UpstreamLog<'_>) {
        let upstream = log.upstream;
        for (index, exchange) in log.script.iter().enumerate() {
            let requests = log.received.iter();
            let requests: Vec<&ReceivedRequest> = requests
                .filter(|request| request.exchange == Some(index))
                .collect();
            if requests.len() != log.copies {
                let line = self.placeholders.fill(&exchange.request.line);
                self.add(format!(
                    "{upstream}: received `{line}` {} times, want {}",
                    requests.len(),
                    log.copies
                ));
            }
            for request in requests {
                let what = format!("{upstream}, request {}", index + 1);
                self.compare_request(&what, request, exchange, &log.authority);
            }
        }
        for request in log.received {
            if request.exchange.is_none() {
                let request = describe_request(request);
                self.add(format!("{upstream}: unexpected request: {request}"));
            }
        }
        self.compare_connections(log);
    }

    fn compare_request(
        &mut self,
        what: &str,
        request: &ReceivedRequest,
        exchange: &ScriptedExchange,
        authority: &str,
    ) {
        let expected = &exchange.request;
        self.check(
            &format!("{what}, request line"),
            &request.line,
            &self.placeholders.fill(&expected.line),
        );
        let mut headers = self.placeholders.fill_headers(&expected.headers);
        if !headers.iter().any(|(name, _)| name == "host") {
            headers.push(("host".to_owned(), authority.to_owned()));
        }
        let expected_headers = by_name(&headers);
        let mut actual_headers = by_name(&request.headers);
        actual_headers.retain(|name, _| {
            expected_headers.contains_key(name) || !self.added_request_fields.contains(name)
        });
        self.check(
            &format!("{what}, headers"),
            &actual_headers,
            &expected_headers,
        );
        let body = expected.body.bytes(self.placeholders).unwrap_or_default();
        self.check_body(&format!("{what}, body"), &request.body, &body);
    }

    fn compare_connections(&mut self, log: &UpstreamLog<'_>) {
        for pair in log.received.windows(2) {
            let [previous, request] = pair else { continue };
            let exchange = request.exchange.and_then(|index| log.script.get(index));
            if let Some(expected) = exchange.and_then(|exchange| exchange.request.same_connection) {
                let is_same = previous.connection == request.connection;
                self.check(
                    &format!(
                        "{}, `{}` on the same connection",
                        log.upstream, request.line
                    ),
                    &is_same,
                    &expected,
                );
            }
        }
    }

    fn check<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, actual: &T, expected: &T) {
        if actual != expected {
            self.add(format!("{what}: got {actual:?}, want {expected:?}"));
        }
    }

    fn check_body(&mut self, what: &str, actual: &[u8], expected: &[u8]) {
        if actual == expected {
            return;
        }
        let first = actual.iter().zip(expected).position(|(a, b)| a != b);
        let first = first.unwrap_or_else(|| actual.len().min(expected.len()));
        self.add(format!(
            "{what}: got {} bytes, want {}, first difference at byte {first}: got {}, want {}",
            actual.len(),
            expected.len(),
            describe_bytes(actual.get(first..).unwrap_or_default()),
            describe_bytes(expected.get(first..).unwrap_or_default()),
        ));
    }
}

/// The values of each name, in order. The order of different names is lost.
fn by_name(headers: &[(String, String)]) -> BTreeMap<String, Vec<&str>> {
    let mut names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, value) in headers {
        names
            .entry(name.to_ascii_lowercase())
            .or_default()
            .push(value);
    }
    names
}
