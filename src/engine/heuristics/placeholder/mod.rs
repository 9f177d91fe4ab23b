//! Values that people write where a secret would stand: filler and placeholders.
//!
//! A stop word inside a long random value must not hide it, so words are weighed against what is
//! left of the value without them, never searched alone.

use std::sync::LazyLock;

use crate::engine::work_counter;

/// Words of placeholders and documentation, longest first where one holds another.
const WORDS: &[&str] = &[
    "placeholder",
    "credentials",
    "changethis",
    "replaceme",
    "undefined",
    "changeme",
    "deadbeef",
    "password",
    "redacted",
    "example",
    "removed",
    "replace",
    "invalid",
    "default",
    "passwd",
    "sample",
    "secret",
    "string",
    "insert",
    "hidden",
    "foobar",
    "change",
    "apikey",
    "client",
    "access",
    "private",
    "dummy",
    "token",
    "value",
    "enter",
    "admin",
    "login",
    "fixme",
    "mysql",
    "guest",
    "testing",
    "fake",
    "your",
    "here",
    "test",
    "mock",
    "demo",
    "todo",
    "null",
    "none",
    "pass",
    "user",
    "this",
    "that",
    "with",
    "some",
    "root",
    "name",
    "real",
    "live",
    "prod",
    "foo",
    "bar",
    "baz",
    "key",
    "api",
    "the",
    "app",
    "put",
    "not",
    "new",
    "old",
    "pwd",
    "xyz",
    "abc",
    "123",
    "db",
    "my",
    "id",
    "me",
    "to",
    "is",
    "a",
];

/// Passwords that everybody's examples and local set-ups use: they open nothing.
const TRIVIAL: &[&str] = &[
    "postgres",
    "postgresql",
    "mysql",
    "redis",
    "rabbitmq",
    "mongo",
    "mongodb",
    "root",
    "toor",
    "sa",
    "admin",
    "guest",
    "pass",
    "pwd",
    "pw",
    "secret",
    "password",
    "p@ssw0rd",
    "passw0rd",
    "password1",
    "test",
    "testing",
    "dev",
    "development",
    "docker",
    "vagrant",
    "letmein",
    "welcome",
    "1234",
    "12345",
    "123456",
    "default",
    "hunter2",
    "s3cret",
    "s3cr3t",
    "hello",
    "world",
    "bar",
    "foo",
    "example",
    "changeme",
    "changeit",
    "pass123",
    "password123",
    "admin123",
    "test1234",
    "qwerty",
    "abc123",
    "minio",
    "minioadmin",
    "elastic",
    "swordfish",
    "xxx",
    "foobar",
    "mypass",
    "mypassword",
    "userpass",
    "user",
    "username",
    "token",
    "none",
    "null",
    "true",
    "false",
    "string",
    "empty",
    "passwd",
    "correct horse battery staple",
    "postgres123",
    "somepassword",
    "wrong",
    "incorrect",
    "bad",
    "function",
    "object",
    "number",
    "boolean",
    "required",
    "optional",
];

/// Characters that join the words of a placeholder.
const JOINTS: &[u8] = b"-_. /:+=*#<>[]{}()!?@$%&'\"\\";

/// Whether runs of the alphabet or of the keyboard make up the value: made up, though whoever made it
/// up may have taken a real one for the rest.
pub(crate) fn is_only_sequence(value: &[u8]) -> bool {
    value.len() >= 16 && is_sequence(value) && !is_repetitive(value) && !is_words(value)
}

/// Whether a machine-made value is obviously filler: one byte repeated, a run of the alphabet or
/// the keyboard, or nothing but placeholder words.
pub(crate) fn is_filler(value: &[u8]) -> bool {
    value.is_empty() || is_repetitive(value) || is_sequence(value) || is_words(value)
}

/// Whether a value that a person chose is a placeholder: filler, a template, or a word of the field.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    is_filler(value) || is_template(value) || is_masked(value)
}

/// Whether it is a password of everybody's examples.
pub(crate) fn is_trivial(value: &[u8]) -> bool {
    TRIVIAL.iter().any(|trivial| value.eq_ignore_ascii_case(trivial.as_bytes()))
}

