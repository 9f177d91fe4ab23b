//! Recognizes the remote-tracking branches of a remote: the refs that show which commits the remote already has.
//!
//! Their location is determined by the fetch refspecs of the remote. The remote's name alone is not sufficient:
//! `origin/fork` may be another remote besides `origin`.

use crate::git::repo::{Remote, Repo, RepoError};

/// The remote-tracking branches of one remote.
pub(crate) struct RemoteTrackingRefs {
    /// The default directory below `refs/remotes/` of each remote, and whether it is that of this remote.
    directories: Vec<(String, bool)>,
    /// The destinations of this remote's fetch refspecs, with at most one `*` each.
    destinations: Vec<String>,
}

impl RemoteTrackingRefs {
    /// The remote-tracking branches of the remote `name`. If there is no remote with that name, those of all remotes
    /// whose URL for pushes is `url`.
    ///
    /// # Errors
    ///
    /// When the configuration of the remotes cannot be read.
    pub(crate) fn from_remote(repo: &Repo, name: &str, url: &str) -> Result<RemoteTrackingRefs, RepoError> {
        let remotes = repo.remotes()?;
        let has_name = remotes.iter().any(|remote| remote.name == name);
        let is_selected = |remote: &Remote| match has_name {
            true => remote.name == name,
            false => !url.is_empty() && is_same_url(&remote.push_url, url),
        };
        let mut directories: Vec<(String, bool)> =
            remotes.iter().map(|remote| (remote_directory(&remote.name), is_selected(remote))).collect();
        if !has_name {
            directories.push((remote_directory(name), true));
        }
        let refspecs = remotes.into_iter().filter(is_selected).flat_map(|remote| remote.fetch_refspecs);
        let destinations = refspecs.filter_map(tracking_destination).collect();
        Ok(RemoteTrackingRefs { directories, destinations })
    }

    /// Whether the ref with this full name is one of them.
    pub(crate) fn contains(&self, name: &str) -> bool {
        let directories =
            self.directories.iter().filter(|(directory, _)| name.starts_with(directory.as_str()));
        match directories.max_by_key(|(directory, is_selected)| (directory.len(), *is_selected)) {
            Some((_, is_selected)) => *is_selected,
            None => self.destinations.iter().any(|pattern| matches(pattern, name)),
        }
    }
}

fn remote_directory(remote: &str) -> String {
    format!("refs/remotes/{remote}/")
}

/// Returns the destination of a fetch refspec, unless local refs have the same location: the branches of a mirror do
/// not show what the remote has.
fn tracking_destination((source, destination): (String, String)) -> Option<String> {
    let is_local = destination == source
        || ["refs/heads/", "refs/tags/", "refs/*"].iter().any(|local| destination.starts_with(local));
    (!is_local && destination.starts_with("refs/")).then_some(destination)
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((before, after)) => {
            name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some()
        }
        None => pattern == name,
    }
}

fn is_same_url(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}
