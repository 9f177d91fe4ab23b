//! The lines by which git tells a hook which refs a push moves.

use anyhow::anyhow;

/// What is pushed, sorted and each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Push {
    /// The objects that refs are to name.
    pub(crate) to: Vec<String>,
    /// What the refs name now. For pre-push this may be something that nobody knows here: a forced push.
    pub(crate) known: Vec<String>,
    /// The names of refs that are not there yet, as they are to be called where they are pushed to.
    pub(crate) names: Vec<Vec<u8>>,
}

impl Push {
    /// Reads the lines for pre-push: `<local ref> <local id> <remote ref> <remote id>`. The local ref stands
    /// there as the user wrote it, which may be with spaces: `HEAD@{1 hour ago}`.
    pub(crate) fn sent(input: &[u8]) -> anyhow::Result<Push> {
        let line = |line: &[u8]| {
            let mut fields = line.rsplitn(4, |byte| *byte == b' ');
            let (from, name, to) = (fields.next()?, fields.next()?, fields.next()?);
            fields.next().and(Some(Line::read(from, to, name)?))
        };
        Push::parse(input, line)
            .ok_or_else(|| anyhow!("pre-push: expected lines of `ref id ref id` on standard input"))
    }

    /// Reads the lines for pre-receive: `<old id> <new id> <ref>`.
    pub(crate) fn received(input: &[u8]) -> anyhow::Result<Push> {
        let line = |line: &[u8]| {
            let mut fields = line.split(|byte| *byte == b' ');
            let (from, to, name) = (fields.next()?, fields.next()?, fields.next()?);
            Line::read(from, to, name).filter(|_| fields.next().is_none())
        };
        Push::parse(input, line)
            .ok_or_else(|| anyhow!("pre-receive: expected lines of `id id ref` on standard input"))
    }

    /// Deletions bring nothing. `None` for what is not understood.
    fn parse(input: &[u8], read: impl Fn(&[u8]) -> Option<Line>) -> Option<Push> {
        let mut push = Push::default();
        for line in input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let Line { from, to, name } = read(line)?;
            push.names.extend(Some(name).filter(|_| from.is_none() && to.is_some()));
            push.to.extend(to);
            push.known.extend(from);
        }
        push.names.sort();
        push.names.dedup();
        for ids in [&mut push.to, &mut push.known] {
            ids.sort();
            ids.dedup();
        }
        Some(push)
    }
}

/// What one line says. Zeros are an id for nothing.
struct Line {
    from: Option<String>,
    to: Option<String>,
    name: Vec<u8>,
}

impl Line {
    fn read(from: &[u8], to: &[u8], name: &[u8]) -> Option<Line> {
        Some(Line { from: object_id(from)?, to: object_id(to)?, name: name.to_vec() })
    }
}

fn object_id(field: &[u8]) -> Option<Option<String>> {
    let valid = matches!(field.len(), 40 | 64) && field.iter().all(u8::is_ascii_hexdigit);
    let is_zero = field.iter().all(|byte| *byte == b'0');
    valid.then(|| (!is_zero).then(|| String::from_utf8_lossy(field).into_owned()))
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
        let names = vec![b"refs/heads/new".to_vec()];
        assert_eq!(push, Push { to: vec![a.clone()], known: vec![b.clone()], names });
        assert_eq!(Push::sent(b"").expect("nothing to push"), Push::default());
        let input = format!("{b} {a} refs/heads/x\n{zero} {a} refs/tags/new\n{b} {zero} refs/heads/old\n");
        let push = Push::received(input.as_bytes()).expect("git's own lines");
        assert_eq!(push, Push { to: vec![a], known: vec![b], names: vec![b"refs/tags/new".to_vec()] });
    }

    #[test]
    fn what_is_pushed_may_be_named_with_spaces() {
        let (a, zero) = ("a".repeat(40), "0".repeat(40));
        let input = format!("HEAD@{{1 hour ago}} {a} refs/heads/x {zero}\n");
        assert_eq!(Push::sent(input.as_bytes()).expect("git's own line").to, [a]);
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
