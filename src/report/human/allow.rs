//! How findings are allowed.

use super::page::{Group, Page};
use crate::model::{Command, ContentKind};
use crate::report::escape::terminal;
use crate::report::view::Finding;

/// How to allow the findings of a group: by a comment if the line can be edited, else in the baseline.
pub(super) fn allow(page: &Page<'_>, group: &Group<'_>) -> String {
    let from_history = |finding: &&Finding| finding.first_commit.is_some() || finding.reachable.is_some();
    let editable = |finding: &&Finding| {
        matches!(finding.content_kind, ContentKind::File | ContentKind::Stdin) && !from_history(finding)
    };
    if group.iter().all(|finding| finding.content_kind == ContentKind::Commit && finding.object.is_none()) {
        return "not possible in a commit message: remove the secret".to_owned();
    }
    if !group.iter().any(editable) {
        let option = match group.iter().any(from_history) {
            true if group.iter().any(|finding| finding.submodule.is_some()) => {
                " --history --recurse-submodules"
            }
            true => " --history",
            false => "",
        };
        let scan = &page.view.scan;
        let reason = match scan.policy {
            Some(_) => "the baseline of the base commit is effective: commit it there",
            // A receiving repository.
            None if scan.command == Command::Range && page.view.is_server => {
                "in a clone; effective once the administrator of the server puts the file next to the repository's `config`"
            }
            None => "allow comments do not apply to history and names",
        };
        return format!("stopleak baseline create{option} ({reason})");
    }
    let line = if group.len() == 1 { "the line" } else { "each line" };
    format!("end {line} with a comment: stopleak:allow {} REASON", terminal(&group[0].rule))
}
