//! A running `spin-harness up`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::spin_harness;

/// How long each step may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running `spin-harness up`; dropping it kills it.
pub(crate) struct Up {
    pub(crate) child: Child,
    /// Host and port that it listens on.
    pub(crate) address: String,
    /// The lines that it printed at the start.
    pub(crate) stdout: Vec<String>,
    stderr: Receiver<String>,
    /// The lines of stderr that were read.
    pub(crate) seen: Vec<String>,
}

impl Drop for Up {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The command, which listens on a free port and reserves little address space.
pub(crate) fn up_command() -> Command {
    let mut command = spin_harness();
    command.args(["up", "--listen", "127.0.0.1:0", "--max-instances", "40"]);
    command
}

/// Starts the command for a folder with an application of `n_routes` routes.
pub(crate) fn up(folder: &Path, n_routes: usize, arguments: &[&str]) -> Up {
    let mut command = up_command();
    command.arg("-f").arg(folder).args(arguments);
    start(&mut command, n_routes)
}

/// Starts `command`, and waits until it has printed its address and `n_routes` routes.
pub(crate) fn start(command: &mut Command, n_routes: usize) -> Up {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("spin-harness starts");
    let (sender, stderr) = channel();
    let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let stdout: Vec<String> = lines
        .by_ref()
        .take(1 + n_routes)
        .map_while(Result::ok)
        .collect();
    let address = stdout
        .first()
        .and_then(|line| line.strip_prefix("Serving http://"));
    let Some(address) = address.map(ToOwned::to_owned) else {
        drop(child.wait());
        panic!(
            "it does not serve: {stdout:?} {:?}",
            stderr.iter().collect::<Vec<_>>()
        );
    };
    Up {
        child,
        address,
        stdout,
        stderr,
        seen: Vec::new(),
    }
}

impl Up {
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Waits for a line on stderr that contains all of `parts`.
    #[track_caller]
    pub(crate) fn line(&mut self, parts: &[&str]) -> String {
        self.lines(vec![parts]);
        self.seen.last().expect("a line").clone()
    }

    /// Waits for a line for each of `wanted`, in any order.
    #[track_caller]
    pub(crate) fn lines(&mut self, mut wanted: Vec<&[&str]>) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.stderr.recv_timeout(left) else {
                panic!("no line with {wanted:?} among {:#?}", self.seen);
            };
            wanted.retain(|parts| !parts.iter().all(|part| line.contains(part)));
            self.seen.push(line);
        }
    }

    /// Sends a signal, and waits for the exit code.
    #[track_caller]
    pub(crate) fn stop(&mut self, signal: rustix::process::Signal) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("it runs");
        self.child.wait().expect("it ends").code()
    }
}
