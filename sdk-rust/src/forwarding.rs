//! Which fields of a message a proxy passes on (RFC 9110 section 7.6.1).
//!
//! A program passes an inbound request on by sending it, or by copying its headers to another
//! request. The fields that concern the client's connection stay behind: they would tell the
//! upstream a wrong host and a wrong length, and would disclose what Spin says about the client.
//! They are recognised by name and text, because a program may copy the text of a value only.

use std::cell::Cell;
use std::mem::ManuallyDrop;

use crate::http::Extensions;
use crate::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Fields that concern one connection. `connection` can name more.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Fields of an inbound request that are those of the client's own request. The host adds those of
/// the outbound request.
const OF_THE_CLIENT: [&str; 3] = ["content-length", "expect", "host"];

/// Spin tells a component about the route and the client with fields such as `spin-client-addr`.
const OF_SPIN: &str = "spin-";

thread_local! {
    /// The fields that stay behind, of the request that is being handled: a line `name:value` for
    /// each, which makes a component smaller than a list does. `ManuallyDrop`, because a destructor
    /// at the end of the thread adds a kilobyte.
    static KEPT_BACK: Cell<ManuallyDrop<Lines>> =
        const { Cell::new(ManuallyDrop::new(Vec::new())) };
}

type Lines = Vec<u8>;

/// The time in which a handler runs.
#[derive(Debug)]
pub(crate) struct Invocation(Lines);

impl Invocation {
    /// From now on, the `headers` of an inbound request that concern the client's connection stay
    /// behind.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut kept_back = Vec::new();
        for (name, value) in headers {
            if OF_THE_CLIENT.contains(&name.as_str())
                || name.as_str().starts_with(OF_SPIN)
                || is_hop_by_hop(headers, name)
            {
                kept_back.extend_from_slice(name.as_str().as_bytes());
                kept_back.push(b':');
                kept_back.extend_from_slice(value.as_bytes());
                kept_back.push(b'\n'); // which no value contains
            }
        }
        Self(replace(kept_back))
    }
}

impl Drop for Invocation {
    fn drop(&mut self) {
        drop(replace(std::mem::take(&mut self.0)));
    }
}

fn replace(lines: Lines) -> Lines {
    ManuallyDrop::into_inner(KEPT_BACK.replace(ManuallyDrop::new(lines)))
}

/// Sends the client's `host` to the upstream: an extension of an outbound request.
///
/// Without it, a `host` header whose text is that of the inbound request is not sent, because a
/// program that copies the inbound headers does not mean it.
///
/// Over `wasi:http`, a `host` other than that of the URL is an error.
///
/// # Examples
///
/// ```
/// use spin_sdk::http::Request;
/// use spin_sdk::outbound_http::KeepHost;
///
/// let request = Request::get("https://api.test/")
///     .header("host", "client.test")
///     .extension(KeepHost)
///     .body(())?;
/// # Ok::<(), spin_sdk::http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeepHost;

/// Whether a field of an outbound request is sent.
pub(crate) fn is_sent(extensions: &Extensions, name: &HeaderName, value: &HeaderValue) -> bool {
    if *name == header::HOST && extensions.get::<KeepHost>().is_some() {
        return true;
    }
    let kept_back = replace(Vec::new());
    let is_kept_back = kept_back.split(|byte| *byte == b'\n').any(|line| {
        let rest = line.strip_prefix(name.as_str().as_bytes());
        rest.and_then(|rest| rest.strip_prefix(b":")) == Some(value.as_bytes())
    });
    let empty = replace(kept_back);
    debug_assert!(empty.is_empty(), "nothing else runs meanwhile");
    !is_kept_back
}

/// Whether a field concerns one connection, by its name or because `connection` names it.
pub(crate) fn is_hop_by_hop(headers: &HeaderMap, name: &HeaderName) -> bool {
    HOP_BY_HOP.contains(&name.as_str()) || is_named_by_connection(headers, name.as_str())
}

