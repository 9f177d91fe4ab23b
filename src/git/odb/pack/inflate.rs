//! Inflates a zlib stream (RFC 1950) whose exact output size is known in advance.
//!
//! Git stores the size of every object before its compressed bytes, so the output is allocated once, and a stream
//! of one byte less or more is corrupt. The stream's Adler-32 checksum is verified.

use flate2::{Decompress, FlushDecompress, Status};
use thiserror::Error;

use crate::model::memory;

/// The maximum expansion of deflate, rounded up (258 bytes for a symbol of one bit).
const MAX_EXPANSION: u64 = 1040;

/// Why a zlib stream could not be inflated to its expected size.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// Not a zlib stream, or its checksum differs.
    #[error("damaged zlib stream")]
    Damaged,
    /// The input ends before the stream does.
    #[error("zlib stream is truncated")]
    Truncated,
    /// The stream has another size than expected.
    #[error("{expected} bytes were expected, and the zlib stream contains {}", if *.is_longer { "more" } else { "fewer" })]
    WrongSize {
        /// The expected size in bytes.
        expected: u64,
        /// Whether the stream is longer than that.
        is_longer: bool,
    },
    /// The size is impossible for so few compressed bytes.
    #[error("{size} bytes were expected, which is too much for the compressed bytes")]
    Implausible {
        /// The expected size in bytes.
        size: u64,
    },
    /// The result does not fit in memory.
    #[error("there is not enough memory for {size} bytes")]
    NoMemory {
        /// The expected size in bytes.
        size: u64,
    },
}

/// A zlib decompressor that is reused for many streams.
#[derive(Debug)]
pub(crate) struct Inflater(Decompress);

impl Default for Inflater {
    fn default() -> Inflater {
        Inflater(Decompress::new(true))
    }
}

