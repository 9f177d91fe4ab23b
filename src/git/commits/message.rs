//! What git stores of the message that somebody wrote: comments and what stands below the scissors go.
//!
//! A hook is not told the options of the command that runs it. Wherever that leaves doubt, text is kept:
//! too much is looked at then, and nothing is stored that was not.

use crate::git::repo::Repo;

/// How messages are cleaned in a repository, as its configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSettings {
    /// `commit.cleanup`.
    cleanup: Cleanup,
    /// `core.commentChar` or `core.commentString`; `None` for `auto`.
    comment: Option<Vec<u8>>,
    /// `commit.verbose`: a diff stands below the scissors.
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cleanup {
    /// Comments go from a message that was edited.
    Default,
    /// Comments go always.
    Strip,
    /// Of an edited message goes what is below the scissors; comments stay.
    Scissors,
    /// Everything stays, space aside.
    Keep,
}

/// What stands behind the comment character of the line above which a message ends.
const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

/// The characters that git chooses from where the configuration says `auto`.
const CANDIDATES: &[u8] = b"#;@!$%^&|:";

impl MessageSettings {
    /// Asks git, which knows its command line's `-c` and every file that is included. `None` when git does
    /// not answer.
    pub fn of(repo: &Repo) -> Option<MessageSettings> {
        const KEYS: &str = "^(core\\.comment(char|string)|commit\\.(cleanup|verbose))$";
        let mut settings =
            MessageSettings { cleanup: Cleanup::Default, comment: Some(b"#".to_vec()), verbose: false };
        let entries = repo.git().config(KEYS)?;
        for (key, value) in &entries {
            match key.as_slice() {
                b"commit.cleanup" => {
                    settings.cleanup = match value.as_slice() {
                        b"strip" => Cleanup::Strip,
                        b"scissors" => Cleanup::Scissors,
                        b"verbatim" | b"whitespace" => Cleanup::Keep,
                        _ => Cleanup::Default,
                    };
                }
                b"commit.verbose" => {
                    settings.verbose = !matches!(value.as_slice(), b"false" | b"no" | b"off" | b"0");
                }
                _ => settings.comment = (value != b"auto").then(|| value.clone()),
            }
        }
        Some(settings)
    }

    /// What git stores of `message`; `edited` is whether an editor was opened on it.
    pub fn stored(&self, message: &[u8], edited: bool) -> Vec<u8> {
        let comment = match &self.comment {
            Some(comment) => comment.clone(),
            None => guessed(message).into_iter().collect(),
        };
        let is_comment = |line: &[u8]| !comment.is_empty() && line.starts_with(&comment);
        let lines: Vec<&[u8]> = message.split_inclusive(|&byte| byte == b'\n').collect();
        let is_cut = |at: usize| {
            let rest = lines[at].trim_ascii_end().strip_prefix(comment.as_slice());
            let explained = lines.get(at + 1).is_some_and(|line| is_comment(line));
            // Scissors that the user typed cut nothing, unless git looks for its own ones.
            edited
                && !comment.is_empty()
                && rest == Some(SCISSORS)
                && (self.verbose || self.cleanup == Cleanup::Scissors || explained)
        };
        let end = (0..lines.len()).find(|&at| is_cut(at)).unwrap_or(lines.len());
        let strip = match self.cleanup {
            Cleanup::Default => edited,
            Cleanup::Strip => true,
            Cleanup::Scissors | Cleanup::Keep => false,
        };
        let kept = lines[..end].iter().filter(|line| !(strip && is_comment(line)));
        kept.flat_map(|line| line.iter().copied()).collect()
    }
}

/// The comment character that git chose for this message: its last lines are comments of git's own.
fn guessed(message: &[u8]) -> Option<u8> {
    let last = message.split(|&byte| byte == b'\n').rfind(|line| !line.trim_ascii().is_empty())?;
    last.first().copied().filter(|first| CANDIDATES.contains(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(cleanup: Cleanup, comment: Option<&str>, edited: bool, message: &str) -> String {
        let comment = comment.map(|comment| comment.as_bytes().to_vec());
        let settings = MessageSettings { cleanup, comment, verbose: false };
        String::from_utf8(settings.stored(message.as_bytes(), edited)).expect("text")
    }

    const CUT: &str = "# ------------------------ >8 ------------------------\n";

    #[test]
    fn comments_go_when_git_takes_them_out() {
        let message = "a\n# b\n #c\n";
        assert_eq!(stored(Cleanup::Default, Some("#"), true, message), "a\n #c\n");
        assert_eq!(stored(Cleanup::Default, Some("#"), false, message), message);
        assert_eq!(stored(Cleanup::Strip, Some("#"), false, message), "a\n #c\n");
        assert_eq!(stored(Cleanup::Keep, Some("#"), true, message), message);
        assert_eq!(stored(Cleanup::Default, Some("//"), true, "# a\n// b\n"), "# a\n");
        assert_eq!(stored(Cleanup::Default, None, true, "# a\n; b\n"), "# a\n");
        assert_eq!(stored(Cleanup::Default, None, true, "# a\nb\n"), "# a\nb\n");
    }

    #[test]
    fn what_is_below_the_scissors_goes_when_they_are_gits_own() {
        let typed = format!("a\n{CUT}b\n");
        let written = format!("a\n{CUT}# Do not modify\ndiff --git a b\n");
        assert_eq!(stored(Cleanup::Default, Some("#"), true, &written), "a\n");
        assert_eq!(stored(Cleanup::Default, Some("#"), true, &typed), "a\nb\n");
        assert_eq!(stored(Cleanup::Scissors, Some("#"), true, &typed), "a\n");
        assert_eq!(stored(Cleanup::Scissors, Some("#"), false, &typed), typed);
        assert_eq!(stored(Cleanup::Default, Some(";"), true, &written), written);
    }
}
