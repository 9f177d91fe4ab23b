//! Parses the new entries of a tree and copies the results for the others from its delta base.
//!
//! For every changed file, a repository contains a new version of each directory above it, in which all entries but
//! one or two are unchanged. The meaning of an entry does not depend on its position. If the bytes that a tree copies
//! from its delta base contain a complete entry of the base, it is the same entry in the tree.

use crate::git::odb::delta_context::{CopiedRange, DeltaContext};
use crate::git::odb::tree;
use crate::git::odb::tree::{MalformedTree, Mode, TreeEntries};

/// The byte offsets of the entries of a tree, and notes about some entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ParsedEntries<N> {
    /// Start offsets, ascending, followed by the end of the last entry. Empty if the tree is larger than 4 GiB, so
    /// that offsets do not fit.
    starts: Vec<u32>,
    /// Notes with the start offset of their entry, ascending.
    notes: Vec<(u32, N)>,
}

impl<N> ParsedEntries<N> {
    /// The notes, in the order of the entries.
    pub(super) fn notes(&self) -> impl Iterator<Item = &N> {
        self.notes.iter().map(|(_, note)| note)
    }
}

/// Parses a tree whose ids have `id_len` bytes. `resolve` receives the mode, name and id of every entry that was not
/// copied from the base, and may return a note. Trees that are deltas of this one get the same note for that entry.
pub(super) fn parse<N: Copy>(
    data: &[u8],
    id_len: usize,
    delta: Option<DeltaContext<'_, ParsedEntries<N>>>,
    resolve: impl FnMut(Mode, &[u8], &[u8]) -> Option<N>,
) -> (ParsedEntries<N>, Option<MalformedTree>) {
    let base = delta.as_ref().map(|delta| delta.base_state);
    let (starts, notes) = base.map_or((0, 0), |base| (base.starts.len() + 8, base.notes.len() + 4));
    let parsed = ParsedEntries { starts: Vec::with_capacity(starts), notes: Vec::with_capacity(notes) };
    let entries = tree::entries(data, id_len);
    let mut parser = Parser { entries, resolve, parsed, malformed: None, end: 0 };
    if let Some(delta) = delta {
        for copied in delta.copies {
            while parser.end < copied.end() {
                let is_copied = parser.end >= copied.offset && parser.copy_entries(delta.base_state, copied);
                if !is_copied && !parser.parse_entry() {
                    break;
                }
            }
        }
    }
    while parser.parse_entry() {}
    let Parser { mut parsed, malformed, end, .. } = parser;
    match u32::try_from(data.len()) {
        Ok(_) => parsed.starts.push(end as u32),
        Err(_) => parsed.starts.clear(),
    }
    (parsed, malformed)
}

struct Parser<'d, N, R> {
    entries: TreeEntries<'d>,
    resolve: R,
    parsed: ParsedEntries<N>,
    malformed: Option<MalformedTree>,
    /// The end offset of the last entry.
    end: usize,
}

