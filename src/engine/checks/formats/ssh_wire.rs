//! SSH data types (RFC 4251 section 5), and OpenSSH's private key files (`PROTOCOL.key`).

use crate::engine::checks::offline_check::Outcome;
use crate::model::{Evidence, Severity};

/// Parses the string at the start of `bytes`: its content, and the bytes after it.
pub(crate) fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// Encodes a string.
pub(crate) fn encode(string: &[u8]) -> Vec<u8> {
    [&(string.len() as u32).to_be_bytes()[..], string].concat()
}

/// First bytes of every OpenSSH private key file.
const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Evaluates an OpenSSH private key file. `None` if it does not parse.
pub(crate) fn verify_openssh(bytes: &[u8]) -> Option<Outcome> {
    let (cipher, rest) = string(bytes.strip_prefix(MAGIC)?)?;
    if cipher != b"none" {
        return Some(Outcome::LessSevere(Evidence::EncryptedPrivateKey, Severity::Low));
    }
    let (_derivation, rest) = string(rest)?;
    let (_options, rest) = string(rest)?;
    let (_count, rest) = rest.split_first_chunk::<4>()?;
    let (public, rest) = string(rest)?;
    let (private, _) = string(rest)?;
    let (kind, _) = string(public)?;
    // Two equal numbers prove to a reader that the file is unencrypted or was decrypted with the right key.
    let (first, private) = private.split_first_chunk::<4>()?;
    let (second, private) = private.split_first_chunk::<4>()?;
    let (private_kind, _) = string(private)?;
    (first == second && kind == private_kind).then_some(Outcome::Plausible(Evidence::OpenSshKey))
}

/// Makes an Ed25519 key file from `noise`.
pub(crate) fn openssh_file(noise: &[u8; 32]) -> Vec<u8> {
    let kind = encode(b"ssh-ed25519");
    let public = [&kind[..], &encode(noise)].concat();
    let comment = encode(b"drawn");
    let pair = encode(&[noise, &noise[..]].concat());
    let private = [&noise[..4], &noise[..4], &kind, &encode(noise), &pair, &comment, &[1, 2, 3]].concat();
    let none = encode(b"none");
    [MAGIC, &none, &none, &encode(b""), &[0, 0, 0, 1], &encode(&public), &encode(&private)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_must_be_complete_and_its_check_numbers_equal() {
        let file = openssh_file(b"q7Lw2Zr9Tk4Nb8Vx3Mc6Hj1Pd5Sf0GyU");
        assert!(matches!(verify_openssh(&file), Some(Outcome::Plausible(_))));
        for length in 0..file.len() - 10 {
            assert_eq!(verify_openssh(&file[..length]), None, "{length}");
        }
        let locked = [MAGIC, &encode(b"aes256-ctr"), &encode(b"bcrypt")].concat();
        assert!(matches!(verify_openssh(&locked), Some(Outcome::LessSevere(..))));
        let mut unequal = file;
        let at = memchr::memmem::rfind(&unequal, b"q7Lwq7Lw").expect("the check numbers");
        unequal[at] ^= 1;
        assert_eq!(verify_openssh(&unequal), None);
    }
}
