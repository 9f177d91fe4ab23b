//! Parses the lines on standard input in which git lists the refs of a push (githooks(5), pre-push and pre-receive).

use anyhow::anyhow;

/// The refs of a push. All lists are sorted and without duplicates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Push {
    /// Ids of the new objects of the refs.
    pub(crate) to: Vec<String>,
    /// Ids of the current objects of the refs. In pre-push the local repository may lack them: a forced push.
    pub(crate) known: Vec<String>,
    /// Names of the refs that the push creates, as on the remote.
    pub(crate) names: Vec<Vec<u8>>,
}

impl Push {
    /// Parses the lines of pre-push: `<local ref> <local id> <remote ref> <remote id>`. git passes the local ref as the
    /// user wrote it, possibly with spaces: `HEAD@{1 hour ago}`.
    ///
    /// # Errors
    ///
    /// A line of another form.
    pub(crate) fn from_pre_push(input: &[u8]) -> anyhow::Result<Push> {
        let line = |line: &[u8]| {
            let mut fields = line.rsplitn(4, |byte| *byte == b' ');
            let (from, name, to) = (fields.next()?, fields.next()?, fields.next()?);
            fields.next().and(Some(Line::parse(from, to, name)?))
        };
        Push::parse(input, line)
            .ok_or_else(|| anyhow!("pre-push: expected lines of `ref id ref id` on standard input"))
    }

    /// Parses the lines of pre-receive: `<old id> <new id> <ref>`.
    ///
    /// # Errors
    ///
    /// A line of another form.
    pub(crate) fn from_pre_receive(input: &[u8]) -> anyhow::Result<Push> {
        let line = |line: &[u8]| {
            let mut fields = line.split(|byte| *byte == b' ');
            let (from, to, name) = (fields.next()?, fields.next()?, fields.next()?);
            Line::parse(from, to, name).filter(|_| fields.next().is_none())
        };
        Push::parse(input, line)
            .ok_or_else(|| anyhow!("pre-receive: expected lines of `id id ref` on standard input"))
    }

    /// Parses all lines with `parse_line`; `None` if a line has another form. Deletions push no object.
    fn parse(input: &[u8], parse_line: impl Fn(&[u8]) -> Option<Line>) -> Option<Push> {
        let mut push = Push::default();
        for line in input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let Line { from, to, name } = parse_line(line)?;
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

/// One line. An id of zeros means that the ref does not exist, and is `None`.
struct Line {
    from: Option<String>,
    to: Option<String>,
    name: Vec<u8>,
}

impl Line {
    fn parse(from: &[u8], to: &[u8], name: &[u8]) -> Option<Line> {
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
    fn pushed_refs_are_parsed_and_deletions_push_nothing() {
        let (a, b, zero) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let input = format!(
            "refs/heads/x {a} refs/heads/x {b}\nrefs/heads/new {a} refs/heads/new {zero}\n\
             (delete) {zero} refs/heads/old {b}\n"
        );
        let push = Push::from_pre_push(input.as_bytes()).expect("git's own lines");
        let names = vec![b"refs/heads/new".to_vec()];
        assert_eq!(push, Push { to: vec![a.clone()], known: vec![b.clone()], names });
        assert_eq!(Push::from_pre_push(b"").expect("nothing to push"), Push::default());
        let input = format!("{b} {a} refs/heads/x\n{zero} {a} refs/tags/new\n{b} {zero} refs/heads/old\n");
        let push = Push::from_pre_receive(input.as_bytes()).expect("git's own lines");
        assert_eq!(push, Push { to: vec![a], known: vec![b], names: vec![b"refs/tags/new".to_vec()] });
    }

    #[test]
    fn a_local_ref_may_contain_spaces() {
        let (a, zero) = ("a".repeat(40), "0".repeat(40));
        let input = format!("HEAD@{{1 hour ago}} {a} refs/heads/x {zero}\n");
        assert_eq!(Push::from_pre_push(input.as_bytes()).expect("git's own line").to, [a]);
    }

    #[test]
    fn malformed_lines_are_an_error() {
        let a = "a".repeat(40);
        for wrong in [format!("x {a} y"), format!("x {a} y --all"), "x".into(), format!("x {a} y {a} z")] {
            assert!(Push::from_pre_push(wrong.as_bytes()).is_err(), "{wrong}");
        }
        for wrong in [format!("{a} x"), format!("{a} x {a}"), format!("{a} {a} x y")] {
            assert!(Push::from_pre_receive(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
