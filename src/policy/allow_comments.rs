//! The mark `stopleak:allow RULE reason`, in the comment syntax of whatever file it stands in.
//!
//! There is no wildcard. A mark that names its rule says that somebody looked at this one value; `*` would
//! also silence the real secret that comes to stand on the same line a year later.

use memchr::{memchr, memmem, memrchr};

use crate::model::{Secret, Span};

const MARK: &[u8] = b"stopleak:allow";

/// How far from the value, in bytes, a mark may stand on the value's line. A line of code is shorter; the
/// limit keeps a file of one enormous line from being searched once for each of its findings.
const REACH: usize = 4096;

/// How far before the value, in bytes, the line above its own may begin: files that are larger than memory
/// are read in parts, and this much of what was read stays there.
const ABOVE: usize = 64 * 1024;

/// What a report shows of a reason.
const REASON_CHARACTERS: usize = 200;

/// Where a finding's value stands.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'t> {
    /// The whole text that people see: what is stored, not what was decoded from it.
    pub text: &'t [u8],
    /// The value (of a decoded value: the stored bytes that it was made from).
    pub value: Span,
    /// The regions that cover every value found in `text`, sorted, none overlapping another. A reason
    /// that runs over one of them is masked there, so that it can be shown.
    pub secrets: &'t [Span],
}

impl Surroundings<'_> {
    /// The farthest before the start of a value, and behind its end, that a mark for it is looked for.
    pub const REACH: (usize, usize) = (ABOVE, REACH);
}

/// What the marks around a value say about one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// No mark is meant for it.
    Absent,
    /// Somebody allowed it.
    Allows {
        /// Their words.
        reason: String,
    },
    /// There is a mark that does not count.
    Refused {
        /// What it lacks.
        why: String,
    },
}

/// Looks for a mark for `rule` on the lines of the value, then alone on the line above. `secret` is the
/// value as it was found.
pub(crate) fn find(rule: &str, secret: &Secret, around: &Surroundings<'_>) -> Mark {
    let mut answer = Mark::Absent;
    for region in [own_lines(around), line_above(around)].into_iter().flatten() {
        for at in memmem::find_iter(region.of(around.text), MARK) {
            match judge(rule, secret, Span::new(region.start + at, region.end), around) {
                Mark::Absent => {}
                Mark::Refused { why } if answer == Mark::Absent => answer = Mark::Refused { why },
                Mark::Refused { .. } => {}
                allows => return allows,
            }
        }
    }
    answer
}

/// From the start of the value's first line to the end of its last, cut to [`REACH`] on both sides.
fn own_lines(around: &Surroundings<'_>) -> Option<Span> {
    let Surroundings { text, value, .. } = around;
    let end = value.end.min(text.len());
    let first = value.start.min(end);
    let start = line_start(text, first, REACH).unwrap_or_else(|low| low);
    let rest = &text[end..text.len().min(end + REACH)];
    // A value that ends with its line's end has its last line behind it.
    let to_line_end = match text[first..end].last() {
        Some(b'\n') => 0,
        _ => memchr(b'\n', rest).unwrap_or(rest.len()),
    };
    Some(Span::new(start, end + to_line_end))
}

/// The line above, from a mark that stands alone in its comment on.
fn line_above(around: &Surroundings<'_>) -> Option<Span> {
    let first = around.value.start.min(around.text.len());
    let end = line_start(around.text, first, ABOVE).ok()?;
    let line_end = end.checked_sub(1)?;
    let start = line_start(around.text, line_end, ABOVE - (first - line_end)).ok()?;
    let line = &around.text[start..end];
    // Enough for deep indentation; code before the mark means that it belongs to that code.
    let at = memmem::find(&line[..line.len().min(REACH)], MARK)?;
    let before = line[..at].trim_ascii();
    let opens_comment = before.iter().all(|byte| byte.is_ascii_punctuation() || byte.is_ascii_whitespace());
    let opens_comment = opens_comment || [&b"rem"[..], b"dnl"].iter().any(|w| before.eq_ignore_ascii_case(w));
    opens_comment.then(|| Span::new(start + at, start + line.len().min(at + REACH)))
}