/// Whether `connection` names a field.
pub(crate) fn is_named_by_connection(headers: &HeaderMap, name: &str) -> bool {
    // A component is smaller with this loop than with `get_all`.
    for (other, value) in headers {
        if *other == header::CONNECTION {
            let mut options = value.as_bytes().split(|byte| *byte == b',');
            if options.any(|option| option.trim_ascii().eq_ignore_ascii_case(name.as_bytes())) {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// A way in which a program copies inbound headers.
    type Way = (&'static str, fn(&HeaderMap) -> HeaderMap);

    const WAYS: [Way; 5] = [
        ("a clone", HeaderMap::clone),
        ("clones of the values", |inbound| {
            let own = |(name, value): (&HeaderName, &HeaderValue)| (name.clone(), value.clone());
            inbound.iter().map(own).collect()
        }),
        ("the bytes of the values", |inbound| {
            let copy = |(name, value): (&HeaderName, &HeaderValue)| {
                let name = HeaderName::from_bytes(name.as_str().to_uppercase().as_bytes());
                let value = HeaderValue::from_bytes(value.as_bytes());
                (name.unwrap(), value.unwrap())
            };
            inbound.iter().map(copy).collect()
        }),
        ("the text of the values", |inbound| {
            let mut headers = HeaderMap::new();
            for (name, value) in inbound {
                headers.append(name, value.to_str().unwrap().parse().unwrap());
            }
            headers
        }),
        ("a map of strings", |inbound| {
            let map: HashMap<String, String> = inbound
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect();
            (&map).try_into().unwrap()
        }),
    ];

    fn header_map(fields: &[(&'static str, &str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        fields.iter().map(field).collect()
    }

    /// The fields that an upstream gets, sorted, of those that a program sends while it handles
    /// a request with the fields `inbound`.
    fn sent(inbound: &HeaderMap, extensions: &Extensions, outbound: &HeaderMap) -> Vec<String> {
        let _invocation = Invocation::of(inbound);
        let mut sent: Vec<String> = outbound
            .iter()
            .filter(|(name, value)| is_sent(extensions, name, value))
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        sent.sort();
        sent
    }

    #[test]
    fn fields_of_the_clients_connection_stay_behind_however_they_are_copied() {
        let inbound = header_map(&[
            ("host", "client.test"),
            ("content-length", "4"),
            ("expect", "100-continue"),
            ("spin-full-url", "http://client.test/"),
            ("spin-client-addr", "192.0.2.1:1"),
            ("connection", "close, X-Named"),
            ("x-named", "1"),
            ("te", "trailers"),
            ("x-a", "1"),
            ("accept-encoding", "gzip"),
            ("authorization", "token"),
        ]);
        let want = ["accept-encoding: gzip", "authorization: token", "x-a: 1"];
        let mut wrong = Vec::new();
        for (way, copy) in WAYS {
            let got = sent(&inbound, &Extensions::new(), &copy(&inbound));
            if got != want {
                wrong.push((way, got));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn field_with_another_text_is_sent_and_the_host_of_the_client_on_demand() {
        let inbound = header_map(&[("host", "client.test"), ("spin-a", "1"), ("te", "trailers")]);
        let mut keep_host = Extensions::new();
        keep_host.insert(KeepHost);
        for (fields, extensions, want) in [
            (
                &[("host", "other.test")][..],
                &Extensions::new(),
                &["host: other.test"][..],
            ),
            (&[("host", "client.test")], &Extensions::new(), &[]),
            (
                &[("host", "client.test")],
                &keep_host,
                &["host: client.test"],
            ),
            (
                &[("spin-a", "2"), ("spin-b", "1")],
                &Extensions::new(),
                &["spin-a: 2", "spin-b: 1"],
            ),
            (&[("spin-a", "1"), ("te", "trailers")], &keep_host, &[]),
        ] {
            assert_eq!(
                sent(&inbound, extensions, &header_map(fields)),
                want,
                "{fields:?}"
            );
        }
    }

    #[test]
    fn fields_stay_behind_only_while_their_request_is_handled() {
        let inbound = header_map(&[("host", "client.test")]);
        assert!(sent(&inbound, &Extensions::new(), &inbound).is_empty());
        assert_eq!(
            sent(&HeaderMap::new(), &Extensions::new(), &inbound),
            ["host: client.test"]
        );
    }
}
