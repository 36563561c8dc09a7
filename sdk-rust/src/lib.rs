#![doc = include_str!("../README.md")]

#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
mod bindings;
mod body;
mod error;
mod export;
mod forwarding;
mod handler_request;
mod headers;
mod host;
pub mod http;
mod inbound;
mod into_response;
#[cfg(feature = "json")]
pub mod json;
mod method;
pub mod outbound_http;
#[cfg(all(feature = "wasi-http", any(test, target_family = "wasm")))]
mod redirect;
#[cfg(feature = "wasi-http")]
mod redirect_limit;
mod request;
mod request_body;
mod response;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
#[cfg(feature = "wasi-http")]
mod timeouts;
pub mod variables;
mod wire;

pub use error::{Error, ErrorKind};
/// Makes a function the component's handler of HTTP requests.
///
/// The function takes a [`Request`](http::Request), or a `Request<Body>` to read the body piece by
/// piece, and returns a type that implements [`IntoResponse`](http::IntoResponse). The attribute
/// does not change the function. It adds the export `fermyon:spin/inbound-http`, or with the feature
/// `wasi-http` the export `wasi:http/incoming-handler`, so one component has one handler: match on
/// `request.uri().path()` or use a router in it.
///
/// If the function returns an `Err`, the error and its causes are logged on stderr, and the
/// response is a 500 with an empty body. If the `http` crate cannot represent the request, the
/// response is a 400 and the function is not called.
///
/// # Examples
///
/// ```
/// use spin_sdk::http::{IntoResponse, Request, Response};
/// use spin_sdk::http_component;
///
/// #[http_component]
/// fn handle(request: Request) -> anyhow::Result<impl IntoResponse> {
///     let greeting = format!("Hello from {}\n", request.uri().path());
///     Ok(Response::builder()
///         .header("content-type", "text/plain")
///         .body(greeting)?)
/// }
/// ```
pub use spin_http_macro::http_component;

/// Used by the code that `http_component` generates. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::__export_handler as export_handler;
    pub use crate::handler_request::{Inbound, Outbound, into_outbound};
    #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
    pub use crate::host::wasi_http::{
        bindings::{
            export, exports,
            exports::wasi::http::incoming_handler::Guest,
            wasi::http::types::{IncomingRequest, ResponseOutparam},
        },
        handle,
    };
    #[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
    pub use crate::{
        bindings::{
            export, exports,
            exports::fermyon::spin::inbound_http::{Guest, RequestResult as Request, Response},
        },
        host::spin::handle,
    };
}

/// Compiles the example in the README of the project.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct ReadmeOfTheProject;
