//! A wasmtime engine: pooled instances, and the clock that bounds computing guests.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy};

use super::function_cache::FunctionCache;
use super::wasi::Wasi;
use crate::{Error, ErrorKind, Limits};

/// Core instances in one component: the guest, its adapter, and the encoder's small shims.
const CORE_INSTANCES_PER_COMPONENT: u32 = 20;

/// Tables in one component: the guest's own and those of the encoder's shims.
const TABLES_PER_COMPONENT: u32 = 4;

/// Elements of one table. The function tables of Go and JavaScript have tens of thousands.
const TABLE_ELEMENTS: usize = 100_000;

/// How much of a freed instance's memory stays resident and is zeroed for the next instance, instead of being returned
/// to the operating system, which stops every thread of the process for a moment. Before Linux 6.7 the kernel cannot
/// say which pages were written, and zeroing all of them would cost more than it saves.
const KEPT_MEMORY_BYTES: usize = 8 << 20;
/// The same for tables: all of it.
const KEPT_TABLE_BYTES: usize = TABLE_ELEMENTS * size_of::<usize>();

/// Stacks of one component of WASI 0.3, whose tasks may wait in several places at once.
const STACKS_PER_CONCURRENT_COMPONENT: u32 = 4;

/// How often a computing guest is interrupted to check its deadline.
const TICK: Duration = Duration::from_millis(10);

/// The compiler of components.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compiler {
    /// Optimises. The default.
    #[default]
    Cranelift,
    /// Compiles in one pass, in about a quarter of the time; the code is slower. It is for development, on x86-64 and
    /// 64-bit ARM, and cannot compile every component: tail calls, exceptions and garbage collection need Cranelift.
    Winch,
}

/// A wasmtime engine, and the thread that advances its epoch until the engine is dropped.
pub(crate) struct Engine {
    engine: wasmtime::Engine,
    _ticker: Sender<()>,
}

impl Engine {
    /// Starts an engine. What Cranelift compiles is kept in `functions`.
    pub(crate) fn new(
        limits: &Limits,
        wasi: Wasi,
        compiler: Compiler,
        functions: Option<Arc<FunctionCache>>,
    ) -> Result<Self, Error> {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            // Guests of 0.2 do not need it, and it costs their calls about a tenth more CPU.
            .concurrency_support(wasi == Wasi::P3)
            .strategy(match compiler {
                Compiler::Cranelift => Strategy::Cranelift,
                Compiler::Winch => Strategy::Winch,
            })
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits, wasi)));
        if let (Compiler::Cranelift, Some(functions)) = (compiler, functions) {
            config
                .enable_incremental_compilation(functions)
                .map_err(|error| {
                    Error::new(ErrorKind::Engine, "compiled functions cannot be kept")
                        .with_source(error)
                })?;
        }
        let engine = wasmtime::Engine::new(&config).map_err(|error| {
            Error::new(
                ErrorKind::Engine,
                format!(
                    "the WebAssembly engine does not start: {error:#}; it reserves 4 GiB of address space for \
                     each of {} instances: lower that number (`--max-instances`), or raise this process's \
                     limit on address space (`ulimit -v`)",
                    limits.instances
                ),
            )
            .with_source(error)
        })?;
        let ticker = start_ticker(engine.clone())?;
        Ok(Self {
            engine,
            _ticker: ticker,
        })
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.engine
    }
}

fn pool(limits: &Limits, wasi: Wasi) -> PoolingAllocationConfig {
    let stacks_per_component = match wasi {
        Wasi::P2 => 1,
        Wasi::P3 => STACKS_PER_CONCURRENT_COMPONENT,
    };
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(limits.instances)
        .total_memories(limits.instances)
        .total_stacks(limits.instances.saturating_mul(stacks_per_component))
        .total_tables(limits.instances.saturating_mul(TABLES_PER_COMPONENT))
        .total_core_instances(
            limits
                .instances
                .saturating_mul(CORE_INSTANCES_PER_COMPONENT),
        )
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(limits.memory_bytes);
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(KEPT_MEMORY_BYTES)
            .table_keep_resident(KEPT_TABLE_BYTES);
    }
    pool
}

/// Starts the thread; it ends when the returned sender is dropped.
fn start_ticker(engine: wasmtime::Engine) -> Result<Sender<()>, Error> {
    let (sender, dropped) = mpsc::channel();
    std::thread::Builder::new()
        .name("spin-harness-epoch".into())
        .spawn(move || {
            while dropped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        })
        .map_err(|error| {
            Error::new(
                ErrorKind::Engine,
                "the thread that interrupts computing guests does not start",
            )
            .with_source(error)
        })?;
    Ok(sender)
}
