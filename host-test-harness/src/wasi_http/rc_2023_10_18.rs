//! `wasi:http` 0.2.0-rc-2023-10-18, which the published SDKs of Spin 2.0 and 2.1 use: its resources are those
//! of 0.2, and each of its functions is one of 0.2, so that its calls go the same way.

mod conversion;
mod streams;
mod types;

use std::time::Duration;

use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::p2::{HttpError, HttpResult};
use wasmtime_wasi_http::{RequestOptions, WasiHttpView as _};

use crate::state::State;

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit-rc-2023-10-18",
        world: "proxy",
        imports: {
            "wasi:io/poll.poll-list": async | trappable,
            "wasi:io/poll.poll-one": async | trappable,
            "wasi:io/streams.[drop]input-stream": async | trappable,
            "wasi:io/streams.[drop]output-stream": async | trappable,
            "wasi:io/streams.[method]input-stream.blocking-read": async | trappable,
            "wasi:io/streams.[method]input-stream.blocking-skip": async | trappable,
            "wasi:io/streams.[method]output-stream.blocking-flush": async | trappable,
            "wasi:io/streams.[method]output-stream.blocking-splice": async | trappable,
            "wasi:io/streams.[method]output-stream.blocking-write-and-flush": async | trappable,
            "wasi:io/streams.[method]output-stream.blocking-write-zeroes-and-flush": async | trappable,
            "wasi:io/streams.[method]output-stream.forward": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        trappable_error_type: {
            "wasi:http/types.error" => wasmtime_wasi_http::p2::HttpError,
            "wasi:io/streams.stream-error" => wasmtime_wasi::p2::StreamError,
        },
        with: {
            "wasi:io/poll.pollable": wasmtime_wasi::p2::DynPollable,
            "wasi:io/streams.error": wasmtime_wasi::p2::IoError,
            "wasi:io/streams.input-stream": wasmtime_wasi::p2::DynInputStream,
            "wasi:io/streams.output-stream": wasmtime_wasi::p2::DynOutputStream,
            "wasi:http/types.fields": wasmtime_wasi_http::FieldMap,
            "wasi:http/types.future-incoming-response": wasmtime_wasi_http::p2::types::HostFutureIncomingResponse,
            "wasi:http/types.future-trailers": wasmtime_wasi_http::p2::body::HostFutureTrailers,
            "wasi:http/types.incoming-body": wasmtime_wasi_http::p2::body::HostIncomingBody,
            "wasi:http/types.incoming-request": wasmtime_wasi_http::p2::types::HostIncomingRequest,
            "wasi:http/types.incoming-response": wasmtime_wasi_http::p2::types::HostIncomingResponse,
            "wasi:http/types.outgoing-body": wasmtime_wasi_http::p2::body::HostOutgoingBody,
            "wasi:http/types.outgoing-request": wasmtime_wasi_http::p2::types::HostOutgoingRequest,
            "wasi:http/types.outgoing-response": wasmtime_wasi_http::p2::types::HostOutgoingResponse,
            "wasi:http/types.response-outparam": wasmtime_wasi_http::p2::types::HostResponseOutparam,
        },
    });
}

pub(super) use bindings::ProxyPre;
use bindings::wasi::http as wire;
use bindings::wasi::io;

/// Adds the interfaces to a linker.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    bindings::Proxy::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

impl wire::outgoing_handler::Host for State {
    fn handle(
        &mut self,
        request: Resource<HostOutgoingRequest>,
        options: Option<wire::types::RequestOptions>,
    ) -> HttpResult<Resource<HostFutureIncomingResponse>> {
        let options = options.map(request_options);
        let options = options.map(|options| self.http().table.push(options));
        self.handle(request, options.transpose().map_err(HttpError::trap)?)
    }
}

fn request_options(options: wire::types::RequestOptions) -> RequestOptions {
    let duration = |ms: u32| Duration::from_millis(ms.into());
    RequestOptions {
        connect_timeout: options.connect_timeout_ms.map(duration),
        first_byte_timeout: options.first_byte_timeout_ms.map(duration),
        between_bytes_timeout: options.between_bytes_timeout_ms.map(duration),
    }
}
