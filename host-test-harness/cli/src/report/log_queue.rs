//! A queue of log records for stderr, so that logging does not wait until stderr is read.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

/// Records wait while they take at most this much: 4 MiB.
pub(super) const MAX_BYTES: usize = 4 << 20;

/// How long the thread gathers records after a write: to wake it for each record costs more than to write one.
const PAUSE: Duration = Duration::from_millis(1);

/// The most memory that the thread keeps for the next records, in bytes.
const KEPT_BYTES: usize = 64 << 10;

/// A queue of records that a thread writes. When it is full, further records are dropped; how many there were is logged
/// as soon as records are written again.
#[derive(Clone)]
pub(super) struct LogQueue(Arc<Shared>);

struct Shared {
    max_bytes: usize,
    state: Mutex<State>,
    /// Wakes the thread.
    wake: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct State {
    /// Records, one after the other.
    waiting: Vec<u8>,
    /// How many bytes of records the thread is writing.
    n_writing: usize,
    n_dropped: u64,
    /// Whether the thread is about to log how many were dropped.
    is_reporting: bool,
    /// Whether the thread waits until it is told of a record.
    is_idle: bool,
    /// How many wait until all is written.
    n_flushing: usize,
}

impl LogQueue {
    /// Starts the thread, which writes to `out`.
    pub(super) fn start(max_bytes: usize, out: impl Write + Send + 'static) -> io::Result<Self> {
        let queue = Self(Arc::new(Shared {
            max_bytes,
            state: Mutex::default(),
            wake: Condvar::new(),
            written: Condvar::new(),
        }));
        let written = queue.clone();
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || written.write_to(out))?;
        Ok(queue)
    }

    /// Adds a record, or drops it if the queue is full.
    pub(super) fn push(&self, record: &[u8]) {
        let mut state = self.state();
        let n_bytes = state.waiting.len() + state.n_writing;
        if n_bytes.saturating_add(record.len()) > self.0.max_bytes {
            state.n_dropped += 1;
            return;
        }
        state.waiting.extend_from_slice(record);
        if std::mem::take(&mut state.is_idle) {
            drop(state);
            self.0.wake.notify_one();
        }
    }

    /// Waits until all records are written, but no longer than `bound`.
    pub(super) fn flush(&self, bound: Duration) {
        let deadline = Instant::now() + bound;
        let mut state = self.state();
        state.n_flushing += 1;
        self.0.wake.notify_one();
        while state.n_writing > 0 || state.is_reporting || !state.waiting.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.0.written.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.n_flushing -= 1;
    }

    fn write_to(&self, mut out: impl Write) {
        let mut records = Vec::new();
        loop {
            self.take(&mut records);
            // If stderr is closed, nobody can be told.
            drop(out.write_all(&records).and_then(|()| out.flush()));
            let n_dropped = self.written();
            if n_dropped > 0 {
                tracing::warn!(
                    target: "spin_harness::log",
                    dropped = n_dropped,
                    "records of the log were dropped, because stderr was not read"
                );
                self.state().is_reporting = false;
                self.0.written.notify_all();
            }
            self.pause();
        }
    }

    /// Lets records gather, unless somebody waits for them.
    fn pause(&self) {
        let is_left_alone = |state: &mut State| state.n_flushing == 0;
        let waited = (self.0.wake).wait_timeout_while(self.state(), PAUSE, is_left_alone);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Puts all records that wait into `records`; waits if there are none.
    fn take(&self, records: &mut Vec<u8>) {
        records.clear();
        records.shrink_to(KEPT_BYTES);
        let mut state = self.state();
        while state.waiting.is_empty() {
            state.is_idle = true;
            let waited = self.0.wake.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.is_idle = false;
        state.n_writing = state.waiting.len();
        std::mem::swap(&mut state.waiting, records);
    }

    /// Notes that the records were written. Returns how many were dropped, once there is room to say so.
    fn written(&self) -> u64 {
        let mut state = self.state();
        state.n_writing = 0;
        self.0.written.notify_all();
        if state.waiting.len() > self.0.max_bytes / 2 {
            return 0;
        }
        state.is_reporting = state.n_dropped > 0;
        std::mem::take(&mut state.n_dropped)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.0.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Each event is one `write`.
impl Write for LogQueue {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        self.push(record);
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    use super::*;

    /// A reader who reads when the test says so.
    struct Slow {
        may_write: Receiver<()>,
        written: Sender<String>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _is_allowed = self.may_write.recv();
            drop(
                self.written
                    .send(String::from_utf8_lossy(bytes).into_owned()),
            );
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_queue_drops_records_and_says_how_many() {
        const PATIENCE: Duration = Duration::from_secs(60);
        let (go, may_write) = channel();
        let (written, got) = channel();
        let queue = LogQueue::start(1000, Slow { may_write, written }).expect("it starts");
        tracing_subscriber::registry()
            .with(
                tracing_subscriber::fmt::layer()
                    .with_ansi(false)
                    .with_writer(queue.clone()),
            )
            .init();
        for _ in 0..10 {
            queue.push(&[b'x'; 300]);
        }
        let started = Instant::now();
        queue.flush(Duration::from_millis(50));
        assert!(started.elapsed() >= Duration::from_millis(50));
        drop(go);
        queue.flush(PATIENCE);
        let lines: String = got.try_iter().collect();
        assert_eq!(lines.matches("dropped=7").count(), 1, "{lines:?}");
        assert_eq!(lines.matches('x').count(), 900, "{lines:?}");
        assert!(queue.state().waiting.is_empty());
    }
}
