//! A bounded cache for what is costly to make again: bases of deltas, directories.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

/// Keeps values until those used since weigh half of `room`, so it never holds more than `room`.
///
/// There are two generations instead of a list in order of use: what is used moves to the young one, and when
/// that is full it becomes the old one, whose content is dropped.
#[derive(Debug)]
pub(crate) struct Cache<K, V, S = RandomState> {
    young: HashMap<K, (V, usize), S>,
    old: HashMap<K, (V, usize), S>,
    /// What the young generation weighs.
    weight: usize,
    room: usize,
}

impl<K: Hash + Eq + Copy, V, S: BuildHasher + Default> Cache<K, V, S> {
    pub(crate) fn new(room: usize) -> Cache<K, V, S> {
        Cache { young: HashMap::default(), old: HashMap::default(), weight: 0, room }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<&V> {
        if let Some((value, weight)) = self.old.remove(key) {
            self.put(*key, value, weight);
        }
        self.young.get(key).map(|(value, _)| value)
    }

    /// A value heavier than an eighth of the room is not kept.
    pub(crate) fn put(&mut self, key: K, value: V, weight: usize) {
        if weight > self.room / 8 {
            return;
        }
        if self.weight + weight > self.room / 2 {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += weight;
        let before = self.young.insert(key, (value, weight));
        self.weight -= before.map_or(0, |(_, weight)| weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_room_is_never_exceeded() {
        let mut cache: Cache<u32, u32> = Cache::new(160);
        for at in 0..1000 {
            cache.put(at, at, 10);
            assert_eq!(cache.get(&at), Some(&at));
            assert_eq!(cache.get(&0), Some(&0), "used all the time");
            let held: usize = cache.young.values().chain(cache.old.values()).map(|(_, weight)| weight).sum();
            assert!(held <= 160, "{held}");
        }
        assert_eq!(cache.get(&900), None);
    }

    #[test]
    fn what_is_too_heavy_is_not_kept_and_what_is_put_again_counts_once() {
        let mut cache: Cache<u32, u32> = Cache::new(160);
        cache.put(1, 1, 21);
        assert_eq!(cache.get(&1), None);
        (0..100).for_each(|value| cache.put(2, value, 20));
        assert_eq!(cache.get(&2), Some(&99));
        assert_eq!(cache.weight, 20);
    }
}
