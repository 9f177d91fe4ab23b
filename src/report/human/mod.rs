//! For a person in a hook: what was found, grouped by value, what to do, and one line that sums it up.
//!
//! What blocks is printed last, next to the verdict: the end is what a terminal shows.

mod location;
mod remediation;
mod snippet;

use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::model::{CoverageKind, Status, Verdict};

use super::escape::{terminal, terminal_path};
use super::format::{grouped, plural};
use super::schema::{Coverage, Document, Finding};
use super::{ReportOptions, schema, verdict};

/// Places shown of one value.
const PLACES: usize = 5;
/// Coverage entries shown of each sort.
const ENTRIES: usize = 20;

pub(super) fn write(document: &Document, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { document, options };
    let (blocking, notes): (Vec<Group<'_>>, Vec<Group<'_>>) =
        groups(document).into_iter().partition(|group| group.iter().any(|finding| document.blocks(finding)));
    for group in notes.iter().chain(&blocking) {
        page.group(group, out)?;
    }
    page.coverage(out)?;
    page.notes(out)?;
    page.verdict(out)
}

/// New findings of one value by one rule, in report order, never empty.
type Group<'d> = Vec<&'d Finding>;

/// New findings by fingerprint, the groups in the order of their first place. A value that two rules find
/// has two fingerprints and makes two groups: they say different things about it.
fn groups(document: &Document) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known = HashMap::new();
    for finding in document.findings.iter().filter(|finding| finding.status == Status::New) {
        let at = *known.entry(finding.fingerprint.as_str()).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(finding);
    }
    groups
}

/// What every part of the page needs.
struct Page<'d> {
    document: &'d Document,
    options: &'d ReportOptions,
}

const BAD: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

impl Page<'_> {
    /// `text` in a style, or plain. `text` is escaped already.
    fn paint(&self, style: Style, text: impl Display) -> String {
        if self.options.color { format!("{style}{text}{style:#}") } else { text.to_string() }
    }

    fn group(&self, group: &Group<'_>, out: &mut dyn Write) -> io::Result<()> {
        let first = group[0];
        let blocks = group.iter().any(|finding| self.document.blocks(finding));
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
        for finding in group.iter().take(PLACES) {
            writeln!(out)?;
            location::write(self, finding, out)?;
        }
        if group.len() > PLACES {
            writeln!(out, "\n  … and {}", plural(group.len() - PLACES, "more place"))?;
        }
        writeln!(out)?;
        self.remedies(group, out)?;
        writeln!(out)
    }

    /// What to do, one aligned line each.
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
        line("allow:", &location::allow(self, group))
    }

    /// What was not read: first what should have been, then what is kept elsewhere.
    fn coverage(&self, out: &mut dyn Write) -> io::Result<()> {
        let (gaps, elsewhere): (Vec<&Coverage>, Vec<&Coverage>) =
            self.document.coverage.iter().partition(|entry| entry.kind.is_gap());
        self.entries(self.paint(BAD, "Could not be read:"), &gaps, out)?;
        self.entries(self.paint(STRONG, "Kept elsewhere, not read:"), &elsewhere, out)
    }

    fn entries(&self, title: String, entries: &[&Coverage], out: &mut dyn Write) -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        writeln!(out, "{title}")?;
        for entry in entries.iter().take(ENTRIES) {
            write!(out, "  {}", terminal(&entry.what))?;
            if entry.kind != CoverageKind::Elsewhere {
                write!(out, " ({})", entry.kind.as_str())?;
            }
            writeln!(out, ": {}", one_line(&entry.reason))?;
            if let Some(remedy) = &entry.remedy {
                writeln!(out, "    {} {}", self.paint(FAINT, "remedy:"), one_line(remedy))?;
            }
        }
        if entries.len() > ENTRIES {
            writeln!(out, "  … and {} more", grouped(entries.len() as u64 - ENTRIES as u64))?;
        }
        writeln!(out)
    }

    /// Findings that are not shown, and what is to be known of the run.
    fn notes(&self, out: &mut dyn Write) -> io::Result<()> {
        let schema::StatusCounts { old, suppressed, .. } = self.document.summary.findings;
        let notes = &self.document.summary.notes;
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
            writeln!(out, "{label} {suppressed} allowed by a mark, the configuration or the baseline")?;
        }
        for note in notes {
            writeln!(out, "{label} {}", one_line(note))?;
        }
        writeln!(out)
    }

    /// The last line.
    fn verdict(&self, out: &mut dyn Write) -> io::Result<()> {
        let style = match self.document.summary.verdict {
            Verdict::Clean if self.options.quiet => return Ok(()),
            Verdict::Clean => GOOD,
            Verdict::Findings | Verdict::Incomplete => BAD,
        };
        let verdict::Result { emphasis, rest } = verdict::result(self.document);
        let (emphasis, rest) = (self.paint(style, terminal(&emphasis)), terminal(&rest));
        writeln!(out, "stopleak: {emphasis}{rest} {}", verdict::rests_on(self.document))
    }
}

/// Text of several lines as one, escaped.
fn one_line(text: &str) -> String {
    terminal(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
