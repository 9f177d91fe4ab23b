//! Reads files that the user or a repository names: rule files, the configuration, the baseline.

use std::fs;
use std::io;
use std::path::Path;

/// Reads the file at `path`.
///
/// # Errors
///
/// If the file cannot be read, or is no regular file: opening a named pipe would wait for its writer, and a device may
/// have no end.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    check(path)?;
    fs::read(path)
}

/// Checks that opening the file at `path` does not wait. The error of a directory is left to the caller who reads it.
///
/// # Errors
///
/// If there is no such file, or it is a named pipe, a socket or a device.
pub(crate) fn check(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() || metadata.is_dir() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        "not a regular file (a named pipe, a socket or a device)",
    ))
}
