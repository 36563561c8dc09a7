//! Follows redirects where the host does not, by the rules that the host has for
//! `fermyon:spin/http` (Fetch, "HTTP-redirect fetch"; RFC 9110 section 15.4).

use iri_string::types::{UriAbsoluteStr, UriReferenceStr};

use crate::ErrorKind;
use crate::error::Reason;
use crate::http::header::{self, HeaderMap, HeaderName};
use crate::http::{Method, Request, StatusCode, Uri};
use crate::redirect_limit::MaxRedirects;
use crate::wire::WireResponse;

/// The host name by which Spin knows the component's own application. A URI that is a path names it too.
pub(crate) const SELF: &str = "self";

/// Fields that would leak to another origin.
const BOUND_TO_ORIGIN: [HeaderName; 3] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
];

/// Fields that describe a body, and are removed with it.
const BOUND_TO_BODY: [HeaderName; 5] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LENGTH,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
];

/// The redirects of one call.
#[derive(Debug, Default)]
pub(crate) struct Redirects(usize);

impl Redirects {
    /// If `response` is a redirect, makes `request` the one that follows it, and returns true.
    pub(crate) fn follow(
        &mut self,
        request: &mut Request,
        response: &WireResponse,
    ) -> Result<bool, Reason> {
        let MaxRedirects(max) = request.extensions().get().copied().unwrap_or_default();
        if max == 0 {
            return Ok(false);
        }
        let Some(uri) = target(request.uri(), response)? else {
            return Ok(false);
        };
        self.0 += 1;
        if self.0 > max {
            return Err(failed(
                "the request was redirected too often; the extension `MaxRedirects` permits more",
            ));
        }
        if is_of_application(&uri) && !is_of_application(request.uri()) {
            return Err(Reason::Redirect {
                kind: ErrorKind::DestinationNotAllowed,
                problem: "an upstream redirected the request to the component's own application",
            });
        }
        follow(request, response.status, uri);
        Ok(true)
    }
}

fn failed(problem: &'static str) -> Reason {
    Reason::Redirect {
        kind: ErrorKind::RuntimeError,
        problem,
    }
}

/// The URI that `response` redirects a request for `uri` to, if it is a redirect with a `location`.
fn target(uri: &Uri, response: &WireResponse) -> Result<Option<Uri>, Reason> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let mut locations = response
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("location"))
        .map(|(_, value)| AsRef::<[u8]>::as_ref(value));
    let Some(location) = locations.next() else {
        return Ok(None);
    };
    // Repeated fields with the same value count once (Fetch, "location URL").
    if locations.any(|other| other != location) {
        return Err(failed(
            "a redirect has several `location` fields that differ",
        ));
    }
    let next = join(uri, location);
    next.map(Some)
        .ok_or_else(|| failed("the `location` of a redirect is not a URL"))
}

/// Makes `request` the one that follows a redirect with `status` to `next`.
fn follow(request: &mut Request, status: u16, next: Uri) {
    let becomes_get = match StatusCode::from_u16(status) {
        Ok(StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND) => request.method() == Method::POST,
        Ok(StatusCode::SEE_OTHER) => ![Method::GET, Method::HEAD].contains(request.method()),
        _ => false,
    };
    if becomes_get {
        *request.method_mut() = Method::GET;
        *request.body_mut() = None;
        remove_all(request.headers_mut(), &BOUND_TO_BODY);
    }
    // The host sends that of the URI.
    request.headers_mut().remove(header::HOST);
    if origin(request.uri()) != origin(&next) {
        remove_all(request.headers_mut(), &BOUND_TO_ORIGIN);
    }
    *request.uri_mut() = next;
}

fn remove_all(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        headers.remove(name);
    }
}

/// Whether a URI names a component of this component's application.
fn is_of_application(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or(SELF).to_ascii_lowercase();
    let host = host.trim_end_matches('.');
    host == SELF || host.ends_with(".spin.internal")
}

