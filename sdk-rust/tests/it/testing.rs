//! The test host, and what it says when a test fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use spin_sdk::ErrorKind;
use spin_sdk::http::{HeaderValue, IntoResponse, Request, Response, StatusCode};
use spin_sdk::outbound_http::{send_all, send_request};
use spin_sdk::testing::{Mock, TestHost, body, header, matching, method, path, query_param, url};

fn get(uri: &str) -> Request {
    Request::get(uri).body(None).unwrap()
}

/// The message of the panic of `test`.
#[track_caller]
fn panic_of(test: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).expect_err("it panics");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn mock_matches_what_it_requires_and_nothing_else() {
    let request = || {
        Request::put("https://api.test/items/7?q=a%20b&n=1")
            .header("x-a", "1")
            .header("x-a", "2")
            .body("seven")
            .unwrap()
    };
    let mocks = [
        ("method", method("PUT"), method("POST")),
        (
            "url",
            url("https://api.test/items/7?q=a%20b&n=1"),
            url("https://api.test/items/7"),
        ),
        ("path", path("/items/7"), path("/items")),
        ("query", query_param("q", "a b"), query_param("q", "a%20b")),
        ("header", header("X-A", "2"), header("x-a", "1, 2")),
        ("body", body("seven"), body("seve")),
        (
            "closure",
            matching("is a PUT", |request| request.method() == "PUT"),
            matching("is a GET", |request| request.method() == "GET"),
        ),
    ];
    let mut wrong = Vec::new();
    for (name, matches, differs) in mocks {
        let host = TestHost::start();
        Mock::given(differs)
            .respond_with("no")
            .expect(0)
            .mount(&host);
        Mock::given(matches).respond_with("yes").mount(&host);
        let response = send_request(request()).unwrap();
        if response.into_body().unwrap() != "yes" {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn url_leaves_the_query_to_query_params() {
    let host = TestHost::start();
    Mock::given(url("https://api.test"))
        .and(query_param("page", "2"))
        .respond_with(())
        .mount(&host);
    send_request(get("https://api.test/?page=2&size=5")).unwrap();
}

#[test]
fn unexpected_request_names_the_nearest_mock_and_what_differs() {
    let message = panic_of(|| {
        let host = TestHost::start();
        Mock::given(method("GET"))
            .and(url("https://api.test/v1"))
            .and(header("accept", "text/plain"))
            .respond_with(())
            .mount(&host);
        Mock::given(method("DELETE"))
            .and(path("/v9"))
            .and(body("x"))
            .respond_with(())
            .mount(&host);
        drop(send_request(get("https://api.test/v2")));
    });
    for part in [
        "no mock expects GET https://api.test/v2; the nearest is the mock at ",
        "testing.rs:",
        "it expects the URL https://api.test/v1, and got https://api.test/v2",
        "it expects the header accept: text/plain, and got []",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!message.contains("it expects the method"), "{message}");

    let message = panic_of(|| {
        let _host = TestHost::start();
        drop(send_request(get("/self")));
    });
    assert!(
        message.starts_with("no mock expects GET /self, because none"),
        "{message}"
    );
}

#[test]
fn mock_that_got_all_its_requests_matches_no_more() {
    let message = panic_of(|| {
        let host = TestHost::start();
        Mock::given(method("GET")).respond_with(()).mount(&host);
        for _ in 0..2 {
            drop(send_request(get("https://api.test/")));
        }
    });
    assert!(
        message.ends_with(", which expects 1 request and got them"),
        "{message}"
    );
}

#[test]
fn unused_mock_fails_at_the_end() {
    let message = panic_of(|| {
        let host = TestHost::start();
        Mock::given(path("/a"))
            .respond_with("1")
            .expect(2..)
            .mount(&host);
        Mock::given(path("/b"))
            .respond_with("1")
            .expect(0..=1)
            .mount(&host);
        send_request(get("https://api.test/a")).unwrap();
    });
    assert!(
        message.contains("(the path /a) expects at least 2 requests, and got 1"),
        "{message}"
    );
    assert!(!message.contains("/b"), "{message}");
}

#[test]
fn responses_come_in_sequence_and_the_last_one_repeats() {
    let host = TestHost::start();
    Mock::given(method("GET"))
        .respond_with(StatusCode::SERVICE_UNAVAILABLE)
        .then_respond_with("ready")
        .expect(3)
        .mount(&host);
    let statuses = [1, 2, 3].map(|_| send_request(get("https://api.test/")).unwrap().status());
    assert_eq!(statuses.map(|status| status.as_u16()), [503, 200, 200]);
    assert_eq!(host.received_requests().len(), 3);
}

#[test]
fn every_error_of_a_host_can_be_the_response() {
    for kind in [
        ErrorKind::DestinationNotAllowed,
        ErrorKind::InvalidUrl,
        ErrorKind::RequestError,
        ErrorKind::RuntimeError,
        ErrorKind::TooManyRequests,
        ErrorKind::InvalidResponse,
    ] {
        let host = TestHost::start();
        Mock::given(method("GET")).respond_with(kind).mount(&host);
        let error = send_request(get("https://api.test/")).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.uri(), "https://api.test/");
    }
    for kind in [
        ErrorKind::UnsupportedMethod,
        ErrorKind::InvalidHeader,
        ErrorKind::InvalidBody,
        ErrorKind::NoHost,
    ] {
        let message = panic_of(|| drop(Mock::given(path("/")).respond_with(kind)));
        assert!(
            message.starts_with(&format!("a mock cannot respond with {kind:?}")),
            "{message}"
        );
    }
}

/// No mock is asked, since the request does not reach a host.
#[test]
fn request_is_checked_as_in_a_component() {
    let _host = TestHost::start();
    let latin = HeaderValue::from_bytes(&[0xe9]).unwrap();
    let with = |name: &str, value: HeaderValue| {
        let mut request = get("https://api.test/");
        request
            .headers_mut()
            .insert(spin_sdk::http::HeaderName::try_from(name).unwrap(), value);
        request
    };
    let mut trace = get("https://api.test/");
    *trace.method_mut() = spin_sdk::http::Method::TRACE;
    for (request, want) in [
        (trace, ErrorKind::UnsupportedMethod),
        (get("https://u:p@api.test/"), ErrorKind::InvalidUrl),
        (with("x-a", latin), ErrorKind::InvalidHeader),
        (with("content-length", 7.into()), ErrorKind::RequestError),
    ] {
        assert_eq!(send_request(request).unwrap_err().kind(), want);
    }
}

#[test]
fn response_is_what_a_host_returns() {
    for (request_method, status, want) in [
        ("GET", 200, "body"),
        ("HEAD", 200, ""),
        ("GET", 204, ""),
        ("GET", 304, ""),
    ] {
        let host = TestHost::start();
        let response = Response::builder()
            .status(status)
            .header("x-a", &b"caf\xe9"[..]);
        Mock::given(path("/"))
            .respond_with(response.body("body").unwrap())
            .mount(&host);
        let request = Request::builder()
            .method(request_method)
            .uri("https://api.test/");
        let response = send_request(request.body(None).unwrap()).unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["x-a"].as_bytes(), "café".as_bytes());
        assert_eq!(
            response.into_body().unwrap(),
            want,
            "{request_method} {status}"
        );
    }
}

#[test]
fn function_responds_to_the_request() {
    let host = TestHost::start();
    Mock::given(method("POST"))
        .respond_with_fn(|request| request.body().clone())
        .mount(&host);
    let request = Request::post("https://api.test/").body("ping").unwrap();
    assert_eq!(send_request(request).unwrap().into_body().unwrap(), "ping");
}

#[test]
fn handler_runs_as_in_a_host() {
    let host = TestHost::start();
    Mock::given(method("POST"))
        .respond_with_fn(|request| format!("{:?}", request.headers()))
        .mount(&host);
    let pass_on = |mut request: Request| {
        assert_eq!(request.uri(), "/path?q=1");
        *request.uri_mut() = "https://api.test/".parse().unwrap();
        send_request(request)
    };
    let request = Request::post("http://app.test/path?q=1")
        .header("host", "app.test")
        .header("x-a", "1")
        .body("ping")
        .unwrap();
    let response = host.handle(pass_on, request);
    assert_eq!(response.into_body().unwrap(), r#"{"x-a": "1"}"#);

    let latin = |_: Request| {
        let response = Response::builder().header("x-a", &b"caf\xe9"[..]);
        response.body("").unwrap().into_response()
    };
    assert_eq!(host.handle(latin, get("/")).status(), 500);
}

#[test]
fn results_of_several_requests_are_in_their_order() {
    let host = TestHost::start();
    Mock::given(path("/a")).respond_with("a").mount(&host);
    Mock::given(path("/c")).respond_with("c").mount(&host);
    let uris = [
        "https://api.test/a",
        "https://u:p@api.test/b",
        "https://api.test/c",
    ];
    let results = send_all(uris.map(get)).into_iter();
    let got: Vec<_> = results
        .map(|result| result.map(|response| response.into_body().unwrap()))
        .map(|result| result.map_err(|error| error.kind()))
        .collect();
    let want = [Ok("a".into()), Err(ErrorKind::InvalidUrl), Ok("c".into())];
    assert_eq!(got, want);
}

#[test]
fn each_thread_has_its_own_host() {
    let _host = TestHost::start();
    let kind = std::thread::spawn(|| send_request(get("https://api.test/")).unwrap_err().kind());
    assert_eq!(kind.join().unwrap(), ErrorKind::NoHost);
}

#[test]
fn last_host_of_a_thread_answers() {
    let outer = TestHost::start();
    outer.set_variable("name", "outer");
    let inner = TestHost::start();
    inner.set_variable("name", "inner");
    let name = || spin_sdk::variables::get("name").unwrap();
    assert_eq!(name(), "inner");
    drop(inner);
    assert_eq!(name(), "outer");
}
