//! The only type that contains a found value. It is designed so that the value cannot be printed by accident.

use std::fmt;

/// A secret value. No `Display`, no `Serialize`; `Debug` is masked. Output takes [`Secret::redacted`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Secret(Vec<u8>);

/// Minimum length in bytes of a value whose first characters are shown: four characters of a shorter one reveal too
/// much.
const SHOW_PREFIX_FROM: usize = 16;

impl Secret {
    /// Creates a secret from its bytes in the (decoded) text.
    pub fn new(value: impl Into<Vec<u8>>) -> Secret {
        Secret(value.into())
    }

    /// Returns the raw bytes, for hashing and comparing. Callers must not print them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns the value independent of its layout: a multiline key is the same with other line endings, with
    /// indentation, and as one line with escape sequences.
    #[must_use]
    pub fn bare(&self) -> Secret {
        let is_armoured = self.0.starts_with(b"-----BEGIN");
        if !is_armoured && !self.0.contains(&b'\n') {
            return self.clone();
        }
        let mut bare = Vec::with_capacity(self.0.len());
        let mut rest = self.0.as_slice();
        while let Some((&byte, after)) = rest.split_first() {
            rest = match (byte, after) {
                (b'\\', [b'n' | b'r' | b't', after @ ..]) if is_armoured => after,
                _ => {
                    bare.extend(Some(byte).filter(|byte| !byte.is_ascii_whitespace()));
                    after
                }
            };
        }
        Secret(bare)
    }

    /// Returns the masked value: its first four characters if it has 16 bytes or more, and eight stars. The number of
    /// stars is fixed, so that the length is not revealed.
    pub fn redacted(&self) -> String {
        let shown = if self.0.len() < SHOW_PREFIX_FROM { 0 } else { 4 };
        let head = self.0.iter().take(shown).take_while(|byte| byte.is_ascii_graphic());
        head.map(|&byte| byte as char).chain("********".chars()).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.redacted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_with_any_line_endings() {
        let key =
            |end: &str| Secret::new(format!("-----BEGIN KEY-----{end}MIIE{end}nrt={end}-----END KEY-----"));
        let same = [key("\n"), key("\r\n"), key("\n\t"), key("\\n"), key("\\r\\n")];
        assert!(same.iter().all(|other| other.bare() == same[0].bare()), "{same:?}");
        assert_ne!(same[0].bare(), key("x").bare());
        for plain in ["a b\\nc", "p w"] {
            assert_eq!(Secret::new(plain).bare(), Secret::new(plain));
        }
        assert_eq!(Secret::new("a\r\nb").bare(), Secret::new("a\nb").bare());
    }

    #[test]
    fn long_values_show_four_characters_short_ones_none() {
        assert_eq!(Secret::new("abcdefghijklmnopqrst").redacted(), "abcd********");
        assert_eq!(Secret::new("hunter2").redacted(), "********");
        assert_eq!(Secret::new(b"ab\x1b[31mzzzzzzzzzzzzzz".to_vec()).redacted(), "ab********");
        assert_eq!(format!("{:?}", Secret::new("hunter2hunter2hu")), "Secret(hunt********)");
    }
}
