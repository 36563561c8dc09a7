//! A guest of the published crate spin-sdk 2.2.

mod interface;
#[path = "../../routes.rs"]
mod routes;

use spin_sdk::http::{
    Error, Headers, IncomingRequest, Method, OutgoingRequest, OutgoingResponse, ResponseOutparam,
    Scheme,
};
use spin_sdk::http_component;
use spin_sdk::wit::wasi::http::types;

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    let path_and_query = request.path_with_query().unwrap_or_default();
    let (path, query) = path_and_query
        .split_once('?')
        .unwrap_or((&path_and_query, ""));
    match path {
        "/streams" => interface::pipe(request, out, interface::by_each_function),
        "/splice" => interface::pipe(request, out, interface::splice),
        "/blocking-splice" => interface::pipe(request, out, interface::blocking_splice),
        "/changed-fields" => routes::say(out, &interface::fields()).await,
        "/field" => routes::say(out, &format!("{:?}", one_field(query).entries())).await,
        "/immutable" => request.headers().append("x-a", b""),
        "/invalid" => routes::say(out, &interface::invalid(query)).await,
        "/impatient" => routes::say(out, &interface::impatient(query)).await,
        "/trailers" => routes::say(out, &interface::trailers(query)).await,
        _ => routes::route(request, out).await,
    }
}

fn one_field(name: &str) -> Headers {
    headers(&[(name.to_owned(), b"1".to_vec())])
}

fn headers(fields: &[(String, Vec<u8>)]) -> Headers {
    Headers::new(fields)
}

fn post(authority: &str, path: &str) -> OutgoingRequest {
    let scheme = Some(&Scheme::Http);
    OutgoingRequest::new(
        &Method::Post,
        Some(path),
        scheme,
        Some(authority),
        &headers(&[]),
    )
}

fn response(status: u16, fields: &[(String, Vec<u8>)]) -> OutgoingResponse {
    OutgoingResponse::new(status, &headers(fields))
}

fn refuse(out: ResponseOutparam, reason: &str) {
    let error = Error::UnexpectedError(reason.to_owned());
    types::ResponseOutparam::set(out.into_inner(), Err(&error));
}