/// Whether few different bytes make up the value, or one of them makes up half of it.
fn is_repetitive(value: &[u8]) -> bool {
    work_counter::count(2 * value.len());
    let mut seen = [0u64; 4];
    for byte in value.iter().map(u8::to_ascii_lowercase) {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    let distinct = seen.iter().map(|bits| bits.count_ones() as usize).sum::<usize>();
    let longest = longest_run(value);
    (value.len() >= 4 && distinct <= 2)
        || (value.len() >= 12 && distinct <= 4)
        || (longest >= 5 && longest * 4 >= value.len())
        // Half of the bytes can only be equal where the other half holds all the others.
        || (value.len() >= 8 && distinct <= value.len() / 2 + 1 && most_frequent(value) * 2 >= value.len())
}

/// How often the most frequent byte occurs.
fn most_frequent(value: &[u8]) -> usize {
    work_counter::count(value.len());
    let mut counts = [0usize; 256];
    value.iter().for_each(|&byte| counts[byte.to_ascii_lowercase() as usize] += 1);
    counts.into_iter().max().unwrap_or(0)
}

fn longest_run(value: &[u8]) -> usize {
    value.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0)
}

/// For each byte the one to its right on the keyboard, or zero.
const RIGHT_OF: [u8; 256] = {
    const ROWS: [&[u8]; 4] = [b"qwertyuiop", b"asdfghjkl", b"zxcvbnm", b"1234567890"];
    let mut right = [0; 256];
    let mut row = 0;
    while row < ROWS.len() {
        let mut at = 1;
        while at < ROWS[row].len() {
            right[ROWS[row][at - 1] as usize] = ROWS[row][at];
            at += 1;
        }
        row += 1;
    }
    right
};

/// Whether rising, falling or keyboard-row runs of four and more make up most of the value.
fn is_sequence(value: &[u8]) -> bool {
    let enough = |covered: usize| covered * 3 >= value.len() * 2;
    // Of each kind: bytes in runs that have ended, and those of the run that is being read.
    let mut covered = [0; 3];
    let mut run = [1; 3];
    let counts = |run: usize| if run >= 4 { run } else { 0 };
    for (at, pair) in value.windows(2).enumerate() {
        let (a, b) = (pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase());
        let both = a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric();
        let follows = [b == a.wrapping_add(1), a == b.wrapping_add(1), b == RIGHT_OF[usize::from(a)]];
        for kind in 0..3 {
            if both && follows[kind] {
                run[kind] += 1;
            } else {
                covered[kind] += counts(run[kind]);
                run[kind] = 1;
            }
        }
        // What is left cannot make up for what was read.
        let left = value.len() - at - 2;
        if (0..3).all(|kind| !enough(covered[kind] + run[kind] + left)) {
            work_counter::count(at);
            return false;
        }
    }
    work_counter::count(value.len());
    (0..3).any(|kind| enough(covered[kind] + counts(run[kind])))
}

/// The words by their first byte, in their order.
static WORDS_BY_FIRST: LazyLock<Box<[Vec<&[u8]>]>> = LazyLock::new(|| {
    let mut words = vec![Vec::new(); 256].into_boxed_slice();
    WORDS.iter().for_each(|word| words[usize::from(word.as_bytes()[0])].push(word.as_bytes()));
    words
});

/// Whether placeholder words and the characters that join them leave next to nothing.
fn is_words(value: &[u8]) -> bool {
    let by_first = &*WORDS_BY_FIRST;
    let mut at = 0;
    let (mut covered, mut rest) = (0, 0);
    // More than eight bytes that are neither word nor joint are too many whatever follows.
    while at < value.len() && rest <= 8 {
        let words = &by_first[usize::from(value[at].to_ascii_lowercase())];
        work_counter::count(1 + words.len());
        let begins = |word: &&&[u8]| {
            value.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word))
        };
        match words.iter().find(begins) {
            Some(word) => {
                covered += word.len();
                at += word.len();
            }
            None => {
                rest += usize::from(!JOINTS.contains(&value[at].to_ascii_lowercase()));
                at += 1;
            }
        }
    }
    covered >= 3 && rest <= 3 && rest * 3 <= value.len()
        || covered >= 8 && rest <= 8 && rest * 3 <= value.len()
}

/// Whether the value is to be filled in by a template, a shell or a build: it is no literal.
pub(crate) fn is_template(value: &[u8]) -> bool {
    const OPENERS: [&[u8]; 14] =
        [b"${", b"{{", b"$(", b"#{", b"<%", b"%(", b"%{", b"[[", b"{%", b"$[", b"$$", b"@@", b"__", b"%s"];
    let text = value.trim_ascii();
    let starts = |opener: &&[u8]| text.starts_with(opener);
    let enclosed = |open: u8, close: u8| text.len() >= 2 && text[0] == open && text[text.len() - 1] == close;
    OPENERS.iter().any(starts)
        || has_interpolation(text)
        || enclosed(b'<', b'>')
        || enclosed(b'{', b'}')
        || enclosed(b'%', b'%')
        || enclosed(b'[', b']')
        || is_variable(text)
}

