//! How to remove a value from a history. A pushed value must be revoked first: rewriting the history does not change
//! the clones of others.
//!
//! A step is a sentence or a command line for a shell. Running the command lines in order, with the value in place of
//! its mask, removes the value from the repository.

mod filter;
mod names;

use std::collections::BTreeSet;

use crate::model::{Command, ContentKind};

use super::page::{Group, Page, short_id};
use crate::report::escape::{terminal, terminal_path};
use crate::report::format::grouped;
use crate::report::shell;
use crate::report::view::Finding;
use filter::Filter;
use names::{drop_ref, drop_stash, remote, rename_ref, short_name};

/// Maximum number of names in a list.
const MAX_NAMES: usize = 8;

/// The name of the branch that was checked out before. `git rebase` moves a branch only if it gets the name.
const PREVIOUS_BRANCH: &str = "\"$(git rev-parse --abbrev-ref @{-1})\"";

/// The steps for one group in their order; none if nothing of it is in a repository.
pub(super) fn steps(page: &Page<'_>, group: &Group<'_>) -> Vec<String> {
    let submodules: BTreeSet<Option<&str>> =
        group.iter().map(|finding| finding.submodule.as_deref()).collect();
    let mut steps = Vec::new();
    for submodule in submodules {
        let findings =
            group.iter().copied().filter(|finding| finding.submodule.as_deref() == submodule).collect();
        let in_repository = Repository { page, findings, submodule }.steps();
        if let (Some(path), false) = (submodule, in_repository.is_empty()) {
            steps.push(format!(
                "In the submodule {}, a separate repository with its own remotes:",
                terminal_path(path)
            ));
            steps.push(format!("cd {}", shell::path(path)));
        }
        steps.extend(in_repository);
    }
    steps
}

/// The findings of a group that are in one repository.
struct Repository<'p> {
    page: &'p Page<'p>,
    findings: Group<'p>,
    submodule: Option<&'p str>,
}

/// Where the commits are, according to the refs of this clone.
enum Publication<'p> {
    /// Only here: no remote-tracking branch contains them.
    Local,
    /// These remotes have them.
    Pushed(BTreeSet<&'p str>),
    /// The repository has no work tree and no remote-tracking branches: others push to it.
    Server,
    /// They are on a branch that CI checks after it was pushed.
    Ci,
    /// A remote-tracking branch contains them, but the scan did not determine which one.
    SomeRemote,
}

impl<'p> Repository<'p> {
    fn steps(&self) -> Vec<String> {
        let is_unreachable = |finding: &&&Finding| finding.reachable == Some(false);
        let is_ref_name = |finding: &&&Finding| finding.content_kind == ContentKind::RefName;
        let in_history = |finding: &&&Finding| finding.first_commit.is_some() || !finding.refs.is_empty();
        let reachable: Vec<&Finding> = self
            .findings
            .iter()
            .filter(|finding| in_history(finding) && !is_unreachable(finding) && !is_ref_name(finding))
            .copied()
            .collect();
        let unreachable: Vec<&Finding> = self.findings.iter().filter(is_unreachable).copied().collect();
        // Objects that a ref points to directly, without a commit.
        let (committed, direct): (Vec<&Finding>, Vec<&Finding>) = reachable
            .into_iter()
            .partition(|finding| finding.first_commit.is_some() || finding.content_kind == ContentKind::Tag);
        let mut steps = Vec::new();
        let mut leaves_objects = !unreachable.is_empty() || !direct.is_empty();
        for name in refs(&direct) {
            steps.extend(drop_ref(name, &direct));
        }
        if !committed.is_empty() {
            match self.publication(&committed) {
                Publication::Pushed(remotes) => steps.extend(self.rewrite_remotes(&committed, &remotes)),
                Publication::Server => steps.extend(self.rewrite_server(&committed)),
                Publication::Local if committed.iter().any(|finding| finding.shallow == Some(true)) => {
                    steps.push(
                        "The shallow clone ends at that commit: fetch the older commits and scan again:"
                            .to_owned(),
                    );
                    steps.push("git fetch --unshallow".to_owned());
                }
                Publication::Local => {
                    leaves_objects = true;
                    if self.is_history() && !self.has_remotes() {
                        steps.push(
                            "Cannot tell whether this was pushed (no remote-tracking branch). If it was, revoke the \
                             secret first."
                                .to_owned(),
                        );
                    }
                    steps.extend(self.rewrite_local(&committed));
                }
                Publication::SomeRemote => {
                    let filter = Filter::new(&committed, |finding| self.own_path(finding));
                    steps.push(
                        "It was pushed: revoke the secret first. Then, with git-filter-repo, in a fresh clone of each \
                         remote (git clone --mirror), where stopleak history lists the refs that contain it:"
                            .to_owned(),
                    );
                    steps.extend(filter.remove_value(""));
                    steps.extend(filter.delete_files(""));
                    steps.push("git push --force --mirror URL".to_owned());
                    steps.push("Replace every clone, including yours, with a fresh one.".to_owned());
                }
                Publication::Ci => {
                    steps.push("It was pushed for this check: revoke the secret first.".to_owned());
                    steps.extend(self.rebase(&committed, PREVIOUS_BRANCH));
                    steps.push("git push --force-with-lease".to_owned());
                }
            }
        }
        for finding in self.findings.iter().filter(is_ref_name).filter(|finding| !is_unreachable(finding)) {
            leaves_objects = true;
            steps.extend(rename_ref(self.own_path(finding)));
        }
        if unreachable.iter().any(|finding| finding.kept_by.iter().any(|name| name == "refs/stash")) {
            steps.extend(drop_stash(&unreachable));
        }
        if leaves_objects && self.is_history() {
            steps.extend(self.collect_garbage());
        }
        steps
    }

