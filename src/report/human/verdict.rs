//! The last line: the result, and what it rests on. The word "clean" is written here only.

use std::io::{self, Write};

use crate::model::Verdict;

use super::{BAD, GOOD, Group, Page, plural};

pub(super) fn write(
    page: &Page<'_>,
    blocking: &[Group<'_>],
    notes: &[Group<'_>],
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = page.document;
    let places = blocking.iter().flatten().filter(|finding| document.blocks(finding)).count();
    let secrets = plural(blocking.len(), "secret");
    let result = match document.summary.verdict {
        Verdict::Clean if page.options.quiet => return Ok(()),
        Verdict::Clean if notes.is_empty() => page.paint(GOOD, "clean."),
        Verdict::Clean => format!("{} {}.", page.paint(GOOD, "clean,"), plural(notes.len(), "note")),
        Verdict::Findings => page.paint(BAD, format_args!("{secrets} in {}.", plural(places, "place"))),
        Verdict::Incomplete => {
            let gaps = document.coverage.iter().filter(|entry| entry.kind.is_gap()).count();
            let lost = page.paint(BAD, format_args!("INCOMPLETE, {}", plural(gaps, "thing")));
            format!("{lost} could not be read (see above); {secrets} found.")
        }
    };
    write!(out, "stopleak: {result} {}", read(page))?;
    let skipped = document.summary.counts.skipped;
    if skipped > 0 {
        write!(out, " {} skipped by configuration.", plural(skipped as usize, "file"))?;
    }
    if let Some(shard) = document.scan.shard {
        write!(out, " Part {} of {}.", shard.number, shard.of)?;
    }
    writeln!(out)
}

/// `Read 12 files, 34.1 kB; 134 rules.`
fn read(page: &Page<'_>) -> String {
    let counts = page.document.summary.counts;
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
    format!("Read {}; {}.", parts.join(", "), plural(page.document.scan.rules, "rule"))
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
        // From here on the rounded number would read "1000.0".
        if amount < 999.95 {
            break;
        }
    }
    format!("{amount:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::super::grouped;
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
