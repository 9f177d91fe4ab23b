//! Classifies values by their characters: random, words, identifiers, or forms that are public.

use crate::engine::checks::formats::base64;
use crate::engine::heuristics::entropy::shannon_from_bytes;
use crate::engine::work_counter;

use super::letters;
use super::letters::Letters;

/// Whether the value can be a secret: printable characters without spaces, with a letter or digit, in no public form.
pub(crate) fn is_plausible(value: &[u8]) -> bool {
    work_counter::count(6 * value.len());
    value.iter().all(|byte| (0x21..0x7f).contains(byte))
        && value.iter().any(u8::is_ascii_alphanumeric)
        && !is_public(value)
        && !has_letter_escape(value)
}

/// Whether the value contains an escape of a character beyond ASCII, as in translations: `\u0434`, `\xd0`.
fn has_letter_escape(value: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', value).any(|at| {
        let Some((kind, digits)) = value[at + 1..].split_first() else { return false };
        let length = match kind {
            b'u' => 4,
            b'x' => 2,
            _ => return false,
        };
        let digits = digits.get(..length).and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).is_some_and(|code| code > 0x7f)
    })
}

/// Number of classes of characters in the value: lower case, upper case, digits, others.
pub(crate) fn classes(value: &[u8]) -> usize {
    let has = |test: fn(&u8) -> bool| usize::from(value.iter().any(test));
    has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + has(|byte| byte.is_ascii_punctuation())
}

/// Whether the value looks machine-made: evenly distributed characters, no syllables.
pub(crate) fn looks_random(value: &[u8]) -> bool {
    work_counter::count(2 * value.len());
    let body = || value.iter().copied().filter(u8::is_ascii_alphanumeric);
    let (mut length, mut digits, mut hexadecimal, mut changes) = (0, 0, true, 0);
    let mut previous = None;
    for byte in body() {
        let class = (byte.is_ascii_uppercase(), byte.is_ascii_digit());
        length += 1;
        digits += usize::from(class.1);
        hexadecimal &= byte.is_ascii_hexdigit();
        changes += usize::from(previous.is_some_and(|previous| previous != class));
        previous = Some(class);
    }
    if length < 8
        || length * 4 < value.len() * 3
        || digits == length
        || (digits == 0 || length < 12) && changes * 4 <= length
    {
        return false;
    }
    let alphabet: f32 = if hexadecimal { 16.0 } else { 62.0 };
    let max_entropy = (length as f32).min(alphabet).log2();
    // Where letters and digits alternate, words in the value do not matter.
    let alternates = digits >= 2 && changes * 5 >= length * 2;
    shannon_from_bytes(body()) >= 0.78 * max_entropy && (alternates || !is_wordlike(value))
}

/// Whether most of the value consists of letters that follow each other as in words.
pub(crate) fn is_wordlike(value: &[u8]) -> bool {
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    work_counter::count(value.len());
    letters * 2 >= value.len() && letters >= 5 && letters::classify(value) == Letters::Words
}

/// Whether the value is a word with digits and symbols in place of letters: `p@ssw0rd`.
pub(crate) fn is_disguised_word(value: &[u8]) -> bool {
    let letter = |byte: &u8| match byte {
        b'0' => b'o',
        b'1' | b'!' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' => b't',
        other => *other,
    };
    work_counter::count(value.len());
    let plain: Vec<u8> = value.iter().map(letter).collect();
    // Symbols at the end are added to satisfy a password policy.
    let inner = &plain[..plain.iter().rposition(u8::is_ascii_alphabetic).map_or(0, |at| at + 1)];
    plain != value && !is_wordlike(value) && is_wordlike(inner)
}

/// Whether it is hexadecimal or padded base64 with the length of a common hash.
pub(crate) fn is_hash(value: &[u8]) -> bool {
    work_counter::count(value.len());
    let hex = matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128) && value.iter().all(u8::is_ascii_hexdigit);
    let padded = value.iter().rev().take_while(|&&byte| byte == b'=').count();
    hex || matches!((value.len(), padded), (24, 2) | (28, 1) | (44, 1) | (88, 2))
}

/// Whether the value begins with the name of a password hash function: `$2b$…`, `{SSHA}…`, `pbkdf2…`.
pub(crate) fn is_password_hash(value: &[u8]) -> bool {
    let scheme = |open: u8, close: u8| {
        let inner = value.strip_prefix(&[open])?;
        let end = memchr::memchr(close, inner).filter(|&end| (1..=40).contains(&end))?;
        let is_name = inner[..end].iter().all(|byte| byte.is_ascii_alphanumeric() || b"@_.-".contains(byte));
        is_name.then_some(inner.len() - end)
    };
    scheme(b'$', b'$').is_some_and(|rest| rest >= 16)
        || scheme(b'{', b'}').is_some()
        || value.starts_with(b"pbkdf2")
}

/// Whether half of the value counts up, or letters and digits do so alternately: `key-1234567890`, `A1B2C3D4`.
pub(crate) fn counts_up(value: &[u8]) -> bool {
    work_counter::count(2 * value.len());
    let next = |byte: u8| if byte == b'9' { b'0' } else { byte.wrapping_add(1) };
    let follows = |step: usize| value.windows(step + 1).filter(move |part| part[step] == next(part[0]));
    value.len() >= 8 && (follows(1).count() * 2 >= value.len() || follows(2).count() * 2 >= value.len())
}

/// Whether it contains brackets, which are code in a value without quotes.
pub(crate) fn has_brackets(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(byte, b'(' | b')' | b'[' | b']' | b'{' | b'}'))
}

