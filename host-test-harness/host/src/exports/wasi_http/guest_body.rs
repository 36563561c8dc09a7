//! The body of a response whose guest is still writing it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use harness_outbound::BodyError;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use crate::instance::invocation::Identity;
use crate::task::Deadline;
use crate::{Error, ErrorKind};

/// A body that is written while it is read. If it is dropped before its end, so is the guest.
#[derive(Debug)]
pub(super) struct GuestBody {
    body: WasiBody,
    identity: Identity,
    deadline: Deadline,
    left_bytes: usize,
    /// What is left of the `content-length` that the guest gave, in bytes.
    announced_bytes: Option<u64>,
    running: Running,
}

/// A guest that has sent the head of its response.
#[derive(Debug)]
pub(super) struct Running {
    /// The task in which the guest goes on; `None` if it has ended.
    task: Option<JoinHandle<()>>,
    failure: oneshot::Receiver<Error>,
    /// Whether the guest may outlive this value: its response is complete, and it may have more to do.
    is_free: bool,
}

impl Running {
    pub(super) fn new(task: Option<JoinHandle<()>>, failure: oneshot::Receiver<Error>) -> Self {
        Self {
            task,
            failure,
            is_free: false,
        }
    }

    /// The failure of a guest that has ended.
    pub(super) async fn into_failure(mut self) -> Option<Error> {
        (&mut self.failure).await.ok()
    }
}

/// Logs the failure of a guest whose response is complete.
pub(super) fn log_after_response(error: &Error) {
    tracing::error!(
        backtrace = error.backtrace_for_log(),
        "after its response, {error}"
    );
}

impl Drop for Running {
    fn drop(&mut self) {
        // hyper stops polling after `content-length` bytes, so a failure after that byte would be lost. Log it.
        self.failure.close();
        if let Ok(error) = self.failure.try_recv() {
            log_after_response(&error);
        }
        if let Some(task) = &self.task
            && !self.is_free
        {
            task.abort();
        }
    }
}

impl GuestBody {
    /// `announced_bytes` is the guest's `content-length`, if it gave one.
    pub(super) fn new(
        body: WasiBody,
        announced_bytes: Option<u64>,
        (identity, deadline): (&Identity, Deadline),
        running: Running,
    ) -> Self {
        Self {
            body,
            left_bytes: identity.limits.response_body_bytes,
            identity: identity.clone(),
            deadline,
            announced_bytes,
            running,
        }
    }

    /// Counts the bytes of a piece.
    fn passed(&mut self, n_bytes: usize) -> Result<(), BodyError> {
        self.left_bytes = self.left_bytes.checked_sub(n_bytes).ok_or_else(|| {
            let limit = self.identity.limits.response_body_bytes;
            let problem = format!("sent a response body of more than the limit of {limit} bytes");
            self.error(ErrorKind::LimitReached, &problem)
        })?;
        if let Some(announced_bytes) = self.announced_bytes {
            let n_bytes = u64::try_from(n_bytes).unwrap_or(u64::MAX);
            let left_bytes = announced_bytes.checked_sub(n_bytes).ok_or_else(|| {
                let problem = "sent a response body that is longer than its `content-length`";
                self.error(ErrorKind::InvalidResponse, problem)
            })?;
            self.announced_bytes = Some(left_bytes);
            // The server does not poll after the last byte.
            self.running.is_free |= left_bytes == 0;
        }
        Ok(())
    }

    /// What it means that the guest stopped writing.
    fn ended_with(&mut self, error: Option<WasiError>) -> Option<Result<Frame<Bytes>, BodyError>> {
        // wasmtime takes the end of a failed guest for the end of its body; but the failure was sent before that.
        if let Ok(failure) = self.running.failure.try_recv() {
            return Some(Err(failure.into()));
        }
        let is_short = self
            .announced_bytes
            .is_some_and(|left_bytes| left_bytes > 0);
        let problem = match (is_short, error) {
            (true, _) => {
                Some("sent a response body that is shorter than its `content-length`".to_owned())
            }
            (false, Some(error)) => Some(format!("did not finish its response body: {error}")),
            (false, None) => None,
        };
        if let Some(problem) = problem {
            return Some(Err(self.error(ErrorKind::InvalidResponse, &problem)));
        }
        self.running.failure.close();
        self.running.is_free = true;
        None
    }

    fn error(&self, kind: ErrorKind, problem: &str) -> BodyError {
        self.identity.named(kind, problem).into()
    }
}

impl HttpBody for GuestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(match frame {
            Some(Ok(frame)) => {
                self.deadline.restart();
                let n_bytes = frame.data_ref().map_or(0, Bytes::len);
                Some(self.passed(n_bytes).map(|()| frame))
            }
            Some(Err(error)) => self.ended_with(Some(error)),
            None => self.ended_with(None),
        })
    }

    fn size_hint(&self) -> SizeHint {
        match self.announced_bytes {
            Some(left_bytes) => SizeHint::with_exact(left_bytes),
            // The body of a response whose guest never takes it is known to be empty.
            None => self.body.size_hint(),
        }
    }
}
