//! Messages: each one names the value, the reason and a hint, and shows neither secrets nor control characters.

use outbound_policy::display::printable;
use outbound_policy::{AllowList, Decision, Origin, Target};

#[track_caller]
fn check(got: &str, want: &str) {
    assert_eq!(got, want, "\n  got  {got}\n  want {want}");
}

fn denial(entries: &[&str], uri: &str) -> String {
    let self_origin = Origin::parse("http://127.0.0.1:3000").expect("an origin");
    let target = Target::parse(uri, Some(&self_origin)).expect("a URI");
    let allow_list = AllowList::from_allowed_http_hosts(entries).expect("valid entries");
    match allow_list.evaluate(&target) {
        Decision::Allow(rule) => panic!("{uri} is permitted by {rule:?}"),
        Decision::Deny(denial) => denial.to_string(),
    }
}

fn outbound_denial(entries: &[&str], uri: &str) -> String {
    let self_origin = Origin::parse("http://127.0.0.1:3000").expect("an origin");
    let target = Target::parse(uri, Some(&self_origin)).expect("a URI");
    match outbound_hosts(entries).evaluate(&target) {
        Decision::Allow(rule) => panic!("{uri} is permitted by {rule:?}"),
        Decision::Deny(denial) => denial.to_string(),
    }
}

fn outbound_hosts(entries: &[&str]) -> AllowList {
    let variables = |name: &str| (name == "host").then(|| "api.test/v1".to_owned());
    AllowList::from_allowed_outbound_hosts(entries, variables).expect("valid entries")
}

fn invalid_entries(entries: &[&str]) -> String {
    AllowList::from_allowed_http_hosts(entries)
        .expect_err("invalid entries")
        .to_string()
}

fn invalid_uri(uri: &str) -> String {
    Target::parse(uri, None)
        .expect_err("an invalid URI")
        .to_string()
}

#[test]
fn a_denial_names_origin_reason_and_entry() {
    check(
        &denial(
            &["a.test"],
            "http://user:secret@api.test:8080/path?token=secret",
        ),
        "`http://api.test:8080` is denied: no entry of `allowed_http_hosts` names this URI host; to permit it, \
         add \"api.test:8080\" to `allowed_http_hosts` in the manifest, or pass `--allow-http-host api.test:8080`",
    );
    check(
        &denial(&["api.test:81", "https://api.test:82"], "http://api.test/"),
        "`http://api.test` is denied: `allowed_http_hosts` lists this URI host only with other ports \
         (`api.test:81`, `https://api.test:82`; an entry without a port permits 80 for http and 443 for https); \
         to permit it, add \"api.test\" to `allowed_http_hosts` in the manifest, or pass `--allow-http-host api.test`",
    );
    check(
        &denial(&[], "/x"),
        "a request to the application itself is denied: no entry of `allowed_http_hosts` permits it; to permit it, \
         add \"self\" to `allowed_http_hosts` in the manifest, or pass `--allow-http-host self`",
    );
    check(
        &denial(&["insecure:allow-all"], "ftp://a.test/x"),
        "`ftp://a.test` is denied: only http and https requests can be permitted",
    );
    check(
        &denial(&[], "http://self:8080/"),
        "`http://self:8080` is denied: no entry of `allowed_http_hosts` names this URI host; \
         only `insecure:allow-all` permits it",
    );
}

#[test]
fn a_denial_uses_the_grammar_of_its_list() {
    check(
        &outbound_denial(
            &["https://a.test"],
            "http://user:secret@api.test:8080/path?token=secret",
        ),
        "`http://api.test:8080` is denied: no entry of `allowed_outbound_hosts` names this URI host; to permit it, \
         add \"http://api.test:8080\" to `allowed_outbound_hosts` in the manifest, \
         or pass `--allow-outbound-host http://api.test:8080`",
    );
    check(
        &outbound_denial(
            &["http://api.test:81", "http://*.test:82..90"],
            "http://api.test/",
        ),
        "`http://api.test` is denied: `allowed_outbound_hosts` lists this URI host only with other ports \
         (`http://api.test:81`, `http://*.test:82..90`; an entry without a port permits the default port of its \
         scheme); to permit it, add \"http://api.test\" to `allowed_outbound_hosts` in the manifest, \
         or pass `--allow-outbound-host http://api.test`",
    );
    check(
        &outbound_denial(&["https://api.test"], "http://api.test/"),
        "`http://api.test` is denied: `allowed_outbound_hosts` lists this URI host only for another scheme \
         (`https://api.test`); to permit it, add \"http://api.test\" to `allowed_outbound_hosts` in the manifest, \
         or pass `--allow-outbound-host http://api.test`",
    );
    check(
        &outbound_denial(&["http://*.api.test"], "http://api.test/"),
        "`http://api.test` is denied: `allowed_outbound_hosts` lists only subdomains of this URI host \
         (`http://*.api.test`); to permit it, add \"http://api.test\" to `allowed_outbound_hosts` in the manifest, \
         or pass `--allow-outbound-host http://api.test`",
    );
    check(
        &outbound_denial(&[], "/x"),
        "a request to the application itself is denied: no entry of `allowed_outbound_hosts` permits it; \
         to permit it, add \"http://self\" to `allowed_outbound_hosts` in the manifest, \
         or pass `--allow-outbound-host http://self`",
    );
    check(
        &outbound_denial(&[], "http://self:8080/"),
        "`http://self:8080` is denied: no entry of `allowed_outbound_hosts` names this URI host; \
         only an entry with `*` as its host or port permits it",
    );
}

