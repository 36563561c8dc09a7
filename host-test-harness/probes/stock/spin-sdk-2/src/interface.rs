//! What the SDK has no words for: functions of the interface itself.

use spin_sdk::http::{
    Fields, Headers, IncomingRequest, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    ResponseOutparam, Scheme,
};
use spin_sdk::wit::wasi::http::outgoing_handler;
use spin_sdk::wit::wasi::http::types::{Error, IncomingBody, RequestOptions};
use spin_sdk::wit::wasi::io::poll::poll_one;
use spin_sdk::wit::wasi::io::streams::{InputStream, OutputStream};

use crate::response;

/// Has `write` make the response's body out of the request's.
pub(crate) fn pipe(
    request: IncomingRequest,
    out: ResponseOutparam,
    write: fn(InputStream, &OutputStream),
) {
    let response = response(200, &[]);
    let body = response.write().expect("it is taken once");
    out.set(response);
    let output = body.write().expect("it is taken once");
    let incoming = request.consume().expect("it is taken once");
    write(incoming.stream().expect("it is taken once"), &output);
    drop(output);
    OutgoingBody::finish(body, None);
}

/// Skips a byte, writes another and two zeros, and forwards the rest.
pub(crate) fn by_each_function(input: InputStream, output: &OutputStream) {
    poll_one(&input.subscribe());
    input.skip(1).expect("a byte");
    let byte = input.blocking_read(1).expect("a byte");
    output.blocking_write_and_flush(&byte).expect("a reader");
    input.blocking_skip(1).expect("a byte");
    output.blocking_write_zeroes_and_flush(2).expect("a reader");
    poll_one(&output.subscribe());
    output.write_zeroes(1).expect("a reader");
    output.blocking_flush().expect("a reader");
    output.forward(input).expect("a reader");
}

pub(crate) fn splice(input: InputStream, output: &OutputStream) {
    poll_one(&input.subscribe());
    output.splice(input, 3).expect("a reader");
}

pub(crate) fn blocking_splice(input: InputStream, output: &OutputStream) {
    output.blocking_splice(input, 3).expect("a reader");
}

/// What fields can do.
pub(crate) fn fields() -> String {
    let fields = Fields::new(&[("x-a".to_owned(), b"1".to_vec())]);
    fields.append("x-a", b"2");
    let copy = fields.clone();
    copy.set("x-a", &[b"3".to_vec()]);
    copy.delete("x-b");
    fields.delete("x-a");
    format!(
        "{:?} {:?} {:?}",
        fields.entries(),
        copy.get("x-a"),
        copy.entries()
    )
}

/// The error for a request that is none.
pub(crate) fn invalid(what: &str) -> String {
    let (method, path, scheme, authority) = match what {
        "method" => (Method::Other("a b".to_owned()), "/", Scheme::Http, "a.test"),
        "path" => (Method::Get, "/a b", Scheme::Http, "a.test"),
        "scheme" => (Method::Get, "/", Scheme::Other("a b".to_owned()), "a.test"),
        _ => (Method::Get, "/", Scheme::Http, "a b"),
    };
    let fields = Headers::new(&[]);
    let request =
        OutgoingRequest::new(&method, Some(path), Some(&scheme), Some(authority), &fields);
    sent(request, None)
        .expect_err("the request is none")
        .to_string()
}

/// Why a response did not come to its end whose next bytes may take 100 ms. `times` is the milliseconds for the first
/// one and the authority, with `&` between them.
pub(crate) fn impatient(times: &str) -> String {
    let (first_byte, authority) = times.split_once('&').expect("both");
    let options = RequestOptions {
        connect_timeout_ms: Some(100),
        first_byte_timeout_ms: Some(first_byte.parse().expect("milliseconds")),
        between_bytes_timeout_ms: Some(100),
    };
    let response = match sent(get(authority), Some(options)) {
        Ok(response) => response,
        Err(error) => return error.to_string(),
    };
    let body = response.consume().expect("it is taken once");
    let stream = body.stream().expect("it is taken once");
    loop {
        if let Err(error) = stream.blocking_read(1000) {
            return format!("{error:?}");
        }
    }
}

/// The trailers of the response of `authority`.
pub(crate) fn trailers(authority: &str) -> String {
    let response = sent(get(authority), None).expect("a response");
    let body = response.consume().expect("it is taken once");
    let stream = body.stream().expect("it is taken once");
    while stream.blocking_read(1000).is_ok() {}
    drop(stream);
    let trailers = IncomingBody::finish(body);
    poll_one(&trailers.subscribe());
    let fields = trailers.get().expect("they are ready").expect("trailers");
    format!("{:?}", fields.entries())
}

fn get(authority: &str) -> OutgoingRequest {
    let fields = Headers::new(&[]);
    OutgoingRequest::new(
        &Method::Get,
        Some("/"),
        Some(&Scheme::Http),
        Some(authority),
        &fields,
    )
}

fn sent(
    request: OutgoingRequest,
    options: Option<RequestOptions>,
) -> Result<IncomingResponse, Error> {
    let response = outgoing_handler::handle(request, options)?;
    poll_one(&response.subscribe());
    response
        .get()
        .expect("it is ready")
        .expect("it is taken once")
}
