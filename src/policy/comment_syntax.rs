//! Decides whether a position on a line is in a comment, by the comment syntaxes of many languages.
//!
//! Each line is evaluated alone: the text is not parsed, and one blob may be a file of several types. So quotes and openers on
//! the same line count, and a block comment that began on a line above is recognised by a leading `*` or by its end.

use memchr::memchr;

use crate::model::RepoPath;

/// A set of comment syntaxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Syntaxes(u16);

impl Syntaxes {
    const HASH: Syntaxes = Syntaxes(1);
    /// `// …`
    const SLASHES: Syntaxes = Syntaxes(1 << 1);
    /// `/* … */`
    const BLOCK: Syntaxes = Syntaxes(1 << 2);
    /// `<!-- … -->`
    const MARKUP: Syntaxes = Syntaxes(1 << 3);
    /// `-- …`
    const DASHES: Syntaxes = Syntaxes(1 << 4);
    const SEMICOLON: Syntaxes = Syntaxes(1 << 5);
    const PERCENT: Syntaxes = Syntaxes(1 << 6);
    /// `(* … *)`, `{- … -}`, `{# … #}`, `<%-- … --%>`, `{{! … }}`
    const BRACKETS: Syntaxes = Syntaxes(1 << 7);
    /// `rem …`, `dnl …`, `:: …`
    const WORD: Syntaxes = Syntaxes(1 << 8);
    /// A character that begins a comment at the start of a line only: `'`, `"`, `!`, `*`, `|`, `.\"`.
    const LINE_START: Syntaxes = Syntaxes(1 << 9);
    /// Every syntax.
    pub(crate) const ALL: Syntaxes = Syntaxes((1 << 10) - 1);

    const fn and(self, other: Syntaxes) -> Syntaxes {
        Syntaxes(self.0 | other.0)
    }

    /// Whether both sets have a syntax in common.
    pub(crate) fn intersects(self, other: Syntaxes) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns the syntaxes of the type of file at `path`; all of them if the type is unknown or mixes languages.
    pub(crate) fn of_file(path: &RepoPath) -> Syntaxes {
        let path = path.as_bytes().to_ascii_lowercase();
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let ending = name.iter().rposition(|&byte| byte == b'.').map_or(name, |dot| &name[dot + 1..]);
        let has = |endings: &str| endings.split(' ').any(|known| known.as_bytes() == ending);
        // Files of these languages have templates of others, in `{# … #}` or `{{/* … */}}`.
        let hash = Syntaxes::HASH.and(Syntaxes::BRACKETS).and(Syntaxes::BLOCK);
        if has(
            "py pyi rb rake gemspec sh bash zsh fish yaml yml toml pl pm r jl ex exs nix cmake mk dockerfile makefile",
        ) {
            hash
        } else if has(
            "c h cc cpp hpp cxx cs java kt kts swift go rs scala groovy gradle js jsx ts tsx mjs cjs mts cts dart proto \
             less scss json jsonc json5",
        ) {
            Syntaxes::SLASHES.and(Syntaxes::BLOCK)
        } else if has("css") {
            Syntaxes::BLOCK
        } else if has("sql") {
            Syntaxes::DASHES.and(Syntaxes::BLOCK).and(Syntaxes::HASH)
        } else if has("tf tfvars hcl php") {
            Syntaxes::HASH.and(Syntaxes::SLASHES).and(Syntaxes::BLOCK).and(Syntaxes::MARKUP)
        } else {
            Syntaxes::ALL
        }
    }

    /// Returns the syntaxes of which a comment contains the byte at `at` of `line`; none if it is in no comment.
    pub(crate) fn around(line: &[u8], at: usize) -> Syntaxes {
        let before = &line[..at];
        let first = before.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(at);
        let mut found = at_line_start(&before[first..]);
        if first == at {
            found = found.and(after_nothing(&line[at..]));
        }
        // Whether a comment that is open at a position is still open where the searched one is.
        let last_ends = ENDS.map(|(_, _, end)| memchr::memmem::rfind(before, end));
        let mut position = first;
        // Quotes that have no counterpart on the line are apostrophes, or end on another line.
        let mut unpaired = [false; 256];
        while position < at {
            let byte = line[position];
            if matches!(byte, b'"' | b'\'' | b'`') && !unpaired[usize::from(byte)] {
                match end_of_string(line, position) {
                    Some(end) => position = end,
                    None => unpaired[usize::from(byte)] = true,
                }
                position += 1;
                continue;
            }
            found = found.and(opened_at(before, position, &last_ends));
            position += 1;
        }
        // Inside of a string.
        if position > at { Syntaxes::default() } else { found }
    }
}

/// Returns the position of the quote that ends the string that begins at `start`, if there is one.
fn end_of_string(line: &[u8], start: usize) -> Option<usize> {
    let quote = line[start];
    // `don't`
    if quote == b'\'' && start >= 2 && line[start - 2..start].iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let mut at = start + 1;
    loop {
        let end = at + memchr(quote, &line[at..])?;
        let escapes = line[at..end].iter().rev().take_while(|&&byte| byte == b'\\').count();
        if escapes % 2 == 0 {
            return Some(end);
        }
        at = end + 1;
    }
}

