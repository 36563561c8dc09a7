//! `wasi:http/handler` 0.3: the guest's function returns the response, and the guest goes on to write its body.

use std::future::poll_fn;

use harness_outbound::Body;
use http::Request;
use wasmtime::Store;
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::p3::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{WasiHttpView as _, p3};

use super::{Export, ResponseSender, readable};
use crate::instance::state::State;

impl Export for ServicePre<State> {
    type ErrorCode = ErrorCode;

    async fn call(
        &self,
        store: &mut Store<State>,
        request: Request<Body>,
        response: ResponseSender<Self>,
    ) -> wasmtime::Result<()> {
        let service = self.instantiate_async(&mut *store).await?;
        let hooks = store.data_mut().http().hooks;
        let request = p3::Request::from_http(hooks, readable(request)).0;
        store
            .run_concurrent(async |accessor| {
                let returned = match service.handle(accessor, request).await? {
                    Ok(returned) => {
                        let written = async { Ok(()) };
                        Ok(accessor.with(|access| returned.into_http(access, written))?)
                    }
                    Err(code) => Err(code),
                };
                // If nothing waits for the response any more, this task is dropped.
                drop(response.send(returned));
                poll_fn(|context| accessor.poll_no_interesting_tasks(context)).await;
                Ok(())
            })
            .await?
    }
}