/// Whether it is base64 of words.
pub(crate) fn is_encoded_text(value: &[u8]) -> bool {
    value.len().is_multiple_of(4)
        && base64::decode(value)
            .is_some_and(|text| text.iter().all(u8::is_ascii_graphic) && is_wordlike(&text))
}

/// Whether it contains characters that do not occur in machine-made tokens and keys.
pub(crate) fn has_foreign_symbols(value: &[u8]) -> bool {
    work_counter::count(value.len());
    value.iter().any(|byte| {
        matches!(
            byte,
            b'?' | b'^' | b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b'*' | b'"' | b'\'' | b'`' | b';'
        )
    })
}

/// Whether the value, if it has no quotes, can be the name of a variable.
pub(crate) fn is_identifier(value: &[u8]) -> bool {
    let first = value
        .first()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$' | b'&' | b'*' | b'@'));
    first
        && value.iter().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'_' | b'.'
                        | b'$'
                        | b'-'
                        | b'&'
                        | b'*'
                        | b'@'
                        | b'['
                        | b']'
                        | b'('
                        | b')'
                        | b'?'
                        | b'!'
                        | b':'
                )
        })
}

/// Whether it consists of letters, digits and separators of words: no subscript, no member, no reference.
pub(crate) fn is_one_word(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'!'))
}

/// Eight, four, four, four and twelve hexadecimal digits. UUIDs are identifiers as often as keys.
pub(crate) fn is_uuid(value: &[u8]) -> bool {
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    value.len() == 36
        && value
            .iter()
            .enumerate()
            .all(|(at, byte)| if is_dash(at) { *byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// Whether the value has a form that is public: a URL, a path, a hash, a public key, an image, a date, a color.
fn is_public(value: &[u8]) -> bool {
    let starts = |prefixes: &[&[u8]]| prefixes.iter().any(|prefix| value.starts_with(prefix));
    let slashes = value.iter().filter(|&&byte| byte == b'/').count();
    let has_words = || {
        let words = value.split(|byte| matches!(byte, b'/' | b'.' | b'-' | b'_'));
        words.filter(|word| word.len() >= 3).count() >= 3
    };
    memchr::memchr_iter(b':', value).any(|at| value[at..].starts_with(b"://"))
        || starts(&[
            b"/",
            b"./",
            b"../",
            b"~/",
            b"sha256-",
            b"sha384-",
            b"sha512-",
            b"sha256:",
            b"sha1:",
            b"arn:",
            b"vault:",
            b"ssm:",
            b"op://",
            b"data:",
            b"ENC[",
            b"AQICAH",
            b"-----",
            b"ssh-rsa",
            b"ssh-ed25519",
            b"image/",
            b"text/",
            b"application/",
            // Images in base64: PNG, GIF, JPEG, SVG.
            b"iVBORw0KGgo",
            b"R0lGOD",
            b"/9j/",
            b"PHN2Zy",
        ])
        || (slashes >= 2 && has_words() && is_wordlike(value))
        || is_file_name(value)
        || is_number(value)
        || is_colour(value)
        || is_date(value)
}

/// `0x80090336`, `0xFFUL`: a hexadecimal number in code.
fn is_number(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"0x").or_else(|| value.strip_prefix(b"0X"));
    let is_number_byte =
        |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'_' | b'u' | b'U' | b'l' | b'L');
    digits.is_some_and(|digits| digits.len() <= 20 && digits.iter().all(is_number_byte))
}

/// `2024-01-31`, with or without a time.
fn is_date(value: &[u8]) -> bool {
    let form = |part: &[u8]| {
        part.iter().zip(b"0000-00-00").all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == form,
        })
    };
    value.get(..10).is_some_and(form) && value.get(10).is_none_or(|byte| matches!(byte, b'T' | b' '))
}

/// `#ff8800`
fn is_colour(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"#");
    digits.is_some_and(|digits| {
        matches!(digits.len(), 3 | 4 | 6 | 8) && digits.iter().all(u8::is_ascii_hexdigit)
    })
}

fn is_file_name(value: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 22] = [
        b".json", b".yaml", b".yml", b".txt", b".pem", b".key", b".crt", b".html", b".js", b".ts", b".py",
        b".rb", b".go", b".rs", b".java", b".php", b".css", b".xml", b".com", b".org", b".io", b".net",
    ];
    ENDINGS.iter().any(|ending| value.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_differ_from_words_and_names() {
        for value in [
            "x7Kp2mQ9vR4tW8sZ1nB6cL3j",
            "f81d4fae7dec11d0a76500a0c91e6bf6",
            "q8Wz3LmN7pXkV2rT",
            "vT9qLw2Zrm7",
            "vT9qtestLw2Zrm7Kexample9",
        ] {
            assert!(looks_random(value.as_bytes()), "{value}");
        }
        for value in [
            "authentication_token",
            "getAccessTokenFromRequest",
            "my-application-secret",
            "ApplicationConfiguration2",
            "1234567890123",
            "aaaaaaaaaaaaaaaa",
            "some.config.value",
            "hawaii50",
            "OAuth2ClientCredentials",
        ] {
            assert!(!looks_random(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn public_forms_are_not_plausible() {
        for value in ["https://a.b/c", "/etc/secret", "server.key", "sha256-abcd1234", "a b c", ""] {
            assert!(!is_plausible(value.as_bytes()), "{value}");
        }
        assert!(!is_plausible(br"Tu\u0161\u010dias"));
        assert!(is_plausible(b"vT9q/Lw2Zr"));
        assert!(is_plausible(br"vT9q\u003dLw2"));
    }
}
