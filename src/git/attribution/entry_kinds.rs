//! Which objects the entries of trees use as files and as directories, to find those that are of another kind.
//!
//! One bit for each object number and question: millions of entries are recorded at the cost of a few instructions.

use crate::git::odb::tree::Mode;

/// Bits by object number.
#[derive(Default)]
pub(super) struct EntryKinds {
    /// Whether an entry lists the object as a file or symbolic link.
    used_as_file: Vec<u64>,
    /// Whether an entry lists the object as a directory.
    used_as_tree: Vec<u64>,
    /// Whether the object is a tree that was read.
    is_tree: Vec<u64>,
}

impl EntryKinds {
    /// For `len` objects.
    pub(super) fn new(len: u32) -> EntryKinds {
        let bits = || vec![0; (len as usize).div_ceil(64)];
        EntryKinds { used_as_file: bits(), used_as_tree: bits(), is_tree: bits() }
    }

    /// Records an entry that lists the object with this number. Submodules have none.
    pub(super) fn add_entry(&mut self, mode: Mode, number: u32) {
        set(if mode == Mode::Tree { &mut self.used_as_tree } else { &mut self.used_as_file }, number);
    }

    /// Records that the object with this number is a tree.
    pub(super) fn add_tree(&mut self, number: u32) {
        set(&mut self.is_tree, number);
    }

    /// Adds what another thread recorded.
    pub(super) fn merge(&mut self, other: EntryKinds) {
        if self.is_tree.is_empty() {
            *self = other;
            return;
        }
        for (own, other) in [
            (&mut self.used_as_file, other.used_as_file),
            (&mut self.used_as_tree, other.used_as_tree),
            (&mut self.is_tree, other.is_tree),
        ] {
            own.iter_mut().zip(other).for_each(|(own, other)| *own |= other);
        }
    }

    /// Whether the object with this number is a tree that was read.
    pub(super) fn is_tree(&self, number: u32) -> bool {
        self.is_tree.get(number as usize / 64).is_some_and(|bits| bits >> (number % 64) & 1 == 1)
    }

    /// Returns the numbers of the trees that an entry lists as a file.
    pub(super) fn trees_used_as_files(&self) -> impl Iterator<Item = u32> {
        numbers(self.used_as_file.iter().zip(&self.is_tree).map(|(used, is_tree)| used & is_tree))
    }

    /// Returns the numbers of the objects that an entry lists as a tree and that were not read as one.
    pub(super) fn others_used_as_trees(&self) -> impl Iterator<Item = u32> {
        numbers(self.used_as_tree.iter().zip(&self.is_tree).map(|(used, is_tree)| used & !is_tree))
    }
}

fn set(bits: &mut [u64], number: u32) {
    if let Some(bits) = bits.get_mut(number as usize / 64) {
        *bits |= 1 << (number % 64);
    }
}

/// Returns the numbers of the bits that are set.
fn numbers(bits: impl Iterator<Item = u64>) -> impl Iterator<Item = u32> {
    bits.zip(0u32..).filter(|(bits, _)| *bits != 0).flat_map(|(bits, word)| {
        (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit)
    })
}
