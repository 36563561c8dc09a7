//! No file makes the reader of recordings panic, and what it reads is written and read back unchanged.

use harness_outbound::har::{Creator, Entry, Har, Log, VERSION, read};
use harness_outbound::recording::{RecordedExchange, Redaction};

use crate::decision::check_line;

/// Reads `input` as a HAR file.
pub fn check(input: &[u8]) {
    let exchanges = match read("input.har".as_ref(), input) {
        Ok(exchanges) => exchanges,
        Err(error) => {
            check_line(&error.to_string());
            let n_lines = input.iter().filter(|byte| **byte == b'\n').count() + 1;
            let line = error.line().expect("every error of a content has a line");
            assert!((1..=n_lines).contains(&line), "{error}");
            assert!(error.column().is_some_and(|column| column > 0), "{error}");
            return;
        }
    };
    let written = written(&exchanges);
    let again = read("again.har".as_ref(), &written).expect("what was written is valid");
    assert_eq!(again.len(), exchanges.len());
    for (again, exchange) in again.iter().zip(&exchanges) {
        assert_eq!(rounded(again, exchange), *exchange);
    }
    let twice = read("twice.har".as_ref(), &self::written(&again)).expect("it is valid");
    assert_eq!(twice, again);
}

fn written(exchanges: &[RecordedExchange]) -> Vec<u8> {
    let entries = exchanges
        .iter()
        .map(|exchange| Entry::new(exchange, &Redaction::none()));
    let har = Har {
        log: Log {
            version: VERSION.to_owned(),
            creator: Creator::harness(),
            entries: entries.collect(),
        },
    };
    serde_json::to_vec(&har).expect("a document is JSON")
}

/// `again` with the times of `exchange`: other programs write more decimals.
fn rounded(again: &RecordedExchange, exchange: &RecordedExchange) -> RecordedExchange {
    RecordedExchange {
        started: exchange.started,
        timings: exchange.timings,
        ..again.clone()
    }
}
