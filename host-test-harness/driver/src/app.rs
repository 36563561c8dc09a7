//! Applications under test.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use spin_harness::har::HarRecording;
use spin_harness::manifest::{ManifestErrorKind, nearest};
use spin_harness::mocks::Mocks;
use spin_harness::outbound::body::Bounded;
use spin_harness::outbound::{Abandoned, Body};
use spin_harness::recording::Redaction;
use spin_harness::{
    Application, ErrorKind, Exchange, Guest, Harness, Limits, Manifest, Output, OutputBuffer,
    Sweep, TestApp, TestServer,
};
use tokio::runtime::Handle;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinError;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::clock::Clock;
use crate::{AppOptions, Failure, Report};

/// The bytes of stdout, and of stderr, that a [`Report`] keeps: 64 KiB.
const OUTPUT_BYTES: usize = 64 << 10;
/// The number of exchanges that a [`Report`] keeps.
const CALLS: usize = 1_000;
/// How long a report waits for requests that were cancelled.
const ABANDONED_TIME: Duration = Duration::from_secs(10);

/// Loads applications. Those with the same limits share a harness, since each reserves the address space of its
/// instances.
#[derive(Debug)]
pub struct Driver {
    runtime: Handle,
    harnesses: Arc<Mutex<Vec<(Limits, Harness)>>>,
}

impl Driver {
    /// Runs the applications on this runtime, but those with virtual time.
    #[must_use]
    pub fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            harnesses: Arc::default(),
        }
    }

    /// Loads an application, whose outbound calls `mocks` answer. The first load of a component compiles it.
    ///
    /// # Errors
    ///
    /// The [`Failure`] of the options, the manifest, a build command, a component or a recording.
    pub async fn load(&self, options: AppOptions, mocks: Option<&Mocks>) -> Result<App, Failure> {
        let clock = if options.virtual_time {
            Clock::virtual_time()?
        } else {
            Clock::real(self.runtime.clone())
        };
        let not_ended = |error: JoinError| {
            Failure::new(ErrorKind::Engine, format!("the load did not end: {error}"))
        };
        let has_mocks = mocks.is_some();
        let harnesses = Arc::clone(&self.harnesses);
        let load = self.runtime.spawn(async move {
            check(&options, has_mocks)?;
            if options.build {
                spin_harness::build(&read_manifest(&options)?.components).await?;
            }
            let loading = tokio::task::spawn_blocking(move || load(&harnesses, &options));
            loading.await.map_err(not_ended)?
        });
        let loaded = AbortOnDropHandle::new(load).await.map_err(not_ended)??;
        Ok(loaded.app(mocks, clock))
    }
}

/// Refuses options that exclude one another.
fn check(options: &AppOptions, has_mocks: bool) -> Result<(), Failure> {
    let invalid = |message: &str| Err(Failure::new(ErrorKind::InvalidOption, message));
    match (&options.manifest, &options.component) {
        (None, None) => return invalid("`manifest` or `component` is needed"),
        (Some(_), Some(_)) => {
            return invalid(
                "an application has a `manifest` or is one `component`, not both; `component_files` replaces a file of \
                 the manifest",
            );
        }
        (None, Some(_)) => {
            let of_manifest = [
                ("only", !options.only.is_empty()),
                ("component_files", !options.component_files.is_empty()),
                ("build", options.build),
            ];
            if let Some((name, _)) = of_manifest.iter().find(|(_, is_set)| *is_set) {
                return invalid(&format!("`{name}` needs a `manifest`"));
            }
        }
        (Some(_), None) => {}
    }
    if options.replay.is_some() && has_mocks {
        return invalid("`mocks` and `replay` would answer the same calls; leave one out");
    }
    if options.replay.is_some() && options.record.is_some() {
        return invalid("`replay` is `record` with the mode `none`; leave one of the two out");
    }
    Ok(())
}

fn read_manifest(options: &AppOptions) -> Result<Manifest, Failure> {
    let path = options.manifest.as_deref().unwrap_or(".".as_ref());
    let known = Mutex::new(Vec::new());
    let given = |name: &str| {
        lock(&known).push(name.to_owned());
        options.variables.get(name).cloned()
    };
    let manifest = Manifest::read_with_overrides(path, &given);
    // A misspelt name may be why a variable has no value.
    let is_read = match &manifest {
        Ok(_) => true,
        Err(error) => error.kind() == ManifestErrorKind::MissingVariable,
    };
    let known = lock(&known);
    let unknown = options.variables.keys().find(|name| !known.contains(name));
    if let Some(unknown) = unknown.filter(|_| is_read) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let hint = match nearest(unknown, &known) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None if known.is_empty() => "the manifest has none".to_owned(),
            None => format!("the manifest has {}", known.join(", ")),
        };
        return Err(Failure::new(
            ErrorKind::InvalidOption,
            format!("`variables`: unknown variable `{unknown}`; {hint}"),
        ));
    }
    Ok(manifest?)
}

