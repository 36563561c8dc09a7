//! A recorded exchange in little memory.
//!
//! An exchange has some twenty allocations, and its header fields keep the buffer that they were read into. Most requests
//! are never looked at, and leave after thousands of others: to free all that was not touched for so long, and to allocate
//! it anew, takes longer than the recording itself.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use spin_harness::Via;
use spin_harness::recording::{
    BodyEnd, Direction, RecordedBody, RecordedExchange, RecordedFailure, RecordedRequest,
    RecordedResponse, RecordedTimings,
};

/// The largest body that is copied, in bytes; a larger one is shared.
const COPIED_BYTES: usize = 4 << 10;

/// An exchange. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Packed(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    id: Option<u64>,
    parent: Option<u64>,
    direction: Direction,
    chain: Option<u64>,
    started: SystemTime,
    hop: u32,
    via: Option<Via>,
    method: Method,
    request_body: Body,
    response: Option<(StatusCode, Version, Body)>,
    failure: Option<Box<RecordedFailure>>,
    timings: RecordedTimings,
    /// Texts, fields and small bodies, one after the other.
    rest: Box<[u8]>,
}

#[derive(Debug)]
struct Body {
    size: u64,
    end: BodyEnd,
    /// A body that is not copied.
    shared: Option<Bytes>,
}

impl Packed {
    pub(crate) fn new(exchange: RecordedExchange) -> Self {
        let mut rest = Writer(Vec::with_capacity(512));
        rest.optional(exchange.component.as_deref());
        rest.optional(exchange.rule.as_deref());
        rest.optional(exchange.entry_to_add.as_deref());
        let request = exchange.request;
        rest.bytes(request.url.as_bytes());
        rest.fields(&request.headers);
        let request_body = rest.body(request.body);
        let response = exchange.response.map(|response| {
            rest.fields(&response.headers);
            let body = rest.body(response.body);
            (response.status, response.version, body)
        });
        Self(Arc::new(Parts {
            id: exchange.id,
            parent: exchange.parent,
            direction: exchange.direction,
            chain: exchange.chain,
            started: exchange.started,
            hop: exchange.hop,
            via: exchange.via,
            method: request.method,
            request_body,
            response,
            failure: exchange.failure.map(Box::new),
            timings: exchange.timings,
            rest: rest.0.into(),
        }))
    }

    /// As [`RecordedExchange::parent`].
    pub(crate) fn parent(&self) -> Option<u64> {
        self.0.parent
    }

    /// Whether it has a [`RecordedExchange::failure`].
    pub(crate) fn has_failed(&self) -> bool {
        self.0.failure.is_some()
    }

    pub(crate) fn exchange(&self) -> RecordedExchange {
        let parts = &*self.0;
        let mut rest = Reader(&parts.rest);
        RecordedExchange {
            id: parts.id,
            parent: parts.parent,
            direction: parts.direction,
            chain: parts.chain,
            component: rest.optional(),
            started: parts.started,
            hop: parts.hop,
            rule: rest.optional(),
            entry_to_add: rest.optional(),
            via: parts.via.clone(),
            request: RecordedRequest {
                method: parts.method.clone(),
                url: rest.text(),
                headers: rest.fields(),
                body: rest.body(&parts.request_body),
            },
            response: parts
                .response
                .as_ref()
                .map(|(status, version, body)| RecordedResponse {
                    status: *status,
                    version: *version,
                    headers: rest.fields(),
                    body: rest.body(body),
                }),
            failure: parts.failure.as_deref().cloned(),
            timings: parts.timings,
        }
    }
}

