#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| whispernet_lab::fuzz::token(input));
