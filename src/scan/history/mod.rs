//! A whole repository, reflogs and unreachable objects included.
//!
//! [`scan_repository`] is the flow, one step per module:
//!
//! 1. `object_scan`: every blob, commit and tag once, for the fingerprints of its values only.
//! 2. `names`: the names of refs, files and directories.
//! 3. `source::history`: which commits introduced the objects and names that contain values, and at which paths.
//! 4. `first_seen`: for each value at each path, the earliest version that has it.
//! 5. `timeline`: for each value, when it was removed, reintroduced or moved, and the refs that contain it.
//! 6. `findings`: full findings of the few versions that are first somewhere.

mod findings;
mod fingerprint_scan;
mod first_seen;
mod names;
mod object_scan;
mod rescan;
mod timeline;
mod unscanned;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::git::{Kind, ObjectError, Oid};
use crate::model::{RepoPath, Unscanned, UnscannedKind};
use crate::source::history::History;
use crate::source::paths::path_text;
use crate::source::submodules::{Submodule, SubmoduleRepos};
use crate::source::unscanned::unscanned_submodule;
use crate::source::view::RepoView;

use super::blob::blob_scanner::BlobScanner;
use super::error::ScanError;
use super::outcome::Outcome;
use super::settings::Settings;
use findings::add_findings;
use fingerprint_scan::FingerprintScanner;
use first_seen::FirstSeen;
use names::{index_trees, ref_names_with_values};
use object_scan::scan_objects;
use timeline::trace_timelines;
use unscanned::{list_lfs_pointers, list_unscanned};

/// How a history is read.
#[derive(Clone, Copy)]
pub(super) struct Options {
    /// Whether every object is scanned whole, not only where it differs from its delta base.
    pub(super) full: bool,
    /// Whether submodules are scanned too.
    pub(super) recurse: bool,
}

/// Scans the repository at `path`, relative to the directory of the settings, and with `options.recurse` its
/// submodules.
///
/// # Errors
///
/// If the repository or its refs cannot be read. A submodule that cannot be read becomes an unscanned entry.
pub(super) fn scan(
    scanner: &BlobScanner<'_>,
    settings: &Settings,
    path: &Path,
    options: Options,
) -> Result<Outcome, ScanError> {
    let view = open(settings, path)?;
    let (mut outcome, submodules) = scan_repository(scanner, settings, &view, options, b"")?;
    if options.recurse {
        scan_submodules(scanner, settings, options, view, submodules, &mut outcome);
    } else {
        let paths = submodules.into_iter().map(|submodule| submodule.path);
        list_unscanned(paths, |path| unscanned_submodule(&path), &mut outcome);
    }
    Ok(outcome)
}

/// Opens the repository. Without an explicit path, git's environment variables for the repository apply.
fn open(settings: &Settings, path: &Path) -> Result<RepoView, ScanError> {
    let env = &settings.env;
    let has_env = env.git_dir.is_some() || env.object_directory.is_some() || env.alternates.is_some();
    Ok(match has_env && path == Path::new(".") {
        true => settings.open_view()?,
        false => RepoView::discover(&settings.directory.join(path), settings.max_blob_size)?,
    })
}

