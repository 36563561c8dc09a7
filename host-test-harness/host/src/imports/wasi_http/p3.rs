//! `wasi:http/client` 0.3.

use http::uri::{Authority, PathAndQuery, Scheme};
use outbound_policy::{OWN_APPLICATION, names_own_application};
use wasmtime::component::{Accessor, HasData, Linker, Resource};
use wasmtime_wasi::TrappableError;
use wasmtime_wasi_http::p3::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p3::bindings::http::{client, types};
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtxView, WasiHttpView as _, p3};

use crate::instance::state::State;

/// Adds the interfaces to a linker. It accepts every version 0.3.x for this one.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, WasiHttp>(linker, State::http)?;
    client::add_to_linker::<_, Client>(linker, State::http)
}

/// Wasmtime's own function, which sends the request through the [`Hooks`](super::hooks::Hooks).
struct Client;

impl HasData for Client {
    type Data<'a> = WasiHttpCtxView<'a>;
}

impl client::HostWithStore<State> for Client {
    async fn send(
        accessor: &Accessor<State, Self>,
        request: Resource<p3::Request>,
    ) -> Result<Resource<p3::Response>, TrappableError<ErrorCode>> {
        accessor
            .with(|mut access| access.get().table.get_mut(&request).map(complete))
            .map_err(TrappableError::trap)?;
        let accessor = accessor.with_getter::<WasiHttp>(State::http);
        <WasiHttp as client::HostWithStore<State>>::send(&accessor, request).await
    }
}

/// Adds the parts of a URI that a guest may leave out.
fn complete(request: &mut p3::Request) {
    let authority = request.authority.as_ref().map(Authority::as_str);
    let authority = authority.unwrap_or_default();
    if authority != OWN_APPLICATION && names_own_application(authority) {
        request.authority = Some(Authority::from_static(OWN_APPLICATION));
        request.scheme = Some(Scheme::HTTP);
    }
    request
        .path_with_query
        .get_or_insert(PathAndQuery::from_static("/"));
}
