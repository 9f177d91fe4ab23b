//! The timeline of each value: introduced, removed, reintroduced, moved, and the refs that contain it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::git::Oid;
use crate::git::attribution;
use crate::git::attribution::{Container, Occurrence, TreeIndex};
use crate::model::{Confidence, ContentKind, Fingerprint, RepoPath, Timeline};
use crate::scan::blob::object_part::ObjectPart;
use crate::source::view::RepoView;

use super::fingerprint_scan::Values;
use super::first_seen::{FindingKey, FirstSeen};
use super::object_scan::PartValues;

/// Timelines by the fingerprint of the value.
pub(super) type Timelines = HashMap<Arc<Fingerprint>, Arc<Timeline>>;

/// Most values that are traced. A repository with more needs other measures first.
const MAX_TRACED: usize = 1 << 14;

/// A value in files (`true`) or in names (`false`). A value that is in both is traced twice.
type TracedValue = (Arc<Fingerprint>, bool);

fn traced(key: &FindingKey) -> TracedValue {
    (Arc::clone(&key.fingerprint), key.is_file())
}

/// Returns the timelines of the values at or above `confidence`. For values that were introduced more than once or at
/// several paths, completes the refs of each path in `first_seen`, and the paths that the value was moved from.
pub(super) fn trace_timelines(
    first_seen: &mut FirstSeen<'_, '_>,
    view: &RepoView,
    trees: &TreeIndex,
    parts: &[PartValues<'_>],
    file_names: &[(Vec<u8>, Values<'_>)],
    confidence: Confidence,
) -> Timelines {
    let keys = traceable_keys(first_seen, confidence);
    let mut values: Vec<TracedValue> = keys.iter().map(traced).collect();
    values.dedup();
    values.truncate(MAX_TRACED);
    let numbers: HashMap<&TracedValue, usize> = values.iter().zip(0..).collect();
    let containers = containers(&numbers, parts, file_names);

    let file_count = values.iter().take_while(|(_, is_file)| *is_file).count();
    let blob = |container: &Container| match container {
        Container::Blob(id) => Some(*id),
        Container::Name(_) => None,
    };
    let blobs: Vec<Vec<Oid>> =
        containers[..file_count].iter().map(|all| all.iter().filter_map(blob).collect()).collect();
    let timelines = first_seen.history.timelines(view, trees, &blobs);

    // A value that one commit introduced at one path has nothing to complete.
    let mut incomplete: Vec<(usize, FindingKey)> = Vec::new();
    for same in keys.chunk_by(|one, other| traced(one) == traced(other)) {
        let Some(&number) = numbers.get(&traced(&same[0])) else { continue };
        if same.len() > 1 || timelines.get(number).is_none_or(|timeline| timeline.introductions > 1) {
            incomplete.extend(same.iter().map(|key| (number, key.clone())));
        }
    }
    complete_versions(first_seen, view, trees, &containers, &incomplete);
    let timelines = timelines.into_iter().map(|timeline| Arc::new(with_hex_ids(timeline)));
    values.into_iter().map(|(value, _)| value).zip(timelines).collect()
}

/// Returns the keys of values in files and file names, those in files first, equal values together.
fn traceable_keys(first_seen: &FirstSeen<'_, '_>, confidence: Confidence) -> Vec<FindingKey> {
    let versions = first_seen.versions.iter();
    let traceable = versions.filter(|(key, first)| {
        first.confidence >= confidence && (key.is_file() || key.content_kind == ContentKind::FileName)
    });
    let mut keys: Vec<FindingKey> = traceable.map(|(key, _)| key.clone()).collect();
    keys.sort_unstable_by(|one, other| other.is_file().cmp(&one.is_file()).then_with(|| one.cmp(other)));
    keys
}

/// Returns for each value the blobs or names that contain it.
fn containers(
    numbers: &HashMap<&TracedValue, usize>,
    parts: &[PartValues<'_>],
    file_names: &[(Vec<u8>, Values<'_>)],
) -> Vec<Vec<Container>> {
    let mut containers: Vec<Vec<Container>> = vec![Vec::new(); numbers.len()];
    let mut add = |values: &Values<'_>, is_file: bool, container: Container| {
        values.fingerprints(|value| {
            if let Some(&number) = numbers.get(&(Arc::clone(value), is_file)) {
                containers[number].push(container);
            }
        });
    };
    for found in parts.iter().filter(|found| found.part == ObjectPart::Content) {
        add(&found.values, true, Container::Blob(found.id));
    }
    for ((_, values), position) in file_names.iter().zip(0..) {
        add(values, false, Container::Name(position));
    }
    containers
}

/// Completes the refs of some values at their paths, and the paths that the values were moved from.
fn complete_versions(
    first_seen: &mut FirstSeen<'_, '_>,
    view: &RepoView,
    trees: &TreeIndex,
    containers: &[Vec<Container>],
    keys: &[(usize, FindingKey)],
) {
    let prefix = first_seen.prefix.len();
    let in_repository =
        |key: &FindingKey| key.path.as_bytes()[prefix.min(key.path.as_bytes().len())..].to_vec();
    let paths: Vec<Vec<u8>> = keys.iter().map(|(_, key)| in_repository(key)).collect();
    let occurrences: Vec<Occurrence<'_>> =
        keys.iter().zip(&paths).map(|((value, _), path)| Occurrence { value: *value, path }).collect();
    let histories = first_seen.history.trace_occurrences(view, trees, containers, &occurrences);
    for ((_, key), history) in keys.iter().zip(histories) {
        if let Some(first) = first_seen.versions.get_mut(key) {
            let mut moved_from: Vec<RepoPath> =
                history.moved_from.into_iter().map(|at| RepoPath::clone(&keys[at].1.path)).collect();
            moved_from.sort();
            moved_from.dedup();
            first.refs.join(&history.refs);
            first.moved_from = moved_from;
        }
    }
}

fn with_hex_ids(timeline: attribution::Timeline) -> Timeline {
    let hex = |ids: &[Oid]| ids.iter().map(Oid::to_string).collect();
    Timeline {
        first: timeline.first.map(|id| id.to_string()),
        removed_in: hex(&timeline.removed_in),
        reintroduced_in: hex(&timeline.reintroduced_in),
        last: timeline.last.map(|id| id.to_string()),
    }
}
