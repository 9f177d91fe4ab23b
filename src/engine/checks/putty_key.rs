//! PuTTY's key files, versions 2 and 3 (appendix C of its manual): header lines, then the public and the private half
//! in base64.

use data_encoding::BASE64;

use super::formats::ssh_wire;
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::{Evidence, Severity};

/// Checks that the lines are those of a key file and that its public half has the kind of the first line.
pub(crate) struct PuttyKey;

impl OfflineCheck for PuttyKey {
    fn verify(&self, Matched { whole: text, .. }: Matched<'_>) -> Outcome {
        let Some(file) = parse(text) else { return Outcome::Downgraded(Evidence::PuttyKeyFileMalformed) };
        if file.encryption != b"none" {
            return Outcome::LessSevere(Evidence::EncryptedPrivateKey, Severity::Low);
        }
        let decode = |body: &[u8]| BASE64.decode(body).ok();
        let kind = decode(&file.public).and_then(|blob| Some(ssh_wire::string(&blob)?.0 == file.kind));
        match (kind, decode(&file.private)) {
            (Some(true), Some(private)) if private.len() >= 16 => Outcome::Plausible(Evidence::PuttyKeyFile),
            _ => Outcome::Downgraded(Evidence::PuttyKeyFileMalformed),
        }
    }

    /// Makes a file of the sample's version, kind and encryption with halves from the sample's bytes.
    fn complete(&self, sample: &mut Vec<u8>) {
        let line_end: &[u8] = if sample.contains(&b'\r') { b"\r\n" } else { b"\n" };
        let Some(first) =
            sample.split(|byte| *byte == b'\n').next().map(|line| line.trim_ascii_end().to_vec())
        else {
            return;
        };
        let Some(colon) = first.iter().position(|byte| *byte == b':') else { return };
        let encrypted = memchr::memmem::find(sample, b"Encryption: none").is_none();
        let noise: Vec<u8> = sample.iter().rev().take(96).copied().collect();
        let public = [ssh_wire::encode(first[colon + 1..].trim_ascii()), ssh_wire::encode(&noise)].concat();
        let mac = "5f1d3b7a9c2e4806".repeat(if first[..colon].ends_with(b"3") { 4 } else { 3 });
        let mac = if first[..colon].ends_with(b"3") { &mac[..64] } else { &mac[..40] };
        let mut lines: Vec<Vec<u8>> = vec![first.clone()];
        let encryption = if encrypted { "aes256-cbc" } else { "none" };
        lines.push(format!("Encryption: {encryption}").into_bytes());
        lines.push(b"Comment: drawn".to_vec());
        for (name, blob) in [("Public", public), ("Private", ssh_wire::encode(&noise))] {
            let body = BASE64.encode(&blob).into_bytes();
            let wrapped: Vec<Vec<u8>> = body.chunks(64).map(<[u8]>::to_vec).collect();
            lines.push(format!("{name}-Lines: {}", wrapped.len()).into_bytes());
            lines.extend(wrapped);
        }
        lines.push(format!("Private-MAC: {mac}").into_bytes());
        *sample = lines.join(line_end);
    }

    fn completes_whole_match(&self) -> bool {
        true
    }
}

struct File<'t> {
    kind: &'t [u8],
    encryption: &'t [u8],
    public: Vec<u8>,
    private: Vec<u8>,
}

fn parse(text: &[u8]) -> Option<File<'_>> {
    let mut file = File { kind: b"", encryption: b"", public: Vec::new(), private: Vec::new() };
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    while let Some(line) = lines.next() {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii_start());
        match name {
            b"PuTTY-User-Key-File-2" | b"PuTTY-User-Key-File-3" => file.kind = value,
            b"Encryption" => file.encryption = value,
            b"Public-Lines" | b"Private-Lines" => {
                let count: usize = std::str::from_utf8(value).ok()?.parse().ok()?;
                let body = if name == b"Public-Lines" { &mut file.public } else { &mut file.private };
                lines.by_ref().take(count).for_each(|line| body.extend_from_slice(line));
            }
            _ => {}
        }
    }
    (!file.kind.is_empty() && !file.encryption.is_empty()).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(version: u8, encryption: &str) -> String {
        let mut sample =
            format!("PuTTY-User-Key-File-{version}: ssh-ed25519\r\nEncryption: {encryption}\r\nnoise")
                .into_bytes();
        PuttyKey.complete(&mut sample);
        String::from_utf8(sample).expect("ASCII")
    }

    #[test]
    fn both_versions_parse_and_encrypted_files_are_less_severe() {
        for version in [2, 3] {
            let file = drawn(version, "none");
            assert!(matches!(PuttyKey.verify_text(file.as_bytes()), Outcome::Plausible(_)), "{file}");
            assert!(matches!(
                PuttyKey.verify_text(file.replace("\r\n", "\n").as_bytes()),
                Outcome::Plausible(_)
            ));
            let other = file.replace("ssh-ed25519", "ssh-rsa");
            assert!(matches!(PuttyKey.verify_text(other.as_bytes()), Outcome::Downgraded(_)));
            assert!(matches!(
                PuttyKey.verify_text(drawn(version, "aes256-cbc").as_bytes()),
                Outcome::LessSevere(..)
            ));
        }
        assert!(matches!(
            PuttyKey.verify_text(b"Public-Lines: 99999999999999999999999"),
            Outcome::Downgraded(_)
        ));
    }
}
