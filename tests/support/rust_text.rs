//! A minimal reader of Rust sources that lists the paths a file names: comments, literals and test code are replaced
//! by spaces, so that offsets stay the same, then `use` trees are expanded and inline paths collected.

use std::ops::Range;

/// The code of a file without its comments, literals and tests.
pub(crate) struct Code {
    text: String,
    /// The names of test modules, relative to this file's module: `tests`, or the value of a `#[path]`.
    pub(crate) test_modules: Vec<String>,
}

/// A path that the code names, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// 1-based.
    pub(crate) line: usize,
    /// `["crate", "git", "Oid"]`, made absolute when it began with `super` or `self`.
    pub(crate) path: Vec<String>,
}

impl Code {
    pub(crate) fn new(text: &str) -> Code {
        let mut code = blanked(text);
        let mut test_modules = Vec::new();
        while let Some(start) = find(&code, b"#[cfg(test)]").or_else(|| find(&code, b"#[cfg(all(test,")) {
            let end = item_end(&code, start);
            let item = String::from_utf8_lossy(&code[start..end]).into_owned();
            if let Some(name) = item.trim_end().strip_suffix(';').and_then(|item| item.split("mod ").nth(1)) {
                let path =
                    text[start..end].split("#[path = \"").nth(1).and_then(|rest| rest.split('"').next());
                let path = path.map(|path| path.trim_end_matches(".rs"));
                test_modules.push(path.unwrap_or(name.trim()).to_owned());
            }
            blank(&mut code, start..end);
        }
        Code { text: String::from_utf8(code).expect("only whole characters are blanked"), test_modules }
    }

    /// Every path of two names or more, and every name that a `use` imports. `module` is the file's module path
    /// below the crate's root, for `super` and `self`.
    pub(crate) fn paths(&self, module: &[&str]) -> Vec<Named> {
        let mut found = Vec::new();
        let mut rest = self.text.clone().into_bytes();
        for start in words(&self.text).filter(|word| &self.text[word.clone()] == "use").map(|word| word.start)
        {
            let Some(length) = self.text[start..].find(';') else { continue };
            let tree = &self.text[start + 3..start + length];
            // `use<'a>` in a type is no import.
            if tree.trim_start().starts_with('<') {
                continue;
            }
            let mut paths = Vec::new();
            spread(tree, &[], &mut paths);
            found.extend(paths.into_iter().map(|path| Named { line: self.line(start), path }));
            blank(&mut rest, start..start + length);
        }
        let rest = String::from_utf8(rest).expect("only whole characters are blanked");
        let mut path: Vec<String> = Vec::new();
        let mut end = 0;
        for word in words(&rest) {
            if path.is_empty() || &rest[end..word.start] != "::" {
                found.extend(named(self.line(end), std::mem::take(&mut path)));
            }
            path.push(rest[word.clone()].to_owned());
            end = word.end;
        }
        found.extend(named(self.line(end), path));
        for named in &mut found {
            make_absolute(&mut named.path, module);
        }
        found.sort_by_key(|named| named.line);
        found
    }

    /// The names that `use` brings into the module, each with its path, absolute as in [`Code::paths`].
    pub(crate) fn imports(&self, module: &[&str]) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        for start in words(&self.text).filter(|word| &self.text[word.clone()] == "use").map(|word| word.start)
        {
            let Some(length) = self.text[start..].find(';') else { continue };
            let tree = &self.text[start + 3..start + length];
            if tree.trim_start().starts_with('<') {
                continue;
            }
            let mut paths = Vec::new();
            spread_with_aliases(tree, &[], &mut paths);
            found.extend(paths);
        }
        for (_, path) in &mut found {
            make_absolute(path, module);
        }
        found
    }

    /// The 1-based lines that contain `word` as a whole word; `word!` is a macro call.
    pub(crate) fn lines_with(&self, word: &str) -> Vec<usize> {
        let name = word.trim_end_matches('!');
        let at = words(&self.text)
            .filter(|found| &self.text[found.clone()] == name && self.text[found.start..].starts_with(word));
        at.map(|found| self.line(found.start)).collect()
    }

    fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }
}

