//! Git's delta format: an object as copies from its base and inserted bytes.
//!
//! A delta of a few bytes can declare a result of gigabytes (a copy of 16 MB takes seven bytes), so the declared size
//! is compared with the instructions before more memory is allocated than base and delta use.
//!
//! Format: the section on the deltified representation in git's `gitformat-pack`.

use thiserror::Error;

use crate::git::odb::delta_context;
use crate::git::odb::delta_context::CopiedRange;
use crate::model::memory;

/// Why a delta is invalid.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub(crate) enum DeltaError {
    /// It ends inside its header or an instruction.
    #[error("delta is truncated")]
    Truncated,
    /// A size in the header does not fit 64 bits.
    #[error("delta declares an impossible size")]
    Size,
    /// The instruction byte 0 is reserved.
    #[error("delta contains the reserved instruction 0")]
    Reserved,
    /// A copy extends outside the base.
    #[error("delta copies {len} bytes at {from} out of a base of {base}")]
    CopyOutOfRange {
        /// Byte offset of the copy in the base.
        from: u64,
        /// Number of bytes to copy.
        len: u64,
        /// Size of the base in bytes.
        base: u64,
    },
    /// The instructions produce more or fewer bytes than the header declares.
    #[error("delta declares {declared} bytes and produces another number")]
    ResultSize {
        /// The size in the header, in bytes.
        declared: u64,
    },
    /// It is for a base of another size.
    #[error("delta is for a base of {declared} bytes, and its base has {base}")]
    BaseSize {
        /// The size in the header, in bytes.
        declared: u64,
        /// The size of the base in bytes.
        base: u64,
    },
    /// The result does not fit in memory.
    #[error("no memory for the {0} bytes of a delta's result")]
    NoMemory(u64),
}

/// A delta whose header is parsed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delta<'a> {
    base_len: u64,
    result_len: u64,
    instructions: &'a [u8],
}

/// One part of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Segment<'a> {
    /// `len` bytes of the base, from `from` on. They are within the declared base size.
    Copy {
        /// Byte offset in the base.
        from: usize,
        /// Number of bytes; never 0.
        len: usize,
    },
    /// Bytes that are in the delta itself; never empty.
    Insert(&'a [u8]),
}

impl<'a> Delta<'a> {
    /// Parses the header of an inflated delta; a prefix of 20 bytes is enough for [`Delta::result_len`].
    ///
    /// # Errors
    /// The header is truncated or contains an impossible size.
    pub(crate) fn parse(raw: &'a [u8]) -> Result<Delta<'a>, DeltaError> {
        let mut rest = raw;
        let base_len = size(&mut rest)?;
        let result_len = size(&mut rest)?;
        Ok(Delta { base_len, result_len, instructions: rest })
    }

    /// Returns the declared size of the result in bytes. It is verified only when [`Delta::segments`] has ended
    /// without an error.
    pub(crate) fn result_len(&self) -> u64 {
        self.result_len
    }

    /// Iterates over the instructions in order. Ends after the first error; without an error the segments have
    /// exactly [`Delta::result_len`] bytes in total, and every copy is within [`Delta::base_len`].
    pub(crate) fn segments(&self) -> Segments<'a> {
        Segments {
            rest: self.instructions,
            base_len: self.base_len,
            result_len: self.result_len,
            produced: 0,
            is_done: false,
        }
    }

    /// Checks all instructions, for a base of `base_len` bytes.
    ///
    /// # Errors
    /// The delta is invalid, or is for a base of another size.
    pub(crate) fn check(&self, base_len: u64) -> Result<(), DeltaError> {
        if base_len != self.base_len {
            return Err(DeltaError::BaseSize { declared: self.base_len, base: base_len });
        }
        self.segments().try_for_each(|segment| segment.map(|_| ()))
    }

    /// Replaces the content of `out` with the result of applying the delta to `base`, and the content of `copies`
    /// with the ranges that come from the base; after an error both are empty. For an invalid delta, no more memory
    /// is allocated than base and delta use.
    ///
    /// # Errors
    /// The delta is invalid, is for a base of another size, or its result does not fit in memory.
    pub(crate) fn apply(
        &self,
        base: &[u8],
        out: &mut Vec<u8>,
        copies: &mut Vec<CopiedRange>,
    ) -> Result<(), DeltaError> {
        out.clear();
        copies.clear();
        let result = self.fill(base, out, copies);
        if result.is_err() {
            out.clear();
            copies.clear();
        }
        result
    }

