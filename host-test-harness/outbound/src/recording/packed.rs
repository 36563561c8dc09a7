//! A recorded exchange in little memory.
//!
//! An exchange has some twenty allocations, and its header fields keep the buffer that they were read into. Most requests
//! that a page could show are never looked at, and leave after thousands of others, when nothing of them is in a
//! processor's cache any more: to free all that, and to allocate it anew, takes longer than the recording itself. So an
//! exchange is one string of bytes, and its heads are written there when they pass.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};

use super::exchange::{
    BodyEnd, Direction, RecordedBody, RecordedExchange, RecordedFailure, RecordedRequest,
    RecordedResponse, RecordedTimings,
};
use crate::exchange::Via;

/// The largest body that is copied, in bytes; a larger one is shared.
const COPIED_BYTES: usize = 4 << 10;

/// The versions of HTTP; the bytes have the index.
const VERSIONS: [Version; 5] = [
    Version::HTTP_09,
    Version::HTTP_10,
    Version::HTTP_11,
    Version::HTTP_2,
    Version::HTTP_3,
];

/// A [`RecordedExchange`] in one allocation. Clones share it.
///
/// It may still be under way, as [`Recording::live`](super::Recording::live) says. It has no response then, and nothing
/// of the request's body.
#[derive(Debug, Clone)]
pub struct PackedExchange {
    /// What a [`Packing`] wrote.
    bytes: Arc<[u8]>,
    /// What few exchanges have.
    rare: Option<Arc<Rare>>,
}

/// Which exchange a [`PackedExchange`] is: what can be read of it without the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeIdentity {
    /// As [`RecordedExchange::started`].
    pub started: SystemTime,
    /// As [`RecordedExchange::direction`].
    pub direction: Direction,
    /// As [`RecordedExchange::chain`].
    pub chain: Option<u64>,
    /// As [`RecordedExchange::id`].
    pub id: Option<u64>,
    /// As [`RecordedExchange::parent`].
    pub parent: Option<u64>,
}

#[derive(Debug)]
struct Rare {
    via: Option<Via>,
    failure: Option<RecordedFailure>,
    /// Bodies that are not copied.
    request_body: Option<Bytes>,
    response_body: Option<Bytes>,
}

impl PackedExchange {
    /// Packs an exchange.
    pub(super) fn new(exchange: RecordedExchange) -> Self {
        let RecordedExchange {
            id,
            parent,
            direction,
            chain,
            component,
            started,
            hop,
            rule,
            entry_to_add,
            via,
            request,
            response,
            failure,
            timings,
        } = exchange;
        let mut packing = Packing::new(&Begun {
            identity: ExchangeIdentity {
                started,
                direction,
                chain,
                id,
                parent,
            },
            hop,
            component: component.as_deref(),
            method: &request.method,
            url: &request.url,
            headers: &request.headers,
        });
        if let Some(response) = &response {
            packing.responded(response.status, response.version, &response.headers);
        }
        packing.end(Ended {
            request_body: request.body,
            response_body: response.map(|response| response.body),
            rule: rule.as_deref(),
            entry_to_add: entry_to_add.as_deref(),
            via,
            failure,
            timings,
        })
    }

