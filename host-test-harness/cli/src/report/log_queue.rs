//! A queue of log records for stderr, so that logging does not wait until stderr is read.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

/// Records wait while they take at most this much: 4 MiB.
pub(super) const MAX_BYTES: usize = 4 << 20;

/// A queue of records that a thread writes. When it is full, further records are dropped; how many there were is logged
/// as soon as records are written again.
#[derive(Clone)]
pub(super) struct LogQueue(Arc<Shared>);

struct Shared {
    max_bytes: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    records: VecDeque<Vec<u8>>,
    n_bytes: usize,
    n_dropped: u64,
    is_writing: bool,
}

impl LogQueue {
    /// Starts the thread, which writes to `out`.
    pub(super) fn start(max_bytes: usize, out: impl Write + Send + 'static) -> io::Result<Self> {
        let queue = Self(Arc::new(Shared {
            max_bytes,
            state: Mutex::default(),
            changed: Condvar::new(),
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
        if state.n_bytes.saturating_add(record.len()) > self.0.max_bytes {
            state.n_dropped += 1;
            return;
        }
        state.n_bytes += record.len();
        state.records.push_back(record.to_vec());
        self.0.changed.notify_all();
    }

    /// Waits until all records are written, but no longer than `bound`.
    pub(super) fn flush(&self, bound: Duration) {
        let deadline = Instant::now() + bound;
        let mut state = self.state();
        while state.is_writing || !state.records.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.0.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn write_to(&self, mut out: impl Write) {
        loop {
            let record = self.next();
            // If stderr is closed, nobody can be told.
            drop(out.write_all(&record).and_then(|()| out.flush()));
            let n_dropped = self.written(record.len());
            if n_dropped > 0 {
                tracing::warn!(
                    target: "spin_harness::log",
                    dropped = n_dropped,
                    "records of the log were dropped, because stderr was not read"
                );
            }
        }
    }

    fn next(&self) -> Vec<u8> {
        let mut state = self.state();
        loop {
            if let Some(record) = state.records.pop_front() {
                state.is_writing = true;
                return record;
            }
            let waited = self.0.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes that a record of `n_bytes` was written. Returns how many were dropped, once there is room to say so.
    fn written(&self, n_bytes: usize) -> u64 {
        let mut state = self.state();
        state.n_bytes -= n_bytes;
        state.is_writing = false;
        self.0.changed.notify_all();
        if state.n_bytes > self.0.max_bytes / 2 {
            return 0;
        }
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
        let lines: Vec<String> = (0..4)
            .map(|_| got.recv_timeout(PATIENCE).unwrap())
            .collect();
        let warnings: Vec<_> = lines
            .iter()
            .filter(|line| line.contains("dropped=7"))
            .collect();
        assert_eq!(warnings.len(), 1, "{lines:?}");
        queue.flush(PATIENCE);
        assert!(queue.state().records.is_empty());
    }
}
