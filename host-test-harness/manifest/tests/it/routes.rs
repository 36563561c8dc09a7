//! Routes and the paths that they match.

use harness_manifest::route::{RoutePattern, RouteTable};

fn table<'a>(routes: &[&'a str]) -> RouteTable<&'a str> {
    RouteTable::new(
        routes
            .iter()
            .map(|route| (RoutePattern::parse(route).unwrap(), *route)),
    )
    .unwrap()
}

/// The route that was found, `name=value` of each parameter, and the path info in angle brackets.
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
    // The order of the routes in the manifest is irrelevant.
    let reversed: Vec<&str> = routes.iter().rev().copied().collect();
    let tables = [table(routes), table(&reversed)];
    let wrong: Vec<_> = tables
        .iter()
        .flat_map(|table| {
            cases
                .iter()
                .map(move |(path, want)| (*path, found(table, path), *want))
        })
        .filter(|(_, got, want)| got != want)
        .collect();
    assert_eq!(wrong, [], "(path, got, want) of {routes:?}");
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
fn a_wildcard_matches_the_path_before_it_and_the_paths_below() {
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
fn the_most_specific_route_is_selected() {
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
fn slashes_at_the_start_and_end_of_a_path_are_ignored() {
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
fn routes_that_match_the_same_paths_are_rejected() {
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
fn an_invalid_route_is_reported_with_the_reason() {
    let long = "a".repeat(1 << 17);
    let mut wrong = Vec::new();
    for (route, want) in [
        ("/:", "`:` has no name; use `:name`"),
        ("/:.json", "`:` has no name; use `:name`"),
        (
            "/.../tea",
            "a wildcard is supported only at the end; use a named segment, such as `/:name/rest`",
        ),
        (
            "/*/tea",
            "a wildcard is supported only at the end; use a named segment, such as `/:name/rest`",
        ),
        (
            "/*rest",
            "a wildcard has no name; use `...` instead of `*rest`",
        ),
        (
            "/:a/x/:a",
            "the name `a` is used twice, and both would set the same header; rename one of them",
        ),
        (
            "/:a_b/:A-B",
            "the name `A-B` is used twice, and both would set the same header; rename one of them",
        ),
        (
            "/:caf\u{e9}",
            "the name `caf\u{e9}` is not valid in the header `spin-path-match-…`; use ASCII letters, digits, `_` and `-`",
        ),
        (
            "/tea?x=1",
            "a path never contains '?'; remove or percent-encode it",
        ),
        (
            "/tea#x",
            "a path never contains '#'; remove or percent-encode it",
        ),
        (
            "/a b",
            "a path never contains ' '; remove or percent-encode it",
        ),
    ] {
        let error = RoutePattern::parse(route).expect_err(route);
        let got = (error.route().to_owned(), error.to_string());
        let want = (route.to_owned(), format!("invalid route `{route}`: {want}"));
        if got != want {
            wrong.push((got, want));
        }
    }
    assert_eq!(wrong, [], "(got, want)");
    let error = RoutePattern::parse("/a\r\nx: y").expect_err("a line break");
    assert!(error.to_string().contains(r"`/a\r\nx: y`"), "{error}");
    RoutePattern::parse(&format!("/:{long}")).expect_err("a name that is too long for a header");
}

#[test]
fn a_reserved_route_of_spin_is_recognised() {
    let mut wrong = Vec::new();
    for (route, want) in [
        ("/.well-known/spin/health", true),
        ("/.well-known/spin/...", true),
        ("/.well-known/spin", false),
        ("/.well-known/spindle/x", false),
        ("/...", false),
    ] {
        if RoutePattern::parse(route).unwrap().is_reserved() != want {
            wrong.push((route, want));
        }
    }
    assert_eq!(wrong, [], "(route, want)");
}

#[test]
fn a_hostile_path_never_panics() {
    let table = table(&["/a/:b.:c/d", "/:x/:y", "/tea/..."]);
    let slashes = "/".repeat(1 << 16);
    let dots = format!("/a/{}/d", ".".repeat(1 << 16));
    for path in ["", "a", "/", "?", "/\0", "/\u{e9}\u{e9}.x", &slashes, &dots] {
        let _found = table.find(path);
    }
}
