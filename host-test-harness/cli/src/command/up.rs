//! `spin-harness up`: serves the application of a Spin manifest.

mod build;
mod load;
mod signals;
mod watch;

use std::future::pending;
use std::io::{self, Write as _};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use harness_traffic::tree::{self, TreeStyle};
use harness_traffic::{BindError, Bounds, Page};
use spin_harness::{Application, Harness, Origin, Server};
use tokio::sync::watch::channel;

use crate::ExitStatus;
use crate::options::{
    ComponentFileOptions, EnvironmentOptions, HarnessOptions, KeyValueOptions, Traffic,
    VariableOptions,
};
use crate::report::{self, Failure, LogFormat};

use load::Loader;
use signals::StopSignals;
use watch::Watcher;

/// How long a reload of `--watch` may still take after the server has shut down.
const LAST_RELOAD: Duration = Duration::from_secs(2);

/// Serve the application of a Spin manifest over HTTP, as `spin up` does.
///
/// Prints the address and the routes on stdout. Logs every request, every outbound call, and what a component
/// writes to stdout and stderr. If nobody reads stderr, the server still runs: log
/// records beyond 4 MiB are dropped, and the log says how many.
///
/// SIGINT, SIGTERM or SIGHUP starts a graceful shutdown: requests in flight have 30 s to finish. A second
/// signal cuts them off. At the end, the log names the permissions that were not used.
#[derive(Args, Clone)]
#[command(after_help = "Examples:
  spin-harness up
  spin-harness up app/spin.toml --listen 127.0.0.1:8080 --build --watch
  spin-harness up --mock mocks.toml --watch
  spin-harness up --record calls.har
  spin-harness up --har traffic.har
  spin-harness up --inspect
  SPIN_VARIABLE_UPSTREAM=http://127.0.0.1:9000 spin-harness up --block-private
  spin-harness up --log-format json 2> log.jsonl")]
pub(crate) struct Arguments {
    /// Path to the manifest, or to a folder with a `spin.toml` [default: the current folder]
    #[arg(value_name = "PATH", conflicts_with = "manifest")]
    path: Option<PathBuf>,
    /// The same as PATH.
    #[arg(
        long = "manifest",
        visible_alias = "from",
        short = 'f',
        value_name = "PATH"
    )]
    manifest: Option<PathBuf>,
    /// Address to listen on, as `HOST:PORT`. Port 0 takes a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000", value_parser = parse_address)]
    listen: SocketAddr,
    /// Serve only this component. Repeatable.
    #[arg(long = "component", value_name = "ID")]
    components: Vec<String>,
    #[command(flatten)]
    component_files: ComponentFileOptions,
    /// Build the components with the commands of their `build` tables first. With `--watch`, build a component again
    /// when a file changes that its `build.watch` names.
    #[arg(long)]
    build: bool,
    /// Reload when the manifest, a component, one of its files or the mock file changes. If the new version does not load,
    /// keep serving the old one.
    #[arg(long)]
    watch: bool,
    /// Serve a page that shows the requests with their outbound calls, as they happen, and print its address. The page has
    /// an address of its own, on this machine alone [default: a free port of 127.0.0.1]
    #[arg(
        long,
        value_name = "ADDRESS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "127.0.0.1:0",
        value_parser = parse_address,
    )]
    inspect: Option<SocketAddr>,
    #[command(flatten)]
    variables: VariableOptions,
    #[command(flatten)]
    key_value: KeyValueOptions,
    #[command(flatten)]
    environment: EnvironmentOptions,
    #[command(flatten)]
    harness: HarnessOptions,
}

impl Arguments {
    /// The manifest, or its folder.
    fn manifest(&self) -> &Path {
        let path = self.path.as_deref().or(self.manifest.as_deref());
        path.unwrap_or(Path::new("."))
    }
}

pub(crate) fn run(arguments: &Arguments, log_format: LogFormat) -> Result<ExitStatus, Failure> {
    let traffic = Arc::new(arguments.harness.traffic().open()?);
    let mut builder = arguments.harness.builder(&traffic)?;
    let shown = shown(arguments, log_format);
    if let Some(shown) = &shown {
        builder = shown.observe(builder);
    }
    let harness = builder.build()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let served = serve(arguments, harness, Arc::clone(&traffic), shown);
    let Some(application) = runtime.block_on(served)? else {
        return Ok(ExitStatus::SUCCESS);
    };
    // A reload may finish, so that it removes its temporary files.
    runtime.shutdown_timeout(LAST_RELOAD);
    traffic.finish()?;
    log_usage(&application);
    Ok(ExitStatus::SUCCESS)
}