impl Inflater {
    /// Replaces the content of `out` with the `size` bytes of the stream at the start of `input`; bytes after the
    /// stream are ignored. Returns the length of the stream in `input`. After an error `out` is empty.
    ///
    /// # Errors
    /// The stream is damaged, truncated or of another size.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        size: u64,
        out: &mut Vec<u8>,
    ) -> Result<usize, InflateError> {
        out.clear();
        let result = self.fill(input, size, out);
        if result.is_err() {
            out.clear();
        }
        result
    }

    fn fill(&mut self, input: &[u8], size: u64, out: &mut Vec<u8>) -> Result<usize, InflateError> {
        if size / MAX_EXPANSION > input.len() as u64 {
            return Err(InflateError::Implausible { size });
        }
        // One byte more than needed, so that the decompressor always has space to reach the end of its stream.
        let capacity = usize::try_from(size).ok().and_then(|size| size.checked_add(1));
        let capacity = capacity.ok_or(InflateError::Implausible { size })?;
        memory::reserve(out, capacity).map_err(|_| InflateError::NoMemory { size })?;
        self.0.reset(true);
        loop {
            let consumed = self.0.total_in() as usize;
            let before = (self.0.total_in(), self.0.total_out());
            let status = self.0.decompress_vec(&input[consumed..], out, FlushDecompress::Finish);
            match status.map_err(|_| InflateError::Damaged)? {
                Status::StreamEnd if out.len() as u64 == size => return Ok(self.0.total_in() as usize),
                Status::StreamEnd => {
                    return Err(InflateError::WrongSize {
                        expected: size,
                        is_longer: out.len() as u64 > size,
                    });
                }
                Status::Ok | Status::BufError => {
                    if out.len() as u64 > size {
                        return Err(InflateError::WrongSize { expected: size, is_longer: true });
                    }
                    if (self.0.total_in(), self.0.total_out()) == before {
                        return Err(InflateError::Truncated);
                    }
                }
            }
        }
    }

    /// Inflates the first bytes of the stream at the start of `input`, at most as many as fit into `out`. They are
    /// not verified, because the checksum follows the last byte.
    ///
    /// # Errors
    /// The stream is damaged, or the input ends before `out` is full or the stream ends.
    pub(crate) fn inflate_prefix<'a>(
        &mut self,
        input: &[u8],
        out: &'a mut [u8],
    ) -> Result<&'a [u8], InflateError> {
        self.0.reset(true);
        loop {
            let (consumed, written) = (self.0.total_in() as usize, self.0.total_out() as usize);
            if written == out.len() {
                break;
            }
            let status = self.0.decompress(&input[consumed..], &mut out[written..], FlushDecompress::None);
            if status.map_err(|_| InflateError::Damaged)? == Status::StreamEnd {
                break;
            }
            if (consumed, written) == (self.0.total_in() as usize, self.0.total_out() as usize) {
                return Err(InflateError::Truncated);
            }
        }
        let written = self.0.total_out() as usize;
        Ok(&out[..written])
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn deflated(data: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(data).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn the_expected_bytes_and_the_length_of_the_stream_are_returned() {
        let mut inflater = Inflater::default();
        let mut out = Vec::new();
        for size in [0, 1, 2, 31, 32, 33, 4096, 65_535, 65_536, 300_000] {
            let data: Vec<u8> = (0..size).map(|n: u32| (n.wrapping_mul(n) >> 3) as u8).collect();
            for level in [0, 1, 6, 9] {
                let mut stream = deflated(&data, level);
                let length = stream.len();
                stream.extend_from_slice(b"the next entry");
                assert_eq!(inflater.inflate(&stream, data.len() as u64, &mut out), Ok(length));
                assert_eq!(out, data);
            }
        }
    }

    #[test]
    fn a_wrong_size_is_an_error_for_every_buffer_capacity() {
        let stream = deflated(b"hello world", 6);
        let mut inflater = Inflater::default();
        for capacity in [0, 5, 100, 10_000] {
            let mut out = Vec::with_capacity(capacity);
            for size in [0, 1, 10, 12, 100] {
                let expected = InflateError::WrongSize { expected: size, is_longer: size < 11 };
                assert_eq!(inflater.inflate(&stream, size, &mut out), Err(expected));
                assert!(out.is_empty());
            }
        }
    }

    #[test]
    fn each_changed_byte_of_an_uncompressed_stream_is_detected() {
        let data = b"stored without compression: only the checksum detects it";
        let stream = deflated(data, 0);
        let mut inflater = Inflater::default();
        let mut out = Vec::new();
        // Only the lowest bits of the third byte have a meaning.
        for at in 3..stream.len() {
            let mut damaged = stream.clone();
            damaged[at] ^= 0x40;
            assert!(inflater.inflate(&damaged, data.len() as u64, &mut out).is_err(), "byte {at}");
        }
    }

    #[test]
    fn truncated_streams_and_absurd_sizes_are_refused_before_memory_is_allocated() {
        let stream = deflated(&[7; 5000], 6);
        let mut inflater = Inflater::default();
        let mut out = Vec::new();
        for cut in 0..stream.len() {
            assert!(inflater.inflate(&stream[..cut], 5000, &mut out).is_err(), "cut at {cut}");
        }
        let absurd = inflater.inflate(&stream, u64::MAX, &mut out);
        assert_eq!(absurd, Err(InflateError::Implausible { size: u64::MAX }));
        assert!(out.capacity() < 1 << 20);
    }

    #[test]
    fn a_prefix_needs_only_the_start_of_the_stream() {
        let stream = deflated(&[9; 100_000], 6);
        let mut inflater = Inflater::default();
        let mut out = [0; 16];
        assert_eq!(inflater.inflate_prefix(&stream[..40], &mut out), Ok(&[9; 16][..]));
        assert_eq!(inflater.inflate_prefix(&deflated(b"abc", 6), &mut out), Ok(&b"abc"[..]));
        assert_eq!(inflater.inflate_prefix(b"\x78\x9c", &mut out), Err(InflateError::Truncated));
        assert_eq!(inflater.inflate_prefix(b"what", &mut out), Err(InflateError::Damaged));
    }
}
