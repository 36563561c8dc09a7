//! wasmtime alone: the baseline of the harness, and the measure of a guest's own cost.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use tokio::sync::oneshot;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker, ResourceTable};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, ResourceLimiter, Store,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::bindings::{Proxy, ProxyPre};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use crate::{INSTANCES, Result};

/// As in the harness: the function tables of Go and JavaScript guests have tens of thousands of elements.
const TABLE_ELEMENTS: usize = 100_000;

mod bindings {
    //! Bindings of the world `http-trigger`.

    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "http-trigger",
        imports: { default: async },
        exports: { default: async },
    });
}

use bindings::fermyon::spin::http_types as wire;

/// wasmtime with its pooling allocator, and a component that is linked with it.
pub(crate) struct Bare {
    engine: Engine,
    component: Exports<bindings::HttpTriggerPre<State>, ProxyPre<State>>,
}

/// An instance, which can be called several times.
pub(crate) struct Instance {
    store: Store<State>,
    exports: Exports<bindings::HttpTrigger, Proxy>,
}

/// The handler export: `fermyon:spin/inbound-http`, or `wasi:http/incoming-handler` 0.2.
enum Exports<S, W> {
    Spin(S),
    Wasi(W),
}

struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    upstream: Upstream,
    memory_bytes: usize,
}

/// Responds to every outbound call at once, with this body.
struct Upstream(Bytes);

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.upstream,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

type Processed = Box<dyn Future<Output = std::result::Result<(), Error>> + Send>;

impl WasiHttpHooks for Upstream {
    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _processed: Processed,
    ) -> Box<dyn Future<Output = std::result::Result<(Response<WasiBody>, Processed), Error>> + Send>
    {
        let body = Full::new(self.0.clone()).map_err(|never| match never {});
        let processed: Processed = Box::new(std::future::ready(Ok(())));
        let response = Ok((Response::new(body.boxed_unsync()), processed));
        Box::new(std::future::ready(response))
    }
}

impl bindings::fermyon::spin::http::Host for State {
    async fn send_request(
        &mut self,
        _request: wire::Request,
    ) -> std::result::Result<wire::Response, wire::HttpError> {
        Ok(wire::Response {
            status: 200,
            headers: None,
            body: Some(self.upstream.0.to_vec()),
        })
    }
}

impl wire::Host for State {}

/// Allows all growth, and records the size of the largest memory.
impl ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.memory_bytes = self.memory_bytes.max(desired);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

impl Bare {
    pub(crate) fn new(component: &[u8]) -> Result<Self> {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_memories(INSTANCES)
            .table_elements(TABLE_ELEMENTS)
            .max_core_instances_per_component(u32::MAX);
        let mut config = Config::new();
        config
            // As in the harness, which has a second engine for guests of WASI 0.3.
            .concurrency_support(false)
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config)?;
        let mut linker: Linker<State> = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        bindings::HttpTrigger::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        let component = Component::from_binary(&engine, component)?;
        let component: InstancePre<State> = linker.instantiate_pre(&component)?;
        let component = match bindings::HttpTriggerPre::new(component.clone()) {
            Ok(component) => Exports::Spin(component),
            Err(_) => Exports::Wasi(ProxyPre::new(component)?),
        };
        Ok(Self { engine, component })
    }

    /// Creates an instance whose outbound calls all get `body`.
    pub(crate) async fn instantiate(&self, body: Bytes) -> Result<Instance> {
        let wasi = WasiCtx::builder()
            .env("UPSTREAM", "http://api.test/")
            .build();
        let state = State {
            wasi,
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            upstream: Upstream(body),
            memory_bytes: 0,
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| state);
        let exports = match &self.component {
            Exports::Spin(component) => {
                Exports::Spin(component.instantiate_async(&mut store).await?)
            }
            Exports::Wasi(component) => {
                Exports::Wasi(component.instantiate_async(&mut store).await?)
            }
        };
        Ok(Instance { store, exports })
    }
}

impl Instance {
    /// Sends a GET request and returns the response body.
    pub(crate) async fn call(&mut self, path: &str) -> Result<String> {
        let store = &mut self.store;
        let (status, body) = match &self.exports {
            Exports::Spin(exports) => call_spin(exports, store, path).await?,
            Exports::Wasi(exports) => call_wasi(exports, store, path).await?,
        };
        if status != 200 {
            return Err(format!("{path}: {status} {body:?}").into());
        }
        Ok(String::from_utf8(body)?)
    }

    /// The size of the largest linear memory.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.store.data().memory_bytes
    }
}

async fn call_spin(
    exports: &bindings::HttpTrigger,
    store: &mut Store<State>,
    path: &str,
) -> Result<(u16, Vec<u8>)> {
    let request = wire::Request {
        method: wire::Method::Get,
        uri: path.to_owned(),
        headers: Vec::new(),
        params: Vec::new(),
        body: Some(Vec::new()),
    };
    let handler = exports.fermyon_spin_inbound_http();
    let response = handler.call_handle_request(store, &request).await?;
    Ok((response.status, response.body.unwrap_or_default()))
}

async fn call_wasi(
    exports: &Proxy,
    store: &mut Store<State>,
    path: &str,
) -> Result<(u16, Vec<u8>)> {
    let request = Request::get(format!("http://localhost{path}"));
    let request =
        request.body(Empty::<Bytes>::new().map_err(|never| -> Error { match never {} }))?;
    let (sender, response) = oneshot::channel();
    let mut http = store.data_mut().http();
    let request = http.new_incoming_request(Scheme::Http, request)?;
    let outparam = http.new_response_outparam(sender)?;
    let handler = exports.wasi_http_incoming_handler();
    // If the guest ends without a response, the store keeps `sender`, so `response` would wait forever.
    let (ended, has_ended) = oneshot::channel::<Infallible>();
    let call = async {
        let _ended = ended;
        Result::Ok(handler.call_handle(store, request, outparam).await?)
    };
    let read = async {
        let response = tokio::select! {
            biased;
            response = response => response??,
            _ = has_ended => return Err("the guest ended without a response".into()),
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok((head.status.as_u16(), body.to_vec()))
    };
    let ((), response) = tokio::try_join!(call, read)?;
    Ok(response)
}
