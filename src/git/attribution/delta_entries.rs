//! Reads the entries of a tree that are new in it, and carries over what is known of the others.
//!
//! A repository has a new version of each directory above every changed file, and all of its entries but one
//! or two are as before. An entry reads the same wherever it stands, so one that lies whole in bytes copied
//! from the base, where one of the base's entries began, is that entry.

use crate::git::odb::delta_context::{Copied, Growth};
use crate::git::odb::tree;
use crate::git::odb::tree::{MalformedTree, Mode, TreeEntries};

/// Where the entries of a tree begin, and notes about some of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known<N> {
    /// By place, and behind them where the last one ends. Empty for a tree of more bytes than that counts.
    starts: Vec<u32>,
    /// By the place of the entry.
    notes: Vec<(u32, N)>,
}

impl<N> Known<N> {
    /// The notes, in the order of the entries.
    pub(super) fn notes(&self) -> impl Iterator<Item = &N> {
        self.notes.iter().map(|(_, note)| note)
    }
}

/// Reads a tree of ids of `id_len` bytes. `look` sees the mode, name and id of every entry that is not known
/// from the base, and may leave a note, which the trees that grow from this one have for the same entry.
pub(super) fn read<N: Copy>(
    data: &[u8],
    id_len: usize,
    growth: Option<Growth<'_, Known<N>>>,
    look: impl FnMut(Mode, &[u8], &[u8]) -> Option<N>,
) -> (Known<N>, Option<MalformedTree>) {
    let base = growth.as_ref().map(|growth| growth.state);
    let (starts, notes) = base.map_or((0, 0), |base| (base.starts.len() + 8, base.notes.len() + 4));
    let known = Known { starts: Vec::with_capacity(starts), notes: Vec::with_capacity(notes) };
    let entries = tree::entries(data, id_len);
    let mut reader = Reader { entries, look, known, malformed: None, end: 0 };
    if let Some(growth) = growth {
        for copied in growth.copies {
            while reader.end < copied.end() {
                let known = reader.end >= copied.to && reader.carry(growth.state, copied);
                if !known && !reader.step() {
                    break;
                }
            }
        }
    }
    while reader.step() {}
    let Reader { mut known, malformed, end, .. } = reader;
    match u32::try_from(data.len()) {
        Ok(_) => known.starts.push(end as u32),
        Err(_) => known.starts.clear(),
    }
    (known, malformed)
}

struct Reader<'d, N, L> {
    entries: TreeEntries<'d>,
    look: L,
    known: Known<N>,
    malformed: Option<MalformedTree>,
    /// Where the last entry ends.
    end: usize,
}

