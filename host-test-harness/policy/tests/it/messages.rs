//! What people read: each message names the value, the reason and the way out, and keeps secrets and control characters.

use outbound_policy::{AllowList, Decision, Origin, Target};

#[track_caller]
fn check(got: &str, want: &str) {
    assert_eq!(got, want, "\n  got  {got}\n  want {want}");
}

fn denial(entries: &[&str], uri: &str) -> String {
    let self_origin = Origin::parse("http://127.0.0.1:3000").expect("an origin");
    let target = Target::parse(uri, Some(&self_origin)).expect("a URI");
    let allow_list = AllowList::from_allowed_http_hosts(entries).expect("valid entries");
    match allow_list.decide(&target) {
        Decision::Allow(rule) => panic!("{uri} is permitted by {rule:?}"),
        Decision::Deny(denial) => denial.to_string(),
    }
}

fn outbound_denial(entries: &[&str], uri: &str) -> String {
    let self_origin = Origin::parse("http://127.0.0.1:3000").expect("an origin");
    let target = Target::parse(uri, Some(&self_origin)).expect("a URI");
    match outbound_hosts(entries).decide(&target) {
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
         add \"api.test:8080\" to `allowed_http_hosts` in the manifest, or, without one, give `--allow-http-host api.test:8080`",
    );
    check(
        &denial(&["api.test:81", "https://api.test:82"], "http://api.test/"),
        "`http://api.test` is denied: `allowed_http_hosts` lists this URI host with other ports only \
         (`api.test:81`, `https://api.test:82`; an entry without a port permits 80 for http and 443 for https); \
         to permit it, add \"api.test\" to `allowed_http_hosts` in the manifest, or, without one, give `--allow-http-host api.test`",
    );
    check(
        &denial(&[], "/x"),
        "a request to the application itself is denied: `allowed_http_hosts` does not list `self`; to permit it, \
         add \"self\" to `allowed_http_hosts` in the manifest, or, without one, give `--allow-http-host self`",
    );
    check(
        &denial(&["insecure:allow-all"], "ftp://a.test/x"),
        "`ftp://a.test` is denied: its scheme is neither http nor https, and no entry permits another",
    );
    check(
        &denial(&[], "http://self:8080/"),
        "`http://self:8080` is denied: no entry of `allowed_http_hosts` names this URI host; \
         only `insecure:allow-all` permits it",
    );
}

#[test]
fn a_denial_speaks_the_grammar_of_its_list() {
    check(
        &outbound_denial(
            &["https://a.test"],
            "http://user:secret@api.test:8080/path?token=secret",
        ),
        "`http://api.test:8080` is denied: no entry of `allowed_outbound_hosts` names this URI host; to permit it, \
         add \"http://api.test:8080\" to `allowed_outbound_hosts` in the manifest, \
         or, without one, give `--allow-outbound-host http://api.test:8080`",
    );
    check(
        &outbound_denial(
            &["http://api.test:81", "http://*.test:82..90"],
            "http://api.test/",
        ),
        "`http://api.test` is denied: `allowed_outbound_hosts` lists this URI host with other ports only \
         (`http://api.test:81`, `http://*.test:82..90`; an entry without a port permits the default port of its \
         scheme); to permit it, add \"http://api.test\" to `allowed_outbound_hosts` in the manifest, \
         or, without one, give `--allow-outbound-host http://api.test`",
    );
    check(
        &outbound_denial(&["https://api.test"], "http://api.test/"),
        "`http://api.test` is denied: `allowed_outbound_hosts` lists this URI host for another scheme only \
         (`https://api.test`); to permit it, add \"http://api.test\" to `allowed_outbound_hosts` in the manifest, \
         or, without one, give `--allow-outbound-host http://api.test`",
    );
    check(
        &outbound_denial(&["http://*.api.test"], "http://api.test/"),
        "`http://api.test` is denied: `allowed_outbound_hosts` lists the subdomains of this URI host and not itself \
         (`http://*.api.test`); to permit it, add \"http://api.test\" to `allowed_outbound_hosts` in the manifest, \
         or, without one, give `--allow-outbound-host http://api.test`",
    );
    check(
        &outbound_denial(&[], "/x"),
        "a request to the application itself is denied: `allowed_outbound_hosts` does not list `http://self`; \
         to permit it, add \"http://self\" to `allowed_outbound_hosts` in the manifest, \
         or, without one, give `--allow-outbound-host http://self`",
    );
    check(
        &outbound_denial(&[], "http://self:8080/"),
        "`http://self:8080` is denied: no entry of `allowed_outbound_hosts` names this URI host; \
         only an entry with `*` as its host or port permits it",
    );
}

