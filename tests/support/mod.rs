//! What integration tests share.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]

pub(crate) mod planted;
#[path = "../../src/git/testing.rs"]
mod testing;

pub(crate) use testing::TestRepo;
