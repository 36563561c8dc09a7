//! What is wanted against what there is: every difference as a sentence.

use std::collections::BTreeMap;

use probe_protocol::Outcome as Got;

use super::scenario::{Exchange, Outcome, Places, Request};
use super::upstream::Arrived;

/// A body is shown up to this many bytes.
const SHOWN_BYTES: usize = 200;

/// The differences of one trial; none is a pass.
#[derive(Debug)]
pub(super) struct Differences<'a> {
    pub(super) sentences: Vec<String>,
    /// Fields that a request may have beside what is wanted.
    added_request_fields: &'a [String],
}

impl<'a> Differences<'a> {
    pub(super) fn new(added_request_fields: &'a [String]) -> Self {
        Self {
            sentences: Vec::new(),
            added_request_fields,
        }
    }

    fn check<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, got: &T, want: &T) {
        if got != want {
            self.sentences
                .push(format!("{what}: got {got:?}, want {want:?}"));
        }
    }

    fn check_body(&mut self, what: &str, got: &[u8], want: &[u8]) {
        if got != want {
            let first = got.iter().zip(want).position(|(got, want)| got != want);
            let at = first.unwrap_or_else(|| got.len().min(want.len()));
            self.sentences.push(format!(
                "{what}: got {} bytes, want {}, different from byte {at} on: got {}, want {}",
                got.len(),
                want.len(),
                shown(got.get(at..).unwrap_or_default()),
                shown(want.get(at..).unwrap_or_default()),
            ));
        }
    }

    /// Compares what the guest got with what it must get.
    pub(super) fn outcomes(
        &mut self,
        got: &[Got],
        want: &[Outcome],
        requests: &[Request],
        places: &Places,
    ) {
        self.check("outcomes", &got.len(), &want.len());
        for (index, ((got, want), request)) in got.iter().zip(want).zip(requests).enumerate() {
            self.outcome(
                &format!("request {}", index + 1),
                got,
                want,
                request,
                places,
            );
        }
    }

    fn outcome(
        &mut self,
        what: &str,
        got: &Got,
        want: &Outcome,
        request: &Request,
        places: &Places,
    ) {
        match (got, want) {
            (
                Got::Response {
                    status,
                    headers,
                    body,
                },
                Outcome::Response(want),
            ) => {
                self.check(&format!("{what}, status"), status, &want.status);
                if let Some(want) = &want.headers {
                    let want = places.fill_headers(want);
                    self.check(
                        &format!("{what}, headers"),
                        &by_name(headers),
                        &by_name(&want),
                    );
                }
                let body = body.as_ref().map(|body| &*body.0).unwrap_or_default();
                let want = want.body.bytes(places).unwrap_or_default();
                self.check_body(&format!("{what}, body"), body, &want);
            }
            (
                Got::Error {
                    kind, method, url, ..
                },
                Outcome::Error(want),
            ) => {
                self.check(&format!("{what}, error"), kind, &want.error);
                let method_wanted = Some(request.method.clone());
                self.check(
                    &format!("{what}, method of the error"),
                    method,
                    &method_wanted,
                );
                let url_wanted = want.url.as_ref().unwrap_or(&request.uri);
                let url_wanted = Some(places.fill(url_wanted));
                self.check(&format!("{what}, URL of the error"), url, &url_wanted);
            }
            (got, want) => self
                .sentences
                .push(format!("{what}: got {}, want {want:?}", outcome_shown(got))),
        }
    }

    /// Compares what arrived at an upstream with what must arrive, each exchange `copies` times.
    pub(super) fn arrivals(
        &mut self,
        who: &str,
        authority: &str,
        arrived: &[Arrived],
        script: &[Exchange],
        copies: usize,
        places: &Places,
    ) {
        for (index, exchange) in script.iter().enumerate() {
            let taken: Vec<&Arrived> = arrived
                .iter()
                .filter(|request| request.exchange == Some(index))
                .collect();
            let line = places.fill(&exchange.sees.line);
            if taken.len() != copies {
                self.sentences.push(format!(
                    "{who}: {} requests like `{line}` arrived, want {copies}",
                    taken.len()
                ));
            }
            for request in taken {
                self.arrival(
                    &format!("{who}, request {}", index + 1),
                    authority,
                    request,
                    exchange,
                    places,
                );
            }
        }
        for request in arrived.iter().filter(|request| request.exchange.is_none()) {
            self.sentences.push(format!(
                "{who}: one request too many: {}",
                arrived_shown(request)
            ));
        }
        for pair in arrived.windows(2) {
            let [before, request] = pair else { continue };
            let exchange = request.exchange.and_then(|index| script.get(index));
            if let Some(wanted) = exchange.and_then(|exchange| exchange.sees.same_connection) {
                let is_same = before.connection == request.connection;
                self.check(
                    &format!("{who}, `{}` on the same connection", request.line),
                    &is_same,
                    &wanted,
                );
            }
        }
    }

    fn arrival(
        &mut self,
        what: &str,
        authority: &str,
        request: &Arrived,
        exchange: &Exchange,
        places: &Places,
    ) {
        let sees = &exchange.sees;
        self.check(
            &format!("{what}, request line"),
            &request.line,
            &places.fill(&sees.line),
        );
        let mut headers = places.fill_headers(&sees.headers);
        if !headers.iter().any(|(name, _)| name == "host") {
            headers.push(("host".to_owned(), authority.to_owned()));
        }
        let wanted = by_name(&headers);
        let mut arrived = by_name(&request.headers);
        arrived.retain(|name, _| {
            wanted.contains_key(name) || !self.added_request_fields.contains(name)
        });
        self.check(&format!("{what}, headers"), &arrived, &wanted);
        let body = sees.body.bytes(places).unwrap_or_default();
        self.check_body(&format!("{what}, body"), &request.body, &body);
    }
}

/// Every value of a name in order, whatever the order across names.
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

fn shown(bytes: &[u8]) -> String {
    let start = bytes.get(..SHOWN_BYTES).unwrap_or(bytes);
    let more = if start.len() < bytes.len() { "…" } else { "" };
    format!("\"{}\"{more}", start.escape_ascii())
}

/// A request as it arrived, for a person.
pub(super) fn arrived_shown(request: &Arrived) -> String {
    message_shown(&request.line, &request.headers, &request.body)
}

/// What a guest got, for a person.
pub(super) fn outcome_shown(outcome: &Got) -> String {
    match outcome {
        Got::Response {
            status,
            headers,
            body,
        } => {
            let body = body.as_ref().map(|body| &*body.0).unwrap_or_default();
            message_shown(&format!("a response {status}"), headers, body)
        }
        Got::Error { kind, message, .. } => format!("the error {kind}: {message}"),
    }
}

fn message_shown(first_line: &str, headers: &[(String, String)], body: &[u8]) -> String {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("\n    {name}: {}", shown(value.as_bytes())))
        .collect();
    format!(
        "{first_line}{headers}\n    {} bytes: {}",
        body.len(),
        shown(body)
    )
}
