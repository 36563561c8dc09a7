//! Routes with parameters, by the crate matchit.

use matchit::{Params, Router};
use spin_sdk::http::header::{ALLOW, HeaderValue};
use spin_sdk::http::{IntoResponse, Method, Request, Response, StatusCode};
use spin_sdk::http_component;

#[cfg(test)]
mod tests;

/// A handler of one route.
type Handler = fn(&Request, &Params<'_, '_>) -> anyhow::Result<Response>;

/// The handlers of one path, by method.
type Handlers = &'static [(Method, Handler)];

/// All routes. `{name}` matches one segment of the path, `{*name}` the rest.
const ROUTES: [(&str, Handlers); 3] = [
    ("/", &[(Method::GET, home)]),
    (
        "/items/{id}",
        &[(Method::GET, item), (Method::PUT, put_item)],
    ),
    ("/files/{*path}", &[(Method::GET, file)]),
];

#[http_component]
fn handle(request: Request) -> anyhow::Result<Response> {
    let mut router = Router::new();
    for (path, handlers) in ROUTES {
        router.insert(path, handlers)?;
    }
    let Ok(found) = router.at(request.uri().path()) else {
        return Ok((StatusCode::NOT_FOUND, "Nothing is here\n").into_response());
    };
    let mut handlers = found.value.iter();
    match handlers.find(|(method, _)| method == request.method()) {
        Some((_, handler)) => handler(&request, &found.params),
        None => method_not_allowed(found.value),
    }
}

fn home(_request: &Request, _params: &Params<'_, '_>) -> anyhow::Result<Response> {
    Ok("Home\n".into_response())
}

fn item(_request: &Request, params: &Params<'_, '_>) -> anyhow::Result<Response> {
    let Some(Ok(id)) = params.get("id").map(str::parse::<u32>) else {
        return Ok((StatusCode::BAD_REQUEST, "An id is a number\n").into_response());
    };
    Ok(format!("Item {id}\n").into_response())
}

fn put_item(request: &Request, params: &Params<'_, '_>) -> anyhow::Result<Response> {
    let id = params.get("id").unwrap_or_default();
    let n_bytes = request.body().as_ref().map_or(0, |body| body.len());
    Ok((StatusCode::CREATED, format!("Item {id}: {n_bytes} bytes\n")).into_response())
}

fn file(_request: &Request, params: &Params<'_, '_>) -> anyhow::Result<Response> {
    let path = params.get("path").unwrap_or_default();
    Ok(format!("File {path}\n").into_response())
}

/// A 405 names the methods that there are (RFC 9110 section 15.5.6).
fn method_not_allowed(handlers: Handlers) -> anyhow::Result<Response> {
    let methods: Vec<&str> = handlers.iter().map(|(method, _)| method.as_str()).collect();
    let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
    let allow = HeaderValue::try_from(methods.join(", "))?;
    response.headers_mut().insert(ALLOW, allow);
    Ok(response)
}