/// What a file contains for readers: the 1-based line and the text of each line's comments and literals.
pub(crate) fn prose(text: &str) -> Vec<(usize, String)> {
    let code = blanked(text);
    let mut found = Vec::new();
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let code = &code[start..start + line.len()];
        let kept = line.bytes().zip(code).map(|(byte, code)| if byte == *code { b' ' } else { byte });
        let prose = String::from_utf8_lossy(&kept.collect::<Vec<u8>>()).trim().to_owned();
        if !prose.is_empty() {
            found.push((index + 1, prose));
        }
        start += line.len();
    }
    found
}

fn named(line: usize, path: Vec<String>) -> Option<Named> {
    (path.len() > 1).then_some(Named { line, path })
}

fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(is_word)?;
        at = text[start..].find(|c| !is_word(c)).map_or(text.len(), |length| start + length);
        Some(start..at)
    })
}

/// `a::{b, c::{self, d as e}}` as `a::b`, `a::c`, `a::c::d`.
fn spread(tree: &str, prefix: &[String], paths: &mut Vec<Vec<String>>) {
    let (head, group) = match tree.split_once('{') {
        Some((head, rest)) => (head, Some(rest.rsplit_once('}').map_or(rest, |(group, _)| group))),
        None => (tree.split(" as ").next().unwrap_or(tree), None),
    };
    let mut path = prefix.to_vec();
    path.extend(head.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
    let Some(group) = group else {
        if path.len() > 1 && path.last().is_some_and(|name| name == "self") {
            path.pop();
        }
        return paths.push(path);
    };
    let mut depth = 0;
    for part in group.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    }) {
        if !part.trim().is_empty() {
            spread(part, &path, paths);
        }
    }
}

/// The same with the name that each path gets.
fn spread_with_aliases(tree: &str, prefix: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut paths = Vec::new();
    spread(tree, prefix, &mut paths);
    // An alias is looked up by its path's last name: `a::{b as c}` names `b` once.
    let aliases: Vec<(&str, &str)> = tree
        .split([',', '{', '}'])
        .filter_map(|part| part.trim().rsplit_once(" as "))
        .map(|(path, alias)| (path.rsplit("::").next().unwrap_or(path).trim(), alias.trim()))
        .collect();
    found.extend(paths.into_iter().filter_map(|path| {
        let last = path.last()?.clone();
        let alias = aliases.iter().find(|(name, _)| *name == last).map_or(last.as_str(), |(_, alias)| alias);
        Some((alias.to_owned(), path))
    }));
}

fn make_absolute(path: &mut Vec<String>, module: &[&str]) {
    let supers = path.iter().take_while(|name| *name == "super").count();
    let is_self = path.first().is_some_and(|name| name == "self");
    if supers > 0 || is_self {
        let above = module.iter().take(module.len().saturating_sub(supers)).map(|name| (*name).to_owned());
        let absolute = std::iter::once("crate".to_owned()).chain(above);
        path.splice(..supers.max(usize::from(is_self)), absolute.collect::<Vec<_>>());
    }
}

/// The end of the item whose attributes begin at `start`: behind its `;` or its closing brace.
fn item_end(code: &[u8], start: usize) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in code.iter().enumerate().skip(start) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth -= 1;
                if depth == 0 && *byte == b'}' {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// `text` with spaces for all that is in comments and literals.
fn blanked(text: &str) -> Vec<u8> {
    let mut code = text.as_bytes().to_vec();
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        let before = at.checked_sub(1).map(|before| text.as_bytes()[before]);
        let starts_word = !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let length = match rest {
            [b'/', b'/', ..] => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => block_comment(rest),
            [b'"', ..] => string(rest),
            [b'r', b'"' | b'#', ..] if starts_word || before == Some(b'b') => raw_string(rest),
            [b'\'', b'\\', ..] => 3 + find(&rest[3..], b"'").unwrap_or(0),
            [b'\'', ..] => {
                let character = text[at + 1..].chars().next().map_or(0, char::len_utf8);
                if rest.get(1 + character) == Some(&b'\'') { 2 + character } else { 0 }
            }
            _ => 0,
        };
        blank(&mut code, at..at + length);
        at += length.max(1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    code
}

fn blank(code: &mut [u8], range: Range<usize>) {
    for byte in code[range].iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at.min(rest.len())
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// 0 where `r#name` is a name.
fn raw_string(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let end = [b"\"".to_vec(), vec![b'#'; hashes]].concat();
    let start = 2 + hashes;
    find(&rest[start..], &end).map_or(rest.len(), |length| start + length + end.len())
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}
