//! The target that is evaluated is the target that is dialled.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| properties::uri::check(input));
