//! Properties of any request and any response. `cargo xtask fuzz` looks for an input that breaks one, with the same checks.

mod exchange;
mod request;
mod response;

use std::path::Path;

/// Runs `check` on the inputs that a fuzz target starts from: the files of `folder`. Reports every input that fails.
#[track_caller]
fn replay(folder: &str, check: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    let mut n_inputs = 0;
    let mut failed = Vec::new();
    for entry in Path::new(folder).read_dir().expect("a corpus") {
        let path = entry.expect("a file of the corpus").path();
        let input = std::fs::read(&path).expect("a file of the corpus");
        if std::panic::catch_unwind(|| check(&input)).is_err() {
            failed.push(path);
        }
        n_inputs += 1;
    }
    assert!(n_inputs > 0, "{folder} is empty");
    assert!(failed.is_empty(), "these inputs fail: {failed:#?}");
}

#[test]
fn every_request_of_the_corpus_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/request");
    replay(folder, request::check);
}

#[test]
fn every_response_of_the_corpus_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/response");
    replay(folder, response::check);
}
