//! Cleans up commit messages as git does before it stores them (`--cleanup` in git-commit(1)): removes comments and
//! everything below the scissors line.
//!
//! A hook does not receive the options of the git command that runs it. In cases of doubt, text is kept: then more than
//! the stored message is scanned, never less.

use crate::git::repo::Repo;

/// The configuration of a repository for cleaning up messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessageCleanup {
    /// `commit.cleanup`.
    mode: CleanupMode,
    /// `core.commentChar` or `core.commentString`; `None` for `auto`.
    comment: Option<Vec<u8>>,
    /// `commit.verbose`: git adds a diff below the scissors line.
    is_verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CleanupMode {
    /// Removes comments from a message that was edited.
    Default,
    /// Removes comments always.
    Strip,
    /// Removes what is below the scissors line of an edited message, and keeps comments.
    Scissors,
    /// Keeps everything (`verbatim` and `whitespace`; white space is irrelevant here).
    Keep,
}

/// The scissors line, without the comment character before it.
const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

/// The comment characters from which git chooses when `core.commentChar` is `auto`.
const AUTO_COMMENT_CHARS: &[u8] = b"#;@!$%^&|:";

impl MessageCleanup {
    /// Reads the configuration by running git, which includes the `-c` options of the calling command and all included
    /// files. `None` if git cannot be run.
    pub(crate) fn from_repo(repo: &Repo) -> Option<MessageCleanup> {
        const KEYS: &str = "^(core\\.comment(char|string)|commit\\.(cleanup|verbose))$";
        let mut cleanup =
            MessageCleanup { mode: CleanupMode::Default, comment: Some(b"#".to_vec()), is_verbose: false };
        let entries = repo.git().config(KEYS)?;
        for (key, value) in &entries {
            match key.as_slice() {
                b"commit.cleanup" => {
                    cleanup.mode = match value.as_slice() {
                        b"strip" => CleanupMode::Strip,
                        b"scissors" => CleanupMode::Scissors,
                        b"verbatim" | b"whitespace" => CleanupMode::Keep,
                        _ => CleanupMode::Default,
                    };
                }
                b"commit.verbose" => {
                    cleanup.is_verbose = !matches!(value.as_slice(), b"false" | b"no" | b"off" | b"0");
                }
                _ => cleanup.comment = (value != b"auto").then(|| value.clone()),
            }
        }
        Some(cleanup)
    }

    /// Returns what git stores of `message`. `is_edited` is whether an editor was opened on it.
    pub(crate) fn clean_up(&self, message: &[u8], is_edited: bool) -> Vec<u8> {
        let comment = match &self.comment {
            Some(comment) => comment.clone(),
            None => detect_comment_char(message).into_iter().collect(),
        };
        let is_comment = |line: &[u8]| !comment.is_empty() && line.starts_with(&comment);
        let lines: Vec<&[u8]> = message.split_inclusive(|&byte| byte == b'\n').collect();
        let is_scissors = |at: usize| {
            let rest = lines[at].trim_ascii_end().strip_prefix(comment.as_slice());
            let is_followed_by_comment = lines.get(at + 1).is_some_and(|line| is_comment(line));
            // Scissors that the user typed have no effect unless git searches for its own scissors line.
            is_edited
                && !comment.is_empty()
                && rest == Some(SCISSORS)
                && (self.is_verbose || self.mode == CleanupMode::Scissors || is_followed_by_comment)
        };
        let end = (0..lines.len()).find(|&at| is_scissors(at)).unwrap_or(lines.len());
        let strips_comments = match self.mode {
            CleanupMode::Default => is_edited,
            CleanupMode::Strip => true,
            CleanupMode::Scissors | CleanupMode::Keep => false,
        };
        let kept = lines[..end].iter().filter(|line| !(strips_comments && is_comment(line)));
        kept.flat_map(|line| line.iter().copied()).collect()
    }
}

/// Returns the comment character that git chose for this message: its last lines are comments written by git.
fn detect_comment_char(message: &[u8]) -> Option<u8> {
    let last = message.split(|&byte| byte == b'\n').rfind(|line| !line.trim_ascii().is_empty())?;
    last.first().copied().filter(|first| AUTO_COMMENT_CHARS.contains(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean_up(mode: CleanupMode, comment: Option<&str>, is_edited: bool, message: &str) -> String {
        let comment = comment.map(|comment| comment.as_bytes().to_vec());
        let cleanup = MessageCleanup { mode, comment, is_verbose: false };
        String::from_utf8(cleanup.clean_up(message.as_bytes(), is_edited)).expect("text")
    }

    const SCISSORS_LINE: &str = "# ------------------------ >8 ------------------------\n";

    #[test]
    fn comments_are_removed_when_git_removes_them() {
        let message = "a\n# b\n #c\n";
        assert_eq!(clean_up(CleanupMode::Default, Some("#"), true, message), "a\n #c\n");
        assert_eq!(clean_up(CleanupMode::Default, Some("#"), false, message), message);
        assert_eq!(clean_up(CleanupMode::Strip, Some("#"), false, message), "a\n #c\n");
        assert_eq!(clean_up(CleanupMode::Keep, Some("#"), true, message), message);
        assert_eq!(clean_up(CleanupMode::Default, Some("//"), true, "# a\n// b\n"), "# a\n");
        assert_eq!(clean_up(CleanupMode::Default, None, true, "# a\n; b\n"), "# a\n");
        assert_eq!(clean_up(CleanupMode::Default, None, true, "# a\nb\n"), "# a\nb\n");
    }

    #[test]
    fn text_below_scissors_is_removed_when_git_wrote_the_scissors() {
        let typed = format!("a\n{SCISSORS_LINE}b\n");
        let written = format!("a\n{SCISSORS_LINE}# Do not modify\ndiff --git a b\n");
        assert_eq!(clean_up(CleanupMode::Default, Some("#"), true, &written), "a\n");
        assert_eq!(clean_up(CleanupMode::Default, Some("#"), true, &typed), "a\nb\n");
        assert_eq!(clean_up(CleanupMode::Scissors, Some("#"), true, &typed), "a\n");
        assert_eq!(clean_up(CleanupMode::Scissors, Some("#"), false, &typed), typed);
        assert_eq!(clean_up(CleanupMode::Default, Some(";"), true, &written), written);
    }
}