/// Returns the syntax of a comment that begins with the first bytes of a line.
fn at_line_start(before: &[u8]) -> Syntaxes {
    let word = before.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    let word = word.strip_prefix(b"@").unwrap_or(word);
    let is_word = [&b"rem"[..], b"dnl", b"::"].iter().any(|known| word.eq_ignore_ascii_case(known));
    match before.first() {
        _ if is_word => Syntaxes::WORD,
        Some(b'*') => Syntaxes::LINE_START.and(Syntaxes::BLOCK),
        Some(b'\'' | b'"' | b'!' | b'|') if before[1..].first().is_none_or(u8::is_ascii_whitespace) => {
            Syntaxes::LINE_START
        }
        Some(b'.') if before.starts_with(b".\\\"") => Syntaxes::LINE_START,
        _ => Syntaxes::default(),
    }
}

/// Returns the syntax of a comment that began above, for a line on which nothing precedes the position.
fn after_nothing(after: &[u8]) -> Syntaxes {
    let has = |end: &[u8]| memchr::memmem::find(after, end).is_some();
    let closed = |end: &[u8], syntax| if has(end) { syntax } else { Syntaxes::default() };
    closed(b"*/", Syntaxes::BLOCK).and(closed(b"-->", Syntaxes::MARKUP))
}

/// The beginnings and ends of comments that end before their line does.
const ENDS: [(Syntaxes, &[u8], &[u8]); 8] = [
    (Syntaxes::BLOCK, b"/*", b"*/"),
    (Syntaxes::MARKUP, b"<!--", b"-->"),
    (Syntaxes::BRACKETS, b"(*", b"*)"),
    (Syntaxes::BRACKETS, b"{-", b"-}"),
    (Syntaxes::BRACKETS, b"{#", b"#}"),
    (Syntaxes::BRACKETS, b"<%--", b"--%>"),
    (Syntaxes::BRACKETS, b"<%#", b"%>"),
    (Syntaxes::BRACKETS, b"{{!", b"}}"),
];

/// Returns the syntax of a comment that begins at `start` of `line` and has not ended at the end of `line`, where
/// `last_ends` are the last of [`ENDS`].
fn opened_at(line: &[u8], start: usize, last_ends: &[Option<usize>; 8]) -> Syntaxes {
    let rest = &line[start..];
    let before = line[..start].last().copied();
    let is_apart = before.is_none_or(|byte| byte.is_ascii_whitespace());
    match rest[0] {
        b'#' if is_apart || before.is_some_and(|byte| b")]},;<\"'`".contains(&byte)) => {
            return Syntaxes::HASH;
        }
        b'/' if rest.starts_with(b"//") && before != Some(b':') => return Syntaxes::SLASHES,
        b'-' if is_apart && rest.starts_with(b"--") => {
            if rest.get(2).is_none_or(|byte| b" \t[-".contains(byte)) {
                return Syntaxes::DASHES;
            }
        }
        b';' if is_apart => return Syntaxes::SEMICOLON,
        b'%' if is_apart => return Syntaxes::PERCENT,
        b'/' | b'<' | b'(' | b'{' => {}
        _ => return Syntaxes::default(),
    }
    for ((syntax, begin, _), last) in ENDS.iter().zip(last_ends) {
        if rest.starts_with(begin) && last.is_none_or(|last| last < start + begin.len()) {
            return *syntax;
        }
    }
    Syntaxes::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_comment(path: &str, line: &str) -> bool {
        let at = line.find('@').expect("the position is marked");
        Syntaxes::around(line.as_bytes(), at).intersects(Syntaxes::of_file(&RepoPath::new(path)))
    }

    #[test]
    fn comments_of_each_type_of_file_are_recognised() {
        for (path, line) in [
            ("a.py", "k = 'v' # @"),
            ("a.py", "k = f('v')# @"),
            ("a.yaml", "k: \"a # b\" # don't worry, @"),
            ("a.yaml", "{{/* @ */}}"),
            ("Dockerfile", "ENV K=v # @"),
            ("a.ts", "const k = 'v'; // @"),
            ("a.rs", "/// @"),
            ("a.c", " * @"),
            ("a.c", "   @ */ k = v;"),
            ("a.json", "\"k\": \"v\" // @"),
            ("a.css", "/* a */ k: v /* @ */"),
            ("a.sql", "select 'v'; -- @"),
            ("a.html", "<k>v</k> <!-- @ -->"),
            ("a.vue", "k = v // @"),
            ("a.ini", "; @"),
            ("a.tex", "v % @"),
            ("a.bat", "REM @"),
            ("a.bat", ":: @"),
            ("a.ml", "(* @ *)"),
            ("a.hbs", "{{! @ }}"),
            ("a.vim", "\" @"),
            ("a.vb", "' @"),
            ("unknown", "it's v # @"),
        ] {
            assert!(is_comment(path, line), "{path}: {line}");
        }
    }

    #[test]
    fn strings_code_and_comments_that_have_ended_are_none() {
        for (path, line) in [
            ("a.py", "k = 'v @'"),
            ("a.py", "k = 'v # @'"),
            ("a.py", "k = \"v \\\" # @\""),
            ("a.py", "k = 'v' // @"),
            ("a.js", "k = 'v' # @"),
            ("a.js", "k = `v // @`"),
            ("a.c", "/* a */ @"),
            ("a.html", "<!-- a --> @"),
            ("a.txt", "@ v"),
            ("a.txt", "v @"),
            ("a.txt", "https://a.b/c@"),
            ("a.txt", "https://a.b/c#@"),
            ("a.sh", "tool --token @"),
            ("a.json", "\"k\": \"v\", \"c\": \"# @\""),
        ] {
            assert!(!is_comment(path, line), "{path}: {line}");
        }
    }

    #[test]
    fn hostile_lines_do_not_panic() {
        for piece in ["'", "\"", "/*", "\\'", "#", "{-", "'a"] {
            let line = piece.repeat(4096);
            Syntaxes::around(line.as_bytes(), line.len());
        }
    }
}