/// Writes byte strings, each after its length.
struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: usize) {
        self.0.extend_from_slice(&number.to_ne_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn optional(&mut self, text: Option<&str>) {
        self.0.push(u8::from(text.is_some()));
        if let Some(text) = text {
            self.bytes(text.as_bytes());
        }
    }

    fn fields(&mut self, fields: &HeaderMap) {
        self.number(fields.len());
        for (name, value) in fields {
            self.bytes(name.as_str().as_bytes());
            self.bytes(value.as_bytes());
        }
    }

    fn body(&mut self, body: RecordedBody) -> Body {
        self.fields(&body.trailers);
        let is_copied = body.bytes.len() <= COPIED_BYTES;
        if is_copied {
            self.bytes(&body.bytes);
        }
        Body {
            size: body.size,
            end: body.end,
            shared: (!is_copied).then_some(body.bytes),
        }
    }
}

/// Reads what a [`Writer`] wrote, in the same order.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n_bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(n_bytes);
        self.0 = rest;
        taken
    }

    fn number(&mut self) -> usize {
        let bytes = self.take(size_of::<usize>()).try_into();
        usize::from_ne_bytes(bytes.expect("the size of a number"))
    }

    fn bytes(&mut self) -> &'a [u8] {
        let n_bytes = self.number();
        self.take(n_bytes)
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    fn optional(&mut self) -> Option<String> {
        let is_some = self.take(1) == [1];
        is_some.then(|| self.text())
    }

    fn fields(&mut self) -> HeaderMap {
        let n_fields = self.number();
        let mut fields = HeaderMap::with_capacity(n_fields);
        for _ in 0..n_fields {
            let name = HeaderName::from_bytes(self.bytes()).expect("the name of a field");
            let value = HeaderValue::from_bytes(self.bytes()).expect("the value of a field");
            fields.append(name, value);
        }
        fields
    }

    fn body(&mut self, body: &Body) -> RecordedBody {
        let trailers = self.fields();
        RecordedBody {
            bytes: match &body.shared {
                Some(shared) => shared.clone(),
                None => Bytes::copy_from_slice(self.bytes()),
            },
            size: body.size,
            trailers,
            end: body.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fields(fields: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        map
    }

    fn body(n_bytes: usize, trailers: HeaderMap) -> RecordedBody {
        RecordedBody {
            trailers,
            ..RecordedBody::complete(vec![b'x'; n_bytes])
        }
    }

    #[test]
    fn an_exchange_is_the_same_after_it_was_packed() {
        let full = RecordedExchange {
            id: Some(7),
            parent: Some(6),
            direction: Direction::Outbound,
            chain: Some(1 << 50),
            component: Some("front".to_owned()),
            started: SystemTime::UNIX_EPOCH + Duration::from_nanos(12_345),
            hop: 2,
            rule: Some("https://*.api.test".to_owned()),
            entry_to_add: Some(String::new()),
            via: Some(Via::Mock {
                name: "price".to_owned(),
            }),
            request: RecordedRequest {
                method: Method::from_bytes(b"PURGE-ALL-OF-IT-NOW").unwrap(),
                url: "https://api.test/caf\u{e9}?a=1".to_owned(),
                headers: fields(&[("x-a", b"1"), ("x-a", b"2"), ("x-b", b"\xe9"), ("x-c", b"")]),
                body: body(COPIED_BYTES, fields(&[("x-t", b"1")])),
            },
            response: Some(RecordedResponse {
                status: StatusCode::IM_A_TEAPOT,
                version: Version::HTTP_2,
                headers: fields(&[("set-cookie", b"a"), ("set-cookie", b"b")]),
                body: RecordedBody {
                    end: BodyEnd::TooLarge { limit: 3 },
                    size: 1 << 40,
                    ..body(COPIED_BYTES + 1, HeaderMap::new())
                },
            }),
            failure: Some(RecordedFailure {
                error: None,
                error_code: Some("runtime-error".to_owned()),
                cause: "the guest trapped".to_owned(),
                details: Some("backtrace".to_owned()),
            }),
            timings: RecordedTimings {
                wait: Duration::from_millis(3),
                ..RecordedTimings::default()
            },
        };
        let bare = RecordedExchange {
            id: None,
            component: None,
            rule: None,
            entry_to_add: None,
            via: None,
            request: RecordedRequest {
                method: Method::GET,
                url: String::new(),
                headers: HeaderMap::new(),
                body: body(0, HeaderMap::new()),
            },
            response: None,
            failure: None,
            ..full.clone()
        };
        for exchange in [full, bare] {
            let packed = Packed::new(exchange.clone());
            assert_eq!(packed.exchange(), exchange);
            assert_eq!(packed.parent(), exchange.parent);
            assert_eq!(packed.has_failed(), exchange.failure.is_some());
        }
    }
}
