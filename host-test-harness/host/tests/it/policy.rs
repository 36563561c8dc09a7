//! The order of the steps of a call: a denied destination is never contacted.

use spin_harness::{BlockedNetworks, Limits, Outcome};
use test_support::guests::{
    ProbeRequest, builder, observed_wire_probe, send, wire_probe, wire_probe_in,
};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

#[test]
fn a_request_without_an_entry_is_denied_and_opens_no_socket() {
    let upstream = Upstream::always(ScriptedResponse::ok(""));
    let other_port = Upstream::always(ScriptedResponse::ok(""));
    let other_port = other_port.authority();
    let lists = [
        &[][..],
        &["example.test"],
        &[&other_port],
        &["localhost"],
        &["self"],
    ];
    check_rows(lists, |allowed| {
        let got = send(&wire_probe(allowed), ProbeRequest::get(upstream.url("/")));
        assert_eq!(got.error(), "destination-not-allowed");
    });
    assert_eq!(upstream.rest(), []);
}

#[test]
fn a_uri_that_cannot_be_parsed_is_invalid_url_even_if_everything_is_allowed() {
    let long = format!("http://example.test/{}", "a".repeat(70_000));
    let uris = [
        "",
        " ",
        "not a url",
        "example.test",
        "example.test:80",
        "http://",
        "http:///path",
        "http:host/x",
        "*",
        " http://example.test/",
        "http://example.test/a b",
        "http://example.test/\"",
        "http://example.test/\r\nx: 1",
        "http://example.test/\0",
        "http://[::1",
        "http://example.test:99999/",
        "http://ex%41mple.test/",
        &long,
    ];
    check_rows(uris, |uri| {
        let got = send(&wire_probe(&["insecure:allow-all"]), ProbeRequest::get(uri));
        assert_eq!(got.error(), "invalid-url");
    });
}

#[test]
fn a_scheme_other_than_http_is_never_allowed() {
    let uris = [
        "ftp://example.test/",
        "file://example.test/etc/passwd",
        "ws://example.test/",
    ];
    check_rows(uris, |uri| {
        let got = send(
            &wire_probe(&["insecure:allow-all", "example.test"]),
            ProbeRequest::get(uri),
        );
        assert_eq!(got.error(), "destination-not-allowed");
    });
}

#[test]
fn the_request_target_that_was_evaluated_is_sent() {
    let rows = [
        ("", "/"),
        ("?x=1", "/?x=1"),
        ("/a/../b/./c?x=1#fragment", "/b/c?x=1"),
        ("/%7Ea%2fb%2F//c", "/%7Ea%2fb%2F//c"),
        ("/%zz", "/%zz"),
        ("/a|b?q=a|b&q=%20&q=", "/a|b?q=a|b&q=%20&q="),
        ("/a\\b", "/a/b"),
        ("/\u{e9}?\u{e9}", "/%C3%A9?%C3%A9"),
    ];
    check_rows(rows, |(path, target)| {
        let upstream = Upstream::start([ScriptedResponse::ok("")]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            ProbeRequest::get(upstream.url(path)),
        );
        assert_eq!(got.status(), 200);
        assert_eq!(
            upstream.next().request_line(),
            format!("GET {target} HTTP/1.1")
        );
    });
}

#[test]
fn user_info_is_never_sent() {
    let upstream = Upstream::start([ScriptedResponse::ok("")]);
    let authority = upstream.authority();
    let got = send(
        &wire_probe(&[&authority]),
        ProbeRequest::get(format!("http://user:secret@{authority}/")),
    );
    assert_eq!(got.status(), 200);
    let seen = upstream.next();
    assert_eq!(seen.values("authorization"), [""; 0]);
    assert!(!seen.head.contains("secret"), "{}", seen.head);
}

#[test]
fn an_address_in_another_notation_is_the_same_address() {
    let upstream = Upstream::start([ScriptedResponse::ok("")]);
    let port = upstream.authority().split_once(':').unwrap().1.to_owned();
    let got = send(
        &wire_probe(&[&upstream.authority()]),
        ProbeRequest::get(format!("http://0x7f.1:{port}/")),
    );
    assert_eq!(got.status(), 200);
    assert_eq!(upstream.next().values("host"), [upstream.authority()]);
}

#[test]
fn an_exchange_names_the_entry_that_allowed_it_or_the_entry_to_add() {
    let upstream = Upstream::always(ScriptedResponse::ok("hello"));
    let entry = format!("http://{}/", upstream.authority());
    let (guest, exchanges) = observed_wire_probe(&[&entry]);
    send(&guest, ProbeRequest::get(upstream.url("/?q=1")));
    send(&guest, ProbeRequest::get("https://denied.test:8443/"));
    send(&guest, ProbeRequest::get("http://user:secret@denied.test/"));
    let exchanges = exchanges.lock().unwrap();
    let [allowed, denied, with_user_info] = &exchanges[..] else {
        panic!("{exchanges:?}")
    };
    assert_eq!(allowed.rule.as_ref(), Some(&entry));
    assert_eq!(allowed.url, upstream.url("/?q=1"));
    assert_eq!(&*allowed.component, "wire-probe");
    assert_eq!(
        allowed.address().map(|address| address.to_string()),
        Some(upstream.authority())
    );
    assert!(
        matches!(
            allowed.outcome,
            Outcome::Response {
                status: 200,
                body_bytes: 5
            }
        ),
        "{allowed:?}"
    );
    let Outcome::Failed {
        error_code, cause, ..
    } = &denied.outcome
    else {
        panic!("{denied:?}")
    };
    assert_eq!(*error_code, "destination-not-allowed");
    assert!(
        cause.contains("add \"denied.test:8443\"") && cause.contains("allowed_http_hosts"),
        "{cause}"
    );
    assert!(
        !format!("{with_user_info:?}").contains("secret"),
        "{with_user_info:?}"
    );
}

