//! For people, in a terminal or a hook: the findings, grouped by value, how to fix them, and a summary line.
//!
//! What blocks is printed last, before the verdict, since a terminal shows the end of the output.

mod allow;
mod location;
mod page;
mod remediation;
mod snippet;

use std::collections::HashMap;
use std::io::{self, Write};

use crate::model;
use crate::model::{Status, UnscannedKind, Verdict};

use super::escape::terminal;
use super::format::{grouped, plural};
use super::options::ReportOptions;
use super::schema::{StatusCounts, Unscanned};
use super::verdict;
use super::view::{Finding, View};
use page::{BAD, FAINT, GOOD, Group, NOTE, Page, STRONG};

/// Maximum number of locations shown for one value.
const MAX_LOCATIONS: usize = 5;
/// Maximum number of unscanned entries shown in one list.
const MAX_UNSCANNED: usize = 20;

pub(super) fn write(view: View<'_>, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { view: &view, options };
    let blocks = |finding: &&model::Finding| view.blocks(finding.status, finding.confidence);
    let (blocking, notes): (Vec<Vec<&model::Finding>>, Vec<Vec<&model::Finding>>) =
        groups(&view).into_iter().partition(|group| group.iter().any(blocks));
    for group in notes.iter().chain(&blocking) {
        let findings: Vec<Finding> = group.iter().map(|finding| (view.findings.mask)(finding)).collect();
        page.group(&findings.iter().collect(), out)?;
    }
    page.unscanned(out)?;
    page.notes(out)?;
    page.verdict(out)
}

/// Groups new findings by fingerprint, in the order of their first location. A value that two rules find has two
/// fingerprints and therefore two groups, since the rules give different help.
fn groups<'r>(view: &View<'r>) -> Vec<Vec<&'r model::Finding>> {
    let mut groups: Vec<Vec<&model::Finding>> = Vec::new();
    let mut indices = HashMap::new();
    for &finding in view.findings.sorted.iter().filter(|finding| finding.status == Status::New) {
        let at = *indices.entry(finding.fingerprint.as_str()).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(finding);
    }
    groups
}

impl Page<'_> {
    fn group(&self, group: &Group<'_>, out: &mut dyn Write) -> io::Result<()> {
        let first = group[0];
        let blocks = group.iter().any(|finding| self.view.blocks(finding.status, finding.confidence));
        let name = terminal(&first.name);
        match blocks {
            true => write!(out, "{}", self.paint(BAD, name))?,
            false => {
                write!(out, "{} {}", self.paint(NOTE, "note, does not block:"), self.paint(STRONG, name))?
            }
        }
        writeln!(out, " [{}]", terminal(&first.rule))?;
        let confidence = group.iter().map(|finding| finding.confidence).max().unwrap_or(first.confidence);
        let severity = group.iter().map(|finding| finding.severity).max().unwrap_or(first.severity);
        write!(out, "  {confidence} confidence, {severity} severity")?;
        if !first.why.is_empty() {
            write!(out, ": {}", terminal(&first.why.join(", ")))?;
        }
        writeln!(out)?;
        for finding in group.iter().take(MAX_LOCATIONS) {
            writeln!(out)?;
            location::write(self, finding, out)?;
        }
        if group.len() > MAX_LOCATIONS {
            writeln!(out, "\n  … and {}", plural(group.len() - MAX_LOCATIONS, "more place"))?;
        }
        writeln!(out)?;
        self.remedies(group, out)?;
        writeln!(out)
    }

    /// How to fix it, one aligned line each.
    fn remedies(&self, group: &Group<'_>, out: &mut dyn Write) -> io::Result<()> {
        let first = group[0];
        let mut line = |label: &str, text: &str| match text.is_empty() {
            true => Ok(()),
            false => writeln!(out, "  {} {text}", self.paint(FAINT, format_args!("{label:<7}"))),
        };
        line("help:", &one_line(&first.help))?;
        let revoke: Vec<String> =
            [&first.revoke, &first.revoke_url].into_iter().flatten().map(|text| one_line(text)).collect();
        line("revoke:", &revoke.join(" "))?;
        for (at, step) in remediation::steps(self, group).iter().enumerate() {
            line(if at == 0 { "purge:" } else { "" }, step)?;
        }
        line("learn:", &format!("stopleak rules show {}", terminal(&first.rule)))?;
        line("allow:", &allow::allow(self, group))
    }

    /// What was not read: first what makes the run incomplete, then what is kept elsewhere.
    fn unscanned(&self, out: &mut dyn Write) -> io::Result<()> {
        let (incomplete, elsewhere): (Vec<&Unscanned>, Vec<&Unscanned>) =
            self.view.unscanned.iter().partition(|entry| entry.kind.is_incomplete());
        self.entries(self.paint(BAD, "Could not be read:"), &incomplete, out)?;
        self.entries(self.paint(STRONG, "Kept elsewhere, not read:"), &elsewhere, out)
    }

    fn entries(&self, title: String, entries: &[&Unscanned], out: &mut dyn Write) -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        writeln!(out, "{title}")?;
        for entry in entries.iter().take(MAX_UNSCANNED) {
            write!(out, "  {}", terminal(&entry.what))?;
            if entry.kind != UnscannedKind::Elsewhere {
                write!(out, " ({})", entry.kind.as_str())?;
            }
            writeln!(out, ": {}", one_line(&entry.reason))?;
            if let Some(remedy) = &entry.remedy {
                writeln!(out, "    {} {}", self.paint(FAINT, "remedy:"), one_line(remedy))?;
            }
        }
        if entries.len() > MAX_UNSCANNED {
            writeln!(out, "  … and {} more", grouped(entries.len() as u64 - MAX_UNSCANNED as u64))?;
        }
        writeln!(out)
    }

    /// The number of findings that are not shown, and the remarks about the run.
    fn notes(&self, out: &mut dyn Write) -> io::Result<()> {
        let StatusCounts { old, suppressed, .. } = self.view.summary.findings;
        let notes = &self.view.summary.notes;
        if self.options.quiet || (old + suppressed == 0 && notes.is_empty()) {
            return Ok(());
        }
        let label = self.paint(NOTE, "note:");
        if old > 0 {
            let verb = if old == 1 { "was" } else { "were" };
            let old = plural(old, "old finding");
            writeln!(out, "{label} {old} in the changed files {verb} there before; not blocking")?;
        }
        if suppressed > 0 {
            let suppressed = plural(suppressed, "finding");
            writeln!(out, "{label} {suppressed} suppressed by an allow comment or the baseline")?;
        }
        for note in notes {
            writeln!(out, "{label} {}", one_line(note))?;
        }
        writeln!(out)
    }

    /// The last line.
    fn verdict(&self, out: &mut dyn Write) -> io::Result<()> {
        let style = match self.view.summary.verdict {
            Verdict::Clean if self.options.quiet => return Ok(()),
            Verdict::Clean => GOOD,
            Verdict::Findings | Verdict::Incomplete => BAD,
        };
        let verdict::Sentence { emphasis, rest } = verdict::result(self.view);
        let (emphasis, rest) = (self.paint(style, terminal(&emphasis)), terminal(&rest));
        writeln!(out, "stopleak: {emphasis}{rest} {}", verdict::scope(self.view))
    }
}

/// Joins the lines of `text` and escapes it.
fn one_line(text: &str) -> String {
    terminal(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
