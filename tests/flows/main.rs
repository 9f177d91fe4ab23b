//! Runs each command in real repositories and directories, and checks its findings and its unscanned entries.
//!
//! Every run that produces a report is also checked for two properties, whatever the test is about: it changes no
//! file of the test world, and it prints no token.
//!
//! On Unix only: the hooks are shell scripts, and some file names are not valid UTF-8.

#![cfg(unix)]

mod agents;
mod ci;
mod ci_hostile;
mod ci_policy;
mod cleanup;
mod commit_environments;
mod commit_msg;
mod damaged_refs;
mod encodings;
mod files;
mod formats;
mod history;
mod history_content;
mod history_content_kinds;
mod history_damage;
mod history_merges;
mod history_reference;
mod history_storage;
mod history_submodules;
mod hooks;
mod memory;
mod nothing_is_run;
mod policy;
mod range;
mod range_hidden;
mod range_metadata;
mod receive;
mod report;
mod special_files;
mod staged;
#[path = "../support/mod.rs"]
mod support;
mod suppression;
mod tokens;
mod watch;
mod wrong_kinds;
