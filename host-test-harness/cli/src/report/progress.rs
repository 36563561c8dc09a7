//! What a command says on stderr while it takes long.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Work that takes less time is done in silence.
const SILENCE: Duration = Duration::from_secs(1);

/// Says what is going on while `work` takes more than a second: once, and on a terminal with the time that has passed.
pub(crate) fn during<T>(what: impl Display, work: impl FnOnce() -> T) -> T {
    let is_terminal = io::stderr().is_terminal();
    let progress = Progress::start(what.to_string(), SILENCE, is_terminal, io::stderr());
    let result = work();
    drop(progress);
    result
}

struct Progress {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    fn start(
        what: String,
        silence: Duration,
        is_terminal: bool,
        mut out: impl Write + Send + 'static,
    ) -> Self {
        let (done, is_done) = channel::<()>();
        let started = Instant::now();
        let thread = std::thread::Builder::new().spawn(move || {
            let mut has_said = false;
            // Nothing can be reported if stderr is closed.
            while is_done.recv_timeout(silence) == Err(RecvTimeoutError::Timeout) {
                if is_terminal {
                    let seconds = started.elapsed().as_secs();
                    drop(write!(out, "\r{what} ... {seconds} s"));
                } else if !has_said {
                    drop(writeln!(out, "{what} ..."));
                }
                has_said = true;
            }
            if is_terminal && has_said {
                drop(writeln!(out));
            }
        });
        Self {
            done: Some(done),
            // Without a thread, the work is done in silence.
            thread: thread.ok(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    struct Lines(Sender<String>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            drop(self.0.send(String::from_utf8_lossy(bytes).into_owned()));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn start(silence: Duration, is_terminal: bool) -> (Progress, Receiver<String>) {
        let (sender, written) = channel();
        let progress = Progress::start(
            "compiling a".to_owned(),
            silence,
            is_terminal,
            Lines(sender),
        );
        (progress, written)
    }

    fn read(written: &Receiver<String>, wanted: &str) -> String {
        let mut text = String::new();
        while !text.contains(wanted) {
            text += &written.recv_timeout(Duration::from_secs(60)).unwrap();
        }
        text
    }

    #[test]
    fn long_work_is_named_once_and_on_a_terminal_with_its_time() {
        let (progress, written) = start(Duration::from_millis(1), false);
        assert_eq!(read(&written, "\n"), "compiling a ...\n");
        drop(progress);
        assert_eq!(written.iter().collect::<String>(), "");

        let (progress, written) = start(Duration::from_millis(1), true);
        assert_eq!(read(&written, " s"), "\rcompiling a ... 0 s");
        drop(progress);
        assert!(written.iter().collect::<String>().ends_with('\n'));
    }

    #[test]
    fn short_work_is_done_in_silence() {
        let (progress, written) = start(Duration::from_secs(60), true);
        drop(progress);
        assert_eq!(written.iter().collect::<String>(), "");
    }
}
