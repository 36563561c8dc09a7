//! Each matcher: a request that it matches, one that it does not, and what is said of the difference.

use harness_outbound::mocks::{
    Expectation, any, delete, get, glob, head, options, patch, post, prefix, put, regex, request,
    text,
};
use serde_json::json;

use super::{Call, call, guest, mocks, none_is_wrong};

const URL: &str = "https://api.test/a";

/// A request, and what is said of the difference; `""` if there is none.
type Asked = (Call, &'static str);

fn form(body: &'static str) -> Call {
    call("POST", URL).body(body)
}

fn multipart(value: &str) -> Call {
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"sku\"\r\n\r\n{value}\r\n\
         --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--x--\r\n"
    );
    call("POST", URL)
        .header("content-type", "multipart/form-data; boundary=x")
        .body(body)
}

fn check(rows: Vec<(&str, Expectation, Vec<Asked>)>) {
    let mut wrong = Vec::new();
    for (name, expectation, calls) in rows {
        let mocks = mocks().expect(expectation.named("m").times(0..), text("matched"));
        let guest = guest(&mocks);
        for (asked, want) in calls {
            let shown = format!("{name}: {} {}", asked.method, asked.uri);
            let got = guest.text(asked);
            let differences = got.split_once("the only one is `m`, but ");
            let got = match differences {
                Some((_, differences)) => differences,
                None if got == "matched" => "",
                None => &got,
            };
            if got != want {
                wrong.push(format!("{shown}\n  got  {got}\n  want {want}"));
            }
        }
    }
    none_is_wrong(&wrong);
}

