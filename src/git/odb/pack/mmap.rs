//! A whole file as one byte slice, mapped instead of read.
//!
//! The only `unsafe` of the git layer lives here.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

/// A file's bytes for as long as the value lives, even if the file is unlinked meanwhile.
#[derive(Debug)]
pub(crate) struct Map(Option<Mmap>);

impl Map {
    /// Maps the file at `path`. An empty file gives an empty slice, which the system call would refuse.
    pub(crate) fn open(path: &Path) -> io::Result<Map> {
        if regular_file_len(path)? == 0 {
            return Ok(Map(None));
        }
        Ok(Map(Some(map(&File::open(path)?)?)))
    }
}

/// The length of the file at `path`, and an error for anything else: opening a pipe that somebody left there
/// would wait forever.
pub(crate) fn regular_file_len(path: &Path) -> io::Result<u64> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() {
        return Ok(metadata.len());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
}

#[expect(unsafe_code, reason = "mapping a file has no safe form")]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the mapping is private and never written through. Git creates packs, indexes and loose objects
    // under a temporary name, renames them into place and from then on only ever unlinks them, which leaves a
    // mapping whole. Somebody who writes into or truncates such a file in place during the scan can make us
    // read other bytes (all of them are checked as hostile) or end the process by a signal, as with git itself.
    unsafe { Mmap::map(file) }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}
