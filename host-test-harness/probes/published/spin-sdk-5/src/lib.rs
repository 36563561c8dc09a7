//! A guest of the published crate spin-sdk 5. It handles two paths itself, and the others with `routes.rs`.

#[path = "../../routes.rs"]
mod routes;

use spin_sdk::http::{
    ErrorCode, Headers, IncomingRequest, Method, OutgoingRequest, OutgoingResponse,
    ResponseOutparam, Scheme,
};
use spin_sdk::http_component;
use spin_sdk::wit::wasi::http0_2_0::outgoing_handler;
use spin_sdk::wit::wasi::http0_2_0::types::{self, RequestOptions};
use wasi::io::streams::StreamError;

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    let path_and_query = request.path_with_query().unwrap_or_default();
    let text = match path_and_query.split_once('?') {
        Some(("/announced", authority)) => announced(authority),
        Some(("/impatient", times)) => impatient(times),
        Some(("/variable", name)) => format!("{:?}", spin_sdk::variables::get(name)),
        _ => return routes::route(request, out).await,
    };
    routes::respond_with_text(out, &text).await;
}

/// Sends a body of an announced length, and reports whether the body can still be finished after the response arrived.
fn announced(authority: &str) -> String {
    let length = ("content-length".to_owned(), b"4".to_vec());
    let request = request(authority, "/announced", &[length]);
    let body = request.body().expect("a body");
    let stream = body.write().expect("a stream");
    let response = outgoing_handler::handle(request, None).expect("a permitted request");
    let written = stream.blocking_write_and_flush(b"body");
    response.subscribe().block();
    let answered = response
        .get()
        .is_some_and(|response| matches!(response, Ok(Ok(_))));
    let flushed = stream.blocking_flush();
    drop(stream);
    let ended = types::OutgoingBody::finish(body, None);
    format!("answered: {answered}, {written:?} {flushed:?} {ended:?}")
}

/// Makes a call whose connect and between-bytes timeouts are 100 ms, and returns the error that ends it.
///
/// `times` is `FIRST_BYTE_TIMEOUT_MS&AUTHORITY`.
fn impatient(times: &str) -> String {
    const MILLISECOND: u64 = 1_000_000;
    let (first_byte, authority) = times.split_once('&').expect("a number and an authority");
    let first_byte: u64 = first_byte.parse().expect("milliseconds");
    let options = RequestOptions::new();
    let set = [
        options.set_connect_timeout(Some(100 * MILLISECOND)),
        options.set_first_byte_timeout(Some(first_byte * MILLISECOND)),
        options.set_between_bytes_timeout(Some(100 * MILLISECOND)),
    ];
    assert_eq!(set, [Ok(()); 3]);
    let request = request(authority, "/", &[]);
    let response = outgoing_handler::handle(request, Some(options)).expect("a permitted request");
    response.subscribe().block();
    let response = response.get().expect("the future is ready");
    let response = match response.expect("the response is taken once") {
        Ok(response) => response,
        Err(code) => return format!("{code:?}"),
    };
    let body = response.consume().expect("the body is taken once");
    let stream = body.stream().expect("the stream is taken once");
    loop {
        match stream.blocking_read(1000) {
            Ok(_) => {}
            Err(StreamError::Closed) => return "Closed".to_owned(),
            Err(StreamError::LastOperationFailed(error)) => {
                return format!("{:?}", types::http_error_code(&error));
            }
        }
    }
}

fn headers(fields: &[(String, Vec<u8>)]) -> Headers {
    Headers::from_list(fields).expect("valid fields")
}

fn post(authority: &str, path: &str) -> OutgoingRequest {
    request(authority, path, &[])
}

fn request(authority: &str, path: &str, fields: &[(String, Vec<u8>)]) -> OutgoingRequest {
    let request = OutgoingRequest::new(headers(fields));
    request.set_method(&Method::Post).expect("a method");
    request.set_scheme(Some(&Scheme::Http)).expect("a scheme");
    request
        .set_authority(Some(authority))
        .expect("an authority");
    request.set_path_with_query(Some(path)).expect("a path");
    request
}

fn response(status: u16, fields: &[(String, Vec<u8>)]) -> OutgoingResponse {
    let response = OutgoingResponse::new(headers(fields));
    response.set_status_code(status).expect("a status");
    response
}

fn refuse(out: ResponseOutparam, reason: &str) {
    let error = ErrorCode::InternalError(Some(reason.to_owned()));
    types::ResponseOutparam::set(out.into_inner(), Err(error));
}
