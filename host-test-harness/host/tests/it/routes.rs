//! Which component answers a path, and what the `spin-*` headers tell it.

use http::HeaderMap;
use spin_harness::route::{RouteMatch, RoutePattern, RouteTable};

fn table<'a>(routes: &[&'a str]) -> RouteTable<&'a str> {
    RouteTable::new(
        routes
            .iter()
            .map(|route| (RoutePattern::parse(route).unwrap(), *route)),
    )
    .unwrap()
}

/// What was found: the route, `name=value` of each parameter, and the path info in angle brackets.
fn found(table: &RouteTable<&str>, path: &str) -> String {
    let Some(found) = table.find(path) else {
        return "none".to_owned();
    };
    let mut text = (*found.target()).to_owned();
    for (name, value) in found.parameters() {
        text.push_str(&format!(" {name}={value}"));
    }
    format!("{text} <{}>", found.path_info())
}

#[track_caller]
fn check(routes: &[&str], cases: &[(&str, &str)]) {
    // The order in which the manifest has the routes does not count.
    let reversed: Vec<&str> = routes.iter().rev().copied().collect();
    for table in [table(routes), table(&reversed)] {
        for (path, want) in cases {
            assert_eq!(found(&table, path), *want, "{path} by {routes:?}");
        }
    }
}

#[test]
fn an_exact_route_matches_its_path_only() {
    check(
        &["/", "/shop", "/shop/tea"],
        &[
            ("/", "/ <>"),
            ("/shop", "/shop <>"),
            ("/shop/tea", "/shop/tea <>"),
            ("/shoptea", "none"),
            ("/shop/te", "none"),
            ("/shop/teas", "none"),
            ("/shop/tea/x", "none"),
            ("/SHOP", "none"),
            ("/x", "none"),
        ],
    );
}

#[test]
fn a_wildcard_matches_what_is_below_and_the_path_itself() {
    check(
        &["/shop/..."],
        &[
            ("/shop", "/shop/... <>"),
            ("/shop/", "/shop/... </>"),
            ("/shop/tea", "/shop/... </tea>"),
            ("/shop/tea/", "/shop/... </tea/>"),
            ("/shop/tea/green", "/shop/... </tea/green>"),
            ("/shopping", "none"),
            ("/", "none"),
        ],
    );
    check(&["/..."], &[("/", "/... </>"), ("/a/b/", "/... </a/b/>")]);
    check(
        &["/:kind/:item/..."],
        &[("/tea//green", "/:kind/:item/... kind=tea item= </green>")],
    );
    check(&["/shop/*"], &[("/shop/tea", "/shop/* </tea>")]);
    check(&["..."], &[("/tea", "... </tea>")]);
}

#[test]
fn a_named_segment_matches_one_segment() {
    check(
        &["/:kind/:item"],
        &[
            ("/tea/green", "/:kind/:item kind=tea item=green <>"),
            ("/tea/green/", "/:kind/:item kind=tea item=green <>"),
            ("/tea/a.b", "/:kind/:item kind=tea item=a.b <>"),
            ("/tea", "none"),
            ("/tea/", "none"),
            ("/tea//green", "none"),
            ("/tea/green/x", "none"),
        ],
    );
    check(
        &["/:user/files/..."],
        &[
            ("/42/files", "/:user/files/... user=42 <>"),
            ("/42/files/a/b", "/:user/files/... user=42 </a/b>"),
            ("/42/other", "none"),
            ("/a//files", "none"),
        ],
    );
}

#[test]
fn a_segment_may_have_names_between_dots() {
    check(
        &["/:item.json", "/:item", "/v/:major.:minor"],
        &[
            ("/tea.json", "/:item.json item=tea <>"),
            ("/tea.xml", "/:item item=tea.xml <>"),
            ("/tea", "/:item item=tea <>"),
            ("/a.b.json", "/:item item=a.b.json <>"),
            ("/v/1.2", "/v/:major.:minor major=1 minor=2 <>"),
            ("/v/1.2.3", "/v/:major.:minor major=1 minor=2.3 <>"),
            ("/v/1", "none"),
            ("/v/1.", "none"),
            ("/v/1./", "none"),
            ("/.json", "/:item.json item= <>"),
        ],
    );
}

#[test]
fn the_more_specific_route_goes_first() {
    check(
        &["/...", "/:item", "/tea", "/"],
        &[
            ("/", "/ <>"),
            ("/tea", "/tea <>"),
            ("/milk", "/:item item=milk <>"),
            ("/milk/warm", "/... </milk/warm>"),
        ],
    );
    check(
        &["/one/...", "/one/two/...", "/one/two/three/..."],
        &[
            ("/one/two/three/four", "/one/two/three/... </four>"),
            ("/one/two/four", "/one/two/... </four>"),
            ("/one/four", "/one/... </four>"),
        ],
    );
    // Segment by segment, from the left.
    check(
        &["/:a/x", "/tea/...", "/:a/:b/..."],
        &[
            ("/tea/x", "/tea/... </x>"),
            ("/milk/x", "/:a/x a=milk <>"),
            ("/milk/y", "/:a/:b/... a=milk b=y <>"),
        ],
    );
    check(
        &["/tea", "/tea/..."],
        &[("/tea", "/tea <>"), ("/tea/x", "/tea/... </x>")],
    );
}

