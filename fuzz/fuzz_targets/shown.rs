#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| whisper_app::fuzz::shown(input));
