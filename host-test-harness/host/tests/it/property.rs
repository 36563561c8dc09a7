//! What holds for any input. `cargo xtask fuzz` looks for one that breaks it, with the same checks.

mod request;
mod response;

use properties::corpus::replay;

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
