//! A request on the wire is the guest's, and nothing else.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| properties::request::check(input));
