//! How values fared after they came: when they went, whether they are back, where they were moved, which refs
//! have them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::git::Oid;
use crate::git::attribution;
use crate::git::attribution::{Holder, Spot, Trees};
use crate::model::{Carrier, Confidence, Fingerprint, Life, RepoPath};
use crate::source::view::RepoView;

use super::fingerprint_scan::Values;
use super::first_seen::{Hit, Key, Places};
use crate::scan::blob::object_part::Piece;

/// How values fared, by their fingerprint.
pub(crate) type Lives = HashMap<Arc<Fingerprint>, Arc<Life>>;

/// The lives of so many values are told. Who has more has other worries.
const MAX_LIVES: usize = 1 << 14;

impl Places<'_, '_> {
    /// How the values fared that are sure enough to be reported. Of values that came more than once or to several
    /// places, the refs of each place are completed, and where it was moved from.
    pub(crate) fn follow(
        &mut self,
        view: &RepoView,
        trees: &Trees,
        hits: &[Hit<'_>],
        file_names: &[(Vec<u8>, Values<'_>)],
        confidence: Confidence,
    ) -> Lives {
        let in_file = |carrier: Carrier| matches!(carrier, Carrier::File | Carrier::Symlink);
        // Keys by what holds their values: files, or names. A blob has a name of its own kind.
        let mut sure: Vec<Key> = self
            .first
            .iter()
            .filter(|((_, _, carrier, _), first)| {
                first.confidence >= confidence && (in_file(*carrier) || *carrier == Carrier::FileName)
            })
            .map(|(key, _)| key.clone())
            .collect();
        sure.sort_unstable_by(|one, two| in_file(two.2).cmp(&in_file(one.2)).then_with(|| one.cmp(two)));
        let value = |key: &Key| (Arc::clone(&key.0), in_file(key.2));
        let mut values: Vec<(Arc<Fingerprint>, bool)> = sure.iter().map(value).collect();
        values.dedup();
        values.truncate(MAX_LIVES);
        let numbers: HashMap<&(Arc<Fingerprint>, bool), usize> = values.iter().zip(0..).collect();
        let mut holders: Vec<Vec<Holder>> = vec![Vec::new(); values.len()];
        let mut hold = |values: &Values<'_>, is_file: bool, holder: Holder| {
            values.fingerprints(|value| {
                if let Some(&number) = numbers.get(&(Arc::clone(value), is_file)) {
                    holders[number].push(holder);
                }
            });
        };
        for hit in hits.iter().filter(|hit| hit.piece == Piece::Content) {
            hold(&hit.values, true, Holder::Blob(hit.id));
        }
        for ((_, values), at) in file_names.iter().zip(0..) {
            hold(values, false, Holder::Name(at));
        }

        let files = values.iter().take_while(|(_, is_file)| *is_file).count();
        let blob = |holder: &Holder| match holder {
            Holder::Blob(id) => Some(*id),
            Holder::Name(_) => None,
        };
        let blobs: Vec<Vec<Oid>> =
            holders[..files].iter().map(|holders| holders.iter().filter_map(blob).collect()).collect();
        let lives = self.history.lives(view, trees, &blobs);

        // Where one commit brought a value to one place, nothing is left to be asked.
        let mut keys: Vec<(usize, Key)> = Vec::new();
        for same in sure.chunk_by(|one, two| value(one) == value(two)) {
            let Some(&number) = numbers.get(&value(&same[0])) else { continue };
            if same.len() > 1 || lives.get(number).is_none_or(|life| life.comings > 1) {
                keys.extend(same.iter().map(|key| (number, key.clone())));
            }
        }
        self.spread(view, trees, &holders, &keys);
        let told = lives.into_iter().map(|life| Arc::new(told(life)));
        values.into_iter().map(|(value, _)| value).zip(told).collect()
    }

    /// Completes the refs of the places of some values, and where they were moved from.
    fn spread(&mut self, view: &RepoView, trees: &Trees, holders: &[Vec<Holder>], keys: &[(usize, Key)]) {
        let path = |key: &Key| key.1.as_bytes()[self.prefix.len().min(key.1.as_bytes().len())..].to_vec();
        let paths: Vec<Vec<u8>> = keys.iter().map(|(_, key)| path(key)).collect();
        let spots: Vec<Spot<'_>> =
            keys.iter().zip(&paths).map(|((value, _), path)| Spot { value: *value, path }).collect();
        let spreads = self.history.spreads(view, trees, holders, &spots);
        for ((_, key), spread) in keys.iter().zip(spreads) {
            if let Some(first) = self.first.get_mut(key) {
                let mut moved_from: Vec<RepoPath> =
                    spread.moved_from.into_iter().map(|at| RepoPath::clone(&keys[at].1.1)).collect();
                moved_from.sort();
                moved_from.dedup();
                first.refs.join(&spread.refs);
                first.moved_from = moved_from;
            }
        }
    }
}

fn told(life: attribution::Life) -> Life {
    let hex = |ids: &[Oid]| ids.iter().map(Oid::to_string).collect();
    Life {
        first: life.first.map(|id| id.to_string()),
        removed: hex(&life.removed),
        back: hex(&life.back),
        last: life.last.map(|id| id.to_string()),
    }
}