/// An application that is compiled, without its mocks.
struct Loaded {
    app: TestApp,
    components: Vec<String>,
    recording: Option<HarRecording>,
    replay: Option<Mocks>,
    response_body_bytes: usize,
}

fn load(
    harnesses: &Mutex<Vec<(Limits, Harness)>>,
    options: &AppOptions,
) -> Result<Loaded, Failure> {
    let recording = match &options.record {
        Some(record) => Some(HarRecording::open(
            &record.file,
            record.mode,
            Redaction::default(),
        )?),
        None => None,
    };
    let replay = match &options.replay {
        Some(file) => Some(Mocks::from_har(file)?.verify_on_drop(false)),
        None => None,
    };
    let limits = options.limits.clone().unwrap_or_default();
    let harness = harness(harnesses, &limits)?;
    let (app, components) = match &options.component {
        Some(file) => component(&harness, file, options)?,
        None => application(&harness, options)?,
    };
    let app = match &options.allowed_outbound_hosts {
        Some(entries) => app.allow_outbound_hosts(entries)?,
        None => app,
    };
    Ok(Loaded {
        app,
        components,
        recording,
        replay,
        response_body_bytes: limits.response_body_bytes,
    })
}

fn harness(harnesses: &Mutex<Vec<(Limits, Harness)>>, limits: &Limits) -> Result<Harness, Failure> {
    let mut harnesses = lock(harnesses);
    if let Some((_, harness)) = harnesses.iter().find(|(other, _)| other == limits) {
        return Ok(harness.clone());
    }
    let harness = Harness::builder().limits(limits.clone()).build()?;
    harnesses.push((limits.clone(), harness.clone()));
    Ok(harness)
}

fn component(
    harness: &Harness,
    file: &std::path::Path,
    options: &AppOptions,
) -> Result<(TestApp, Vec<String>), Failure> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut guest = harness.load_file(file)?.guest(&*name);
    for (variable, value) in &options.variables {
        guest = guest.variable(variable, value);
    }
    let guest = with_environment(guest, options);
    Ok((TestApp::guest(guest), vec![name.into_owned()]))
}

fn application(harness: &Harness, options: &AppOptions) -> Result<(TestApp, Vec<String>), Failure> {
    let manifest = read_manifest(options)?;
    let mut builder = Application::builder(harness, &manifest)
        .only(&options.only)
        .configure(|guest| with_environment(guest, options));
    for (id, file) in &options.component_files {
        builder = builder.component_file(id, file);
    }
    let application = builder.load()?;
    let components = application.guests().map(|guest| guest.name().to_owned());
    let components = components.collect();
    Ok((TestApp::application(application), components))
}

fn with_environment(mut guest: Guest, options: &AppOptions) -> Guest {
    for (name, value) in &options.environment {
        guest = guest.env(name, value);
    }
    guest
}

impl Loaded {
    fn app(self, mocks: Option<&Mocks>, clock: Clock) -> App {
        let calls: Arc<Mutex<VecDeque<Exchange>>> = Arc::default();
        let (stdout, stderr) = (
            OutputBuffer::new(OUTPUT_BYTES),
            OutputBuffer::new(OUTPUT_BYTES),
        );
        let mut app = self.app.configure(|guest| {
            let calls = Arc::clone(&calls);
            guest
                .stdout(Output::Buffer(stdout.clone()))
                .stderr(Output::Buffer(stderr.clone()))
                .observe(move |exchange| {
                    let mut calls = lock(&calls);
                    if calls.len() == CALLS {
                        calls.pop_front();
                    }
                    calls.push_back(exchange.clone());
                })
        });
        if let Some(mocks) = mocks.or(self.replay.as_ref()) {
            app = app.mocks(mocks);
        }
        if let Some(file) = &self.recording {
            app = app.record(file.recording());
        }
        App {
            app,
            components: self.components,
            recording: self.recording,
            stdout,
            stderr,
            calls,
            response_body_bytes: self.response_body_bytes,
            clock,
            closed: CancellationToken::new(),
            server: AsyncMutex::default(),
        }
    }
}

/// An application under test.
#[derive(Debug)]
pub struct App {
    app: TestApp,
    components: Vec<String>,
    recording: Option<HarRecording>,
    stdout: OutputBuffer,
    stderr: OutputBuffer,
    calls: Arc<Mutex<VecDeque<Exchange>>>,
    response_body_bytes: usize,
    clock: Clock,
    server: AsyncMutex<Option<TestServer>>,
    closed: CancellationToken,
}

