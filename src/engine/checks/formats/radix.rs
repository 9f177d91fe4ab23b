//! Numbers written in a base other than ten.

/// Digits of base 62 in the order of their values.
pub(crate) const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits of base 36 in the order of their values.
pub(crate) const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// The last `width` digits of the number in the base of the alphabet, most significant digit first.
pub(crate) fn digits(mut number: u32, alphabet: &[u8], width: usize) -> Vec<u8> {
    let base = alphabet.len() as u32;
    let mut text = vec![alphabet[0]; width];
    for digit in text.iter_mut().rev() {
        *digit = alphabet[(number % base) as usize];
        number /= base;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_most_significant_first_and_padded() {
        assert_eq!(digits(61, BASE62, 3), b"00z");
        assert_eq!(digits(62, BASE62, 3), b"010");
        assert_eq!(digits(u32::MAX, BASE62, 6), b"4gfFC3");
        assert_eq!(digits(u32::MAX, BASE36, 7), b"1z141z3");
    }
}
