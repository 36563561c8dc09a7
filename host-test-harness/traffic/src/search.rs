//! Searches what the list does not have: header fields, trailers and bodies of text.

use http::HeaderMap;
use serde::Serialize;
use spin_harness::outbound::headers::value_to_text;
use spin_harness::recording::{PackedExchange, RecordedBody, RecordedExchange, Redaction};

use crate::Traffic;
use crate::content::{Kind, sniff};

/// The requests that have a word, themselves or in one of their calls.
#[derive(Serialize)]
pub(crate) struct Found {
    /// What was searched: the changes up to this revision.
    revision: u64,
    /// The numbers of the requests, for each word.
    requests: Vec<Vec<u64>>,
}

/// Searches the requests that have changed after `revision`. ASCII letters match in either case.
///
/// The value of a field that is hidden is not searched: who can search a secret can guess it, letter by letter.
pub(crate) fn search(traffic: &Traffic, revision: u64, words: &[String]) -> Found {
    let (reached, changed) = {
        // Requests are recorded meanwhile, so that nothing is searched under the lock.
        let state = traffic.state();
        let changed: Vec<_> = state
            .requests()
            .filter(|request| request.revision > revision)
            .map(|request| {
                let exchanges: Vec<_> = request.exchanges().cloned().collect();
                (request.chain, exchanges)
            })
            .collect();
        (state.revision(), changed)
    };
    let mut requests = vec![Vec::new(); words.len()];
    for (number, exchanges) in changed {
        for (numbers, is_found) in requests.iter_mut().zip(words_in(&exchanges, words)) {
            if is_found {
                numbers.push(number);
            }
        }
    }
    Found {
        revision: reached,
        requests,
    }
}

/// Whether any of the exchanges has each word. Each exchange is unpacked once.
fn words_in(exchanges: &[PackedExchange], words: &[String]) -> Vec<bool> {
    let redaction = Redaction::default();
    let mut found = vec![false; words.len()];
    for packed in exchanges {
        if found.iter().all(|found| *found) {
            break;
        }
        let exchange = packed.exchange();
        for (found, word) in found.iter_mut().zip(words) {
            *found = *found || Word(word.as_bytes()).is_in(&exchange, &redaction);
        }
    }
    found
}

struct Word<'a>(&'a [u8]);

impl Word<'_> {
    fn is_in(&self, exchange: &RecordedExchange, redaction: &Redaction) -> bool {
        let request = &exchange.request;
        self.is_in_message(&request.headers, &request.body, redaction)
            || exchange.response.as_ref().is_some_and(|response| {
                self.is_in_message(&response.headers, &response.body, redaction)
            })
    }

    fn is_in_message(
        &self,
        headers: &HeaderMap,
        body: &RecordedBody,
        redaction: &Redaction,
    ) -> bool {
        let fields = headers.iter().chain(&body.trailers);
        let is_in_fields = || {
            fields.into_iter().any(|(name, value)| {
                self.is_in_text(name.as_str().as_bytes())
                    || !redaction.hides(name) && self.is_in_text(value_to_text(value).as_bytes())
            })
        };
        is_in_fields() || sniff(&body.bytes).0 == Kind::Text && self.is_in_text(&body.bytes)
    }

    fn is_in_text(&self, text: &[u8]) -> bool {
        let size = self.0.len();
        size == 0
            || text
                .windows(size)
                .any(|part| part.eq_ignore_ascii_case(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_either_case_and_up_to_the_end() {
        for (word, text, want) in [
            ("", "", true),
            ("a", "", false),
            ("blue", "a BLUE\nsky", true),
            ("Blue", "sky blue", true),
            ("blue", "blu", false),
            ("bb", "abab bB", true),
            ("café", "CAFé", true),
            ("café", "CAFÉ", false),
        ] {
            let word = Word(word.as_bytes());
            assert_eq!(word.is_in_text(text.as_bytes()), want, "{text}");
        }
    }
}
