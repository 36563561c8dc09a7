//! Whatever an upstream answers, the guest gets all of it, unchanged, or an error.

#![no_main]

#[path = "../../host/tests/it/property/response.rs"]
mod response;

libfuzzer_sys::fuzz_target!(|input: &[u8]| response::check(input));