    fn is_history(&self) -> bool {
        self.page.view.scan.command == Command::History
    }

    /// Whether there are remote-tracking branches. Assumed for a submodule, whose refs are not in the report: it was
    /// cloned.
    fn has_remotes(&self) -> bool {
        self.submodule.is_some() || self.page.view.scan.refs.iter().any(|name| remote(name).is_some())
    }

    fn publication(&self, committed: &[&'p Finding]) -> Publication<'p> {
        let scan = &self.page.view.scan;
        let remotes: BTreeSet<&str> = refs(committed).into_iter().filter_map(remote).collect();
        match scan.command {
            Command::Ci => Publication::Ci,
            Command::Range if committed.iter().any(|finding| finding.is_pushed) => Publication::SomeRemote,
            _ if !remotes.is_empty() => Publication::Pushed(remotes),
            Command::History if self.page.view.is_server && !self.has_remotes() => Publication::Server,
            _ => Publication::Local,
        }
    }

    /// Rewrites commits that only this clone has.
    fn rewrite_local(&self, committed: &[&'p Finding]) -> Vec<String> {
        if !self.is_history() {
            return self.rebase(committed, PREVIOUS_BRANCH);
        }
        let all = refs(committed);
        let rewritable = |name: &&str| {
            name.starts_with("refs/heads/") || name.starts_with("refs/notes/") || *name == "HEAD"
        };
        let branches: Vec<&str> = all.iter().copied().filter(rewritable).collect();
        let mut steps = match &branches[..] {
            [] => Vec::new(),
            ["HEAD"] => self.rebase(committed, "'@{-1}'"),
            [only] if only.starts_with("refs/heads/") => {
                self.rebase(committed, &shell::word(short_name(only).as_bytes()))
            }
            _ => self.filter_here(committed, &all),
        };
        let is_filtered = branches.len() > 1 || branches.iter().any(|name| name.starts_with("refs/notes/"));
        let others = all.iter().filter(|name| !branches.contains(name));
        for name in others.filter(|name| !(is_filtered && name.starts_with("refs/tags/"))) {
            if *name == "refs/stash" && !branches.is_empty() {
                steps.push(
                    "The stash is based on a rewritten commit: apply it to the new commits:".to_owned(),
                );
                steps.push("git stash pop".to_owned());
            } else {
                steps.extend(drop_ref(name, committed));
            }
        }
        steps
    }

    /// Amends the commit that introduced the value and rebases the commits of one branch that follow it. `branch` is
    /// quoted for a shell.
    fn rebase(&self, committed: &[&'p Finding], branch: &str) -> Vec<String> {
        let mut commits: Vec<&Finding> = Vec::new();
        for finding in committed.iter().filter(|finding| finding.first_commit.is_some()) {
            if !commits.iter().any(|known| known.first_commit == finding.first_commit) {
                commits.push(finding);
            }
        }
        // If the value was moved later, the commit that introduced it under its first path.
        let is_first = |finding: &&&Finding| finding.first_seen == finding.first_commit;
        let Some(first) = commits.iter().find(is_first).or(commits.first()) else { return Vec::new() };
        let commit = short_id(first.first_commit.as_deref().unwrap_or_default());
        let (words, amend) = self.edit(committed, first.first_commit.as_deref());
        if first.is_head && commits.len() == 1 && first.reintroduced_in.is_empty() {
            return vec![format!("If only you have {commit}, your last commit: {words}, then:"), amend];
        }
        let filter = self.filter_here(committed, &refs(committed));
        if committed.iter().any(|finding| finding.is_in_name_or_email) && self.is_history() {
            return filter;
        }
        let mut steps = vec![
            format!(
                "If only you have {commit}: check it out, {words}, amend the commit and rebase the later ones onto it \
                 (after a conflict: git rebase --continue):"
            ),
            format!("git checkout {commit}"),
            amend,
            format!("git rebase --rebase-merges --onto HEAD {commit} {branch}"),
        ];
        if self.is_history() && !filter.is_empty() {
            steps.push("Or, if later commits move or change the value, with git-filter-repo:".to_owned());
            steps.extend(filter.into_iter().skip(1));
        }
        steps
    }

    /// What to edit in the checked-out `commit`, as words, and the command line that amends it.
    fn edit(&self, committed: &[&'p Finding], commit: Option<&str>) -> (String, String) {
        let in_commit: Vec<&Finding> =
            committed.iter().copied().filter(|finding| finding.first_commit.as_deref() == commit).collect();
        let paths_of = |kinds: &[ContentKind]| -> BTreeSet<&str> {
            let those = in_commit.iter().filter(|finding| kinds.contains(&finding.content_kind));
            those.map(|finding| self.own_path(finding)).collect()
        };
        let (content, names) =
            (paths_of(&[ContentKind::File, ContentKind::Symlink]), paths_of(&[ContentKind::FileName]));
        let mut words = Vec::new();
        let mut lines = Vec::new();
        if !content.is_empty() {
            let paths: Vec<String> = content.iter().map(|path| terminal_path(path)).collect();
            words.push(format!("remove the secret from {}", listed(&paths)));
            let paths: Vec<String> = content.iter().map(|path| shell::path(path)).collect();
            lines.push(format!("git add -- {}", paths.join(" ")));
        }
        for name in names.iter().take(MAX_NAMES) {
            words.push("rename the file".to_owned());
            lines.push(format!("git mv -- {} NEW", shell::path(name)));
        }
        let in_message =
            |finding: &&Finding| finding.content_kind == ContentKind::Commit && !finding.is_in_name_or_email;
        let is_in_message = in_commit.iter().any(in_message);
        if is_in_message {
            words.push("remove the secret from the message".to_owned());
        }
        let is_in_identity = in_commit.iter().any(|finding| finding.is_in_name_or_email);
        if is_in_identity {
            words.push("correct user.name and user.email".to_owned());
        }
        words.dedup();
        let mut amend = "git commit --amend --allow-empty".to_owned();
        amend += if is_in_message { "" } else { " --no-edit" };
        amend += if is_in_identity { " --reset-author" } else { "" };
        lines.push(amend);
        (words.join(", "), lines.join(" && "))
    }

    /// Rewrites several branches at once, without the commits that a remote has.
    fn filter_here(&self, committed: &[&'p Finding], refs: &BTreeSet<&str>) -> Vec<String> {
        let movable = |name: &&&str| {
            ["refs/heads/", "refs/tags/", "refs/notes/"].iter().any(|prefix| name.starts_with(prefix))
        };
        let names: Vec<String> = match is_truncated(committed) {
            false => refs.iter().filter(movable).map(|name| shell::word(name.as_bytes())).collect(),
            true => {
                vec!["$(git for-each-ref --format='%(refname)' refs/heads refs/tags refs/notes)".to_owned()]
            }
        };
        if names.is_empty() {
            return Vec::new();
        }
        let range = format!("--force --refs {} $(git rev-parse --not --remotes)", names.join(" "));
        let filter = Filter::new(committed, |finding| self.own_path(finding));
        let mut steps =
            vec![format!("If only you have {}: rewrite with git-filter-repo:", listed_refs(committed))];
        steps.extend(filter.remove_value(&range));
        steps
    }

    /// Rewrites the server's repository itself.
    fn rewrite_server(&self, committed: &[&'p Finding]) -> Vec<String> {
        let filter = Filter::new(committed, |finding| self.own_path(finding));
        let mut steps =
            vec!["If anyone has fetched it, revoke the secret first. Then, with git-filter-repo:".to_owned()];
        steps.extend(filter.remove_value("--force"));
        steps.extend(filter.delete_files("--force"));
        steps
            .push(format!("This rewrites {}. Replace every clone with a fresh one.", listed_refs(committed)));
        steps
    }

    /// Rewrites the commits in a fresh clone of each remote, and pushes them.
    fn rewrite_remotes(&self, committed: &[&'p Finding], remotes: &BTreeSet<&str>) -> Vec<String> {
        let names: Vec<String> = remotes.iter().map(|name| terminal(name)).collect();
        let mut steps = vec![format!(
            "It was pushed to {}: revoke the secret first. Then, with git-filter-repo, in a fresh clone:",
            names.join(" and to ")
        )];
        let filter = Filter::new(committed, |finding| self.own_path(finding));
        for (remote, at) in remotes.iter().zip(0..) {
            if at > 0 {
                steps.push(format!("And for {}:", terminal(remote)));
            }
            let remote = shell::word(remote.as_bytes());
            let folder = format!("../purge-{remote}.git");
            steps.push(format!("url=$(git remote get-url {remote}); git clone --mirror \"$url\" {folder}"));
            let enter = format!("cd {folder}");
            if at == 0 {
                steps.extend(filter.expressions_file());
            }
            steps.push(enter);
            steps.push(filter.command(""));
            if at == 0 {
                steps.extend(filter.delete_files(""));
            }
            steps.push("git push --force --mirror \"$url\"; cd -".to_owned());
        }
        steps.push(format!(
            "This rewrites {}. Replace every clone, including yours, with a fresh one. The server keeps the old commits \
             until its garbage collection: contact its administrator.",
            listed_refs(committed)
        ));
        steps
    }

    /// Deletes unreachable objects.
    fn collect_garbage(&self) -> Vec<String> {
        let has_stash = self.page.view.scan.refs.iter().any(|name| name == "refs/stash");
        let line = match has_stash || self.submodule.is_some() {
            // `reflog expire --all` would also delete all stashes.
            true => "git -c gc.reflogExpire=now -c gc.reflogExpireUnreachable=now gc --prune=now",
            false => "git reflog expire --expire=now --all && git gc --prune=now",
        };
        vec!["Delete the reflogs and all unreachable objects:".to_owned(), line.to_owned()]
    }

    /// The path of `finding` in its own repository.
    fn own_path<'f>(&self, finding: &'f Finding) -> &'f str {
        let own = self.submodule.and_then(|submodule| finding.path.strip_prefix(submodule));
        own.map_or(&finding.path, |path| path.strip_prefix('/').unwrap_or(path))
    }
}

/// All listed refs of `findings`.
fn refs<'f>(findings: &[&'f Finding]) -> BTreeSet<&'f str> {
    findings.iter().flat_map(|finding| finding.refs.iter().map(String::as_str)).collect()
}

/// Whether a finding has more refs than it lists.
fn is_truncated(findings: &[&Finding]) -> bool {
    findings.iter().any(|finding| finding.refs_count > finding.refs.len())
}

/// The first names, and the number of the others.
fn listed(names: &[String]) -> String {
    listed_with_count(names, names.len(), "")
}

/// The first names, and the number of the others of `count`, after `at_least`.
fn listed_with_count(names: &[String], count: usize, at_least: &str) -> String {
    let shown = names[..names.len().min(MAX_NAMES)].join(", ");
    match count.saturating_sub(MAX_NAMES) {
        0 => shown,
        more => format!("{shown} and {at_least}{} more", grouped(more as u64)),
    }
}

fn listed_refs(findings: &[&Finding]) -> String {
    let names: Vec<String> = refs(findings).into_iter().map(terminal).collect();
    // Findings can share the refs that they do not list, so the number of the others is a lower bound.
    match findings.iter().map(|finding| finding.refs_count).max() {
        Some(most) if is_truncated(findings) => listed_with_count(&names, most.max(names.len()), "at least "),
        _ => listed(&names),
    }
}
