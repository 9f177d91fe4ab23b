//! In: what a bench asks for. Out: files and repositories in a folder that goes away with the bench. Never:
//! anything before a bench runs: inputs are made in cells, so that a chosen bench does not wait for all. A cell
//! is forced before the clock runs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Where inputs live as long as a bench runs.
pub(crate) struct Inputs {
    folder: TempDir,
}

impl Inputs {
    pub(crate) fn new() -> Inputs {
        Inputs { folder: TempDir::with_prefix("stopleak-bench").expect("a temporary folder") }
    }

    /// What `inputs.py MAKER NAME ARGUMENTS…` makes.
    pub(crate) fn make<A: AsRef<OsStr>>(&self, maker: &str, name: &str, arguments: &[A]) -> PathBuf {
        let path = self.folder.path().join(name);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/inputs.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(maker).arg(&path).args(arguments);
        assert!(command.status().expect("python3 is installed").success(), "{command:?}");
        path
    }

    /// A file of lines.
    pub(crate) fn write(&self, name: &str, lines: &[String]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, lines.join("\n")).expect("a temporary folder can be written to");
        path
    }

    /// One file's bytes.
    pub(crate) fn text(&self, kind: &str, bytes: usize) -> Vec<u8> {
        let path = self.make("file", kind, &[kind, &bytes.to_string()]);
        std::fs::read(path).expect("it was just made")
    }
}

/// `stopleak COMMAND PATH` on one thread, which must end with `code`; nobody's settings count.
pub(crate) fn run(command: &[&str], directory: &Path, code: i32) {
    let mut stopleak = Command::new(env!("CARGO_BIN_EXE_stopleak"));
    stopleak.args(command).current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null());
    stopleak.stderr(Stdio::null()).env_clear().env("GIT_CONFIG_NOSYSTEM", "1");
    let status = stopleak.status().expect("the program was built");
    assert_eq!(status.code(), Some(code), "{stopleak:?}");
}
