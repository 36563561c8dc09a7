//! The destinations of a guest's stdout and stderr.

mod log_records;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::pipe::AsyncWriteStream;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use log_records::LogRecords;

/// The number of a guest's last stderr bytes that an [`Error`](crate::Error) keeps: 16 KiB.
pub const STDERR_TAIL_BYTES: usize = 16 << 10;

/// The most bytes that a guest may pass in one write.
const WRITE_PERMIT_BYTES: usize = 64 << 10;

/// The destination of a guest's stdout or stderr.
#[derive(Debug, Clone, Default)]
pub enum Output {
    /// Discards the output; the default. An [`Error`](crate::Error) still keeps the end of stderr.
    #[default]
    Discard,
    /// The stdout of this process.
    Stdout,
    /// The stderr of this process.
    Stderr,
    /// A buffer, which the embedder can read.
    Buffer(OutputBuffer),
    /// The log: an event for each line of stdout and for each write to stderr, with the names of the guest and of the
    /// stream. A level that the guest wrote first (`WARN`, `ERROR:`) is the event's, and a traceback, a stack or a panic
    /// is an event at ERROR.
    Log,
}

/// A buffer that keeps the last bytes written to it; clones share it.
///
/// ```
/// use spin_harness::OutputBuffer;
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
    /// Creates a buffer that keeps the last `capacity_bytes` bytes.
    #[must_use]
    pub fn new(capacity_bytes: usize) -> Self {
        Self {
            bytes: Arc::default(),
            capacity_bytes,
        }
    }

    /// The kept bytes as text; invalid UTF-8 becomes U+FFFD.
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

/// A standard stream that a guest writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Its output.
    Stdout,
    /// Its messages.
    Stderr,
}

/// What a guest writes in one piece.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Written<'a> {
    /// The number of the chain of calls that the invocation belongs to, as [`Exchange::chain`](crate::Exchange::chain) has
    /// it.
    pub chain: u64,
    /// The guest's name.
    pub component: &'a str,
    /// Where it writes.
    pub stream: Stream,
    /// What it writes; a character of several bytes may be cut.
    pub bytes: &'a [u8],
}

/// A function that is called with each piece of a guest's output.
pub(crate) type OutputObserver = Arc<dyn Fn(&Written<'_>) + Send + Sync>;

impl Stream {
    /// The name: `stdout` or `stderr`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// A guest's stdout or stderr: its destination, and the buffer that keeps its end.
#[derive(Clone)]
pub(crate) struct GuestOutput {
    output: Output,
    component: Arc<str>,
    stream: Stream,
    chain: u64,
    observers: Arc<[OutputObserver]>,
    records: Option<Arc<Mutex<LogRecords>>>,
    tail: Option<OutputBuffer>,
}

impl GuestOutput {
    pub(crate) fn new(
        output: &Output,
        component: &Arc<str>,
        stream: Stream,
        (chain, observers): (u64, &Arc<[OutputObserver]>),
        tail: Option<&OutputBuffer>,
    ) -> Self {
        let records = matches!(output, Output::Log).then(|| LogRecords::new(component, stream));
        Self {
            output: output.clone(),
            component: Arc::clone(component),
            stream,
            chain,
            observers: Arc::clone(observers),
            records: records.map(|records| Arc::new(Mutex::new(records))),
            tail: tail.cloned(),
        }
    }

    /// Copies bytes to the log, the buffers and the observers, which never blocks.
    fn keep(&self, bytes: &[u8]) {
        if let Some(records) = &self.records {
            records
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(bytes);
        }
        for buffer in [self.tail.as_ref(), self.output.buffer()]
            .into_iter()
            .flatten()
        {
            buffer.push(bytes);
        }
        for observer in &*self.observers {
            observer(&Written {
                chain: self.chain,
                component: &self.component,
                stream: self.stream,
                bytes,
            });
        }
    }
}

impl fmt::Debug for GuestOutput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GuestOutput")
            .field("output", &self.output)
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

impl Output {
    fn buffer(&self) -> Option<&OutputBuffer> {
        match self {
            Self::Buffer(buffer) => Some(buffer),
            Self::Discard | Self::Stdout | Self::Stderr | Self::Log => None,
        }
    }

    /// The stream of this process, if that is the destination.
    fn process_stream(&self) -> Option<ProcessStream> {
        match self {
            Self::Stdout => Some(Box::pin(tokio::io::stdout())),
            Self::Stderr => Some(Box::pin(tokio::io::stderr())),
            Self::Discard | Self::Buffer(_) | Self::Log => None,
        }
    }
}

type ProcessStream = Pin<Box<dyn AsyncWrite + Send + Sync>>;

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        match self.output {
            Output::Stdout => std::io::IsTerminal::is_terminal(&io::stdout()),
            Output::Stderr => std::io::IsTerminal::is_terminal(&io::stderr()),
            Output::Discard | Output::Buffer(_) | Output::Log => false,
        }
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Tee {
            output: self.clone(),
            stream: self.output.process_stream(),
        })
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        match self.output {
            // Written asynchronously: a slow reader must not block a thread of the runtime.
            Output::Stdout | Output::Stderr => Box::new(AsyncWriteStream::new(
                WRITE_PERMIT_BYTES,
                Pin::from(self.async_stream()),
            )),
            Output::Discard | Output::Buffer(_) | Output::Log => Box::new(self.clone()),
        }
    }
}

/// For the log and buffers: a write completes before it returns.
impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.keep(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_PERMIT_BYTES)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestOutput {
    async fn ready(&mut self) {}
}

/// Writes to a stream of this process, if there is one, and to the log and buffers.
struct Tee {
    output: GuestOutput,
    stream: Option<ProcessStream>,
}

impl AsyncWrite for Tee {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let n_bytes = match &mut self.stream {
            Some(stream) => ready!(stream.as_mut().poll_write(context, bytes))?,
            None => bytes.len(),
        };
        self.output.keep(bytes.get(..n_bytes).unwrap_or(bytes));
        Poll::Ready(Ok(n_bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => stream.as_mut().poll_flush(context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
