//! Which refs tell what a remote has: its remote-tracking branches.
//!
//! Where they are is a setting of the remote, and its name alone proves little: `origin/fork` may be a remote
//! beside `origin`.

use crate::git::repo::{Repo, RepoError};

/// The remote-tracking branches of one remote.
pub struct Tracking {
    /// Where those of all remotes are by custom, and whether it is this one.
    owners: Vec<(String, bool)>,
    /// Where those of this one are by its settings, with at most one `*`.
    targets: Vec<String>,
}

impl Tracking {
    /// Those of the remote called `name`. Where there is none of that name, of all whose address for pushing
    /// is `address`.
    pub fn of(repo: &Repo, name: &str, address: &str) -> Result<Tracking, RepoError> {
        let remotes = repo.remotes()?;
        let is_named = remotes.iter().any(|remote| remote.name == name);
        let is_meant = |remote: &Remote| match is_named {
            true => remote.name == name,
            false => !address.is_empty() && same_place(&remote.address, address),
        };
        let mut owners: Vec<(String, bool)> =
            remotes.iter().map(|remote| (folder(&remote.name), is_meant(remote))).collect();
        if !is_named {
            owners.push((folder(name), true));
        }
        let meant = remotes.into_iter().filter(is_meant);
        let targets = meant.flat_map(|remote| remote.fetches).filter_map(target).collect();
        Ok(Tracking { owners, targets })
    }

    /// Whether the ref is one of them.
    pub fn tracks(&self, name: &str) -> bool {
        let owners = self.owners.iter().filter(|(folder, _)| name.starts_with(folder.as_str()));
        match owners.max_by_key(|(folder, is_meant)| (folder.len(), *is_meant)) {
            Some((_, is_meant)) => *is_meant,
            None => self.targets.iter().any(|target| matches(target, name)),
        }
    }
}

/// A remote as it is configured.
pub struct Remote {
    /// Its name.
    pub name: String,
    /// Where pushes go.
    pub address: String,
    /// What is fetched from where to where.
    pub fetches: Vec<(String, String)>,
}

fn folder(remote: &str) -> String {
    format!("refs/remotes/{remote}/")
}

/// Where a fetch puts things, unless people put their own things there too: a mirror's branches say nothing
/// about what the other side has.
fn target((from, to): (String, String)) -> Option<String> {
    let is_own = to == from || ["refs/heads/", "refs/tags/", "refs/*"].iter().any(|own| to.starts_with(own));
    (!is_own && to.starts_with("refs/")).then_some(to)
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((before, after)) => {
            name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some()
        }
        None => pattern == name,
    }
}

fn same_place(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}
