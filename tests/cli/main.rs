//! The command line from outside: arguments and repositories in, text and exit codes out.
//!
//! On Unix only: hooks are shell scripts here.

#![cfg(unix)]

mod agents;
mod baseline;
mod chain;
mod config;
mod hook;
mod hook_messages;
mod manifest;
mod rules;
mod rules_show;
#[path = "../support/mod.rs"]
mod support;
mod usage;
