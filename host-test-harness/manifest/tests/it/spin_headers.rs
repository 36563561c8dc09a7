//! The `spin-*` headers, which describe a route to its component.

use harness_manifest::route::{RouteMatch, RoutePattern};
use http::HeaderMap;

/// The headers, sorted, one a line.
fn headers<T>(found: &RouteMatch<'_, '_, T>, mut headers: HeaderMap) -> Vec<String> {
    found
        .set_headers(
            &mut headers,
            "https://shop.test/x?q=1",
            "127.0.0.1:8777".parse().unwrap(),
        )
        .unwrap();
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort();
    lines
}

#[track_caller]
fn check_headers(base: &str, route: &str, path: &str, want: &[&str]) {
    let pattern = RoutePattern::parse_with_base(base, route).unwrap();
    let found = pattern.match_path(path, &()).expect("a match");
    let mut want: Vec<&str> = want.to_vec();
    want.extend([
        "spin-client-addr: 127.0.0.1:8777",
        "spin-full-url: https://shop.test/x?q=1",
    ]);
    want.sort_unstable();
    assert_eq!(
        headers(&found, HeaderMap::new()),
        want,
        "{base} {route} {path}"
    );
}

#[test]
fn the_spin_headers_describe_the_route() {
    check_headers(
        "/",
        "/users/:user_id/...",
        "/users/42/a/b",
        &[
            "spin-base-path: /",
            "spin-component-route: /users/:user_id",
            "spin-matched-route: /users/:user_id/...",
            "spin-path-info: /a/b",
            "spin-path-match-user-id: 42",
            "spin-raw-component-route: /users/:user_id/...",
        ],
    );
    check_headers(
        "/",
        "/tea",
        "/tea",
        &[
            "spin-base-path: /",
            "spin-component-route: /tea",
            "spin-matched-route: /tea",
            "spin-path-info: ",
            "spin-raw-component-route: /tea",
        ],
    );
    check_headers(
        "/",
        "/",
        "/",
        &[
            "spin-base-path: /",
            "spin-component-route: /",
            "spin-matched-route: ",
            "spin-path-info: ",
            "spin-raw-component-route: /",
        ],
    );
    check_headers(
        "/",
        "/...",
        "/caf\u{e9}/",
        &[
            "spin-base-path: /",
            "spin-component-route: ",
            "spin-matched-route: /...",
            "spin-path-info: /caf\u{e9}/",
            "spin-raw-component-route: /...",
        ],
    );
}

#[test]
fn a_base_path_is_prefixed_to_the_route() {
    for base in ["/base", "/base/", "base"] {
        let pattern = RoutePattern::parse_with_base(base, "/tea/...").unwrap();
        assert!(pattern.match_path("/tea", &()).is_none(), "{base}");
        assert!(pattern.match_path("/base/tea", &()).is_some(), "{base}");
    }
    check_headers(
        "/base",
        "/tea/...",
        "/base/tea/green",
        &[
            "spin-base-path: /base",
            "spin-component-route: /tea",
            "spin-matched-route: /base/tea/...",
            "spin-path-info: /green",
            "spin-raw-component-route: /tea/...",
        ],
    );
}

#[test]
fn no_client_sets_a_spin_header_of_the_route() {
    let mut sent = HeaderMap::new();
    for name in [
        "spin-path-info",
        "spin-client-addr",
        "spin-full-url",
        "spin-path-match-item",
        "spin-path-match-role",
    ] {
        sent.append(name, "forged".parse().unwrap());
        sent.append(name, "forged twice".parse().unwrap());
    }
    sent.append("accept", "text/plain".parse().unwrap());
    let pattern = RoutePattern::parse("/:item").unwrap();
    let lines = headers(&pattern.match_path("/tea", &()).unwrap(), sent);
    assert_eq!(lines.len(), 9, "{lines:?}");
    assert!(
        !lines.iter().any(|line| line.contains("forged")),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"spin-path-match-item: tea".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"accept: text/plain".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn a_path_that_would_split_a_header_changes_nothing() {
    let mut headers = HeaderMap::new();
    headers.insert("spin-path-match-role", "kept".parse().unwrap());
    let pattern = RoutePattern::everything();
    let found = pattern.match_path("/a\r\nx: y", &()).unwrap();
    found
        .set_headers(
            &mut headers,
            "http://a.test/",
            "127.0.0.1:1".parse().unwrap(),
        )
        .expect_err("a line break");
    assert_eq!(headers.len(), 1);
}
