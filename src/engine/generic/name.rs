//! Whether an identifier names a secret, and not something about one (`token_type`, `password_field`).

use crate::engine::steps;

/// Words behind the secret's own word that turn the name into something else.
const TURNS_INTO_SOMETHING_ELSE: &[&str] = &[
    "id",
    "ids",
    "name",
    "names",
    "type",
    "types",
    "field",
    "fields",
    "label",
    "path",
    "file",
    "filename",
    "dir",
    "folder",
    "url",
    "uri",
    "link",
    "endpoint",
    "host",
    "length",
    "len",
    "size",
    "count",
    "min",
    "max",
    "limit",
    "regex",
    "regexp",
    "pattern",
    "policy",
    "rule",
    "rules",
    "reset",
    "confirm",
    "confirmation",
    "hint",
    "placeholder",
    "prompt",
    "input",
    "class",
    "classes",
    "error",
    "errors",
    "message",
    "msg",
    "text",
    "title",
    "description",
    "expiry",
    "expires",
    "expiration",
    "expired",
    "expire",
    "ttl",
    "age",
    "timeout",
    "format",
    "prefix",
    "suffix",
    "column",
    "header",
    "headers",
    "param",
    "params",
    "parameter",
    "ref",
    "reference",
    "arn",
    "version",
    "env",
    "var",
    "list",
    "map",
    "store",
    "manager",
    "provider",
    "service",
    "source",
    "kind",
    "mode",
    "strategy",
    "algorithm",
    "alg",
    "method",
    "scope",
    "scopes",
    "index",
    "position",
    "pos",
    "offset",
    "stream",
    "parser",
    "handler",
    "helper",
    "factory",
    "builder",
    "validator",
    "validation",
    "generator",
    "attribute",
    "attributes",
    "property",
    "changed",
    "required",
    "enabled",
    "disabled",
    "valid",
    "invalid",
    "missing",
    "strength",
    "rotation",
    "button",
    "form",
    "page",
    "view",
    "template",
    "test",
    "tests",
    "usage",
    "example",
    "sample",
    "checksum",
    "digest",
    "fingerprint",
    "created",
    "updated",
    "date",
    "time",
    "at",
    "on",
    "for",
    "from",
    "set",
    "get",
    "exists",
    "found",
    "used",
    "wrapper",
    "bytes",
    "key",
    "keys",
    "login",
    "protected",
    "selector",
    "manager",
    "engine",
    "backend",
    "bucket",
    "aware",
    "less",
    "count",
    "counts",
    "symbol",
    "variable",
    "hash",
    "hashes",
    "hashed",
    "encoder",
    "encoding",
    "server",
    "char",
    "chars",
    "icon",
];

/// Words before the secret's own word that make it public or say nothing about a person's rights.
const PUBLIC: &[&str] = &[
    "public",
    "pub",
    "page",
    "next",
    "continuation",
    "pagination",
    "cursor",
    "sync",
    "resume",
    "cancellation",
    "partition",
    "primary",
    "foreign",
    "sort",
    "cache",
    "idempotency",
];

/// Words before the secret's own word that make it one of a single form or session.
const SHORT_LIVED: &[&str] = &["csrf", "xsrf", "authenticity", "nonce", "verification", "request"];

/// Beginnings of the names of functions that ask or make something, rather than set a secret.
const ASKING: &[&str] = &[
    "get",
    "check",
    "is",
    "has",
    "verify",
    "validate",
    "assert",
    "expect",
    "find",
    "generate",
    "hash",
    "encrypt",
    "decrypt",
    "test",
    "should",
    "load",
    "read",
    "fetch",
    "parse",
    "require",
    "ask",
    "prompt",
    "authenticate",
    "reset",
    "forgot",
    "delete",
    "remove",
    "refresh",
    "revoke",
    "to",
    "from",
    "new",
    "make",
    "build",
];

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// A secret that lasts.
    Secret,
    /// A secret of one form, request or session.
    ShortLived,
    /// Something about a secret, or something public.
    SomethingElse,
}

/// Words that may stand glued to a keyword inside one word (`dbpassword`, `authtoken`).
const KEY_WORDS: &[&str] = &["key", "keys"];

