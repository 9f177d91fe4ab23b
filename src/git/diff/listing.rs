//! The entries of one tree by name, read in place.

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

/// The entries of one tree, sorted by name. Malicious trees may repeat a name; all entries of that name are compared.
#[derive(Debug, Default)]
pub(super) struct Listing {
    data: Vec<u8>,
    slots: Vec<Slot>,
    id_len: usize,
}

/// The location of one entry: its id starts one byte after its name.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Byte offset of the name.
    name: usize,
    /// Length of the name in bytes.
    len: u32,
    mode: Mode,
}

/// All entries of one name; more than one only in a malicious tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedEntries<'l> {
    listing: &'l Listing,
    slots: &'l [Slot],
}

impl Listing {
    /// Parses the entries of `data` up to the first malformed one.
    pub(super) fn new(data: Vec<u8>, id_len: usize) -> (Listing, Option<MalformedTree>) {
        let mut slots = Vec::with_capacity(data.len() / 32);
        let mut malformed = None;
        let mut entries = tree::entries(&data, id_len);
        while let Some(entry) = entries.next_raw() {
            match entry {
                Ok((mode, name, _)) => {
                    let start = entries.position() - id_len - 1 - name.len();
                    // Names over 4 GiB are truncated; no system has such files.
                    slots.push(Slot { name: start, len: name.len() as u32, mode });
                }
                Err(error) => malformed = Some(error),
            }
        }
        let name = |slot: &Slot| &data[slot.name..slot.name + slot.len as usize];
        // Git sorts directories as if their names ended with a slash.
        if !slots.is_sorted_by(|one, two| name(one) <= name(two)) {
            slots.sort_by(|one, two| name(one).cmp(name(two)));
        }
        (Listing { data, slots, id_len }, malformed)
    }

    /// Returns its approximate size in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.data.capacity() + self.slots.capacity() * size_of::<Slot>() + size_of::<Listing>()
    }

    /// Iterates over all entries with their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], Entry)> {
        self.slots.iter().map(|slot| (self.name(slot), self.entry(slot)))
    }

    /// Returns the entries with this name.
    pub(super) fn named(&self, name: &[u8]) -> NamedEntries<'_> {
        let begin = self.slots.partition_point(|slot| self.name(slot) < name);
        NamedEntries { listing: self, slots: &self.slots[begin..self.end_of_name(begin, name)] }
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

    /// Returns the end of the slots with this name, from `begin` on.
    fn end_of_name(&self, begin: usize, name: &[u8]) -> usize {
        begin + self.slots[begin..].iter().take_while(|slot| self.name(slot) == name).count()
    }
}

impl<'l> NamedEntries<'l> {
    pub(super) fn entries(self) -> impl Iterator<Item = Entry> + 'l {
        self.slots.iter().map(move |slot| self.listing.entry(slot))
    }

    /// Returns the id of the first directory among them.
    pub(super) fn subtree(&self) -> Option<Oid> {
        self.entries().find(|entry| entry.mode == Mode::Tree).map(|entry| entry.id)
    }
}

/// Returns the names of `new` and of the first parent that must be compared: all but those whose only entry is also
/// the only entry of one parent. Other parents need not be listed: a deleted path is in all parents, so also in the
/// first.
pub(super) fn changed<'l>(new: &'l Listing, parents: &'l [Rc<Listing>]) -> Vec<&'l [u8]> {
    let mut names: Vec<&[u8]> = Vec::new();
    let mut cursors = vec![0; parents.len()];
    let mut at = 0;
    while let Some(slot) = new.slots.get(at) {
        let name = new.name(slot);
        let end = new.end_of_name(at, name);
        let mut is_single = end - at == 1;
        let mut is_same = false;
        for (number, (parent, cursor)) in parents.iter().zip(&mut cursors).enumerate() {
            while let Some(old) = parent.slots.get(*cursor) {
                match parent.name(old).cmp(name) {
                    Ordering::Less => {
                        names.extend((number == 0).then(|| parent.name(old)));
                        *cursor += 1;
                    }
                    Ordering::Equal => {
                        let end = parent.end_of_name(*cursor, name);
                        is_single &= end - *cursor == 1;
                        is_same |= parent.id(old) == new.id(slot) && old.mode.is_same_type(slot.mode);
                        *cursor = end;
                        break;
                    }
                    Ordering::Greater => break,
                }
            }
        }
        names.extend((!is_single || !is_same).then_some(name));
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

    /// A listing of arbitrary names in any order, also repeated ones.
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
        fn only_single_unchanged_entries_are_skipped(
            new in entries(),
            parents in prop::collection::vec(entries(), 0..3),
        ) {
            let (new, parents) = (listing(&new), parents.iter().map(listing).collect::<Vec<_>>());
            let changed = changed(&new, &parents);
            prop_assert!(changed.is_sorted_by(|one, two| one < two), "sorted, each once");
            for name in (b'a'..b'g').map(|name| [name]) {
                let own = all(&new, &name);
                prop_assert_eq!(new.named(&name).entries().collect::<Vec<_>>(), &own[..]);
                let old: Vec<Vec<Entry>> = parents.iter().map(|parent| all(parent, &name)).collect();
                let is_single = own.len() == 1 && old.iter().all(|entries| entries.len() < 2);
                let is_skipped = is_single && old.contains(&own);
                let is_in_first = old.first().is_some_and(|entries| !entries.is_empty());
                let expected = !is_skipped && (!own.is_empty() || is_in_first);
                prop_assert_eq!(changed.contains(&&name[..]), expected, "{:?} {:?}", own, old);
            }
        }
    }
}
