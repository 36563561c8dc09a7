#![doc = include_str!("../README.md")]

mod bindings;
mod error;
mod headers;
pub mod http;
mod inbound;
mod into_response;
#[cfg(feature = "json")]
pub mod json;
mod method;
pub mod outbound_http;
mod request;
mod response;

pub use error::{Error, ErrorKind};
/// Makes a function the component's answer to HTTP requests.
///
/// The function takes a [`Request`](http::Request) and returns anything that is
/// [`IntoResponse`](http::IntoResponse). The attribute leaves the function as it is and adds the
/// export `fermyon:spin/inbound-http`, so a component has it once.
///
/// An `Err` is logged with its causes on stderr and answered with a plain 500, which does not
/// repeat the error's text. A request that the `http` crate cannot hold is answered
/// with 400 and does not reach the function.
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
pub use spin_sdk_macro::http_component;

/// What the code that `http_component` writes refers to. No part of the public surface.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings::exports::fermyon::spin::inbound_http::{
        Guest, RequestResult as Request, Response,
    };
    pub use crate::bindings::{export, exports};
    pub use crate::inbound::answer;
}

/// Compiles the example in the README of the whole project.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct ReadmeOfTheProject;
