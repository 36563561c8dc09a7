//! The seven methods of the import, both ways.

use http::Method;

use crate::bindings::wire;

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

/// `None` for a method that the interface cannot carry.
pub(crate) fn method_to_wire(method: &Method) -> Option<wire::Method> {
    Some(match *method {
        Method::GET => wire::Method::Get,
        Method::POST => wire::Method::Post,
        Method::PUT => wire::Method::Put,
        Method::DELETE => wire::Method::Delete,
        Method::PATCH => wire::Method::Patch,
        Method::HEAD => wire::Method::Head,
        Method::OPTIONS => wire::Method::Options,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seven_methods_round_trip_and_no_other_passes() {
        for name in ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"] {
            let method: Method = name.parse().unwrap();
            assert_eq!(method_to_wire(&method).map(method_from_wire), Some(method));
        }
        for name in ["TRACE", "CONNECT", "get", "PURGE"] {
            assert_eq!(method_to_wire(&name.parse().unwrap()), None, "{name}");
        }
    }
}
