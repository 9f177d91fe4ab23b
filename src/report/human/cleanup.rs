//! How a value is taken out of a history. What was pushed is revoked first: rewriting does not reach those who
//! have fetched it.

use std::collections::BTreeSet;

use crate::model::Carrier;

use super::{Finding, Group, Page, grouped, terminal};
use crate::report::escape::shell_word;

/// Refs named in a recipe.
const REFS: usize = 5;
/// Paths named in a recipe.
const PATHS: usize = 8;

/// The steps for the values of one group, in their order; none where nothing of it stands in a commit.
pub(super) fn steps(page: &Page<'_>, group: &Group<'_>) -> Vec<String> {
    let mut steps = in_commits(page, group);
    if group.iter().any(|finding| finding.carrier == Carrier::RefName) {
        steps.push(
            "in the name of a ref: git branch -m OLD NEW, or git tag NEW OLD && git tag -d OLD; where it was pushed, \
             revoke the value first, and git push REMOTE --delete OLD"
                .to_owned(),
        );
    }
    steps
}

fn in_commits(page: &Page<'_>, group: &Group<'_>) -> Vec<String> {
    let Some(first) = group.iter().find(|finding| finding.first_commit.is_some()) else {
        return unreachable(group).into_iter().collect();
    };
    if group.iter().all(|finding| finding.reachable == Some(false)) {
        return unreachable(group).into_iter().collect();
    }
    if group
        .iter()
        .all(|finding| finding.refs.iter().any(|name| name == "refs/stash") && finding.refs_count == 1)
    {
        return vec!["only a stash has it: git stash list, then git stash drop stash@{N}".to_owned()];
    }
    let mut steps: Vec<String> = match place(page, group) {
        Place::Here => local(first),
        Place::Pushed => pushed(group, "it was pushed: revoke it first, then"),
        Place::Unknown => pushed(group, "if anybody has fetched it, revoke it first; then"),
    };
    steps.extend(unreachable(group));
    steps
}

/// Where the commits of a group are, as far as this clone knows.
enum Place {
    /// Only here: no remote-tracking branch has them.
    Here,
    /// A remote-tracking branch has them.
    Pushed,
    /// There are no remote-tracking branches.
    Unknown,
}

fn place(page: &Page<'_>, group: &Group<'_>) -> Place {
    let is_remote = |name: &String| name.starts_with("refs/remotes/");
    let scan = &page.document.scan;
    if scan.command == "range" {
        return Place::Here;
    }
    match (group.iter().any(|finding| finding.refs.iter().any(is_remote)), scan.refs.iter().any(is_remote)) {
        (true, _) => Place::Pushed,
        (false, true) => Place::Here,
        (false, false) => Place::Unknown,
    }
}

/// Nobody else has the commits: they are made anew.
fn local(first: &Finding) -> Vec<String> {
    let commit =
        terminal(&first.first_commit.as_deref().unwrap_or_default().chars().take(12).collect::<String>());
    let what = match first.carrier {
        Carrier::Commit => "reword it (a name or mail: with --reset-author)",
        Carrier::FileName => "rename the file",
        _ => "take it out of the file",
    };
    vec![
        format!("while only you have {commit}: if it is your last commit, {what}, then git commit --amend"),
        format!(
            "else: git rebase -i {commit}^ (--root if it has no parent), mark it `edit`, {what}, continue"
        ),
    ]
}

/// Others may have the commits.
fn pushed(group: &Group<'_>, opening: &str) -> Vec<String> {
    let paths: BTreeSet<&str> =
        group.iter().filter(|finding| has_content(finding)).map(|finding| finding.path.as_str()).collect();
    let mut steps = Vec::new();
    if !paths.is_empty() {
        let listed: Vec<String> =
            paths.iter().take(PATHS).map(|path| format!("--path {}", shell(path))).collect();
        let more = if paths.len() > PATHS { " …" } else { "" };
        steps.push(format!(
            "{opening} keep the files and blank the value: git filter-repo --replace-text FILE, where FILE has the \
             line VALUE==>REMOVED"
        ));
        steps.push(format!("or drop the files: git filter-repo --invert-paths {}{more}", listed.join(" ")));
    }
    let has = |carriers: &[Carrier]| group.iter().any(|finding| carriers.contains(&finding.carrier));
    if has(&[Carrier::FileName]) {
        let opening = if steps.is_empty() { opening } else { "and in names of files:" };
        steps.push(format!("{opening} git filter-repo --path-rename OLD:NEW, with the whole path of each"));
    }
    if has(&[Carrier::Commit, Carrier::Tag]) {
        let opening = if steps.is_empty() { opening } else { "and in messages:" };
        steps.push(format!(
            "{opening} git filter-repo --replace-message FILE, where FILE has the line VALUE==>REMOVED (names and \
             mails: --mailmap FILE)"
        ));
    }
    let refs: BTreeSet<&str> =
        group.iter().flat_map(|finding| finding.refs.iter().map(String::as_str)).collect();
    if !refs.is_empty() {
        let listed: Vec<String> = refs.iter().take(REFS).map(|name| terminal(name)).collect();
        let all_listed = group.iter().all(|finding| finding.refs_count == finding.refs.len());
        let counts = group.iter().map(|finding| finding.refs_count).chain([refs.len()]);
        let more = counts.max().unwrap_or_default().saturating_sub(REFS);
        let more = match all_listed {
            _ if more == 0 => String::new(),
            true => format!(" and {} more", grouped(more as u64)),
            // Which of them are the same is not known.
            false => format!(" and at least {} more", grouped(more as u64)),
        };
        steps.push(format!(
            "that rewrites {}{more}: push them with --force, and have everybody clone anew",
            listed.join(", ")
        ));
    }
    steps
}

/// What no ref leads to goes when git collects it.
fn unreachable(group: &Group<'_>) -> Option<String> {
    let loose = group.iter().any(|finding| finding.reachable == Some(false));
    loose.then(|| {
        "what no ref leads to is ended by: git reflog expire --expire=now --all && git gc --prune=now"
            .to_owned()
    })
}

fn has_content(finding: &Finding) -> bool {
    matches!(finding.carrier, Carrier::File | Carrier::Symlink) && !finding.path.is_empty()
}

/// A path for a command line of `sh`.
fn shell(path: &str) -> String {
    shell_word(&super::terminal_path(path))
}
