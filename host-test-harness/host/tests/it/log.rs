//! Which subscriber gets the log of a guest.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::info_span;

use test_support::guests::{ProbeRequest, send, wire_probe};

/// Log lines in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_log_of_a_guest_goes_to_the_subscriber_and_the_span_of_its_caller() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let _span = info_span!("my_test").entered();
        let got = send(&wire_probe(&[]), ProbeRequest::get("http://denied.test/"));
        assert_eq!(got.error(), "destination-not-allowed");
    });
    let bytes = lines.0.lock().unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().find(|line| line.contains("denied.test"));
    let line = line.unwrap_or_else(|| panic!("the call is not in {text:?}"));
    assert!(line.contains("my_test"), "{line}");
}
