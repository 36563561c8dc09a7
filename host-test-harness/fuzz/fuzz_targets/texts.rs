//! No text makes the policy panic.

#![no_main]

#[path = "../../policy/tests/it/property/decision.rs"]
mod decision;
#[path = "../../policy/tests/it/property/texts.rs"]
mod texts;

libfuzzer_sys::fuzz_target!(|input: &[u8]| texts::check(input));
