//! `wasi:http` 0.3: a response is what the guest's function returns, and the guest goes on to write its body.

use std::future::poll_fn;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response};
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime::component::{Accessor, HasData, Linker, Resource};
use wasmtime_wasi::TrappableError;
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::p3::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p3::bindings::http::{client, types};
use wasmtime_wasi_http::{WasiBody, WasiHttp, WasiHttpCtxView, WasiHttpView as _, p3};

use super::handler::{Version, readable};
use super::{OWN_APPLICATION, is_own_application};
use crate::body::Body;
use crate::state::State;

/// Adds the interfaces to a linker. It takes one release 0.3.x for another.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, WasiHttp>(linker, State::http)?;
    client::add_to_linker::<_, Client>(linker, State::http)
}

impl Version for ServicePre<State> {
    type ErrorCode = ErrorCode;

    async fn answer(
        &self,
        store: &mut Store<State>,
        request: Request<Body>,
        response: oneshot::Sender<Result<Response<WasiBody>, ErrorCode>>,
    ) -> wasmtime::Result<()> {
        let service = self.instantiate_async(&mut *store).await?;
        let hooks = store.data_mut().http().hooks;
        let request = p3::Request::from_http(hooks, readable(request)).0;
        store
            .run_concurrent(async |accessor| {
                let answered = match service.handle(accessor, request).await? {
                    Ok(answered) => {
                        let written = async { Ok(()) };
                        Ok(accessor.with(|access| answered.into_http(access, written))?)
                    }
                    Err(code) => Err(code),
                };
                // Nobody may wait for it any more, and then this task is dropped.
                drop(response.send(answered));
                poll_fn(|context| accessor.poll_no_interesting_tasks(context)).await;
                Ok(())
            })
            .await?
    }
}

/// The import: wasmtime's, which has the instance's hooks send the request.
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

/// Gives a request the parts of a URI that its guest may leave out.
fn complete(request: &mut p3::Request) {
    let authority = request.authority.as_ref().map(Authority::as_str);
    if is_own_application(authority.unwrap_or_default()) {
        request.authority = Some(Authority::from_static(OWN_APPLICATION));
        request.scheme = Some(Scheme::HTTP);
    }
    request
        .path_with_query
        .get_or_insert(PathAndQuery::from_static("/"));
}