#[test]
fn an_entry_to_add_is_one_word_of_a_shell() {
    let mut wrong = Vec::new();
    for (uri, want) in [
        ("http://api-1.test:81/", "`--allow-http-host api-1.test:81`"),
        ("http://[::1]/", "`--allow-http-host '[::1]'`"),
        ("http://a;reboot/", "`--allow-http-host 'a;reboot'`"),
        (
            "http://a'$(reboot)/",
            r"`--allow-http-host 'a'\''$(reboot)'`",
        ),
    ] {
        let got = denial(&[], uri);
        if !got.ends_with(want) {
            wrong.push((uri, got, want));
        }
    }
    assert_eq!(wrong, [], "(URI, got, want)");
}

#[test]
fn invalid_entries_are_listed_with_a_hint_each() {
    check(
        &invalid_entries(&["api.test", "*", "https://user:secret@api.test"]),
        "2 invalid entries in `allowed_http_hosts`:\n  \
         `*`: `*` is not supported here; list the hosts, or use `insecure:allow-all` to permit every request\n  \
         `https://…@api.test`: remove the user info; send credentials in the Authorization header of the request",
    );
    check(
        &invalid_entries(&["*.api.test"]),
        "1 invalid entry in `allowed_http_hosts`:\n  \
         `*.api.test`: only `allowed_outbound_hosts` (manifest version 2, `--allow-outbound-host`) \
         supports wildcards, ranges and variables; list each host here",
    );
    check(
        &invalid_entries(&["api.test:http"]),
        "1 invalid entry in `allowed_http_hosts`:\n  \
         `api.test:http`: invalid port number; use `host`, `host:port` or `http://host:port`",
    );
}

#[test]
fn invalid_entries_of_allowed_outbound_hosts_are_listed_with_a_hint_each() {
    let variables = |name: &str| (name == "host").then(|| "api.test/v1".to_owned());
    let entries = [
        "api.test",
        "https://{{ host }}",
        "https://{{ hots }}",
        "insecure:allow-all",
    ];
    let error = AllowList::from_allowed_outbound_hosts(entries, variables).expect_err("invalid");
    check(
        &error.to_string(),
        "4 invalid entries in `allowed_outbound_hosts`:\n  \
         `api.test`: the scheme is missing; use `https://host`, `http://host`, or `*://host:port` for both\n  \
         `https://{{ host }}`, which expands to `https://api.test/v1`: remove the path; an entry permits a whole host\n  \
         `https://{{ hots }}`: the variable `hots` has no value; set it in the manifest \
         or with `--variable NAME=VALUE`\n  \
         `insecure:allow-all`: `allowed_outbound_hosts` does not support it; list the hosts, or use `*://*:*` to permit every request",
    );
}

#[test]
fn a_rule_describes_what_it_permits() {
    let list = AllowList::from_allowed_http_hosts([
        "api.test",
        "api.test:81",
        "self",
        "insecure:allow-all",
    ])
    .expect("valid entries")
    .and(outbound_hosts(&[
        "https://*.api.test:8000..9000",
        "http://10.1.2.3/8:*",
        "*://*.spin.internal:80",
        "http://*",
        "redis://db.test",
    ]));
    let sentences: Vec<_> = list.rules().map(|rule| rule.to_string()).collect();
    check(
        &sentences.join("\n"),
        "`api.test` permits http and https requests to api.test on the default port (80 for http, 443 for https)\n\
         `api.test:81` permits http and https requests to api.test on port 81\n\
         `self` permits requests to the application itself (`/path`, `http://self/path` and `https://self/path`)\n\
         `insecure:allow-all` permits http and https requests to every URI host on any port, \
         and requests to the application itself\n\
         `https://*.api.test:8000..9000` permits https requests to every subdomain of api.test on ports 8000 to 8999\n\
         `http://10.1.2.3/8:*` permits http requests to URLs with an address in 10.0.0.0/8 on any port\n\
         `*://*.spin.internal:80` permits http and https requests to every component of the application \
         (`<component>.spin.internal`) on port 80\n\
         `http://*` permits http requests to every URI host on port 80, and requests to the application itself\n\
         `redis://db.test` permits nothing: only http and https requests are supported here",
    );
}

