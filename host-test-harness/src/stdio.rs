//! Where a guest's stdout and stderr go.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// How many of a guest's last bytes on stderr an [`Error`](crate::Error) keeps: 16 KiB.
pub const STDERR_TAIL_BYTES: usize = 16 << 10;

/// How much the guest may hand over in one write.
const WRITE_PERMIT_BYTES: usize = 64 << 10;

/// Where one of a guest's output streams goes.
#[derive(Debug, Clone, Default)]
pub enum Output {
    /// Nowhere; the default. An [`Error`](crate::Error) keeps the end of stderr all the same.
    #[default]
    Discard,
    /// The stdout of this process.
    Stdout,
    /// The stderr of this process.
    Stderr,
    /// Memory, to be read by the embedder.
    Buffer(OutputBuffer),
}

/// The last bytes that were written to it; clones share them.
///
/// ```
/// use host_test_harness::OutputBuffer;
///
/// let buffer = OutputBuffer::new(1024);
/// assert_eq!(buffer.text(), "");
/// ```
#[derive(Debug, Clone)]
pub struct OutputBuffer {
    bytes: Arc<Mutex<VecDeque<u8>>>,
    capacity_bytes: usize,
}

impl OutputBuffer {
    /// A buffer that keeps the last `capacity_bytes` bytes.
    #[must_use]
    pub fn new(capacity_bytes: usize) -> Self {
        Self {
            bytes: Arc::default(),
            capacity_bytes,
        }
    }

    /// What is kept, as text; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(bytes.make_contiguous()).into_owned()
    }

    fn push(&self, new: &[u8]) {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.extend(new);
        let excess = bytes.len().saturating_sub(self.capacity_bytes);
        bytes.drain(..excess);
    }
}

/// One of a guest's output streams: where it goes, and the buffer that keeps its end.
#[derive(Debug, Clone)]
pub(crate) struct GuestOutput {
    output: Output,
    tail: Option<OutputBuffer>,
}

impl GuestOutput {
    pub(crate) fn new(output: Output) -> Self {
        Self { output, tail: None }
    }

    pub(crate) fn with_tail(output: Output, tail: OutputBuffer) -> Self {
        Self {
            output,
            tail: Some(tail),
        }
    }

    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        if let Some(tail) = &self.tail {
            tail.push(bytes);
        }
        match &self.output {
            Output::Discard => Ok(()),
            Output::Stdout => io::stdout().write_all(bytes),
            Output::Stderr => io::stderr().write_all(bytes),
            Output::Buffer(buffer) => {
                buffer.push(bytes);
                Ok(())
            }
        }
    }

    fn flush_all(&self) -> io::Result<()> {
        match self.output {
            Output::Stdout => io::stdout().flush(),
            Output::Discard | Output::Stderr | Output::Buffer(_) => Ok(()),
        }
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        match self.output {
            Output::Stdout => std::io::IsTerminal::is_terminal(&io::stdout()),
            Output::Stderr => std::io::IsTerminal::is_terminal(&io::stderr()),
            Output::Discard | Output::Buffer(_) => false,
        }
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

/// Writes are done when they return: a guest that traps has lost no line.
impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.write_all(&bytes).map_err(stream_error)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.flush_all().map_err(stream_error)
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_PERMIT_BYTES)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestOutput {
    async fn ready(&mut self) {}
}

impl AsyncWrite for GuestOutput {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write_all(bytes).map(|()| bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.flush_all())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

fn stream_error(error: io::Error) -> StreamError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        StreamError::Closed
    } else {
        StreamError::LastOperationFailed(error.into())
    }
}