/// Where the line that holds the byte at `offset` begins, if that is at most `reach` bytes before; else the
/// farthest byte that was looked at.
fn line_start(text: &[u8], offset: usize, reach: usize) -> Result<usize, usize> {
    let low = offset.saturating_sub(reach);
    match memrchr(b'\n', &text[low..offset]) {
        Some(line_end) => Ok(low + line_end + 1),
        None if low == 0 => Ok(0),
        None => Err(low),
    }
}

/// Reads the mark at the start of `span`, which ends where the search ended.
fn judge(rule: &str, secret: &Secret, span: Span, around: &Surroundings<'_>) -> Mark {
    let text = span.of(around.text);
    let line_end = memchr(b'\n', text).unwrap_or(text.len());
    let line = &text[..line_end];
    let mut end = line.len();
    for closer in [&b"-->"[..], b"*/", MARK] {
        // The mark itself stands at 0.
        if let Some(at) = memmem::find(&line[1..], closer) {
            end = end.min(at + 1);
        }
    }
    let mut rest = &line[MARK.len()..end.max(MARK.len())];
    if rest.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
        return Mark::Absent;
    }
    let mut named = false;
    let mut wildcard = false;
    loop {
        rest = rest.trim_ascii_start();
        let word_end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_end);
        let ids = word.strip_suffix(b":").unwrap_or(word).split(|byte| *byte == b',');
        named |= ids.into_iter().any(|id| id == rule.as_bytes());
        wildcard |= word == b"*";
        rest = after;
        if !word.ends_with(b",") {
            break;
        }
    }
    if wildcard {
        return Mark::Refused {
            why: format!("the stopleak:allow mark does not count: it must name {rule}, not *"),
        };
    }
    if !named {
        return Mark::Absent;
    }
    let says_something = |text: &str| text.chars().any(char::is_alphanumeric);
    if says_something(&String::from_utf8_lossy(rest)) {
        // `rest` ends at `end`, so its place in the whole text is known.
        let reason = shown(rest, span.start + end - rest.len(), secret, around.secrets);
        if says_something(&reason) {
            return Mark::Allows { reason };
        }
    }
    Mark::Refused {
        why: format!(
            "the stopleak:allow mark does not count: it gives no reason (stopleak:allow {rule} why)"
        ),
    }
}

