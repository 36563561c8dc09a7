mod callbacks;
pub(crate) mod messages;
mod rpc;
mod streams;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use spin_harness::mocks::{Mocks, respond_with};
use spin_harness::outbound::{Awaited, Body};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::task::TaskTracker;

use crate::message::{RequestMessage, bytes_of_base64, parse_fields, parse_head};
use crate::{
    App, AppOptions, Driver, Failure, MocksOptions, ResponseMessage, SweepMessage, parse_mock,
};
use callbacks::Callbacks;
use messages::{
    AppParams, CancelParams, Closed, CreateMocksParams, ExpectParams, Id, InitializeParams,
    Initialized, Listening, LoadParams, Loaded, MocksParams, ReceivedResult, RequestParams,
    RequestResult, StateResult, StreamParams, SweepParams, VerifyResult, WriteParams,
};
use rpc::{Incoming, RpcError};
use streams::Streams;

/// The version of the protocol.
pub const PROTOCOL_VERSION: u64 = 1;
/// The longest message that a client may send, in bytes: 256 MiB.
pub const MAX_MESSAGE_BYTES: usize = 256 << 20;

/// Serves one client until `input` ends. Then all requests are cancelled, and the recordings are written.
///
/// It needs a tokio runtime with several threads.
///
/// # Errors
///
/// If `input` cannot be read, if a message is too long, or if `output` cannot be written.
pub async fn serve(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
) -> io::Result<()> {
    let (sender, lines) = unbounded_channel();
    let writer = tokio::spawn(write(lines, output));
    let mut session = Session::new(sender);
    let read = session.read(input).await;
    session.end().await;
    let written = writer.await.map_err(io::Error::other)?;
    read.and(written)
}

async fn write(
    mut lines: tokio::sync::mpsc::UnboundedReceiver<String>,
    mut output: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    while let Some(mut line) = lines.recv().await {
        line.push('\n');
        output.write_all(line.as_bytes()).await?;
        if lines.is_empty() {
            output.flush().await?;
        }
    }
    output.flush().await
}

/// A request that a task answers.
struct Running {
    task: AbortHandle,
    /// Whoever cancels the request drops it, so that the application's report waits for the end of the task.
    _awaited: Option<Awaited>,
    /// The number of the application that it was sent to.
    app: Option<u64>,
}

/// What one client has.
struct Session {
    driver: Arc<Driver>,
    output: UnboundedSender<String>,
    is_initialized: bool,
    mocks: HashMap<u64, Arc<Mocks>>,
    apps: Arc<Mutex<BTreeMap<u64, Arc<App>>>>,
    n_apps: Arc<AtomicU64>,
    /// The requests that run. Whoever removes one sends its response.
    running: Arc<Mutex<HashMap<Id, Running>>>,
    tasks: TaskTracker,
    streams: Streams,
    callbacks: Callbacks,
}

impl Session {
    fn new(output: UnboundedSender<String>) -> Self {
        Self {
            driver: Arc::new(Driver::new(Handle::current())),
            callbacks: Callbacks::new(output.clone()),
            output,
            is_initialized: false,
            mocks: HashMap::new(),
            apps: Arc::default(),
            n_apps: Arc::default(),
            running: Arc::default(),
            tasks: TaskTracker::new(),
            streams: Streams::default(),
        }
    }

    async fn read(&mut self, input: impl AsyncRead + Unpin) -> io::Result<()> {
        let codec = LinesCodec::new_with_max_length(MAX_MESSAGE_BYTES);
        let mut lines = FramedRead::new(input, codec);
        while let Some(line) = lines.next().await {
            match line {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => self.receive(&line),
                Err(LinesCodecError::MaxLineLengthExceeded) => {
                    let limit = MAX_MESSAGE_BYTES >> 20;
                    let error = format!("a message has more than {limit} MiB");
                    self.send(rpc::response(
                        None,
                        Err(&RpcError::InvalidRequest(error.clone())),
                    ));
                    return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                }
                Err(LinesCodecError::Io(error)) => return Err(error),
            }
        }
        Ok(())
    }

