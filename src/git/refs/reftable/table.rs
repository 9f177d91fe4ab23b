//! One table: the refs in it, if every byte of its structure fits.
//!
//! The footer repeats the header and has a checksum, and log blocks are compressed with one. Blocks of refs have none:
//! of those, lengths, order of keys, types, offsets and names are checked, and that the index of the table names them.
//!
//! Format: git's `reftable` (Documentation/technical).

use std::collections::HashMap;

use thiserror::Error;

use super::records::{Records, u24};
use crate::git::odb::oid::{HashAlgorithm, Oid};
use crate::git::odb::pack::Inflater;

/// Bytes of a footer after its copy of the header.
const FOOTER_TAIL_LEN: usize = 44;

/// What does not fit in a table.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub(super) struct TableError(pub(super) &'static str);

/// The value that a table records for a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefValue {
    /// The ref was deleted: older tables do not count.
    Deleted,
    /// The id of an object.
    Id(Oid),
    /// The name of another ref.
    Symbolic,
}

/// The content of one table, as far as it is needed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// First and last number of an update in the table.
    pub(super) updates: (u64, u64),
    /// The refs, in the order of their names.
    pub(super) refs: Vec<(Vec<u8>, RefValue)>,
}

/// A block that was read.
struct Block {
    kind: u8,
    last_key: Vec<u8>,
}

struct Reader<'a> {
    algorithm: HashAlgorithm,
    /// The file without its footer.
    body: &'a [u8],
    header_len: usize,
    /// Size of padded blocks; 0 if none is padded.
    block_size: usize,
    table: Table,
    blocks: HashMap<u64, Block>,
    /// Last key of each kind of block.
    last_keys: HashMap<u8, Vec<u8>>,
    inflater: Inflater,
}

impl Table {
    /// Reads the table in `bytes`.
    ///
    /// # Errors
    /// Something in it does not fit.
    pub(super) fn parse(bytes: &[u8], algorithm: HashAlgorithm) -> Result<Table, TableError> {
        if bytes.is_empty() {
            return Err(TableError("it is empty"));
        }
        let header_len = match bytes.get(..5) {
            Some(b"REFT\x01") => 24,
            Some(b"REFT\x02") => 28,
            _ => return Err(TableError("it has no header of a reftable")),
        };
        let footer_len = header_len + FOOTER_TAIL_LEN;
        let body_len = bytes.len().checked_sub(footer_len).filter(|len| *len >= header_len);
        let (body, footer) = bytes.split_at(body_len.ok_or(TableError("it is truncated"))?);
        let (checked, checksum) = footer.split_last_chunk::<4>().ok_or(TableError("it is truncated"))?;
        if crc32fast::hash(checked) != u32::from_be_bytes(*checksum) {
            return Err(TableError("its footer has another checksum, or it is truncated"));
        }
        let header = &body[..header_len];
        if !footer.starts_with(header) {
            return Err(TableError("its header differs from the copy in its footer"));
        }
        let hash = if header_len == 24 { &b"sha1"[..] } else { &header[24..] };
        if hash != (if algorithm == HashAlgorithm::Sha1 { b"sha1" } else { b"s256" }) {
            return Err(TableError("it is for another hash algorithm"));
        }
        let (first, last) = (number(header, 8), number(header, 16));
        if first > last {
            return Err(TableError("its update numbers decrease"));
        }
        let mut reader = Reader {
            algorithm,
            body,
            header_len,
            block_size: header.get(5..8).and_then(|size| size.try_into().ok()).map_or(0, u24),
            table: Table { updates: (first, last), refs: Vec::new() },
            blocks: HashMap::new(),
            last_keys: HashMap::new(),
            inflater: Inflater::default(),
        };
        reader.read_blocks()?;
        reader.check_footer(&footer[header_len..])?;
        Ok(reader.table)
    }
}

