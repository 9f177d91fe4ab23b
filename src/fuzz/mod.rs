//! In: arbitrary bytes. Out: nothing; a panic is a defect. Never: a part of a build without the feature `fuzzing`.
//!
//! One function a target, and one line in [`TARGETS`]. `fuzz/` runs them, with libFuzzer and with its own mutator;
//! CONTRIBUTING.md has the commands. Inputs that need several files or parameters are one byte string: each target
//! documents its layout, and `fuzz/src/seeds/` writes it.

mod files;
mod input;
mod objects;
mod scratch;
mod store;
mod texts;

/// One reader or property, run on arbitrary bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name on the command line and of the folder with its seeds.
    pub name: &'static str,
    /// Reads the bytes. Panics when the property does not hold.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "pack", run: store::pack },
    Target { name: "delta", run: store::delta },
    Target { name: "pack-index", run: store::pack_index },
    Target { name: "loose", run: store::loose },
    Target { name: "object", run: objects::object },
    Target { name: "packed-refs", run: objects::packed_refs },
    Target { name: "git-index", run: objects::git_index },
    Target { name: "engine", run: texts::engine },
    Target { name: "incremental", run: texts::incremental },
    Target { name: "masking", run: texts::masking },
    Target { name: "config", run: files::config },
    Target { name: "rules", run: files::rules },
    Target { name: "baseline", run: files::baseline },
    Target { name: "agent", run: files::agent },
];
