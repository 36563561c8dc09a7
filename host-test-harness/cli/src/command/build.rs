//! `spin-harness build`: builds the component of a Go module.

mod overlay;
mod tags;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::{Args, ValueEnum};
use spin_harness::{World, componentize_file};

use crate::ExitStatus;
use crate::command::componentize::write;
use crate::report::Failure;

use overlay::Overlay;

/// The target of `go`.
const TARGET: [(&str, &str); 2] = [("GOOS", "wasip1"), ("GOARCH", "wasm")];

/// Arguments of `go` that build a reactor (`c-shared`) without debug tables (`-s -w`).
const GO_BUILD: [&str; 4] = ["build", "-buildmode=c-shared", "-ldflags=-s -w", "-o"];

/// Build the component of a Go module: `go build` for wasip1, then `componentize`.
///
/// Builds the package in the folder with the `go` on the PATH, which must be 1.24 or newer. Prints the time
/// that each step took and the size of the component.
///
/// If the program uses the Go SDK, two files of packages net and net/http are replaced (`go build -overlay`), so
/// that every http.Transport sends its requests through the host. `-- -overlay=` builds without them, as these
/// commands do: `GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags='-s -w' -o core.wasm .`, then
/// `spin-harness componentize core.wasm -o app.wasm`.
#[derive(Args)]
#[command(after_help = "Examples:
  spin-harness build
  spin-harness build examples/go-send -o send.wasm
  spin-harness build --backend wasi-http
  spin-harness build -- -tags production")]
pub(crate) struct Arguments {
    /// Folder of the Go package; it or a folder above it has a go.mod.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Path of the component to write [default: app.wasm in the folder]
    #[arg(long, short = 'o', value_name = "OUT")]
    output: Option<PathBuf>,
    /// The interface through which the component sends and receives requests.
    #[arg(long, value_name = "BACKEND", default_value = "spin")]
    backend: Backend,
    /// Additional arguments for `go build`.
    #[arg(last = true, value_name = "GO_ARGUMENT")]
    go_arguments: Vec<String>,
}

/// The interface through which a component of the Go SDK sends and receives requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// `fermyon:spin/http` and `fermyon:spin/inbound-http`: Spin 2.6 and newer, and this harness.
    Spin,
    /// `wasi:http` 0.2: Spin 2.6 and newer, `wasmtime serve` and other hosts. Adds the build tag `wasihttp`.
    WasiHttp,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let folder = &arguments.folder;
    check_folder(folder)?;
    let scratch = tempfile::tempdir()?;
    let core = scratch.path().join("core.wasm");
    say("running `go build`, which takes a few seconds ...");
    let started = Instant::now();
    let go_arguments = match arguments.backend {
        Backend::Spin => arguments.go_arguments.clone(),
        Backend::WasiHttp => {
            check_go_flags(&std::env::var("GOFLAGS").unwrap_or_default())?;
            tags::with_tag(&arguments.go_arguments, "wasihttp")
        }
    };
    go_build(folder, &core, &go_arguments)?;
    let go_build = started.elapsed();

    let started = Instant::now();
    let component = componentize_file(&core, &World::HttpTrigger)?;
    let default = || folder.join("app.wasm");
    let output = arguments.output.clone().unwrap_or_else(default);
    write(&output, &component)?;
    say(&format!(
        "wrote {}: {:.1} MB; go build {:.1} s, componentize {:.1} s",
        output.display(),
        component.len() as f64 / 1e6,
        go_build.as_secs_f64(),
        started.elapsed().as_secs_f64()
    ));
    Ok(ExitStatus::SUCCESS)
}

/// `-tags` on the command line would replace the tags of `GOFLAGS` without a word.
fn check_go_flags(go_flags: &str) -> Result<(), Failure> {
    if go_flags.split_whitespace().any(tags::sets_tags) {
        return Err(Failure::Usage(format!(
            "GOFLAGS={go_flags}: its tags would be replaced by the tag of --backend wasi-http; pass them as \
             `-- -tags TAGS`"
        )));
    }
    Ok(())
}

fn check_folder(folder: &Path) -> Result<(), Failure> {
    let absolute = folder
        .canonicalize()
        .map_err(|error| Failure::Usage(format!("{}: {error}", folder.display())))?;
    if absolute
        .ancestors()
        .any(|folder| folder.join("go.mod").is_file())
    {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{}: no go.mod here or in a folder above; name the folder of a Go module. Build a Rust guest with \
         `cargo build --release --target wasm32-wasip2`",
        folder.display()
    )))
}

fn go_build(folder: &Path, core: &Path, more: &[String]) -> Result<(), Failure> {
    let overlay = Overlay::write(folder, more, core.parent().unwrap_or(folder))?;
    let mut command = overlay
        .as_ref()
        .map_or_else(|| Command::new("go"), Overlay::go);
    command.args(GO_BUILD).arg(core);
    if let Some(overlay) = &overlay {
        let mut flag = OsString::from("-overlay=");
        flag.push(&overlay.file);
        command.arg(flag);
    }
    command.args(more).arg(".").envs(TARGET).current_dir(folder);
    let status = command.status().map_err(|error| {
        Failure::Build(format!(
            "cannot run `go`: {error}; install Go 1.24 or newer"
        ))
    })?;
    if !status.success() {
        return Err(Failure::Build(format!(
            "{}: `go build` failed: {status}",
            folder.display()
        )));
    }
    if core.is_file() {
        return Ok(());
    }
    Err(Failure::Build(format!(
        "{}: `go build` wrote no output file; the package must be `main`",
        folder.display()
    )))
}

/// Prints progress to stderr.
fn say(text: &str) {
    // Nothing can be reported if stderr is closed.
    drop(writeln!(io::stderr(), "{text}"));
}
