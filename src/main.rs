//! The `stopleak` binary.

fn main() {}
