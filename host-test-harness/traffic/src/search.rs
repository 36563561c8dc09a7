//! Searches what the list does not have: header fields, trailers and bodies of text.

use http::HeaderMap;
use serde::Serialize;
use spin_harness::outbound::headers::value_to_text;
use spin_harness::recording::{RecordedBody, RecordedExchange, Redaction};

use crate::Traffic;
use crate::content::{Kind, sniff};
use crate::packed::Packed;

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
    let redaction = Redaction::default();
    let numbers_of = |word: &String| {
        let word = Word(word.as_bytes());
        let has_word = |exchanges: &[Packed]| {
            exchanges
                .iter()
                .any(|packed| word.is_in(&packed.exchange(), &redaction))
        };
        let found = changed.iter().filter(|(_, exchanges)| has_word(exchanges));
        found.map(|(number, _)| *number).collect()
    };
    Found {
        revision: reached,
        requests: words.iter().map(numbers_of).collect(),
    }
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
