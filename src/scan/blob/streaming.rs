//! Scans input that may be larger than memory, chunk by chunk.
//!
//! Each chunk overlaps its neighbours by the context that decides about a value, so the findings are those of the whole
//! text, in constant memory. Files are not mapped: one that is truncated while it is read, as logs are, would end the
//! process.

use std::io;

use crate::model::{character_boundary, memory};

use super::blob_scanner::{BlobScan, BlobScanner};
use super::chunk::Chunker;

/// Bytes of a chunk, without its overlaps. Most files are smaller and are one chunk.
const CHUNK_SIZE: usize = 2 * 1024 * 1024;

/// Scans one text after the other through the same buffer; one per thread.
pub(crate) struct StreamScanner {
    /// One chunk with its overlaps, or empty before the first text. Pages that no text has filled yet use no memory.
    buffer: Vec<u8>,
    /// Bytes of the buffer.
    size: usize,
    /// Bytes of text that decide about a value, before and after it.
    overlap: (usize, usize),
}

/// The result of scanning one text.
pub(crate) struct StreamScan<'i, 'b> {
    /// What was found, also if reading stopped early.
    pub(crate) scan: BlobScan<'i>,
    /// Number of bytes that were read.
    pub(crate) bytes_read: u64,
    /// All bytes, if they are one chunk.
    pub(crate) bytes: Option<&'b [u8]>,
    /// Why reading stopped before the end, if so.
    pub(crate) stopped: Option<StopReason>,
}

/// Why reading stopped early.
pub(crate) enum StopReason {
    /// The text has more bytes than the limit allows.
    TooLarge,
    /// The system returned an error.
    Failed(io::Error),
}

impl StreamScanner {
    /// Returns one for `scanner`.
    pub(crate) fn new(scanner: &BlobScanner<'_>) -> StreamScanner {
        StreamScanner::with_chunk_size(scanner, CHUNK_SIZE)
    }

    fn with_chunk_size(scanner: &BlobScanner<'_>, size: usize) -> StreamScanner {
        let overlap = scanner.chunk_overlap();
        let chunker = Chunker::new(overlap);
        let size = chunker.stored_before() + size + chunker.stored_after();
        StreamScanner { buffer: Vec::new(), size, overlap }
    }

    /// Scans `input` to its end, up to `limit` bytes. `what` names it in an unscanned entry.
    pub(crate) fn scan<'i>(
        &mut self,
        scanner: &'i BlobScanner<'_>,
        input: &mut dyn io::Read,
        limit: Option<u64>,
        what: impl Fn() -> String,
    ) -> StreamScan<'i, '_> {
        let mut scan = BlobScan::default();
        if self.buffer.is_empty() {
            if let Err(error) = memory::check(self.size) {
                let stopped = StopReason::Failed(io::Error::new(io::ErrorKind::OutOfMemory, error));
                return StreamScan { scan, bytes_read: 0, bytes: None, stopped: Some(stopped) };
            }
            self.buffer = vec![0; self.size];
        }
        let mut reader = Reader { input, bytes: 0 };
        let mut chunker = Chunker::new(self.overlap);
        // Byte offset of the buffer in the whole, how much of it is filled, and from where in it values are reported.
        let (mut offset, mut filled, mut reported) = (0, 0, 0_usize);
        let (is_one_chunk, stopped) = loop {
            let was_filled = filled;
            let stopped = match reader.fill(&mut self.buffer[filled..]) {
                Ok(count) => {
                    filled += count;
                    None
                }
                Err((count, error)) => {
                    filled += count;
                    Some(StopReason::Failed(error))
                }
            };
            if limit.is_some_and(|limit| reader.bytes > limit) {
                scan = BlobScan::default();
                break (false, Some(StopReason::TooLarge));
            }
            let bytes = &self.buffer[..filled];
            let is_last = filled < self.buffer.len();
            let end =
                if is_last { filled } else { character_boundary(bytes, filled - chunker.stored_after()) };
            chunker.read(bytes, offset, reported..end, |chunk| scanner.scan_chunk(chunk, &mut scan, &what));
            if is_last {
                break (was_filled == 0, stopped);
            }
            let kept = end.saturating_sub(chunker.stored_before());
            offset += kept;
            reported = end - kept;
            self.buffer.copy_within(kept..filled, 0);
            filled -= kept;
        };
        scan.report_truncation(what);
        let bytes = is_one_chunk.then(|| &self.buffer[..filled]);
        StreamScan { scan, bytes_read: reader.bytes, bytes, stopped }
    }
}

/// Counts the bytes that are read.
struct Reader<'r> {
    input: &'r mut dyn io::Read,
    bytes: u64,
}

