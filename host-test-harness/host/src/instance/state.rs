//! What one instance owns on the host's side: the data of its store.

use std::sync::Arc;

use harness_manifest::Variables;
use harness_outbound::OutboundCalls;
use wasmtime::component::ResourceTable;
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::memory_limit::MemoryLimit;
use crate::Limits;
use crate::imports::key_value::KeyValueAccess;
use crate::imports::wasi_http::{self, hooks::Hooks};
use crate::task::{Deadline, WallTimeExceeded};

/// Resources of the host, such as header fields, streams and timers, that one instance may hold at a time.
/// They take memory of the host.
pub(crate) const MAX_RESOURCES: usize = 5_000;

pub(crate) struct State {
    wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    pub(crate) services: Services,
    http: WasiHttpCtx,
    hooks: Hooks,
    pub(crate) outbound: Arc<OutboundCalls>,
    pub(crate) memory: MemoryLimit,
}

/// What the imports beside HTTP give to a guest.
#[derive(Debug, Clone, Default)]
pub(crate) struct Services {
    pub(crate) variables: Arc<Variables>,
    pub(crate) key_value: KeyValueAccess,
}

impl State {
    /// A store whose guest is stopped at `deadline` and keeps within `limits`.
    pub(crate) fn store(
        engine: &wasmtime::Engine,
        limits: &Limits,
        deadline: Deadline,
        wasi: WasiCtx,
        services: Services,
        outbound: Arc<OutboundCalls>,
    ) -> Store<Self> {
        let memory = MemoryLimit::new(limits.memory_bytes);
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        let mut store = Store::new(
            engine,
            Self {
                wasi,
                table,
                services,
                http: wasi_http::context(limits),
                hooks: Hooks(Arc::clone(&outbound)),
                outbound,
                memory,
            },
        );
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(hostcall_fuel(limits));
        store.set_epoch_deadline(1);
        // The guest yields at each tick, so that others get the thread, and ends at the first tick after its deadline.
        store.epoch_deadline_callback(move |_| {
            if deadline.is_over() {
                Err(wasmtime::Error::new(WallTimeExceeded))
            } else {
                Ok(UpdateDeadline::Yield(1))
            }
        });
        store
    }
}

/// How many bytes the guest may hand to the host in one call, its response included.
/// Twice the larger limit on bodies, so that a body over its limit is an error that names the limit.
/// More than that traps the guest before the host allocates it.
pub(crate) fn hostcall_fuel(limits: &Limits) -> usize {
    const OTHER_DATA_BYTES: usize = 1 << 20;
    limits
        .request_body_bytes
        .max(limits.response_body_bytes)
        .saturating_mul(2)
        .saturating_add(limits.header_section_bytes)
        .saturating_add(OTHER_DATA_BYTES)
}

/// What wasmtime says when a guest exceeds [`hostcall_fuel`]; its error has no public type.
pub(crate) const HOSTCALL_FUEL_EXHAUSTED: &str =
    "too much data is being copied between the host and the guest";

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
            hooks: &mut self.hooks,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}
