//! Servers in their own processes, and the memory and sockets that they use.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Result;

/// The longest time for a server to compile its components and print its address.
const START: Duration = Duration::from_secs(60);

/// A server process, killed on drop.
pub(crate) struct Server {
    process: Child,
    pub(crate) authority: String,
}

impl Server {
    /// Starts a server that prints its URL on stdout or stderr.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (sender, addresses) = std::sync::mpsc::channel();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(process.stdout.take().ok_or("it has a stdout")?),
            Box::new(process.stderr.take().ok_or("it has a stderr")?),
        ];
        for output in outputs {
            let sender = sender.clone();
            // Read to the end: a full pipe would block the server.
            std::thread::spawn(move || {
                for line in BufReader::new(output)
                    .lines()
                    .map_while(std::io::Result::ok)
                {
                    if let Some((_, address)) = line.split_once("http://") {
                        drop(sender.send(address.trim_end_matches('/').to_owned()));
                    }
                }
            });
        }
        let authority = addresses
            .recv_timeout(START)
            .map_err(|error| format!("the server did not print its URL: {error}"))?;
        Ok(Self { process, authority })
    }

    /// Starts `spin-harness up` on a free port, with these options, and these triggers and components in the manifest.
    pub(crate) fn up(
        spin_harness: &Path,
        folder: &Path,
        manifest: &str,
        options: &[&str],
    ) -> Result<Self> {
        let head = "spin_manifest_version = 2\n[application]\nname = \"bench\"\n";
        std::fs::write(folder.join("spin.toml"), format!("{head}{manifest}"))?;
        Self::start(
            Command::new(spin_harness)
                .args(["up", "--listen", "127.0.0.1:0", "--from"])
                .arg(folder)
                .args(options),
        )
    }

    /// The resident memory of the process, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<usize> {
        memory_bytes(&self.process.id().to_string(), "VmRSS:")
    }

    /// The number of open sockets of the process: listener, clients and upstreams.
    pub(crate) fn n_sockets(&self) -> Result<usize> {
        let mut n_sockets = 0;
        for entry in std::fs::read_dir(format!("/proc/{}/fd", self.process.id()))? {
            // A descriptor that was closed meanwhile has no target.
            let target = std::fs::read_link(entry?.path()).unwrap_or_default();
            n_sockets += usize::from(target.to_string_lossy().starts_with("socket:"));
        }
        Ok(n_sockets)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The resident anonymous memory of this process, in bytes.
pub(crate) fn own_private_bytes() -> Result<usize> {
    memory_bytes("self", "RssAnon:")
}

/// A value from `/proc/PROCESS/status` of Linux, in bytes.
fn memory_bytes(process: &str, name: &str) -> Result<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: usize = kibibytes
        .ok_or_else(|| format!("/proc/{process}/status has no {name}"))?
        .parse()?;
    Ok(kibibytes << 10)
}

/// The part of a manifest with a component that has a route, and may call an upstream, which is its `UPSTREAM`.
pub(crate) fn component(name: &str, route: &str, source: &Path, upstream: &str) -> String {
    format!(
        "[[trigger.http]]\nroute = {route:?}\ncomponent = {name:?}\n[component.{name}]\nsource = {source:?}\n\
         environment = {{ UPSTREAM = \"http://{upstream}/\" }}\nallowed_outbound_hosts = [\"http://{upstream}\"]\n"
    )
}