impl App {
    /// The ids of the components.
    #[must_use]
    pub fn components(&self) -> &[String] {
        &self.components
    }

    /// Whether waiting takes no time.
    #[must_use]
    pub fn has_virtual_time(&self) -> bool {
        self.clock.is_virtual()
    }

    /// Sends a request, and returns the whole response with its trailers, when every invocation that the request led to
    /// has ended. Dropping the future cancels it.
    ///
    /// # Errors
    ///
    /// As [`TestApp::request`].
    pub async fn request(&self, request: Request<Bytes>) -> Result<Whole, Failure> {
        let (app, limit) = (self.app.clone(), self.response_body_bytes);
        let response = self.while_open(async move {
            let response = app.stream(request.map(Body::from)).await?;
            read_to_end(response, limit).await
        });
        response.await?
    }

    /// Sends a request whose body may stream, and returns with the head of the response.
    ///
    /// # Errors
    ///
    /// As [`TestApp::request`]; `invalid-option` with virtual time, which would not wait for the pieces.
    pub async fn stream(&self, request: Request<Body>) -> Result<Response<Body>, Failure> {
        if self.has_virtual_time() {
            return Err(Failure::streams_in_virtual_time());
        }
        let app = self.app.clone();
        let response = self.while_open(async move { app.stream(request).await });
        Ok(response.await??)
    }

    /// Reads the body of a response of [`App::stream`] to its end.
    ///
    /// # Errors
    ///
    /// `limit-reached` if it is too long, and the error of the component that produces it.
    pub async fn read_to_end(&self, response: Response<Body>) -> Result<Whole, Failure> {
        read_to_end(response, self.response_body_bytes).await
    }

    /// Sends the request once for each call and each fault, see [`TestApp::sweep`].
    ///
    /// # Errors
    ///
    /// As [`TestApp::sweep`].
    pub async fn sweep(&self, request: Request<Bytes>) -> Result<Sweep, Failure> {
        let app = self.app.clone();
        let sweep = self.while_open(async move { app.sweep(request).await });
        Ok(sweep.await??)
    }

    /// The requests that were cancelled and have not ended yet. A client that sends one in a task of its own adds that
    /// task, so that [`App::report`] waits for it, too.
    #[must_use]
    pub fn abandoned(&self) -> &Abandoned {
        self.clock.abandoned()
    }

    /// What the application did so far. Waits until the requests that were cancelled have ended, so that their calls are in
    /// it, but for ten seconds at most.
    pub async fn report(&self) -> Report {
        let ended = async {
            // In this order: a task that ends leaves its request behind.
            self.abandoned().all_ended().await;
            self.app.harness().abandoned_ended().await;
        };
        // A function that answers a call may ask for the report, and then its own request cannot end before.
        drop(timeout(ABANDONED_TIME, ended).await);
        Report {
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
            calls: lock(&self.calls).iter().cloned().collect(),
        }
    }

    /// Serves the application over TCP, see [`TestApp::listen`], until it is closed or dropped. Returns the base URL, which
    /// is the same for each call.
    ///
    /// # Errors
    ///
    /// As [`TestApp::listen`].
    pub async fn listen(&self) -> Result<String, Failure> {
        if self.has_virtual_time() {
            return Err(Failure::server_in_virtual_time());
        }
        let mut server = self.server.lock().await;
        if let Some(server) = &*server {
            return Ok(server.url().to_owned());
        }
        let app = self.app.clone();
        let started = self.while_open(async move { app.listen().await }).await??;
        Ok(server.insert(started).url().to_owned())
    }

    /// Runs a job by the clock of the application, until the application is closed.
    async fn while_open<T: Send + 'static>(
        &self,
        job: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Failure> {
        let job = self.clock.run(job);
        let result = self.closed.run_until_cancelled(job).await;
        result.unwrap_or_else(|| Err(Failure::closed()))
    }

    /// Ends the requests that have no response yet, stops the server, and writes the recording. Later requests fail.
    ///
    /// # Errors
    ///
    /// `invalid-recording` if the file cannot be written.
    pub async fn close(&self) -> Result<(), Failure> {
        self.closed.cancel();
        if let Some(server) = self.server.lock().await.take() {
            server.stop().await;
        }
        match &self.recording {
            Some(recording) => Ok(recording.finish()?),
            None => Ok(()),
        }
    }
}

/// A response with its whole body, and the trailers.
pub type Whole = (Response<Bytes>, HeaderMap);

async fn read_to_end(response: Response<Body>, limit: usize) -> Result<Whole, Failure> {
    let (head, body) = response.into_parts();
    let body = Bounded::new(body, limit).collect().await?;
    let trailers = body.trailers().cloned().unwrap_or_default();
    Ok((Response::from_parts(head, body.to_bytes()), trailers))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
