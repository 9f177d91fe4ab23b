//! One place of a value: its name, a code frame, and where it came from.

use std::io::{self, Write};

use crate::model::{Carrier, Status};

use super::{FAINT, Finding, Group, Page, STRONG, plural, snippet, terminal, terminal_path};

/// Refs named of one place.
const REFS: usize = 5;

pub(crate) fn write(page: &Page<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {}", page.paint(STRONG, label(finding)))?;
    if let Some(excerpt) = finding.excerpt.as_ref().filter(|excerpt| !excerpt.text.is_empty()) {
        snippet::write(page, finding.start_line, excerpt, out)?;
    }
    for fact in [introduction(finding), state(finding), remark(finding)].into_iter().flatten() {
        writeln!(out, "    {}", page.paint(FAINT, fact))?;
    }
    Ok(())
}

/// What a person would open or look up.
fn label(finding: &Finding) -> String {
    let path = terminal_path(&finding.path);
    let position = format!("{}:{}", finding.start_line, finding.start_column);
    let object = short(finding.object.as_deref().or(finding.first_commit.as_deref()).unwrap_or("unknown"));
    match finding.carrier {
        // A blob that no tree of the repository names any more.
        Carrier::File if path.is_empty() => format!("object {object}:{position}"),
        Carrier::File => format!("{path}:{position}"),
        Carrier::Symlink => format!("{path} (target of the symbolic link)"),
        Carrier::FileName => format!("{path} (name of the file)"),
        Carrier::RefName => format!("{path} (name of the ref)"),
        // A message that no commit has yet.
        Carrier::Commit if finding.object.is_none() => format!("commit message:{position}"),
        Carrier::Commit => format!("commit {object}:{position}"),
        Carrier::Tag if path.is_empty() => format!("tag {object}:{position}"),
        Carrier::Tag => format!("tag {path}:{position}"),
        Carrier::Stdin => format!("<stdin>:{position}"),
    }
}

/// `introduced by 0123456789ab, 2026-01-02T03:04:05+00:00, A U Thor <author@example.org>`
fn introduction(finding: &Finding) -> Option<String> {
    let commit = short(finding.first_commit.as_deref()?);
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
    let shown: Vec<String> = finding.refs.iter().take(REFS).map(|name| terminal(name)).collect();
    match finding.refs_count.saturating_sub(shown.len()) {
        _ if shown.is_empty() => {}
        0 => facts.push(format!("in {}", shown.join(", "))),
        more => facts.push(format!("in {} and {}", shown.join(", "), plural(more, "more ref"))),
    }
    let first = finding.first_seen.as_ref().filter(|first| finding.first_commit.as_ref() != Some(first));
    facts.extend(first.map(|first| format!("first seen in {}", short(first))));
    facts.extend(life(finding));
    if finding.reachable == Some(false) {
        let kept: Vec<String> = finding.kept_by.iter().map(|name| terminal(name)).collect();
        facts.push(match kept.is_empty() {
            true => "unreachable, no ref leads to it".to_owned(),
            false => format!("unreachable, no ref leads to it; reflogs and the like do: {}", kept.join(", ")),
        });
    }
    let own = (!facts.is_empty()).then(|| facts.join("; "))?;
    Some(match &finding.submodule {
        Some(path) => format!("in the submodule {}: {own}", terminal_path(path)),
        None => own,
    })
}

/// `removed in 0123456789ab, back in …, last seen in …`: how the value fared, where something happened to it.
fn life(finding: &Finding) -> Option<String> {
    let ids = |ids: &[String]| match ids {
        [] => None,
        [first] => Some(short(first)),
        [first, rest @ ..] => Some(format!("{} and {} more", short(first), rest.len())),
    };
    let mut facts = vec![format!("removed in {}", ids(&finding.removed_in)?)];
    facts.extend(ids(&finding.back_in).map(|back| format!("back in {back}")));
    facts.extend(finding.last_commit.as_deref().map(|last| format!("last seen in {}", short(last))));
    Some(facts.join(", "))
}

/// Why something that stands beside the value does not allow it.
fn remark(finding: &Finding) -> Option<String> {
    let reason = finding.status_reason.as_deref()?;
    (finding.status == Status::New).then(|| terminal(reason))
}

/// How this finding is allowed: in place where the line can be edited, in the baseline elsewhere.
pub(crate) fn allow(page: &Page<'_>, group: &Group<'_>) -> String {
    let from_history = |finding: &&Finding| finding.first_commit.is_some() || finding.reachable.is_some();
    let editable = |finding: &&Finding| {
        matches!(finding.carrier, Carrier::File | Carrier::Stdin) && !from_history(finding)
    };
    if group.iter().all(|finding| finding.carrier == Carrier::Commit && finding.object.is_none()) {
        return "a message takes no mark: take the value out".to_owned();
    }
    if !group.iter().any(editable) {
        let option = match group.iter().any(from_history) {
            true if group.iter().any(|finding| finding.submodule.is_some()) => {
                " --history --recurse-submodules"
            }
            true => " --history",
            false => "",
        };
        let scan = &page.document.scan;
        let why = match scan.policy {
            Some(_) => "what holds is the base's: commit it there",
            // Where pushes arrive.
            None if scan.command == "range" && scan.is_server => {
                "in a clone; it holds once whoever runs the repository puts it beside that one's `config`"
            }
            None => "history and names take no mark",
        };
        return format!("stopleak baseline create{option} ({why})");
    }
    let line = if group.len() == 1 { "the line" } else { "each line" };
    format!("end {line} with a comment: stopleak:allow {} REASON", terminal(&group[0].rule))
}

/// Twelve digits of an object id.
fn short(id: &str) -> String {
    terminal(&id.chars().take(12).collect::<String>())
}
