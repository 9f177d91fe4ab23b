//! Generates the inputs of a benchmark: files and repositories in a folder that is removed with it.
//!
//! Inputs are generated lazily, in cells, so that a selected benchmark does not wait for the inputs of all others. A
//! cell is forced before the time is measured.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The temporary folder of one benchmark's inputs.
pub(crate) struct Inputs {
    folder: TempDir,
}

impl Inputs {
    pub(crate) fn new() -> Inputs {
        Inputs { folder: TempDir::with_prefix("stopleak-bench").expect("a temporary folder") }
    }

    /// Runs `inputs.py MAKER NAME ARGUMENTS…` and returns the path of its output.
    pub(crate) fn make<A: AsRef<OsStr>>(&self, maker: &str, name: &str, arguments: &[A]) -> PathBuf {
        let path = self.folder.path().join(name);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/inputs.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(maker).arg(&path).args(arguments);
        assert!(command.status().expect("python3 is installed").success(), "{command:?}");
        path
    }

    /// Writes a file of lines and returns its path.
    pub(crate) fn write(&self, name: &str, lines: &[String]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, lines.join("\n")).expect("a temporary folder can be written to");
        path
    }

    /// Generates a file of this kind and size and returns its bytes.
    pub(crate) fn text(&self, kind: &str, bytes: usize) -> Vec<u8> {
        let path = self.make("file", kind, &[kind, &bytes.to_string()]);
        std::fs::read(path).expect("it was just made")
    }
}

/// Runs `stopleak COMMAND` in `directory` without any user's settings, and asserts that it exits with `code`.
pub(crate) fn run(command: &[&str], directory: &Path, code: i32) {
    let mut stopleak = Command::new(env!("CARGO_BIN_EXE_stopleak"));
    stopleak.args(command).current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null());
    stopleak.stderr(Stdio::null()).env_clear().env("GIT_CONFIG_NOSYSTEM", "1");
    let status = stopleak.status().expect("the program was built");
    assert_eq!(status.code(), Some(code), "{stopleak:?}");
}
