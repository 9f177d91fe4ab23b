//! Finds many edits in one pass over the text.
//!
//! An edit replaces the first occurrence of its text after all edits before it were made, so one search for each would
//! read the text as often as there are edits. Edits that are far from each other do not affect each other, and then the
//! first occurrences in the text as it is are enough. A batch ends before the first edit that is not so simple.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::edit::Edit;

/// Bytes of a replaced text by which it is found.
const WINDOW: usize = 8;

/// Windows of one replaced text that are compared with those of the others.
const MAX_WINDOWS: usize = 64;

/// Longest replaced or inserted text of a batch, in bytes.
const MAX_LEN: usize = 4096;

/// Most edits of a batch.
const MAX_EDITS: usize = 1 << 14;

/// Fewest edits of a batch: fewer are not worth a pass.
const MIN_EDITS: usize = if cfg!(test) { 2 } else { 16 };

/// Returns the positions in `text` of the first edits of `edits`, which can be made at once; none if there are fewer than
/// [`MIN_EDITS`].
pub(super) fn positions(text: &[u8], edits: &[Edit]) -> Vec<usize> {
    let candidates = candidates(edits);
    if candidates.len() < MIN_EDITS {
        return Vec::new();
    }
    let windows = Windows::new(candidates);
    let Some(first) = windows.first_occurrences(text) else { return Vec::new() };
    let longest = candidates.iter().map(|edit| edit.old.len()).max().unwrap_or(0);
    // By start of a replaced text: its end.
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    // By edit: the first place where an edit before it may insert its text.
    let mut inserted: HashMap<usize, usize> = HashMap::new();
    let mut positions = Vec::new();
    for (number, edit) in candidates.iter().enumerate() {
        let Some(start) = first[number] else { break };
        let end = start + edit.old.len();
        let last_before = taken.range(..end + longest).next_back();
        let is_near = last_before.is_some_and(|(_, other_end)| other_end + longest > start);
        if is_near || inserted.get(&number).is_some_and(|at| *at < start) {
            break;
        }
        taken.insert(start, end);
        positions.push(start);
        let before = &text[start.saturating_sub(longest)..start];
        let after = &text[end..text.len().min(end + longest)];
        windows.for_each_occurrence(&[before, edit.new.as_bytes(), after].concat(), |found, _| {
            let at = inserted.entry(found).or_insert(start);
            *at = start.min(*at);
            true
        });
    }
    if positions.len() < MIN_EDITS { Vec::new() } else { positions }
}

/// Returns the edits before the first one that needs a search of its own.
fn candidates(edits: &[Edit]) -> &[Edit] {
    let mut seen: HashSet<&str> = HashSet::new();
    let is_candidate =
        |edit: &Edit| !edit.all && (WINDOW..=MAX_LEN).contains(&edit.old.len()) && edit.new.len() <= MAX_LEN;
    let count = edits.iter().take(MAX_EDITS);
    let count = count.take_while(|edit| is_candidate(edit) && seen.insert(&edit.old)).count();
    &edits[..count]
}

/// The replaced texts by a window of each, the one that fewest of the others have.
struct Windows<'e> {
    edits: &'e [Edit],
    /// The number of an edit, and where in its text the window begins.
    places: HashMap<[u8; WINDOW], Vec<(usize, usize)>>,
    /// Hashes of the windows.
    filter: Vec<bool>,
}

impl<'e> Windows<'e> {
    fn new(edits: &'e [Edit]) -> Windows<'e> {
        let windows = |edit: &'e Edit| edit.old.as_bytes().windows(WINDOW).take(MAX_WINDOWS).map(window);
        let mut counts: HashMap<[u8; WINDOW], u32> = HashMap::new();
        edits.iter().flat_map(windows).for_each(|window| *counts.entry(window).or_default() += 1);
        let mut places: HashMap<_, Vec<(usize, usize)>> = HashMap::new();
        let mut filter = vec![false; 1 << FILTER_BITS];
        for (number, edit) in edits.iter().enumerate() {
            if let Some((offset, rarest)) =
                windows(edit).enumerate().min_by_key(|(_, window)| counts.get(window).copied())
            {
                places.entry(rarest).or_default().push((number, offset));
                filter[hash(rarest)] = true;
            }
        }
        Windows { edits, places, filter }
    }

    /// Returns the first position of each replaced text in `text`; `None` if too many comparisons are needed.
    fn first_occurrences(&self, text: &[u8]) -> Option<Vec<Option<usize>>> {
        let mut first = vec![None; self.edits.len()];
        let mut missing = first.len();
        self.for_each_occurrence(text, |number, start| {
            missing -= usize::from(first[number].is_none());
            first[number].get_or_insert(start);
            missing > 0
        })
        .then_some(first)
    }

    /// Calls `take` with the number and position of each occurrence of a replaced text, those of one text in order, until
    /// it returns `false`. Returns whether no more comparisons were needed than are reasonable.
    fn for_each_occurrence(&self, text: &[u8], mut take: impl FnMut(usize, usize) -> bool) -> bool {
        let mut comparisons = 2 * text.len();
        for (at, here) in text.windows(WINDOW).map(window).enumerate() {
            if !self.filter[hash(here)] {
                continue;
            }
            for &(number, offset) in self.places.get(&here).into_iter().flatten() {
                let Some(rest) = comparisons.checked_sub(1) else { return false };
                comparisons = rest;
                let Some(start) = at.checked_sub(offset) else { continue };
                if text[start..].starts_with(self.edits[number].old.as_bytes()) && !take(number, start) {
                    return true;
                }
            }
        }
        true
    }
}

/// Logarithm of the size of [`Windows::filter`].
const FILTER_BITS: u32 = 20;

fn hash(window: [u8; WINDOW]) -> usize {
    (u64::from_le_bytes(window).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER_BITS)) as usize
}

fn window(bytes: &[u8]) -> [u8; WINDOW] {
    let mut window = [0; WINDOW];
    window.copy_from_slice(bytes);
    window
}
