//! Refs that have a value, or whose name does.

use super::{Finding, id, shell, terminal};

/// The remote whose branch a ref is.
pub(crate) fn remote(name: &str) -> Option<&str> {
    name.strip_prefix("refs/remotes/").and_then(|name| name.split('/').next())
}

/// A ref's name as commands take it that know what they are asked for.
pub(crate) fn short(name: &str) -> &str {
    name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name)
}

/// A ref whose name has it.
pub(crate) fn rename_ref(name: &str) -> Vec<String> {
    let word = shell::word(short(name).as_bytes());
    if let Some(remote) = remote(name) {
        let branch = name.strip_prefix("refs/remotes/").and_then(|name| name.split_once('/'));
        let branch = shell::word(branch.map_or(name, |(_, branch)| branch).as_bytes());
        return vec![
            "it was pushed as the name of a branch: revoke it first, and push that under another name. Then"
                .to_owned(),
            format!("git push {} --delete {branch}", shell::word(remote.as_bytes())),
        ];
    }
    let mut steps = vec![
        "it stands in the name of a ref. Where that was pushed, revoke it first, and git push REMOTE --delete \
         it; here"
            .to_owned(),
    ];
    steps.push(match name {
        _ if name.starts_with("refs/heads/") => format!("git branch -m {word} NEW"),
        _ if name.starts_with("refs/tags/") => format!("git tag NEW {word}^{{}} && git tag -d {word}"),
        _ => format!("git update-ref refs/NEW {word} && git update-ref -d {word}"),
    });
    steps
}

/// A ref that is no branch, and has it.
pub(crate) fn drop_ref(name: &str, kept: &[&Finding]) -> Vec<String> {
    let word = shell::word(short(name).as_bytes());
    let shown = terminal(name);
    match name {
        "refs/stash" => drop_stash(kept),
        _ if name.starts_with("refs/tags/") => vec![
            format!(
                "{shown} has it; where it was pushed, revoke the value first, and git push REMOTE --delete {word}:"
            ),
            format!("git tag -d {word}"),
        ],
        _ if name.starts_with("refs/") => {
            vec![format!("{shown} has it, and goes with all it has:"), format!("git update-ref -d {word}")]
        }
        _ => vec![format!("{shown} is that of another work tree, and has it: run stopleak history there")],
    }
}

pub(crate) fn drop_stash(findings: &[&Finding]) -> Vec<String> {
    let object = findings
        .iter()
        .find(|finding| !finding.path.is_empty())
        .and_then(|finding| finding.object.as_deref());
    vec![
        "a stash has it: find out which, and drop it (one that names none was made on a commit that has it)"
            .to_owned(),
        match object {
            Some(object) => {
                let object = id(Some(object));
                format!("git log -g -m --find-object={object} --format=%gd refs/stash")
            }
            None => "git stash list".to_owned(),
        },
        "git stash drop stash@{N}".to_owned(),
    ]
}