impl Reader<'_> {
    fn read_blocks(&mut self) -> Result<(), TableError> {
        let body = self.body;
        let mut start = 0;
        // The first block begins with the header of the file, and its length and offsets count from there.
        let mut header_len = self.header_len;
        while start + header_len < body.len() {
            let at = start + header_len;
            let truncated = TableError("a block is longer than the file");
            let (kind, len) = match body.get(at..at + 4) {
                Some([kind, len @ ..]) => (*kind, u24(len.try_into().map_err(|_| truncated)?)),
                _ => return Err(truncated),
            };
            let content = len.checked_sub(header_len + 4).ok_or(TableError("a block is too short"))?;
            let data = &body[at + 4..];
            let end = match kind {
                b'g' => {
                    let mut inflated = Vec::new();
                    let used = self.inflater.inflate(data, content as u64, &mut inflated);
                    let used = used.map_err(|_| TableError("a block of reflogs is damaged"))?;
                    self.read_block(start, kind, &inflated, header_len + 4)?;
                    at + 4 + used
                }
                b'r' | b'i' | b'o' => {
                    self.read_block(start, kind, data.get(..content).ok_or(truncated)?, header_len + 4)?;
                    self.skip_padding(start, start + len)?
                }
                _ => return Err(TableError("a block has an unknown type")),
            };
            (start, header_len) = (end, 0);
        }
        Ok(())
    }

    /// Returns where the block after the one from `start` to `end` begins. Git leaves out the padding before a block of
    /// another kind.
    fn skip_padding(&self, start: usize, end: usize) -> Result<usize, TableError> {
        let padded = start + self.block_size;
        if end >= padded || self.body.get(end).is_none_or(|byte| *byte != 0) {
            return Ok(end);
        }
        match self.body.get(end..padded) {
            Some(padding) if padding.iter().all(|byte| *byte == 0) => Ok(padded),
            _ => Err(TableError("the padding of a block is damaged")),
        }
    }

    /// Reads the records of the block at `start`.
    fn read_block(&mut self, start: usize, kind: u8, content: &[u8], base: usize) -> Result<(), TableError> {
        // An index can have several levels, of which each begins again.
        let before = if kind == b'i' { None } else { self.last_keys.remove(&kind) };
        let mut records = Records::new(content, base, before.unwrap_or_default())?;
        while let Some(value_type) = records.next()? {
            match kind {
                b'r' => self.read_ref(&mut records, value_type)?,
                b'g' => read_log(&mut records, value_type, self.algorithm.id_len())?,
                b'o' => self.read_object(&mut records, value_type)?,
                _ => {
                    let position = records.varint()?;
                    let block = self.blocks.get(&position);
                    if block.is_none_or(|block| block.last_key != records.key) {
                        return Err(TableError("an index names a block that is not there"));
                    }
                }
            }
        }
        self.blocks.insert(start as u64, Block { kind, last_key: records.key.clone() });
        self.last_keys.insert(kind, records.key);
        Ok(())
    }

    fn read_ref(&mut self, records: &mut Records<'_>, value_type: u8) -> Result<(), TableError> {
        let (first, last) = self.table.updates;
        if records.varint()? > last - first {
            return Err(TableError("a ref has an update number outside of the table"));
        }
        if !records.key.iter().all(|byte| *byte > b' ' && !b"~^:?*[\\\x7f".contains(byte)) {
            return Err(TableError("a ref has a name that git does not allow"));
        }
        let value = match value_type {
            0 => RefValue::Deleted,
            1 | 2 => {
                let id = Oid::from_bytes(records.bytes(self.algorithm.id_len())?);
                if value_type == 2 {
                    records.bytes(self.algorithm.id_len())?;
                }
                RefValue::Id(id.expect("as many bytes as an id has"))
            }
            3 => {
                let len = records.varint()?;
                records.bytes(len as usize)?;
                RefValue::Symbolic
            }
            _ => return Err(TableError("a ref has a value of unknown type")),
        };
        self.table.refs.push((records.key.clone(), value));
        Ok(())
    }

    /// Reads the positions of the blocks with refs to one object.
    fn read_object(&self, records: &mut Records<'_>, count: u8) -> Result<(), TableError> {
        let count = if count == 0 { records.varint()? } else { u64::from(count) };
        let mut position = 0u64;
        for _ in 0..count {
            position = position.saturating_add(records.varint()?);
            if self.blocks.get(&position).is_none_or(|block| block.kind != b'r') {
                return Err(TableError("a list of objects names a block that is not there"));
            }
        }
        Ok(())
    }

    /// Checks the positions in the footer, `tail`: each is that of a block of the kind.
    fn check_footer(&self, tail: &[u8]) -> Result<(), TableError> {
        let fits = |position: u64, kind: u8| {
            position == 0 || self.blocks.get(&position).is_some_and(|block| block.kind == kind)
        };
        let first_is_log = self.blocks.get(&0).is_some_and(|block| block.kind == b'g');
        let has_logs = self.last_keys.contains_key(&b'g');
        let is_complete = fits(number(tail, 0), b'i')
            && fits(number(tail, 8) >> 5, b'o')
            && fits(number(tail, 16), b'i')
            && fits(number(tail, 24), b'g')
            && fits(number(tail, 32), b'i')
            && (!has_logs || first_is_log || number(tail, 24) != 0);
        is_complete.then_some(()).ok_or(TableError("its footer names a block that is not there"))
    }
}

/// Reads an entry of a reflog.
fn read_log(records: &mut Records<'_>, value_type: u8, id_len: usize) -> Result<(), TableError> {
    let key_fits = records.key.len().checked_sub(9).is_some_and(|end| records.key[end] == 0);
    if !key_fits || value_type > 1 {
        return Err(TableError("an entry of a reflog has an unknown form"));
    }
    if value_type == 1 {
        records.bytes(2 * id_len)?;
        for _ in ["name", "mail"] {
            let len = records.varint()?;
            records.bytes(len as usize)?;
        }
        records.varint()?;
        records.bytes(2)?;
        let len = records.varint()?;
        records.bytes(len as usize)?;
    }
    Ok(())
}

/// Returns the big-endian number of eight bytes at `at`, which has to be inside of `bytes`.
fn number(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes)
}
