//! A guest's output as log events, distinct from the harness's own.

use std::sync::Arc;

use tracing::Level;

use super::Stream;

/// Longer records are split into events of this many bytes: 16 KiB.
const MAX_RECORD_BYTES: usize = 16 << 10;

/// Collects bytes until a record is complete, and logs it. An incomplete last record is logged on drop.
///
/// A record of stdout is a line, since a program may buffer many messages for one write. A record of stderr is everything
/// until a write ends with a newline: a program writes a message, a stack or a traceback at once, and its lines belong
/// together.
#[derive(Debug)]
pub(super) struct LogRecords {
    component: Arc<str>,
    stream: Stream,
    record: Vec<u8>,
}

impl LogRecords {
    pub(super) fn new(component: &Arc<str>, stream: Stream) -> Self {
        Self {
            component: Arc::clone(component),
            stream,
            record: Vec::new(),
        }
    }

    /// Takes the bytes of one write.
    pub(super) fn push(&mut self, write: &[u8]) {
        for line in write.split_inclusive(|byte| *byte == b'\n') {
            self.record.extend(line);
            while self.record.len() > MAX_RECORD_BYTES {
                let rest = self.record.split_off(end_of_record(&self.record));
                self.log();
                self.record = rest;
            }
            if self.stream == Stream::Stdout && line.ends_with(b"\n") {
                self.log();
            }
        }
        if write.ends_with(b"\n") {
            self.log();
        }
    }

    fn log(&mut self) {
        if self.record.is_empty() {
            return;
        }
        let record = String::from_utf8_lossy(&self.record);
        // Rust begins the message of a panic with an empty line.
        let (level, message) = level_and_message(record.trim_matches(['\r', '\n']));
        let (component, stream) = (&*self.component, self.stream.name());
        macro_rules! log {
            ($level:ident) => {
                tracing::$level!(target: "spin_harness::guest", component, stream, "{message}")
            };
        }
        if level == Level::ERROR {
            log!(error);
        } else if level == Level::WARN {
            log!(warn);
        } else {
            log!(info);
        }
        self.record.clear();
    }
}

impl Drop for LogRecords {
    fn drop(&mut self) {
        self.log();
    }
}

/// Where a record that is too long is split: before the character at [`MAX_RECORD_BYTES`].
fn end_of_record(record: &[u8]) -> usize {
    let is_continuation = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
    let end = record.get(MAX_RECORD_BYTES - 3..=MAX_RECORD_BYTES);
    let begins = end.and_then(|end| end.iter().rposition(|byte| !is_continuation(byte)));
    begins.map_or(MAX_RECORD_BYTES, |begins| MAX_RECORD_BYTES - 3 + begins)
}

/// The level of a record, and its text without the level that the guest's own logger wrote first.
///
/// `DEBUG` and `TRACE` stay in the text of a record at INFO: the default filter would hide what a program printed.
fn level_and_message(record: &str) -> (Level, &str) {
    for (name, level) in [
        ("CRITICAL", Level::ERROR),
        ("ERROR", Level::ERROR),
        ("WARNING", Level::WARN),
        ("WARN", Level::WARN),
        ("INFO", Level::INFO),
    ] {
        if let Some(rest) = record.trim_start().strip_prefix(name)
            && let Some(message) = rest.strip_prefix([':', ' '])
        {
            return (level, message.trim_start_matches(' '));
        }
    }
    let level = if reports_failure(record) {
        Level::ERROR
    } else {
        Level::INFO
    };
    (level, record)
}