/// Scheme, host and port, with the port made explicit.
fn origin(uri: &Uri) -> (String, String, Option<u16>) {
    let scheme = uri.scheme_str().unwrap_or("http").to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    let host = uri.host().unwrap_or(SELF).to_ascii_lowercase();
    (scheme, host, uri.port_u16().or(default_port))
}

/// Resolves `location` against `base` (RFC 3986 section 5). The result has no user information.
fn join(base: &Uri, location: &[u8]) -> Option<Uri> {
    let base = match base.authority() {
        Some(_) => base.to_string(),
        None => format!("http://{SELF}{base}"),
    };
    let base = percent_encode(base.as_bytes());
    let base = UriAbsoluteStr::new(&base).ok()?;
    let location = percent_encode(as_url(location.trim_ascii()).as_bytes());
    let location = UriReferenceStr::new(&location).ok()?;
    let joined = location.resolve_against(base).to_string();
    let joined = joined.replace(PERCENT_SIGN, "%");
    let (scheme, rest) = joined.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let uri: Uri = format!("{scheme}://{authority}{path}").parse().ok()?;
    // The types of the `http` crate take a port that is too large for one that is not there.
    let host = uri.host().unwrap_or_default();
    let port = authority.strip_prefix(host).unwrap_or_default();
    (uri.port_u16().is_some() || port.is_empty() || port == ":").then_some(uri)
}

/// A `location` as text: UTF-8 or else ISO-8859-1, in which a backslash before the query is a slash
/// as in the URL Standard.
fn as_url(location: &[u8]) -> String {
    let text = match std::str::from_utf8(location) {
        Ok(text) => text.to_owned(),
        Err(_) => location.iter().copied().map(char::from).collect(),
    };
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    path.replace('\\', "/") + rest
}

/// Stands for a `%` that begins no escape. It is sent as it is, but RFC 3986 has no such URI. No URI
/// has these control characters.
const PERCENT_SIGN: &str = "%00%25%00";

