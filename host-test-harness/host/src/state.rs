//! What one instance owns on the host's side: the data of its store.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::Limits;
use crate::outbound::Outbound;
use crate::wasi_http::{self, Hooks};

/// Resources of the host, such as header fields, streams and timers, that one instance may hold at a time.
/// They take memory which is not the guest's own.
pub(crate) const MAX_RESOURCES: usize = 5_000;

pub(crate) struct State {
    /// The first that is dropped, before the request bodies that its guest was still writing.
    ending: Ending,
    wasi: WasiCtx,
    table: ResourceTable,
    http: WasiHttpCtx,
    hooks: Hooks,
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) memory: MemoryLimit,
}

impl State {
    /// A store whose guest is stopped at `deadline` and keeps within `limits`.
    pub(crate) fn store(
        engine: &wasmtime::Engine,
        limits: &Limits,
        deadline: Instant,
        wasi: WasiCtx,
        outbound: Outbound,
    ) -> Store<Self> {
        let outbound = Arc::new(outbound);
        let memory = MemoryLimit {
            limit_bytes: limits.memory_bytes,
            used_bytes: 0,
            last_growth_bytes: 0,
            reached: false,
        };
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        let mut store = Store::new(
            engine,
            Self {
                ending: Ending {
                    outbound: Arc::clone(&outbound),
                    is_complete: false,
                },
                wasi,
                table,
                http: wasi_http::context(limits),
                hooks: Hooks(Arc::clone(&outbound)),
                outbound,
                memory,
            },
        );
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(hostcall_fuel(limits));
        store.set_epoch_deadline(1);
        // The guest yields at each tick, so that it cannot keep others from the thread,
        // and ends at the first tick after its time is over.
        store.epoch_deadline_callback(move |_| {
            if Instant::now() >= deadline {
                Err(wasmtime::Error::new(WallTimeReached))
            } else {
                Ok(UpdateDeadline::Yield(1))
            }
        });
        store
    }

    /// The guest has come to its end by itself.
    pub(crate) fn complete(&mut self) {
        self.ending.is_complete = true;
    }
}

/// Cuts off what a guest that has not come to its end was sending: wasmtime takes the end of an instance for
/// the end of its bodies, and an upstream must not take half a body for a whole one.
struct Ending {
    outbound: Arc<Outbound>,
    is_complete: bool,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.is_complete {
            self.outbound.cut_off();
        }
    }
}

/// How many bytes the guest may hand to the host in one call, its response included.
/// Twice the larger limit on bodies, so that a body over its limit is an error that names it;
/// what exceeds even that ends in a trap, before the host allocates it.
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

/// Bounds all linear memories of one instance together.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    limit_bytes: usize,
    used_bytes: usize,
    /// What was granted last, to be given back if the engine cannot grow the memory after all.
    last_growth_bytes: usize,
    /// Whether growth was refused. A guest usually aborts then, and the error should name the reason.
    pub(crate) reached: bool,
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth_bytes = desired.saturating_sub(current);
        let used_bytes = self.used_bytes.saturating_add(growth_bytes);
        if used_bytes > self.limit_bytes {
            if !self.reached {
                tracing::warn!(
                    limit_bytes = self.limit_bytes,
                    "the guest asked for more memory than its limit"
                );
            }
            self.reached = true;
            return Ok(false);
        }
        self.used_bytes = used_bytes;
        self.last_growth_bytes = growth_bytes;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.used_bytes = self
            .used_bytes
            .saturating_sub(std::mem::take(&mut self.last_growth_bytes));
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // The pool bounds tables.
        Ok(true)
    }
}

/// The error that ends a guest which computes past its wall time.
#[derive(Debug)]
pub(crate) struct WallTimeReached;

impl fmt::Display for WallTimeReached {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the wall time is over")
    }
}

impl std::error::Error for WallTimeReached {}
