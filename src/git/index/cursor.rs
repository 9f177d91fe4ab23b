//! Reads the numbers, ids and strings of an index file one after the other.

use super::error::IndexError;
use crate::git::odb::oid::{HashAlgorithm, Oid};

/// The bytes that are not yet read. Each method takes a value from their start, and fails when they end before it.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], IndexError> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(IndexError::Corrupt("it ends too early"))?;
        self.0 = tail;
        Ok(head)
    }

    pub(super) fn u32(&mut self) -> Result<u32, IndexError> {
        Ok(self.take(4)?.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
    }

    pub(super) fn u64(&mut self) -> Result<u64, IndexError> {
        Ok(u64::from(self.u32()?) << 32 | u64::from(self.u32()?))
    }

    pub(super) fn id(&mut self, algorithm: HashAlgorithm) -> Result<Oid, IndexError> {
        Oid::from_bytes(self.take(algorithm.id_len())?).ok_or(IndexError::Corrupt("bad id"))
    }

    /// Takes the bytes before the next `end` byte, and drops that byte.
    pub(super) fn until(&mut self, end: u8) -> Result<&'a [u8], IndexError> {
        let len = memchr::memchr(end, self.0).ok_or(IndexError::Corrupt("a text has no end"))?;
        let text = self.take(len)?;
        self.take(1)?;
        Ok(text)
    }

    /// Takes a base-128 number of version 4, most significant byte first. Each further byte adds one, so that no
    /// number has two encodings (as the offset of `OBJ_OFS_DELTA` in `gitformat-pack`).
    pub(super) fn varint(&mut self) -> Result<usize, IndexError> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 127);
        while byte & 128 != 0 {
            byte = self.take(1)?[0];
            value = value
                .checked_add(1)
                .and_then(|value| value.checked_mul(128))
                .ok_or(IndexError::Corrupt("a number is too large"))?
                + usize::from(byte & 127);
        }
        Ok(value)
    }
}
