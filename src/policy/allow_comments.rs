//! Allow comments: `stopleak:allow RULE reason`, in the comment syntax of the file.
//!
//! A comment covers one value: with a second value of the rule on its line, one of them is reported. So a comment that was
//! reviewed does not cover what is added to its line later.
//!
//! There is no wildcard. A comment that names its rule was written for this one value; `*` would also suppress a
//! real secret that is added to the same line later.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::{memchr, memmem, memrchr};

use super::comment_syntax::Syntaxes;
use crate::model::{Secret, Span, StatusReason};

const DIRECTIVE: &[u8] = b"stopleak:allow";

/// Built once: every finding searches a line or two, which costs less than building a searcher.
static DIRECTIVE_FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(DIRECTIVE));

/// Maximum distance in bytes between a value and an allow comment on the same line. Lines of code are shorter; the
/// limit avoids searching a file that is one enormous line once for each of its findings.
const MAX_COMMENT_DISTANCE: usize = 4096;

/// Maximum distance in bytes from the start of the line above to the value. Files that exceed the memory limit are
/// read in parts, and this much of the previous part is kept.
const MAX_LINE_ABOVE_DISTANCE: usize = 64 * 1024;

/// Maximum number of characters of a reason in a report.
const MAX_REASON_CHARACTERS: usize = 200;

/// Most allow comments that are considered for one value.
const MAX_COMMENTS: usize = 8;

/// The text around the value of a finding.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'t> {
    /// The whole decoded text.
    pub text: &'t [u8],
    /// The value.
    pub value: Span,
    /// Returns the ranges of `text` that must not be shown, sorted and without overlaps: at least all in a part. A
    /// reason is masked there, so that it can be shown.
    pub masks: &'t dyn Fn(Span) -> Vec<Span>,
    /// What is known of the comments in `text`, by the offset of the directive.
    pub known: &'t RefCell<KnownComments>,
}

/// The comment syntax and masked reason of allow comments that several values have in common.
pub(crate) type KnownComments = HashMap<usize, (Syntaxes, Vec<u8>)>;

impl Surroundings<'_> {
    /// Bytes before the start of a value and after its end that are searched for an allow comment.
    pub(crate) const CONTEXT: (usize, usize) = (MAX_LINE_ABOVE_DISTANCE, MAX_COMMENT_DISTANCE);
}

/// An allow comment that names the rule of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowComment {
    /// The reason, with values masked, or what the comment lacks.
    pub reason: Result<String, StatusReason>,
    /// Byte offset of the directive in the text.
    pub at: usize,
    /// Of which comment syntaxes it is a comment; none if it is in no comment.
    pub syntaxes: Syntaxes,
}

/// Searches for allow comments for `rule` on the lines of the value, then on the line above if there is nothing else on
/// it. `secret` is the value. Returns the first few.
pub(crate) fn find(rule: &str, secret: &Secret, around: &Surroundings<'_>) -> Vec<AllowComment> {
    let mut comments = Vec::new();
    for region in [own_lines(around), line_above(around)].into_iter().flatten() {
        for at in DIRECTIVE_FINDER.find_iter(region.slice(around.text)) {
            comments.extend(parse(rule, secret, Span::new(region.start + at, region.end), around));
            if comments.len() == MAX_COMMENTS {
                return comments;
            }
        }
    }
    comments
}

/// From the start of the value's first line to the end of its last, at most [`MAX_COMMENT_DISTANCE`] on both sides.
fn own_lines(around: &Surroundings<'_>) -> Option<Span> {
    let Surroundings { text, value, .. } = around;
    let end = value.end.min(text.len());
    let first = value.start.min(end);
    let start = line_start(text, first, MAX_COMMENT_DISTANCE).unwrap_or_else(|low| low);
    let rest = &text[end..text.len().min(end + MAX_COMMENT_DISTANCE)];
    // A value that includes its line ending has no rest of a line after it.
    let to_line_end = match text[first..end].last() {
        Some(b'\n') => 0,
        _ => memchr(b'\n', rest).unwrap_or(rest.len()),
    };
    Some(Span::new(start, end + to_line_end))
}

/// The line above, from an allow comment that is the only content of the line.
fn line_above(around: &Surroundings<'_>) -> Option<Span> {
    let first = around.value.start.min(around.text.len());
    let end = line_start(around.text, first, MAX_LINE_ABOVE_DISTANCE).ok()?;
    let line_end = end.checked_sub(1)?;
    let start = line_start(around.text, line_end, MAX_LINE_ABOVE_DISTANCE - (first - line_end)).ok()?;
    let line = &around.text[start..end];
    // Enough for deep indentation. After code, the comment is for that code.
    let at = DIRECTIVE_FINDER.find(&line[..line.len().min(MAX_COMMENT_DISTANCE)])?;
    let before = line[..at].trim_ascii();
    let opens_comment = before.iter().all(|byte| byte.is_ascii_punctuation() || byte.is_ascii_whitespace());
    let opens_comment =
        opens_comment || [&b"rem"[..], b"@rem", b"dnl"].iter().any(|word| before.eq_ignore_ascii_case(word));
    opens_comment.then(|| Span::new(start + at, start + line.len().min(at + MAX_COMMENT_DISTANCE)))
}

