//! No file makes the reader of recordings panic, and what it reads is written and read back unchanged.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| properties::har::check(input));
