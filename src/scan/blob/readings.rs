//! Joins the matches of all readings of the same bytes: each value is one match.

use std::cmp::Reverse;
use std::ops::Range;

use crate::decode::{Reading, ReadingKind};
use crate::engine::{Match, joined};
use crate::model::{Locator, Position, Span};

/// A match in one of the readings.
#[derive(Clone, Debug)]
pub(crate) struct ReadMatch<'e> {
    /// Index of the reading.
    pub(crate) reading: usize,
    /// The value in the text of the reading.
    pub(crate) span: Span,
    /// The match; its spans are those of the stored bytes.
    pub(crate) matched: Match<'e>,
}

/// Returns the matches of all plausible readings in the order of the stored bytes, each value of a rule once: of its
/// matches the most certain, then that of the most exact reading. `candidates` returns the matches in a reading, given
/// with its index.
pub(crate) fn merged_matches<'e>(
    readings: &[Reading<'_>],
    mut candidates: impl FnMut(usize, &Reading<'_>) -> Vec<Match<'e>>,
) -> Vec<ReadMatch<'e>> {
    let mut all = Vec::new();
    for (index, reading) in readings.iter().enumerate().filter(|(_, reading)| reading.is_plausible) {
        all.extend(candidates(index, reading).into_iter().map(|found| {
            let (span, whole) = (reading.stored_span(found.span), reading.stored_span(found.whole));
            ReadMatch { reading: index, span: found.span, matched: Match { span, whole, ..found } }
        }));
    }
    if readings.len() > 1 {
        all.sort_by_key(|found| {
            let Match { span, rule_index, confidence, .. } = found.matched;
            (span, rule_index, Reverse(confidence), found.reading)
        });
        all.dedup_by_key(|found| (found.matched.span, found.matched.rule_index));
        drop_parts(readings, &mut all);
        all.sort_by(|a, b| a.matched.cmp_position(&b.matched));
    }
    all
}

/// Drops matches without zero bytes that overlap one of decoded text: a character that is not ASCII ends them early.
fn drop_parts(readings: &[Reading<'_>], all: &mut Vec<ReadMatch<'_>>) {
    let kind = |found: &ReadMatch<'_>| readings[found.reading].kind;
    let is_decoded = |found: &&ReadMatch<'_>| kind(found) == ReadingKind::Utf16;
    let decoded = joined(all.iter().filter(is_decoded).map(|found| found.matched.span).collect());
    all.retain(|found| {
        let span = found.matched.span;
        let after = decoded.partition_point(|decoded| decoded.end <= span.start);
        let is_part = decoded.get(after).is_some_and(|decoded| decoded.start < span.end);
        !(is_part && kind(found) == ReadingKind::Narrowed)
    });
}

/// Returns the position of the end of the stored `range` in each reading, given those of its start.
pub(crate) fn advanced(
    readings: &[Reading<'_>],
    start: [Position; ReadingKind::COUNT],
    range: Range<usize>,
) -> [Position; ReadingKind::COUNT] {
    let end = |reading: &Reading<'_>, kind: ReadingKind| {
        let text = &reading.text[reading.text_offset(range.start)..reading.text_offset(range.end)];
        Locator::new(text, start[kind as usize]).position(text.len())
    };
    let mut position = start;
    for kind in ReadingKind::ALL {
        // Bytes that were not decoded are the same text.
        let reading = readings.iter().find(|reading| reading.kind == kind);
        let stored = readings.iter().find(|reading| reading.kind == ReadingKind::Stored);
        if let Some(reading) = reading.or(stored) {
            position[kind as usize] = end(reading, kind);
        }
    }
    position
}

#[cfg(all(test, feature = "git"))]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::decode::testing::wide;
    use crate::scan::blob::blob_scanner::BlobScanner;
    use crate::scan::blob::streaming::StreamScanner;
    use crate::scan::testing::{RULE, settings, token};

    fn leading() -> impl Strategy<Value = Vec<u8>> {
        let mark = select(vec![&b""[..], b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\xef\xbb\xbf"]);
        let units =
            "[ -~ä中\r\n]{1,200}".prop_map(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        let bytes = prop_oneof![
            vec(any::<u8>(), 2..512),
            vec(select(vec![0, 0, 0, b'a', b'\n', 0xFF]), 2..512),
            units,
            "[ -~\n]{2,512}".prop_map(String::into_bytes),
        ];
        (mark, bytes).prop_map(|(mark, bytes): (&[u8], Vec<u8>)| {
            let mut all = [mark, &bytes].concat();
            all.truncate(512);
            all
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

        #[test]
        fn a_token_is_found_behind_any_bytes(
            leading in leading(),
            (width, is_big) in select(vec![(1, false), (2, false), (2, true), (4, false), (4, true)]),
        ) {
            let settings = settings();
            let scanner = BlobScanner::new(&settings).expect("the built-in rules are fine");
            let token = token(&settings, 1);
            let bytes = [&leading[..], &wide(&format!("\n{token}\n"), width, is_big), b"\nmore"].concat();
            let start = leading.len() + width + if is_big { width - 1 } else { 0 };
            let expected = Span::new(start, start + (token.len() - 1) * width + 1);

            let matches = merged_matches(&crate::decode::readings(&bytes).expect("small"), |_, reading| {
                scanner.engine().candidates(&reading.text)
            });
            let spans: Vec<Span> =
                matches.iter().filter(|read| read.matched.rule.id == RULE).map(|read| read.matched.span).collect();
            prop_assert_eq!(spans, [expected]);

            prop_assert!(scanner.bare_values(&bytes).iter().any(|value| value.expose() == token.as_bytes()));
            let whole = format!("{:?}", scanner.scan(&bytes, String::new));
            let mut stream = StreamScanner::new(&scanner);
            let read = stream.scan(&scanner, &mut bytes.as_slice(), None, String::new);
            prop_assert_eq!(format!("{:?}", read.scan), whole);
        }
    }

    #[test]
    fn lines_and_columns_are_those_that_a_reader_of_the_characters_sees() {
        let settings = settings();
        let scanner = BlobScanner::new(&settings).expect("the built-in rules are fine");
        let token = token(&settings, 1);
        let log = "größe\r\n".repeat(600).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (bytes, line) in [
            ([&log[..], b"x ", token.as_bytes(), b"\n"].concat(), 601),
            ([b"\xff\xfe", &log[..], b"x ", token.as_bytes()].concat(), 601),
            ([b"\xff\xfe".as_slice(), &wide(&format!("x\nx {token}"), 2, false)].concat(), 2),
            ([b"plain\nx ".as_slice(), &wide(&token, 2, true)].concat(), 2),
        ] {
            let scan = scanner.scan(&bytes, String::new);
            let findings = scanner
                .findings(scan.candidates, &crate::model::Provenance::file(crate::model::RepoPath::new("a")));
            let places: Vec<_> = findings
                .iter()
                .map(|finding| (finding.location.start_line, finding.location.start_column))
                .collect();
            assert_eq!(places, [(line, 3)]);
        }
    }
}
