//! The limit of an instance's linear memory.

use wasmtime::ResourceLimiter;

/// Bounds all linear memories of one instance together.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    limit_bytes: usize,
    used_bytes: usize,
    /// The growth that was granted last, which is taken back if the engine cannot grow the memory.
    last_growth_bytes: usize,
    /// Whether growth was refused. A guest usually aborts then, and its error names this reason.
    pub(crate) reached: bool,
}

impl MemoryLimit {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            used_bytes: 0,
            last_growth_bytes: 0,
            reached: false,
        }
    }
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