/// Returns the start of the line that contains the byte at `offset`, if it is at most `max_distance` bytes before.
///
/// # Errors
/// Otherwise the first byte that was searched.
fn line_start(text: &[u8], offset: usize, max_distance: usize) -> Result<usize, usize> {
    let low = offset.saturating_sub(max_distance);
    match memrchr(b'\n', &text[low..offset]) {
        Some(line_end) => Ok(low + line_end + 1),
        None if low == 0 => Ok(0),
        None => Err(low),
    }
}

/// Parses the allow comment at the start of `span`, which ends where the search ended. Returns `None` if it is not
/// for `rule`.
fn parse(rule: &str, secret: &Secret, span: Span, around: &Surroundings<'_>) -> Option<AllowComment> {
    let text = span.slice(around.text);
    let line_end = memchr(b'\n', text).unwrap_or(text.len());
    let line = &text[..line_end];
    let mut end = line.len();
    for closer in [&b"-->"[..], b"*/", DIRECTIVE] {
        // The directive itself is at offset 0.
        if let Some(at) = memmem::find(&line[1..], closer) {
            end = end.min(at + 1);
        }
    }
    let mut rest = &line[DIRECTIVE.len()..end.max(DIRECTIVE.len())];
    if rest.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
        return None;
    }
    let mut is_named = false;
    let mut has_wildcard = false;
    loop {
        rest = rest.trim_ascii_start();
        let word_end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_end);
        let ids = word.strip_suffix(b":").unwrap_or(word).split(|byte| *byte == b',');
        is_named |= ids.into_iter().any(|id| id == rule.as_bytes());
        has_wildcard |= word == b"*";
        rest = after;
        if !word.ends_with(b",") {
            break;
        }
    }
    if !(is_named || has_wildcard) {
        return None;
    }
    let has_words = |text: &str| text.chars().any(char::is_alphanumeric);
    let at = span.start;
    // `rest` ends at `end`, which gives its offset in the whole text.
    let (syntaxes, masked) = known(Span::new(at + end - rest.len(), at + end), at, around);
    let without_reason = || StatusReason::AllowCommentWithoutReason { rule: rule.to_owned() };
    let reason = match has_wildcard {
        true => Err(StatusReason::AllowCommentWithWildcard { rule: rule.to_owned() }),
        false => Some(reason_text(masked, secret)).filter(|text| has_words(text)).ok_or_else(without_reason),
    };
    Some(AllowComment { reason, at, syntaxes })
}

/// Returns the syntaxes of the allow comment at `at`, and its reason at `reason` with everything masked that must not be
/// shown.
fn known(reason: Span, at: usize, around: &Surroundings<'_>) -> (Syntaxes, Vec<u8>) {
    if let Some(known) = around.known.borrow().get(&at) {
        return known.clone();
    }
    let start = line_start(around.text, at, MAX_COMMENT_DISTANCE).unwrap_or_else(|low| low);
    let rest = &around.text[at..around.text.len().min(at + MAX_COMMENT_DISTANCE)];
    let line_end = at + memchr(b'\n', rest).unwrap_or(rest.len());
    let syntaxes = Syntaxes::around(&around.text[start..line_end], at - start);
    let mut bytes = reason.slice(around.text).to_vec();
    for mask in (around.masks)(reason) {
        let (from, to) = (mask.start.max(reason.start), mask.end.min(reason.end));
        if from < to {
            bytes[from - reason.start..to - reason.start].fill(b'*');
        }
    }
    around.known.borrow_mut().insert(at, (syntaxes, bytes.clone()));
    (syntaxes, bytes)
}

