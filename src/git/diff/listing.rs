//! The entries of one tree by name, without a copy of them.

use std::cmp::Ordering;
use std::rc::Rc;

use crate::git::odb::oid::Oid;
use crate::git::odb::tree;
use crate::git::odb::tree::{MalformedTree, Mode};

/// An owned tree entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: Mode,
    pub(super) id: Oid,
}

/// The entries of one tree, sorted by name; hostile trees may repeat a name, then all of its entries count.
#[derive(Debug, Default)]
pub(super) struct Listing {
    data: Vec<u8>,
    slots: Vec<Slot>,
    id_len: usize,
}

/// Where one entry's name is; one byte behind it is its id.
#[derive(Clone, Copy, Debug)]
struct Slot {
    name: usize,
    len: u32,
    mode: Mode,
}

/// All entries of one name; more than one only in a hostile tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'l> {
    listing: &'l Listing,
    slots: &'l [Slot],
}

impl Listing {
    /// The entries of `data` up to the first malformed one.
    pub(super) fn new(data: Vec<u8>, id_len: usize) -> (Listing, Option<MalformedTree>) {
        let mut slots = Vec::with_capacity(data.len() / 32);
        let mut malformed = None;
        let mut entries = tree::entries(&data, id_len);
        while let Some(entry) = entries.next_raw() {
            match entry {
                Ok((mode, name, _)) => {
                    let start = entries.position() - id_len - 1 - name.len();
                    // A name of more than 4 GiB would end here, and no system has such files.
                    slots.push(Slot { name: start, len: name.len() as u32, mode });
                }
                Err(error) => malformed = Some(error),
            }
        }
        let name = |slot: &Slot| &data[slot.name..slot.name + slot.len as usize];
        // Git sorts a directory as if its name ended with a slash.
        if !slots.is_sorted_by(|one, two| name(one) <= name(two)) {
            slots.sort_by(|one, two| name(one).cmp(name(two)));
        }
        (Listing { data, slots, id_len }, malformed)
    }

    /// About how much memory it takes.
    pub(super) fn weight(&self) -> usize {
        self.data.capacity() + self.slots.capacity() * size_of::<Slot>() + size_of::<Listing>()
    }

    /// All entries with their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], Entry)> {
        self.slots.iter().map(|slot| (self.name(slot), self.entry(slot)))
    }

    pub(super) fn named(&self, name: &[u8]) -> Named<'_> {
        let begin = self.slots.partition_point(|slot| self.name(slot) < name);
        Named { listing: self, slots: &self.slots[begin..self.end_of(begin, name)] }
    }

    fn name(&self, slot: &Slot) -> &[u8] {
        &self.data[slot.name..slot.name + slot.len as usize]
    }

    fn id(&self, slot: &Slot) -> &[u8] {
        let start = slot.name + slot.len as usize + 1;
        &self.data[start..start + self.id_len]
    }

    fn entry(&self, slot: &Slot) -> Entry {
        let id = Oid::from_bytes(self.id(slot)).expect("as long as the id of the tree itself");
        Entry { mode: slot.mode, id }
    }

    /// One past the last slot of this name, from `begin` on.
    fn end_of(&self, begin: usize, name: &[u8]) -> usize {
        begin + self.slots[begin..].iter().take_while(|slot| self.name(slot) == name).count()
    }
}

impl<'l> Named<'l> {
    pub(super) fn entries(self) -> impl Iterator<Item = Entry> + 'l {
        self.slots.iter().map(move |slot| self.listing.entry(slot))
    }

    /// The first directory among them.
    pub(super) fn subtree(&self) -> Option<Oid> {
        self.entries().find(|entry| entry.mode == Mode::Tree).map(|entry| entry.id)
    }
}

/// The names of `new`, and of the first parent, that a comparison has to look at: all but those whose only entry
/// is one parent's only entry too. Whatever all parents have, the first one has.
pub(super) fn changed<'l>(new: &'l Listing, parents: &'l [Rc<Listing>]) -> Vec<&'l [u8]> {
    let mut names: Vec<&[u8]> = Vec::new();
    let mut cursors = vec![0; parents.len()];
    let mut at = 0;
    while let Some(slot) = new.slots.get(at) {
        let name = new.name(slot);
        let end = new.end_of(at, name);
        let mut single = end - at == 1;
        let mut same = false;
        for (number, (parent, cursor)) in parents.iter().zip(&mut cursors).enumerate() {
            while let Some(old) = parent.slots.get(*cursor) {
                match parent.name(old).cmp(name) {
                    Ordering::Less => {
                        names.extend((number == 0).then(|| parent.name(old)));
                        *cursor += 1;
                    }
                    Ordering::Equal => {
                        let end = parent.end_of(*cursor, name);
                        single &= end - *cursor == 1;
                        same |= parent.id(old) == new.id(slot) && old.mode.same_type(slot.mode);
                        *cursor = end;
                        break;
                    }
                    Ordering::Greater => break,
                }
            }
        }
        names.extend((!single || !same).then_some(name));
        at = end;
    }
    if let (Some(first), Some(cursor)) = (parents.first(), cursors.first()) {
        names.extend(first.slots[*cursor..].iter().map(|slot| first.name(slot)));
    }
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Entries = Vec<(u8, u8, bool)>;

    /// Any names in any order, repeated ones too.
    fn listing(entries: &Entries) -> Rc<Listing> {
        let entry = |&(name, id, folder): &(u8, u8, bool)| {
            let mode = if folder { "40000" } else { "100644" };
            [mode.as_bytes(), b" ", &[b'a' + name], b"\0", &[id; 20]].concat()
        };
        let (listing, malformed) = Listing::new(entries.iter().flat_map(entry).collect(), 20);
        assert_eq!(malformed, None);
        Rc::new(listing)
    }

    fn all(listing: &Listing, name: &[u8]) -> Vec<Entry> {
        listing.iter().filter(|(other, _)| *other == name).map(|(_, entry)| entry).collect()
    }

    fn entries() -> impl Strategy<Value = Entries> {
        prop::collection::vec((0u8..6, 0u8..2, any::<bool>()), 0..7)
    }

    proptest! {
        #[test]
        fn only_what_stands_alone_and_unchanged_is_passed_over(
            new in entries(),
            parents in prop::collection::vec(entries(), 0..3),
        ) {
            let (new, parents) = (listing(&new), parents.iter().map(listing).collect::<Vec<_>>());
            let changed = changed(&new, &parents);
            prop_assert!(changed.is_sorted_by(|one, two| one < two), "each once, by name");
            for name in (b'a'..b'g').map(|name| [name]) {
                let here = all(&new, &name);
                prop_assert_eq!(new.named(&name).entries().collect::<Vec<_>>(), &here[..]);
                let olds: Vec<Vec<Entry>> = parents.iter().map(|parent| all(parent, &name)).collect();
                let alone = here.len() == 1 && olds.iter().all(|old| old.len() < 2);
                let passed_over = alone && olds.contains(&here);
                let in_first = olds.first().is_some_and(|old| !old.is_empty());
                let wanted = !passed_over && (!here.is_empty() || in_first);
                prop_assert_eq!(changed.contains(&&name[..]), wanted, "{:?} {:?}", here, olds);
            }
        }
    }
}
