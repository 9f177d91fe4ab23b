//! Sizes in bytes, written as `100MB`, `64 KiB` or `1g`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// A number of bytes, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

const UNITS: [(&str, u64); 11] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    // Powers of 1024, as in git's configuration.
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
];

impl ByteSize {
    /// Creates a size of `megabytes` million bytes.
    pub const fn megabytes(megabytes: u64) -> ByteSize {
        ByteSize(megabytes * 1_000_000)
    }

    /// Returns the number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<ByteSize, String> {
        let expected = || "expected a size of at least one byte: 500KB, 100MB, 64MiB, 1GB".to_owned();
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = unit.trim().to_ascii_lowercase();
        let number: u64 = number.parse().map_err(|_| expected())?;
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(expected)?;
        number.checked_mul(*factor).filter(|bytes| *bytes > 0).map(ByteSize).ok_or_else(expected)
    }
}

impl fmt::Display for ByteSize {
    /// Writes the size in the largest unit that divides it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, factor) in [
            ("GB", 1_000_000_000),
            ("GiB", 1 << 30),
            ("MB", 1_000_000),
            ("MiB", 1 << 20),
            ("KB", 1_000),
            ("KiB", 1 << 10),
        ] {
            if self.0.is_multiple_of(factor) {
                return write!(f, "{}{name}", self.0 / factor);
            }
        }
        write!(f, "{}B", self.0)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ByteSize, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = ByteSize;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size such as 100MB")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteSize, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<ByteSize, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_trip() {
        let bytes = |text: &str| text.parse::<ByteSize>().map(ByteSize::bytes);
        assert_eq!(bytes("100MB"), Ok(100_000_000));
        assert_eq!(bytes("64 KiB"), Ok(65_536));
        assert_eq!(bytes("1g"), Ok(1 << 30));
        assert_eq!(bytes("12"), Ok(12));
        for wrong in ["", "MB", "0", "0MB", "-1", "1.5MB", "10 XB", "99999999999999999999", "99999999999GB"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
        for text in ["100MB", "64KiB", "1GB", "1GiB", "7B"] {
            assert_eq!(text.parse::<ByteSize>().expect("a size").to_string(), text);
        }
    }
}
