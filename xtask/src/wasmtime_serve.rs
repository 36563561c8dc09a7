//! Serves a component with `wasmtime serve`, another host of `wasi:http`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::root;
use crate::step::Failure;

/// The time limit of the start, in which wasmtime compiles the component: 12 MB take 20 s on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(5 * 60);

/// Halves the time of compilation. The components run for moments only.
const COMPILE_FAST: [&str; 4] = ["-O", "opt-level=0", "-O", "regalloc-algorithm=single-pass"];

/// The line with the address begins with this.
const ADDRESS: &str = "Serving HTTP on http://";

/// A running server. Dropping it ends the process.
pub(crate) struct WasmtimeServe {
    process: Child,
    address: String,
}

impl WasmtimeServe {
    /// Starts the command `wasmtime` on a free port of the loopback interface, with more options, and waits until it
    /// has compiled the component.
    pub(crate) fn start(
        wasmtime: &Path,
        component: &Path,
        options: &[String],
    ) -> Result<Self, Failure> {
        let mut process = Command::new(wasmtime)
            .args(["serve", "-S", "cli,http", "--addr", "127.0.0.1:0"])
            .args(COMPILE_FAST)
            .args(options)
            .arg(component)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .current_dir(root())
            .spawn()?;
        let stderr = process.stderr.take();
        let (sender, addresses) = mpsc::channel();
        // Reads to the end, since the server would stop at a full pipe.
        thread::spawn(move || {
            for line in BufReader::new(stderr?).lines() {
                if let Some(address) = line.ok()?.strip_prefix(ADDRESS) {
                    // The receiver is gone if the limit has passed.
                    drop(sender.send(address.trim_end_matches('/').to_owned()));
                }
            }
            Some(())
        });
        let mut server = Self {
            process,
            address: String::new(),
        };
        server.address = addresses.recv_timeout(START_LIMIT).map_err(|error| {
            Failure::new(format!(
                "`wasmtime serve {}` has not printed its address: {error}",
                component.display()
            ))
        })?;
        Ok(server)
    }

    /// The authority at which the server listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for WasmtimeServe {
    fn drop(&mut self) {
        // Both fail only if the process has ended.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