    async fn end(self) {
        self.callbacks.end();
        for (_, running) in lock(&self.running).drain() {
            running.task.abort();
        }
        self.streams.end();
        self.tasks.close();
        self.tasks.wait().await;
        let apps = std::mem::take(&mut *lock(&self.apps));
        for app in apps.into_values() {
            if let Err(error) = app.close().await {
                tracing::error!("{error}");
            }
        }
    }

    fn send(&self, line: String) {
        // The writer ends only when `output` cannot be written, and then nobody reads.
        drop(self.output.send(line));
    }

    fn receive(&mut self, line: &str) {
        match Incoming::parse(line) {
            Ok(Incoming::Request { id, method, params }) => {
                if let Err(error) = self.request(&id, &method, params) {
                    self.send(rpc::response(Some(&id), Err(&error)));
                }
            }
            Ok(Incoming::Notification { method, params }) => {
                if let Err(error) = self.notification(&method, params) {
                    // A notification has no response.
                    tracing::error!("the notification `{method}`: {error:?}");
                }
            }
            Ok(Incoming::Reply { id, result }) => self.callbacks.reply(&id, result),
            Err((id, error)) => self.send(rpc::response(id.as_ref(), Err(&error))),
        }
    }

    fn notification(&mut self, method: &str, params: Value) -> Result<(), RpcError> {
        match method {
            "$/cancelRequest" => {
                let CancelParams { id } = read_params(params)?;
                self.cancel(&id);
                Ok(())
            }
            _ => Err(RpcError::UnknownMethod(method.to_owned())),
        }
    }

    fn cancel(&self, id: &Id) {
        self.streams.cancel(id);
        let running = lock(&self.running).remove(id);
        if let Some(running) = running {
            running.task.abort();
            self.send(rpc::response(Some(id), Err(&RpcError::Cancelled)));
        }
    }

    /// Cancels the requests of an application.
    fn cancel_all(&self, app: u64) {
        self.streams.cancel_all(app);
        let running = lock(&self.running);
        let of_app = running
            .iter()
            .filter(|(_, running)| running.app == Some(app));
        let ids: Vec<Id> = of_app.map(|(id, _)| id.clone()).collect();
        drop(running);
        for id in ids {
            self.cancel(&id);
        }
    }

    /// Answers a request, or starts a task that does.
    fn request(&mut self, id: &Id, method: &str, params: Value) -> Result<(), RpcError> {
        if !self.is_initialized && method != "initialize" {
            let error = format!("`{method}` before `initialize`; send `initialize` first");
            return Err(RpcError::InvalidRequest(error));
        }
        match method {
            "initialize" => self.initialize(id, &read_params(params)?),
            "mocks/create" => self.create_mocks(id, read_params(params)?),
            "mocks/expect" => self.expect(id, read_params(params)?),
            "mocks/received" => {
                let mocks = self.mocks(&read_params(params)?)?;
                let received = mocks.received().iter().map(Into::into).collect();
                self.answer(id, &ReceivedResult { received })
            }
            "mocks/state" => {
                let state = self.mocks(&read_params(params)?)?.state();
                self.answer(id, &StateResult { state })
            }
            "mocks/verify" => {
                let verified = self.mocks(&read_params(params)?)?.verify();
                let unmet = verified.map_or_else(|unmet| unmet.reasons().to_vec(), |()| Vec::new());
                self.answer(id, &VerifyResult { unmet })
            }
            "mocks/drop" => {
                let params = read_params(params)?;
                self.mocks(&params)?;
                self.mocks.remove(&params.mocks);
                self.answer(id, &Closed {})
            }
            "load" => self.load(id, read_params(params)?),
            "request" => self.send_request(id, read_params(params)?),
            "write" => self.write(id, &read_params(params)?),
            "read" => {
                let StreamParams { id: stream } = read_params(params)?;
                let read = self.streams.read(&stream)?;
                self.start(id, None, read)
            }
            "sweep" => {
                let SweepParams { app, request } = read_params(params)?;
                let (swept, request) = (self.app(app)?, request.parse()?);
                self.start(id, Some(app), async move {
                    Ok(SweepMessage::from(&swept.sweep(request).await?))
                })
            }
            "listen" => {
                let AppParams { app } = read_params(params)?;
                let served = self.app(app)?;
                self.start(id, Some(app), async move {
                    let url = served.listen().await?;
                    Ok(Listening { url })
                })
            }
            "report" => {
                let AppParams { app } = read_params(params)?;
                let reported = self.app(app)?;
                self.start(id, None, async move { Ok(reported.report().await) })
            }
            "close" => {
                let AppParams { app } = read_params(params)?;
                let closed = self.app(app)?;
                lock(&self.apps).remove(&app);
                self.cancel_all(app);
                self.start(id, None, async move {
                    closed.close().await?;
                    Ok(Closed {})
                })
            }
            _ => Err(RpcError::UnknownMethod(method.to_owned())),
        }
    }