impl Reader<'_> {
    /// Reads until the buffer is full or the input ends, and returns how many bytes were read.
    ///
    /// # Errors
    ///
    /// If the input cannot be read, with the number of bytes that were read before.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, (usize, io::Error)> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.input.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => {
                    filled += count;
                    self.bytes += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err((filled, error)),
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::model::UnscannedKind;
    use crate::model::{Provenance, RepoPath};
    use crate::scan::settings::Settings;
    use crate::scan::testing::{RULE, settings, token};

    /// Returns text with values at all distances from the ends of chunks, most of them with context that decides about
    /// them.
    fn text(settings: &Settings) -> Vec<u8> {
        let line = |number: usize| {
            let token = token(settings, number as u64);
            match number % 5 {
                0 => format!("token = '{token}' # stopleak:allow {RULE} after {number}\r\n"),
                1 => format!("# stopleak:allow {RULE} above {number}\n  token = '{token}'\n"),
                2 => format!("{{\"ä\": \"{token}\", \"{token}\": \"é\"}}"),
                3 => "x ü ".repeat(number * 7 % 4000),
                _ => format!("\nthe rest of {number}\n").repeat(number % 90),
            }
        };
        (0..300).map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn chunks_of_any_size_give_the_findings_of_the_whole() {
        let settings = settings();
        let scanner = BlobScanner::new(&settings).expect("the built-in rules are fine");
        let in_chunks = |bytes: &[u8], size: usize| {
            let mut reader = StreamScanner::with_chunk_size(&scanner, size);
            let mut input = bytes;
            let read = reader.scan(&scanner, &mut input, None, || "what".to_owned());
            assert_eq!((read.bytes_read, read.stopped.is_none()), (bytes.len() as u64, true));
            assert_eq!(read.bytes.is_some(), size > bytes.len(), "{size}");
            format!("{:?}", read.scan)
        };
        let text = text(&settings);
        let whole = format!("{:?}", scanner.scan(&text, || "what".to_owned()));
        let above = "AllowComment { reason: Ok(\"above";
        let after = "AllowComment { reason: Ok(\"after";
        for (expected, count) in [(above, 20), (after, 20), ("start_line", 60)] {
            assert!(
                whole.matches(expected).count() >= count,
                "the text is no good example: {} of {expected}",
                whole.matches(expected).count()
            );
        }
        for size in [9973, 2 * text.len()] {
            assert!(in_chunks(&text, size) == whole, "{size}");
        }
        let units = std::str::from_utf8(&text).expect("text").encode_utf16();
        let utf16: Vec<u8> = [0xFE, 0xFF].into_iter().chain(units.flat_map(u16::to_be_bytes)).collect();
        assert!(in_chunks(&utf16, 50_000) == format!("{:?}", scanner.scan(&utf16, String::new)));
        let findings = |bytes: &[u8]| {
            let candidates = scanner.scan(bytes, String::new).candidates;
            scanner.findings(candidates, &Provenance::file(RepoPath::new("a")))
        };
        assert!(findings(&utf16) == findings(&text));

        // Plain text, parts of each byte order, and binary data.
        let wide = |text: &[u8], order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            String::from_utf8_lossy(text).encode_utf16().flat_map(order).collect()
        };
        let (first, rest) = text.split_at(text.len() / 3);
        let (second, third) = rest.split_at(rest.len() / 2);
        let binary = vec![0; 70_000];
        let mixed =
            [first, &wide(second, u16::to_le_bytes), &binary, third, b"\n", &wide(first, u16::to_be_bytes)]
                .concat();
        let whole = format!("{:?}", scanner.scan(&mixed, || "what".to_owned()));
        assert!(whole.matches("start_line").count() > 150, "{}", whole.matches("start_line").count());
        for size in [9973, 250_001] {
            assert!(in_chunks(&mixed, size) == whole, "{size}");
        }
    }

    #[test]
    fn a_text_is_scanned_until_the_deadline_with_the_same_findings() {
        let later = Instant::now() + Duration::from_secs(1_000_000);
        let scan = |deadline: Option<Instant>| {
            let settings = Settings { deadline, stats: true, ..settings() };
            let scanner = BlobScanner::new(&settings).expect("the built-in rules are fine");
            let text = text(&settings);
            let values = scanner.bare_values(&text).len();
            let searched = scanner.stage_counts().expect("counted").bytes;
            let scan = scanner.scan(&text, || "a text".to_owned());
            let reason = scan.unscanned.as_ref().map(|entry| (entry.kind, entry.what.clone()));
            (format!("{:?}", scan.candidates), values, reason, searched as usize / text.len())
        };
        let whole = scan(None);
        assert_eq!((whole.1 > 20, &whole.2, whole.3), (true, &None, 1));
        let in_chunks = scan(Some(later));
        assert!(in_chunks.0 == whole.0 && in_chunks.1 == whole.1 && in_chunks.3 > 1);
        let late = (UnscannedKind::OutOfTime, "a text".to_owned());
        assert_eq!(scan(Some(Instant::now())), ("[]".to_owned(), 0, Some(late), 0));
    }

    #[test]
    fn findings_before_a_read_error_are_kept() {
        struct Fails;
        impl io::Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StaleNetworkFileHandle.into())
            }
        }
        let settings = settings();
        let scanner = BlobScanner::new(&settings).expect("the built-in rules are fine");
        let mut reader = StreamScanner::with_chunk_size(&scanner, 5000);
        let text = text(&settings);
        let mut input = io::Read::chain(text.as_slice(), Fails);
        let read = reader.scan(&scanner, &mut input, None, || "what".to_owned());
        assert!(matches!(read.stopped, Some(StopReason::Failed(_))));
        assert!(read.scan.candidates.len() > 20);
        // A text over the limit has no findings.
        let read = reader.scan(&scanner, &mut text.as_slice(), Some(text.len() as u64 - 1), String::new);
        assert!(matches!(read.stopped, Some(StopReason::TooLarge)) && read.scan.candidates.is_empty());
        let read = reader.scan(&scanner, &mut text.as_slice(), Some(text.len() as u64), String::new);
        assert!(read.stopped.is_none());
    }
}
