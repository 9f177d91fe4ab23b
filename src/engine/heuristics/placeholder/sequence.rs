//! Values that follow the alphabet, the digits or a row of the keyboard.

use crate::engine::work_counter;

/// For each byte the one to its right on a US keyboard, or zero.
const RIGHT_OF: [u8; 256] = {
    const ROWS: [&[u8]; 4] = [b"qwertyuiop", b"asdfghjkl", b"zxcvbnm", b"1234567890"];
    let mut right = [0; 256];
    let mut row = 0;
    while row < ROWS.len() {
        let mut at = 1;
        while at < ROWS[row].len() {
            right[ROWS[row][at - 1] as usize] = ROWS[row][at];
            at += 1;
        }
        row += 1;
    }
    right
};

/// Whether rising, falling or keyboard-row runs of at least four bytes make up two thirds of the value.
pub(super) fn is_sequence(value: &[u8]) -> bool {
    let enough = |covered: usize| covered * 3 >= value.len() * 2;
    // For each of the three kinds: bytes in runs that have ended, and in the current run.
    let mut covered = [0; 3];
    let mut run = [1; 3];
    let counts = |run: usize| if run >= 4 { run } else { 0 };
    for (at, pair) in value.windows(2).enumerate() {
        let (a, b) = (pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase());
        let both = a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric();
        let follows = [b == a.wrapping_add(1), a == b.wrapping_add(1), b == RIGHT_OF[usize::from(a)]];
        for kind in 0..3 {
            if both && follows[kind] {
                run[kind] += 1;
            } else {
                covered[kind] += counts(run[kind]);
                run[kind] = 1;
            }
        }
        // The rest is too short to change the result.
        let left = value.len() - at - 2;
        if (0..3).all(|kind| !enough(covered[kind] + run[kind] + left)) {
            work_counter::count(at);
            return false;
        }
    }
    work_counter::count(value.len());
    (0..3).any(|kind| enough(covered[kind] + counts(run[kind])))
}
