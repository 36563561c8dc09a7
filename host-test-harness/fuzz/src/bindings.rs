//! The types of `wit/deps/fermyon-spin/http-types.wit`, as wasmtime generates them for the harness.

pub(crate) mod wire {
    pub(crate) enum Method {
        Get,
        Post,
        Put,
        Delete,
        Patch,
        Head,
        Options,
    }

    pub(crate) struct Request {
        pub(crate) method: Method,
        pub(crate) uri: String,
        pub(crate) headers: Vec<(String, String)>,
        pub(crate) params: Vec<(String, String)>,
        pub(crate) body: Option<Vec<u8>>,
    }

    pub(crate) struct Response {
        pub(crate) status: u16,
        pub(crate) headers: Option<Vec<(String, String)>>,
        pub(crate) body: Option<Vec<u8>>,
    }

    pub(crate) enum HttpError {
        Success,
        DestinationNotAllowed,
        InvalidUrl,
        RequestError,
        RuntimeError,
        TooManyRequests,
    }
}
