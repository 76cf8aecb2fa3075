#![no_main]

#[expect(dead_code, reason = "each target uses one reader")]
#[path = "../readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| readers::upload(bytes));
