//! Decodes a stream to the same text as [`super::text`] decodes bytes in memory.

use std::io::{self, Read};

use super::utf16;
use super::utf16::Decoder;

/// Bytes of UTF-16 that are read at once.
const BLOCK: usize = 64 * 1024;

/// Reads decoded text from a stream of stored bytes.
#[derive(Debug)]
pub(crate) struct TextReader<R> {
    input: R,
    bytes_read: u64,
    encoding: Encoding,
}

/// The encoding of the stored bytes.
#[derive(Debug)]
enum Encoding {
    /// Nothing was read yet.
    Unknown,
    /// Text that is passed on unchanged.
    Plain,
    Utf16(Utf16),
}

impl<R: Read> TextReader<R> {
    /// Creates a reader. Nothing is read before the first [`TextReader::fill`].
    pub(crate) fn new(input: R) -> TextReader<R> {
        TextReader { input, bytes_read: 0, encoding: Encoding::Unknown }
    }

    /// Returns how many stored bytes were read.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Fills `buffer` with the next text and returns its length in bytes, which is less than that of the buffer
    /// only at the end. The encoding is detected from the start of the first buffer, which should have room for 512
    /// bytes.
    ///
    /// # Errors
    ///
    /// If the input cannot be read.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Encoding::Utf16(stream) = &mut self.encoding {
            return stream.fill(&mut self.input, &mut self.bytes_read, buffer);
        }
        let count = read_full(&mut self.input, buffer, &mut self.bytes_read)?;
        if matches!(self.encoding, Encoding::Plain) {
            return Ok(count);
        }
        let Some(order) = utf16::detect(&buffer[..count]) else {
            self.encoding = Encoding::Plain;
            return Ok(count);
        };
        let stored = buffer[..count].to_vec();
        let mut stream = Utf16 { decoder: Decoder::new(order), stored, text: Vec::new(), at_end: false };
        let count = stream.fill(&mut self.input, &mut self.bytes_read, buffer);
        self.encoding = Encoding::Utf16(stream);
        count
    }
}

#[derive(Debug)]
struct Utf16 {
    decoder: Decoder,
    /// Stored bytes that are read and not decoded yet.
    stored: Vec<u8>,
    /// Decoded text that is not passed on yet.
    text: Vec<u8>,
    at_end: bool,
}

impl Utf16 {
    fn fill(
        &mut self,
        input: &mut impl Read,
        bytes_read: &mut u64,
        mut buffer: &mut [u8],
    ) -> io::Result<usize> {
        let size = buffer.len();
        loop {
            let count = self.text.len().min(buffer.len());
            buffer[..count].copy_from_slice(&self.text[..count]);
            self.text.drain(..count);
            buffer = &mut buffer[count..];
            if buffer.is_empty() || self.at_end {
                return Ok(size - buffer.len());
            }
            let before = self.stored.len();
            self.stored.resize(before + BLOCK, 0);
            let count = read_full(input, &mut self.stored[before..], bytes_read)?;
            self.stored.truncate(before + count);
            self.at_end = count < BLOCK;
            let decoded = self.decoder.decode(&self.stored, self.at_end, &mut self.text);
            self.stored.drain(..decoded);
        }
    }
}

/// Reads until the buffer is full or the input ends.
fn read_full(input: &mut impl Read, buffer: &mut [u8], bytes_read: &mut u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => {
                filled += count;
                *bytes_read += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a few bytes per read, as a pipe does.
    struct Trickle<'b>(&'b [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len());
            self.0.read(&mut buffer[..count])
        }
    }

    fn read(bytes: &[u8], at_once: usize, buffer: usize) -> Vec<u8> {
        let mut reader = TextReader::new(Trickle(bytes, at_once));
        let (mut text, mut buffer) = (Vec::new(), vec![0; buffer]);
        loop {
            let count = reader.fill(&mut buffer).expect("memory is readable");
            text.extend_from_slice(&buffer[..count]);
            if count < buffer.len() {
                assert_eq!(reader.bytes_read(), bytes.len() as u64);
                return text;
            }
        }
    }

    #[test]
    fn text_read_in_parts_is_the_text_of_the_whole() {
        let plain = "key = 'grün 🔑'\r\n".repeat(9000);
        let units = plain.encode_utf16();
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(units.flat_map(u16::to_le_bytes)).collect();
        // A second byte order mark in the middle, half a character at the end.
        let odd = [&utf16[..], &utf16[..], b"\x3d\xd8\0"].concat();
        for bytes in [plain.as_bytes(), &utf16, &odd, b"\xff\xfe\xff\xfe", b"x", b""] {
            for (at_once, buffer) in [(7, 512), (usize::MAX, 513), (100_000, 1000), (usize::MAX, 1 << 20)] {
                assert!(
                    read(bytes, at_once, buffer) == super::super::text(bytes).as_ref(),
                    "{at_once} {buffer}"
                );
            }
        }
    }
}
