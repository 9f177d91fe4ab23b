//! Inspects what may be larger than memory, part after part.
//!
//! Each part overlaps its neighbours by as much as any judgement looks at, so what is found is what would be
//! found in the whole, and it costs the same memory however large that is. Files are not mapped: one that is
//! cut off while it is read, as logs are, would end the process.

use std::io;

use crate::decode::TextReader;
use crate::model::{Locator, Place, character_boundary};

use super::blob_scanner::{Inspected, Inspector, Part};

/// How much of a text is judged at once. Most files are smaller and are one part.
const PART: usize = 2 * 1024 * 1024;

/// Reads one text after the other into the same memory; one a thread.
pub(crate) struct PartReader {
    /// One part with its overlaps. What no text has reached yet is not taken from the system.
    buffer: Vec<u8>,
    before: usize,
    behind: usize,
}

/// What was read of one text.
pub(crate) struct Inspection<'i, 'b> {
    /// What it holds, also where the end was not reached.
    pub(crate) inspected: Inspected<'i>,
    /// How many stored bytes were read.
    pub(crate) bytes: u64,
    /// The text itself, where one part is all of it.
    pub(crate) text: Option<&'b [u8]>,
    /// Why the end was not reached, if so.
    pub(crate) unread: Option<Unread>,
}

/// Why reading ended early.
pub(crate) enum Unread {
    /// There are more bytes than the limit allows.
    TooLarge,
    /// The system does not hand them out.
    Failed(io::Error),
}

impl PartReader {
    /// For texts that `inspector` looks at.
    pub(crate) fn new(inspector: &Inspector<'_>) -> PartReader {
        PartReader::with_part(inspector, PART)
    }

    fn with_part(inspector: &Inspector<'_>, part: usize) -> PartReader {
        let (before, behind) = inspector.overlap();
        PartReader { buffer: vec![0; before + part + behind], before, behind }
    }

    /// Inspects all that `input` gives, up to `limit` bytes. `what` names it in a gap.
    pub(crate) fn inspect<'i>(
        &mut self,
        inspector: &'i Inspector<'_>,
        input: &mut dyn io::Read,
        limit: Option<u64>,
        what: impl Fn() -> String,
    ) -> Inspection<'i, '_> {
        let mut reader = TextReader::new(input);
        let mut inspected = Inspected::default();
        // What comes before the buffer, how much of the buffer is text, and from where in it values are to
        // be reported.
        let (mut offset, mut first, mut filled, mut start) = (0, Place::default(), 0, 0);
        let (is_one_part, unread) = loop {
            let was_filled = filled;
            let unread = match reader.fill(&mut self.buffer[filled..]) {
                Ok(count) => {
                    filled += count;
                    None
                }
                Err(error) => Some(Unread::Failed(error)),
            };
            if limit.is_some_and(|limit| reader.bytes_read() > limit) {
                inspected = Inspected::default();
                break (false, Some(Unread::TooLarge));
            }
            let text = &self.buffer[..filled];
            let is_last = filled < self.buffer.len();
            let end = if is_last { filled } else { filled - self.behind };
            inspector.inspect_part(
                &Part { text, offset, first, reported: start..end },
                &mut inspected,
                &what,
            );
            if is_last {
                break (was_filled == 0, unread);
            }
            let kept = character_boundary(text, end - self.before);
            first = Locator::new(text, first).place(kept);
            offset += kept;
            start = end - kept;
            self.buffer.copy_within(kept..filled, 0);
            filled -= kept;
        };
        inspected.say_what_is_cut(what);
        let text = is_one_part.then(|| &self.buffer[..filled]);
        Inspection { inspected, bytes: reader.bytes_read(), text, unread }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Settings;
    use crate::scan::tests::{RULE, settings, token};

    /// Text with values at all distances from the parts' ends, most of them beside something that is
    /// looked at too.
    fn text(settings: &Settings) -> Vec<u8> {
        let line = |number: usize| {
            let token = token(settings, number as u64);
            match number % 5 {
                0 => format!("token = '{token}' # stopleak:allow {RULE} behind {number}\r\n"),
                1 => format!("# stopleak:allow {RULE} above {number}\n  token = '{token}'\n"),
                2 => format!("{{\"ä\": \"{token}\", \"{token}\": \"é\"}}"),
                3 => "x ü ".repeat(number * 7 % 4000),
                _ => format!("\nthe rest of {number}\n").repeat(number % 90),
            }
        };
        (0..300).map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn parts_of_any_size_hold_what_the_whole_holds() {
        let settings = settings();
        let inspector = Inspector::new(&settings).expect("the built-in rules are fine");
        let in_parts = |bytes: &[u8], part: usize| {
            let mut reader = PartReader::with_part(&inspector, part);
            let mut input = bytes;
            let read = reader.inspect(&inspector, &mut input, None, || "what".to_owned());
            assert_eq!((read.bytes, read.unread.is_none()), (bytes.len() as u64, true));
            assert_eq!(read.text.is_some(), part > bytes.len(), "{part}");
            format!("{:?}", read.inspected)
        };
        let text = text(&settings);
        let whole = format!("{:?}", inspector.inspect(&text, || "what".to_owned()));
        for (mark, count) in [("inline: above", 20), ("inline: behind", 20), ("start_line", 60)] {
            assert!(
                whole.matches(mark).count() >= count,
                "the text is no good example: {} of {mark}",
                whole.matches(mark).count()
            );
        }
        for part in [9973, 2 * text.len()] {
            assert!(in_parts(&text, part) == whole, "{part}");
        }
        let units = std::str::from_utf8(&text).expect("text").encode_utf16();
        let utf16: Vec<u8> = [0xFE, 0xFF].into_iter().chain(units.flat_map(u16::to_be_bytes)).collect();
        assert!(in_parts(&utf16, 50_000) == whole);
    }

    #[test]
    fn what_was_found_before_reading_failed_is_kept() {
        struct Fails;
        impl io::Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StaleNetworkFileHandle.into())
            }
        }
        let settings = settings();
        let inspector = Inspector::new(&settings).expect("the built-in rules are fine");
        let mut reader = PartReader::with_part(&inspector, 5000);
        let text = text(&settings);
        let mut input = io::Read::chain(text.as_slice(), Fails);
        let read = reader.inspect(&inspector, &mut input, None, || "what".to_owned());
        assert!(matches!(read.unread, Some(Unread::Failed(_))));
        assert!(read.inspected.candidates.len() > 20);
        // More than is allowed was not read at all.
        let read = reader.inspect(&inspector, &mut text.as_slice(), Some(text.len() as u64 - 1), String::new);
        assert!(matches!(read.unread, Some(Unread::TooLarge)) && read.inspected.candidates.is_empty());
        let read = reader.inspect(&inspector, &mut text.as_slice(), Some(text.len() as u64), String::new);
        assert!(read.unread.is_none());
    }
}
