//! A guest library whose unit tests run in wasm and make outbound calls.

#[cfg(test)]
mod tests {
    use spin_sdk::ErrorKind;
    use spin_sdk::http::Request;
    use spin_sdk::outbound_http::send_request;

    #[test]
    fn a_permitted_call_gets_its_response() {
        let url = std::env::var("UPSTREAM").expect("the runner sets it");
        let request = Request::get(&url).body(None).expect("a valid request");
        let response = send_request(request).expect("a response");
        assert_eq!(response.into_body().as_deref(), Some(&b"from upstream"[..]));
        println!("called {url}");
    }

    #[test]
    fn other_calls_are_denied() {
        let request = Request::get("http://other.test/")
            .body(None)
            .expect("a valid request");
        let error = send_request(request).expect_err("a denial");
        assert_eq!(error.kind(), ErrorKind::DestinationNotAllowed);
    }

    #[test]
    fn a_test_fails_if_it_is_told_to() {
        assert_eq!(std::env::var("FAIL").ok(), None, "told to fail");
    }
}
