//! What the hooks do. Silent when clean; otherwise the report goes to stderr, where people look when git
//! refuses something.

use std::ffi::OsString;
use std::io::{self, Read};

use anyhow::{Context, anyhow};

use super::HookName;
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::{GradeOptions, RuleOptions};
use crate::cli::output;
use crate::cli::setup::Setup;
use crate::model::Verdict;
use crate::scan::{self, Target};

/// Does what `hook` does. `arguments` are git's own: for pre-push the remote's name, and its address.
pub(super) fn run(hook: HookName, arguments: &[OsString], env: &Environment) -> anyhow::Result<ExitCode> {
    // git waits for its hook to read everything, whatever happens after.
    let input = match hook {
        HookName::PrePush => {
            let mut input = Vec::new();
            io::stdin().read_to_end(&mut input).context("what git says is being pushed cannot be read")?;
            input
        }
        HookName::PreCommit | HookName::PreMergeCommit => Vec::new(),
    };
    let setup = Setup::new(env, &env.directory, &RuleOptions::default(), &GradeOptions::default())?;
    let settings = setup.scan_settings(env)?;
    let target = match hook {
        HookName::PreCommit | HookName::PreMergeCommit => Target::Staged,
        HookName::PrePush => {
            let Push { to, known } = parse(&input)?;
            if to.is_empty() {
                return Ok(ExitCode::Complete);
            }
            // Without a name git gives the address, of which no tracking branch can be known.
            let remote =
                arguments.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            Target::Push { to, known, remote }
        }
    };
    let report = scan::run(&target, &settings)?;
    if report.verdict() != Verdict::Clean {
        output::tell(&report, env)?;
    }
    Ok(ExitCode::of(report.verdict(), false))
}

/// What is pushed, sorted and each once.
#[derive(Debug, Default, PartialEq, Eq)]
struct Push {
    /// The objects that the remote is to have.
    to: Vec<String>,
    /// What its refs name now. Of a forced push this may be something that nobody knows here.
    known: Vec<String>,
}

/// Reads git's lines `<local ref> <local id> <remote ref> <remote id>`. Deletions bring nothing.
fn parse(input: &[u8]) -> anyhow::Result<Push> {
    let mut push = Push::default();
    for line in input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let id = |at: usize| fields.get(at).and_then(|field| object_id(field));
        let (4, Some(to), Some(from)) = (fields.len(), id(1), id(3)) else {
            return Err(anyhow!("pre-push: expected lines of `ref id ref id` on standard input"));
        };
        let is_zero = |id: &str| id.bytes().all(|byte| byte == b'0');
        push.to.extend(Some(to).filter(|to| !is_zero(to)));
        push.known.extend(Some(from).filter(|from| !is_zero(from)));
    }
    for ids in [&mut push.to, &mut push.known] {
        ids.sort();
        ids.dedup();
    }
    Ok(push)
}

fn object_id(field: &[u8]) -> Option<String> {
    let valid = matches!(field.len(), 40 | 64) && field.iter().all(u8::is_ascii_hexdigit);
    valid.then(|| String::from_utf8_lossy(field).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushed_refs_are_read_and_deletions_bring_nothing() {
        let (a, b, zero) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let input = format!(
            "refs/heads/x {a} refs/heads/x {b}\nrefs/heads/new {a} refs/heads/new {zero}\n\
             (delete) {zero} refs/heads/old {b}\n"
        );
        let push = parse(input.as_bytes()).expect("git's own lines");
        assert_eq!(push, Push { to: vec![a], known: vec![b] });
        assert_eq!(parse(b"").expect("nothing to push"), Push::default());
    }

    #[test]
    fn what_is_not_understood_blocks() {
        let a = "a".repeat(40);
        for wrong in [format!("x {a} y"), format!("x {a} y --all"), "x".into(), format!("x {a} y {a} z")] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
