//! What is said on stderr. Texts can hold file names, revisions and keys that others wrote, so control
//! characters are made visible, and what looks like a secret is masked: somebody may have pasted one where
//! a name belongs. A closed stderr ends nothing.

use std::io::{self, Write};
use std::sync::LazyLock;

use anstyle::{AnsiColor, Style};

use super::hints;
use crate::engine::{Engine, settle};
use crate::model::Secret;
use crate::rules::RuleSet;

/// Control characters, and those that hide or turn text, written out; lines stay lines.
pub(crate) use crate::report::terminal_lines as visible;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default().bold();

/// Why there is no result, and what to do about it.
pub(crate) fn error(error: &anyhow::Error) {
    line(ERROR, "error", &explain(error));
    if let Some(hint) = hints::hint(error) {
        line(HELP, "help", &hint);
    }
}

/// Something that the user should know and that changes no result.
pub(crate) fn warning(text: &str) {
    line(WARNING, "warning", text);
}

/// What to do.
pub(crate) fn help(text: &str) {
    line(HELP, "help", text);
}

/// What was done.
pub(crate) fn note(text: &str) {
    // Nobody is left to be told when this fails.
    let _ = writeln!(anstream::stderr(), "{}", visible(&masked(text)));
}

fn line(style: Style, label: &str, text: &str) {
    // As above.
    let _ = writeln!(anstream::stderr(), "{style}{label}:{style:#} {}", visible(&masked(text)));
}

/// What is wrong with the command line. The parser has made its text visible and coloured it.
pub(crate) fn usage(error: &clap::Error) {
    // As above.
    let _ = write!(anstream::stderr(), "{}", masked(&error.render().ansi().to_string()));
}

/// `text` with everything masked that any built-in rule takes for a secret, however unsure.
pub(crate) fn masked(text: &str) -> String {
    static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&RuleSet::builtin()));
    let mut shown = Vec::new();
    let mut rest = 0;
    for found in settle(ENGINE.candidates(text.as_bytes()), |found| found) {
        shown.extend_from_slice(&text.as_bytes()[rest..found.span.start]);
        shown.extend(Secret::new(found.span.of(text.as_bytes())).redacted().bytes());
        rest = found.span.end;
    }
    shown.extend_from_slice(&text.as_bytes()[rest..]);
    String::from_utf8_lossy(&shown).into_owned()
}

/// The error and its causes in one text; a cause that is already told is not told again.
fn explain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// Whether the reader went away, which is no error.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn causes_are_told_once() {
        let inner = anyhow::anyhow!("disk on fire");
        let error = inner.context("x.yaml: disk on fire").context("no rules");
        assert_eq!(explain(&error), "no rules: x.yaml: disk on fire");
        let pipe = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing");
        assert!(is_broken_pipe(&pipe.expect_err("an error")));
    }
}