    fn answer(&self, id: &Id, result: &impl Serialize) -> Result<(), RpcError> {
        self.send(rpc::response(Some(id), Ok(to_json(result))));
        Ok(())
    }

    /// Runs a request in a task, which answers it.
    fn start<T: Serialize>(
        &self,
        id: &Id,
        app: Option<u64>,
        job: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<(), RpcError> {
        let mut running = lock(&self.running);
        if running.contains_key(id) {
            let error = "the id is that of a request that runs";
            return Err(RpcError::InvalidRequest(error.to_owned()));
        }
        let (task_id, output, all) = (id.clone(), self.output.clone(), Arc::clone(&self.running));
        let target = app.and_then(|app| lock(&self.apps).get(&app).cloned());
        let (held, awaited) = target.map(|app| app.abandoned().job()).unzip();
        let task = self.tasks.spawn(async move {
            let _held = held;
            let result = job
                .await
                .map(|result| to_json(&result))
                .map_err(RpcError::from);
            if lock(&all).remove(&task_id).is_some() {
                let line = rpc::response(Some(&task_id), result.as_ref().cloned());
                drop(output.send(line));
            }
        });
        let task = task.abort_handle();
        running.insert(
            id.clone(),
            Running {
                task,
                _awaited: awaited,
                app,
            },
        );
        Ok(())
    }

    fn initialize(&mut self, id: &Id, params: &InitializeParams) -> Result<(), RpcError> {
        if params.protocol_version != PROTOCOL_VERSION {
            return Err(RpcError::InvalidParams(format!(
                "the client speaks version {} of the control protocol, and this harness, {}, speaks {PROTOCOL_VERSION}; \
                 use a client and a harness of the same release",
                params.protocol_version,
                env!("CARGO_PKG_VERSION"),
            )));
        }
        self.is_initialized = true;
        tracing::debug!("the client is {}", params.client);
        let initialized = Initialized {
            protocol_version: PROTOCOL_VERSION,
            harness_version: env!("CARGO_PKG_VERSION"),
        };
        self.answer(id, &initialized)
    }

    fn create_mocks(&mut self, id: &Id, params: CreateMocksParams) -> Result<(), RpcError> {
        let options: MocksOptions = read_params(params.options.into_iter().collect())?;
        if self.mocks.contains_key(&params.mocks) {
            let error = format!("there are mocks with the number {} already", params.mocks);
            return Err(RpcError::InvalidParams(error));
        }
        self.mocks.insert(params.mocks, Arc::new(options.create()?));
        self.answer(id, &Closed {})
    }

    fn expect(&self, id: &Id, params: ExpectParams) -> Result<(), RpcError> {
        let mocks = self.mocks(&MocksParams {
            mocks: params.mocks,
        })?;
        let (mock, callback) = parse_mock(params.mock)?;
        let mock = match callback {
            Some(callback) => {
                let callbacks = self.callbacks.clone();
                mock.respond(respond_with(move |request| {
                    callbacks.respond(callback, request)
                }))
            }
            None => mock,
        };
        mocks.add(mock);
        self.answer(id, &Closed {})
    }

    fn load(&self, id: &Id, params: LoadParams) -> Result<(), RpcError> {
        let options: AppOptions = read_params(params.options.into_iter().collect())?;
        let mocks = params.mocks.map(|mocks| self.mocks(&MocksParams { mocks }));
        let mocks = mocks.transpose()?;
        let (driver, apps) = (Arc::clone(&self.driver), Arc::clone(&self.apps));
        let n_apps = Arc::clone(&self.n_apps);
        self.start(id, None, async move {
            let loaded = driver.load(options, mocks.as_deref()).await?;
            let app = n_apps.fetch_add(1, Ordering::Relaxed) + 1;
            let components = loaded.components().to_vec();
            lock(&apps).insert(app, Arc::new(loaded));
            Ok(Loaded { app, components })
        })
    }

    fn send_request(&self, id: &Id, params: RequestParams) -> Result<(), RpcError> {
        let app = self.app(params.app)?;
        if params.streams.request && !params.request.body.is_empty() {
            let error = "a request whose body follows by `write` has no `body`";
            return Err(RpcError::InvalidParams(error.to_owned()));
        }
        if !params.streams.request && !params.streams.response {
            let request = params.request.parse()?;
            return self.start(id, Some(params.app), async move {
                let (response, trailers) = app.request(request).await?;
                let response = ResponseMessage::whole(&response, &trailers);
                Ok(RequestResult { response })
            });
        }
        if app.has_virtual_time() {
            return Err(Failure::streams_in_virtual_time().into());
        }
        let RequestMessage {
            method,
            url,
            headers,
            body,
        } = params.request;
        let head = parse_head(&method, &url, &headers)?;
        let body = if params.streams.request {
            self.streams.body_of(id, params.app)?
        } else {
            Body::from(bytes_of_base64(&body).map_err(RpcError::InvalidParams)?)
        };
        let (streams, id_of_stream) = (self.streams.clone(), id.clone());
        let started = self.start(id, Some(params.app), async move {
            let responded = app.stream(head.map(|()| body)).await;
            let response = responded.inspect_err(|_| streams.cancel(&id_of_stream))?;
            let response = if params.streams.response {
                let message = ResponseMessage::head(&response);
                let body = response.into_body();
                streams.keep_response(&id_of_stream, params.app, body, app.abandoned());
                message
            } else {
                let (response, trailers) = app.read_to_end(response).await?;
                ResponseMessage::whole(&response, &trailers)
            };
            Ok(RequestResult { response })
        });
        started.inspect_err(|_| self.streams.cancel(id))
    }

    fn write(&self, id: &Id, params: &WriteParams) -> Result<(), RpcError> {
        let piece = bytes_of_base64(&params.body).map_err(RpcError::InvalidParams)?;
        if !params.end && !params.trailers.is_empty() {
            let error = "`trailers` come with `end`";
            return Err(RpcError::InvalidParams(error.to_owned()));
        }
        let end = params.end.then(|| parse_fields(&params.trailers));
        let written = self.streams.write(&params.id, piece, end.transpose()?)?;
        self.start(id, None, async move { Ok(written.await) })
    }

    fn mocks(&self, params: &MocksParams) -> Result<Arc<Mocks>, RpcError> {
        let mocks = self.mocks.get(&params.mocks).cloned();
        mocks.ok_or_else(|| {
            let error = format!("there are no mocks with the number {}", params.mocks);
            RpcError::InvalidParams(error)
        })
    }

    fn app(&self, app: u64) -> Result<Arc<App>, RpcError> {
        let found = lock(&self.apps).get(&app).cloned();
        found.ok_or_else(|| {
            let error = format!("there is no application with the number {app}, or it is closed");
            RpcError::InvalidParams(error)
        })
    }
}

fn read_params<T: DeserializeOwned>(params: Value) -> Result<T, RpcError> {
    serde_path_to_error::deserialize(params).map_err(|error| {
        let (path, error) = (error.path().to_string(), error.inner());
        RpcError::InvalidParams(match path.as_str() {
            "." => error.to_string(),
            path => format!("`{path}`: {error}"),
        })
    })
}

fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("the results have text as keys")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