/// The reason as text, the values in it masked: those that were found there, and `secret` even where it
/// was not. `offset` is where `reason` stands in the text.
fn shown(reason: &[u8], offset: usize, secret: &Secret, secrets: &[Span]) -> String {
    let place = Span::new(offset, offset + reason.len());
    let mut bytes = reason.to_vec();
    let first = secrets.partition_point(|found| found.end <= place.start);
    for found in secrets[first..].iter().take_while(|found| found.start < place.end) {
        let (from, to) = (found.start.max(place.start), found.end.min(place.end));
        bytes[from - offset..to - offset].fill(b'*');
    }
    let value = secret.expose();
    if !value.is_empty() {
        for at in memmem::find_iter(reason, value) {
            bytes[at..at + value.len()].fill(b'*');
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    text.trim().chars().take(REASON_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value is `v4lue`; `s3cond` is another secret.
    fn mark(text: &str) -> Mark {
        let span = |value: &str| text.find(value).map(|at| Span::new(at, at + value.len()));
        let mut spans: Vec<Span> = ["v4lue", "s3cond"].into_iter().filter_map(span).collect();
        let value = spans[0];
        spans.sort();
        find(
            "demo-token",
            &Secret::new("v4lue"),
            &Surroundings { text: text.as_bytes(), value, secrets: &spans },
        )
    }

    fn allows(reason: &str) -> Mark {
        Mark::Allows { reason: reason.into() }
    }

    #[test]
    fn a_mark_counts_in_any_comment_on_the_line_and_alone_above_it() {
        for text in [
            "k = v4lue # stopleak:allow demo-token test data",
            "k = v4lue # stopleak:allow demo-token: test data",
            "k = v4lue // stopleak:allow other,demo-token test data\r\nnext",
            "<k>v4lue</k> <!-- stopleak:allow other, demo-token test data -->",
            "/* stopleak:allow demo-token test data */ k = v4lue",
            "first\n  # stopleak:allow demo-token test data\n  k = v4lue",
            "REM stopleak:allow demo-token test data\nset k=v4lue",
            "<!-- stopleak:allow demo-token test data -->\n<k>v4lue</k>",
            "# stopleak:allow other no, stopleak:allow demo-token test data\nv4lue",
        ] {
            assert_eq!(mark(text), allows("test data"), "{text}");
        }
    }

    #[test]
    fn a_mark_counts_on_any_line_of_a_value_of_several() {
        let text = "k = '''one # stopleak:allow demo-token fixture\ntwo\nthree'''\nfour";
        let value = Span::new(7, text.find("'''\n").expect("there"));
        let around = Surroundings { text: text.as_bytes(), value, secrets: &[] };
        assert_eq!(find("demo-token", &Secret::new("v4lue"), &around), allows("fixture"));
    }

    #[test]
    fn a_mark_for_something_else_is_none() {
        for text in [
            "k = v4lue",
            "k = v4lue # stopleak:allow other-token test data",
            "k = v4lue # stopleak:allowed demo-token test data",
            "x = 1 # stopleak:allow demo-token belongs to x\nk = v4lue",
            "# stopleak:allow demo-token too far away\n\nk = v4lue",
            "k = v4lue\n# stopleak:allow demo-token below",
        ] {
            assert_eq!(mark(text), Mark::Absent, "{text}");
        }
    }

    #[test]
    fn a_mark_without_reason_or_rule_is_refused_and_says_so() {
        for (text, word) in [
            ("k = v4lue # stopleak:allow demo-token", "no reason"),
            ("k = v4lue /* stopleak:allow demo-token */ not a reason", "no reason"),
            ("k = v4lue # stopleak:allow demo-token --", "no reason"),
            ("k = v4lue # stopleak:allow * test data", "must name demo-token"),
        ] {
            assert!(matches!(mark(text), Mark::Refused { why } if why.contains(word)), "{text}");
        }
    }

    #[test]
    fn a_reason_never_shows_a_value() {
        let text = "/* stopleak:allow demo-token old k = v4lue, s3cond";
        assert_eq!(mark(text), allows("old k = *****, ******"));
        let again = "k = v4lue # stopleak:allow demo-token nobody uses v4lue";
        assert_eq!(mark(again), allows("nobody uses *****"));
    }

    #[test]
    fn hostile_bytes_and_long_lines_are_survived() {
        let long = format!("{}v4lue # stopleak:allow demo-token ok", "a".repeat(3 * REACH));
        assert_eq!(mark(&long), allows("ok"));
        let far = format!("v4lue{}# stopleak:allow demo-token ok", " ".repeat(3 * REACH));
        assert_eq!(mark(&far), Mark::Absent);
        let above = |far: usize| format!("# stopleak:allow demo-token ok\n{}v4lue", " ".repeat(far));
        assert_eq!(mark(&above(ABOVE - 40)), allows("ok"));
        assert_eq!(mark(&above(ABOVE)), Mark::Absent);
        let text = b"v4lue stopleak:allow demo-token \xff\x1b[31m ok stopleak:allow";
        for (start, end) in [(0, 5), (0, text.len()), (text.len(), text.len()), (60, 90)] {
            let around = Surroundings { text, value: Span { start, end }, secrets: &[] };
            let _ = find("demo-token", &Secret::new("v4lue"), &around);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_arrangement_panics_or_shows_the_value(
            pieces in proptest::collection::vec(0usize..12, 0..40),
            start in 0usize..200,
            length in 0usize..60,
        ) {
            let words: [&[u8]; 12] = [
                MARK, b" demo-token", b",", b"\n", b"\r\n", b"# ", b"-->", b"*/", b"v4lue", "ü".as_bytes(),
                b"\xff", b" why ",
            ];
            let text: Vec<u8> = pieces.iter().flat_map(|piece| words[*piece].to_vec()).collect();
            let value = Span::new(start.min(text.len()), (start + length).min(text.len()));
                let around = Surroundings { text: &text, value, secrets: &[value] };
            if let Mark::Allows { reason } = find("demo-token", &Secret::new("v4lue"), &around) {
                proptest::prop_assert!(!reason.contains("v4lue") && !reason.contains('\n'));
            }
        }
    }
}
