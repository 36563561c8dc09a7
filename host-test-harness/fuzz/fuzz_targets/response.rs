//! The guest gets every response whole and unchanged, or an error.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| properties::response::check(input));
