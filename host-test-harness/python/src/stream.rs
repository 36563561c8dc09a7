//! A request whose bodies stream.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use harness_driver::{App, Failure, Fields, fields};
use http::Request;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spin_harness::outbound::{Body, BodyError};
use tokio::sync::{Mutex, watch};

use crate::failure::raised;
use crate::runtime::{Task, start, wait};

/// A request that is being sent, and its response.
#[pyclass(frozen)]
pub(crate) struct Stream {
    upload: Arc<Mutex<Option<Sender<Bytes, BodyError>>>>,
    head: watch::Receiver<Option<Result<Head, Failure>>>,
    body: Arc<Mutex<Download>>,
    task: std::sync::Mutex<Option<Task>>,
}

/// The status and the header fields of a response.
type Head = (u16, Fields);

/// The body of a response.
#[derive(Default)]
struct Download {
    body: Option<Body>,
    trailers: Fields,
}

impl Stream {
    pub(crate) fn start(app: Arc<App>, head: Request<()>) -> Self {
        let (sender, body) = Channel::new(1);
        let (head_sender, head_receiver) = watch::channel(None);
        let download: Arc<Mutex<Download>> = Arc::default();
        let kept = Arc::clone(&download);
        let send = async move {
            let response = app.stream(head.map(|()| Body::stream(body))).await?;
            let head = (response.status().as_u16(), fields(response.headers()));
            kept.lock().await.body = Some(response.into_body());
            Ok(head)
        };
        let task = start(send, move |result| {
            // Nobody waits if the stream is dropped.
            drop(head_sender.send(Some(result)));
        });
        Self {
            upload: Arc::new(Mutex::new(Some(sender))),
            head: head_receiver,
            body: download,
            task: std::sync::Mutex::new(Some(task)),
        }
    }
}

#[pymethods]
impl Stream {
    /// Sends a piece of the body. Returns whether the application takes more.
    fn write(&self, python: Python<'_>, piece: &[u8]) -> PyResult<bool> {
        let (upload, piece) = (Arc::clone(&self.upload), Bytes::copy_from_slice(piece));
        wait(python, async move {
            let mut upload = upload.lock().await;
            if let Some(sender) = upload.as_mut()
                && sender.send_data(piece).await.is_err()
            {
                *upload = None;
            }
            Ok(upload.is_some())
        })
    }

    /// Ends the body.
    fn end(&self, python: Python<'_>) -> PyResult<()> {
        let upload = Arc::clone(&self.upload);
        wait(python, async move {
            *upload.lock().await = None;
            Ok(())
        })
    }

    /// Waits for the status and the header fields of the response.
    fn head(&self, python: Python<'_>) -> PyResult<Head> {
        let mut head = self.head.clone();
        let result = wait(python, async move {
            let head = head.wait_for(Option::is_some).await;
            Ok(head.ok().and_then(|head| head.clone()))
        })?;
        let cancelled = || {
            let error = "the request was closed before its response";
            pyo3::exceptions::PyRuntimeError::new_err(error)
        };
        let result = result.ok_or_else(cancelled)?;
        result.map_err(raised(python))
    }

    /// Waits for the next piece of the response's body; `None` at its end, when every invocation has ended.
    fn read<'py>(&self, python: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let body = Arc::clone(&self.body);
        let piece = wait(python, async move {
            let mut download = body.lock().await;
            let Download { body, trailers } = &mut *download;
            let Some(open) = body else {
                return Ok(None);
            };
            while let Some(frame) = open.frame().await {
                match frame.map_err(Failure::from)?.into_data() {
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => return Ok(Some(data)),
                    Err(frame) => {
                        *trailers = fields(&frame.into_trailers().unwrap_or_default());
                    }
                }
            }
            *body = None;
            Ok(None)
        })?;
        Ok(piece.map(|piece| PyBytes::new(python, &piece)))
    }

    /// The trailer fields, after the body has ended.
    fn trailers(&self, python: Python<'_>) -> PyResult<Fields> {
        let body = Arc::clone(&self.body);
        wait(
            python,
            async move { Ok(body.lock().await.trailers.clone()) },
        )
    }

    /// Gives up the request and its response.
    fn close(&self, python: Python<'_>) -> PyResult<()> {
        let task = self.task.lock().map(|mut task| task.take());
        drop(task);
        let (upload, body) = (Arc::clone(&self.upload), Arc::clone(&self.body));
        wait(python, async move {
            if let Some(sender) = upload.lock().await.take() {
                let error = io::Error::other("the client gave up the request");
                sender.abort(BodyError::Aborted(error.into()));
            }
            body.lock().await.body = None;
            Ok(())
        })
    }
}
