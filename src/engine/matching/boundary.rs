//! Tests the bytes directly beside a match: whether a value can begin or end there.

use crate::model::Span;
use crate::rules::Rule;
use crate::rules::syntax::Boundary;

/// Bytes of the longest escape before a value: `[1;38;5;196m`.
pub(crate) const MAX_ESCAPE_LENGTH: usize = 12;

/// Whether the byte before `start` lets a match begin there.
pub(crate) fn has_boundary_before(rule: &Rule, text: &[u8], start: usize) -> bool {
    let Some(before) = start.checked_sub(1).map(|at| text[at]) else { return true };
    match rule.boundary {
        Boundary::None => true,
        Boundary::Base64 if matches!(before, b'+' | b'/') => false,
        Boundary::Token | Boundary::Base64 | Boundary::Value => {
            !before.is_ascii_alphanumeric() || ends_in_escape(&text[..start])
        }
    }
}

/// Whether the letters before a value belong to an escape: `\n`, `\t`, `%3D`, `\u003d`, `\x3d`, or the end of a
/// terminal colour code (`[31m`).
fn ends_in_escape(before: &[u8]) -> bool {
    let tail = &before[before.len().saturating_sub(MAX_ESCAPE_LENGTH)..];
    let hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    let unicode =
        |tail: &[u8]| tail.last_chunk::<6>().is_some_and(|last| last.starts_with(b"\\u") && hex(&last[2..]));
    let [.., a, b] = tail else { return false };
    *a == b'\\' && matches!(b, b'n' | b'r' | b't')
        || tail.len() >= 3 && tail[tail.len() - 3] == b'%' && hex(&[*a, *b])
        || tail.len() >= 4 && tail[tail.len() - 4..].starts_with(b"\\x") && hex(&[*a, *b])
        || unicode(tail)
        || *b == b'm' && ends_in_colour_numbers(&tail[..tail.len() - 1])
}

/// Whether `text` ends with the numbers of a terminal colour code: `[31`, `[0;1`.
fn ends_in_colour_numbers(text: &[u8]) -> bool {
    let numbers = text.iter().rev().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    text[..text.len() - numbers].ends_with(b"[")
}

/// Whether the byte after the match lets it end there.
pub(crate) fn has_boundary_after(rule: &Rule, text: &[u8], whole: Span) -> bool {
    let Some(&after) = text.get(whole.end) else { return true };
    match rule.boundary {
        Boundary::None => true,
        Boundary::Value => match whole.start.checked_sub(1).map(|at| text[at]) {
            Some(quote @ (b'"' | b'\'' | b'`')) => after == quote || after == b'\\',
            _ => after.is_ascii_whitespace() || b"\"'`,;<)]}|\\".contains(&after),
        },
        Boundary::Token => !(after.is_ascii_alphanumeric() || matches!(after, b'_' | b'-')),
        Boundary::Base64 => {
            !(after.is_ascii_alphanumeric() || matches!(after, b'_' | b'-' | b'+' | b'/' | b'='))
        }
    }
}
