//! Small numbers for the objects of a store, so that passes over millions of references keep four bytes each
//! instead of an id.
//!
//! Nothing is built: an object's number is its position in the pack index that lists it. So finding the number
//! also tells that the store has the object.

use std::sync::Arc;

use super::oid::Oid;
use super::pack::PackFile;

/// Numbers beyond this are not given out.
const MAX: u32 = 1 << 31;

/// The objects of a store, numbered from 0.
#[derive(Debug, Default)]
pub struct Numbers {
    /// Each pack with the number of its first object.
    packs: Vec<(u32, Arc<PackFile>)>,
    /// Objects that are in no pack, sorted.
    others: Vec<Oid>,
    first_other: u32,
}

impl Numbers {
    /// Numbers the objects of `packs`, then the `others`, which must be sorted. Where there are too many, the
    /// rest has no numbers.
    pub(crate) fn new(packs: &[Arc<PackFile>], mut others: Vec<Oid>) -> Numbers {
        let mut numbers = Numbers::default();
        for pack in packs {
            if pack.index().len() <= MAX - numbers.first_other {
                numbers.packs.push((numbers.first_other, pack.clone()));
                numbers.first_other += pack.index().len();
            }
        }
        others.truncate((MAX - numbers.first_other) as usize);
        Numbers { others, ..numbers }
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> u32 {
        self.first_other + self.others.len() as u32
    }

    /// The number of the object whose id has these bytes. An object that is stored twice has one number.
    pub(crate) fn find(&self, id: &[u8]) -> Option<u32> {
        let packed = |(first, pack): &(u32, Arc<PackFile>)| pack.index().find_raw(id).map(|at| first + at);
        self.packs.iter().find_map(packed).or_else(|| {
            let at = self.others.binary_search_by(|other| other.as_bytes().cmp(id)).ok()?;
            Some(self.first_other + at as u32)
        })
    }

    /// The id of a number; `None` when it was not given out.
    pub(crate) fn id(&self, number: u32) -> Option<Oid> {
        match number.checked_sub(self.first_other) {
            Some(at) => self.others.get(at as usize).copied(),
            None => {
                let after = self.packs.partition_point(|(first, _)| *first <= number);
                let (first, pack) = self.packs.get(after.checked_sub(1)?)?;
                Some(pack.index().id(number - first))
            }
        }
    }
}
