//! What a printed line must not show beside a finding: everything with the form of a value, whether or not it would be
//! reported, and runs of characters that look like a token of no rule.

use memchr::memchr3;

use crate::model::Span;

use super::heuristics::generic::shape;

/// Fewest bytes of a run that looks like a token.
const MIN_TOKEN: usize = 16;
/// The same for a run that continues a value that is masked: the rest of a longer one.
const MIN_REST: usize = 6;

/// Whether the bytes directly before and after a text are masked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MaskedNeighbours {
    pub(crate) before: bool,
    pub(crate) after: bool,
}

/// Sorts the spans and joins those that overlap or touch.
pub(crate) fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.dedup_by(|next, last| {
        let overlaps = next.start <= last.end;
        if overlaps {
            last.end = last.end.max(next.end);
        }
        overlaps
    });
    spans
}

/// Returns the runs in `text` that look like tokens, in order: 16 or more of the characters of base64 and base64url
/// (`A-Z a-z 0-9 + / _ -` and `=` at the end), with a letter and a digit or with letter case that changes as in no
/// word, unless all of it is made of words and numbers, as paths and names are. Hashes, object ids and UUIDs count as
/// tokens. A percent-encoded byte is a character of a run, and is evaluated decoded. Beside masked bytes, six characters
/// are enough.
pub(crate) fn token_like_runs(text: &[u8], is_masked: MaskedNeighbours) -> Vec<Span> {
    let mut runs = Vec::new();
    let mut run = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let start = at;
        run.clear();
        while let Some((byte, length)) = token_character(&text[at..]) {
            run.push(byte);
            at += length;
        }
        let end = at + text[at..].iter().take(2).take_while(|&&byte| byte == b'=').count();
        let is_rest = is_masked.before && start == 0 || is_masked.after && at == text.len();
        let min = if is_rest { MIN_REST } else { MIN_TOKEN };
        if at - start >= min && looks_like_a_token(&run) {
            runs.push(Span::new(start, end));
        }
        at = end.max(at + 1);
    }
    runs
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-')
}

/// Returns the character of a run at the start of `text` and its length. Percent-encoded bytes that no token contains
/// separate words, like `-`.
fn token_character(text: &[u8]) -> Option<(u8, usize)> {
    match *text {
        [byte, ..] if is_token_byte(byte) => Some((byte, 1)),
        [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
            let byte = digit(high) << 4 | digit(low);
            Some((if is_token_byte(byte) { byte } else { b'-' }, 3))
        }
        _ => None,
    }
}

fn looks_like_a_token(run: &[u8]) -> bool {
    let digits = run.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return memchr3(b'/', b'_', b'-', run).is_none() && shape::looks_random(run);
    }
    let has_letter = run.iter().any(u8::is_ascii_alphabetic);
    let is_plain = 4 * digits <= run.len()
        && run.split(|byte| matches!(byte, b'+' | b'/' | b'_' | b'-')).all(is_plain_part)
        && shape::is_wordlike(run);
    // A path with a version or a date has more digits than a name.
    let is_path = run.contains(&b'/')
        && run.split(|byte| matches!(byte, b'/' | b'_' | b'-')).all(|part| {
            part.len() <= 4 || part.iter().all(u8::is_ascii_alphabetic) && shape::is_wordlike(part)
        });
    has_letter && !is_plain && !is_path
}

/// Whether it is a word or several words in camel case, each of them letters followed by at most four digits.
fn is_plain_part(part: &[u8]) -> bool {
    let mut letters_after_digits = 0;
    let mut digits = 0;
    for pair in part.windows(2) {
        let begins_word = pair[1].is_ascii_uppercase();
        letters_after_digits +=
            usize::from(pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic() && !begins_word);
        digits = if pair[0].is_ascii_digit() { digits + 1 } else { 0 };
        if digits > 4 {
            return false;
        }
    }
    letters_after_digits == 0 || part.len() <= 6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str) -> Vec<&str> {
        let alone = MaskedNeighbours::default();
        token_like_runs(text.as_bytes(), alone).iter().map(|run| &text[run.start..run.end]).collect()
    }

    #[test]
    fn random_runs_and_hashes_look_like_tokens() {
        for value in [
            "x7Kp2mQ9vR4tW8sZ1nB6cL3j",
            "f81d4fae7dec11d0a76500a0c91e6bf6",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "qG8/Jk2+Lm9Zx4Tn/Vb7Wc==",
            "acme_0f9Kq2mXw9RtB4nLc",
            "w0%2BDJ4TZ%2b7qW%2f3pN%3BU%2B2=",
        ] {
            assert_eq!(runs(&format!("k = '{value}';")), [value]);
        }
    }

    #[test]
    fn the_rest_of_a_masked_value_is_shorter() {
        let rest = |text: &[u8], before, after| {
            token_like_runs(text, MaskedNeighbours { before, after })
                .iter()
                .map(|run| run.len())
                .sum::<usize>()
        };
        assert_eq!(rest(b"x7Kp2mQ9 = x7Kp2mQ9", false, false), 0);
        assert_eq!(rest(b"x7Kp2mQ9 = x7Kp2mQ9", true, false), 8);
        assert_eq!(rest(b"x7Kp2mQ9 = x7Kp2mQ9", true, true), 16);
        assert_eq!(rest(b"_secret", true, true), 0);
    }

    #[test]
    fn ordinary_code_does_not() {
        for line in [
            "let configuration = ApplicationConfiguration2::from_environment();",
            "import com.example.internal.services.AuthenticationService2;",
            "target/x86_64-unknown-linux-gnu/release/stopleak --confidence medium",
            "getAccessTokenFromRequest(OAuth2ClientCredentials, base64EncodedString)",
            "/usr/share/doc/packages/python3/html/library/index.html",
            "2026-11-30T22:56:14 1234567890123456",
            "-----------------------------------------",
            "https://h/?redirect_uri%3Dhttps%3A%2F%2Fexample.com%2Fpath%20with%20spaces%2Fcallback",
        ] {
            assert_eq!(runs(line), [""; 0], "{line}");
        }
    }
}
