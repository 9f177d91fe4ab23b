//! Sets of numbers, interned: equal sets have the same id, so that most trees of a history share few sets.

use std::collections::HashMap;

/// Stores each distinct set once.
pub(super) struct SetInterner {
    sets: Vec<Box<[u32]>>,
    ids: HashMap<Box<[u32]>, u32>,
    unions: HashMap<(u32, u32), u32>,
}

impl Default for SetInterner {
    fn default() -> SetInterner {
        let mut sets = SetInterner { sets: Vec::new(), ids: HashMap::new(), unions: HashMap::new() };
        sets.intern(Vec::new());
        sets
    }
}

impl SetInterner {
    /// The id of the empty set.
    pub(super) const EMPTY: u32 = 0;

    /// The id of the set with these values.
    pub(super) fn intern(&mut self, mut values: Vec<u32>) -> u32 {
        values.sort_unstable();
        values.dedup();
        let next = self.sets.len() as u32;
        let values = values.into_boxed_slice();
        *self.ids.entry(values).or_insert_with_key(|values| {
            self.sets.push(values.clone());
            next
        })
    }

    /// The values of a set, sorted.
    pub(super) fn values(&self, set: u32) -> &[u32] {
        &self.sets[set as usize]
    }

    /// Whether a set contains the value.
    pub(super) fn contains(&self, set: u32, value: u32) -> bool {
        self.values(set).binary_search(&value).is_ok()
    }

    /// The id of the union of two sets.
    pub(super) fn union(&mut self, one: u32, other: u32) -> u32 {
        if one == other || other == SetInterner::EMPTY {
            return one;
        }
        if one == SetInterner::EMPTY {
            return other;
        }
        let pair = (one.min(other), one.max(other));
        if let Some(&known) = self.unions.get(&pair) {
            return known;
        }
        let union = self.intern([self.values(one), self.values(other)].concat());
        self.unions.insert(pair, union);
        union
    }

    /// The values of `one` that are not in `other`.
    pub(super) fn difference(&self, one: u32, other: u32) -> Vec<u32> {
        self.values(one).iter().copied().filter(|&value| !self.contains(other, value)).collect()
    }
}
