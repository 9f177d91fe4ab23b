//! Lines for `git filter-repo`, which rewrites all commits at once.

use std::collections::BTreeSet;

use crate::model::Carrier;

use super::{Finding, in_people};
use crate::report::shell;

/// Paths named in a line.
const PATHS: usize = 16;

/// Where the lines look for the value: beside the repository, so that it is not committed.
const FILE: &str = "../purge.txt";

/// What has to be rewritten for a value.
pub(crate) struct Filter<'f> {
    /// The value as it is shown.
    value: &'f str,
    has_lines: bool,
    /// Files that hold it.
    paths: BTreeSet<&'f str>,
    in_messages: bool,
    in_people: bool,
    in_names: bool,
}

impl<'f> Filter<'f> {
    /// For `findings` of one value; `path` tells theirs in the repository.
    pub(crate) fn of(findings: &[&'f Finding], path: impl Fn(&'f Finding) -> &'f str) -> Filter<'f> {
        let has_content = |finding: &&&'f Finding| {
            matches!(finding.carrier, Carrier::File | Carrier::Symlink) && finding.first_commit.is_some()
        };
        let is_written = |finding: &&Finding| matches!(finding.carrier, Carrier::Commit | Carrier::Tag);
        Filter {
            value: findings.first().map_or("VALUE", |finding| &finding.secret),
            has_lines: findings.iter().any(|finding| finding.start_line != finding.end_line),
            paths: findings.iter().filter(has_content).map(|finding| path(finding)).collect(),
            in_messages: findings.iter().any(|finding| is_written(finding) && !in_people(finding)),
            in_people: findings.iter().any(|finding| is_written(finding) && in_people(finding)),
            in_names: findings.iter().any(|finding| finding.carrier == Carrier::FileName),
        }
    }

    /// The line that makes the file with the value, if one is needed.
    pub(crate) fn file(&self) -> Vec<String> {
        if self.paths.is_empty() && !self.in_messages {
            return Vec::new();
        }
        if self.has_lines {
            return vec![format!(
                "write the line regex:VALUE==>REMOVED into {FILE}, with \\n for the value's line ends and \\+ for +"
            )];
        }
        let line = format!("literal:{}==>REMOVED", self.value);
        vec![
            "the whole value in place of the masked one:".to_owned(),
            format!("printf '%s\\n' {} > {FILE}", shell::word(line.as_bytes())),
        ]
    }

    /// The line that takes the value out and keeps the files. `how` comes first.
    pub(crate) fn line(&self, how: &str) -> String {
        let mut line = "git filter-repo".to_owned();
        let mut add = |option: &str| {
            if !option.is_empty() {
                line.push(' ');
                line.push_str(option);
            }
        };
        add(how);
        if !self.paths.is_empty() {
            add(&format!("--replace-text {FILE}"));
        }
        if self.in_messages {
            add(&format!("--replace-message {FILE}"));
        }
        let mut callback = |option: &str, what: &str| {
            let value = python_bytes(self.value);
            let code = format!("return {what}.replace(b\"{value}\", b\"REMOVED\")");
            add(&format!("--{option}-callback {}", shell::word(code.as_bytes())));
        };
        if self.in_people {
            callback("name", "name");
            callback("email", "email");
        }
        if self.in_names {
            callback("filename", "filename");
        }
        line
    }

    /// The file with the value, and the line that takes it out.
    pub(crate) fn blank(&self, how: &str) -> Vec<String> {
        let mut steps = self.file();
        steps.push(self.line(how));
        steps
    }

    /// The line that drops whole files, where files hold the value and nothing else does.
    pub(crate) fn drop(&self, how: &str) -> Vec<String> {
        if self.paths.is_empty() || self.in_messages || self.in_people || self.in_names {
            return Vec::new();
        }
        // What begins with a dash is taken for an option unless it is joined to one.
        let joint = |path: &str| if path.starts_with('-') { '=' } else { ' ' };
        let option = |path: &&str| format!("--path{}{}", joint(path), shell::path(path));
        let listed: Vec<String> = self.paths.iter().take(PATHS).map(option).collect();
        let more = if self.paths.len() > PATHS { " …" } else { "" };
        let how = if how.is_empty() { String::new() } else { format!("{how} ") };
        vec![
            "or instead, to drop the files (and those with NUL bytes, which keep their values otherwise):"
                .to_owned(),
            format!("git filter-repo {how}--invert-paths {}{more}", listed.join(" ")),
        ]
    }
}

/// What stands between the quotes of a Python literal for the bytes of `text`.
fn python_bytes(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' => format!("\\{}", byte as char),
        b' '..=b'~' => (byte as char).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    text.bytes().map(byte).collect()
}
