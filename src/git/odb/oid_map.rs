//! Maps keyed by object id.
//!
//! An id is already a hash, so its first bytes serve as the hash. The gain matters over millions of lookups. Forging
//! ids that agree in eight bytes costs an attacker 2^32 hashes a pair.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::oid::Oid;

/// A map keyed by object id.
pub(crate) type OidMap<V> = HashMap<Oid, V, BuildHasherDefault<OidHasher>>;

/// Uses the first eight bytes of the id as its hash.
#[derive(Clone, Copy, Default)]
pub(crate) struct OidHasher(u64);

impl Hasher for OidHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(head) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*head);
        }
    }

    // The lengths that `Oid` hashes before and after its bytes.
    fn write_usize(&mut self, _len: usize) {}
    fn write_u8(&mut self, _len: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_eight_bytes_of_an_id_are_its_hash() {
        use std::hash::BuildHasher;
        let build = BuildHasherDefault::<OidHasher>::default();
        let id =
            Oid::from_bytes(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]).expect("20 bytes");
        assert_eq!(build.hash_one(id), u64::from_le_bytes([1, 2, 3, 4, 5, 6, 7, 8]));
    }
}
