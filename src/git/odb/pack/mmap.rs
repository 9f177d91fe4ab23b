//! Reads whole files as byte slices, memory-mapped where they are large.
//!
//! All `unsafe` code of the object database is in this file.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

/// Files of fewer bytes are read into memory, which is cheaper than mapping them.
const MIN_MAPPED_LEN: u64 = 64 << 10;

/// A memory-mapped file. Its bytes stay readable when the file is unlinked.
#[derive(Debug)]
pub(crate) struct MappedFile(Option<Mmap>);

impl MappedFile {
    /// Maps the file at `path`. An empty file gives an empty slice, because the system call rejects it.
    ///
    /// # Errors
    /// The file cannot be opened or mapped, or is not a regular file.
    pub(crate) fn open(path: &Path) -> io::Result<MappedFile> {
        if regular_file_len(path)? == 0 {
            return Ok(MappedFile(None));
        }
        Ok(MappedFile(Some(map(&File::open(path)?)?)))
    }
}

/// The bytes of one file: mapped, or in memory.
pub(crate) enum FileBytes {
    Mapped(MappedFile),
    Owned(Vec<u8>),
}

impl FileBytes {
    /// Reads the file at `path` if it is small, and maps it otherwise.
    ///
    /// # Errors
    /// The file cannot be read or mapped, or is not a regular file.
    pub(crate) fn open(path: &Path) -> io::Result<FileBytes> {
        if regular_file_len(path)? < MIN_MAPPED_LEN {
            return std::fs::read(path).map(FileBytes::Owned);
        }
        MappedFile::open(path).map(FileBytes::Mapped)
    }
}

/// Returns the length in bytes of the regular file at `path`.
///
/// # Errors
/// There is no such file, or it is not a regular one: opening a named pipe would block forever.
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
    // mapping valid. A process that writes into or truncates such a file in place during the scan can make this
    // process read other bytes (all of them are treated as untrusted) or end it by a signal, as with git itself.
    unsafe { Mmap::map(file) }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            FileBytes::Mapped(map) => map,
            FileBytes::Owned(bytes) => bytes,
        }
    }
}
