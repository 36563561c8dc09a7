//! `spin-harness componentize`: a core module becomes a component.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use spin_harness::{World, componentize_file, inspect};

use crate::report::Failure;

/// Make a component of a core module, such as Go's `-buildmode=c-shared` or Rust's wasm32-wasip1 writes.
///
/// The WIT is embedded if the module does not carry its own, and WASI preview 1 is adapted. What does not
/// fit the world is named, and then nothing is written.
#[derive(Args)]
#[command(after_help = "Examples:
  spin-harness componentize core.wasm -o app.wasm
  spin-harness componentize core.wasm -o app.wasm --wit wit --world my-world")]
pub(crate) struct Arguments {
    /// The core module, a .wasm file.
    core: PathBuf,
    /// Where the component goes. An existing file is replaced once the new one is complete.
    #[arg(long, short = 'o', value_name = "OUT")]
    output: PathBuf,
    /// `http-trigger`, `command`, or a world of the package that --wit names
    /// [default: what the module embeds; else `command` if it exports `_start`, else `http-trigger`]
    #[arg(long, value_name = "WORLD")]
    world: Option<String>,
    /// A folder with the WIT of another package, its dependencies in `deps`.
    #[arg(long, value_name = "DIR")]
    wit: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let component = componentize_file(&arguments.core, &world(arguments)?)?;
    write(&arguments.output, &component)?;
    let exports: Vec<String> = inspect(&component)?
        .exports
        .iter()
        .map(|item| format!("`{item}`"))
        .collect();
    // The file is written, whoever hears of it.
    drop(writeln!(
        anstream::stderr(),
        "wrote {}: a component that exports {}, {} bytes",
        arguments.output.display(),
        exports.join(", "),
        component.len()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Prints no panic of the WIT decoder: the library makes an error of it, which says all there is to say.
pub(crate) fn keep_decoder_quiet() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_of = |library| {
            panic
                .location()
                .is_some_and(|at| at.file().contains(library))
        };
        if !["wit-component", "wit-parser"].into_iter().any(is_of) {
            print(panic);
        }
    }));
}

/// Writes a component to a file, which an error names.
pub(crate) fn write(path: &Path, component: &[u8]) -> io::Result<()> {
    replace(path, component)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Writes beside the destination and renames, so that nobody ever sees half a component.
fn replace(path: &Path, component: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    // The process's umask applies, as to any new file.
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
            "`{other}` is no world of this harness, which has `http-trigger` and `command`; a world of another \
             package needs `--wit DIR`"
        ))),
    }
}