    fn fill(&self, base: &[u8], out: &mut Vec<u8>, copies: &mut Vec<CopiedRange>) -> Result<(), DeltaError> {
        if base.len() as u64 != self.base_len {
            return Err(DeltaError::BaseSize { declared: self.base_len, base: base.len() as u64 });
        }
        // An ordinary delta is not larger than this, and is checked only while it is applied.
        if self.result_len > (base.len() + self.instructions.len()) as u64 {
            self.check(self.base_len)?;
        }
        let size = usize::try_from(self.result_len).map_err(|_| DeltaError::NoMemory(self.result_len))?;
        memory::reserve(out, size).map_err(|_| DeltaError::NoMemory(self.result_len))?;
        for segment in self.segments() {
            match segment? {
                Segment::Copy { from, len } => {
                    delta_context::push(copies, CopiedRange { base_offset: from, offset: out.len(), len });
                    out.extend_from_slice(&base[from..from + len]);
                }
                Segment::Insert(bytes) => out.extend_from_slice(bytes),
            }
        }
        Ok(())
    }
}

/// Iterates over the instructions of a [`Delta`].
#[derive(Clone, Debug)]
pub(crate) struct Segments<'a> {
    rest: &'a [u8],
    base_len: u64,
    result_len: u64,
    /// Bytes of the result so far.
    produced: u64,
    is_done: bool,
}

impl<'a> Segments<'a> {
    fn step(&mut self) -> Result<Option<Segment<'a>>, DeltaError> {
        let declared = self.result_len;
        let Some((&code, rest)) = self.rest.split_first() else {
            let is_complete = self.produced == declared;
            return if is_complete { Ok(None) } else { Err(DeltaError::ResultSize { declared }) };
        };
        self.rest = rest;
        let (segment, len) = match code {
            0 => return Err(DeltaError::Reserved),
            0x80.. => self.copy(code)?,
            len => {
                let (bytes, rest) = self.rest.split_at_checked(len as usize).ok_or(DeltaError::Truncated)?;
                self.rest = rest;
                (Segment::Insert(bytes), len as u64)
            }
        };
        self.produced = self.produced.saturating_add(len);
        if self.produced > declared {
            return Err(DeltaError::ResultSize { declared });
        }
        Ok(Some(segment))
    }

    /// Parses a copy instruction. The low seven bits of `code` select which bytes of offset (four) and length (three)
    /// follow; the others are zero. A length of 0 means 64 KiB.
    fn copy(&mut self, code: u8) -> Result<(Segment<'a>, u64), DeltaError> {
        let mut fields = [0u8; 7];
        for (bit, field) in fields.iter_mut().enumerate() {
            if code & (1 << bit) != 0 {
                let (&byte, rest) = self.rest.split_first().ok_or(DeltaError::Truncated)?;
                *field = byte;
                self.rest = rest;
            }
        }
        let [a, b, c, d, e, f, g] = fields;
        let from = u64::from(u32::from_le_bytes([a, b, c, d]));
        let len = match u32::from_le_bytes([e, f, g, 0]) {
            0 => 0x10000,
            len => u64::from(len),
        };
        if from + len > self.base_len {
            return Err(DeltaError::CopyOutOfRange { from, len, base: self.base_len });
        }
        // Both are within the base, so they fit in `usize` like its size.
        Ok((Segment::Copy { from: from as usize, len: len as usize }, len))
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Result<Segment<'a>, DeltaError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let step = self.step().transpose();
        self.is_done = !matches!(step, Some(Ok(_)));
        step
    }
}