#[test]
fn warnings_name_the_entry() {
    let list =
        AllowList::from_allowed_http_hosts(["https://api.test", "b.test", "insecure:allow-all"])
            .expect("valid entries")
            .and(outbound_hosts(&[
                "http://*:81",
                "http://self:3000",
                "https://10.1.2.3/8",
                "https://b.test",
                "redis://db.test",
            ]));
    let warnings: Vec<_> = list.warnings().map(|warning| warning.to_string()).collect();
    check(
        &warnings.join("\n"),
        "`https://api.test` permits both http and https: the scheme of an entry of `allowed_http_hosts` does not \
         restrict; remove it\n\
         `insecure:allow-all` permits every http and https request; list the hosts instead\n\
         `http://*:81` permits every URI host, including hosts of your own network, and requests to the \
         application itself; list the hosts instead\n\
         `http://self:3000` permits requests to the application itself, and its port does not restrict; \
         use `http://self` instead\n\
         `http://self:3000` is redundant: `http://*:81` already permits its requests; remove one of the two\n\
         `https://10.1.2.3/8` permits https requests to URLs with an address in 10.0.0.0/8 on port 443; \
         use the first address of the network, or a longer prefix\n\
         `https://b.test` is redundant: `b.test` already permits its requests; remove one of the two\n\
         `redis://db.test` permits nothing: only http and https requests are supported here",
    );
}

#[test]
fn an_invalid_uri_is_reported_with_a_hint() {
    check(
        &invalid_uri("http://api.test/a b"),
        "`http://api.test/a b` is not a valid URI: it contains ' '; use an absolute URL or a path that starts with `/`, \
         percent-encode spaces, quotes and control characters, and write the URI host in ASCII",
    );
    check(
        &invalid_uri("host:80"),
        "`host:80` is not an absolute URL: it has no scheme or no URI host; use a URL such as \
         `https://api.test/path`, or a path that starts with `/`",
    );
    check(
        &invalid_uri("/x"),
        "`/x` is a request to the application itself, and the application's origin is not known; \
         set the application's origin (`--self-origin`), or request an absolute URL",
    );
}

#[test]
fn user_info_and_control_characters_stay_out_of_messages() {
    for uri in [
        "http://user:secret@a b/",
        "http://user:se/cret@a.test:x/",
        "http://user:secret@a.test/\r\nlog line\u{202e}",
    ] {
        let message = invalid_uri(uri);
        let leaks = ["secret", "cret@", "\r", "\n", "\u{202e}"]
            .into_iter()
            .filter(|text| message.contains(text));
        assert_eq!(
            leaks.collect::<Vec<_>>(),
            [""; 0],
            "input {uri:?}, got {message:?}"
        );
    }
}

#[test]
fn an_invalid_origin_is_reported_with_a_hint() {
    for text in [
        "127.0.0.1:3000",
        "ftp://a.test",
        "http://a.test/x",
        "http://a.test?x",
        "http://a.test#x",
        "http://u@a.test",
        "",
    ] {
        let message = Origin::parse(text).expect_err(text).to_string();
        assert!(
            message.contains("use only scheme, URI host and port"),
            "input {text:?}, got {message:?}"
        );
    }
}

#[test]
fn invisible_characters_are_printed_as_escapes() {
    let cases = [
        ("plain", "plain"),
        (r#"a "quoted" \ 'text'"#, r#"a "quoted" \ 'text'"#),
        ("a\r\n\tb\0", r"a\r\n\tb\0"),
        ("\u{1b}[31mred", r"\u{1b}[31mred"),
        ("left\u{202e}right", r"left\u{202e}right"),
        ("\u{e9} and e\u{301}", "\u{e9} and e\u{301}"),
        ("", ""),
    ];
    let wrong: Vec<_> = cases
        .into_iter()
        .map(|(text, want)| (text, printable(text), want))
        .filter(|(_, got, want)| got != want)
        .collect();
    assert_eq!(wrong, [], "(input, got, want)");
}
