//! Sets of refs as bitmaps: an audit can have a hundred thousand refs and as many findings, each reachable from most of
//! the refs.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A subset of a list of names. All sets of one list share it; each set has one bit for each name.
#[derive(Clone, Default)]
pub struct RefSet {
    /// Sorted, without duplicates.
    list: Arc<[String]>,
    /// Bit `n` of word `w` is for the name `64 w + n`.
    bits: Arc<[u64]>,
}

impl RefSet {
    /// Creates the set of the names in `list` whose bit is set: bit `n` of word `w` is for the name `64 w + n`. The list
    /// must be sorted and without duplicates.
    pub fn from_bits(list: Arc<[String]>, bits: Arc<[u64]>) -> RefSet {
        RefSet { list, bits }
    }

    /// The names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let words = self.bits.iter().enumerate().filter(|(_, word)| **word != 0);
        let places = words.flat_map(|(at, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        });
        places.filter_map(|at| self.list.get(at)).map(String::as_str)
    }

    /// Number of names.
    pub fn len(&self) -> usize {
        self.bits.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|word| *word == 0)
    }

    /// Adds the names of another set.
    pub fn join(&mut self, more: &RefSet) {
        if Arc::ptr_eq(&self.bits, &more.bits) && Arc::ptr_eq(&self.list, &more.list) || more.is_empty() {
            return;
        }
        if self.is_empty() {
            *self = more.clone();
        } else if Arc::ptr_eq(&self.list, &more.list) || self.list == more.list {
            self.bits = self.bits.iter().zip(&*more.bits).map(|(one, other)| one | other).collect();
        } else {
            *self = self.iter().chain(more.iter()).map(str::to_owned).collect();
        }
    }

    /// The shared list: the names of the set and others.
    pub fn list(&self) -> &Arc<[String]> {
        &self.list
    }
}

/// Creates a set with its own list.
impl FromIterator<String> for RefSet {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> RefSet {
        let mut list: Vec<String> = names.into_iter().collect();
        list.sort_unstable();
        list.dedup();
        let word = |names: &[String]| u64::MAX >> (64 - names.len());
        RefSet { bits: list.chunks(64).map(word).collect(), list: list.into() }
    }
}

impl fmt::Debug for RefSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for RefSet {
    fn eq(&self, other: &RefSet) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for RefSet {}

impl Ord for RefSet {
    fn cmp(&self, other: &RefSet) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl PartialOrd for RefSet {
    fn partial_cmp(&self, other: &RefSet) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_names_of_its_bits() {
        for count in [0, 1, 63, 64, 65, 200] {
            let names: Vec<String> = (0..count).map(|at| format!("refs/heads/{at:03}")).collect();
            let all: RefSet = names.iter().rev().chain(&names).cloned().collect();
            assert_eq!(
                (all.iter().collect::<Vec<_>>(), all.len()),
                (names.iter().map(String::as_str).collect(), count)
            );
            assert_eq!(all.is_empty(), count == 0);
        }
        let list: Arc<[String]> = (0..100).map(|at| format!("{at:02}")).collect();
        let some = RefSet::from_bits(list.clone(), [1 << 63 | 1 << 2, 1 << 35].into());
        assert_eq!(some, ["02", "63", "99"].map(str::to_owned).into_iter().collect());
        assert_eq!((some.len(), format!("{some:?}").as_str()), (3, r#"["02", "63", "99"]"#));
        let set = |names: &[&str]| names.iter().copied().map(str::to_owned).collect::<RefSet>();
        let mut joined = RefSet::default();
        for more in
            [RefSet::from_bits(list.clone(), [1, 0].into()), some.clone(), RefSet::default(), some.clone()]
        {
            joined.join(&more);
        }
        assert_eq!(joined, set(&["00", "02", "63", "99"]));
        let same = RefSet::from_bits(list.to_vec().into(), [2, 0].into());
        joined.join(&same);
        joined.join(&set(&["HEAD", "02"]));
        assert_eq!(joined, set(&["00", "01", "02", "63", "99", "HEAD"]));
        assert!(some < ["03".to_owned()].into_iter().collect());
    }
}
