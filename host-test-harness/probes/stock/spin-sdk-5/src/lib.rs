//! A guest of the published crate spin-sdk 5.

#[path = "../../routes.rs"]
mod routes;

use spin_sdk::http::{
    ErrorCode, Headers, IncomingRequest, Method, OutgoingRequest, OutgoingResponse,
    ResponseOutparam, Scheme,
};
use spin_sdk::http_component;
use spin_sdk::wit::wasi::http0_2_0::types;

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    routes::route(request, out).await;
}

fn headers(fields: &[(String, Vec<u8>)]) -> Headers {
    Headers::from_list(fields).expect("valid fields")
}

fn post(authority: &str, path: &str) -> OutgoingRequest {
    let request = OutgoingRequest::new(headers(&[]));
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
