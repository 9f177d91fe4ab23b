//! One location of a value: its path, an excerpt, and its history.

use std::io::{self, Write};

use crate::model::{ContentKind, Status};

use super::page::{FAINT, Page, STRONG, short_id};
use super::snippet;
use crate::report::escape::{terminal, terminal_path};
use crate::report::format::plural;
use crate::report::view::Finding;

/// Maximum number of refs shown for one location.
const MAX_REFS: usize = 5;

pub(super) fn write(page: &Page<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {}", page.paint(STRONG, label(finding)))?;
    if !finding.excerpt.text.is_empty() {
        snippet::write(page, finding.start_line, &finding.excerpt, out)?;
    }
    for fact in [introduction(finding), state(finding), ineffective_comment(finding)].into_iter().flatten() {
        writeln!(out, "    {}", page.paint(FAINT, fact))?;
    }
    Ok(())
}

/// The path and position, as an editor or git takes them.
fn label(finding: &Finding) -> String {
    let path = terminal_path(&finding.path);
    let position = format!("{}:{}", finding.start_line, finding.start_column);
    let object = short_id(finding.object.as_deref().or(finding.first_commit.as_deref()).unwrap_or("unknown"));
    match finding.content_kind {
        // A blob that is in no tree of the repository.
        ContentKind::File if path.is_empty() => format!("object {object}:{position}"),
        ContentKind::File => format!("{path}:{position}"),
        ContentKind::Symlink => format!("{path} (target of the symbolic link)"),
        ContentKind::FileName => format!("{path} (name of the file)"),
        ContentKind::RefName => format!("{path} (name of the ref)"),
        // A message of a commit that is still being made.
        ContentKind::Commit if finding.object.is_none() => format!("commit message:{position}"),
        ContentKind::Commit => format!("commit {object}:{position}"),
        ContentKind::Tag if path.is_empty() => format!("tag {object}:{position}"),
        ContentKind::Tag => format!("tag {path}:{position}"),
        ContentKind::Stdin => format!("<stdin>:{position}"),
    }
}

/// `introduced by 0123456789ab, 2026-01-02T03:04:05+00:00, A U Thor <author@example.org>`
fn introduction(finding: &Finding) -> Option<String> {
    let commit = short_id(finding.first_commit.as_deref()?);
    let merge = if finding.merge == Some(true) { "merge " } else { "" };
    let from = match &finding.moved_from[..] {
        [] => String::new(),
        [only] => terminal_path(only),
        [first, rest @ ..] => {
            format!("{} and {}", terminal_path(first), plural(rest.len(), "more file"))
        }
    };
    let mut text = match finding.shallow {
        Some(true) => format!("at or before {merge}{commit} (shallow clone)"),
        _ if !from.is_empty() => format!("moved here from {from} by {merge}{commit}"),
        _ => format!("introduced by {merge}{commit}"),
    };
    for fact in [&finding.date, &finding.author].into_iter().flatten() {
        text.push_str(", ");
        text.push_str(&terminal(fact));
    }
    if let (Some(committer), Some(committed)) = (&finding.committer, &finding.committed)
        && finding.committer != finding.author
    {
        text.push_str(&format!("; committed {}, {}", terminal(committed), terminal(committer)));
    }
    Some(text)
}

/// `still at HEAD; in refs/heads/main and 2 more refs`
fn state(finding: &Finding) -> Option<String> {
    let mut facts = Vec::new();
    match finding.at_head {
        Some(true) => facts.push("still at HEAD".to_owned()),
        Some(false) => facts.push("not at HEAD".to_owned()),
        None => {}
    }
    let shown: Vec<String> = finding.refs.iter().take(MAX_REFS).map(|name| terminal(name)).collect();
    match finding.refs_count.saturating_sub(shown.len()) {
        _ if shown.is_empty() => {}
        0 => facts.push(format!("in {}", shown.join(", "))),
        more => facts.push(format!("in {} and {}", shown.join(", "), plural(more, "more ref"))),
    }
    let first = finding.first_seen.as_ref().filter(|first| finding.first_commit.as_ref() != Some(first));
    facts.extend(first.map(|first| format!("first seen in {}", short_id(first))));
    facts.extend(timeline(finding));
    if finding.reachable == Some(false) {
        let kept: Vec<String> = finding.kept_by.iter().map(|name| terminal(name)).collect();
        facts.push(match kept.is_empty() {
            true => "unreachable from any ref".to_owned(),
            false => {
                format!("unreachable from any ref, but kept by reflogs or pseudo-refs: {}", kept.join(", "))
            }
        });
    }
    let facts = (!facts.is_empty()).then(|| facts.join("; "))?;
    Some(match &finding.submodule {
        Some(path) => format!("in the submodule {}: {facts}", terminal_path(path)),
        None => facts,
    })
}

/// `removed in 0123456789ab, reintroduced in …, last seen in …`; `None` if no commit removed the value.
fn timeline(finding: &Finding) -> Option<String> {
    let ids = |ids: &[String]| match ids {
        [] => None,
        [first] => Some(short_id(first)),
        [first, rest @ ..] => Some(format!("{} and {} more", short_id(first), rest.len())),
    };
    let mut facts = vec![format!("removed in {}", ids(&finding.removed_in)?)];
    facts.extend(ids(&finding.reintroduced_in).map(|ids| format!("reintroduced in {ids}")));
    facts.extend(finding.last_commit.as_deref().map(|last| format!("last seen in {}", short_id(last))));
    Some(facts.join(", "))
}

/// Why an allow comment next to the value has no effect.
fn ineffective_comment(finding: &Finding) -> Option<String> {
    let reason = finding.status_reason.as_deref()?;
    (finding.status == Status::New).then(|| terminal(reason))
}