    /// The exchange.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "the bytes are those that were written"
    )]
    pub fn exchange(&self) -> RecordedExchange {
        let rare = self.rare.as_deref();
        let mut reader = Reader(&self.bytes);
        let ExchangeIdentity {
            started,
            direction,
            chain,
            id,
            parent,
        } = reader.identity();
        let hop = reader.number();
        let component = reader.optional(|reader| reader.text().into());
        let method = Method::from_bytes(reader.bytes()).expect("a method");
        let url = reader.text();
        let headers = reader.fields();
        let mut exchange = RecordedExchange {
            id,
            parent,
            direction,
            chain,
            component,
            started,
            hop,
            rule: None,
            entry_to_add: None,
            via: rare.and_then(|rare| rare.via.clone()),
            request: RecordedRequest {
                method,
                url,
                headers,
                body: RecordedBody::missing(),
            },
            response: None,
            failure: rare.and_then(|rare| rare.failure.clone()),
            timings: RecordedTimings::default(),
        };
        let is_under_way = reader.0.is_empty();
        if is_under_way {
            return exchange;
        }
        let head = reader.optional(|reader| {
            let status = StatusCode::from_u16(reader.number()).expect("a status");
            let version = *(VERSIONS.get(reader.number::<usize>())).expect("a version of HTTP");
            (status, version, reader.fields())
        });
        exchange.request.body = reader.body(rare.and_then(|rare| rare.request_body.as_ref()));
        exchange.response = head.map(|(status, version, headers)| RecordedResponse {
            status,
            version,
            headers,
            body: reader.body(rare.and_then(|rare| rare.response_body.as_ref())),
        });
        exchange.rule = reader.optional(Reader::text);
        exchange.entry_to_add = reader.optional(Reader::text);
        exchange.timings = reader.timings();
        exchange
    }

    /// Which exchange it is.
    #[must_use]
    pub fn identity(&self) -> ExchangeIdentity {
        Reader(&self.bytes).identity()
    }

    /// Whether it has a [`RecordedExchange::failure`].
    #[must_use]
    pub fn has_failed(&self) -> bool {
        (self.rare.as_deref()).is_some_and(|rare| rare.failure.is_some())
    }

    /// How many bytes it takes, with its bodies.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        let Some(rare) = self.rare.as_deref() else {
            return self.bytes.len();
        };
        let bodies = [&rare.request_body, &rare.response_body];
        let bodies = bodies.into_iter().flatten().map(Bytes::len);
        let details = rare.failure.as_ref().and_then(|it| it.details.as_ref());
        self.bytes.len() + bodies.sum::<usize>() + details.map_or(0, String::len)
    }
}

/// What an exchange has when it begins, as in [`RecordedExchange`].
pub(super) struct Begun<'a> {
    pub(super) identity: ExchangeIdentity,
    pub(super) hop: u32,
    pub(super) component: Option<&'a str>,
    pub(super) method: &'a Method,
    pub(super) url: &'a str,
    pub(super) headers: &'a HeaderMap,
}

/// What an exchange has when it has ended, as in [`RecordedExchange`].
pub(super) struct Ended<'a> {
    pub(super) request_body: RecordedBody,
    /// That of the response that the packing was told of, if it was.
    pub(super) response_body: Option<RecordedBody>,
    pub(super) rule: Option<&'a str>,
    pub(super) entry_to_add: Option<&'a str>,
    pub(super) via: Option<Via>,
    pub(super) failure: Option<RecordedFailure>,
    pub(super) timings: RecordedTimings,
}

/// An exchange that is packed while it passes.
pub(super) struct Packing(Writer);

impl Packing {
    pub(super) fn new(begun: &Begun<'_>) -> Self {
        let mut writer = Writer(Vec::with_capacity(512));
        writer.identity(begun.identity);
        writer.number(begun.hop.into());
        writer.optional(begun.component, Writer::text);
        writer.text(begun.method.as_str());
        writer.text(begun.url);
        writer.fields(begun.headers);
        Self(writer)
    }

    /// The exchange as it is before its response: the bytes end here.
    pub(super) fn under_way(&self) -> PackedExchange {
        PackedExchange {
            bytes: self.0.0.as_slice().into(),
            rare: None,
        }
    }

    /// Is called once, if there is a response.
    pub(super) fn responded(&mut self, status: StatusCode, version: Version, headers: &HeaderMap) {
        let writer = &mut self.0;
        writer.0.push(1);
        writer.number(status.as_u16().into());
        let version = VERSIONS.iter().position(|it| *it == version);
        writer.length(version.expect("a version of HTTP"));
        writer.fields(headers);
    }

