//! Mock files are the same mocks, and an error names the file, line and key.

use std::path::Path;

use harness_outbound::mocks::{Mocks, file_schema};

use super::{call, guest, none_is_wrong};

const TOML: &str = r#"
unmatched = "network"
seed = 3

[[mock]]
name = "price"
request = { method = "GET", url = "https://api.test/price", query = { sku = "7" } }
response = { json = { price = 3 }, headers = { etag = "1" } }

[[mock]]
request = { url_glob = "https://api.test/slow/*" }
responses = [
    { fault = "refused" },
    { retry_after_s = 2 },
    { text = "call {{ call }} of {{ request.path }}", template = true, delay_ms = 5 },
]

[[mock]]
at_least = 0
priority = -1
[mock.request]
method = "POST"
url_regex = "/order$"
headers = { accept = ["a", "b"] }
json_subset = { sku = 7 }
[mock.response]
pieces = [{ text = "a" }, { base64 = "Yg==", after_ms = 5 }]
trailers = { x-sum = "1" }
cut_after_bytes = 1
"#;

const JSON: &str = r#"{
  "unmatched": "network", "seed": 3,
  "mock": [
    {"name": "price", "request": {"method": "GET", "url": "https://api.test/price", "query": {"sku": "7"}},
     "response": {"json": {"price": 3}, "headers": {"etag": "1"}}},
    {"request": {"url_glob": "https://api.test/slow/*"},
     "responses": [{"fault": "refused"}, {"retry_after_s": 2},
                   {"text": "call {{ call }} of {{ request.path }}", "template": true, "delay_ms": 5}]},
    {"at_least": 0, "priority": -1,
     "request": {"method": "POST", "url_regex": "/order$", "headers": {"accept": ["a", "b"]}, "json_subset": {"sku": 7}},
     "response": {"pieces": [{"text": "a"}, {"base64": "Yg==", "after_ms": 5}], "trailers": {"x-sum": "1"}, "cut_after_bytes": 1}}
  ]
}"#;

#[test]
fn a_mock_file_answers_like_the_mocks_of_a_test() {
    let with_bom = |text| format!("\u{feff}{text}");
    for (text, name) in [
        (TOML.to_owned(), "mocks.toml"),
        (JSON.to_owned(), "mocks.json"),
        (with_bom(TOML), "mocks.toml"),
        (with_bom(JSON), "mocks.json"),
    ] {
        let mocks = Mocks::from_text(&text, name).unwrap_or_else(|error| panic!("{error}"));
        let guest = guest(&mocks);
        let order = call("POST", "https://api.test/order")
            .header("accept", "a")
            .header("accept", "b")
            .body(r#"{"sku":7,"n":1}"#);
        let got = [
            guest.text(call("GET", "https://api.test/price?sku=7")),
            guest.text(call("GET", "https://api.test/slow/1")),
            guest.text(call("GET", "https://api.test/slow/2")),
            guest.text(call("GET", "https://api.test/slow/3")),
            guest.text(order),
            guest.text(call("GET", "https://api.test/price?sku=8")),
        ];
        let want = [
            "{\"price\":3}",
            "connection refused",
            "",
            "call 3 of /slow/3",
            "the response is incomplete",
            "network ",
        ];
        assert_eq!(got, want, "{name}");
        mocks.verify().unwrap();
    }
}

#[test]
fn all_headers_of_a_mock_file_are_those_of_the_request() {
    let text = r#"{"mock": [{"request": {"all_headers": {"accept": ["a", "b"]}}, "response": {"text": "equal"}}]}"#;
    for (values, want) in [
        (&["a", "b"][..], "equal"),
        (&["b", "a"], "no mock matches"),
        (&["a", "b", "c"], "no mock matches"),
        (&["a"], "no mock matches"),
    ] {
        let mocks = Mocks::from_text(text, "m.json").unwrap();
        let asked = values
            .iter()
            .fold(call("GET", "https://api.test/"), |call, value| {
                call.header("accept", value)
            });
        let got = guest(&mocks).text(asked);
        assert!(got.starts_with(want), "{values:?}: {got}");
        drop(mocks.verify_on_drop(false));
    }
}

#[test]
fn every_json_value_of_a_mock_file_is_kept() {
    let toml = r#"[[mock]]
response.json = { t = "x", i = -1, u = 9223372036854775807, f = 1.5, b = true, list = [[], {}] }
"#;
    let json = r#"{"mock": [{"response": {"json":
        {"t": "x", "i": -1, "u": 9223372036854775807, "f": 1.5, "b": true, "list": [[], {}]}}}]}"#;
    let want = r#"{"b":true,"f":1.5,"i":-1,"list":[[],{}],"t":"x","u":9223372036854775807}"#;
    for (text, name) in [(toml, "m.toml"), (json, "m.json")] {
        let mocks = Mocks::from_text(text, name).unwrap();
        let got = guest(&mocks).text(call("GET", "https://api.test/"));
        assert_eq!(got, want, "{name}");
    }
    let text = r#"{"mock": [{"response": {"json": [null, 18446744073709551615]}}]}"#;
    let mocks = Mocks::from_text(text, "m.json").unwrap();
    let got = guest(&mocks).text(call("GET", "https://api.test/"));
    assert_eq!(got, "[null,18446744073709551615]");
}

