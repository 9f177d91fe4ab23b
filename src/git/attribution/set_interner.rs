//! Sets of values that trees hold, as numbers: two sets are equal where their numbers are.

use std::collections::HashMap;

/// Sets of values, each kept once: most trees hold what another one holds.
pub(super) struct Sets {
    sets: Vec<Box<[u32]>>,
    numbers: HashMap<Box<[u32]>, u32>,
    unions: HashMap<(u32, u32), u32>,
}

impl Default for Sets {
    fn default() -> Sets {
        let mut sets = Sets { sets: Vec::new(), numbers: HashMap::new(), unions: HashMap::new() };
        sets.number(Vec::new());
        sets
    }
}

impl Sets {
    /// The number of the empty set.
    pub(super) const EMPTY: u32 = 0;

    /// The number of the set with these values.
    pub(super) fn number(&mut self, mut values: Vec<u32>) -> u32 {
        values.sort_unstable();
        values.dedup();
        let next = self.sets.len() as u32;
        let values = values.into_boxed_slice();
        *self.numbers.entry(values).or_insert_with_key(|values| {
            self.sets.push(values.clone());
            next
        })
    }

    /// The values of a set, sorted.
    pub(super) fn of(&self, set: u32) -> &[u32] {
        &self.sets[set as usize]
    }

    /// Whether the set has the value.
    pub(super) fn has(&self, set: u32, value: u32) -> bool {
        self.of(set).binary_search(&value).is_ok()
    }

    /// The number of both together.
    pub(super) fn union(&mut self, one: u32, other: u32) -> u32 {
        if one == other || other == Sets::EMPTY {
            return one;
        }
        if one == Sets::EMPTY {
            return other;
        }
        let pair = (one.min(other), one.max(other));
        if let Some(&known) = self.unions.get(&pair) {
            return known;
        }
        let all = self.number([self.of(one), self.of(other)].concat());
        self.unions.insert(pair, all);
        all
    }

    /// The values of `one` that `other` lacks.
    pub(super) fn without(&self, one: u32, other: u32) -> Vec<u32> {
        self.of(one).iter().copied().filter(|&value| !self.has(other, value)).collect()
    }
}
