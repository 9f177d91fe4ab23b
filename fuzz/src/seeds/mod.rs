//! Makes the seeds of each target: real files of git from scratch repositories, texts with drawn values, and the
//! project's own rule files. Nothing is stored.

mod git;
mod texts;

/// Returns the seeds of a target; equal in every run with the same version of git.
pub(crate) fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "pack" => git::packs(),
        "delta" => git::deltas(),
        "pack-index" => git::pack_indexes(),
        "loose" => git::loose_objects(),
        "object" => git::objects(),
        "packed-refs" => git::packed_refs(),
        "git-index" => git::indexes(),
        "engine" => texts::texts(),
        "incremental" => texts::versions(),
        "masking" => texts::lines_with_values(),
        "config" => texts::configurations(),
        "rules" => texts::rule_files(),
        "baseline" => texts::baselines(),
        "agent" => texts::calls(),
        _ => Vec::new(),
    }
}

/// Appends a length of three bytes and the bytes: the layout of a part in `src/fuzz/input.rs`.
fn part(input: &mut Vec<u8>, bytes: &[u8]) {
    input.extend_from_slice(&(bytes.len() as u32).to_le_bytes()[..3]);
    input.extend_from_slice(bytes);
}
