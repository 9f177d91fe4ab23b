//! What the process returns. No other file holds one of these numbers.

use crate::model::Verdict;

/// The result of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitCode {
    /// Everything that should have been read was, and nothing reaches `--fail-on`.
    Complete = 0,
    /// Everything was read, and there are findings.
    Findings = 1,
    /// A usage or configuration error; nothing was scanned.
    Usage = 2,
    /// Something that should have been read could not be, a report could not be written, or stopleak
    /// itself broke: whatever the reason, nobody may take the result for a clean one. Wins over findings.
    Incomplete = 3,
}

impl ExitCode {
    /// What a scan's verdict means. `--exit-zero` forgives findings and nothing else.
    pub(crate) fn of(verdict: Verdict, exit_zero: bool) -> ExitCode {
        match verdict {
            Verdict::Clean => ExitCode::Complete,
            Verdict::Findings if exit_zero => ExitCode::Complete,
            Verdict::Findings => ExitCode::Findings,
            Verdict::Incomplete => ExitCode::Incomplete,
        }
    }

    /// The number.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> std::process::ExitCode {
        std::process::ExitCode::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_zero_forgives_findings_only() {
        assert_eq!(ExitCode::of(Verdict::Findings, true), ExitCode::Complete);
        assert_eq!(ExitCode::of(Verdict::Findings, false), ExitCode::Findings);
        assert_eq!(ExitCode::of(Verdict::Incomplete, true), ExitCode::Incomplete);
    }
}
