//! What is judged is what is dialled: whatever a guest or an upstream writes, all views of a target name one origin.

use std::net::IpAddr;
use std::sync::LazyLock;

use outbound_policy::{AllowList, Decision, Origin, Target};
use url::{Host, Url};

use super::decision::check_decision;

/// Where `/path` and `http://self/path` lead.
const SELF_ORIGIN: &str = "http://127.0.0.1:3000";

/// More redirects than these lead to nothing new.
const MAX_REDIRECTS: usize = 4;

/// Reads `input` as a guest's URI and, after an empty line each, the `Location`s that it is redirected to.
/// How many of them are accepted.
pub(crate) fn check(input: &[u8]) -> usize {
    let text = String::from_utf8_lossy(input);
    let mut texts = text.split("\n\n");
    let uri = texts.next().unwrap_or_default();
    let locations: Vec<&str> = texts.take(MAX_REDIRECTS).collect();
    check_chain(uri, &locations)
}

/// The properties of a guest's URI and of each hop that follows. How many of them are accepted.
pub(crate) fn check_chain(uri: &str, locations: &[&str]) -> usize {
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
    assert_eq!(Url::parse(url.as_str()).as_ref(), Ok(url), "it is stable");
    check_parts(target);
    check_address(target);
    check_judgement(target);
}

/// Takes the text apart by hand, and compares each part with what policy judges and with what the client dials.
fn check_parts(target: &Target) {
    let text = target.url().as_str();
    assert!(
        text.bytes().all(|byte| byte.is_ascii_graphic()),
        "{text:?} has what would end a request line"
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
        "{text:?} has an authority that parsers may read in two ways"
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

/// An address that stands in the URL is dialled as that address; a name never is one, in any notation.
fn check_address(target: &Target) {
    let Some(origin) = target.origin() else {
        return;
    };
    let host = target.uri().host().expect("an http URI");
    // As the connector reads it.
    let dialled = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    match origin.host() {
        Host::Ipv4(address) => assert_eq!(dialled, Some(IpAddr::from(*address))),
        Host::Ipv6(address) => assert_eq!(dialled, Some(IpAddr::from(*address))),
        Host::Domain(name) => {
            assert_eq!(dialled, None);
            // A resolver reads `127.1` and `0x7f000001` as addresses.
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

/// The decision is about what goes out: it is the same for the URL as it is sent.
fn check_judgement(target: &Target) {
    let resent = Target::parse(target.url().as_str(), None);
    for list in LISTS.iter() {
        let decision = list.evaluate(target);
        if target.origin().is_none() || target.is_own_name_from_outside() {
            assert!(matches!(decision, Decision::Deny(_)), "{decision:?}");
        }
        check_decision(target, &decision);
        // A guest means its own application by `self`; behind a redirect that is a name like any other.
        let is_named_self = target.url().host_str() == Some("self");
        if !target.is_self() && !target.is_own_name_from_outside() && !is_named_self {
            let resent = resent.as_ref().expect("what is sent can be parsed");
            assert_eq!(resent.url(), target.url());
            assert_eq!(resent.origin(), target.origin());
            assert_eq!(list.evaluate(resent), decision, "{target:?}");
        }
    }
}
