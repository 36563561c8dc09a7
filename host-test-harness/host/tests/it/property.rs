//! What holds for any input. `cargo xtask fuzz` looks for one that breaks it, with the same checks.

#[path = "../../../policy/tests/it/property/corpus.rs"]
mod corpus;
mod manifest;

use corpus::replay;

#[test]
fn every_manifest_of_the_corpus_holds() {
    let application = manifest::Application::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/manifest");
    replay(folder, |input| application.check(input));
}
