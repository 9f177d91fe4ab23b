//! The table of `--stats`: the work of each stage of the search.

use std::fmt::Write;

use crate::model::{StageCounts, WorkStats};
use crate::report::grouped;

/// Returns the table; `None` if nothing was counted.
pub(crate) fn text(work_stats: &WorkStats) -> Option<String> {
    let StageCounts { bytes, runs, compared, hits, searches, matches } = work_stats.stages?;
    let mut text = format!("stopleak: searched {} bytes", grouped(bytes));
    if work_stats.whole + work_stats.by_delta > 0 {
        let (whole, by_delta) = (grouped(work_stats.whole), grouped(work_stats.by_delta));
        let _ = write!(text, "; {whole} objects in full, {by_delta} by the changes of their deltas");
    }
    let _ = write!(text, "\n{:<18}{:>16}{:>12}", "stage", "count", "per MB");
    for (stage, count) in [
        ("token runs", runs),
        ("positions compared", compared),
        ("hits", hits),
        ("regex searches", searches),
        ("matches", matches),
    ] {
        let megabytes = bytes as f64 / 1e6;
        let per_megabyte = if bytes == 0 { 0.0 } else { count as f64 / megabytes };
        let _ = write!(text, "\n{stage:<18}{:>16}{per_megabyte:>12.1}", grouped(count));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_printed_per_megabyte() {
        let stages = StageCounts { bytes: 2_000_000, runs: 1234, hits: 3, ..StageCounts::default() };
        let work_stats = WorkStats { stages: Some(stages), ..WorkStats::default() };
        let text = text(&work_stats).expect("counted");
        assert!(text.starts_with("stopleak: searched 2,000,000 bytes\n"), "{text}");
        assert!(text.contains("\ntoken runs                   1,234       617.0\n"), "{text}");
        assert!(text.contains("\nhits                             3         1.5\n"), "{text}");
        assert_eq!(super::text(&WorkStats::default()), None);
    }
}
