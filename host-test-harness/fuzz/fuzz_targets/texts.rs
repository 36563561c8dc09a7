//! No text makes the policy panic.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| properties::texts::check(input));
