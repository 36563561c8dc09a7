//! `spin-harness up`: the application of a manifest, behind a port.

mod watch;

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use host_test_harness::manifest::VARIABLE_PREFIX;
use host_test_harness::{Application, Harness, Manifest, Origin, Output, Server};
use tokio::sync::watch::{Sender, channel};

use crate::options::{HarnessOptions, Surroundings, parse_pair};
use crate::report::Failure;

use watch::Watcher;

/// Serve the application of a Spin manifest, as `spin up` does.
///
/// Prints the address and the routes, logs each request and each outbound call to stderr, and on
/// SIGINT or SIGTERM lets requests under way finish. What components write to stdout and stderr goes to stderr.
#[derive(Args, Clone)]
#[command(after_help = "Examples:
  spin-harness up
  spin-harness up -f app/spin.toml --listen 127.0.0.1:8080 --watch
  SPIN_VARIABLE_UPSTREAM=http://127.0.0.1:9000 spin-harness up --block-private
  spin-harness up --log-format json 2> log.jsonl")]
pub(crate) struct Arguments {
    /// The manifest, or the folder that has it as `spin.toml`.
    #[arg(long = "from", short = 'f', value_name = "PATH", default_value = ".")]
    manifest: PathBuf,
    /// Where to listen; port 0 takes a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Serve this component only. Repeatable.
    #[arg(long = "component", value_name = "ID")]
    components: Vec<String>,
    /// Give a variable of the manifest a value; it goes before `SPIN_VARIABLE_NAME` and the default. Repeatable.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = parse_pair)]
    variables: Vec<(String, String)>,
    /// Load what has changed on disk, the manifest, a component or a file of one, and go on with it.
    /// What cannot be loaded leaves the application as it was.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    surroundings: Surroundings,
    #[command(flatten)]
    harness: HarnessOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let harness = arguments.harness.harness()?;
    let manifest = read_manifest(arguments)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let application = runtime.block_on(serve(arguments, &harness, &manifest))?;
    // A write to a stderr that nobody reads must not keep the process.
    runtime.shutdown_background();
    report_usage(&application);
    Ok(ExitCode::SUCCESS)
}

/// Listens, says where, and serves until a signal; returns the application that served last.
async fn serve(
    arguments: &Arguments,
    harness: &Harness,
    manifest: &Manifest,
) -> Result<Application, Failure> {
    let server = Server::bind(arguments.listen).await?;
    let origin = format!("http://{}", server.address());
    let origin = Origin::parse(&origin).map_err(|error| Failure::Usage(error.to_string()))?;
    let application = load(arguments, harness, manifest, &origin)?;
    announce(&origin, &application)?;
    let (sender, receiver) = channel(application);
    if arguments.watch {
        let watcher = Watcher::start(manifest)?;
        tokio::spawn(reload(
            arguments.clone(),
            harness.clone(),
            origin,
            watcher,
            sender.clone(),
        ));
    }
    server.serve(receiver, stop_signal()?).await;
    Ok(sender.borrow().clone())
}

fn read_manifest(arguments: &Arguments) -> Result<Manifest, Failure> {
    let given: BTreeMap<String, &str> = arguments
        .variables
        .iter()
        .map(|(name, value)| {
            (
                format!("{VARIABLE_PREFIX}{}", name.to_uppercase()),
                &**value,
            )
        })
        .collect();
    let environment = |name: &str| match given.get(name) {
        Some(value) => Some((*value).to_owned()),
        None => std::env::var(name).ok(),
    };
    let manifest = Manifest::read(&arguments.manifest, &environment)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    for warning in &manifest.warnings {
        tracing::warn!("{warning}");
    }
    Ok(manifest)
}

fn load(
    arguments: &Arguments,
    harness: &Harness,
    manifest: &Manifest,
    origin: &Origin,
) -> Result<Application, Failure> {
    let application = Application::builder(harness, manifest)
        .origin(origin.clone())
        .only(&arguments.components)
        .configure(|guest| {
            let guest = guest.stdout(Output::Stderr).stderr(Output::Stderr);
            arguments.surroundings.give(guest)
        });
    Ok(application.load()?)
}

/// The result of the command: where it listens, and what is there.
fn announce(origin: &Origin, application: &Application) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "Serving {origin}")?;
    for (pattern, component) in application.routes() {
        writeln!(stdout, "  {origin}{pattern} -> {component}")?;
    }
    stdout.flush()
}

/// Replaces the application whenever what it is made of has changed and can be loaded.
async fn reload(
    arguments: Arguments,
    harness: Harness,
    origin: Origin,
    mut watcher: Watcher,
    current: Sender<Application>,
) {
    while watcher.changed().await {
        let (arguments, harness, origin) = (arguments.clone(), harness.clone(), origin.clone());
        let loaded = tokio::task::spawn_blocking(move || {
            let manifest = read_manifest(&arguments)?;
            let application = load(&arguments, &harness, &manifest, &origin)?;
            Ok::<_, Failure>((manifest, application))
        });
        match loaded.await {
            Ok(Ok((manifest, application))) => {
                watcher.watch(&manifest);
                // Nobody listens any more once the server has stopped.
                drop(current.send(application));
                tracing::info!("reloaded: what has changed serves from the next request on");
            }
            Ok(Err(failure)) => {
                tracing::error!("not reloaded, the application goes on as it was: {failure}");
            }
            Err(error) => tracing::error!("not reloaded: {error}"),
        }
    }
}

/// Completes when the process is asked to stop.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Says which permissions were not needed, and which would have been enough.
fn report_usage(application: &Application) {
    for guest in application.guests() {
        let usage = guest.usage();
        let unused = listed(usage.unused(guest.permissions()).map(|rule| rule.entry()));
        let sufficient = listed(usage.sufficient());
        tracing::info!(component = guest.name(), unused, sufficient, "permissions");
    }
}

/// Entries as one text.
fn listed<'a>(entries: impl Iterator<Item = &'a str>) -> String {
    let entries: Vec<&str> = entries.collect();
    if entries.is_empty() {
        "-".to_owned()
    } else {
        entries.join(", ")
    }
}
