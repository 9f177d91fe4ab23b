//! What `--stats` says: where a search spends its time, stage by stage.

use std::fmt::Write;

use crate::model::{Effort, StageCounts};
use crate::report::grouped;

/// The table, or nothing where nothing was counted.
pub(crate) fn text(effort: &Effort) -> Option<String> {
    let StageCounts { bytes, runs, compared, anchors, searches, matches } = effort.stages?;
    let mut text = format!("stopleak: searched {} bytes", grouped(bytes));
    if effort.whole + effort.by_delta > 0 {
        let (whole, by_delta) = (grouped(effort.whole), grouped(effort.by_delta));
        let _ = write!(text, "; {whole} objects whole, {by_delta} by what their deltas changed");
    }
    let _ = write!(text, "\n{:<18}{:>16}{:>12}", "stage", "reached", "per MB");
    for (stage, count) in [
        ("token runs", runs),
        ("places compared", compared),
        ("anchors", anchors),
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
    fn counts_are_told_per_megabyte() {
        let stages = StageCounts { bytes: 2_000_000, runs: 1234, anchors: 3, ..StageCounts::default() };
        let effort = Effort { stages: Some(stages), ..Effort::default() };
        let text = text(&effort).expect("counted");
        assert!(text.starts_with("stopleak: searched 2,000,000 bytes\n"), "{text}");
        assert!(text.contains("\ntoken runs                   1,234       617.0\n"), "{text}");
        assert!(text.contains("\nanchors                          3         1.5\n"), "{text}");
        assert_eq!(super::text(&Effort::default()), None);
    }
}
