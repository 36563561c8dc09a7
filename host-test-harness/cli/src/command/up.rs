//! `spin-harness up`: the application of a manifest, behind a port.

mod watch;

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Write as _};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use spin_harness::manifest::VARIABLE_PREFIX;
use spin_harness::{Application, Harness, Manifest, Origin, Output, Server};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch::{Receiver, Sender, channel};

use crate::options::{HarnessOptions, Surroundings, parse_pair};
use crate::report::Failure;

use watch::Watcher;

/// How long a load of `--watch` that is under way at the end may take.
const LAST_LOAD: Duration = Duration::from_secs(2);

/// Serve the application of a Spin manifest, as `spin up` does.
///
/// Prints the address and the routes, logs each request and each outbound call to stderr, and on
/// SIGINT, SIGTERM or SIGHUP lets requests under way finish; a second one cuts them off. What components
/// write to stdout and stderr becomes lines of the log.
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
    /// Where to listen, as `HOST:PORT`; port 0 takes a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000", value_parser = parse_address)]
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
    /// Stop as on SIGTERM when stdin is closed: for a test that starts the harness, which then cannot outlive it.
    #[arg(long)]
    until_stdin_closes: bool,
    #[command(flatten)]
    surroundings: Surroundings,
    #[command(flatten)]
    harness: HarnessOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let harness = arguments.harness.harness()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let application = runtime.block_on(serve(arguments, &harness))?;
    // A write to a stderr that nobody reads must not keep the process; a load that is under way ends,
    // and takes its files with it.
    runtime.shutdown_timeout(LAST_LOAD);
    report_usage(&application);
    Ok(ExitCode::SUCCESS)
}

/// Listens, says where, and serves until a signal; returns the application that served last.
async fn serve(arguments: &Arguments, harness: &Harness) -> Result<Application, Failure> {
    // From here on a signal stops in order, whatever is under way.
    let (stop, cut_off) = signals(arguments.until_stdin_closes)?;
    let server = Server::bind(arguments.listen).await?;
    let origin = format!("http://{}", server.address());
    let origin = Origin::parse(&origin).map_err(|error| Failure::Usage(error.to_string()))?;
    // It looks before the load, so that no change between the two is lost.
    let watcher = arguments.watch.then(|| Watcher::new(arguments));
    let application = load(arguments, harness, &origin, None)?;
    announce(&origin, &application)?;
    let (sender, receiver) = channel(application);
    let served = server.serve(receiver, stop, cut_off);
    match watcher {
        None => served.await,
        Some(watcher) => tokio::select! {
            () = served => {}
            () = reload(arguments, harness, &origin, watcher, &sender) => {}
        },
    }
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
    let manifest = Manifest::read_with(&arguments.manifest, &environment)?;
    let known: Vec<&str> = manifest.variables.iter().map(|(name, _)| name).collect();
    match arguments
        .variables
        .iter()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        Some((name, _)) => Err(Failure::Usage(format!(
            "--variable {name}: {} has no such variable; it has {}",
            manifest.path.display(),
            listed(known.into_iter())
        ))),
        None => Ok(manifest),
    }
}

/// Reads the manifest and loads its application, which replaces `previous`.
fn load(
    arguments: &Arguments,
    harness: &Harness,
    origin: &Origin,
    previous: Option<&Application>,
) -> Result<Application, Failure> {
    let manifest = read_manifest(arguments)?;
    for warning in &manifest.warnings {
        tracing::warn!("{warning}");
    }
    let mut application = Application::builder(harness, &manifest)
        .origin(origin.clone())
        .only(&arguments.components)
        .configure(|guest| {
            let guest = guest.stdout(Output::Log).stderr(Output::Log);
            arguments.surroundings.give(guest)
        });
    if let Some(previous) = previous {
        application = application.replacing(previous);
    }
    Ok(application.load()?)
}

/// The result of the command: where it listens, and what is there.
fn announce(origin: &Origin, application: &Application) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "Serving {origin}")?;
    for (pattern, component) in application.routes() {
        writeln!(
            stdout,
            "  {origin}/{} -> {component}",
            pattern.with_base().trim_start_matches('/')
        )?;
    }
    stdout.flush()
}

/// Replaces the application whenever what it is made of has changed and can be loaded.
async fn reload(
    arguments: &Arguments,
    harness: &Harness,
    origin: &Origin,
    mut watcher: Watcher,
    current: &Sender<Application>,
) {
    loop {
        watcher.changed(arguments).await;
        let (arguments, harness, origin) = (arguments.clone(), harness.clone(), origin.clone());
        let previous = current.borrow().clone();
        let loaded = tokio::task::spawn_blocking(move || {
            load(&arguments, &harness, &origin, Some(&previous))
        });
        match loaded.await {
            Ok(Ok(application)) => {
                // There is a receiver for as long as the server runs.
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

/// The first signal that asks the process to stop, and the second; the end of stdin is one if it is asked for.
fn signals(stdin: bool) -> io::Result<(impl Future<Output = ()>, impl Future<Output = ()>)> {
    let (count, first) = channel(0_u32);
    let second = first.clone();
    if stdin {
        let count = count.clone();
        // A thread, since nothing ends a read of stdin that is under way.
        std::thread::spawn(move || {
            drop(io::copy(&mut io::stdin().lock(), &mut io::sink()));
            count.send_modify(|n_signals| *n_signals += 1);
        });
    }
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let (mut stream, count) = (signal(kind)?, count.clone());
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                count.send_modify(|n_signals| *n_signals += 1);
            }
        });
    }
    let nth = |mut signals: Receiver<u32>, n: u32| async move {
        if signals.wait_for(|n_signals| *n_signals >= n).await.is_err() {
            // Nobody can signal any more, which is no signal.
            std::future::pending::<()>().await;
        }
    };
    Ok((nth(first, 1), nth(second, 2)))
}

/// Says which permissions were not needed, and which would have been enough.
fn report_usage(application: &Application) {
    for guest in application.guests() {
        let usage = guest.usage();
        let unused = listed(usage.unused(guest.permissions()).map(|rule| rule.entry()));
        let sufficient = listed(usage.sufficient());
        tracing::info!(
            component = guest.name(),
            unused,
            sufficient,
            "permissions: those in `unused` were not needed, those in `sufficient` would have been enough"
        );
    }
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let example = "write HOST:PORT, such as 127.0.0.1:3000";
    let mut addresses = text
        .to_socket_addrs()
        .map_err(|error| format!("{error}; {example}"))?;
    addresses
        .next()
        .ok_or_else(|| format!("it has no address; {example}"))
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
