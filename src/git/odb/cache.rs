//! A bounded cache for values that are expensive to recompute: delta bases, tree listings.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

/// Keeps values until the ones used since weigh half of `capacity`; their total weight never exceeds `capacity`.
///
/// Approximates least-recently-used order with two generations: a value that is used moves to the young one. When
/// the young one is full, it replaces the old one, whose values are dropped.
#[derive(Debug)]
pub(crate) struct Cache<K, V, S = RandomState> {
    young: HashMap<K, (V, usize), S>,
    old: HashMap<K, (V, usize), S>,
    /// Total weight of the young generation.
    weight: usize,
    capacity: usize,
}

impl<K: Hash + Eq + Copy, V, S: BuildHasher + Default> Cache<K, V, S> {
    pub(crate) fn new(capacity: usize) -> Cache<K, V, S> {
        Cache { young: HashMap::default(), old: HashMap::default(), weight: 0, capacity }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<&V> {
        if let Some((value, weight)) = self.old.remove(key) {
            self.insert(*key, value, weight);
        }
        self.young.get(key).map(|(value, _)| value)
    }

    /// Adds a value, unless it weighs more than an eighth of the capacity.
    pub(crate) fn insert(&mut self, key: K, value: V, weight: usize) {
        if weight > self.capacity / 8 {
            return;
        }
        if self.weight + weight > self.capacity / 2 {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += weight;
        let replaced = self.young.insert(key, (value, weight));
        self.weight -= replaced.map_or(0, |(_, weight)| weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_values_stay_and_the_capacity_is_never_exceeded() {
        let mut cache: Cache<u32, u32> = Cache::new(160);
        for at in 0..1000 {
            cache.insert(at, at, 10);
            assert_eq!(cache.get(&at), Some(&at));
            assert_eq!(cache.get(&0), Some(&0), "used all the time");
            let total: usize = cache.young.values().chain(cache.old.values()).map(|(_, weight)| weight).sum();
            assert!(total <= 160, "{total}");
        }
        assert_eq!(cache.get(&900), None);
    }

    #[test]
    fn heavy_values_are_not_kept_and_a_replaced_value_counts_once() {
        let mut cache: Cache<u32, u32> = Cache::new(160);
        cache.insert(1, 1, 21);
        assert_eq!(cache.get(&1), None);
        (0..100).for_each(|value| cache.insert(2, value, 20));
        assert_eq!(cache.get(&2), Some(&99));
        assert_eq!(cache.weight, 20);
    }
}