impl<N: Copy, L: FnMut(Mode, &[u8], &[u8]) -> Option<N>> Reader<'_, N, L> {
    /// Reads the next entry; false at the end.
    fn step(&mut self) -> bool {
        let start = self.end as u32;
        match self.entries.next_raw() {
            Some(Ok((mode, name, id))) => {
                self.known.starts.push(start);
                let note = (self.look)(mode, name, id);
                self.known.notes.extend(note.map(|note| (start, note)));
                self.end = self.entries.position();
                true
            }
            Some(Err(error)) => {
                self.malformed = Some(error);
                false
            }
            None => false,
        }
    }

    /// Takes over the entries of the base from here to the end of `copied`; false when there is none, or none
    /// begins here.
    fn carry(&mut self, base: &Known<N>, copied: &Copied) -> bool {
        let here = (self.end - copied.to + copied.from) as u32;
        let Ok(first) = base.starts.binary_search(&here) else { return false };
        let fits = |start: &u32| *start as usize <= copied.base_end();
        let entries = &base.starts[first..first + base.starts[first..].partition_point(fits)];
        let Some((&end, entries)) = entries.split_last().filter(|(_, entries)| !entries.is_empty()) else {
            return false;
        };
        // Both are places in trees that 32 bits count, so adding their distance comes out right.
        let distance = (self.end as u32).wrapping_sub(here);
        self.known.starts.extend(entries.iter().map(|start| start.wrapping_add(distance)));
        let notes = base.notes.partition_point(|(start, _)| *start < here);
        let notes = base.notes[notes..].iter().take_while(|(start, _)| *start < end);
        self.known.notes.extend(notes.map(|(start, note)| (start.wrapping_add(distance), *note)));
        self.end += (end - here) as usize;
        self.entries.go_on_at(self.end);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::git::odb::pack::Delta;
    use crate::git::odb::pack::writer::{Instruction, delta};

    type Seen = Vec<(Mode, Vec<u8>, Vec<u8>)>;

    fn notes(mode: Mode, name: &[u8], id: &[u8]) -> Option<(Mode, u8, u8)> {
        // Some entries are worth a note, and the note tells which entry it is about.
        (!id[0].is_multiple_of(3)).then_some((mode, name[0], id[0]))
    }

    fn plain(data: &[u8]) -> (Known<(Mode, u8, u8)>, Option<MalformedTree>) {
        read(data, 20, None, notes)
    }

    fn tree(entries: &[(u8, u8)]) -> Vec<u8> {
        let entry = |&(name, id): &(u8, u8)| {
            let mode = ["100644", "40000", "120000", "160000"][usize::from(id) % 4];
            [mode.as_bytes(), b" ", &vec![b'a' + name % 26; usize::from(name % 7) + 1], b"\0", &[id; 20]]
                .concat()
        };
        entries.iter().flat_map(entry).collect()
    }

    fn grown(base: &[u8], instructions: &[Instruction]) -> (Vec<u8>, Vec<Copied>) {
        let len = instructions.iter().map(|instruction| match instruction {
            Instruction::Copy(_, len) => u64::from(*len),
            Instruction::Insert(bytes) => bytes.len() as u64,
        });
        let raw = delta(base.len() as u64, len.sum(), instructions);
        let (mut out, mut copies) = (Vec::new(), Vec::new());
        let delta = Delta::parse(&raw).expect("written by us");
        delta.apply(base, &mut out, &mut copies).expect("written by us");
        (out, copies)
    }

    /// As git makes them: long copies, and any bytes between. A small alphabet makes wrong places look right.
    fn instructions(base: Vec<u8>) -> impl Strategy<Value = (Vec<u8>, Vec<Instruction>)> {
        let len = base.len().max(1) as u32;
        let copy = (0..len, 1..len + 1).prop_map(move |(from, size)| (from, size.min(len - from)));
        let piece = prop_oneof![
            3 => copy.prop_map(|(from, size)| Instruction::Copy(from, size)),
            1 => prop::collection::vec((any::<u8>(), any::<u8>()), 1..3)
                .prop_map(|entries| Instruction::Insert(tree(&entries))),
            1 => prop::collection::vec(prop::sample::select(b"100644 a\0\x01\x02".to_vec()), 1..40)
                .prop_map(Instruction::Insert),
        ];
        let pieces = if base.is_empty() { 0..1 } else { 0..6 };
        (Just(base), prop::collection::vec(piece, pieces))
    }

    proptest! {
        #[test]
        fn what_is_carried_over_equals_what_is_read(
            (base, instructions) in prop::collection::vec((any::<u8>(), any::<u8>()), 0..30)
                .prop_map(|entries| tree(&entries)).prop_flat_map(instructions),
            again in any::<prop::sample::Index>(),
        ) {
            let (data, copies) = grown(&base, &instructions);
            let (state, _) = plain(&base);
            let growth = Growth { copies: &copies, base: &base, state: &state };
            let read_once = read(&data, 20, Some(growth), notes);
            prop_assert_eq!(&read_once, &plain(&data));
            // What was carried over is carried over again.
            if !data.is_empty() {
                let cut = again.index(data.len()) as u32;
                let rest = data.len() as u32 - cut;
                let turned = [Instruction::Copy(cut, rest), Instruction::Copy(0, cut)];
                let (next, copies) = grown(&data, &turned[..if cut == 0 { 1 } else { 2 }]);
                let growth = Growth { copies: &copies, base: &data, state: &read_once.0 };
                prop_assert_eq!(read(&next, 20, Some(growth), notes), plain(&next));
            }
        }
    }

    #[test]
    fn only_the_changed_entry_is_looked_at() {
        let entries: Vec<(u8, u8)> = (0..100).map(|at| (at, at)).collect();
        let base = tree(&entries);
        let mut changed = entries.clone();
        // Of the same mode as before.
        changed[50].1 = 202;
        let whole = tree(&changed);
        let at = tree(&entries[..51]).len() as u32 - 20;
        let rest = base.len() as u32 - at - 20;
        let instructions =
            [Instruction::Copy(0, at), Instruction::Insert(vec![202; 20]), Instruction::Copy(at + 20, rest)];
        let (data, copies) = grown(&base, &instructions);
        assert_eq!(data, whole);
        let mut seen: Seen = Vec::new();
        let (state, _) = plain(&base);
        let growth = Growth { copies: &copies, base: &base, state: &state };
        let (known, malformed) = read(&data, 20, Some(growth), |mode, name, id| {
            seen.push((mode, name.to_vec(), id.to_vec()));
            notes(mode, name, id)
        });
        assert_eq!((known, malformed), plain(&whole));
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0].2, [202; 20]);
    }
}