impl<N: Copy, R: FnMut(Mode, &[u8], &[u8]) -> Option<N>> Parser<'_, N, R> {
    /// Parses the next entry. Returns false at the end of the tree and at a malformed entry.
    fn parse_entry(&mut self) -> bool {
        let start = self.end as u32;
        match self.entries.next_raw() {
            Some(Ok((mode, name, id))) => {
                self.parsed.starts.push(start);
                let note = (self.resolve)(mode, name, id);
                self.parsed.notes.extend(note.map(|note| (start, note)));
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

    /// Copies the base's entries from the current offset to the end of `copied`. Returns false if no entry of the base
    /// begins at this offset, or none is complete.
    fn copy_entries(&mut self, base: &ParsedEntries<N>, copied: &CopiedRange) -> bool {
        let from = (self.end - copied.offset + copied.base_offset) as u32;
        let Ok(first) = base.starts.binary_search(&from) else { return false };
        let is_copied = |start: &u32| *start as usize <= copied.base_end();
        let entries = &base.starts[first..first + base.starts[first..].partition_point(is_copied)];
        let Some((&end, entries)) = entries.split_last().filter(|(_, entries)| !entries.is_empty()) else {
            return false;
        };
        // Offsets in both trees fit into 32 bits, so the wrapping addition of their difference is exact.
        let distance = (self.end as u32).wrapping_sub(from);
        self.parsed.starts.extend(entries.iter().map(|start| start.wrapping_add(distance)));
        let notes = base.notes.partition_point(|(start, _)| *start < from);
        let notes = base.notes[notes..].iter().take_while(|(start, _)| *start < end);
        self.parsed.notes.extend(notes.map(|(start, note)| (start.wrapping_add(distance), *note)));
        self.end += (end - from) as usize;
        self.entries.seek(self.end);
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
        // Some entries get a note, with parts of the entry.
        (!id[0].is_multiple_of(3)).then_some((mode, name[0], id[0]))
    }

    fn parse_all(data: &[u8]) -> (ParsedEntries<(Mode, u8, u8)>, Option<MalformedTree>) {
        parse(data, 20, None, notes)
    }

    fn tree(entries: &[(u8, u8)]) -> Vec<u8> {
        let entry = |&(name, id): &(u8, u8)| {
            let mode = ["100644", "40000", "120000", "160000"][usize::from(id) % 4];
            [mode.as_bytes(), b" ", &vec![b'a' + name % 26; usize::from(name % 7) + 1], b"\0", &[id; 20]]
                .concat()
        };
        entries.iter().flat_map(entry).collect()
    }

    fn apply(base: &[u8], instructions: &[Instruction]) -> (Vec<u8>, Vec<CopiedRange>) {
        let len = instructions.iter().map(|instruction| match instruction {
            Instruction::Copy(_, len) => u64::from(*len),
            Instruction::Insert(bytes) => bytes.len() as u64,
        });
        let raw = delta(base.len() as u64, len.sum(), instructions);
        let (mut out, mut copies) = (Vec::new(), Vec::new());
        let delta = Delta::parse(&raw).expect("a valid delta");
        delta.apply(base, &mut out, &mut copies).expect("a valid delta");
        (out, copies)
    }

    /// Like the deltas of git: long copies, and arbitrary bytes between them. The small alphabet makes it likely that
    /// wrong offsets look right.
    fn instructions(base: Vec<u8>) -> impl Strategy<Value = (Vec<u8>, Vec<Instruction>)> {
        let len = base.len().max(1) as u32;
        let copy = (0..len, 1..len + 1).prop_map(move |(from, size)| (from, size.min(len - from)));
        let instruction = prop_oneof![
            3 => copy.prop_map(|(from, size)| Instruction::Copy(from, size)),
            1 => prop::collection::vec((any::<u8>(), any::<u8>()), 1..3)
                .prop_map(|entries| Instruction::Insert(tree(&entries))),
            1 => prop::collection::vec(prop::sample::select(b"100644 a\0\x01\x02".to_vec()), 1..40)
                .prop_map(Instruction::Insert),
        ];
        let count = if base.is_empty() { 0..1 } else { 0..6 };
        (Just(base), prop::collection::vec(instruction, count))
    }

    proptest! {
        #[test]
        fn copied_entries_equal_parsed_entries(
            (base, instructions) in prop::collection::vec((any::<u8>(), any::<u8>()), 0..30)
                .prop_map(|entries| tree(&entries)).prop_flat_map(instructions),
            cut in any::<prop::sample::Index>(),
        ) {
            let (data, copies) = apply(&base, &instructions);
            let (state, _) = parse_all(&base);
            let delta = DeltaContext { copies: &copies, base: &base, base_state: &state };
            let parsed_once = parse(&data, 20, Some(delta), notes);
            prop_assert_eq!(&parsed_once, &parse_all(&data));
            // Entries that were copied once are copied again.
            if !data.is_empty() {
                let cut = cut.index(data.len()) as u32;
                let rest = data.len() as u32 - cut;
                let rotated = [Instruction::Copy(cut, rest), Instruction::Copy(0, cut)];
                let (next, copies) = apply(&data, &rotated[..if cut == 0 { 1 } else { 2 }]);
                let delta = DeltaContext { copies: &copies, base: &data, base_state: &parsed_once.0 };
                prop_assert_eq!(parse(&next, 20, Some(delta), notes), parse_all(&next));
            }
        }
    }

    #[test]
    fn only_the_changed_entry_is_parsed() {
        let entries: Vec<(u8, u8)> = (0..100).map(|at| (at, at)).collect();
        let base = tree(&entries);
        let mut changed = entries.clone();
        // The mode stays the same.
        changed[50].1 = 202;
        let whole = tree(&changed);
        let at = tree(&entries[..51]).len() as u32 - 20;
        let rest = base.len() as u32 - at - 20;
        let instructions =
            [Instruction::Copy(0, at), Instruction::Insert(vec![202; 20]), Instruction::Copy(at + 20, rest)];
        let (data, copies) = apply(&base, &instructions);
        assert_eq!(data, whole);
        let mut seen: Seen = Vec::new();
        let (state, _) = parse_all(&base);
        let delta = DeltaContext { copies: &copies, base: &base, base_state: &state };
        let (parsed, malformed) = parse(&data, 20, Some(delta), |mode, name, id| {
            seen.push((mode, name.to_vec(), id.to_vec()));
            notes(mode, name, id)
        });
        assert_eq!((parsed, malformed), parse_all(&whole));
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0].2, [202; 20]);
    }
}
