//! Private keys in text armour: PEM of PKCS#1, PKCS#8, SEC1 and OpenSSH, OpenPGP, and base64 of such a text.

use data_encoding::BASE64;

use super::armour;
use super::armour::Armour;
use super::{Outcome, base64_text, der_key, pgp, ssh_wire};
use crate::engine::heuristics::placeholder;
use crate::model::Severity;

/// What base64 of a BEGIN line starts with.
const WRAPPED_BEGIN: &[u8] = b"LS0tLS1CRUdJTi";

/// Whether `text` holds a private key that parses.
pub(crate) fn verify(text: &[u8]) -> Outcome {
    if text.starts_with(WRAPPED_BEGIN) {
        return match base64_text::decode(text) {
            Some(inner) => verify_armoured(&inner),
            None => Outcome::Doubtful("key body is no base64"),
        };
    }
    verify_armoured(text)
}

fn verify_armoured(text: &[u8]) -> Outcome {
    let Some(armour) = armour::read(text) else { return Outcome::Disproved };
    if !armour.label.contains("PRIVATE KEY") {
        return Outcome::Disproved;
    }
    if armour.body.len() < 40 || placeholder::is_filler(&armour.body) {
        return Outcome::Disproved;
    }
    if armour.encrypted {
        return Outcome::Harmless("encrypted private key", Severity::Low);
    }
    let bytes = if armour.sum.is_some() {
        armour::decode_strictly(&armour.body)
    } else {
        armour::decode(&armour.body)
    };
    let Some(bytes) = bytes else { return Outcome::Doubtful("key body is no base64") };
    match content(&armour, &bytes) {
        None if armour.closed => Outcome::Doubtful("key body does not parse"),
        None => Outcome::Doubtful("key is cut off"),
        Some(outcome) => outcome,
    }
}

fn content(armour: &Armour, bytes: &[u8]) -> Option<Outcome> {
    match armour.label.as_str() {
        "OPENSSH PRIVATE KEY" => ssh_wire::openssh(bytes),
        "PGP PRIVATE KEY BLOCK" => pgp::verify(bytes, armour.sum.as_deref()),
        "ENCRYPTED PRIVATE KEY" => der_key::encrypted(bytes),
        label => der_key::plain(label, bytes),
    }
}

/// A key of the sample's label whose numbers are made of the sample's own bytes. What stands before the armour
/// stays; then it is in a string, where line ends are written as escapes.
pub(crate) fn complete(sample: &mut Vec<u8>) {
    if sample.starts_with(WRAPPED_BEGIN) {
        let noise = noise(sample);
        let whole = sample.len() - sample.len() % 4;
        let begun = BASE64.decode(&sample[..whole.min(48)]).unwrap_or_default();
        let Some(label) = label(&begun) else { return };
        let text = armoured(&label, &noise, "\n");
        *sample = BASE64.encode(text.as_bytes()).into_bytes();
        return;
    }
    let Some(start) = memchr::memmem::find(sample, b"-----BEGIN ") else { return };
    let Some(label) = label(sample) else { return };
    let text = armoured(&label, &noise(sample), if start == 0 { "\n" } else { "\\n" });
    sample.truncate(start);
    sample.extend(text.into_bytes());
}

/// What the BEGIN line says, with or without its end.
fn label(text: &[u8]) -> Option<String> {
    let start = memchr::memmem::find(text, b"-----BEGIN ")? + 11;
    let length = text[start..].iter().position(|byte| *byte == b'-')?;
    Some(String::from_utf8_lossy(&text[start..start + length]).into_owned())
}

/// Bytes that differ from sample to sample.
fn noise(sample: &[u8]) -> [u8; 128] {
    let mut noise = [0; 128];
    let mut state = 7u8;
    for (to, from) in noise.iter_mut().zip(sample.iter().rev().cycle()) {
        state = state.wrapping_mul(31).wrapping_add(*from);
        *to = state;
    }
    noise
}

fn armoured(label: &str, noise: &[u8; 128], line_end: &str) -> String {
    let bytes = match label {
        "OPENSSH PRIVATE KEY" => ssh_wire::openssh_file(noise.first_chunk().expect("longer than that")),
        "PGP PRIVATE KEY BLOCK" => pgp::packet(noise),
        label => der_key::key(label, noise),
    };
    let (blank, sum) = match label.starts_with("PGP") {
        true => (line_end, ["=", &pgp::encoded_crc24(&bytes), line_end].concat()),
        false => ("", String::new()),
    };
    let text = BASE64.encode(&bytes);
    let wrapped: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    // Written in parts: no line of this file is itself an armour line.
    let (begin, end) = (["-----BEGIN ", label, "-----"].concat(), ["-----END ", label, "-----"].concat());
    [&begin, line_end, blank, &wrapped.join(line_end), line_end, &sum, &end].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::checks::CHECKSUM_VERIFIED;

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
        let block = drawn("PGP PRIVATE KEY BLOCK");
        assert_eq!(verify(block.as_bytes()), Outcome::Proved(CHECKSUM_VERIFIED));
        let without_sum: String =
            block.lines().filter(|line| !line.starts_with('=')).map(|line| format!("{line}\n")).collect();
        assert!(matches!(verify(without_sum.as_bytes()), Outcome::Holds(_)));
        let changed = block.replacen("TD90Dpr", "TD90Dps", 1);
        assert_ne!(changed, block);
        assert!(matches!(verify(changed.as_bytes()), Outcome::Doubtful(_)));
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

    #[test]
    fn a_key_may_be_wrapped_in_base64_or_stand_in_json() {
        let label = ["RSA ", "PRIVATE KEY"].concat();
        let begin = format!("-----BEGIN {label}-----\nxxxxxxxxxxxxxxxx");
        let mut wrapped = BASE64.encode(begin.as_bytes()).into_bytes();
        complete(&mut wrapped);
        assert!(wrapped.starts_with(WRAPPED_BEGIN));
        assert!(matches!(verify(&wrapped), Outcome::Holds(_)));
        assert!(matches!(verify(&wrapped[..200]), Outcome::Doubtful(_)));
        let mut json = format!("\"private_key\": \"{begin}").into_bytes();
        complete(&mut json);
        assert!(json.starts_with(b"\"private_key\"") && !json.contains(&b'\n'));
        assert!(matches!(verify(&json), Outcome::Holds(_)));
    }
}
