//! A guest of the published crate spin-sdk 5.

#[path = "../../routes.rs"]
mod routes;

use spin_sdk::http::{
    ErrorCode, Headers, IncomingRequest, Method, OutgoingRequest, OutgoingResponse,
    ResponseOutparam, Scheme,
};
use spin_sdk::http_component;
use spin_sdk::wit::wasi::http0_2_0::{outgoing_handler, types};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    if request.path_with_query().as_deref() == Some("/announced") {
        let authority = request.into_body().await.expect("a body");
        return routes::say(out, &announced(str::from_utf8(&authority).expect("text"))).await;
    }
    routes::route(request, out).await;
}

/// Sends a body whose length it announces, and tells whether the body can still be ended when the answer is there.
fn announced(authority: &str) -> String {
    let length = ("content-length".to_owned(), b"4".to_vec());
    let request = request(authority, "/announced", &[length]);
    let body = request.body().expect("a body");
    let stream = body.write().expect("a stream");
    let answer = outgoing_handler::handle(request, None).expect("a permitted request");
    let written = stream.blocking_write_and_flush(b"body");
    answer.subscribe().block();
    let answered = answer
        .get()
        .is_some_and(|answer| matches!(answer, Ok(Ok(_))));
    let flushed = stream.blocking_flush();
    drop(stream);
    let ended = types::OutgoingBody::finish(body, None);
    format!("answered: {answered}, {written:?} {flushed:?} {ended:?}")
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