/// Whether a record is what a language prints about an exception or a panic that nobody handled.
fn reports_failure(record: &str) -> bool {
    let python = |line: &str| line == "Traceback (most recent call last):";
    let javascript = |line: &str| line.starts_with("    at ");
    record.starts_with("panic: ") // Go
        || record.starts_with("fatal error: ") // Go
        || record.starts_with("thread '") && record.contains(" panicked at ") // Rust
        || record.lines().any(|line| python(line) || javascript(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_is_the_one_that_the_guest_wrote_or_that_of_a_failure() {
        let rows = [
            ("hello", Level::INFO, "hello"),
            ("INFO ready", Level::INFO, "ready"),
            (" WARN app: slow", Level::WARN, "app: slow"),
            ("WARNING:root:slow", Level::WARN, "root:slow"),
            ("ERROR: no key", Level::ERROR, "no key"),
            ("CRITICAL:root:gone", Level::ERROR, "root:gone"),
            ("DEBUG x = 1", Level::INFO, "DEBUG x = 1"),
            ("ERRORS 3", Level::INFO, "ERRORS 3"),
            ("INFORMATION", Level::INFO, "INFORMATION"),
            (
                "Traceback (most recent call last):\n  File \"app.py\", line 3\nValueError: x",
                Level::ERROR,
                "Traceback (most recent call last):\n  File \"app.py\", line 3\nValueError: x",
            ),
            (
                "Error: x\n    at handle (app.js:3:9)",
                Level::ERROR,
                "Error: x\n    at handle (app.js:3:9)",
            ),
            (
                "thread '<unnamed>' panicked at src/lib.rs:3:5:\nx",
                Level::ERROR,
                "thread '<unnamed>' panicked at src/lib.rs:3:5:\nx",
            ),
            ("panic: x", Level::ERROR, "panic: x"),
        ];
        let wrong: Vec<_> = rows
            .into_iter()
            .map(|(record, level, message)| (record, level_and_message(record), (level, message)))
            .filter(|(_, got, expected)| got != expected)
            .collect();
        assert_eq!(wrong, []);
    }

    #[test]
    fn record_is_a_line_of_stdout_and_a_write_of_stderr() {
        let long = "x".repeat(MAX_RECORD_BYTES);
        let rows: [(&str, Stream, Vec<&str>, Vec<&str>); 7] = [
            ("lines", Stream::Stdout, vec!["a\nb\n"], vec!["a", "b"]),
            (
                "write",
                Stream::Stderr,
                vec!["a\nb\n", "c\n"],
                vec!["a\nb", "c"],
            ),
            ("parts", Stream::Stderr, vec!["a\nb", "\n"], vec!["a\nb"]),
            ("end", Stream::Stderr, vec!["a\nb"], vec!["a\nb"]),
            (
                "end of a line",
                Stream::Stdout,
                vec!["a\r\nb"],
                vec!["a", "b"],
            ),
            (
                "empty line",
                Stream::Stdout,
                vec!["a\n\nb\n"],
                vec!["a", "", "b"],
            ),
            (
                "too long",
                Stream::Stdout,
                vec![&long, "y\n"],
                vec![&long, "y"],
            ),
        ];
        for (name, stream, writes, expected) in rows {
            let log = logged(stream, &writes);
            assert_eq!(log, expected, "{name}");
        }
        for n_before in 0..4 {
            let before = "x".repeat(n_before);
            let text = format!("{before}{}\n", "é".repeat(MAX_RECORD_BYTES));
            assert_eq!(logged(Stream::Stdout, &[&text]).concat(), text.trim_end());
        }
    }

    /// The messages that `writes` are logged as.
    fn logged(stream: Stream, writes: &[&str]) -> Vec<String> {
        let messages = Messages::default();
        tracing::subscriber::with_default(
            tracing_subscriber::layer::SubscriberExt::with(
                tracing_subscriber::registry(),
                messages.clone(),
            ),
            || {
                let mut records = LogRecords::new(&Arc::from("app"), stream);
                for write in writes {
                    records.push(write.as_bytes());
                }
            },
        );
        let messages = messages.0.lock().expect("no test thread panicked");
        messages.clone()
    }

    /// The message of each event.
    #[derive(Debug, Clone, Default)]
    struct Messages(Arc<std::sync::Mutex<Vec<String>>>);

    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Messages {
        fn on_event(
            &self,
            event: &tracing::Event<'_>,
            _: tracing_subscriber::layer::Context<'_, S>,
        ) {
            struct Message<'a>(&'a mut Vec<String>);
            impl tracing::field::Visit for Message<'_> {
                fn record_debug(
                    &mut self,
                    field: &tracing::field::Field,
                    value: &dyn std::fmt::Debug,
                ) {
                    if field.name() == "message" {
                        self.0.push(format!("{value:?}"));
                    }
                }
            }
            event.record(&mut Message(
                &mut self.0.lock().expect("no test thread panicked"),
            ));
        }
    }
}