#[test]
fn an_error_of_a_mock_file_names_file_line_and_key() {
    let rows = [
        ("[[mock]\n", "m.toml:1: "),
        (
            "\n[[mock]]\nrequst = {}\n",
            "m.toml:3: `mock[0].requst`: unknown field `requst`",
        ),
        (
            "[[mock]]\n[[mock]]\n[mock.request]\nurl = \"api.test\"\n",
            "m.toml:4: `mock[1].request.url`: `api.test` is not a URL",
        ),
        (
            "[[mock]]\nrequest.url_regex = \"(\"\n",
            "m.toml:2: `mock[0].request.url_regex`: `(` is not a regular expression",
        ),
        (
            "[[mock]]\nrequest.method = \"G T\"\n",
            "m.toml:2: `mock[0].request.method`: `G T` is not a method",
        ),
        (
            "[[mock]]\nresponse.fault = \"refuse\"\n",
            "m.toml:2: `mock[0].response.fault`: `refuse` is not a fault; write one of dns,",
        ),
        (
            "[[mock]]\nresponse = { fault = \"dns\", status = 200 }\n",
            "m.toml:2: `mock[0].response`: an exchange with `fault` has no response",
        ),
        (
            "[[mock]]\nresponse.status = 199\n",
            "m.toml:2: `mock[0].response`: `status = 199` is not from 200 to 999",
        ),
        (
            "[[mock]]\nresponse.status = 1000\n",
            "m.toml:2: `mock[0].response`: `status = 1000` is not from 200 to 999",
        ),
        (
            "[[mock]]\nresponse.json = { a = nan }\n",
            "m.toml:2: `mock[0].response.json.a`: JSON has no number `NaN`; write a finite one, or a text",
        ),
        (
            "[[mock]]\nresponse.pieces = [{ after_ms = 5 }]\n",
            "m.toml:2: `mock[0].response`: a piece has `text` or `base64`",
        ),
        (
            "[[mock]]\nrequest.all_headers = { \"a b\" = \"1\" }\n",
            "m.toml:2: `mock[0].request`: `a b` is not the name of a header field",
        ),
        ("\u{feff}[[mock]\n", "m.toml:1: "),
        (
            "\u{feff}{\n\"mock\": [{\"times\": -1}]}",
            "m.json:2: `mock[0].times`: invalid value",
        ),
        (
            "[[mock]]\nresponse = { text = \"a\", json = 1 }\n",
            "m.toml:2: `mock[0].response`: a response has one body, not `json` and `text`",
        ),
        (
            "[[mock]]\nresponse = { text = \"{{ a\", template = true }\n",
            "m.toml:2: `mock[0].response`: `{{ a` is not a template",
        ),
        (
            "[[mock]]\nresponse.headers = { \"a b\" = \"\" }\n",
            "m.toml:2: `mock[0].response`: `a b` is not the name of a header field",
        ),
        (
            "[[mock]]\nrequest.headers = { a = 1 }\n",
            "m.toml:2: `mock[0].request.headers.a`: want a text, or a list of texts",
        ),
        (
            "[[mock]]\nresponse = { fails_sometimes = { probability = 2.0, faults = [\"dns\"] } }\n",
            "m.toml:2: `mock[0].response`: the probability 2 is not from 0 to 1",
        ),
        (
            "[[mock]]\nresponse.json = [{ at = 2026-01-31 }]\n",
            "m.toml:2: `mock[0].response.json[0].at`: JSON has no dates; write `2026-01-31` as a text, in quotes",
        ),
        (
            "[[mock]]\nrequest.json = { at = 07:32:00 }\n",
            "m.toml:2: `mock[0].request.json.at`: JSON has no dates; write `07:32:00` as a text, in quotes",
        ),
        (
            "[[mock]]\nrequest.json_subset = { n = inf }\n",
            "m.toml:2: `mock[0].request.json_subset.n`: JSON has no number `inf`; write a finite one, or a text",
        ),
        (
            "[[mock]]\ntimes = 1\nat_most = 2\n",
            "m.toml:1: `mock[0]`: `times` is exact",
        ),
        (
            "[[mock]]\nresponses = []\n",
            "m.toml:1: `mock[0]`: `responses` is empty",
        ),
        (
            "{\n\"mock\": [{\"times\": -1}]}",
            "m.json:2: `mock[0].times`: invalid value",
        ),
        (
            "{\"mock\": [{\"request\": {\n\"url\": \"a\"}}]}",
            "m.json:2: `mock[0].request.url`: `a` is not a URL",
        ),
        ("{} x", "m.json:1: trailing characters"),
        ("", "m.yaml: a mock file is TOML or JSON"),
    ];
    let mut wrong = Vec::new();
    for (text, want) in rows {
        let name = want.split(':').next().unwrap();
        let got = Mocks::from_text(text, name).map_or_else(
            |error| error.to_string(),
            |mocks| {
                drop(mocks.verify_on_drop(false));
                "no error".to_owned()
            },
        );
        if !got.starts_with(want) {
            wrong.push(format!("{text}\n  got  {got}\n  want {want}"));
        }
    }
    none_is_wrong(&wrong);
    let missing = Mocks::from_file("no-such.toml").unwrap_err().to_string();
    assert!(
        missing.starts_with("no-such.toml: the file cannot be read"),
        "{missing}"
    );
}

/// `UPDATE_GOLDEN=1` writes the file.
#[test]
fn the_schema_of_mock_files_is_the_one_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks.schema.json");
    let mut want = serde_json::to_string_pretty(&file_schema()).unwrap();
    want.push('\n');
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &want).unwrap();
    }
    let got = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        got,
        want,
        "run it with UPDATE_GOLDEN=1 to write {}",
        path.display()
    );
}
