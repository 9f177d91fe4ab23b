//! Private keys in armour: PEM of PKCS#1, PKCS#8, SEC1 and OpenSSH, OpenPGP blocks, and base64 of such text.

use data_encoding::BASE64;

use super::formats::armour::Armour;
use super::formats::{armour, base64, der_private_key, openpgp, ssh_wire};
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::engine::heuristics::placeholder;
use crate::model::{Evidence, Severity};

/// First characters of base64 of a BEGIN line.
const WRAPPED_BEGIN: &[u8] = b"LS0tLS1CRUdJTi";

/// Checks that the match contains a private key that parses.
pub(crate) struct PrivateKey;

impl OfflineCheck for PrivateKey {
    fn verify(&self, Matched { whole: text, .. }: Matched<'_>) -> Outcome {
        if text.starts_with(WRAPPED_BEGIN) {
            return match base64::decode(text) {
                Some(inner) => verify_armoured(&inner),
                None => Outcome::Downgraded(Evidence::KeyNotBase64),
            };
        }
        verify_armoured(text)
    }

    /// Makes a key with the sample's label and numbers from the sample's bytes. Text before the armour is kept: then the
    /// key is in a string, and its line endings are written as escapes.
    fn complete(&self, sample: &mut Vec<u8>) {
        if sample.starts_with(WRAPPED_BEGIN) {
            let noise = noise(sample);
            let whole = sample.len() - sample.len() % 4;
            let beginning = BASE64.decode(&sample[..whole.min(48)]).unwrap_or_default();
            let Some(label) = label(&beginning) else { return };
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

    fn completes_whole_match(&self) -> bool {
        true
    }
}

fn verify_armoured(text: &[u8]) -> Outcome {
    let Some(armour) = armour::parse(text) else { return Outcome::Rejected };
    if !armour.label.contains("PRIVATE KEY") {
        return Outcome::Rejected;
    }
    if armour.body.len() < 40 || placeholder::is_placeholder(&armour.body) {
        return Outcome::Rejected;
    }
    if armour.encrypted {
        return Outcome::LessSevere(Evidence::EncryptedPrivateKey, Severity::Low);
    }
    let bytes = if armour.sum.is_some() {
        armour::decode_strictly(&armour.body)
    } else {
        armour::decode(&armour.body)
    };
    let Some(bytes) = bytes else { return Outcome::Downgraded(Evidence::KeyNotBase64) };
    match verify_content(&armour, &bytes) {
        None if armour.closed => Outcome::Downgraded(Evidence::KeyMalformed),
        None => Outcome::Downgraded(Evidence::KeyTruncated),
        Some(outcome) => outcome,
    }
}

fn verify_content(armour: &Armour, bytes: &[u8]) -> Option<Outcome> {
    match armour.label.as_str() {
        "OPENSSH PRIVATE KEY" => ssh_wire::verify_openssh(bytes),
        "PGP PRIVATE KEY BLOCK" => openpgp::verify(bytes, armour.sum.as_deref()),
        "ENCRYPTED PRIVATE KEY" => der_private_key::encrypted(bytes),
        label => der_private_key::plain(label, bytes),
    }
}

/// The label of the BEGIN line, which may be incomplete.
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
        "OPENSSH PRIVATE KEY" => ssh_wire::openssh_file(noise.first_chunk().expect("the array is longer")),
        "PGP PRIVATE KEY BLOCK" => openpgp::packet(noise),
        label => der_private_key::key(label, noise),
    };
    let (blank, sum) = match label.starts_with("PGP") {
        true => (line_end, ["=", &openpgp::encoded_crc24(&bytes), line_end].concat()),
        false => ("", String::new()),
    };
    let text = BASE64.encode(&bytes);
    let wrapped: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    // Joined from parts, so that no line of this file is an armour line.
    let (begin, end) = (["-----BEGIN ", label, "-----"].concat(), ["-----END ", label, "-----"].concat());
    [&begin, line_end, blank, &wrapped.join(line_end), line_end, &sum, &end].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(label: &str) -> String {
        let mut sample = format!("-----BEGIN {label}-----\nnoise\n-----END {label}-----").into_bytes();
        PrivateKey.complete(&mut sample);
        String::from_utf8(sample).expect("ASCII")
    }