/// Whether a named hole stands somewhere in the text: `${NAME}`, `{{ name }}`, `$(name)`, `#{name}`.
fn has_interpolation(text: &[u8]) -> bool {
    const PAIRS: [(&[u8], &[u8]); 5] =
        [(b"${", b"}"), (b"{{", b"}}"), (b"$(", b")"), (b"#{", b"}"), (b"<%", b"%>")];
    PAIRS.iter().any(|(open, close)| {
        memchr::memmem::find_iter(text, open).any(|at| {
            let inside = &text[at + open.len()..];
            let inside = memchr::memmem::find(inside, close).map_or(inside, |end| &inside[..end]);
            inside.iter().all(|byte| {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'_' | b'.' | b' ' | b'-' | b':' | b'|' | b'$' | b'(' | b'=')
            })
        })
    })
}

/// `$NAME`, `$env:NAME`, `%NAME`, `&name`, `@name`: a variable of some language, alone.
fn is_variable(text: &[u8]) -> bool {
    let Some((&sigil, rest)) = text.split_first() else { return false };
    let name = rest.strip_prefix(b"env:").unwrap_or(rest);
    let name = name.strip_prefix(b"this->").unwrap_or(name);
    sigil == b'$'
        && name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && name.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'[' | b']' | b'-' | b'>' | b':')
        })
        && !name.iter().any(u8::is_ascii_digit)
}

/// Whether the text is an expression of a programming language rather than a value: a call, a
/// subscript, a look-up in the environment, a path of names.
pub(crate) fn is_code(text: &[u8]) -> bool {
    const MARKS: [&[u8]; 9] =
        [b"()", b"(\"", b"('", b"->", b"::", b"getenv", b"process.env", b"environ", b"[\""];
    let has = |mark: &&[u8]| memchr::memmem::find(text, mark).is_some();
    MARKS.iter().any(has) || is_name_path(text) || is_plain_call(text)
}

/// `config.db.password`, `self.token`: names joined by dots.
fn is_name_path(text: &[u8]) -> bool {
    let name = |part: &[u8]| {
        part.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
            && part.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
    };
    text.contains(&b'.') && text.split(|&byte| byte == b'.').all(name)
}

/// `name(…`: an opening bracket right behind a name without digits. Quoted values may look so too.
fn is_plain_call(text: &[u8]) -> bool {
    is_call(text) && !text.iter().take_while(|&&byte| byte != b'(').any(u8::is_ascii_digit)
}

/// `name(…`: an opening bracket right behind a name.
fn is_call(text: &[u8]) -> bool {
    let Some(open) = memchr::memchr(b'(', text) else { return false };
    let name = &text[..open];
    name.len() >= 2
        && !name[0].is_ascii_digit()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// Stars, dots or an ellipsis in place of the value.
fn is_masked(value: &[u8]) -> bool {
    let masking = value.iter().filter(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X' | b'-' | b'#')).count();
    masking * 2 > value.len()
        || memchr::memmem::find(value, "…".as_bytes()).is_some()
        || memchr::memmem::find(value, b"...").is_some()
        || memchr::memmem::find(value, b"***").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filler_is_seen() {
        for value in [
            "xxxxxxxxxxxxxxxx",
            "0000000000000000",
            "abcdefghijklmnop",
            "1234567890123456",
            "your_api_key_here",
            "YOUR-TOKEN",
            "example",
            "my-secret-token",
            "changeme",
            "qwertyuiop",
            "aaaabbbbaaaabbbb",
            "test123",
            "1234567890abcdefghijklmnopqrstuvwxyz",
        ] {
            assert!(is_filler(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn random_values_with_a_word_in_them_are_kept() {
        for value in [
            "vT9qtestLw2Zrm7K",
            "a8f5f167f44f4964e6c998dee827110c",
            "keyR4nd0mV4lu3W1thW0rds9",
            "hunter2Zk!",
            "c3VwZXJzZWNyZXR2YWx1ZQ9x",
            "8x7mK2example9QpLz4Tw",
        ] {
            assert!(!is_filler(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn templates_and_variables_are_no_literals() {
        for value in [
            "${DB_PASS}",
            "{{ secret }}",
            "$PASSWORD",
            "<password>",
            "%PASSWORD%",
            "$(cat file)",
            "$env:PW",
            "#{pw}",
            "abc${X}def",
        ] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
        for value in ["pa$$w0rd9Q", "$ecr3t9Kz", "a<b>c9Zq", "k%9sLq2Wz", "m{{h}o)p${e]nob(ody"] {
            assert!(!is_template(value.as_bytes()), "{value}");
        }
    }
}
