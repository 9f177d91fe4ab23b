//! What each command finds in real repositories and folders, and what it says of what it did not read.
//!
//! Every run of the binary is checked for two more things, whatever the test is about: it leaves every
//! byte of the world as it was, and prints no token.
//!
//! On Unix only: hooks are shell scripts here, and names of files any bytes.

#![cfg(unix)]

mod agents;
mod ci;
mod ci_hostile;
mod cleanup;
mod commit_msg;
mod coverage;
mod files;
mod formats;
mod history;
mod history_carriers;
mod history_content;
mod history_damage;
mod history_merges;
mod history_reference;
mod history_storage;
mod history_submodules;
mod hooks;
mod policy;
mod range;
mod range_hidden;
mod range_written;
mod receive;
mod report;
mod staged;
#[path = "../support/mod.rs"]
mod support;
mod surroundings;
mod tokens;
mod watch;
