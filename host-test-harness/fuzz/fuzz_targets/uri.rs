//! The target that the policy judged is the one on the wire.

#![no_main]

#[path = "../../policy/tests/it/property/decision.rs"]
mod decision;
#[path = "../../policy/tests/it/property/uri.rs"]
mod uri;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    uri::check(input);
});
