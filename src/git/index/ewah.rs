//! EWAH bitmaps: runs of equal bits mixed with literal words.
//!
//! Format: the appendix on EWAH serialization in git's `technical/bitmap-format`.

use super::cursor::Cursor;
use super::error::IndexError;

/// Reads one bitmap from the cursor and returns the positions of its set bits, ascending.
///
/// # Errors
/// The bitmap is truncated, or has a position from `limit` on: otherwise a few bytes could set billions of bits.
pub(super) fn read(cursor: &mut Cursor<'_>, limit: usize) -> Result<Vec<usize>, IndexError> {
    let _bits = cursor.u32()?;
    let words = cursor.u32()? as usize;
    let mut words = Cursor(cursor.take(words.checked_mul(8).ok_or(IndexError::Corrupt("huge bitmap"))?)?);
    cursor.u32()?; // The position of the last marker word, for writers.
    let mut set = Vec::new();
    let mut word_at = 0usize;
    let out_of_range = || IndexError::Corrupt("a bitmap extends past the shared index");
    while !words.0.is_empty() {
        let marker = words.u64()?;
        let run = (marker >> 1 & 0xffff_ffff) as usize;
        let literals = (marker >> 33) as usize;
        if marker & 1 == 1 {
            let end =
                word_at.checked_add(run).and_then(|end| end.checked_mul(64)).ok_or_else(out_of_range)?;
            // The last run may be rounded up to whole words.
            if end >= limit.saturating_add(64) {
                return Err(out_of_range());
            }
            set.extend(word_at * 64..end.min(limit));
        }
        word_at = word_at.checked_add(run).ok_or_else(out_of_range)?;
        for _ in 0..literals {
            let mut word = words.u64()?;
            while word != 0 {
                let bit = word.trailing_zeros() as usize;
                let at = word_at.checked_mul(64).map(|base| base + bit).filter(|&at| at < limit);
                set.push(at.ok_or_else(out_of_range)?);
                word &= word - 1;
            }
            word_at = word_at.checked_add(1).ok_or_else(out_of_range)?;
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bitmap(words: &[u64]) -> Vec<u8> {
        let mut data = vec![0, 0, 0, 0];
        data.extend((words.len() as u32).to_be_bytes());
        data.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        data.extend([0; 4]);
        data
    }

    #[test]
    fn runs_and_literals_become_positions() {
        // One word of ones, then a literal; then two words of zeros and a literal.
        let data = bitmap(&[1 | 1 << 1 | 1 << 33, 0b101, 2 << 1 | 1 << 33, 1 << 63]);
        let mut cursor = Cursor(&data);
        let mut expected: Vec<usize> = (0..64).collect();
        expected.extend([64, 66, 4 * 64 + 63]);
        assert_eq!(read(&mut cursor, 320).expect("valid"), expected);
        assert!(cursor.0.is_empty());
        assert!(read(&mut Cursor(&data), 300).is_err());
    }

    #[test]
    fn a_run_past_the_limit_is_an_error_and_allocates_nothing() {
        let data = bitmap(&[1 | 0xffff_ffff << 1]);
        assert!(read(&mut Cursor(&data), 10).is_err());
        let data = bitmap(&[0xffff_ffff << 1, 0xffff_ffff << 1, 1 | 0xffff_ffff << 1]);
        assert!(read(&mut Cursor(&data), 10).is_err());
    }
}
