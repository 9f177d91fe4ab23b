//! CRC-32 (IEEE, as in zlib) written at the end of a token: GitHub, npm, GitLab, Atlassian, Grafana,
//! Cloudflare, Confluent and others. Layouts: `rules/**/*.yaml`.
//!
//! GitHub: <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>.

use data_encoding::BASE64_NOPAD;

use super::formats::radix::{BASE36, BASE62, digits};
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;
use crate::rules::syntax::{Crc32, SumEncoding};

impl OfflineCheck for Crc32 {
    /// Verifies the checksum at the end of the token.
    fn verify(&self, matched: Matched<'_>) -> Outcome {
        let token = matched.secret;
        match sum(self, token) {
            Some((at, sum)) if sum == token[at..] => Outcome::Verified(Evidence::ChecksumVerified),
            _ => Outcome::Rejected,
        }
    }

    /// Writes the checksum over the end of the sample.
    fn complete(&self, sample: &mut Vec<u8>) {
        if let Some((at, sum)) = sum(self, sample) {
            sample[at..].copy_from_slice(&sum);
        }
    }
}

/// The byte offset of the checksum and its expected text. `None` if the token is too short.
fn sum(parameters: &Crc32, token: &[u8]) -> Option<(usize, Vec<u8>)> {
    let at = token.len().checked_sub(parameters.tail)?;
    let end = at.checked_sub(parameters.gap)?;
    let start = parameters.of.map_or(Some(parameters.from), |length| end.checked_sub(length))?;
    let covered = token.get(start..end)?;
    let crc = crc32fast::hash(covered);
    let text = match parameters.encoding {
        SumEncoding::Base62 => digits(crc, BASE62, parameters.tail),
        SumEncoding::Base36 => digits(crc, BASE36, parameters.tail),
        SumEncoding::Hex => format!("{crc:08x}").into_bytes(),
        SumEncoding::UpperHex => format!("{crc:08X}").into_bytes(),
        SumEncoding::HexLe => format!("{:08x}", crc.swap_bytes()).into_bytes(),
        SumEncoding::Base64Le => BASE64_NOPAD.encode(&crc.to_le_bytes()).into_bytes(),
    };
    (text.len() == parameters.tail).then_some((at, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_polynomial() {
        // CRC-32 of "123456789" is CBF43926: the check value of the CRC catalogue.
        let parameters = Crc32 { from: 2, of: None, gap: 1, tail: 8, encoding: SumEncoding::UpperHex };
        assert_eq!(
            parameters.verify_text(b"t_123456789_CBF43926"),
            Outcome::Verified(Evidence::ChecksumVerified)
        );
        let little = Crc32 { encoding: SumEncoding::HexLe, ..parameters };
        assert_eq!(
            little.verify_text(b"t_123456789_2639f4cb"),
            Outcome::Verified(Evidence::ChecksumVerified)
        );
        let counted = Crc32 { of: Some(9), ..parameters };
        assert_eq!(
            counted.verify_text(b"long_123456789_CBF43926"),
            Outcome::Verified(Evidence::ChecksumVerified)
        );
        assert_eq!(counted.verify_text(b"3456789_CBF43926"), Outcome::Rejected);
    }

    #[test]
    fn every_changed_character_is_rejected_in_every_encoding() {
        for (encoding, tail) in [
            (SumEncoding::Base62, 6),
            (SumEncoding::Base36, 7),
            (SumEncoding::Hex, 8),
            (SumEncoding::UpperHex, 8),
            (SumEncoding::HexLe, 8),
            (SumEncoding::Base64Le, 6),
        ] {
            let parameters = Crc32 { from: 4, of: None, gap: 0, tail, encoding };
            let mut token = [&b"pre_"[..], b"qL7vN2xW9kR4tZ8mB3cY6hJ1pD5sF0gAaaaaaaaa"].concat();
            parameters.complete(&mut token);
            assert_ne!(parameters.verify_text(&token), Outcome::Rejected);
            for at in 4..token.len() {
                let mut changed = token.clone();
                changed[at] = if changed[at] == b'q' { b'w' } else { b'q' };
                assert_eq!(parameters.verify_text(&changed), Outcome::Rejected, "{encoding:?} byte {at}");
            }
        }
        assert_eq!(
            Crc32 { from: 4, of: None, gap: 0, tail: 6, encoding: SumEncoding::Base62 }.verify_text(b"ab"),
            Outcome::Rejected
        );
    }
}
