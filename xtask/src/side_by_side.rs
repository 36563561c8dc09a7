//! Runs several steps of `cargo xtask test` at once, each in a process of its own.
//!
//! A step of one language leaves a core idle for much of its time, since its compiler uses one.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::cargo::executable;
use crate::root;
use crate::step::{self, Failure};

/// Runs `cargo xtask test NAME` for each name, and calls `on_end` with each result as the process ends.
///
/// The output of each goes to a file, and to stderr when the step has ended, so that the outputs do not mix.
pub(crate) fn run(
    names: &[&'static str],
    mut on_end: impl FnMut(&'static str, Result<(), Failure>),
) {
    let (sender, results) = mpsc::channel();
    thread::scope(|scope| {
        for &name in names {
            let sender = sender.clone();
            scope.spawn(move || {
                // The receiver outlives the threads of this scope.
                drop(sender.send((name, run_step(name))));
            });
        }
        drop(sender);
        for (name, result) in results {
            on_end(name, result);
        }
    });
}

fn run_step(name: &str) -> Result<(), Failure> {
    let log = log_file(name)?;
    let output = File::create(&log)?;
    step::write_stderr(&format!(
        "==> {name}: runs side by side, with its output in {}\n",
        log.display()
    ));
    let status = Command::new(executable("xtask")?)
        .args(["test", name])
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .current_dir(root())
        .status()?;
    io::copy(&mut File::open(&log)?, &mut io::stderr().lock())?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the step {name} failed: {status}; `cargo xtask test {name}` runs it alone"
    )))
}

fn log_file(name: &str) -> Result<PathBuf, Failure> {
    let folder = root().join("target/xtask");
    fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("{name}.log")))
}
