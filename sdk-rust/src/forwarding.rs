//! Which fields of a message a proxy passes on (RFC 9110 section 7.6.1).
//!
//! A program passes an inbound request on by sending it, or by copying its headers to another
//! request. The fields that concern the client's connection stay behind: they would tell the
//! upstream a wrong host and a wrong length, and would disclose what Spin says about the client.
//! A value is recognised by its memory, which clones of a `HeaderValue` share, so that a field that
//! the program sets is sent even if its text is the same.

use std::cell::Cell;
use std::mem::ManuallyDrop;

use crate::http::Request;
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
    /// The fields that stay behind, of the request that is being handled. `ManuallyDrop`, because a
    /// destructor at the end of the thread adds a kilobyte to a component.
    static KEPT_BACK: Cell<ManuallyDrop<Fields>> =
        const { Cell::new(ManuallyDrop::new(Vec::new())) };
}

type Fields = Vec<(HeaderName, HeaderValue)>;

/// The time in which a handler runs.
#[derive(Debug)]
pub(crate) struct Invocation(Fields);

impl Invocation {
    /// From now on, the fields of `request` that concern the client's connection stay behind.
    pub(crate) fn of(request: &Request) -> Self {
        let headers = request.headers();
        let mut kept_back = Vec::new();
        for (name, value) in headers {
            if OF_THE_CLIENT.contains(&name.as_str())
                || name.as_str().starts_with(OF_SPIN)
                || is_hop_by_hop(headers, name)
            {
                kept_back.push((name.clone(), value.clone()));
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

fn replace(fields: Fields) -> Fields {
    ManuallyDrop::into_inner(KEPT_BACK.replace(ManuallyDrop::new(fields)))
}

/// Whether a field of an outbound request is sent, because it is none that stays behind.
pub(crate) fn is_sent(name: &HeaderName, value: &HeaderValue) -> bool {
    let kept_back = replace(Vec::new());
    let is_kept_back = kept_back
        .iter()
        .any(|(other, inbound)| is_same(inbound, value) && other.as_str() == name.as_str());
    let empty = replace(kept_back);
    debug_assert!(empty.is_empty(), "nothing else runs meanwhile");
    !is_kept_back
}

fn is_same(a: &HeaderValue, b: &HeaderValue) -> bool {
    std::ptr::eq(a.as_bytes(), b.as_bytes())
}

/// Whether a field concerns one connection, by its name or because `connection` names it.
pub(crate) fn is_hop_by_hop(headers: &HeaderMap, name: &HeaderName) -> bool {
    let name = name.as_str();
    if HOP_BY_HOP.contains(&name) {
        return true;
    }
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
    use super::*;

    /// The names that an upstream gets of these inbound fields, when `program` passes them on.
    fn passed_on(
        fields: &[(&'static str, &'static str)],
        program: impl FnOnce(&HeaderMap) -> HeaderMap,
    ) -> Vec<String> {
        let mut request: Request = Request::new(None);
        for (name, value) in fields {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().append(*name, value);
        }
        let _invocation = Invocation::of(&request);
        let headers = program(request.headers());
        let sent = headers.iter().filter(|(name, value)| is_sent(name, value));
        sent.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect()
    }

    #[test]
    fn fields_of_the_clients_connection_stay_behind() {
        let fields = [
            ("host", "client.test"),
            ("content-length", "4"),
            ("expect", "100-continue"),
            ("spin-full-url", "http://client.test/"),
            ("connection", "close, X-Named"),
            ("x-named", "1"),
            ("te", "trailers"),
            ("x-a", "1"),
            ("accept-encoding", "gzip"),
            ("authorization", "token"),
        ];
        let want = ["x-a: 1", "accept-encoding: gzip", "authorization: token"];
        assert_eq!(passed_on(&fields, HeaderMap::clone), want);
        let copied = passed_on(&fields, |inbound| {
            let own = |(name, value): (&HeaderName, &HeaderValue)| (name.clone(), value.clone());
            inbound.iter().map(own).collect()
        });
        assert_eq!(copied, want);
    }

    #[test]
    fn field_that_the_program_sets_is_sent_even_with_the_text_of_the_client() {
        let fields = [("host", "client.test"), ("spin-a", "1")];
        for host in ["other.test", "client.test"] {
            let got = passed_on(&fields, |inbound| {
                let mut headers = inbound.clone();
                headers.insert("host", HeaderValue::from_static(host));
                headers.append("spin-a", HeaderValue::from_static("2"));
                headers
            });
            assert_eq!(got, [format!("host: {host}"), "spin-a: 2".to_owned()]);
        }
    }

    #[test]
    fn fields_stay_behind_only_while_their_request_is_handled() {
        let mut request: Request = Request::new(None);
        let host = HeaderValue::from_static("client.test");
        request.headers_mut().insert("host", host);
        let (name, value) = request.headers().iter().next().unwrap();
        let invocation = Invocation::of(&request);
        assert!(!is_sent(name, value));
        drop(invocation);
        assert!(is_sent(name, value));
    }
}
