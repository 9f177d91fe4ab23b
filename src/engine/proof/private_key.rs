//! Private keys in text armour: RFC 7468 (PEM), RFC 8017 A.1.2 (PKCS#1), RFC 5958 (PKCS#8), RFC 5915
//! (SEC1), OpenSSH's PROTOCOL.key, RFC 9580 section 6.2 (OpenPGP).
//!
//! The armour is read leniently, because keys in source code stand in string literals: with `\n`
//! escapes, quotes, comment marks and concatenation signs around each line.

use data_encoding::{BASE64, BASE64_NOPAD};

use super::Outcome;
use super::der;
use crate::engine::filler;
use crate::model::Severity;

/// What the armour says and holds.
struct Armour {
    label: String,
    /// Base64 characters of the body, everything else taken out.
    body: Vec<u8>,
    /// Whether header lines say that the body is encrypted (`DEK-Info`, RFC 1421).
    encrypted: bool,
    /// Whether the END line is there.
    closed: bool,
}

/// Whether `text`, which begins at a BEGIN line, holds a private key that parses.
pub(crate) fn verify(text: &[u8]) -> Outcome {
    let Some(armour) = read(text) else { return Outcome::Disproved };
    if !armour.label.contains("PRIVATE KEY") {
        return Outcome::Disproved;
    }
    if armour.body.len() < 40 || filler::is_filler(&armour.body) {
        return Outcome::Disproved;
    }
    if armour.encrypted {
        return Outcome::Harmless("encrypted private key", Severity::Low);
    }
    let Some(bytes) = decode(&armour.body) else { return Outcome::Doubtful("key body is no base64") };
    let outcome = match armour.label.as_str() {
        "OPENSSH PRIVATE KEY" => openssh(&bytes),
        "PGP PRIVATE KEY BLOCK" => pgp(&bytes),
        "ENCRYPTED PRIVATE KEY" => encrypted_pkcs8(&bytes),
        label => plain_der(label, &bytes),
    };
    match outcome {
        None if armour.closed => Outcome::Doubtful("key body does not parse"),
        None => Outcome::Doubtful("key is cut off"),
        Some(outcome) => outcome,
    }
}

fn plain_der(label: &str, bytes: &[u8]) -> Option<Outcome> {
    let outer = der::element(bytes).filter(|element| element.tag == der::SEQUENCE)?;
    let inner = der::elements(outer.content)?;
    let tags: Vec<u8> = inner.iter().map(|(tag, _)| *tag).collect();
    let pkcs8 = tags.starts_with(&[der::INTEGER, der::SEQUENCE, der::OCTET_STRING])
        && der::element(inner[1].1)?.tag == der::OBJECT_IDENTIFIER;
    let pkcs1 = tags.len() >= 9 && tags.iter().all(|&tag| tag == der::INTEGER);
    let sec1 = tags.starts_with(&[der::INTEGER, der::OCTET_STRING]) && inner[1].1.len() >= 20;
    let dsa = tags.len() == 6 && tags.iter().all(|&tag| tag == der::INTEGER);
    match label {
        "RSA PRIVATE KEY" if pkcs1 => Some(Outcome::Holds("PKCS#1 key parses")),
        "EC PRIVATE KEY" if sec1 => Some(Outcome::Holds("SEC1 key parses")),
        "DSA PRIVATE KEY" if dsa => Some(Outcome::Holds("DSA key parses")),
        _ if pkcs8 => Some(Outcome::Holds("PKCS#8 key parses")),
        _ if pkcs1 || sec1 || dsa => Some(Outcome::Holds("key parses")),
        _ => None,
    }
}

fn encrypted_pkcs8(bytes: &[u8]) -> Option<Outcome> {
    let outer = der::element(bytes).filter(|element| element.tag == der::SEQUENCE)?;
    let inner = der::elements(outer.content)?;
    let fits = matches!(inner.as_slice(), [(der::SEQUENCE, _), (der::OCTET_STRING, _)]);
    fits.then_some(Outcome::Harmless("encrypted private key", Severity::Low))
}

fn openssh(bytes: &[u8]) -> Option<Outcome> {
    let rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
    let cipher = rest.get(4..4usize.checked_add(length)?)?;
    Some(match cipher {
        b"none" => Outcome::Holds("OpenSSH key parses"),
        _ => Outcome::Harmless("encrypted private key", Severity::Low),
    })
}