/// What `name`, in which `keyword` was found, names.
pub(crate) fn names(name: &[u8], keyword: &[u8]) -> Names {
    let words = Words::of(name);
    let mut compact = keyword.to_ascii_lowercase();
    compact.retain(u8::is_ascii_alphanumeric);
    let found = memchr::memmem::rfind(&words.joined, &compact);
    let Some(end) = found.map(|at| at + compact.len()) else { return Names::SomethingElse };
    // The word in which the keyword ends: `passw` is completed by `ord`, `token` by `s`.
    let index = words.ends.partition_point(|&word_end| word_end < end);
    let Some(&word_end) = words.ends.get(index) else { return Names::SomethingElse };
    let complete = matches!(
        &words.joined[end..word_end],
        b"" | b"s"
            | b"ord"
            | b"ords"
            | b"d"
            | b"rd"
            | b"wd"
            | b"phrase"
            | b"ordv"
            | b"1"
            | b"2"
            | b"value"
            | b"key"
    );
    let ends_a_secret = |word: &[u8]| {
        KEY_WORDS.iter().any(|key| word == key.as_bytes())
            && matches!(compact.as_slice(), b"secret" | b"token" | b"encryption" | b"credential")
    };
    let is_one_of = |word: &[u8], list: &[&str]| list.iter().any(|known| word == known.as_bytes());
    let names_it = complete
        && words
            .iter()
            .skip(index + 1)
            .all(|word| ends_a_secret(word) || !is_one_of(word, TURNS_INTO_SOMETHING_ELSE));
    let has = |list: &[&str]| words.iter().take(index + 1).any(|word| is_one_of(word, list));
    match names_it && !has(PUBLIC) {
        false => Names::SomethingElse,
        true if has(SHORT_LIVED) => Names::ShortLived,
        true => Names::Secret,
    }
}

/// Whether the function `name` asks for a secret or is a method of one (`password.encode`), so that
/// its argument is none.
pub(crate) fn is_function_on_a_secret(name: &[u8], keyword: &[u8]) -> bool {
    let behind = memchr::memmem::rfind(name, keyword).map_or(0, |at| at + keyword.len());
    let own = name.rsplit(|&byte| byte == b'.').next().unwrap_or(name);
    let words = Words::of(own);
    let first = words.iter().next().unwrap_or_default();
    name[behind..].contains(&b'.') || ASKING.iter().any(|word| first == word.as_bytes())
}

/// The lower-case words of an identifier, cut at everything that is no letter or digit and where
/// lower case turns into upper case.
struct Words {
    joined: Vec<u8>,
    /// Where each word ends in `joined`.
    ends: Vec<usize>,
}

impl Words {
    fn of(name: &[u8]) -> Words {
        steps::count(2 * name.len());
        let mut words = Words { joined: Vec::with_capacity(name.len()), ends: Vec::with_capacity(8) };
        for part in name.split(|byte| !byte.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
            for at in 0..part.len() {
                let after = |test: fn(&u8) -> bool| at > 0 && test(&part[at - 1]);
                let camel = part[at].is_ascii_uppercase() && after(u8::is_ascii_lowercase);
                let acronym = part[at].is_ascii_uppercase()
                    && after(u8::is_ascii_uppercase)
                    && part.get(at + 1).is_some_and(u8::is_ascii_lowercase);
                if camel || acronym {
                    words.ends.push(words.joined.len());
                }
                words.joined.push(part[at].to_ascii_lowercase());
            }
            words.ends.push(words.joined.len());
        }
        words
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.joined[start..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for (name, keyword) in [
            ("password", "passw"),
            ("DB_PASSWORD", "PASSW"),
            ("dbPassword", "Passw"),
            ("userpasswd", "passw"),
            ("passwd", "passwd"),
            ("client_secret", "secret"),
            ("clientSecret", "Secret"),
            ("SECRET_KEY", "SECRET"),
            ("api-key", "api-key"),
            ("apiKey", "apiKey"),
            ("X-Api-Key", "Api-Key"),
            ("authToken", "Token"),
            ("spring.datasource.password", "passw"),
            ("AWS_SESSION_TOKEN", "TOKEN"),
            ("--password", "passw"),
            ("tokens", "token"),
            ("pwd", "pwd"),
            ("secret_prod", "secret"),
        ] {
            assert_eq!(names(name.as_bytes(), keyword.as_bytes()), Names::Secret, "{name}");
        }
    }

    #[test]
    fn names_of_something_else() {
        for (name, keyword) in [
            ("tokenizer", "token"),
            ("token_type", "token"),
            ("passwordField", "passw"),
            ("secretary", "secret"),
            ("secretName", "secret"),
            ("password_reset_url", "passw"),
            ("tokenize", "token"),
            ("pwdPath", "pwd"),
            ("api_key_id", "api_key"),
            ("passwordless", "passw"),
            ("PublicKeyToken", "Token"),
            ("nextPageToken", "Token"),
            ("password_hash", "passw"),
            ("passwordVariable", "passw"),
        ] {
            assert_eq!(names(name.as_bytes(), keyword.as_bytes()), Names::SomethingElse, "{name}");
        }
    }

    #[test]
    fn tokens_of_one_form_are_told_apart() {
        for (name, keyword) in [("csrf_token", "token"), ("authenticityToken", "Token")] {
            assert_eq!(names(name.as_bytes(), keyword.as_bytes()), Names::ShortLived, "{name}");
        }
    }

    #[test]
    fn functions_that_ask_are_told_from_those_that_set() {
        for (name, keyword) in
            [("password.encode", "passw"), ("check_password", "passw"), ("user.getToken", "Token")]
        {
            assert!(is_function_on_a_secret(name.as_bytes(), keyword.as_bytes()), "{name}");
        }
        for (name, keyword) in [("setPassword", "Passw"), ("builder.password", "passw")] {
            assert!(!is_function_on_a_secret(name.as_bytes(), keyword.as_bytes()), "{name}");
        }
    }
}
