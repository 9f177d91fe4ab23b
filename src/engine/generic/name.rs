//! Whether an identifier names a secret, and not something about one (`token_type`, `password_field`).

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
    "char",
    "chars",
    "icon",
];

/// Words that may stand glued to a keyword inside one word (`dbpassword`, `authtoken`).
const KEY_WORDS: &[&str] = &["key", "keys"];

/// Whether `name`, in which `keyword` was found, names a secret.
pub(crate) fn names_a_secret(name: &[u8], keyword: &[u8]) -> bool {
    let lower_keyword = keyword.to_ascii_lowercase();
    let words = words(name);
    let joined: Vec<u8> = words.concat();
    let compact: Vec<u8> = lower_keyword.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let Some(end_in_joined) = memchr::memmem::rfind(&joined, &compact).map(|at| at + compact.len()) else {
        return false;
    };
    // The word in which the keyword ends: `passw` is completed by `ord`, `token` by `s`.
    let mut length = 0;
    let ends_keyword = |word: &Vec<u8>| {
        length += word.len();
        length >= end_in_joined
    };
    let Some(index) = words.iter().position(ends_keyword) else { return false };
    let word = &words[index];
    let mut after = words[index + 1..].iter();
    let tail = &word[word.len() - (length - end_in_joined)..];
    let complete = matches!(
        tail,
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
    let ends_a_secret = |word: &&Vec<u8>| {
        let word = word.as_slice();
        KEY_WORDS.iter().any(|key| word == key.as_bytes())
            && matches!(compact.as_slice(), b"secret" | b"token" | b"encryption" | b"credential")
    };
    complete
        && after.all(|word| {
            let text = std::str::from_utf8(word).unwrap_or("");
            ends_a_secret(&word) || !TURNS_INTO_SOMETHING_ELSE.contains(&text)
        })
}

/// The lower-case words of an identifier, cut at everything that is no letter or digit and where
/// lower case turns into upper case.
fn words(name: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    for part in name.split(|byte| !byte.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        let mut start = 0;
        for at in 1..part.len() {
            let camel = part[at].is_ascii_uppercase() && part[at - 1].is_ascii_lowercase();
            let acronym = part[at].is_ascii_uppercase()
                && part[at - 1].is_ascii_uppercase()
                && part.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            if camel || acronym {
                words.push(part[start..at].to_ascii_lowercase());
                start = at;
            }
        }
        words.push(part[start..].to_ascii_lowercase());
    }
    words
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
            assert!(names_a_secret(name.as_bytes(), keyword.as_bytes()), "{name}");
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
        ] {
            assert!(!names_a_secret(name.as_bytes(), keyword.as_bytes()), "{name}");
        }
    }
}
