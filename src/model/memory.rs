//! Memory for large buffers, checked before it is used: where an allocation fails otherwise, the process ends without a
//! result.

use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

/// Bytes that a large buffer has to leave for everything that is allocated in small pieces.
const REST: usize = 16 << 20;

/// Buffers of fewer bytes are not checked.
const MIN_CHECKED: usize = 256 << 10;

/// A buffer could not be allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is not enough memory for {bytes} bytes")]
pub(crate) struct NoMemory {
    /// Size of the buffer.
    pub(crate) bytes: u64,
}

/// Checks that a buffer of `bytes` bytes can be allocated.
///
/// # Errors
///
/// If it cannot, or if too little memory would be left.
pub(crate) fn check(bytes: usize) -> Result<(), NoMemory> {
    if bytes < MIN_CHECKED {
        return Ok(());
    }
    let mut probe: Vec<u8> = Vec::new();
    let reserved = probe.try_reserve_exact(bytes.saturating_add(REST));
    // Otherwise the compiler may leave out an allocation that is not used, and take it for successful.
    black_box(&mut probe);
    reserved.map_err(|_| NoMemory { bytes: bytes as u64 })
}

/// Makes room for `additional` bytes in `buffer`. One thread after the other, so that no two of them take the same memory.
///
/// # Errors
///
/// As for [`check`].
pub(crate) fn reserve(buffer: &mut Vec<u8>, additional: usize) -> Result<(), NoMemory> {
    if buffer.capacity() - buffer.len() >= additional {
        return Ok(());
    }
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = (additional >= MIN_CHECKED).then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner));
    check(additional)?;
    buffer.try_reserve_exact(additional).map_err(|_| NoMemory { bytes: additional as u64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_address_space_is_an_error() {
        let error = check(usize::MAX).expect_err("too much");
        assert_eq!(error.to_string(), format!("there is not enough memory for {} bytes", usize::MAX));
        assert_eq!(check(isize::MAX as usize), Err(NoMemory { bytes: isize::MAX as u64 }));
        let mut buffer = b"abc".to_vec();
        assert!(reserve(&mut buffer, usize::MAX).is_err());
        assert_eq!(reserve(&mut buffer, 1 << 20), Ok(()));
        assert!(buffer == b"abc" && buffer.capacity() > 1 << 20);
    }
}
