//! `spin-harness componentize`: makes a component of a core module.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use spin_harness::{World, componentize_file, inspect};

use crate::ExitStatus;
use crate::report::Failure;

/// Make a component of a core module, as built by Go (`-buildmode=c-shared`) or Rust (wasm32-wasip1).
///
/// Embeds the WIT unless the module has its own, and adapts WASI preview 1. If the module does not fit
/// the world, names every mismatch and writes nothing.
#[derive(Args)]
#[command(after_help = "Examples:
  spin-harness componentize core.wasm -o app.wasm
  spin-harness componentize core.wasm -o app.wasm --wit wit --world my-world")]
pub(crate) struct Arguments {
    /// Path to the core module (.wasm).
    core: PathBuf,
    /// Path of the component to write. An existing file is replaced once the new one is complete.
    #[arg(long, short = 'o', value_name = "OUT")]
    output: PathBuf,
    /// `http-trigger`, `command`, or a world of the package in the --wit folder
    /// [default: the embedded world; without one, `command` if the module exports `_start`, otherwise `http-trigger`]
    #[arg(long, value_name = "WORLD")]
    world: Option<String>,
    /// Folder with the WIT of another package and, in `deps`, of its dependencies.
    #[arg(long, value_name = "DIR")]
    wit: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let component = componentize_file(&arguments.core, &world(arguments)?)?;
    write(&arguments.output, &component)?;
    let exports: Vec<String> = inspect(&component)?
        .exports
        .iter()
        .map(|item| format!("`{item}`"))
        .collect();
    // A closed stderr does not matter: the file is written.
    drop(writeln!(
        anstream::stderr(),
        "wrote {}: a component that exports {}, {} bytes",
        arguments.output.display(),
        exports.join(", "),
        component.len()
    ));
    Ok(ExitStatus::SUCCESS)
}

/// Silences panics of the WIT decoder, which the library turns into errors that carry the panic's message.
pub(crate) fn keep_decoder_quiet() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let comes_from = |library| {
            panic
                .location()
                .is_some_and(|at| at.file().contains(library))
        };
        if !["wit-component", "wit-parser"].into_iter().any(comes_from) {
            print(panic);
        }
    }));
}

/// Writes a component to a file; an error names the file.
pub(crate) fn write(path: &Path, component: &[u8]) -> io::Result<()> {
    replace(path, component)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Writes a temporary file in the same folder and renames it, so that the destination is never incomplete.
fn replace(path: &Path, component: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    // The file gets the usual permissions, less the process's umask; a temporary file would be private.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".spin-harness-").tempfile_in(folder)?;
    file.write_all(component)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn world(arguments: &Arguments) -> Result<World, Failure> {
    match (&arguments.wit, arguments.world.as_deref()) {
        (Some(path), world) => Ok(World::Package {
            path: path.clone(),
            world: world.map(str::to_owned),
        }),
        (None, None) => Ok(World::FromModule),
        (None, Some("http-trigger")) => Ok(World::HttpTrigger),
        (None, Some("command")) => Ok(World::Command),
        (None, Some(other)) => Err(Failure::Usage(format!(
            "unknown world `{other}`; use `http-trigger` or `command`, or name the folder of another WIT package with \
             `--wit DIR`"
        ))),
    }
}