/// The first packet must be a secret key (tag 5) or subkey (tag 7).
fn pgp(bytes: &[u8]) -> Option<Outcome> {
    let &first = bytes.first()?;
    let tag = match first >> 6 {
        0b11 => first & 0x3f,
        0b10 => first >> 2 & 0x0f,
        _ => return None,
    };
    matches!(tag, 5 | 7).then_some(Outcome::Holds("OpenPGP secret key packet"))
}

fn read(text: &[u8]) -> Option<Armour> {
    let label_start = memchr::memmem::find(text, b"-----BEGIN ")? + 11;
    let label_end = label_start + memchr::memmem::find(&text[label_start..], b"-----")?;
    let label = String::from_utf8_lossy(&text[label_start..label_end]).into_owned();
    let inside = &text[label_end + 5..];
    let end = memchr::memmem::find(inside, b"-----END");
    let inside = &inside[..end.unwrap_or(inside.len())];
    let mut body = Vec::with_capacity(inside.len());
    let mut encrypted = false;
    for line in lines(inside) {
        let line = literal_part(&line).to_vec();
        if memchr::memchr(b':', &line).is_some() {
            encrypted |= line.starts_with(b"DEK-Info") || memchr::memmem::find(&line, b"ENCRYPTED").is_some();
        } else if !(label.starts_with("PGP") && line.starts_with(b"=")) {
            body.extend(line.iter().filter(|byte| is_base64(**byte)));
        }
    }
    Some(Armour { label, body, encrypted, closed: end.is_some() })
}

/// Lines, whether their ends are real or written as `\n`, `\\n` or `\r\n` escapes.
fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = vec![Vec::new()];
    let mut at = 0;
    while at < text.len() {
        let slashes = text[at..].iter().take_while(|&&byte| byte == b'\\').count();
        let escape = slashes > 0 && matches!(text.get(at + slashes), Some(b'n' | b'r'));
        if escape || text[at] == b'\n' {
            lines.push(Vec::new());
            at += if escape { slashes + 1 } else { 1 };
        } else {
            let line = lines.last_mut().expect("there is always a line");
            line.push(text[at]);
            at += 1;
        }
    }
    lines
}

