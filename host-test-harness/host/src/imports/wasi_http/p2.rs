//! `wasi:http/outgoing-handler` 0.2.

use outbound_policy::{OWN_APPLICATION, names_own_application};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::HttpResult;
use wasmtime_wasi_http::p2::bindings::LinkOptions;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{RequestOptions, WasiHttp, WasiHttpView as _};

use super::error_code::{self, Named as _};
use crate::instance::state::State;

/// Adds the interfaces to a linker. It accepts every version 0.2.x for this one.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, WasiHttp>(linker, &LinkOptions::default().into(), State::http)?;
    linker.allow_shadowing(true);
    linker.instance(TYPES)?.func_wrap(
        "http-error-code",
        |mut store, (error,): (Resource<types::IoError>,)| {
            let error = store.data_mut().http().table.get(&error)?;
            Ok((of_stream(error),))
        },
    )?;
    linker.allow_shadowing(false);
    linker
        .instance("wasi:http/outgoing-handler@0.2.0")?
        .func_wrap("handle", |mut store, (request, options)| {
            match handle(store.data_mut(), request, options) {
                Ok(response) => Ok((Ok(response),)),
                Err(error) => Ok((Err(error.downcast()?),)),
            }
        })
}

/// The interface as wasmtime's bindings name it, whose `http-error-code` is replaced.
const TYPES: &str = "wasi:http/types@0.2.12";

/// The reason why a stream of a body failed; `None` for the stream of another interface.
///
/// Wasmtime's own function looks for the type of its bindings. The body of a response that
/// [`Hooks`](super::hooks::Hooks) returns fails with the type that 0.2 and 0.3 share.
fn of_stream(error: &types::IoError) -> Option<types::ErrorCode> {
    let shared = error.downcast_ref().map(error_code::of_body);
    shared.or_else(|| error.downcast_ref::<types::ErrorCode>().cloned())
}

/// Wasmtime's own function, which refuses an invalid request and sends a valid one through the
/// [`Hooks`](super::hooks::Hooks).
fn handle(
    state: &mut State,
    request: Resource<HostOutgoingRequest>,
    options: Option<Resource<RequestOptions>>,
) -> HttpResult<Resource<HostFutureIncomingResponse>> {
    let mut http = state.http();
    name_own_application(http.table.get_mut(&request)?);
    let sending = outgoing_handler::Host::handle(&mut http, request, options);
    if let Err(error) = &sending
        && let Some(code) = error.downcast_ref()
    {
        tracing::warn!(
            target: "spin_harness::outbound",
            component = &*state.outbound.caller().name, error_code = code.name(),
            "the guest made an invalid request"
        );
    }
    sending
}

/// A request to the caller's own application by another name, or by none, becomes one to `http://self`.
fn name_own_application(request: &mut HostOutgoingRequest) {
    let authority = request.authority.as_deref().unwrap_or_default();
    if authority != OWN_APPLICATION && names_own_application(authority) {
        request.authority = Some(OWN_APPLICATION.to_owned());
        request.scheme = Some(Scheme::Http);
    }
}
