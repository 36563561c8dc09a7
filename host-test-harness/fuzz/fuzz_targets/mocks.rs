//! No mock file makes its reader panic, and the mocks of a valid one answer any request, or fail it, in bounded time.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| properties::mocks::check(input));