/// What a line of source code holds between its quotes, without comment marks; else the trimmed line.
fn literal_part(line: &[u8]) -> &[u8] {
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`');
    match (line.iter().position(is_quote), line.iter().rposition(is_quote)) {
        (Some(first), Some(last)) if last > first => &line[first + 1..last],
        (Some(quote), _) => {
            // Half a literal: the line was cut at an escape. The other side holds only `+` or `,`.
            let (before, after) = (line[..quote].trim_ascii(), line[quote + 1..].trim_ascii());
            let part = if before.len() > after.len() { before } else { after };
            if part.len() < 4 { b"" } else { part }
        }
        _ => {
            let line = line.trim_ascii();
            let marks =
                line.iter().take_while(|byte| matches!(byte, b'#' | b'*' | b'>' | b'|' | b' ')).count();
            line[marks..].trim_ascii()
        }
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

fn decode(body: &[u8]) -> Option<Vec<u8>> {
    let whole = body.len() - usize::from(body.len() % 4 == 1);
    let mut specification = BASE64_NOPAD.specification();
    specification.check_trailing_bits = false;
    specification.encoding().expect("only a check was taken away").decode(&body[..whole]).ok()
}

/// A key of the sample's label whose numbers are made of the sample's own bytes.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    let Some(start) = memchr::memmem::find(sample, b"-----BEGIN ") else { return };
    let Some(length) = memchr::memmem::find(&sample[start + 11..], b"-----") else { return };
    let label = String::from_utf8_lossy(&sample[start + 11..start + 11 + length]).into_owned();
    let noise: Vec<u8> = sample
        .iter()
        .rev()
        .cycle()
        .scan(7u8, |state, byte| {
            *state = state.wrapping_mul(31).wrapping_add(*byte);
            Some(*state)
        })
        .take(128)
        .collect();
    let number = |byte: u8| der::encode(der::INTEGER, &[&[byte], &noise[..31]].concat());
    let zero = der::encode(der::INTEGER, &[0]);
    let numbers = |count: u8| (1..=count).flat_map(number).collect::<Vec<u8>>();
    let algorithm = der::encode(der::SEQUENCE, &der::encode(der::OBJECT_IDENTIFIER, &[0x2b, 0x65, 0x70]));
    let octets = der::encode(der::OCTET_STRING, &der::encode(der::OCTET_STRING, &noise[..32]));
    let bytes = match label.as_str() {
        "RSA PRIVATE KEY" => der::encode(der::SEQUENCE, &[zero, numbers(8)].concat()),
        "DSA PRIVATE KEY" => der::encode(der::SEQUENCE, &[zero, numbers(5)].concat()),
        "EC PRIVATE KEY" => {
            let one = der::encode(der::INTEGER, &[1]);
            der::encode(der::SEQUENCE, &[one, der::encode(der::OCTET_STRING, &noise[..32])].concat())
        }
        "ENCRYPTED PRIVATE KEY" => der::encode(der::SEQUENCE, &[algorithm, octets].concat()),
        "OPENSSH PRIVATE KEY" => [b"openssh-key-v1\0\0\0\0\x04none".as_slice(), &noise].concat(),
        // Long enough for the pattern, which knows that such blocks never are short.
        "PGP PRIVATE KEY BLOCK" => [&[0x95, 0x01], noise.as_slice(), noise.as_slice()].concat(),
        _ => der::encode(der::SEQUENCE, &[zero, algorithm, octets].concat()),
    };
    let blank = if label.starts_with("PGP") { "\n" } else { "" };
    let text = BASE64.encode(&bytes);
    let wrapped: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    // Written in parts: no line of this file is itself an armour line.
    let (begin, end) = (["-----BEGIN ", &label, "-----"].concat(), ["-----END ", &label, "-----"].concat());
    *sample = format!("{begin}\n{blank}{}\n{end}", wrapped.join("\n")).into_bytes();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(label: &str) -> String {
        let mut sample = format!("-----BEGIN {label}-----\nnoise\n-----END {label}-----").into_bytes();
        complete(&mut sample);
        String::from_utf8(sample).expect("ASCII")
    }

    #[test]
    fn keys_of_every_label_parse_however_they_are_quoted() {
        for label in
            ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY"]
        {
            let key = drawn(label);
            let escaped = key.replace('\n', "\\n");
            let concatenated = key.lines().map(|line| format!("  \"{line}\\n\" +\n")).collect::<String>();
            let commented = key.lines().map(|line| format!("# {line}\n")).collect::<String>();
            for text in [&key, &escaped, &concatenated, &commented, &key.replace('\n', "\r\n")] {
                assert!(matches!(verify(text.as_bytes()), Outcome::Holds(_)), "{label}: {text}");
            }
        }
        assert!(matches!(verify(drawn("PGP PRIVATE KEY BLOCK").as_bytes()), Outcome::Holds(_)));
    }

    #[test]
    fn encrypted_keys_are_their_own_kind() {
        assert!(matches!(verify(drawn("ENCRYPTED PRIVATE KEY").as_bytes()), Outcome::Harmless(..)));
        let legacy = drawn("RSA PRIVATE KEY").replacen(
            "-----\n",
            "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
            1,
        );
        assert!(matches!(verify(legacy.as_bytes()), Outcome::Harmless(..)));
    }

    #[test]
    fn public_keys_garbage_and_placeholders_are_not_keys() {
        assert_eq!(verify(drawn("PRIVATE KEY").replace("PRIVATE", "PUBLIC").as_bytes()), Outcome::Disproved);
        let label = "PRIVATE KEY";
        let with_body = |body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----");
        assert_eq!(verify(with_body("...").as_bytes()), Outcome::Disproved);
        assert_eq!(verify(with_body(&"x".repeat(64)).as_bytes()), Outcome::Disproved);
        let garbage = "q7Lw2Zr9Tk4Nb8Vx3Mc6Hj1Pd5Sf0GyUeIoAiBtRnWmQzXvCkLsJhFgDpYaE3".repeat(2);
        assert!(matches!(verify(with_body(&garbage).as_bytes()), Outcome::Doubtful(_)));
    }
}
