//! The line of context that reports show, with every secret on it masked.

use memchr::{memchr, memrchr};

use crate::model::{Excerpt, Secret, Span};

/// Most bytes of context on either side of the value.
const MAX_CONTEXT: usize = 80;

/// Returns the part of the line around `value` that is shown; for a value of several lines, of its first line.
pub(crate) fn shown_range(text: &[u8], value: Span) -> Span {
    let low = value.start.saturating_sub(MAX_CONTEXT);
    let start = memrchr(b'\n', &text[low..value.start]).map_or(low, |at| low + at + 1);
    let first_line_end =
        memchr(b'\n', &text[value.start..value.end]).map_or(value.end, |at| value.start + at);
    let high = first_line_end.saturating_add(MAX_CONTEXT).min(text.len());
    let end = memchr(b'\n', &text[first_line_end..high]).map_or(high, |at| first_line_end + at);
    Span::new(start, end)
}

/// Returns the masked line around `value`. `secrets` are the byte ranges to mask, sorted and not overlapping; one of
/// them contains `value`.
pub(crate) fn excerpt(text: &[u8], value: Span, secrets: &[Span]) -> Excerpt {
    let Span { start, end } = shown_range(text, value);
    let mut shown = String::new();
    let (mut value_start, mut value_end) = (0, 0);
    let mut at = start;
    let first = secrets.partition_point(|secret| secret.end <= start);
    for secret in secrets[first..].iter().take_while(|secret| secret.start < end) {
        push(&mut shown, &text[at..secret.start.clamp(at, end)]);
        let begin = shown.chars().count();
        shown.push_str(&Secret::new(secret.slice(text)).redacted());
        if secret.contains(value) {
            (value_start, value_end) = (begin, shown.chars().count());
        }
        at = secret.end.clamp(at, end);
    }
    push(&mut shown, text[at..end].strip_suffix(b"\r").unwrap_or(&text[at..end]));
    Excerpt { text: shown, start: value_start, end: value_end }
}

/// Appends bytes as text; a character that is cut becomes U+FFFD.
fn push(shown: &mut String, bytes: &[u8]) {
    shown.push_str(&String::from_utf8_lossy(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt_of(text: &str, values: &[&str], wanted: usize) -> Excerpt {
        let span = |value: &&str| {
            let start = text.find(*value).expect("the text contains the value");
            Span::new(start, start + value.len())
        };
        let secrets: Vec<Span> = values.iter().map(span).collect();
        excerpt(text.as_bytes(), secrets[wanted], &secrets)
    }

    #[test]
    fn every_secret_on_the_line_is_masked_and_the_range_is_that_of_the_value() {
        let shown = excerpt_of(
            "x\nüser = 'hunter2' or 'abcdefghijklmnopqrs'\r\ny",
            &["hunter2", "abcdefghijklmnopqrs"],
            1,
        );
        assert_eq!(shown.text, "üser = '********' or 'abcd********'");
        let marked: String = shown.text.chars().skip(shown.start).take(shown.end - shown.start).collect();
        assert_eq!(marked, "abcd********");
    }

    #[test]
    fn values_over_several_lines_show_their_first_line_only() {
        let shown = excerpt_of("key = \"line one\nline two\" # note", &["line one\nline two"], 0);
        assert_eq!(shown.text, "key = \"line********");
    }

    #[test]
    fn long_lines_are_cut_and_a_secret_at_the_cut_stays_masked() {
        let text = format!("{}{} value {}", "a".repeat(200), "S3cretS3cretS3cret".repeat(4), "b".repeat(500));
        let secret = "S3cretS3cretS3cret".repeat(4);
        let shown = excerpt_of(&text, &[&secret, "value"], 1);
        assert!(!shown.text.contains("S3cretS") && shown.text.len() < 250, "{}", shown.text);
    }
}
