//! JSON bodies.

use std::collections::HashMap;
use std::error::Error as _;

use serde::{Deserialize, Serialize};
use spin_sdk::ErrorKind;
use spin_sdk::http::{IntoResponse, Request, Response};
use spin_sdk::json::{IntoJson, Json, JsonBody};
use spin_sdk::outbound_http::send_request;
use spin_sdk::testing::{Mock, TestHost, body_json, header, method};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    count: u32,
}

fn spoons() -> Item {
    let name = "spoon".to_owned();
    Item { name, count: 3 }
}

/// A value that cannot be serialized, because its keys are not strings.
fn unserializable() -> HashMap<[u8; 1], u8> {
    HashMap::from([([1], 1)])
}

#[test]
fn request_survives_the_round_trip() {
    let request = Request::post("https://api.test/").body(spoons()).unwrap();
    let request = request.into_json().unwrap();
    assert_eq!(request.uri(), "https://api.test/");
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(request.json::<Item>().unwrap(), spoons());
}

#[test]
fn content_type_of_the_caller_is_kept() {
    let request = Request::patch("https://api.test/")
        .header("content-type", "application/merge-patch+json")
        .body(spoons());
    let request = request.unwrap().into_json().unwrap();
    let values: Vec<_> = request.headers().get_all("content-type").iter().collect();
    assert_eq!(values, ["application/merge-patch+json"]);
}

#[test]
fn value_that_cannot_be_serialized_is_an_invalid_body() {
    let request = Request::put("https://api.test/").body(unserializable());
    let error = request.unwrap().into_json().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidBody);
    assert_eq!(
        error.to_string(),
        "PUT https://api.test/: the body cannot be encoded as JSON"
    );
    assert!(error.source().unwrap().is::<serde_json::Error>());
    assert_eq!(Json(unserializable()).into_response().status(), 500);
}

#[test]
fn json_is_a_request_body() {
    let host = TestHost::start();
    Mock::given(method("POST"))
        .and(body_json(spoons()))
        .and(header("content-type", "application/json"))
        .respond_with(Json(spoons()))
        .mount(&host);
    Mock::given(header("content-type", "application/vnd.api+json"))
        .respond_with(())
        .mount(&host);
    let item = spoons();
    let request = Request::post("https://api.test/").body(Json(&item));
    let response = send_request(request.unwrap()).unwrap();
    assert_eq!(response.json::<Item>().unwrap(), spoons());
    let request = Request::post("https://api.test/")
        .header("content-type", "application/vnd.api+json")
        .body(Json([1]));
    send_request(request.unwrap()).unwrap();

    let request = Request::put("https://api.test/").body(Json(unserializable()));
    let error = send_request(request.unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidBody);
}

#[test]
fn body_that_is_not_the_value_is_an_error() {
    for body in [None, Some(""), Some("{"), Some(r#"{"name":"spoon"}"#)] {
        let response: Response = Response::new(body.map(Into::into));
        assert!(response.json::<Item>().is_err(), "{body:?}");
    }
}

#[test]
fn json_response_has_its_content_type() {
    let response = Json(spoons()).into_response();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(
        response.body().as_deref(),
        Some(&br#"{"name":"spoon","count":3}"#[..])
    );
}
