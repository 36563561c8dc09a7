//! A guest's output as log events, distinct from the harness's own.

use std::sync::Arc;

/// Longer lines are split into events of this many bytes: 8 KiB.
const MAX_LINE_BYTES: usize = 8 << 10;

/// Collects bytes until a line is complete, and logs it. An incomplete last line is logged on drop.
#[derive(Debug)]
pub(super) struct LogLines {
    component: Arc<str>,
    stream: &'static str,
    line: Vec<u8>,
}

impl LogLines {
    pub(super) fn new(component: &Arc<str>, stream: &'static str) -> Self {
        Self {
            component: Arc::clone(component),
            stream,
            line: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                self.log();
            } else {
                self.line.push(byte);
                if self.line.len() >= MAX_LINE_BYTES {
                    self.log();
                }
            }
        }
    }

    fn log(&mut self) {
        let line = String::from_utf8_lossy(&self.line);
        tracing::info!(
            target: "spin_harness::guest",
            component = &*self.component, stream = self.stream, "{}", line.trim_end_matches('\r')
        );
        self.line.clear();
    }
}

impl Drop for LogLines {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            self.log();
        }
    }
}
