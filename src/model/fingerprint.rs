//! Identifies a (rule, value) pair across moved lines, renames, rebases and squashes.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};

use super::secret::Secret;

/// The key of the hash: one per repository, stored in its baseline file. It prevents looking up a short password in a
/// table that was computed for another repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FingerprintKey([u8; 16]);

impl FingerprintKey {
    /// The key for repositories without a baseline.
    pub const DEFAULT: FingerprintKey = FingerprintKey(*b"stopleak-default");

    /// Creates a key from its bytes.
    pub fn new(bytes: [u8; 16]) -> FingerprintKey {
        FingerprintKey(bytes)
    }

    /// Parses a key as [`FingerprintKey::to_hex`] writes it.
    pub fn from_hex(text: &str) -> Option<FingerprintKey> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        Some(FingerprintKey(bytes.try_into().ok()?))
    }

    /// Returns 32 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

/// Keyed hash of (rule, value), independent of the position: `1:` and 26 characters of lower-case base32 (130 bits,
/// enough to avoid collisions). The number is the version of the scheme.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Computes SHA-256 over the length-prefixed key, rule and [bare](Secret::bare) value. The second pass of HMAC is not
    /// necessary, because the value is always last and its length is hashed before it.
    pub fn new(key: &FingerprintKey, rule: &str, value: &Secret) -> Fingerprint {
        let value = value.bare();
        let mut hash = Sha256::new();
        for part in [b"stopleak fingerprint 1".as_slice(), &key.0, rule.as_bytes(), value.expose()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut text = BASE32_NOPAD.encode(&hash.finalize()).to_ascii_lowercase();
        text.truncate(26);
        Fingerprint(format!("1:{text}"))
    }

    /// Parses a fingerprint as baselines and reports contain it; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Fingerprint> {
        let body = text.strip_prefix("1:")?;
        let valid = body.len() == 26 && body.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
        valid.then(|| Fingerprint(text.to_owned()))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depends_on_key_rule_and_value_and_parses_back() {
        let key = FingerprintKey::DEFAULT;
        let one = Fingerprint::new(&key, "a", &Secret::new("bc"));
        assert_eq!(Fingerprint::parse(one.as_str()), Some(one.clone()));
        assert_ne!(one, Fingerprint::new(&key, "ab", &Secret::new("c")));
        assert_ne!(one, Fingerprint::new(&FingerprintKey::new([7; 16]), "a", &Secret::new("bc")));
        assert_eq!(Fingerprint::parse("1:short"), None);
        assert_eq!(FingerprintKey::from_hex(&key.to_hex()), Some(key));
    }
}
