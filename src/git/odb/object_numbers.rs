//! Small numbers for the objects of a store, so that passes over millions of references keep four bytes each
//! instead of an id.
//!
//! There is no table to build: the number of a packed object is derived from its position in the pack index. Finding
//! a number therefore also proves that the store contains the object.

use std::sync::Arc;

use super::oid::Oid;
use super::pack::PackFile;

/// The highest number of objects that are numbered.
const MAX: u32 = 1 << 31;

/// The objects of a store, numbered from 0.
#[derive(Debug, Default)]
pub(crate) struct ObjectNumbers {
    /// Each pack with the number of its first object.
    packs: Vec<(u32, Arc<PackFile>)>,
    /// Objects that are in no pack, sorted.
    unpacked: Vec<Oid>,
    first_unpacked: u32,
}

impl ObjectNumbers {
    /// Numbers the objects of `packs`, then those of `unpacked`, which must be sorted. Objects beyond 2^31 have no
    /// number.
    pub(crate) fn new(packs: &[Arc<PackFile>], mut unpacked: Vec<Oid>) -> ObjectNumbers {
        let mut numbers = ObjectNumbers::default();
        for pack in packs {
            if pack.index().len() <= MAX - numbers.first_unpacked {
                numbers.packs.push((numbers.first_unpacked, pack.clone()));
                numbers.first_unpacked += pack.index().len();
            }
        }
        unpacked.truncate((MAX - numbers.first_unpacked) as usize);
        ObjectNumbers { unpacked, ..numbers }
    }

    /// Returns how many numbers there are.
    pub(crate) fn len(&self) -> u32 {
        self.first_unpacked + self.unpacked.len() as u32
    }

    /// Returns the number of the object whose id has these bytes. An object that is stored twice has one number.
    pub(crate) fn find(&self, id: &[u8]) -> Option<u32> {
        let packed =
            |(first, pack): &(u32, Arc<PackFile>)| pack.index().find_raw(id).map(|position| first + position);
        self.packs.iter().find_map(packed).or_else(|| {
            let position = self.unpacked.binary_search_by(|other| other.as_bytes().cmp(id)).ok()?;
            Some(self.first_unpacked + position as u32)
        })
    }

    /// Returns the id of the object with this number; `None` when no object has it.
    pub(crate) fn id(&self, number: u32) -> Option<Oid> {
        match number.checked_sub(self.first_unpacked) {
            Some(position) => self.unpacked.get(position as usize).copied(),
            None => {
                let after = self.packs.partition_point(|(first, _)| *first <= number);
                let (first, pack) = self.packs.get(after.checked_sub(1)?)?;
                Some(pack.index().id(number - first))
            }
        }
    }
}