#[test]
fn an_exchange_never_contains_a_password() {
    let loops = Upstream::always(ScriptedResponse::redirect(
        302,
        "http://user:secret@127.0.0.1:9/",
    ));
    let broken = Upstream::always(ScriptedResponse::redirect(302, "http://user:secret@[::1"));
    let (guest, exchanges) =
        observed_wire_probe(&[&loops.authority(), &broken.authority(), "127.0.0.1:9"]);
    for uri in [
        "http://user:secret@api.test/a b",
        "http://user:secret@api.test/",
        "http://user:secret@[::1",
        "user:secret@api.test:80",
        &loops.url("/"),
        &broken.url("/"),
    ] {
        send(&guest, ProbeRequest::get(uri)).error();
    }
    let limits = Limits {
        outbound_calls: Some(0),
        ..Limits::default()
    };
    let sink = std::sync::Arc::clone(&exchanges);
    let capped =
        builder(limits).observe(move |exchange| sink.lock().unwrap().push(exchange.clone()));
    send(
        &wire_probe_in(capped, &[]),
        ProbeRequest::get("http://user:secret@api.test/"),
    )
    .error();
    let records = format!("{:?}", exchanges.lock().unwrap());
    assert!(!records.contains("secret"), "{records}");
}

#[test]
fn a_denied_redirect_is_recorded_as_it_would_have_been_sent() {
    let upstream = Upstream::always(ScriptedResponse::redirect(302, "http://denied.test/"));
    let (guest, exchanges) = observed_wire_probe(&[&upstream.authority()]);
    assert_eq!(
        send(
            &guest,
            ProbeRequest::new("POST", upstream.url("/")).body("abc")
        )
        .error(),
        "destination-not-allowed"
    );
    let exchanges = exchanges.lock().unwrap();
    let hop = &exchanges[1];
    assert_eq!(
        (hop.method.as_str(), hop.request_body_bytes, hop.hop),
        ("GET", 0, 1)
    );
}

#[test]
fn a_blocked_address_is_denied_whatever_its_name_and_notation() {
    let upstream = Upstream::always(ScriptedResponse::ok("reached"));
    let port = upstream.authority().split_once(':').unwrap().1.to_owned();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "0x7f.1",
        "[::ffff:7f00:1]",
    ];
    let entries = hosts.map(|host| format!("http://{host}:{port}"));
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let rows = [
        (
            BlockedNetworks::default().block_private(),
            "--block-private",
        ),
        (
            BlockedNetworks::default()
                .block("127.0.0.0/8")
                .unwrap()
                .block("::1")
                .unwrap(),
            "--block ",
        ),
    ];
    check_rows(rows, |(blocked, name)| {
        let (sender, failures) = std::sync::mpsc::channel();
        let builder = builder(Limits::default())
            .blocked_networks(blocked.clone())
            .observe(move |exchange| sender.send(exchange.outcome.clone()).unwrap());
        let guest = wire_probe_in(builder, &entries);
        for host in hosts {
            let uri = format!("http://{host}:{port}/");
            assert_eq!(
                send(&guest, ProbeRequest::get(&uri)).error(),
                "destination-not-allowed",
                "{uri}"
            );
            let Outcome::Failed { cause, .. } = failures.try_recv().unwrap() else {
                panic!("{uri} was denied");
            };
            assert!(
                cause.contains("the address ") && cause.contains(name),
                "{cause}"
            );
        }
    });
    assert_eq!(upstream.rest(), []);
}

#[test]
fn an_address_that_is_not_blocked_is_dialled_even_if_another_one_is_blocked() {
    let upstream = Upstream::always(ScriptedResponse::ok("reached"));
    let port = upstream.authority().split_once(':').unwrap().1.to_owned();
    let entry = format!("http://localhost:{port}");
    // On most machines `localhost` also resolves to `::1`, where nothing listens.
    let blocked = BlockedNetworks::default().block("::1").unwrap();
    let guest = wire_probe_in(
        builder(Limits::default()).blocked_networks(blocked),
        &[&entry],
    );
    assert_eq!(
        send(&guest, ProbeRequest::get(format!("{entry}/"))).body(),
        b"reached"
    );
}

#[test]
fn a_redirect_to_a_blocked_address_is_denied() {
    let hidden = Upstream::always(ScriptedResponse::ok("reached"));
    let port = hidden.authority().split_once(':').unwrap().1.to_owned();
    let location = format!("http://127.0.0.2:{port}/");
    let upstream = Upstream::start([ScriptedResponse::redirect(302, &location)]);
    let blocked = BlockedNetworks::default().block("127.0.0.2").unwrap();
    let builder = builder(Limits::default()).blocked_networks(blocked);
    let guest = wire_probe_in(
        builder,
        &[&upstream.authority(), &format!("127.0.0.2:{port}")],
    );
    assert_eq!(
        send(&guest, ProbeRequest::get(upstream.url("/"))).error(),
        "destination-not-allowed"
    );
}
