//! The records of one block: keys with shared prefixes in ascending order, each with a value.

use super::table::TableError;

/// Reads the records of a block one after the other.
pub(super) struct Records<'a> {
    /// The block up to its restart table.
    data: &'a [u8],
    /// Offsets of records with a whole key, three bytes each, not yet reached.
    restarts: &'a [u8],
    at: usize,
    /// What offsets are relative to, before the start of `data`.
    base: usize,
    /// The key of the last record; at the start that of the last record of the block before.
    pub(super) key: Vec<u8>,
    is_first: bool,
}

impl<'a> Records<'a> {
    /// Reads the records of `content`, a block without its header. Offsets in the block count `base` bytes before it.
    /// `after`: the last key of the block before it, which all keys follow.
    pub(super) fn new(content: &'a [u8], base: usize, after: Vec<u8>) -> Result<Records<'a>, TableError> {
        let (rest, count) = content.split_last_chunk::<2>().ok_or(TableError("a block is too short"))?;
        let len = usize::from(u16::from_be_bytes(*count)) * 3;
        let split = rest.len().checked_sub(len).filter(|_| len > 0);
        let (data, restarts) =
            rest.split_at(split.ok_or(TableError("a restart table is too long or empty"))?);
        Ok(Records { data, restarts, at: 0, base, key: after, is_first: true })
    }

    /// Reads the next key into [`Records::key`]. Returns the bits beside its length, which give the type of the value;
    /// `None` after the last record.
    pub(super) fn next(&mut self) -> Result<Option<u8>, TableError> {
        if self.at == self.data.len() {
            return match self.restarts.is_empty() && !self.is_first {
                true => Ok(None),
                false => Err(TableError("a restart offset names no record")),
            };
        }
        let is_restart = self.take_restart();
        let shared = self.varint()? as usize;
        let length_and_type = self.varint()?;
        if (is_restart && shared > 0) || (self.is_first && !is_restart) || shared > self.key.len() {
            return Err(TableError("a key has an impossible prefix"));
        }
        let suffix = self.bytes((length_and_type >> 3) as usize)?;
        let order = suffix.cmp(&self.key[shared..]);
        if order != std::cmp::Ordering::Greater {
            return Err(TableError("keys are not in ascending order"));
        }
        self.key.truncate(shared);
        self.key.extend_from_slice(suffix);
        self.is_first = false;
        Ok(Some((length_and_type & 7) as u8))
    }

    /// Whether the restart table lists the record at the current offset.
    fn take_restart(&mut self) -> bool {
        let Some((row, rest)) = self.restarts.split_first_chunk::<3>() else { return false };
        let is_here = u24(row) == self.base + self.at;
        if is_here {
            self.restarts = rest;
        }
        is_here
    }

    /// Reads a number in the encoding of `OBJ_OFS_DELTA`: seven bits a byte, most significant first, each further byte
    /// adding one.
    pub(super) fn varint(&mut self) -> Result<u64, TableError> {
        let mut byte = self.bytes(1)?[0];
        let mut value = u64::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.bytes(1)?[0];
            let next = value.checked_add(1).and_then(|value| value.checked_mul(128));
            value = next.ok_or(TableError("a number is too large"))? | u64::from(byte & 0x7f);
        }
        Ok(value)
    }

    /// Reads this many bytes.
    pub(super) fn bytes(&mut self, len: usize) -> Result<&'a [u8], TableError> {
        let bytes = self.at.checked_add(len).and_then(|end| self.data.get(self.at..end));
        let bytes = bytes.ok_or(TableError("a record is longer than its block"))?;
        self.at += len;
        Ok(bytes)
    }
}

/// Returns the big-endian number in three bytes.
pub(super) fn u24(bytes: &[u8; 3]) -> usize {
    usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2])
}