#[test]
fn an_entry_to_add_is_one_word_of_a_shell() {
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
        assert!(
            got.ends_with(want),
            "input {uri:?}\n  got  {got}\n  want {want}"
        );
    }
}

#[test]
fn invalid_entries_are_listed_with_a_hint_each() {
    check(
        &invalid_entries(&["api.test", "*", "https://user:secret@api.test"]),
        "2 entries of `allowed_http_hosts` are not valid:\n  \
         `*`: `*` has no meaning here; list the hosts, or write `insecure:allow-all` to permit every request\n  \
         `https://…@api.test`: remove the user info; credentials belong in the request's Authorization header",
    );
    check(
        &invalid_entries(&["*.api.test"]),
        "an entry of `allowed_http_hosts` is not valid:\n  \
         `*.api.test`: wildcards, ranges and variables are the grammar of `allowed_outbound_hosts` \
         (manifest version 2, `--allow-outbound-host`); list each host here",
    );
    check(
        &invalid_entries(&["api.test:http"]),
        "an entry of `allowed_http_hosts` is not valid:\n  \
         `api.test:http`: invalid port number; write `host`, `host:port` or `http://host:port`",
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
        "4 entries of `allowed_outbound_hosts` are not valid:\n  \
         `api.test`: an entry starts with a scheme: write `https://host`, `http://host`, or `*://host:port` for both\n  \
         `https://{{ host }}`, which reads `https://api.test/v1`: remove the path; an entry permits a whole host\n  \
         `https://{{ hots }}`: the variable `hots` has no value; give it one in the manifest \
         or by `--variable NAME=VALUE`\n  \
         `insecure:allow-all`: list the hosts, or write `*://*:*` to permit every request",
    );
}

#[test]
fn a_rule_says_what_it_permits() {
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
        "`api.test` permits http and https requests to api.test at the default port (80 for http, 443 for https)\n\
         `api.test:81` permits http and https requests to api.test at port 81\n\
         `self` permits requests to the application itself (`/path`, `http://self/path` and `https://self/path`)\n\
         `insecure:allow-all` permits http and https requests to every URI host at any port, \
         and requests to the application itself\n\
         `https://*.api.test:8000..9000` permits https requests to every subdomain of api.test at ports 8000 to 8999\n\
         `http://10.1.2.3/8:*` permits http requests to the addresses of 10.0.0.0/8 that stand in a URL at any port\n\
         `*://*.spin.internal:80` permits http and https requests to every component of the application \
         (`<component>.spin.internal`) at port 80\n\
         `http://*` permits http requests to every URI host at port 80, and requests to the application itself\n\
         `redis://db.test` permits nothing: only http and https requests are made here",
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
        "`https://api.test` permits http and https alike: in `allowed_http_hosts` a scheme does not restrict; \
         leave it out to say what holds\n\
         `insecure:allow-all` permits every http and https request; list the hosts instead\n\
         `http://*:81` permits every URI host, those of your own network among them, and requests to the \
         application itself; list the hosts instead\n\
         `http://self:3000` permits requests to the application itself, whatever its port; \
         write `http://self` to say what holds\n\
         `http://self:3000` adds nothing: `http://*:81` permits all that it permits; remove one of the two\n\
         `https://10.1.2.3/8` permits https requests to the addresses of 10.0.0.0/8 that stand in a URL at port 443; \
         write the network's own address, or a longer prefix\n\
         `https://b.test` adds nothing: `b.test` permits all that it permits; remove one of the two\n\
         `redis://db.test` permits nothing: only http and https requests are made here",
    );
}

#[test]
fn an_invalid_uri_is_named_with_the_way_out() {
    check(
        &invalid_uri("http://api.test/a b"),
        "`http://api.test/a b` is not a valid URI (it contains ' '): give an absolute URL or a path that starts with \
         `/`, with blanks, quotes and control characters percent-encoded and the URI host in ASCII",
    );
    check(
        &invalid_uri("host:80"),
        "`host:80` cannot be requested (it has no scheme and URI host): give an absolute URL such as \
         `https://api.test/path`, or a path that starts with `/`",
    );
    check(
        &invalid_uri("/x"),
        "`/x` is a request to the application itself (no origin is known for it): \
         give the application's origin (`--self-origin`), or request an absolute URL",
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
fn an_invalid_origin_is_named_with_the_way_out() {
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
            message.contains("give scheme, URI host and port only"),
            "input {text:?}, got {message:?}"
        );
    }
}
