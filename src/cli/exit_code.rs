//! Exit codes of the process. No other file contains these numbers.

use crate::model::Verdict;

/// Exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitCode {
    /// Everything was scanned, and no new finding is at or above `--fail-on`.
    Complete = 0,
    /// Everything was scanned, and there are findings.
    Findings = 1,
    /// A usage or configuration error; nothing was scanned.
    Usage = 2,
    /// Something could not be read, a report could not be written, or stopleak panicked. Takes precedence over
    /// [`ExitCode::Findings`], because an incomplete result must not be taken for a clean one.
    Incomplete = 3,
}

impl ExitCode {
    /// Returns the exit code for the verdict of a scan. `exit_zero` (`--exit-zero`) turns findings into 0, and
    /// nothing else.
    pub(crate) fn from_verdict(verdict: Verdict, exit_zero: bool) -> ExitCode {
        match verdict {
            Verdict::Clean => ExitCode::Complete,
            Verdict::Findings if exit_zero => ExitCode::Complete,
            Verdict::Findings => ExitCode::Findings,
            Verdict::Incomplete => ExitCode::Incomplete,
        }
    }

    /// Returns the code as a number.
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
    fn exit_zero_ignores_findings_only() {
        assert_eq!(ExitCode::from_verdict(Verdict::Findings, true), ExitCode::Complete);
        assert_eq!(ExitCode::from_verdict(Verdict::Findings, false), ExitCode::Findings);
        assert_eq!(ExitCode::from_verdict(Verdict::Incomplete, true), ExitCode::Incomplete);
    }
}