/// Returns the masked reason as text of limited length, with `secret` masked also where it was not found.
fn reason_text(mut bytes: Vec<u8>, secret: &Secret) -> String {
    let value = secret.expose();
    if !value.is_empty() {
        let found: Vec<usize> = memmem::find_iter(&bytes, value).collect();
        found.into_iter().for_each(|at| bytes[at..at + value.len()].fill(b'*'));
    }
    String::from_utf8_lossy(&bytes).trim().chars().take(MAX_REASON_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_in(text: &[u8], value: Span, secrets: &[Span]) -> Vec<AllowComment> {
        let masks = |_: Span| secrets.to_vec();
        let known = RefCell::default();
        let around = Surroundings { text, value, masks: &masks, known: &known };
        find("demo-token", &Secret::new("v4lue"), &around)
    }

    /// The first comment with a reason, else the first one. The value is `v4lue`; `s3cond` is another secret.
    fn found(text: &str) -> Option<Result<String, StatusReason>> {
        let span = |value: &str| text.find(value).map(|at| Span::new(at, at + value.len()));
        let mut spans: Vec<Span> = ["v4lue", "s3cond"].into_iter().filter_map(span).collect();
        let value = spans[0];
        spans.sort();
        let mut comments = find_in(text.as_bytes(), value, &spans);
        comments.sort_by_key(|comment| comment.reason.is_err());
        Some(comments.into_iter().next()?.reason)
    }

    fn valid(reason: &str) -> Option<Result<String, StatusReason>> {
        Some(Ok(reason.into()))
    }

    #[test]
    fn an_allow_comment_is_valid_anywhere_on_the_line_and_alone_above_it() {
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
            assert_eq!(found(text), valid("test data"), "{text}");
        }
    }

    #[test]
    fn an_allow_comment_is_valid_on_any_line_of_a_multiline_value() {
        let text = "k = '''one # stopleak:allow demo-token fixture\ntwo\nthree'''\nfour";
        let value = Span::new(7, text.find("'''\n").expect("there"));
        let comment = &find_in(text.as_bytes(), value, &[])[0];
        assert_eq!(comment.reason, Ok("fixture".to_owned()));
        assert!(comment.syntaxes.intersects(Syntaxes::ALL));
    }

    #[test]
    fn an_allow_comment_for_another_rule_or_line_is_ignored() {
        for text in [
            "k = v4lue",
            "k = v4lue # stopleak:allow other-token test data",
            "k = v4lue # stopleak:allowed demo-token test data",
            "x = 1 # stopleak:allow demo-token belongs to x\nk = v4lue",
            "# stopleak:allow demo-token too far away\n\nk = v4lue",
            "k = v4lue\n# stopleak:allow demo-token below",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn an_allow_comment_without_reason_or_rule_is_invalid() {
        for (text, word) in [
            ("k = v4lue # stopleak:allow demo-token", "no reason"),
            ("k = v4lue /* stopleak:allow demo-token */ not a reason", "no reason"),
            ("k = v4lue # stopleak:allow demo-token --", "no reason"),
            ("k = v4lue # stopleak:allow * test data", "must name demo-token"),
        ] {
            let Some(Err(problem)) = found(text) else { panic!("{text}") };
            assert!(problem.to_string().contains(word), "{text}: {problem}");
        }
    }

    #[test]
    fn a_value_that_the_limit_of_a_reason_cuts_is_masked() {
        let text =
            format!("k = v4lue # stopleak:allow demo-token {} s3cond", "x".repeat(MAX_REASON_CHARACTERS - 4));
        assert_eq!(found(&text), valid(&format!("{} ***", "x".repeat(MAX_REASON_CHARACTERS - 4))));
    }

    #[test]
    fn a_reason_never_shows_a_value() {
        let text = "/* stopleak:allow demo-token old k = v4lue, s3cond";
        assert_eq!(found(text), valid("old k = *****, ******"));
        let again = "k = v4lue # stopleak:allow demo-token replaces v4lue";
        assert_eq!(found(again), valid("replaces *****"));
    }

    #[test]
    fn hostile_bytes_and_long_lines_do_not_panic() {
        let long = format!("{}v4lue # stopleak:allow demo-token ok", "a".repeat(3 * MAX_COMMENT_DISTANCE));
        assert_eq!(found(&long), valid("ok"));
        let far = format!("v4lue{}# stopleak:allow demo-token ok", " ".repeat(3 * MAX_COMMENT_DISTANCE));
        assert_eq!(found(&far), None);
        let above = |far: usize| format!("# stopleak:allow demo-token ok\n{}v4lue", " ".repeat(far));
        assert_eq!(found(&above(MAX_LINE_ABOVE_DISTANCE - 40)), valid("ok"));
        assert_eq!(found(&above(MAX_LINE_ABOVE_DISTANCE)), None);
        let text = b"v4lue stopleak:allow demo-token \xff\x1b[31m ok stopleak:allow";
        for (start, end) in [(0, 5), (0, text.len()), (text.len(), text.len()), (60, 90)] {
            let _ = find_in(text, Span { start, end }, &[]);
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
                DIRECTIVE, b" demo-token", b",", b"\n", b"\r\n", b"# ", b"-->", b"*/", b"v4lue", "ü".as_bytes(),
                b"\xff", b" why ",
            ];
            let text: Vec<u8> = pieces.iter().flat_map(|piece| words[*piece].to_vec()).collect();
            let value = Span::new(start.min(text.len()), (start + length).min(text.len()));
            for reason in find_in(&text, value, &[value]).into_iter().flat_map(|comment| comment.reason) {
                proptest::prop_assert!(!reason.contains("v4lue") && !reason.contains('\n'));
            }
        }
    }
}
