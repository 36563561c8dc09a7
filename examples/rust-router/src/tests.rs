//! Native tests: `cargo test`.

use spin_sdk::http::Request;

use super::handle;

#[test]
fn every_route_responds() {
    for (method, path, status, body) in [
        ("GET", "/", 200, "Home\n"),
        ("GET", "/?q=1", 200, "Home\n"),
        ("GET", "/items/7", 200, "Item 7\n"),
        ("GET", "/items/seven", 400, "An id is a number\n"),
        ("PUT", "/items/7", 201, "Item 7: 4 bytes\n"),
        ("GET", "/files/a/b.txt", 200, "File a/b.txt\n"),
        ("GET", "/items/", 404, "Nothing is here\n"),
        ("GET", "/other", 404, "Nothing is here\n"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Some("ping".into()));
        let response = handle(request.unwrap()).unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.into_body().unwrap(), body, "{method} {path}");
    }
}

#[test]
fn other_methods_get_the_methods_that_there_are() {
    let request = Request::delete("/items/7").body(None).unwrap();
    let response = handle(request).unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET, PUT");
}