/// What the page or the log shows of the traffic, if one of them does.
fn shown(arguments: &Arguments, log_format: LogFormat) -> Option<harness_traffic::Traffic> {
    let bounds = match arguments.inspect {
        Some(_) => Bounds::default(),
        // The log has no bodies.
        None => Bounds {
            body_bytes: 0,
            ..Bounds::default()
        },
    };
    if log_format == LogFormat::Tree {
        let style = TreeStyle::of_stderr();
        let write = move |request: &_| report::write(&tree::lines(request, style));
        return Some(harness_traffic::Traffic::ending(bounds, write));
    }
    arguments.inspect?;
    Some(harness_traffic::Traffic::new(bounds))
}

/// Listens, prints the address, and serves until a signal. Returns the application that was served last, and `None` if
/// the signal came while the components were built.
async fn serve(
    arguments: &Arguments,
    harness: Harness,
    traffic: Arc<Traffic>,
    shown: Option<harness_traffic::Traffic>,
) -> Result<Option<Application>, Failure> {
    // From here on, a signal leads to a shutdown in order.
    let signals = StopSignals::listen()?;
    let server = Server::bind(arguments.listen).await?;
    let page = match arguments.inspect {
        Some(address) => Some(
            Page::bind(address)
                .await
                .map_err(|error| cannot_inspect(&error))?,
        ),
        None => None,
    };
    let origin = format!("http://{}", server.address());
    let origin = Origin::parse(&origin).map_err(|error| Failure::Usage(error.to_string()))?;
    let loader = Loader::new(arguments, harness, traffic, origin.clone())?;
    // The watcher looks before the application is built and loaded, so that no change in between is lost.
    let mut watcher = arguments.watch.then(|| Watcher::new(loader.clone()));
    if arguments.build {
        tokio::select! {
            built = loader.build(None) => built?,
            () = signals.nth(1) => return Ok(None),
        }
        if let Some(watcher) = &mut watcher {
            watcher.built();
        }
    }
    let application = loader.load(None)?;
    print_routes(&origin, &application)?;
    if let Some(page) = &page {
        print_page(page)?;
    }
    let (sender, receiver) = channel(application);
    let page = page
        .zip(shown)
        .map(|(page, shown)| page.serve(shown, receiver.clone()));
    let serve = server
        .serve_reloadable(receiver)
        .with_graceful_shutdown(signals.nth(1))
        .with_forced_shutdown(signals.nth(2))
        .into_future();
    let reload = watcher.map(|watcher| watcher.reload(&sender));
    tokio::select! {
        () = serve => {}
        () = or_never(reload) => {}
        () = or_never(page) => {}
    }
    Ok(Some(sender.borrow().clone()))
}

/// Prints the result of the command: where it listens, and the routes.
fn print_routes(origin: &Origin, application: &Application) -> io::Result<()> {
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

/// Prints the address of the page, with its token.
fn print_page(page: &Page) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "Traffic page: {}", page.url())?;
    stdout.flush()
}

fn cannot_inspect(error: &BindError) -> Failure {
    match error {
        BindError::NotLoopback(_) => Failure::Usage(format!("--inspect: {error}")),
        BindError::Listen { .. } | BindError::Random(_) => {
            Failure::File(format!("--inspect: {error}"))
        }
    }
}

/// Waits for a future, or for ever if there is none.
async fn or_never(future: Option<impl Future<Output = ()>>) {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}

/// Logs which permissions were not used, and the smallest list that would have been enough.
fn log_usage(application: &Application) {
    for guest in application.guests() {
        let usage = guest.usage();
        let unused = listed(usage.unused(guest.permissions()).map(|rule| rule.entry()));
        let sufficient = listed(usage.sufficient());
        tracing::info!(
            component = guest.name(),
            unused,
            sufficient,
            "permissions: the entries in `unused` were not used, the entries in `sufficient` would have been enough"
        );
    }
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let example = "expected HOST:PORT, such as 127.0.0.1:3000";
    let mut addresses = text
        .to_socket_addrs()
        .map_err(|error| format!("{error}; {example}"))?;
    addresses
        .next()
        .ok_or_else(|| format!("the host has no address; {example}"))
}

/// Joins entries with commas; `-` if there are none.
fn listed<'a>(entries: impl Iterator<Item = &'a str>) -> String {
    let entries: Vec<&str> = entries.collect();
    if entries.is_empty() {
        "-".to_owned()
    } else {
        entries.join(", ")
    }
}
