//! A request whose bodies stream.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use harness_driver::{App, Failure, Fields, fields};
use http::Request;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spin_harness::outbound::{Awaited, Body, BodyError};
use tokio::sync::{Mutex as AsyncMutex, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::pending::Pending;
use crate::runtime::{RUNTIME, wait};

/// A request that is being sent, and its response. It is given up when it is closed or dropped.
#[pyclass(frozen)]
pub(crate) struct Stream {
    /// The body of the request; `None` when it has ended.
    upload: Arc<AsyncMutex<Option<Sender<Bytes, BodyError>>>>,
    head: watch::Receiver<Option<Result<Head, Failure>>>,
    /// The body of the response; `None` before it begins and when it has ended.
    download: Arc<AsyncMutex<Option<Body>>>,
    trailers: Arc<Mutex<Fields>>,
    closed: CancellationToken,
    _closes: DropGuard,
    /// Dropped when the stream is closed, so that the application's report waits for the end of the request.
    awaited: Mutex<Option<Awaited>>,
}

/// The status and the header fields of a response.
type Head = (u16, Fields);

impl Stream {
    pub(crate) fn start(app: Arc<App>, head: Request<()>) -> Self {
        let (sender, body) = Channel::new(1);
        let (head_sender, head_receiver) = watch::channel(None);
        let upload = Arc::new(AsyncMutex::new(Some(sender)));
        let download: Arc<AsyncMutex<Option<Body>>> = Arc::default();
        let closed = CancellationToken::new();
        let (sent, received) = (Arc::clone(&upload), Arc::clone(&download));
        let until_closed = closed.clone();
        let (running, awaited) = app.abandoned().job();
        RUNTIME.spawn(async move {
            let _running = running;
            let response = app.stream(head.map(|()| Body::stream(body)));
            let response = until_closed.run_until_cancelled(response).await;
            let head = match response.unwrap_or_else(|| Err(Failure::stream_closed())) {
                Ok(response) => {
                    let head = (response.status().as_u16(), fields(response.headers()));
                    *received.lock().await = Some(response.into_body());
                    Ok(head)
                }
                Err(failure) => Err(failure),
            };
            // Nobody waits if the stream is dropped.
            drop(head_sender.send(Some(head)));
            until_closed.cancelled().await;
            // The jobs that have these locks end, too.
            *received.lock().await = None;
            if let Some(sender) = sent.lock().await.take() {
                // Or else the application would take the body for whole.
                let error = io::Error::other("the client gave up the request");
                sender.abort(BodyError::Aborted(error.into()));
            }
        });
        Self {
            upload,
            head: head_receiver,
            download,
            trailers: Arc::default(),
            _closes: closed.clone().drop_guard(),
            closed,
            awaited: Mutex::new(Some(awaited)),
        }
    }

    /// Runs a job, which fails when the stream is closed.
    fn while_open<T, Job: Future<Output = Result<T, Failure>>>(
        &self,
        job: Job,
    ) -> impl Future<Output = Result<T, Failure>> + use<T, Job> {
        let closed = self.closed.clone();
        async move {
            let result = closed.run_until_cancelled(job).await;
            result.unwrap_or_else(|| Err(Failure::stream_closed()))
        }
    }

    fn writing(&self, piece: &[u8]) -> impl Future<Output = Result<bool, Failure>> + Send + use<> {
        let (upload, piece) = (Arc::clone(&self.upload), Bytes::copy_from_slice(piece));
        self.while_open(async move {
            let mut upload = upload.lock().await;
            if let Some(sender) = upload.as_mut()
                && sender.send_data(piece).await.is_err()
            {
                *upload = None;
            }
            Ok(upload.is_some())
        })
    }

    fn ending(&self) -> impl Future<Output = Result<(), Failure>> + Send + use<> {
        let upload = Arc::clone(&self.upload);
        self.while_open(async move {
            *upload.lock().await = None;
            Ok(())
        })
    }

    fn heading(&self) -> impl Future<Output = Result<Head, Failure>> + Send + use<> {
        let mut head = self.head.clone();
        async move {
            let head = head.wait_for(Option::is_some).await;
            // Without a head, its sender panicked.
            let head = head.ok().and_then(|head| head.clone());
            head.unwrap_or_else(|| Err(Failure::stream_closed()))
        }
    }

    fn reading(&self) -> impl Future<Output = Result<Option<Bytes>, Failure>> + Send + use<> {
        let (download, trailers) = (Arc::clone(&self.download), Arc::clone(&self.trailers));
        self.while_open(async move {
            let mut download = download.lock().await;
            let Some(body) = download.as_mut() else {
                return Ok(None);
            };
            while let Some(frame) = body.frame().await {
                match frame.map_err(Failure::from)?.into_data() {
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => return Ok(Some(data)),
                    Err(frame) => {
                        let fields = fields(&frame.into_trailers().unwrap_or_default());
                        *trailers.lock().unwrap_or_else(PoisonError::into_inner) = fields;
                    }
                }
            }
            *download = None;
            Ok(None)
        })
    }
}

/// Each method that waits has a twin for asyncio, which calls `done` with the result or an exception.
#[pymethods]
impl Stream {
    /// Sends a piece of the body. Returns whether the application takes more.
    fn write(&self, python: Python<'_>, piece: &[u8]) -> PyResult<bool> {
        wait(python, self.writing(piece))
    }

    fn start_write(&self, piece: &[u8], done: Py<PyAny>) -> Pending {
        Pending::start(self.writing(piece), done, |python, open| {
            open.into_py_any(python)
        })
    }

    /// Ends the body.
    fn end(&self, python: Python<'_>) -> PyResult<()> {
        wait(python, self.ending())
    }

    fn start_end(&self, done: Py<PyAny>) -> Pending {
        Pending::start(self.ending(), done, |python, ()| Ok(python.None()))
    }

    /// Waits for the status and the header fields of the response.
    fn head(&self, python: Python<'_>) -> PyResult<Head> {
        wait(python, self.heading())
    }

    fn start_head(&self, done: Py<PyAny>) -> Pending {
        Pending::start(self.heading(), done, |python, head| {
            head.into_py_any(python)
        })
    }

    /// Waits for the next piece of the response's body; `None` at its end, when every invocation has ended.
    fn read<'py>(&self, python: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let piece = wait(python, self.reading())?;
        Ok(piece.map(|piece| PyBytes::new(python, &piece)))
    }

    fn start_read(&self, done: Py<PyAny>) -> Pending {
        Pending::start(self.reading(), done, |python, piece| {
            let piece = piece.map(|piece| PyBytes::new(python, &piece));
            piece.into_py_any(python)
        })
    }

    /// The trailer fields, after the body has ended.
    fn trailers(&self) -> Fields {
        let trailers = self.trailers.lock();
        trailers.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives up the request and its response. It never waits.
    fn close(&self) {
        self.closed.cancel();
        let awaited = &mut *self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        drop(awaited.take());
    }
}
