//! How a value is taken out of a history. What was pushed is revoked first: rewriting does not reach those who
//! have fetched it.
//!
//! A step is a line of words or a line for a shell. Who does what the lines for the shell say, and puts the value
//! where it is masked, has a repository without it.

mod filter;
mod names;

use std::collections::BTreeSet;

use crate::model::Carrier;

use super::{Finding, Group, Page, grouped, terminal, terminal_path};
use crate::report::shell;
use filter::Filter;
use names::{drop_ref, drop_stash, remote, rename_ref, short};

/// Names in a list.
const NAMES: usize = 8;

/// The branch that was checked out before, by its name: by anything else `git rebase` would not move it.
const LEFT_BRANCH: &str = "\"$(git rev-parse --abbrev-ref @{-1})\"";

/// The steps for the values of one group, in their order; none where nothing of it is in a repository.
pub(crate) fn steps(page: &Page<'_>, group: &Group<'_>) -> Vec<String> {
    let places: BTreeSet<Option<&str>> = group.iter().map(|finding| finding.submodule.as_deref()).collect();
    let mut steps = Vec::new();
    for place in places {
        let here = group.iter().copied().filter(|finding| finding.submodule.as_deref() == place).collect();
        let part = Part { page, findings: here, submodule: place };
        let own = part.steps();
        if let (Some(path), false) = (place, own.is_empty()) {
            steps.push(format!(
                "in the submodule {}, which is a repository of its own, and has its own remotes:",
                terminal_path(path)
            ));
            steps.push(format!("cd {}", shell::path(path)));
        }
        steps.extend(own);
    }
    steps
}

/// What of a group is in one repository.
struct Part<'p> {
    page: &'p Page<'p>,
    findings: Group<'p>,
    submodule: Option<&'p str>,
}

/// Where the commits are, as far as this clone knows.
enum Standing<'p> {
    /// Only here: no remote-tracking branch has them.
    Here,
    /// These remotes have them.
    Pushed(BTreeSet<&'p str>),
    /// The repository has no work tree and no remote-tracking branches: others push to it.
    Server,
    /// The commits of a branch that is being checked after it was pushed.
    Checked,
    /// Some remote has them; which refs do was not asked.
    Fetched,
}

impl<'p> Part<'p> {
    fn steps(&self) -> Vec<String> {
        let is_loose = |finding: &&&Finding| finding.reachable == Some(false);
        let is_name = |finding: &&&Finding| finding.carrier == Carrier::RefName;
        let in_history = |finding: &&&Finding| finding.first_commit.is_some() || !finding.refs.is_empty();
        let kept: Vec<&Finding> = self
            .findings
            .iter()
            .filter(|finding| in_history(finding) && !is_loose(finding) && !is_name(finding))
            .copied()
            .collect();
        let loose: Vec<&Finding> = self.findings.iter().filter(is_loose).copied().collect();
        // What a tag names without a commit between.
        let (kept, direct): (Vec<&Finding>, Vec<&Finding>) = kept
            .into_iter()
            .partition(|finding| finding.first_commit.is_some() || finding.carrier == Carrier::Tag);
        let mut steps = Vec::new();
        let mut leaves_something = !loose.is_empty() || !direct.is_empty();
        for name in refs(&direct) {
            steps.extend(drop_ref(name, &direct));
        }
        if !kept.is_empty() {
            match self.standing(&kept) {
                Standing::Pushed(remotes) => steps.extend(self.pushed(&kept, &remotes)),
                Standing::Server => steps.extend(self.in_place(&kept)),
                Standing::Here if kept.iter().any(|finding| finding.shallow == Some(true)) => {
                    steps.push(
                        "the clone is cut off at that commit: fetch what is before it, and look again:"
                            .to_owned(),
                    );
                    steps.push("git fetch --unshallow".to_owned());
                }
                Standing::Here => {
                    leaves_something = true;
                    if self.is_history() && !self.knows_remotes() {
                        steps.push(
                            "no remote-tracking branch tells what was pushed: what was, revoke first"
                                .to_owned(),
                        );
                    }
                    steps.extend(self.local(&kept));
                }
                Standing::Fetched => {
                    let filter = Filter::of(&kept, |finding| self.own_path(finding));
                    steps.push(
                        "it was pushed: revoke it first. Then, with git-filter-repo in a fresh clone of each remote \
                         (git clone --mirror), where stopleak history names the refs that have it,"
                            .to_owned(),
                    );
                    steps.extend(filter.blank(""));
                    steps.extend(filter.drop(""));
                    steps.push("git push --force --mirror URL".to_owned());
                    steps.push("have everybody clone anew, you too".to_owned());
                }
                Standing::Checked => {
                    steps.push("it was pushed for this check: revoke it first. Then".to_owned());
                    steps.extend(self.rebase(&kept, LEFT_BRANCH));
                    steps.push("git push --force-with-lease".to_owned());
                }
            }
        }
        for finding in self.findings.iter().filter(is_name).filter(|finding| !is_loose(finding)) {
            leaves_something = true;
            steps.extend(rename_ref(self.own_path(finding)));
        }
        if loose.iter().any(|finding| finding.kept_by.iter().any(|name| name == "refs/stash")) {
            steps.extend(drop_stash(&loose));
        }
        if leaves_something && self.is_history() {
            steps.extend(self.collect());
        }
        steps
    }