/// Encodes the bytes that a URI of RFC 3986 cannot have, such as spaces and, outside of the authority, brackets.
fn percent_encode(text: &[u8]) -> String {
    let end_of_authority = match text.windows(2).position(|two| two == b"//") {
        // `//` after a scheme or at the beginning; elsewhere it belongs to the path.
        Some(at) if !text.iter().take(at).any(|byte| b"/?#".contains(byte)) => {
            let rest = text.iter().skip(at + 2);
            at + 2 + rest.take_while(|byte| !b"/?#".contains(byte)).count()
        }
        Some(_) | None => 0,
    };
    let mut encoded = String::with_capacity(text.len());
    for (at, &byte) in text.iter().enumerate() {
        let is_allowed = match byte {
            b'%' => is_escape(text.get(at..).unwrap_or_default()),
            b'[' | b']' => at < end_of_authority,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => false,
            _ => byte.is_ascii_graphic(),
        };
        if is_allowed {
            encoded.push(char::from(byte));
        } else if byte == b'%' {
            encoded += PERCENT_SIGN;
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

fn is_escape(text: &[u8]) -> bool {
    matches!(text, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn location_is_resolved_against_the_uri() {
        for (location, want) in [
            ("https://other.test/x", "https://other.test/x"),
            ("//other.test/x", "http://other.test/x"),
            ("/x/../y?z=1", "http://api.test:81/y?z=1"),
            ("c", "http://api.test:81/a/c"),
            ("../c", "http://api.test:81/c"),
            ("?r=2", "http://api.test:81/a/b?r=2"),
            ("/x#fragment", "http://api.test:81/x"),
            ("/a b/caf\u{e9}", "http://api.test:81/a%20b/caf%C3%A9"),
            ("https://u:p@other.test/", "https://other.test/"),
            (
                "/x?ids[]=1&q=100%&r=%41",
                "http://api.test:81/x?ids%5B%5D=1&q=100%&r=%41",
            ),
            ("http://[::1]:82/[x]", "http://[::1]:82/%5Bx%5D"),
            ("/a//b[c]", "http://api.test:81/a//b%5Bc%5D"),
            ("\\\\other.test\\x\\y?\\", "http://other.test/x/y?%5C"),
            ("http://other.test:/x", "http://other.test:/x"),
            ("/%zz%7e%", "http://api.test:81/%zz%7e%"),
            ("", "http://api.test:81/a/b?q%5B%5D=1&r=%7B%7C%7D%"),
        ] {
            let base = "http://api.test:81/a/b?q[]=1&r={|}%".parse().unwrap();
            let got = join(&base, location.as_bytes()).unwrap();
            assert_eq!(got, want, "{location}");
        }
        let base = "http://api.test/".parse().unwrap();
        let got = join(&base, b"/caf\xe9").unwrap();
        assert_eq!(got, "http://api.test/caf%C3%A9", "ISO-8859-1");
    }

    #[test]
    fn redirects_equal_the_table_that_the_host_shares() {
        let table = std::fs::read("../host-test-harness/conformance/redirects.json").unwrap();
        let table: serde_json::Value = serde_json::from_slice(&table).unwrap();
        let rows = |name: &str| table[name]["rows"].as_array().unwrap().clone();
        let mut wrong = Vec::new();

        let base = table["locations"]["base"].as_str().unwrap();
        for row in rows("locations") {
            let got = join(&base.parse().unwrap(), row[0].as_str().unwrap().as_bytes());
            let got = got.map(|uri| uri.to_string());
            if got.as_deref() != row[1].as_str() {
                wrong.push(format!("{row}: {got:?}"));
            }
        }
        for row in rows("methods") {
            let status = row[1].as_u64().unwrap().try_into().unwrap();
            let mut request: Request = Request::builder()
                .method(row[0].as_str().unwrap())
                .uri("http://api.test/")
                .body(Some("body".into()))
                .unwrap();
            follow(&mut request, status, "http://api.test/x".parse().unwrap());
            let keeps_body = row[0] == row[2];
            let got = request.method().as_str();
            if Some(got) != row[2].as_str() || request.body().is_some() != keeps_body {
                wrong.push(format!("{row}: {request:?}"));
            }
        }
        let from = table["credentials"]["from"].as_str().unwrap();
        for row in rows("credentials") {
            let mut request: Request = Request::get(from).body(None).unwrap();
            for name in BOUND_TO_ORIGIN {
                request
                    .headers_mut()
                    .insert(name, "secret".parse().unwrap());
            }
            let to = row[0].as_str().unwrap().parse().unwrap();
            follow(&mut request, 307, to);
            let are_kept = request.headers().len() == BOUND_TO_ORIGIN.len();
            if Some(are_kept) != row[1].as_bool() {
                wrong.push(format!("{row}: {request:?}"));
            }
        }
        for row in rows("statuses") {
            let status = row[0].as_u64().unwrap().try_into().unwrap();
            let got = target(&base.parse().unwrap(), &redirect(status, &["/x"])).unwrap();
            if Some(got.is_some()) != row[1].as_bool() {
                wrong.push(format!("{row}: {got:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn ten_redirects_are_followed_and_no_more() {
        for (n_redirects, is_followed) in [(0, true), (10, true), (11, false)] {
            let request: Request = Request::get("http://api.test/0").body(None).unwrap();
            let respond = |request: &Request| {
                let n: usize = request.uri().path()[1..].parse().unwrap();
                if n < n_redirects {
                    redirect(302, &[&format!("/{}", n + 1)])
                } else {
                    redirect(200, &[])
                }
            };
            let got = follow_all(request, respond);
            assert_eq!(got.is_ok(), is_followed, "{n_redirects}");
        }
    }

    #[test]
    fn program_sets_how_many_redirects_are_followed() {
        for (max, is_followed, is_error) in [(0, false, false), (1, true, true), (2, true, false)] {
            let request = Request::get("http://api.test/").extension(MaxRedirects(max));
            let mut request: Request = request.body(None).unwrap();
            let mut redirects = Redirects::default();
            let response = redirect(302, &["/x"]);
            let got = redirects.follow(&mut request, &response);
            assert_eq!(got.unwrap(), is_followed, "{max}");
            let got = redirects.follow(&mut request, &response);
            assert_eq!(got.is_err(), is_error, "{max}");
        }
    }

    #[test]
    fn an_upstream_cannot_redirect_to_the_application() {
        for (uri, location, is_followed) in [
            ("http://api.test/", "http://self/x", false),
            ("http://api.test/", "http://SELF./x", false),
            ("http://api.test/", "http://back.spin.internal/x", false),
            ("http://api.test/", "http://self.test/x", true),
            ("/x", "/y", true),
            ("http://self/x", "/y", true),
            ("http://back.spin.internal/x", "http://self/y", true),
        ] {
            let mut request: Request = Request::get(uri).body(None).unwrap();
            let got = Redirects::default().follow(&mut request, &redirect(302, &[location]));
            assert_eq!(got.is_ok(), is_followed, "{uri} {location}");
        }
    }

    fn follow_all(
        mut request: Request,
        respond: impl Fn(&Request) -> WireResponse,
    ) -> Result<(), Reason> {
        let mut redirects = Redirects::default();
        loop {
            let response = respond(&request);
            if !redirects.follow(&mut request, &response)? {
                return Ok(());
            }
        }
    }

    fn redirect(status: u16, locations: &[&str]) -> WireResponse {
        let field = |location: &&str| ("Location".to_owned(), (*location).into());
        WireResponse {
            status,
            headers: locations.iter().map(field).collect(),
            body: None,
        }
    }

    #[test]
    fn redirect_is_a_3xx_with_one_location() {
        let uri: Uri = "http://api.test/".parse().unwrap();
        for (status, locations, is_redirect) in [
            (200, &["/x"][..], false),
            (300, &["/x"], false),
            (304, &["/x"], false),
            (302, &[], false),
            (302, &["/x", "/x"], true),
            (308, &["/x"], true),
        ] {
            let got = target(&uri, &redirect(status, locations)).unwrap();
            assert_eq!(got.is_some(), is_redirect, "{status} {locations:?}");
        }
        for locations in [&["/x", "/y"][..], &["http://"], &["http://api.test:65536/"]] {
            let got = target(&uri, &redirect(302, locations));
            assert!(matches!(got, Err(Reason::Redirect { .. })), "{locations:?}");
        }
    }

    #[test]
    fn method_and_body_follow_the_status() {
        for (method, status, want) in [
            ("POST", 301, "GET"),
            ("POST", 302, "GET"),
            ("PUT", 302, "PUT"),
            ("PUT", 303, "GET"),
            ("HEAD", 303, "HEAD"),
            ("POST", 307, "POST"),
            ("POST", 308, "POST"),
        ] {
            let mut request: Request = Request::builder()
                .method(method)
                .uri("http://api.test/")
                .header("content-type", "text/plain")
                .body(Some("body".into()))
                .unwrap();
            follow(&mut request, status, "http://api.test/x".parse().unwrap());
            assert_eq!(request.method(), want, "{method} {status}");
            let keeps_body = want == method;
            assert_eq!(request.body().is_some(), keeps_body, "{method} {status}");
            let has_type = request.headers().contains_key("content-type");
            assert_eq!(has_type, keeps_body, "{method} {status}");
        }
    }

    #[test]
    fn credentials_stay_at_their_origin() {
        for (next, are_kept) in [
            ("http://api.test:80/x", true),
            ("http://API.test/x", true),
            ("https://api.test/x", false),
            ("http://api.test:81/x", false),
            ("http://other.test/x", false),
        ] {
            let mut request: Request = Request::get("http://api.test/").body(None).unwrap();
            assert_eq!(
                origin(&"/x".parse().unwrap()),
                origin(&"http://self/y".parse().unwrap())
            );
            for name in BOUND_TO_ORIGIN {
                request
                    .headers_mut()
                    .insert(name, "secret".parse().unwrap());
            }
            follow(&mut request, 307, next.parse().unwrap());
            assert_eq!(request.headers().is_empty(), !are_kept, "{next}");
        }
    }
}