/// Parses a size: seven bits a byte, least significant first; the high bit is set when more bytes follow.
fn size(rest: &mut &[u8]) -> Result<u64, DeltaError> {
    let mut value = 0u64;
    for shift in (0..).step_by(7) {
        let (&byte, tail) = rest.split_first().ok_or(DeltaError::Truncated)?;
        *rest = tail;
        let bits = u64::from(byte & 0x7f);
        if shift > 63 || bits << shift >> shift != bits {
            return Err(DeltaError::Size);
        }
        value |= bits << shift;
        if byte < 0x80 {
            break;
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::git::odb::pack::writer::{Instruction, delta, varint};

    fn instruction() -> impl Strategy<Value = Instruction> {
        prop_oneof![
            (0..2000u32, 1..70_000u32).prop_map(|(from, len)| Instruction::Copy(from, len)),
            prop::collection::vec(any::<u8>(), 1..128).prop_map(Instruction::Insert),
        ]
    }

    proptest! {
        #[test]
        fn applying_equals_a_naive_interpretation(
            base in prop::collection::vec(any::<u8>(), 1..1500),
            repetitions in 1..80usize,
            wanted in prop::collection::vec(instruction(), 0..40),
        ) {
            let base = base.repeat(repetitions);
            let mut expected = Vec::new();
            let mut instructions = Vec::new();
            let mut inserted = 0;
            for instruction in wanted {
                match instruction {
                    Instruction::Copy(from, len) => {
                        let from = from as usize % base.len();
                        let len = (len as usize).min(base.len() - from);
                        expected.extend_from_slice(&base[from..from + len]);
                        instructions.push(Instruction::Copy(from as u32, len as u32));
                    }
                    Instruction::Insert(bytes) => {
                        expected.extend_from_slice(&bytes);
                        inserted += bytes.len();
                        instructions.push(Instruction::Insert(bytes));
                    }
                }
            }
            let raw = delta(base.len() as u64, expected.len() as u64, &instructions);
            let parsed = Delta::parse(&raw).expect("a valid delta");
            let mut out = b"left over".to_vec();
            let mut copies = vec![CopiedRange { base_offset: 0, offset: 0, len: 1 }];
            prop_assert_eq!(parsed.apply(&base, &mut out, &mut copies), Ok(()));
            prop_assert_eq!(&out, &expected);
            let copied: usize = copies.iter().map(|copied| copied.len).sum();
            prop_assert_eq!(copied + inserted, out.len());
            for copied in &copies {
                prop_assert_eq!(&base[copied.base_offset..copied.base_end()], &out[copied.offset..copied.end()]);
            }
            for pair in copies.windows(2) {
                prop_assert!(pair[0].end() <= pair[1].offset);
                prop_assert!(pair[0].end() < pair[1].offset || pair[0].base_end() != pair[1].base_offset);
            }
            prop_assert_eq!(parsed.segments().count(), instructions.len());
        }

        #[test]
        fn arbitrary_bytes_give_an_error_or_the_declared_length(
            raw in prop::collection::vec(any::<u8>(), 0..200),
            base in prop::collection::vec(any::<u8>(), 0..200),
            has_base_len in any::<bool>(),
        ) {
            let raw = if has_base_len { [varint(base.len() as u64), raw].concat() } else { raw };
            if let Ok(parsed) = Delta::parse(&raw) {
                let mut out = Vec::new();
                match parsed.apply(&base, &mut out, &mut Vec::new()) {
                    Ok(()) => prop_assert_eq!(out.len() as u64, parsed.result_len()),
                    Err(_) => prop_assert!(out.is_empty() && out.capacity() <= base.len() + raw.len()),
                }
            }
        }
    }

    #[test]
    fn a_length_of_zero_means_64_kib() {
        let base = vec![5; 0x10000];
        let raw = [varint(0x10000), varint(0x10000), vec![0x80]].concat();
        let mut out = Vec::new();
        assert_eq!(Delta::parse(&raw).expect("header").apply(&base, &mut out, &mut Vec::new()), Ok(()));
        assert_eq!(out, base);
    }

    #[test]
    fn each_invalid_delta_has_its_error() {
        let apply = |raw: &[u8]| {
            Delta::parse(raw).and_then(|delta| delta.apply(b"0123456789", &mut Vec::new(), &mut Vec::new()))
        };
        assert_eq!(apply(&[10]), Err(DeltaError::Truncated));
        assert_eq!(apply(&[0xff; 11]), Err(DeltaError::Size));
        assert_eq!(apply(&[10, 1, 0]), Err(DeltaError::Reserved));
        assert_eq!(apply(&[10, 5, 5, b'a']), Err(DeltaError::Truncated));
        assert_eq!(apply(&[10, 5, 0x91, 1]), Err(DeltaError::Truncated));
        assert_eq!(
            apply(&[10, 9, 0x91, 2, 9]),
            Err(DeltaError::CopyOutOfRange { from: 2, len: 9, base: 10 })
        );
        assert_eq!(apply(&[10, 3, 2, b'a', b'b']), Err(DeltaError::ResultSize { declared: 3 }));
        assert_eq!(apply(&[10, 1, 2, b'a', b'b']), Err(DeltaError::ResultSize { declared: 1 }));
        assert_eq!(apply(&[9, 1, 1, b'a']), Err(DeltaError::BaseSize { declared: 9, base: 10 }));
    }
}
