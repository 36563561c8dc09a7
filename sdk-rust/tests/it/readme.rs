//! The program of Spin's documentation, with the `http` crate and with the re-export of the SDK.

type BoxError = Box<dyn std::error::Error>;

fn with_the_http_crate() -> Result<(), BoxError> {
    use spin_sdk::http::{Request, Response};
    let request: Request = http::Request::builder()
        .uri("https://example.com/")
        .body(None)?;
    let response: Response = spin_sdk::outbound_http::send_request(request)?;
    println!("Status: {}", response.status().as_str());
    Ok(())
}

fn with_the_http_of_the_sdk() -> Result<(), BoxError> {
    use spin_sdk::http;
    let request = http::Request::builder()
        .uri("https://example.com/")
        .body(None)?;
    let response = spin_sdk::outbound_http::send_request(request)?;
    println!("Status: {}", response.status().as_str());
    Ok(())
}

#[test]
fn both_imports_of_http_make_the_same_request() {
    for program in [with_the_http_crate, with_the_http_of_the_sdk] {
        let error = program().unwrap_err();
        let error: &spin_sdk::Error = error.downcast_ref().unwrap();
        assert_eq!(error.kind(), spin_sdk::ErrorKind::NoHost);
        assert_eq!(error.uri(), "https://example.com/");
    }
}
