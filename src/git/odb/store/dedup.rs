//! Selects one copy of each object when several packs contain it.
//!
//! The indexes are sorted, so they are merged like sorted lists. Nothing is hashed, and a single pack costs one
//! comparison per object.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::git::odb::oid::Oid;
use crate::git::odb::pack::PackIndex;

/// The objects of one pack that are visited in this pack, by index position.
#[derive(Debug)]
pub(crate) enum Dedup {
    /// All objects.
    All,
    /// The objects whose bit is set.
    Some(Vec<u64>),
}

impl Dedup {
    pub(crate) fn contains(&self, position: u32) -> bool {
        match self {
            Dedup::All => true,
            Dedup::Some(bits) => bits[position as usize / 64] >> (position % 64) & 1 == 1,
        }
    }
}

/// Selects for each index the objects that no earlier index lists; an id that one index lists twice counts once.
pub(crate) fn deduplicate(indexes: &[&PackIndex]) -> Vec<Dedup> {
    if let [only] = indexes
        && only.is_sorted()
    {
        return vec![Dedup::All];
    }
    let mut selected: Vec<_> =
        indexes.iter().map(|index| vec![0u64; (index.len() as usize).div_ceil(64)]).collect();
    let mut cursors: Vec<_> = indexes.iter().map(|index| Cursor::new(index)).collect();
    let mut heads: BinaryHeap<Reverse<(Oid, usize, u32)>> = BinaryHeap::new();
    for (number, cursor) in cursors.iter_mut().enumerate() {
        heads.extend(cursor.next().map(|(id, position)| Reverse((id, number, position))));
    }
    let mut last = None;
    while let Some(mut head) = heads.peek_mut() {
        let Reverse((id, number, position)) = *head;
        if last != Some(id) {
            selected[number][position as usize / 64] |= 1 << (position % 64);
            last = Some(id);
        }
        match cursors[number].next() {
            Some((id, position)) => *head = Reverse((id, number, position)),
            None => _ = std::collections::binary_heap::PeekMut::pop(head),
        }
    }
    selected.into_iter().map(Dedup::Some).collect()
}

/// Iterates over an index in the order of its ids.
struct Cursor<'a> {
    index: &'a PackIndex,
    next: u32,
    /// The positions in the order of their ids, for an invalid index that is not sorted.
    order: Option<Vec<u32>>,
}

impl<'a> Cursor<'a> {
    fn new(index: &'a PackIndex) -> Cursor<'a> {
        let order = (!index.is_sorted()).then(|| {
            let mut order: Vec<_> = (0..index.len()).collect();
            order.sort_by_key(|&position| index.id(position));
            order
        });
        Cursor { index, next: 0, order }
    }

    fn next(&mut self) -> Option<(Oid, u32)> {
        if self.next == self.index.len() {
            return None;
        }
        let position = self.order.as_ref().map_or(self.next, |order| order[self.next as usize]);
        self.next += 1;
        Some((self.index.id(position), position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::odb::oid::HashAlgorithm;

    fn index(ids: &[u8]) -> PackIndex {
        let id = |byte: u8| Oid::from_bytes(&[byte; 20]).expect("20 bytes");
        let objects = ids.iter().map(|&byte| (id(byte), u64::from(byte))).collect();
        PackIndex::from_objects(HashAlgorithm::Sha1, objects)
    }

    fn selected(dedup: &Dedup, index: &PackIndex) -> Vec<u8> {
        let selected = (0..index.len()).filter(|&position| dedup.contains(position));
        selected.map(|position| index.id(position).as_bytes()[0]).collect()
    }

    #[test]
    fn each_id_belongs_to_the_first_index_that_lists_it() {
        let indexes =
            [index(&[1, 3, 5, 200]), index(&[1, 2, 3, 4, 5]), index(&[]), index(&[0, 4, 200, 255, 255])];
        let dedups = deduplicate(&indexes.each_ref());
        let found: Vec<_> =
            dedups.iter().zip(&indexes).map(|(dedup, index)| selected(dedup, index)).collect();
        assert_eq!(found, [vec![1, 3, 5, 200], vec![2, 4], vec![], vec![0, 255]]);
    }

    #[test]
    fn a_single_index_has_all_its_objects_and_duplicates_once() {
        let single = index(&[9, 8, 7]);
        assert_eq!(selected(&deduplicate(&[&single])[0], &single), [7, 8, 9]);
        let double = index(&[7, 7, 9]);
        assert_eq!(selected(&deduplicate(&[&double])[0], &double), [7, 9]);
    }
}
