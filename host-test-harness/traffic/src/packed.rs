//! A recorded exchange in little memory.
//!
//! An exchange has some twenty allocations, and its header fields keep the buffer that they were read into. Most requests
//! are never looked at, and leave after thousands of others, when nothing of them is in a processor's cache any more: to
//! free all that, and to allocate it anew, takes longer than the recording itself. So an exchange is one string of bytes.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use spin_harness::Via;
use spin_harness::recording::{
    BodyEnd, Direction, RecordedBody, RecordedExchange, RecordedFailure, RecordedRequest,
    RecordedResponse, RecordedTimings,
};

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

/// An exchange. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    /// What a [`Writer`] wrote.
    bytes: Arc<[u8]>,
    /// What few exchanges have.
    rare: Option<Arc<Rare>>,
}

#[derive(Debug)]
struct Rare {
    via: Option<Via>,
    failure: Option<RecordedFailure>,
    /// Bodies that are not copied.
    request_body: Option<Bytes>,
    response_body: Option<Bytes>,
}

impl Packed {
    pub(crate) fn new(exchange: RecordedExchange) -> Self {
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
        let mut writer = Writer(Vec::with_capacity(512));
        let since_epoch = started.duration_since(SystemTime::UNIX_EPOCH);
        writer.duration(since_epoch.unwrap_or_default());
        writer.optional(parent, Writer::number);
        writer.optional(id, Writer::number);
        writer.0.push(match direction {
            Direction::Outbound => 0,
            Direction::Inbound => 1,
        });
        writer.optional(chain, Writer::number);
        writer.number(hop.into());
        for text in [
            component.as_deref(),
            rule.as_deref(),
            entry_to_add.as_deref(),
        ] {
            writer.optional(text, Writer::text);
        }
        writer.timings(&timings);
        writer.text(request.method.as_str());
        writer.text(&request.url);
        writer.fields(&request.headers);
        let request_body = writer.body(request.body);
        let mut response_body = None;
        writer.optional(response, |writer, response| {
            writer.number(response.status.as_u16().into());
            let version = VERSIONS.iter().position(|it| *it == response.version);
            writer.length(version.expect("a version of HTTP"));
            writer.fields(&response.headers);
            response_body = writer.body(response.body);
        });
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
        Self {
            bytes: writer.0.into(),
            rare,
        }
    }

    /// As [`RecordedExchange::started`].
    pub(crate) fn started(&self) -> SystemTime {
        Reader(&self.bytes).time()
    }

    /// As [`RecordedExchange::parent`].
    pub(crate) fn parent(&self) -> Option<u64> {
        let mut reader = Reader(&self.bytes);
        reader.time();
        reader.optional(Reader::number)
    }

    /// Whether it has a [`RecordedExchange::failure`].
    pub(crate) fn has_failed(&self) -> bool {
        (self.rare.as_deref()).is_some_and(|rare| rare.failure.is_some())
    }

    pub(crate) fn exchange(&self) -> RecordedExchange {
        let rare = self.rare.as_deref();
        let mut reader = Reader(&self.bytes);
        RecordedExchange {
            started: reader.time(),
            parent: reader.optional(Reader::number),
            id: reader.optional(Reader::number),
            direction: match reader.byte() {
                0 => Direction::Outbound,
                _ => Direction::Inbound,
            },
            chain: reader.optional(Reader::number),
            hop: reader.number(),
            component: reader.optional(|reader| reader.text().into()),
            rule: reader.optional(Reader::text),
            entry_to_add: reader.optional(Reader::text),
            timings: reader.timings(),
            request: RecordedRequest {
                method: Method::from_bytes(reader.bytes()).expect("a method"),
                url: reader.text(),
                headers: reader.fields(),
                body: reader.body(rare.and_then(|rare| rare.request_body.as_ref())),
            },
            response: reader.optional(|reader| RecordedResponse {
                status: StatusCode::from_u16(reader.number()).expect("a status"),
                version: *(VERSIONS.get(reader.number::<usize>())).expect("a version of HTTP"),
                headers: reader.fields(),
                body: reader.body(rare.and_then(|rare| rare.response_body.as_ref())),
            }),
            via: rare.and_then(|rare| rare.via.clone()),
            failure: rare.and_then(|rare| rare.failure.clone()),
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

    fn duration(&mut self, duration: Duration) {
        self.number(duration.as_secs());
        self.number(duration.subsec_nanos().into());
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
        let seconds = self.number();
        Duration::new(seconds, self.number())
    }

    fn time(&mut self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.duration()
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
            let packed = Packed::new(exchange.clone());
            assert_eq!(packed.exchange(), exchange);
            assert_eq!(packed.started(), exchange.started);
            assert_eq!(packed.parent(), exchange.parent);
            assert_eq!(packed.has_failed(), exchange.failure.is_some());
        }
    }
}