    pub(super) fn end(self, ended: Ended<'_>) -> PackedExchange {
        let Ended {
            request_body,
            response_body,
            rule,
            entry_to_add,
            via,
            failure,
            timings,
        } = ended;
        let Self(mut writer) = self;
        if response_body.is_none() {
            writer.0.push(0);
        }
        let request_body = writer.body(request_body);
        let response_body = response_body.and_then(|body| writer.body(body));
        writer.optional(rule, Writer::text);
        writer.optional(entry_to_add, Writer::text);
        writer.timings(&timings);
        let is_rare =
            via.is_some() || failure.is_some() || request_body.is_some() || response_body.is_some();
        let rare = is_rare.then(|| {
            Arc::new(Rare {
                via,
                failure,
                request_body,
                response_body,
            })
        });
        PackedExchange {
            bytes: writer.0.as_slice().into(),
            rare,
        }
    }
}

/// Writes values one after the other.
struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits in each byte, the lowest first; the highest bit says that more follow.
    fn number(&mut self, mut number: u64) {
        loop {
            let [lowest, ..] = number.to_le_bytes();
            number >>= 7;
            if number == 0 {
                return self.0.push(lowest);
            }
            self.0.push(lowest | 0x80);
        }
    }

    fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    /// In nanoseconds, at most 584 years.
    fn duration(&mut self, duration: Duration) {
        self.number(duration.as_nanos().try_into().unwrap_or(u64::MAX));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.0.push(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn identity(&mut self, identity: ExchangeIdentity) {
        let ExchangeIdentity {
            started,
            direction,
            chain,
            id,
            parent,
        } = identity;
        let since_epoch = started.duration_since(SystemTime::UNIX_EPOCH);
        self.duration(since_epoch.unwrap_or_default());
        self.0.push(match direction {
            Direction::Outbound => 0,
            Direction::Inbound => 1,
        });
        for number in [chain, id, parent] {
            self.optional(number, Self::number);
        }
    }

    fn timings(&mut self, timings: &RecordedTimings) {
        self.duration(timings.blocked);
        for phase in [timings.dns, timings.connect, timings.tls] {
            self.optional(phase, Self::duration);
        }
        for phase in [timings.send, timings.wait, timings.receive] {
            self.duration(phase);
        }
    }

    fn fields(&mut self, fields: &HeaderMap) {
        self.length(fields.len());
        for (name, value) in fields {
            self.text(name.as_str());
            self.bytes(value.as_bytes());
        }
    }

    /// Returns the bytes if they are not copied.
    fn body(&mut self, body: RecordedBody) -> Option<Bytes> {
        self.number(body.size);
        let (tag, limit) = match body.end {
            BodyEnd::Complete => (0, 0),
            BodyEnd::Stopped => (1, 0),
            BodyEnd::Failed => (2, 0),
            BodyEnd::Missing => (3, 0),
            BodyEnd::TooLarge { limit } => (4, limit),
        };
        self.0.push(tag);
        self.length(limit);
        self.fields(&body.trailers);
        if body.bytes.len() <= COPIED_BYTES {
            self.bytes(&body.bytes);
            return None;
        }
        Some(body.bytes)
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

    fn byte(&mut self) -> u8 {
        let byte = self.take(1).first();
        *byte.expect("a byte was taken")
    }

    fn number<T: TryFrom<u64, Error: Debug>>(&mut self) -> T {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return number.try_into().expect("a number of this type");
            }
        }
    }

    fn duration(&mut self) -> Duration {
        Duration::from_nanos(self.number())
    }

    fn time(&mut self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.duration()
    }

    fn identity(&mut self) -> ExchangeIdentity {
        ExchangeIdentity {
            started: self.time(),
            direction: match self.byte() {
                0 => Direction::Outbound,
                _ => Direction::Inbound,
            },
            chain: self.optional(Self::number),
            id: self.optional(Self::number),
            parent: self.optional(Self::number),
        }
    }

    fn bytes(&mut self) -> &'a [u8] {
        let n_bytes = self.number();
        self.take(n_bytes)
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let is_some = self.byte() == 1;
        is_some.then(|| read(self))
    }

    fn timings(&mut self) -> RecordedTimings {
        RecordedTimings {
            blocked: self.duration(),
            dns: self.optional(Self::duration),
            connect: self.optional(Self::duration),
            tls: self.optional(Self::duration),
            send: self.duration(),
            wait: self.duration(),
            receive: self.duration(),
        }
    }

    fn fields(&mut self) -> HeaderMap {
        let n_fields = self.number();
        // A map can hold more values of a name than it can reserve room for.
        let mut fields = HeaderMap::try_with_capacity(n_fields).unwrap_or_default();
        for _ in 0..n_fields {
            let name = HeaderName::from_bytes(self.bytes()).expect("the name of a field");
            let value = HeaderValue::from_bytes(self.bytes()).expect("the value of a field");
            fields.append(name, value);
        }
        fields
    }

    fn body(&mut self, shared: Option<&Bytes>) -> RecordedBody {
        let size = self.number();
        let (tag, limit) = (self.byte(), self.number());
        let end = match tag {
            0 => BodyEnd::Complete,
            1 => BodyEnd::Stopped,
            2 => BodyEnd::Failed,
            3 => BodyEnd::Missing,
            _ => BodyEnd::TooLarge { limit },
        };
        let trailers = self.fields();
        RecordedBody {
            bytes: match shared {
                Some(shared) => shared.clone(),
                None => Bytes::copy_from_slice(self.bytes()),
            },
            size,
            trailers,
            end,
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

    fn identity_of(exchange: &RecordedExchange) -> ExchangeIdentity {
        ExchangeIdentity {
            started: exchange.started,
            direction: exchange.direction,
            chain: exchange.chain,
            id: exchange.id,
            parent: exchange.parent,
        }
    }

    #[test]
    fn an_exchange_under_way_has_what_it_began_with() {
        let headers = fields(&[("x-a", b"1"), ("x-a", b"2")]);
        let began = RecordedExchange {
            id: Some(7),
            parent: None,
            direction: Direction::Inbound,
            chain: Some(9),
            component: Some("front".into()),
            started: SystemTime::UNIX_EPOCH + Duration::from_nanos(12_345),
            hop: 0,
            rule: None,
            entry_to_add: None,
            via: None,
            request: RecordedRequest {
                method: Method::POST,
                url: "https://api.test/".to_owned(),
                headers,
                body: RecordedBody::missing(),
            },
            response: None,
            failure: None,
            timings: RecordedTimings::default(),
        };
        let mut packing = Packing::new(&Begun {
            identity: identity_of(&began),
            hop: began.hop,
            component: began.component.as_deref(),
            method: &began.request.method,
            url: &began.request.url,
            headers: &began.request.headers,
        });
        assert_eq!(packing.under_way().exchange(), began);
        // The one under way is a copy, to which nothing is added.
        let copy = packing.under_way();
        packing.responded(StatusCode::OK, Version::HTTP_11, &HeaderMap::new());
        assert_eq!(copy.exchange(), began);
    }

    #[test]
    fn an_exchange_is_the_same_after_it_was_packed() {
        let full = RecordedExchange {
            id: Some(7),
            parent: Some(6),
            direction: Direction::Outbound,
            chain: Some(1 << 50),
            component: Some("front".into()),
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
        let mut large = full.clone();
        for n in 0..30_000 {
            large.request.headers.append("x-a", n.into());
        }
        for exchange in [full, bare, large] {
            let packed = PackedExchange::new(exchange.clone());
            assert_eq!(packed.exchange(), exchange);
            assert_eq!(packed.identity(), identity_of(&exchange));
            assert_eq!(packed.has_failed(), exchange.failure.is_some());
        }
    }
}
