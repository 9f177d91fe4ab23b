//! The last line of every format: the verdict and what was read. All formats take their wording from here.

use std::collections::HashSet;

use crate::model::{Status, Verdict};

use super::format::{grouped, plural};
use super::view::View;

/// The whole line.
pub(super) fn line(view: &View<'_>) -> String {
    let Sentence { emphasis, rest } = result(view);
    format!("stopleak: {emphasis}{rest} {}", scope(view))
}

/// The verdict as a sentence.
pub(super) struct Sentence {
    /// The beginning, which is highlighted.
    pub(super) emphasis: String,
    /// The end of the sentence.
    pub(super) rest: String,
}

/// The verdict as a sentence.
pub(super) fn result(view: &View<'_>) -> Sentence {
    let new = || view.findings.sorted.iter().filter(|finding| finding.status == Status::New);
    let blocking: HashSet<&str> = new()
        .filter(|finding| view.blocks(finding.status, finding.confidence))
        .map(|finding| finding.fingerprint.as_str())
        .collect();
    let notes: HashSet<&str> =
        new().map(|finding| finding.fingerprint.as_str()).filter(|value| !blocking.contains(value)).collect();
    let places = new().filter(|finding| view.blocks(finding.status, finding.confidence)).count();
    let secrets = plural(blocking.len(), "secret");
    let (emphasis, rest) = match (view.summary.verdict, &view.summary.nothing_scanned) {
        (Verdict::Clean, Some(why)) => ("nothing to scan,".to_owned(), format!(" {why}.")),
        (Verdict::Clean, None) if notes.is_empty() => ("clean.".to_owned(), String::new()),
        (Verdict::Clean, None) => ("clean,".to_owned(), format!(" {}.", plural(notes.len(), "note"))),
        (Verdict::Findings, _) => (format!("{secrets} in {}.", plural(places, "place")), String::new()),
        (Verdict::Incomplete, _) => {
            let incomplete = view.unscanned.iter().filter(|entry| entry.kind.is_incomplete()).count();
            let rest = format!(" could not be read; {secrets} found.");
            (format!("INCOMPLETE, {}", plural(incomplete, "thing")), rest)
        }
    };
    Sentence { emphasis, rest }
}

/// What was read and what was not: `Read 12 files, 34.1 kB; 134 rules. 2 files skipped by configuration. Not read: 1
/// corrupt.`
pub(super) fn scope(view: &View<'_>) -> String {
    let counts = view.summary.counts;
    let mut parts: Vec<String> =
        [(counts.commits, "commit"), (counts.objects, "object"), (counts.files, "file")]
            .into_iter()
            .filter(|&(number, _)| number > 0)
            .map(|(number, noun)| plural(number as usize, noun))
            .collect();
    match parts.is_empty() {
        true => parts.push("nothing".to_owned()),
        false => parts.push(size(counts.bytes)),
    }
    let mut text = format!("Read {}; {}.", parts.join(", "), plural(view.scan.rules, "rule"));
    if counts.skipped > 0 {
        text += &format!(" {} skipped by configuration.", plural(counts.skipped as usize, "file"));
    }
    let unscanned = view.summary.unscanned;
    let incomplete: Vec<String> = unscanned
        .incomplete()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{} {}", grouped(count as u64), kind.as_str()))
        .collect();
    if !incomplete.is_empty() {
        text += &format!(" Not read: {}.", incomplete.join(", "));
    }
    if unscanned.elsewhere > 0 {
        let count = grouped(unscanned.elsewhere as u64);
        text += &format!(" {count} kept elsewhere (submodules, git-lfs), not read.");
    }
    if let Some(shard) = view.scan.shard {
        text += &format!(" Part {} of {}.", shard.number, shard.of);
    }
    text
}

/// Bytes in decimal units, one digit after the point.
fn size(bytes: u64) -> String {
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let (mut amount, mut unit) = (bytes as f64, "");
    for larger in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        amount /= 1_000.0;
        unit = larger;
        // Above this limit the rounded number would be "1000.0".
        if amount < 999.95 {
            break;
        }
    }
    format!("{amount:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let sizes = [0, 999, 1_000, 34_120, 999_949, 999_950, 5_600_000_000, u64::MAX].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1.0 kB", "34.1 kB", "999.9 kB", "1.0 MB", "5.6 GB", "18.4 EB"]);
        assert_eq!(
            [0, 999, 1_000, 85_013, 1_000_000].map(grouped),
            ["0", "999", "1,000", "85,013", "1,000,000"]
        );
    }
}
