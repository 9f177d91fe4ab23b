//! Classes of bytes by their two nibbles: a byte has the classes whose bits both tables have in common. Vector
//! instructions look up sixteen nibbles or more at once.

/// Class bits by high nibble, for token bytes: `+-/`, `0-9`, `A-O a-o`, `P-Z`, `p-z`, `=`, `_`.
pub(crate) const HIGH: [u8; 16] = [0, 0, 1, 2 | 32, 4, 8 | 64, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0];

/// The class bit of digits.
pub(crate) const DIGIT: u8 = 2;

/// The class bits of letters and digits.
pub(crate) const ALPHANUMERIC: u8 = 2 | 4 | 8 | 16;

/// Class bits by low nibble.
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
