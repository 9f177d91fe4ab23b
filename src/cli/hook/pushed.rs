//! The lines by which git tells a hook which refs a push moves.

use anyhow::anyhow;

/// What is pushed, sorted and each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Push {
    /// The objects that refs are to name.
    pub(super) to: Vec<String>,
    /// What the refs name now. For pre-push this may be something that nobody knows here: a forced push.
    pub(super) known: Vec<String>,
}

impl Push {
    /// Reads the lines for pre-push: `<local ref> <local id> <remote ref> <remote id>`.
    pub(super) fn sent(input: &[u8]) -> anyhow::Result<Push> {
        Push::parse(input, 4, (1, 3))
            .ok_or_else(|| anyhow!("pre-push: expected lines of `ref id ref id` on standard input"))
    }

    /// Reads the lines for pre-receive: `<old id> <new id> <ref>`.
    pub(super) fn received(input: &[u8]) -> anyhow::Result<Push> {
        Push::parse(input, 3, (1, 0))
            .ok_or_else(|| anyhow!("pre-receive: expected lines of `id id ref` on standard input"))
    }

    /// Deletions bring nothing. `None` for what is not understood.
    fn parse(input: &[u8], count: usize, (new, old): (usize, usize)) -> Option<Push> {
        let mut push = Push::default();
        for line in input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
            if fields.len() != count {
                return None;
            }
            let (to, from) = (object_id(fields[new])?, object_id(fields[old])?);
            let is_zero = |id: &str| id.bytes().all(|byte| byte == b'0');
            push.to.extend(Some(to).filter(|to| !is_zero(to)));
            push.known.extend(Some(from).filter(|from| !is_zero(from)));
        }
        for ids in [&mut push.to, &mut push.known] {
            ids.sort();
            ids.dedup();
        }
        Some(push)
    }
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
        let push = Push::sent(input.as_bytes()).expect("git's own lines");
        assert_eq!(push, Push { to: vec![a.clone()], known: vec![b.clone()] });
        assert_eq!(Push::sent(b"").expect("nothing to push"), Push::default());
        let input = format!("{b} {a} refs/heads/x\n{zero} {a} refs/tags/new\n{b} {zero} refs/heads/old\n");
        let push = Push::received(input.as_bytes()).expect("git's own lines");
        assert_eq!(push, Push { to: vec![a], known: vec![b] });
    }

    #[test]
    fn what_is_not_understood_blocks() {
        let a = "a".repeat(40);
        for wrong in [format!("x {a} y"), format!("x {a} y --all"), "x".into(), format!("x {a} y {a} z")] {
            assert!(Push::sent(wrong.as_bytes()).is_err(), "{wrong}");
        }
        for wrong in [format!("{a} x"), format!("{a} x {a}"), format!("{a} {a} x y")] {
            assert!(Push::received(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
