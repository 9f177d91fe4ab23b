//! Messages on stderr. They can contain file names, revisions and keys from untrusted sources: control characters are
//! escaped, and everything that looks like a secret is masked, because one may have been pasted in place of a name.
//! Errors of writing to stderr are ignored.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::hints;
use crate::engine::{Engine, joined};
use crate::model::Secret;

/// Escapes control characters and characters that hide or reorder text; keeps line ends.
pub(crate) use crate::report::terminal_lines as visible;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default().bold();

/// Prints why there is no result, with a hint about what to do.
pub(crate) fn error(error: &anyhow::Error) {
    line(ERROR, "error", &explain(error));
    if let Some(hint) = hints::hint(error) {
        line(HELP, "help", &hint);
    }
}

/// Prints a warning, which does not change the result.
pub(crate) fn warning(text: &str) {
    line(WARNING, "warning", text);
}

/// Prints what to do about the message before.
pub(crate) fn help(text: &str) {
    line(HELP, "help", text);
}

/// Prints what was done.
pub(crate) fn note(text: &str) {
    // Ignored: a closed stderr cannot be reported.
    let _ = writeln!(anstream::stderr(), "{}", visible(&masked(text)));
}

fn line(style: Style, label: &str, text: &str) {
    // Ignored, as in `note`.
    let _ = writeln!(anstream::stderr(), "{style}{label}:{style:#} {}", visible(&masked(text)));
}

/// Prints a usage error, in the colours of clap unless an argument in it has characters to escape.
pub(crate) fn usage(error: &clap::Error) {
    let text = error.render();
    let has_plain_arguments =
        error.context().all(|(_, value)| value.to_string().split('\n').all(|line| visible(line) == line));
    let shown = match has_plain_arguments {
        true => masked(&text.ansi().to_string()),
        false => shown(&text.to_string()),
    };
    // Ignored, as in `note`.
    let _ = write!(anstream::stderr(), "{shown}");
}

/// Returns text of a user's file for a terminal: masked and escaped.
pub(crate) fn shown(text: &str) -> String {
    visible(&masked(text))
}

/// Masks all strings in `value`, and the names of fields.
pub(crate) fn masked_json(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(masked(&text)),
        Value::Array(list) => Value::Array(list.into_iter().map(masked_json).collect()),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, value)| (masked(&name), masked_json(value))).collect(),
        ),
        other => other,
    }
}

/// Returns `text` with everything masked that is a match of a built-in rule, of any confidence, or has the form of one.
pub(crate) fn masked(text: &str) -> String {
    let (engine, bytes) = (Engine::builtin(), text.as_bytes());
    let matches = engine.candidates(bytes).into_iter().map(|found| found.span);
    let mut shown = Vec::new();
    let mut rest = 0;
    for found in joined(matches.chain(engine.forms(bytes)).collect()) {
        shown.extend_from_slice(&bytes[rest..found.start]);
        shown.extend(Secret::new(found.slice(bytes)).redacted().bytes());
        rest = found.end;
    }
    shown.extend_from_slice(&bytes[rest..]);
    String::from_utf8_lossy(&shown).into_owned()
}

/// Returns the error and its causes as one text, without causes that the text already contains.
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

/// Returns whether the reader of stdout closed the pipe, which is not an error.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn causes_are_not_repeated() {
        let inner = anyhow::anyhow!("disk on fire");
        let error = inner.context("x.yaml: disk on fire").context("no rules");
        assert_eq!(explain(&error), "no rules: x.yaml: disk on fire");
        let pipe = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing");
        assert!(is_broken_pipe(&pipe.expect_err("an error")));
    }
}
