//! Steps for refs that contain a value, or whose name does.

use crate::report::escape::terminal;
use crate::report::human::page::short_id;
use crate::report::shell;
use crate::report::view::Finding;

/// The remote of a remote-tracking branch; `None` for other refs.
pub(super) fn remote(name: &str) -> Option<&str> {
    name.strip_prefix("refs/remotes/").and_then(|name| name.split('/').next())
}

/// The name of a branch or tag without its prefix, as `git branch` and `git tag` take it.
pub(super) fn short_name(name: &str) -> &str {
    name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name)
}

/// Renames a ref whose name contains the value.
pub(super) fn rename_ref(name: &str) -> Vec<String> {
    let word = shell::word(short_name(name).as_bytes());
    if let Some(remote) = remote(name) {
        let branch = name.strip_prefix("refs/remotes/").and_then(|name| name.split_once('/'));
        let branch = shell::word(branch.map_or(name, |(_, branch)| branch).as_bytes());
        return vec![
            "It was pushed as the name of a branch: revoke the secret first and push the branch under another name. Then:"
                .to_owned(),
            format!("git push {} --delete {branch}", shell::word(remote.as_bytes())),
        ];
    }
    let mut steps = vec![
        "It is in the name of a ref. If the ref was pushed, revoke the secret first and delete the ref there \
         (git push REMOTE --delete REF). Here:"
            .to_owned(),
    ];
    steps.push(match name {
        _ if name.starts_with("refs/heads/") => format!("git branch -m {word} NEW"),
        _ if name.starts_with("refs/tags/") => format!("git tag NEW {word}^{{}} && git tag -d {word}"),
        _ => format!("git update-ref refs/NEW {word} && git update-ref -d {word}"),
    });
    steps
}

/// Deletes a ref that is not a branch and contains the value.
pub(super) fn drop_ref(name: &str, kept: &[&Finding]) -> Vec<String> {
    let word = shell::word(short_name(name).as_bytes());
    let shown = terminal(name);
    match name {
        "refs/stash" => drop_stash(kept),
        _ if name.starts_with("refs/tags/") => vec![
            format!(
                "{shown} contains it. If the tag was pushed, revoke the secret first and delete the tag there \
                 (git push REMOTE --delete {word}). Here:"
            ),
            format!("git tag -d {word}"),
        ],
        _ if name.starts_with("refs/") => {
            vec![format!("{shown} contains it. This deletes the ref:"), format!("git update-ref -d {word}")]
        }
        _ => vec![format!("{shown} of another work tree contains it: run stopleak history there")],
    }
}

/// Finds and drops the stash that contains the value.
pub(super) fn drop_stash(findings: &[&Finding]) -> Vec<String> {
    let object = findings
        .iter()
        .find(|finding| !finding.path.is_empty())
        .and_then(|finding| finding.object.as_deref());
    vec![
        "A stash contains it: find it and drop it (if the first command prints none, the stash was made on a commit that \
         contains it):"
            .to_owned(),
        match object {
            Some(object) => {
                let object = short_id(object);
                format!("git log -g -m --find-object={object} --format=%gd refs/stash")
            }
            None => "git stash list".to_owned(),
        },
        "git stash drop stash@{N}".to_owned(),
    ]
}
