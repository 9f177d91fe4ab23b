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
use crate::git::repo::RepoError;
use crate::model::{ScanReport, Verdict};
use crate::scan::{self, ScanError, Settings, Target};

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
    let mut code = ExitCode::Complete;
    match hook {
        HookName::PreCommit | HookName::PreMergeCommit => {
            code = code.worse(finish(&scan::run(&Target::Staged, &settings)?, env)?);
        }
        HookName::PrePush => {
            let mut pushed = parse(&input)?;
            // Several names for one commit are one scan.
            pushed.sort();
            pushed.dedup();
            // Without a name git gives the address, of which no tracking branch can be known.
            let remote =
                arguments.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            for update in &pushed {
                code = code.worse(finish(&scan_update(update, &remote, &settings)?, env)?);
            }
        }
    }
    Ok(code)
}

fn finish(report: &ScanReport, env: &Environment) -> anyhow::Result<ExitCode> {
    if report.verdict() != Verdict::Clean {
        output::tell(report, env)?;
    }
    Ok(ExitCode::of(report.verdict(), false))
}

/// One ref that is pushed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Update {
    /// The commit (or tag) that the remote is to have.
    to: String,
    /// The one that it has there now; `None` for a ref that is new to it.
    from: Option<String>,
}

/// Reads git's lines `<local ref> <local id> <remote ref> <remote id>`. Deletions bring nothing.
fn parse(input: &[u8]) -> anyhow::Result<Vec<Update>> {
    let mut updates = Vec::new();
    for line in input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let id = |at: usize| fields.get(at).and_then(|field| object_id(field));
        let (4, Some(to), Some(from)) = (fields.len(), id(1), id(3)) else {
            return Err(anyhow!("pre-push: expected lines of `ref id ref id` on standard input"));
        };
        let is_zero = |id: &str| id.bytes().all(|byte| byte == b'0');
        if !is_zero(&to) {
            updates.push(Update { from: Some(from).filter(|from| !is_zero(from)), to });
        }
    }
    Ok(updates)
}

fn object_id(field: &[u8]) -> Option<String> {
    let valid = matches!(field.len(), 40 | 64) && field.iter().all(u8::is_ascii_hexdigit);
    valid.then(|| String::from_utf8_lossy(field).into_owned())
}

/// Scans what the remote lacks: of a known ref what is new on it; of a new ref, and where the remote has
/// something unknown here (a forced push over somebody else's), what no branch tracked from that remote has.
fn scan_update(update: &Update, remote: &str, settings: &Settings) -> anyhow::Result<ScanReport> {
    if let Some(from) = &update.from {
        let spec = format!("{from}..{}", update.to);
        match scan::run(&Target::Range { spec }, settings) {
            Err(error) if is_unknown(&error, from) => {}
            result => return Ok(result?),
        }
    }
    Ok(scan::run(&Target::Push { to: update.to.clone(), remote: remote.to_owned() }, settings)?)
}

fn is_unknown(error: &ScanError, id: &str) -> bool {
    matches!(error, ScanError::Repo(RepoError::UnknownRevision { rev }) if rev == id)
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
        let updates = parse(input.as_bytes()).expect("git's own lines");
        let update = |from: Option<&String>| Update { to: a.clone(), from: from.cloned() };
        assert_eq!(updates, [update(Some(&b)), update(None)]);
        assert_eq!(parse(b"").expect("nothing to push"), []);
    }

    #[test]
    fn what_is_not_understood_blocks() {
        let a = "a".repeat(40);
        for wrong in [format!("x {a} y"), format!("x {a} y --all"), "x".into(), format!("x {a} y {a} z")] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