/// Scans one repository and returns its submodules. `prefix` is put before all paths: the path of the submodule
/// that the repository belongs to, with `/` at the end.
fn scan_repository(
    scanner: &BlobScanner<'_>,
    settings: &Settings,
    view: &RepoView,
    options: Options,
    prefix: &[u8],
) -> Result<(Outcome, Vec<Submodule>), ScanError> {
    let threads = settings.thread_count();
    // Refs are read before the objects, so that all they reach is among these while others write to the repository.
    let history = History::load(view)?;
    let objects = scan_objects(scanner, &view.objects, options.full, threads);
    let history = history.with_commits(objects.commits);
    let mut outcome = objects.outcome;
    outcome.refs = history.ref_names();
    outcome.is_server = view.repo.is_bare();

    let ids = |kind: Kind| {
        objects.parts.iter().filter(move |found| found.part.kind() == kind).map(|found| found.id)
    };
    let mut blobs: HashSet<Oid> = ids(Kind::Blob).chain(objects.lfs_pointers.iter().copied()).collect();
    // To report the path of an unreadable blob. Unreadable objects of another kind are no entries of a tree.
    blobs.extend(objects.unreadable.iter().map(|error: &ObjectError| *error.id()));
    let mut name_scanner = FingerprintScanner::new(scanner);
    let ref_names = ref_names_with_values(&mut name_scanner, &history);
    let (trees, file_names) = index_trees(view, &mut name_scanner, blobs, threads);
    outcome.unscanned.append(&mut name_scanner.unscanned);

    let (attribution, unscanned) = history.attribute(view, &trees, &objects.unreadable, threads);
    outcome.unscanned.extend(unscanned);
    outcome.unscanned.extend(view.unscanned_store_parts());
    list_lfs_pointers(scanner, &attribution, &objects.lfs_pointers, prefix, &mut outcome);
    let submodules = Submodule::from_history(attribution.submodules());

    let commits: Vec<Oid> = ids(Kind::Commit).collect();
    let commits = if commits.is_empty() { HashMap::new() } else { history.reachability(view, &commits) };
    let tags = if ids(Kind::Tag).next().is_some() { history.tag_names(view) } else { HashMap::new() };
    let mut first_seen = FirstSeen::new(scanner, &history, prefix, commits, tags);
    objects.parts.iter().for_each(|found| first_seen.add_object(found, &attribution));
    for (position, (name, values)) in file_names.iter().enumerate() {
        if let Some(history) = attribution.name(position) {
            first_seen.add_file_name(name, values, history, &attribution);
        }
    }
    ref_names.iter().for_each(|name| first_seen.add_ref_name(name.name, &name.values, name.exists));
    first_seen.remove_tag_names_of_refs();
    drop(attribution);

    let timelines =
        trace_timelines(&mut first_seen, view, &trees, &objects.parts, &file_names, settings.confidence);
    // Findings are made from a second scan: free the first one's values before.
    drop((trees, objects.parts, file_names));
    add_findings(first_seen, view, settings, &timelines, &mut outcome);
    Ok((outcome, submodules))
}

/// Scans the repositories of the submodules, each once, and those of their submodules.
fn scan_submodules(
    scanner: &BlobScanner<'_>,
    settings: &Settings,
    options: Options,
    view: RepoView,
    submodules: Vec<Submodule>,
    outcome: &mut Outcome,
) {
    let mut seen: HashSet<PathBuf> = HashSet::from([view.repo.common_dir().to_path_buf()]);
    let mut open = vec![(view, Vec::new(), submodules)];
    while let Some((view, prefix, submodules)) = open.pop() {
        let repos = SubmoduleRepos::new(&view);
        for submodule in submodules {
            let path = [&prefix, submodule.path.as_slice()].concat();
            let Some(location) = repos.find(&submodule.path) else {
                outcome.unscanned.push(submodule.unscanned_without_repo(&path));
                continue;
            };
            let view = match RepoView::open_exact(&location, settings.max_blob_size) {
                Ok(view) => view,
                Err(error) => {
                    outcome.unscanned.push(unreadable_submodule(&path, &location, &error.to_string()));
                    continue;
                }
            };
            if !seen.insert(view.repo.common_dir().to_path_buf()) {
                continue;
            }
            let below = [path.as_slice(), b"/"].concat();
            match scan_repository(scanner, settings, &view, options, &below) {
                Ok((mut inner, submodules)) => {
                    let name = RepoPath::new(path).to_text();
                    inner
                        .unscanned
                        .iter_mut()
                        .for_each(|entry| entry.what = format!("{name}: {}", entry.what));
                    outcome.absorb(inner);
                    open.push((view, below, submodules));
                }
                Err(error) => {
                    outcome.unscanned.push(unreadable_submodule(&path, &location, &error.to_string()));
                }
            }
        }
    }
}

fn unreadable_submodule(path: &[u8], location: &Path, reason: &str) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Unreadable,
        what: RepoPath::new(path).to_text(),
        reason: format!("a submodule whose repository {} cannot be read: {reason}", path_text(location)),
        remedy: None,
    }
}
