//! The target that is evaluated is the target that is dialled: all views of a target have the same origin, for any URI
//! of a guest and any `Location` of an upstream.

use std::net::IpAddr;
use std::sync::LazyLock;

use outbound_policy::{AllowList, Decision, Origin, Target};
use url::{Host, Url};

use crate::decision::check_decision;

/// The origin of `/path` and `http://self/path`.
const SELF_ORIGIN: &str = "http://127.0.0.1:3000";

/// More redirects find nothing new.
const MAX_REDIRECTS: usize = 4;

/// Splits `input` at empty lines into the URI of a guest and the `Location`s of redirects, and runs [`check_chain`].
pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut texts = text.split("\n\n");
    let uri = texts.next().unwrap_or_default();
    let locations: Vec<&str> = texts.take(MAX_REDIRECTS).collect();
    check_chain(uri, &locations);
}

/// Checks the URI of a guest and each hop of its redirects, and returns how many of them are valid.
pub fn check_chain(uri: &str, locations: &[&str]) -> usize {
    let self_origin = Origin::parse(SELF_ORIGIN).expect("an origin");
    let Ok(mut target) = Target::parse(uri, Some(&self_origin)) else {
        return 0;
    };
    if target.is_self() {
        assert_eq!(target.origin(), Some(&self_origin));
    }
    check_target(&target);
    let mut n_accepted = 1;
    for location in locations {
        let Ok(hop) = target.join(location) else {
            continue;
        };
        let stays = target.is_self() && hop.origin() == target.origin();
        assert_eq!(hop.is_self(), stays, "{target:?} to {hop:?}");
        check_target(&hop);
        target = hop;
        n_accepted += 1;
    }
    n_accepted
}

fn check_target(target: &Target) {
    let url = target.url();
    assert_eq!(
        (url.username(), url.password(), url.fragment()),
        ("", None, None),
    );
    assert_eq!(
        Url::parse(url.as_str()).as_ref(),
        Ok(url),
        "a serialised URL parses to itself"
    );
    check_parts(target);
    check_address(target);
    check_evaluation(target);
}

/// Splits the text without a URL parser, and compares each part with the evaluated origin and the dialled URI.
fn check_parts(target: &Target) {
    let text = target.url().as_str();
    assert!(
        text.bytes().all(|byte| byte.is_ascii_graphic()),
        "{text:?} contains a character that would end a request line"
    );
    let Some(origin) = target.origin() else {
        return;
    };
    let (scheme, rest) = text.split_once("://").expect("an http URL");
    let (authority, path_and_query) = rest.split_at(rest.find('/').expect("a path"));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().expect("a port")),
        Some(_) | None => (authority, origin.scheme().default_port()),
    };
    assert!(
        !host.contains(['@', '\\', '?', '#', '/']),
        "parsers may read different authorities in {text:?}"
    );

    assert_eq!(origin.scheme().as_str(), scheme);
    assert_eq!(origin.host().to_string(), host);
    assert_eq!(origin.port(), port);

    let uri = target.uri();
    assert_eq!(uri.to_string(), text);
    assert_eq!(uri.scheme_str(), Some(scheme));
    let uri_authority = uri.authority().expect("an http URI");
    assert_eq!(uri_authority.as_str(), authority);
    assert_eq!(uri_authority.host(), host);
    assert_eq!(
        uri_authority
            .port_u16()
            .unwrap_or(origin.scheme().default_port()),
        port
    );
    let uri_path_and_query = uri.path_and_query().expect("an http URI");
    assert_eq!(uri_path_and_query.as_str(), path_and_query);
}

/// An address in the URL is dialled as that address, and no name is an address in another notation.
fn check_address(target: &Target) {
    let Some(origin) = target.origin() else {
        return;
    };
    let host = target.uri().host().expect("an http URI");
    // The same code as in the connector.
    let dialled = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    match origin.host() {
        Host::Ipv4(address) => assert_eq!(dialled, Some(IpAddr::from(*address))),
        Host::Ipv6(address) => assert_eq!(dialled, Some(IpAddr::from(*address))),
        Host::Domain(name) => {
            assert_eq!(dialled, None);
            // Resolvers parse `127.1` and `0x7f000001` as addresses.
            let label = name.strip_suffix('.').unwrap_or(name).rsplit('.').next();
            let label = label.expect("one label at least");
            let digits = label.strip_prefix("0x");
            let is_number = match digits {
                Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
                None => !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()),
            };
            assert!(!is_number, "{name:?} is an address to a resolver");
        }
    }
}

static LISTS: LazyLock<[AllowList; 4]> = LazyLock::new(|| {
    [
        AllowList::from_allowed_outbound_hosts(
            [
                "https://*.test",
                "http://*.spin.internal",
                "*://127.0.0.0/8:*",
            ],
            |_| None,
        ),
        AllowList::from_allowed_outbound_hosts(["*://*:*"], |_| None),
        AllowList::from_allowed_http_hosts(["self", "a.test", "[::1]:80"]),
        AllowList::from_allowed_http_hosts(Vec::<String>::new()),
    ]
    .map(|list| list.expect("valid entries"))
});

/// The decision about the URL that is sent is the same.
fn check_evaluation(target: &Target) {
    let resent = Target::parse(target.url().as_str(), None);
    for list in LISTS.iter() {
        let decision = list.evaluate(target);
        if target.origin().is_none() || target.is_own_name_from_outside() {
            assert!(matches!(decision, Decision::Deny(_)), "{decision:?}");
        }
        check_decision(target, &decision);
        // In the URI of a guest `self` is the own application, and in a redirect it is an ordinary name.
        let is_named_self = target.url().host_str() == Some("self");
        if !target.is_self() && !target.is_own_name_from_outside() && !is_named_self {
            let resent = resent.as_ref().expect("the URL that is sent is valid");
            assert_eq!(resent.url(), target.url());
            assert_eq!(resent.origin(), target.origin());
            assert_eq!(list.evaluate(resent), decision, "{target:?}");
        }
    }
}