#[test]
fn a_mock_matches_the_method() {
    let other = "method: got GET, want ";
    let mut rows = vec![(
        "request",
        request("PURGE", URL),
        vec![
            (call("PURGE", URL), ""),
            (call("GET", URL), "method: got GET, want PURGE"),
        ],
    )];
    type Named = fn(&'static str) -> Expectation;
    let by_name: [(&str, Named); 6] = [
        ("HEAD", head),
        ("POST", post),
        ("PUT", put),
        ("PATCH", patch),
        ("DELETE", delete),
        ("OPTIONS", options),
    ];
    let texts = by_name.map(|(method, _)| format!("{other}{method}"));
    for ((method, expectation), text) in by_name.into_iter().zip(texts) {
        rows.push((
            method,
            expectation(URL),
            vec![(call("GET", URL), String::leak(text))],
        ));
    }
    rows.push(("any", any(), vec![(call("GET", URL), ""), (form("x"), "")]));
    check(rows);
}

#[test]
fn a_mock_matches_the_url() {
    let with_query = "https://api.test/a?b=1";
    check(vec![
        (
            "exact",
            get(URL),
            vec![
                (call("GET", "HTTPS://API.test:443/x/../a#top"), ""),
                (call("GET", with_query), "query: got \"b=1\", want none"),
                (
                    call("GET", "http://api.test/a"),
                    "origin: got \"http://api.test\", want \"https://api.test\"",
                ),
                (
                    call("GET", "https://api.test/b"),
                    "path: got \"/b\", want \"/a\"",
                ),
            ],
        ),
        (
            "exact with a query",
            get(with_query),
            vec![
                (call("GET", with_query), ""),
                (call("GET", URL), "query: got none, want \"b=1\""),
            ],
        ),
        (
            "a path of the application",
            get("/a"),
            vec![
                (call("GET", "/a"), ""),
                (call("GET", "https://self/a"), ""),
                (
                    call("GET", URL),
                    "origin: got \"https://api.test\", want \"http://self\"",
                ),
            ],
        ),
        (
            "glob",
            get(glob("https://*.api.test/*/b**")),
            vec![
                (call("GET", "https://eu.api.test/a/b?c=/d"), ""),
                (
                    call("GET", "https://eu.api.test/a/a/b"),
                    "URL: got https://eu.api.test/a/a/b, want https://*.api.test/*/b**",
                ),
            ],
        ),
        (
            "glob with a question mark",
            get(glob("https://api.test/a?b=*")),
            vec![
                (call("GET", with_query), ""),
                (
                    call("GET", "https://api.test/aXb=1"),
                    "URL: got https://api.test/aXb=1, want https://api.test/a?b=*",
                ),
            ],
        ),
        (
            "prefix",
            get(prefix("https://api.test/a")),
            vec![
                (call("GET", "https://api.test/abc?d"), ""),
                (
                    call("GET", "https://api.test/b"),
                    "URL: got https://api.test/b, want https://api.test/a…",
                ),
            ],
        ),
        (
            "regular expression",
            get(regex(r"/users/\d+$")),
            vec![
                (call("GET", "https://api.test/users/17"), ""),
                (
                    call("GET", "https://api.test/users/x"),
                    r"URL: got https://api.test/users/x, want //users/\d+$/",
                ),
            ],
        ),
        (
            "host",
            any().host("API.test"),
            vec![
                (call("GET", URL), ""),
                (
                    call("GET", "https://eu.api.test/"),
                    "host: got \"eu.api.test\", want \"API.test\"",
                ),
            ],
        ),
        (
            "path segments",
            any().path_segments(["users", "*", "größe"]),
            vec![
                (call("GET", "https://api.test/users/7/gr%C3%B6%C3%9Fe"), ""),
                (
                    call("GET", "https://api.test/users/7"),
                    "path: got \"/users/7\", want \"/users/*/größe\"",
                ),
            ],
        ),
        (
            "path segments with a rest",
            any().path_segments(["users", "**"]),
            vec![
                (call("GET", "https://api.test/users/7/orders"), ""),
                (call("GET", "https://api.test/users"), ""),
                (
                    call("GET", "https://api.test/"),
                    "path: got \"/\", want \"/users/**\"",
                ),
            ],
        ),
    ]);
}

#[test]
fn a_mock_matches_the_query_and_the_headers() {
    check(vec![
        (
            "query",
            get(URL).query("sku", "a b").query("sku", "7"),
            vec![
                (call("GET", "https://api.test/a?x=1&sku=7&sku=a+b"), ""),
                (
                    call("GET", "https://api.test/a?sku=8&sku=a%20b"),
                    "query `sku`: got \"8\", \"a b\", want \"7\"",
                ),
                (
                    call("GET", URL),
                    "query `sku`: got none, want \"a b\"; query `sku`: got none, want \"7\"",
                ),
            ],
        ),
        (
            "header",
            get(URL).header("X-Id", "2"),
            vec![
                (call("GET", URL).header("x-id", "1").header("x-id", "2"), ""),
                (call("GET", URL), "header `x-id`: got none, want \"2\""),
                (
                    call("GET", URL).header("x-id", "3"),
                    "header `x-id`: got \"3\", want \"2\"",
                ),
            ],
        ),
        (
            "a secret header is not shown",
            get(URL).header("authorization", "Bearer t"),
            vec![
                (call("GET", URL).header("authorization", "Bearer t"), ""),
                (
                    call("GET", URL).header("authorization", "Bearer s"),
                    "header `authorization`: got another value, want the mock's value (not shown)",
                ),
            ],
        ),
        (
            "without a header",
            get(URL).without_header("cookie"),
            vec![
                (call("GET", URL), ""),
                (
                    call("GET", URL).header("cookie", "a=1"),
                    "header `cookie`: got the header, want none",
                ),
            ],
        ),
        (
            "all headers",
            get(URL).all_headers([("x-a", "1"), ("x-a", "2")]),
            vec![
                (call("GET", URL).header("x-a", "1").header("x-a", "2"), ""),
                (
                    call("GET", URL).header("x-a", "2").header("x-a", "1"),
                    "header `x-a`: got \"2\", \"1\", want \"1, 2\"",
                ),
                (
                    call("GET", URL)
                        .header("x-a", "1")
                        .header("x-a", "2")
                        .header("x-b", ""),
                    "header `x-b`: got \"\", want \"\"",
                ),
            ],
        ),
        (
            "predicate",
            any().matches(|request| request.query("n").is_some_and(|n| n.len() == 2)),
            vec![
                (call("GET", "https://api.test/a?n=10"), ""),
                (
                    call("GET", "https://api.test/a?n=1"),
                    "predicate: got false, want true",
                ),
            ],
        ),
    ]);
}

#[test]
fn a_mock_matches_the_body() {
    let order = json!({"sku": 7, "tags": ["a", "b"], "to": {"city": "Ulm"}});
    check(vec![
        (
            "json",
            post(URL).json(&order),
            vec![
                (
                    form(r#"{"to":{"city":"Ulm"}, "tags":["a","b"], "sku":7.0}"#),
                    "",
                ),
                (
                    form(r#"{"to":{"city":"Bonn","zip":1},"tags":["a"]}"#),
                    "json /sku: got none, want 7; json /tags/1: got none, want \"b\"; \
                     json /to/city: got \"Bonn\", want \"Ulm\"; json /to/zip: got 1, want none",
                ),
                (
                    form("sku=7"),
                    "body: got \"sku=7\", which is not JSON (expected value at line 1 column 1), want \
                     {\"sku\":7,\"tags\":[\"a\",\"b\"],\"to\":{\"city\":\"Ulm\"}}",
                ),
            ],
        ),
        (
            "json subset",
            post(URL).json_subset(&json!({"to": {"city": "Ulm"}})),
            vec![
                (form(r#"{"to":{"city":"Ulm","zip":1},"sku":7}"#), ""),
                (
                    form(r#"{"to":7}"#),
                    "json /to: got 7, want {\"city\":\"Ulm\"}",
                ),
            ],
        ),
        (
            "text",
            post(URL).text("hällo"),
            vec![
                (form("hällo"), ""),
                (form("hello"), "body: got \"hello\", want \"hällo\""),
            ],
        ),
        (
            "bytes",
            post(URL).bytes(&b"\0\xff"[..]),
            vec![
                (call("POST", URL).body(&b"\0\xff"[..]), ""),
                (
                    call("POST", URL).body(&b"\0\xfe"[..]),
                    r#"body: got b"\x00\xfe", want b"\x00\xff""#,
                ),
            ],
        ),
        (
            "form",
            post(URL).form("name", "a b"),
            vec![
                (form("x=1&name=a+b"), ""),
                (
                    form("name=a&name=b"),
                    "form field `name`: got \"a\", \"b\", want \"a b\"",
                ),
            ],
        ),
        (
            "multipart",
            post(URL).multipart("sku", "7").multipart("file", "hello"),
            vec![
                (multipart("7"), ""),
                (
                    multipart("8"),
                    "multipart field `sku`: got \"8\", want \"7\"",
                ),
                (
                    form("sku=7"),
                    "multipart field `sku`: got no multipart/form-data (the content-type is \"\"), want \"7\"; multipart field `file`: got no multipart/form-data \
                     (the content-type is \"\"), want \"hello\"",
                ),
            ],
        ),
    ]);
}
