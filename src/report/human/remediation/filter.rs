//! Command lines for `git filter-repo`, which rewrites all commits at once.

use std::collections::BTreeSet;

use crate::model::ContentKind;

use crate::report::shell;
use crate::report::view::Finding;

/// Maximum number of paths in one command line.
const MAX_PATHS: usize = 16;

/// The file with the value for the command lines. It is outside of the repository, so that it is not committed.
const EXPRESSIONS_FILE: &str = "../purge.txt";

/// What must be rewritten to remove a value.
pub(super) struct Filter<'f> {
    /// The value, masked.
    value: &'f str,
    is_multiline: bool,
    /// Files that contain it.
    paths: BTreeSet<&'f str>,
    is_in_messages: bool,
    is_in_identities: bool,
    is_in_file_names: bool,
}

impl<'f> Filter<'f> {
    /// Creates the filter for `findings` of one value; `path` returns the path of a finding in the repository.
    pub(super) fn new(findings: &[&'f Finding], path: impl Fn(&'f Finding) -> &'f str) -> Filter<'f> {
        let has_content = |finding: &&&'f Finding| {
            matches!(finding.content_kind, ContentKind::File | ContentKind::Symlink)
                && finding.first_commit.is_some()
        };
        let is_object =
            |finding: &&Finding| matches!(finding.content_kind, ContentKind::Commit | ContentKind::Tag);
        Filter {
            value: findings.first().map_or("VALUE", |finding| &finding.secret),
            is_multiline: findings.iter().any(|finding| finding.start_line != finding.end_line),
            paths: findings.iter().filter(has_content).map(|finding| path(finding)).collect(),
            is_in_messages: findings.iter().any(|finding| is_object(finding) && !finding.is_in_name_or_email),
            is_in_identities: findings
                .iter()
                .any(|finding| is_object(finding) && finding.is_in_name_or_email),
            is_in_file_names: findings.iter().any(|finding| finding.content_kind == ContentKind::FileName),
        }
    }

    /// The steps that create the file with the value, if it is needed.
    pub(super) fn expressions_file(&self) -> Vec<String> {
        if self.paths.is_empty() && !self.is_in_messages {
            return Vec::new();
        }
        if self.is_multiline {
            return vec![format!(
                "Write the line regex:VALUE==>REMOVED to {EXPRESSIONS_FILE}, with \\n for the line endings of the value and \\+ for +"
            )];
        }
        let line = format!("literal:{}==>REMOVED", self.value);
        vec![
            "Put the whole value in place of the masked one:".to_owned(),
            format!("printf '%s\\n' {} > {EXPRESSIONS_FILE}", shell::word(line.as_bytes())),
        ]
    }

    /// The command line that removes the value and keeps the files. `options` are its first options.
    pub(super) fn command(&self, options: &str) -> String {
        let mut line = "git filter-repo".to_owned();
        let mut add = |option: &str| {
            if !option.is_empty() {
                line.push(' ');
                line.push_str(option);
            }
        };
        add(options);
        if !self.paths.is_empty() {
            add(&format!("--replace-text {EXPRESSIONS_FILE}"));
        }
        if self.is_in_messages {
            add(&format!("--replace-message {EXPRESSIONS_FILE}"));
        }
        let mut callback = |option: &str, what: &str| {
            let value = python_bytes(self.value);
            let code = format!("return {what}.replace(b\"{value}\", b\"REMOVED\")");
            add(&format!("--{option}-callback {}", shell::word(code.as_bytes())));
        };
        if self.is_in_identities {
            callback("name", "name");
            callback("email", "email");
        }
        if self.is_in_file_names {
            callback("filename", "filename");
        }
        line
    }

    /// The steps that remove the value and keep the files.
    pub(super) fn remove_value(&self, options: &str) -> Vec<String> {
        let mut steps = self.expressions_file();
        steps.push(self.command(options));
        steps
    }

    /// The steps that delete whole files, if only files contain the value.
    pub(super) fn delete_files(&self, options: &str) -> Vec<String> {
        if self.paths.is_empty() || self.is_in_messages || self.is_in_identities || self.is_in_file_names {
            return Vec::new();
        }
        // A path that begins with a dash would be an option unless it is joined to one by `=`.
        let separator = |path: &str| if path.starts_with('-') { '=' } else { ' ' };
        let option = |path: &&str| format!("--path{}{}", separator(path), shell::path(path));
        let listed: Vec<String> = self.paths.iter().take(MAX_PATHS).map(option).collect();
        let more = if self.paths.len() > MAX_PATHS { " …" } else { "" };
        let options = if options.is_empty() { String::new() } else { format!("{options} ") };
        vec![
            "Or instead, to delete the files (necessary for those with NUL bytes, which --replace-text does not change):"
                .to_owned(),
            format!("git filter-repo {options}--invert-paths {}{more}", listed.join(" ")),
        ]
    }
}

/// Escapes the bytes of `text` for a Python bytes literal in double quotes.
fn python_bytes(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' => format!("\\{}", byte as char),
        b' '..=b'~' => (byte as char).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    text.bytes().map(byte).collect()
}
