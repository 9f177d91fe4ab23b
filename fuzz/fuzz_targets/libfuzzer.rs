//! Every target for libFuzzer, in one program, which is linked once. `STOPLEAK_FUZZ_TARGET` selects the target;
//! `fuzz/libfuzzer.sh` builds and runs it.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use stopleak::internals::{TARGETS, Target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("STOPLEAK_FUZZ_TARGET").expect("STOPLEAK_FUZZ_TARGET is set");
    TARGETS.iter().find(|target| target.name == name).expect("a target of src/fuzz/mod.rs")
});

fuzz_target!(|data: &[u8]| (TARGET.run)(data));
