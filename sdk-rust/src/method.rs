//! Converts methods to the wire and back.

#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
use crate::bindings::fermyon::spin::http_types as wire;
use crate::error::Reason;
use crate::http::Method;

/// Checks that the host's interface has the method.
#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
pub(crate) fn check_method(method: &Method) -> Result<(), Reason> {
    match *method {
        Method::CONNECT => Err(Reason::UnsupportedMethod),
        _ => Ok(()),
    }
}

/// Checks that the host's interface has the method.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub(crate) fn check_method(method: &Method) -> Result<(), Reason> {
    method_to_wire(method).map(drop)
}

/// Converts a method for the import, which has seven.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub(crate) fn method_to_wire(method: &Method) -> Result<wire::Method, Reason> {
    match *method {
        Method::GET => Ok(wire::Method::Get),
        Method::POST => Ok(wire::Method::Post),
        Method::PUT => Ok(wire::Method::Put),
        Method::DELETE => Ok(wire::Method::Delete),
        Method::PATCH => Ok(wire::Method::Patch),
        Method::HEAD => Ok(wire::Method::Head),
        Method::OPTIONS => Ok(wire::Method::Options),
        _ => Err(Reason::UnsupportedMethod),
    }
}

/// Converts the method of an inbound request.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub(crate) fn method_from_wire(method: wire::Method) -> Method {
    match method {
        wire::Method::Get => Method::GET,
        wire::Method::Post => Method::POST,
        wire::Method::Put => Method::PUT,
        wire::Method::Delete => Method::DELETE,
        wire::Method::Patch => Method::PATCH,
        wire::Method::Head => Method::HEAD,
        wire::Method::Options => Method::OPTIONS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_method_survives_the_round_trip() {
        use wire::Method::{Delete, Get, Head, Options, Patch, Post, Put};
        for method in [Get, Post, Put, Delete, Patch, Head, Options] {
            let got = method_to_wire(&method_from_wire(method)).unwrap();
            assert_eq!(got, method);
        }
    }

    #[test]
    fn other_methods_are_an_error() {
        for name in ["TRACE", "CONNECT", "PROPFIND", "get"] {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            let got = method_to_wire(&method);
            assert!(matches!(got, Err(Reason::UnsupportedMethod)), "{name}");
        }
    }
}
