//! What a byte is, by its two halves: the bits that both tables have in common say it. Vector instructions look up
//! sixteen halves or more at once.

/// Bits of the token bytes' high halves: `+-/`, `0-9`, `A-O a-o`, `P-Z`, `p-z`, `=`, `_`.
pub(crate) const HIGH: [u8; 16] = [0, 0, 1, 2 | 32, 4, 8 | 64, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0];

/// The bit of digits.
pub(crate) const DIGIT: u8 = 2;

/// The bits of letters and digits.
pub(crate) const ALPHANUMERIC: u8 = 2 | 4 | 8 | 16;

/// Which of these bits a low half fits.
pub(crate) const LOW: [u8; 16] = [
    2 | 8 | 16,
    2 | 4 | 8 | 16,
    2 | 4 | 8 | 16,
    2 | 4 | 8 | 16,
    2 | 4 | 8 | 16,
    2 | 4 | 8 | 16,
    2 | 4 | 8 | 16,
    2 | 4 | 8 | 16,
    2 | 4 | 8 | 16,
    2 | 4 | 8 | 16,
    4 | 8 | 16,
    1 | 4,
    4,
    1 | 4 | 32,
    4,
    1 | 4 | 64,
];
