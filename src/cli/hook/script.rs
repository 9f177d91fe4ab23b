//! The text of an installed hook. It runs under any `sh`, and it refuses when it cannot find stopleak:
//! a check that is silently skipped would be worse than none.

use std::path::Path;

use super::HookName;
use crate::cli::exit_code::ExitCode;

/// By this second line a hook file is known as ours.
const MARK: &[u8] = b"# stopleak hook: ";

/// The hook file for `hook` that calls `binary`, or the `stopleak` in PATH when that is gone.
pub(super) fn render(hook: HookName, binary: Option<&Path>) -> Vec<u8> {
    let mut text = b"#!/bin/sh\n".to_vec();
    text.extend_from_slice(MARK);
    text.extend_from_slice(
        b"written by `stopleak hook install`, removed by `stopleak hook uninstall`; edits are lost.\nstopleak=",
    );
    text.extend(binary.map(quoted).unwrap_or_else(|| b"''".to_vec()));
    let (hook, refused) = (hook.as_str(), ExitCode::Usage.number());
    let rest = format!(
        r#"
if ! [ -f "$stopleak" ] || ! [ -x "$stopleak" ]; then
    stopleak=$(command -v stopleak) || stopleak=
fi
if [ -z "$stopleak" ]; then
    echo "error: stopleak was not found, so nothing was checked for secrets ($0)" >&2
    echo "help: install it again, or delete this hook file" >&2
    exit {refused}
fi
exec "$stopleak" hook run {hook} "$@"
"#
    );
    text.extend_from_slice(rest.as_bytes());
    text
}

/// Whether stopleak wrote the hook file with this content.
pub(super) fn is_ours(content: &[u8]) -> bool {
    content.split(|byte| *byte == b'\n').nth(1).is_some_and(|line| line.starts_with(MARK))
}

/// The line by which a hook of another tool can call stopleak too.
pub(super) fn line_for_others(hook: HookName) -> String {
    format!("stopleak hook run {} \"$@\" || exit $?", hook.as_str())
}

/// Who wrote a hook that is not ours, where its text tells.
pub(super) fn other_tool(content: &[u8]) -> Option<&'static str> {
    let known = [
        ("pre-commit.com", "pre-commit"),
        ("prek", "prek"),
        ("lefthook", "lefthook"),
        ("husky", "husky"),
        ("overcommit", "overcommit"),
        ("git lfs", "git-lfs"),
    ];
    let (_, name) =
        known.iter().find(|(word, _)| memchr::memmem::find(content, word.as_bytes()).is_some())?;
    Some(name)
}

/// A path as `sh` reads it back byte for byte.
fn quoted(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut text = vec![b'\''];
    for &byte in bytes {
        match byte {
            b'\'' => text.extend_from_slice(br"'\''"),
            // The sh that comes with git takes either slash, but quotes differ between versions.
            b'\\' if cfg!(windows) => text.push(b'/'),
            other => text.push(other),
        }
    }
    text.push(b'\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_knows_itself_and_quotes_its_path() {
        let text = render(HookName::PrePush, Some(Path::new("/it's here/stopleak")));
        assert!(is_ours(&text));
        insta::assert_snapshot!(String::from_utf8(text).expect("UTF-8"), @r#"
        #!/bin/sh
        # stopleak hook: written by `stopleak hook install`, removed by `stopleak hook uninstall`; edits are lost.
        stopleak='/it'\''s here/stopleak'
        if ! [ -f "$stopleak" ] || ! [ -x "$stopleak" ]; then
            stopleak=$(command -v stopleak) || stopleak=
        fi
        if [ -z "$stopleak" ]; then
            echo "error: stopleak was not found, so nothing was checked for secrets ($0)" >&2
            echo "help: install it again, or delete this hook file" >&2
            exit 2
        fi
        exec "$stopleak" hook run pre-push "$@"
        "#);
        assert!(!is_ours(b"#!/bin/sh\nexec stopleak hook run pre-commit\n"));
        assert!(!is_ours(b""));
    }
}
