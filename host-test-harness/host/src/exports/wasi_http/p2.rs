//! `wasi:http/incoming-handler` 0.2.

use harness_outbound::Body;
use http::Request;
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};

use super::{Export, ResponseSender, readable};
use crate::instance::state::State;

impl Export for ProxyPre<State> {
    type ErrorCode = ErrorCode;

    async fn call(
        &self,
        store: &mut Store<State>,
        request: Request<Body>,
        response: ResponseSender<Self>,
    ) -> wasmtime::Result<()> {
        let scheme = if request.uri().scheme() == Some(&http::uri::Scheme::HTTPS) {
            Scheme::Https
        } else {
            Scheme::Http
        };
        let mut http = store.data_mut().http();
        let request = http.new_incoming_request(scheme, readable(request))?;
        let response = http.new_response_outparam(response)?;
        let proxy = self.instantiate_async(&mut *store).await?;
        let handler = proxy.wasi_http_incoming_handler();
        handler.call_handle(store, request, response).await
    }
}