    fn is_history(&self) -> bool {
        self.page.document.scan.command == "history"
    }

    /// Whether any branch of a remote is known. Of a submodule nobody has said: it was cloned from somewhere.
    fn knows_remotes(&self) -> bool {
        self.submodule.is_some() || self.page.document.scan.refs.iter().any(|name| remote(name).is_some())
    }

    fn standing(&self, kept: &[&'p Finding]) -> Standing<'p> {
        let scan = &self.page.document.scan;
        let remotes: BTreeSet<&str> = refs(kept).into_iter().filter_map(remote).collect();
        match scan.command.as_str() {
            "ci" => Standing::Checked,
            "range" if kept.iter().any(|finding| finding.is_pushed) => Standing::Fetched,
            _ if !remotes.is_empty() => Standing::Pushed(remotes),
            "history" if scan.is_server && !self.knows_remotes() => Standing::Server,
            _ => Standing::Here,
        }
    }

    /// Nobody else has the commits: they are made anew.
    fn local(&self, kept: &[&'p Finding]) -> Vec<String> {
        if !self.is_history() {
            return self.rebase(kept, LEFT_BRANCH);
        }
        let all = refs(kept);
        let rewritable = |name: &&str| {
            name.starts_with("refs/heads/") || name.starts_with("refs/notes/") || *name == "HEAD"
        };
        let branches: Vec<&str> = all.iter().copied().filter(rewritable).collect();
        let mut steps = match &branches[..] {
            [] => Vec::new(),
            ["HEAD"] => self.rebase(kept, "'@{-1}'"),
            [only] if only.starts_with("refs/heads/") => {
                self.rebase(kept, &shell::word(short(only).as_bytes()))
            }
            _ => self.filter_here(kept, &all),
        };
        let is_filtered = branches.len() > 1 || branches.iter().any(|name| name.starts_with("refs/notes/"));
        let left = all.iter().filter(|name| !branches.contains(name));
        for name in left.filter(|name| !(is_filtered && name.starts_with("refs/tags/"))) {
            if *name == "refs/stash" && !branches.is_empty() {
                steps.push("a stash stands on what was rewritten: put it on the new commits".to_owned());
                steps.push("git stash pop".to_owned());
            } else {
                steps.extend(drop_ref(name, kept));
            }
        }
        steps
    }

    /// One line of commits is made anew from the one on that brought the value. `branch` is a word for a shell.
    fn rebase(&self, kept: &[&'p Finding], branch: &str) -> Vec<String> {
        let mut commits: Vec<&Finding> = Vec::new();
        for finding in kept.iter().filter(|finding| finding.first_commit.is_some()) {
            if !commits.iter().any(|known| known.first_commit == finding.first_commit) {
                commits.push(finding);
            }
        }
        // Of a value that moved on, the commit that brought it at all.
        let is_first = |finding: &&&Finding| finding.first_seen == finding.first_commit;
        let Some(first) = commits.iter().find(is_first).or(commits.first()) else { return Vec::new() };
        let commit = id(first.first_commit.as_deref());
        let (words, amend) = self.edit(kept, first.first_commit.as_deref());
        if first.is_head && commits.len() == 1 && first.back_in.is_empty() {
            return vec![format!("while only you have {commit}, your last commit: {words}, then"), amend];
        }
        let in_people = kept.iter().any(|finding| in_people(finding));
        let filter = self.filter_here(kept, &refs(kept));
        if in_people && self.is_history() {
            return filter;
        }
        let mut steps = vec![
            format!(
                "while only you have {commit}: go there, {words}, and put what follows on top of it \
                 (what changes the same lines stops there: git rebase --continue):"
            ),
            format!("git checkout {commit}"),
            amend,
            format!("git rebase --rebase-merges --onto HEAD {commit} {branch}"),
        ];
        if self.is_history() && !filter.is_empty() {
            steps.push("or, where later commits move or change it, with git-filter-repo:".to_owned());
            steps.extend(filter.into_iter().skip(1));
        }
        steps
    }

    /// What is to be done in a commit that is checked out, and the line that records it.
    fn edit(&self, kept: &[&'p Finding], commit: Option<&str>) -> (String, String) {
        let there: Vec<&Finding> =
            kept.iter().copied().filter(|finding| finding.first_commit.as_deref() == commit).collect();
        let of = |carriers: &[Carrier]| -> BTreeSet<&str> {
            let those = there.iter().filter(|finding| carriers.contains(&finding.carrier));
            those.map(|finding| self.own_path(finding)).collect()
        };
        let (content, names) = (of(&[Carrier::File, Carrier::Symlink]), of(&[Carrier::FileName]));
        let mut words = Vec::new();
        let mut lines = Vec::new();
        if !content.is_empty() {
            let paths: Vec<String> = content.iter().map(|path| terminal_path(path)).collect();
            words.push(format!("take it out of {}", listed(&paths)));
            let paths: Vec<String> = content.iter().map(|path| shell::path(path)).collect();
            lines.push(format!("git add -- {}", paths.join(" ")));
        }
        for name in names.iter().take(NAMES) {
            words.push("give the file another name".to_owned());
            lines.push(format!("git mv -- {} NEW", shell::path(name)));
        }
        let messages = there.iter().any(|finding| finding.carrier == Carrier::Commit && !in_people(finding));
        if messages {
            words.push("take it out of the message".to_owned());
        }
        let people = there.iter().any(|finding| in_people(finding));
        if people {
            words.push("set user.name and user.email right".to_owned());
        }
        words.dedup();
        let mut amend = "git commit --amend --allow-empty".to_owned();
        amend += if messages { "" } else { " --no-edit" };
        amend += if people { " --reset-author" } else { "" };
        lines.push(amend);
        (words.join(", "), lines.join(" && "))
    }

    /// Several lines of commits have it: all of them are rewritten, as far as no remote has them.
    fn filter_here(&self, kept: &[&'p Finding], refs: &BTreeSet<&str>) -> Vec<String> {
        let movable = |name: &&&str| {
            ["refs/heads/", "refs/tags/", "refs/notes/"].iter().any(|prefix| name.starts_with(prefix))
        };
        let names: Vec<String> = match is_cut(kept) {
            false => refs.iter().filter(movable).map(|name| shell::word(name.as_bytes())).collect(),
            true => {
                vec!["$(git for-each-ref --format='%(refname)' refs/heads refs/tags refs/notes)".to_owned()]
            }
        };
        if names.is_empty() {
            return Vec::new();
        }
        let range = format!("--force --refs {} $(git rev-parse --not --remotes)", names.join(" "));
        let filter = Filter::of(kept, |finding| self.own_path(finding));
        let mut steps =
            vec![format!("while only you have {}: rewrite them with git-filter-repo", listed_refs(kept))];
        steps.extend(filter.blank(&range));
        steps
    }

    /// The repository itself is rewritten; others fetch from it.
    fn in_place(&self, kept: &[&'p Finding]) -> Vec<String> {
        let filter = Filter::of(kept, |finding| self.own_path(finding));
        let mut steps =
            vec!["if anybody has fetched it, revoke it first. Then, with git-filter-repo,".to_owned()];
        steps.extend(filter.blank("--force"));
        steps.extend(filter.drop("--force"));
        steps.push(format!("that rewrites {}: have everybody clone anew", listed_refs(kept)));
        steps
    }

    /// Others may have the commits.
    fn pushed(&self, kept: &[&'p Finding], remotes: &BTreeSet<&str>) -> Vec<String> {
        let names: Vec<String> = remotes.iter().map(|name| terminal(name)).collect();
        let mut steps = vec![format!(
            "it was pushed to {}: revoke it first. Then, with git-filter-repo in a fresh clone,",
            names.join(" and to ")
        )];
        let filter = Filter::of(kept, |finding| self.own_path(finding));
        for (remote, at) in remotes.iter().zip(0..) {
            if at > 0 {
                steps.push(format!("and for {}:", terminal(remote)));
            }
            let remote = shell::word(remote.as_bytes());
            let folder = format!("../purge-{remote}.git");
            steps.push(format!("url=$(git remote get-url {remote}); git clone --mirror \"$url\" {folder}"));
            let inside = format!("cd {folder}");
            if at == 0 {
                steps.extend(filter.file());
            }
            steps.push(inside);
            steps.push(filter.line(""));
            if at == 0 {
                steps.extend(filter.drop(""));
            }
            steps.push("git push --force --mirror \"$url\"; cd -".to_owned());
        }
        steps.push(format!(
            "that rewrites {}. Have everybody clone anew, you too; the server keeps old commits until it collects \
             them: ask whoever runs it",
            listed_refs(kept)
        ));
        steps
    }

    /// What no ref leads to goes when git collects it.
    fn collect(&self) -> Vec<String> {
        let has_stash = self.page.document.scan.refs.iter().any(|name| name == "refs/stash");
        let line = match has_stash || self.submodule.is_some() {
            // `reflog expire --all` would empty the list of stashes too.
            true => "git -c gc.reflogExpire=now -c gc.reflogExpireUnreachable=now gc --prune=now",
            false => "git reflog expire --expire=now --all && git gc --prune=now",
        };
        vec!["end what no ref leads to any more, the reflogs with it:".to_owned(), line.to_owned()]
    }

    /// The path in the repository that has it.
    fn own_path<'f>(&self, finding: &'f Finding) -> &'f str {
        let own = self.submodule.and_then(|submodule| finding.path.strip_prefix(submodule));
        own.map_or(&finding.path, |path| path.strip_prefix('/').unwrap_or(path))
    }
}

fn refs<'f>(findings: &[&'f Finding]) -> BTreeSet<&'f str> {
    findings.iter().flat_map(|finding| finding.refs.iter().map(String::as_str)).collect()
}

/// Whether there are more refs than are listed.
fn is_cut(findings: &[&Finding]) -> bool {
    findings.iter().any(|finding| finding.refs_count > finding.refs.len())
}

/// Whether the name or mail of somebody has it.
fn in_people(finding: &Finding) -> bool {
    let is_said = |why: &String| why.starts_with(crate::model::IN_PEOPLE);
    matches!(finding.carrier, Carrier::Commit | Carrier::Tag) && finding.why.iter().any(is_said)
}

/// Twelve digits of an id.
fn id(id: Option<&str>) -> String {
    terminal(&id.unwrap_or_default().chars().take(12).collect::<String>())
}

fn listed(names: &[String]) -> String {
    listed_of(names, names.len(), "")
}

/// Some of so many names.
fn listed_of(names: &[String], count: usize, at_least: &str) -> String {
    let shown = names[..names.len().min(NAMES)].join(", ");
    match count.saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {at_least}{} more", grouped(more as u64)),
    }
}

fn listed_refs(findings: &[&Finding]) -> String {
    let names: Vec<String> = refs(findings).into_iter().map(terminal).collect();
    // Which of those that are not listed are the same is not known.
    match findings.iter().map(|finding| finding.refs_count).max() {
        Some(most) if is_cut(findings) => listed_of(&names, most.max(names.len()), "at least "),
        _ => listed(&names),
    }
}