#[test]
fn a_path_is_matched_as_it_was_sent() {
    check(
        &["/tea", "/tea/...", "/:item"],
        &[
            ("/%74ea", "/:item item=%74ea <>"),
            ("/a%2Fb", "/:item item=a%2Fb <>"),
            ("/tea/../milk", "/tea/... </../milk>"),
            ("/tea/%2e%2e/milk", "/tea/... </%2e%2e/milk>"),
            ("/./tea", "none"),
            ("/tea//green", "/tea/... <//green>"),
            ("/tea\\green", "/:item item=tea\\green <>"),
        ],
    );
}

#[test]
fn slashes_at_start_and_end_of_a_path_do_not_count() {
    check(
        &["/tea/green/", "milk"],
        &[
            ("/tea/green", "/tea/green/ <>"),
            ("/tea/green/", "/tea/green/ <>"),
            ("//tea/green//", "/tea/green/ <>"),
            ("/tea//green", "none"),
            ("/milk/", "milk <>"),
        ],
    );
}

#[test]
fn routes_that_match_the_same_paths_are_refused() {
    for (first, second) in [
        ("/tea", "/tea"),
        ("/tea", "tea/"),
        ("/tea/...", "/tea/*"),
        ("/:a/x", "/:b/x"),
        ("/:a.json", "/:b.json"),
        ("", "/"),
    ] {
        let pattern = |route: &str| RoutePattern::parse(route).unwrap();
        let error = RouteTable::new([(pattern(first), "front"), (pattern(second), "back")])
            .expect_err(&format!("{first} and {second}"));
        assert_eq!(
            error.to_string(),
            format!(
                "`{first}` of `front` and `{second}` of `back` match the same paths; change or remove one of them"
            )
        );
    }
    table(&["/tea", "/tea/...", "/:a", "/:a.json", "/a.:b", "/Tea"]);
}

#[test]
fn a_route_that_cannot_be_used_says_why() {
    let long = "a".repeat(1 << 17);
    for (route, want) in [
        ("/:", "`:` is without a name; write `:name`"),
        ("/:.json", "`:` is without a name; write `:name`"),
        (
            "/.../tea",
            "a wildcard stands at the end only; name the segment, as in `/:name/rest`",
        ),
        (
            "/*/tea",
            "a wildcard stands at the end only; name the segment, as in `/:name/rest`",
        ),
        (
            "/*rest",
            "a wildcard has no name; write `...` instead of `*rest`",
        ),
        (
            "/:a/x/:a",
            "the name `a` occurs twice, and both would be the same header; rename one",
        ),
        (
            "/:a_b/:A-B",
            "the name `A-B` occurs twice, and both would be the same header; rename one",
        ),
        (
            "/:caf\u{e9}",
            "the name `caf\u{e9}` does not fit into the header `spin-path-match-…`; use ASCII letters, digits, `_` and `-`",
        ),
        (
            "/tea?x=1",
            "no request's path contains '?'; remove it, or write it percent-encoded",
        ),
        (
            "/tea#x",
            "no request's path contains '#'; remove it, or write it percent-encoded",
        ),
        (
            "/a b",
            "no request's path contains ' '; remove it, or write it percent-encoded",
        ),
    ] {
        let error = RoutePattern::parse(route).expect_err(route);
        assert_eq!(error.route(), route);
        assert_eq!(
            error.to_string(),
            format!("the route `{route}` cannot be used: {want}")
        );
    }
    let error = RoutePattern::parse("/a\r\nx: y").expect_err("a line break");
    assert!(error.to_string().contains(r"`/a\r\nx: y`"), "{error}");
    RoutePattern::parse(&format!("/:{long}")).expect_err("a name that is too long for a header");
}

/// The `spin-*` headers, sorted, one a line.
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
fn the_spin_headers_tell_how_a_component_was_reached() {
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
fn a_base_path_stands_before_the_route() {
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

#[test]
fn a_route_of_spin_itself_is_known() {
    for (route, want) in [
        ("/.well-known/spin/health", true),
        ("/.well-known/spin/...", true),
        ("/.well-known/spin", false),
        ("/.well-known/spindle/x", false),
        ("/...", false),
    ] {
        assert_eq!(
            RoutePattern::parse(route).unwrap().is_reserved(),
            want,
            "{route}"
        );
    }
}

#[test]
fn a_hostile_path_is_just_no_match() {
    let table = table(&["/a/:b.:c/d", "/:x/:y", "/tea/..."]);
    let slashes = "/".repeat(1 << 16);
    let dots = format!("/a/{}/d", ".".repeat(1 << 16));
    for path in ["", "a", "/", "?", "/\0", "/\u{e9}\u{e9}.x", &slashes, &dots] {
        let _found = table.find(path);
    }
}
