//! wasmtime by itself: what the harness is compared with, and what shows a guest's own share.

use bytes::Bytes;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    ResourceLimiter, Store,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::{INSTANCES, Result};

/// As in the harness: the function tables of Go and JavaScript have tens of thousands.
const TABLE_ELEMENTS: usize = 100_000;

mod bindings {
    //! The export, and an import that answers at once.

    wasmtime::component::bindgen!({
        path: "../wit",
        world: "http-trigger",
        imports: { default: async },
        exports: { default: async },
    });
}

use bindings::fermyon::spin::http_types as wire;

/// wasmtime with its pooling allocator, and nothing else.
pub(crate) struct Bare {
    engine: Engine,
    component: bindings::HttpTriggerPre<State>,
    /// The body of every response to a guest.
    body: Bytes,
}

/// One instance, which stays for as many calls as one likes.
pub(crate) struct Instance {
    store: Store<State>,
    exports: bindings::HttpTrigger,
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    body: Bytes,
    memory_bytes: usize,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
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
            body: Some(self.body.to_vec()),
        })
    }
}

impl wire::Host for State {}

/// Refuses nothing, and keeps the largest memory.
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
    pub(crate) fn new(component: &[u8], body: Bytes) -> Result<Self> {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_memories(INSTANCES)
            .table_elements(TABLE_ELEMENTS)
            .max_core_instances_per_component(u32::MAX);
        let mut config = Config::new();
        config
            .cache(Cache::new(CacheConfig::new()).ok())
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config)?;
        let mut linker: Linker<State> = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        bindings::HttpTrigger::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        let component = Component::from_binary(&engine, component)?;
        let component = bindings::HttpTriggerPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self {
            engine,
            component,
            body,
        })
    }

    pub(crate) async fn instantiate(&self) -> Result<Instance> {
        let wasi = WasiCtx::builder()
            .env("UPSTREAM", "http://api.test/")
            .build();
        let state = State {
            wasi,
            table: ResourceTable::new(),
            body: self.body.clone(),
            memory_bytes: 0,
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| state);
        let exports = self.component.instantiate_async(&mut store).await?;
        Ok(Instance { store, exports })
    }
}

impl Instance {
    /// Sends a GET and returns the response's body.
    pub(crate) async fn call(&mut self, path: &str) -> Result<String> {
        let request = wire::Request {
            method: wire::Method::Get,
            uri: path.to_owned(),
            headers: Vec::new(),
            params: Vec::new(),
            body: Some(Vec::new()),
        };
        let response = self
            .exports
            .fermyon_spin_inbound_http()
            .call_handle_request(&mut self.store, &request)
            .await?;
        if response.status != 200 {
            return Err(format!("{path}: {response:?}").into());
        }
        Ok(String::from_utf8(response.body.unwrap_or_default())?)
    }

    /// How large the largest linear memory has become.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.store.data().memory_bytes
    }
}
