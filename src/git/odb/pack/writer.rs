//! Writes valid and invalid packs and indexes for tests and fuzz targets. Ids are invented: the store does not
//! recompute them.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::git::{Kind, Oid};

/// One instruction of a delta.
#[cfg(test)]
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// Byte offset and length in the base.
    Copy(u32, u32),
    /// The bytes to insert, up to 127.
    Insert(Vec<u8>),
}

/// An invented id that differs for every `n`.
pub(crate) fn id(n: u32) -> Oid {
    let mut raw = [0; 20];
    raw[..4].copy_from_slice(&n.wrapping_mul(0x9E37_79B9).to_be_bytes());
    raw[16..].copy_from_slice(&n.to_be_bytes());
    Oid::from_bytes(&raw).expect("20 bytes")
}

/// A delta with the given header, which need not match the instructions.
#[cfg(test)]
pub(crate) fn delta(base_len: u64, result_len: u64, instructions: &[Instruction]) -> Vec<u8> {
    let mut out = [varint(base_len), varint(result_len)].concat();
    for instruction in instructions {
        match instruction {
            Instruction::Insert(bytes) => {
                out.push(bytes.len() as u8);
                out.extend_from_slice(bytes);
            }
            Instruction::Copy(from, len) => {
                let fields = [from.to_le_bytes(), len.to_le_bytes()].concat();
                let present: Vec<_> = (0..7).filter(|&field| fields[field] != 0).collect();
                out.push(present.iter().fold(0x80, |code, field| code | 1 << field));
                out.extend(present.iter().map(|&field| fields[field]));
            }
        }
    }
    out
}

pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

pub(crate) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

/// A pack that is being written.
pub(crate) struct PackWriter {
    pub(crate) bytes: Vec<u8>,
    /// The ids and offsets that the index will list.
    pub(crate) objects: Vec<(Oid, u64)>,
}

impl PackWriter {
    pub(crate) fn new() -> PackWriter {
        PackWriter { bytes: b"PACK\0\0\0\x02????".to_vec(), objects: Vec::new() }
    }

    pub(crate) fn undeltified(&mut self, id: Oid, kind: Kind, data: &[u8]) -> u64 {
        let kind = match kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        };
        self.entry(id, kind, data.len() as u64, &[], &deflate(data))
    }

    pub(crate) fn ofs_delta(&mut self, id: Oid, base: u64, delta: &[u8]) -> u64 {
        let mut distance = self.bytes.len() as u64 - base;
        let mut field = vec![distance as u8 & 0x7f];
        while distance > 0x7f {
            distance = (distance >> 7) - 1;
            field.insert(0, distance as u8 | 0x80);
        }
        self.entry(id, 6, delta.len() as u64, &field, &deflate(delta))
    }

    pub(crate) fn ref_delta(&mut self, id: Oid, base: Oid, delta: &[u8]) -> u64 {
        self.entry(id, 7, delta.len() as u64, base.as_bytes(), &deflate(delta))
    }

    /// Appends an arbitrary entry: type and size of the header, the bytes between header and stream, the stream.
    pub(crate) fn entry(&mut self, id: Oid, kind: u8, size: u64, field: &[u8], stream: &[u8]) -> u64 {
        let offset = self.bytes.len() as u64;
        self.objects.push((id, offset));
        let rest = size >> 4;
        let more = if rest > 0 { 0x80 } else { 0 };
        self.bytes.push(more | kind << 4 | size as u8 & 0x0f);
        if rest > 0 {
            self.bytes.extend(varint(rest));
        }
        self.bytes.extend_from_slice(field);
        self.bytes.extend_from_slice(stream);
        offset
    }

    /// Writes `pack-<name>.pack` and `.idx` (version 2) below the objects directory.
    pub(crate) fn write(mut self, objects_dir: &Path, name: &str) {
        let dir = objects_dir.join("pack");
        fs::create_dir_all(&dir).expect("create");
        let count = self.objects.len() as u32;
        self.bytes[8..12].copy_from_slice(&count.to_be_bytes());
        let checksum = id(count);
        self.bytes.extend_from_slice(checksum.as_bytes());
        fs::write(dir.join(format!("pack-{name}.pack")), &self.bytes).expect("write");

        self.objects.sort_by_key(|(id, _)| *id);
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        let upto = |first| self.objects.iter().filter(|(id, _)| id.as_bytes()[0] <= first).count() as u32;
        (0..=255).for_each(|first| index.extend_from_slice(&upto(first).to_be_bytes()));
        self.objects.iter().for_each(|(id, _)| index.extend_from_slice(id.as_bytes()));
        index.resize(index.len() + 4 * self.objects.len(), 0);
        for (_, offset) in &self.objects {
            index.extend_from_slice(&u32::try_from(*offset).expect("a small pack").to_be_bytes());
        }
        index.extend_from_slice(checksum.as_bytes());
        index.extend_from_slice(&[0; 20]);
        fs::write(dir.join(format!("pack-{name}.idx")), index).expect("write");
    }
}
