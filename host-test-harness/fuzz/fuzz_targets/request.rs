//! What a guest asks for is what goes over the wire.

#![no_main]

#[path = "../../host/tests/it/property/request.rs"]
mod request;

libfuzzer_sys::fuzz_target!(|input: &[u8]| request::check(input));
