//! The return types of a handler, and their responses.

use spin_sdk::http::{Bytes, IntoResponse, Response, StatusCode};

#[track_caller]
fn check(value: impl IntoResponse, status: u16, body: Option<&str>) {
    let response = value.into_response();
    assert_eq!(response.status(), status);
    let want = body.map(str::as_bytes);
    assert_eq!(response.body().as_deref(), want);
    assert!(response.headers().is_empty(), "{:?}", response.headers());
}

#[test]
fn body_is_a_response_with_status_200() {
    check((), 200, None);
    check(None::<Bytes>, 200, None);
    check(Some(Bytes::from("some")), 200, Some("some"));
    check(Bytes::from("bytes"), 200, Some("bytes"));
    check(b"vec".to_vec(), 200, Some("vec"));
    check("string".to_owned(), 200, Some("string"));
    check("text", 200, Some("text"));
    check("", 200, Some(""));
}

#[test]
fn statuses_and_tuples_keep_their_status() {
    check(StatusCode::IM_A_TEAPOT, 418, None);
    check((StatusCode::CREATED, "made"), 201, Some("made"));
    check(
        (StatusCode::ACCEPTED, Response::new("kept")),
        202,
        Some("kept"),
    );
}

#[test]
fn response_keeps_status_headers_and_body() {
    let response = Response::builder()
        .status(StatusCode::NOT_FOUND)
        .header("x-a", "1")
        .header("x-a", "2")
        .body("gone".to_owned())
        .unwrap()
        .into_response();
    assert_eq!(response.status(), 404);
    let values: Vec<_> = response.headers().get_all("x-a").iter().collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!(response.into_body().unwrap(), "gone");
}

#[test]
fn error_of_any_type_is_a_500_without_a_body() {
    check(Ok::<_, String>("fine"), 200, Some("fine"));
    check(Err::<&str, _>("a text"), 500, None);
    check(Err::<(), _>("a text".to_owned()), 500, None);
    check(Err::<Response, _>(std::fmt::Error), 500, None);
    check(Err::<Response, _>(anyhow::anyhow!("anyhow")), 500, None);
}
