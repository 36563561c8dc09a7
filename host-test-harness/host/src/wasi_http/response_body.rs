//! The body of a response whose guest is still writing it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use crate::body::BodyError;
use crate::guest::Guest;
use crate::{Error, ErrorKind};

const LONGER: &str = "more bytes than its `content-length` says";
const OTHER_LENGTH: &str = "not as many bytes as its `content-length` says";
const UNFINISHED: &str = "a body that it did not finish";

/// A body that is written while it is read. If it is dropped before its end, so is the guest.
#[derive(Debug)]
pub(crate) struct GuestBody {
    body: WasiBody,
    guest: Arc<str>,
    left_bytes: usize,
    limit_bytes: usize,
    /// What is to come of the `content-length` that the guest gave.
    announced_bytes: Option<u64>,
    running: Running,
}

/// A guest whose response has begun.
#[derive(Debug)]
pub(crate) struct Running {
    /// The task in which it goes on; none for a guest that has ended.
    task: Option<JoinHandle<()>>,
    failure: oneshot::Receiver<Error>,
    /// Whether the guest may outlive this value: its response is complete, and it may have more to do.
    is_free: bool,
}

impl Running {
    pub(crate) fn new(task: Option<JoinHandle<()>>, failure: oneshot::Receiver<Error>) -> Self {
        Self {
            task,
            failure,
            is_free: false,
        }
    }

    /// Why the guest, which has ended, has failed.
    pub(crate) async fn into_failure(mut self) -> Option<Error> {
        (&mut self.failure).await.ok()
    }
}

/// Says in the log why a guest has failed of whose response nothing is left to come.
pub(super) fn log_after_response(error: &Error) {
    let backtrace = error
        .backtrace()
        .map(|text| format!("\n{}", text.trim_end()));
    tracing::error!(
        backtrace = backtrace.map(tracing::field::display),
        "after its response, {error}"
    );
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whoever has the last byte that was announced asks for no more, and the guest may have failed by then.
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
    pub(crate) fn new(
        body: WasiBody,
        announced_bytes: Option<u64>,
        guest: &Guest,
        running: Running,
    ) -> Self {
        let limit_bytes = guest.harness().limits().response_body_bytes;
        Self {
            body,
            guest: Arc::clone(guest.name_shared()),
            left_bytes: limit_bytes,
            limit_bytes,
            announced_bytes,
            running,
        }
    }

    /// Counts what the guest has written.
    fn passed(&mut self, n_bytes: usize) -> Result<(), BodyError> {
        self.left_bytes = self
            .left_bytes
            .checked_sub(n_bytes)
            .ok_or_else(|| self.too_large())?;
        if let Some(announced_bytes) = self.announced_bytes {
            let n_bytes = u64::try_from(n_bytes).unwrap_or(u64::MAX);
            let left_bytes = announced_bytes
                .checked_sub(n_bytes)
                .ok_or_else(|| self.error(ErrorKind::InvalidResponse, LONGER))?;
            self.announced_bytes = Some(left_bytes);
            // Nobody asks for what follows the last byte.
            self.running.is_free |= left_bytes == 0;
        }
        Ok(())
    }

    /// What the end of the guest's writing means.
    fn ended_with(&mut self, error: Option<WasiError>) -> Option<Result<Frame<Bytes>, BodyError>> {
        // A guest that fails leaves its body without an end, which wasmtime takes for one; but it reports
        // before that.
        if let Ok(failure) = self.running.failure.try_recv() {
            return Some(Err(BodyError::Guest(failure)));
        }
        let has_other_length = self
            .announced_bytes
            .is_some_and(|left_bytes| left_bytes > 0);
        let problem = match (has_other_length, error) {
            (true, _) => Some(OTHER_LENGTH.to_owned()),
            (false, Some(error)) => Some(format!("{UNFINISHED}: {error}")),
            (false, None) => None,
        };
        if let Some(problem) = problem {
            return Some(Err(self.error(ErrorKind::InvalidResponse, &problem)));
        }
        self.running.failure.close();
        self.running.is_free = true;
        None
    }

    fn too_large(&self) -> BodyError {
        let limit = self.limit_bytes;
        self.error(
            ErrorKind::LimitReached,
            &format!("more than the limit of {limit} bytes in a response's body"),
        )
    }

    fn error(&self, kind: ErrorKind, problem: &str) -> BodyError {
        let message = format!("guest `{}`: it answered with {problem}", self.guest);
        BodyError::Guest(Error::new(kind, message))
    }

    /// Waits until the guest has nothing left to do, after its response.
    pub(crate) async fn ended(mut self) {
        if let Some(task) = &mut self.running.task
            && self.running.is_free
        {
            // A guest that panicked the host is none: the task only reports and drops.
            drop(task.await);
        }
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
            None => SizeHint::default(),
        }
    }
}