    #[test]
    fn keys_of_every_label_parse_in_every_kind_of_quoting() {
        for label in
            ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY"]
        {
            let key = drawn(label);
            let escaped = key.replace('\n', "\\n");
            let concatenated = key.lines().map(|line| format!("  \"{line}\\n\" +\n")).collect::<String>();
            let commented = key.lines().map(|line| format!("# {line}\n")).collect::<String>();
            for text in [&key, &escaped, &concatenated, &commented, &key.replace('\n', "\r\n")] {
                assert!(
                    matches!(PrivateKey.verify_text(text.as_bytes()), Outcome::Plausible(_)),
                    "{label}: {text}"
                );
            }
        }
        let block = drawn("PGP PRIVATE KEY BLOCK");
        assert_eq!(PrivateKey.verify_text(block.as_bytes()), Outcome::Verified(Evidence::ChecksumVerified));
        let without_sum: String =
            block.lines().filter(|line| !line.starts_with('=')).map(|line| format!("{line}\n")).collect();
        assert!(matches!(PrivateKey.verify_text(without_sum.as_bytes()), Outcome::Plausible(_)));
        let changed = block.replacen("TD90Dpr", "TD90Dps", 1);
        assert_ne!(changed, block);
        assert!(matches!(PrivateKey.verify_text(changed.as_bytes()), Outcome::Downgraded(_)));
    }

    #[test]
    fn encrypted_keys_are_less_severe() {
        assert!(matches!(
            PrivateKey.verify_text(drawn("ENCRYPTED PRIVATE KEY").as_bytes()),
            Outcome::LessSevere(..)
        ));
        let legacy = drawn("RSA PRIVATE KEY").replacen(
            "-----\n",
            "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
            1,
        );
        assert!(matches!(PrivateKey.verify_text(legacy.as_bytes()), Outcome::LessSevere(..)));
    }

    #[test]
    fn public_keys_garbage_and_placeholders_are_not_plausible() {
        assert_eq!(
            PrivateKey.verify_text(drawn("PRIVATE KEY").replace("PRIVATE", "PUBLIC").as_bytes()),
            Outcome::Rejected
        );
        let label = "PRIVATE KEY";
        let with_body = |body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----");
        assert_eq!(PrivateKey.verify_text(with_body("...").as_bytes()), Outcome::Rejected);
        assert_eq!(PrivateKey.verify_text(with_body(&"x".repeat(64)).as_bytes()), Outcome::Rejected);
        let garbage = "q7Lw2Zr9Tk4Nb8Vx3Mc6Hj1Pd5Sf0GyUeIoAiBtRnWmQzXvCkLsJhFgDpYaE3".repeat(2);
        assert!(matches!(PrivateKey.verify_text(with_body(&garbage).as_bytes()), Outcome::Downgraded(_)));
    }

    #[test]
    fn a_key_may_be_encoded_in_base64_or_written_in_json() {
        let label = ["RSA ", "PRIVATE KEY"].concat();
        let begin = format!("-----BEGIN {label}-----\nxxxxxxxxxxxxxxxx");
        let mut wrapped = BASE64.encode(begin.as_bytes()).into_bytes();
        PrivateKey.complete(&mut wrapped);
        assert!(wrapped.starts_with(WRAPPED_BEGIN));
        assert!(matches!(PrivateKey.verify_text(&wrapped), Outcome::Plausible(_)));
        assert!(matches!(PrivateKey.verify_text(&wrapped[..200]), Outcome::Downgraded(_)));
        let mut json = format!("\"private_key\": \"{begin}").into_bytes();
        PrivateKey.complete(&mut json);
        assert!(json.starts_with(b"\"private_key\"") && !json.contains(&b'\n'));
        assert!(matches!(PrivateKey.verify_text(&json), Outcome::Plausible(_)));
    }
}
