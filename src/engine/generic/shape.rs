//! What a value looks like: machine-made, word, identifier, or something that is known to be public.

use crate::engine::entropy::shannon_of;
use crate::engine::steps;

/// The letter pairs that make up two thirds of English text, and of the identifiers made from it.
const COMMON_PAIRS: &str = "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou \
    io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac \
    ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su \
    id os iv ia am fi ci vi pl ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp rd \
    do uc bu ei ov by rm ep tt oc fa ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht ru \
    ug ds lt pi rc rr eg au ck ew mu br bi pt ak pu ui rg ib tl ny ki rk ys ob mm fu ph og ms ye ud mb ip ub oi rl \
    gu dr hr cc tw ft wn nu af hu nn eo vo rv nf xp gn sm fl iz ok nl my gl aw ju oa eq sy sl ps jo lf nv je nk kn";

/// Whether the value could be a secret at all: one word of printable characters, with a letter or digit.
pub(crate) fn is_plausible(value: &[u8]) -> bool {
    steps::count(6 * value.len());
    value.iter().all(|byte| (0x21..0x7f).contains(byte))
        && value.iter().any(u8::is_ascii_alphanumeric)
        && !is_public(value)
        && !has_letter_escape(value)
}

/// Whether an escape stands for a letter beyond ASCII, as in translations: `\u0434`, `\xd0`.
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

/// How many of lower case, upper case, digits and other characters occur.
pub(crate) fn classes(value: &[u8]) -> usize {
    let has = |test: fn(&u8) -> bool| usize::from(value.iter().any(test));
    has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + has(|byte| byte.is_ascii_punctuation())
}

/// Whether nobody would type the value by hand: even use of many characters, no syllables.
pub(crate) fn looks_random(value: &[u8]) -> bool {
    steps::count(2 * value.len());
    let body = || value.iter().copied().filter(u8::is_ascii_alphanumeric);
    let (mut length, mut digits, mut hexadecimal, mut changes) = (0, 0, true, 0);
    let mut before = None;
    for byte in body() {
        let class = (byte.is_ascii_uppercase(), byte.is_ascii_digit());
        length += 1;
        digits += usize::from(class.1);
        hexadecimal &= byte.is_ascii_hexdigit();
        changes += usize::from(before.is_some_and(|before| before != class));
        before = Some(class);
    }
    if length < 8 || length * 4 < value.len() * 3 || digits == length || digits == 0 && changes * 4 <= length
    {
        return false;
    }
    let alphabet: f32 = if hexadecimal { 16.0 } else { 62.0 };
    let most = (length as f32).min(alphabet).log2();
    shannon_of(body()) >= 0.78 * most && !is_wordlike(value)
}

/// Whether letters follow each other as in words, over most of the value.
pub(crate) fn is_wordlike(value: &[u8]) -> bool {
    steps::count(2 * value.len());
    let letter = |byte: u8| usize::from(byte.to_ascii_lowercase() - b'a');
    let (mut pairs, mut common) = (0, 0);
    for pair in value.windows(2).filter(|pair| pair.iter().all(u8::is_ascii_alphabetic)) {
        pairs += 1;
        common += (IS_COMMON[letter(pair[0])] >> letter(pair[1]) & 1) as usize;
    }
    if pairs < 4 {
        return false;
    }
    // Random letters hit the list in a third of the cases, words in nine of ten.
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    common * 100 >= pairs * 72 && letters * 2 >= value.len()
}

/// For each letter those that often follow it, one bit each.
const IS_COMMON: [u32; 26] = {
    let pairs = COMMON_PAIRS.as_bytes();
    let mut followers = [0; 26];
    let mut at = 0;
    while at + 1 < pairs.len() {
        followers[(pairs[at] - b'a') as usize] |= 1 << (pairs[at + 1] - b'a');
        at += 3;
    }
    followers
};

/// Whether the value, without quotes, may as well be the name of a variable.
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

/// Eight, four, four, four and twelve hexadecimal digits: as often a name as a key.
pub(crate) fn is_uuid(value: &[u8]) -> bool {
    let parts: Vec<&[u8]> = value.split(|&byte| byte == b'-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.concat().iter().all(u8::is_ascii_hexdigit)
}

/// Whether the value is of a kind that people publish: a URL, path, version, selector, known hash form.
fn is_public(value: &[u8]) -> bool {
    let starts = |prefixes: &[&[u8]]| prefixes.iter().any(|prefix| value.starts_with(prefix));
    let path = value.iter().filter(|&&byte| byte == b'/').count();
    let words =
        value.split(|byte| matches!(byte, b'/' | b'.' | b'-' | b'_')).filter(|word| word.len() >= 3).count();
    memchr::memmem::find(value, b"://").is_some()
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
        ])
        || (path >= 2 && words >= 3 && is_wordlike(value))
        || is_file_name(value)
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
    fn random_values_are_told_from_words_and_names() {
        for value in [
            "x7Kp2mQ9vR4tW8sZ1nB6cL3j",
            "f81d4fae7dec11d0a76500a0c91e6bf6",
            "q8Wz3LmN7pXkV2rT",
            "vT9qLw2Zrm7",
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
