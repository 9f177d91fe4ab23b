//! Which copy of an object is the one that is handed out, when several packs hold it.
//!
//! The indexes are sorted, so they are merged like sorted lists; nothing is hashed, and one pack alone costs one
//! comparison per object.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::git::odb::oid::Oid;
use crate::git::odb::pack::Index;

/// The objects of one pack that are handed out from it, by index position.
#[derive(Debug)]
pub(crate) enum Claims {
    /// All of them.
    All,
    /// Those whose bit is set.
    Some(Vec<u64>),
}

impl Claims {
    pub(crate) fn holds(&self, position: u32) -> bool {
        match self {
            Claims::All => true,
            Claims::Some(bits) => bits[position as usize / 64] >> (position % 64) & 1 == 1,
        }
    }
}

/// For each index the objects that no earlier one has; an id that one index lists twice counts once.
pub(crate) fn divide(indexes: &[&Index]) -> Vec<Claims> {
    if let [only] = indexes
        && only.is_sorted()
    {
        return vec![Claims::All];
    }
    let mut claims: Vec<_> =
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
            claims[number][position as usize / 64] |= 1 << (position % 64);
            last = Some(id);
        }
        match cursors[number].next() {
            Some((id, position)) => *head = Reverse((id, number, position)),
            None => _ = std::collections::binary_heap::PeekMut::pop(head),
        }
    }
    claims.into_iter().map(Claims::Some).collect()
}

/// Goes through an index in the order of its ids.
struct Cursor<'a> {
    index: &'a Index,
    next: u32,
    /// The positions in order, where somebody made an index that is not.
    order: Option<Vec<u32>>,
}

impl<'a> Cursor<'a> {
    fn new(index: &'a Index) -> Cursor<'a> {
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

    fn index(ids: &[u8]) -> Index {
        let id = |byte: u8| Oid::from_bytes(&[byte; 20]).expect("20 bytes");
        Index::listed(HashAlgorithm::Sha1, ids.iter().map(|&byte| (id(byte), u64::from(byte))).collect())
    }

    fn held(claims: &Claims, index: &Index) -> Vec<u8> {
        let held = (0..index.len()).filter(|&position| claims.holds(position));
        held.map(|position| index.id(position).as_bytes()[0]).collect()
    }

    #[test]
    fn each_id_belongs_to_the_first_index_that_has_it() {
        let indexes =
            [index(&[1, 3, 5, 200]), index(&[1, 2, 3, 4, 5]), index(&[]), index(&[0, 4, 200, 255, 255])];
        let claims = divide(&indexes.each_ref());
        let held: Vec<_> = claims.iter().zip(&indexes).map(|(claims, index)| held(claims, index)).collect();
        assert_eq!(held, [vec![1, 3, 5, 200], vec![2, 4], vec![], vec![0, 255]]);
    }

    #[test]
    fn one_index_claims_everything_but_what_it_lists_twice() {
        let single = index(&[9, 8, 7]);
        assert_eq!(held(&divide(&[&single])[0], &single), [7, 8, 9]);
        let double = index(&[7, 7, 9]);
        assert_eq!(held(&divide(&[&double])[0], &double), [7, 9]);
    }
}
