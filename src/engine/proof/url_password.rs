//! Passwords that people chose, in URLs (RFC 3986 section 3.2.1) and elsewhere.

use super::Outcome;
use crate::engine::filler;

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
];

/// Hosts that name nobody: a password for them opens nothing that anybody else could reach.
const EXAMPLE_HOSTS: &[&str] =
    &["example.com", "example.org", "example.net", "host", "hostname", "domain.com", "server"];

/// Whether `secret`, the password in the URL `whole`, is a literal that opens something.
pub(crate) fn verify(whole: &[u8], secret: &[u8]) -> Outcome {
    let host = host(whole);
    if host.is_empty() || filler::is_template(host) {
        return Outcome::Disproved;
    }
    let host = String::from_utf8_lossy(host).to_ascii_lowercase();
    let example = EXAMPLE_HOSTS.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")));
    match verify_literal(secret) {
        Outcome::Holds(_) if example => Outcome::Doubtful("an example's host"),
        Outcome::Holds(_) if is_local(&host) => Outcome::Doubtful("a local host"),
        Outcome::Holds(_) => Outcome::Holds("a URL with host and password"),
        other => other,
    }
}

/// Whether `secret` is a literal that somebody chose as a password.
pub(crate) fn verify_literal(secret: &[u8]) -> Outcome {
    let lower = String::from_utf8_lossy(secret).to_ascii_lowercase();
    if secret.len() < 3
        || filler::is_placeholder(secret)
        || filler::is_code(secret)
        || TRIVIAL.contains(&lower.as_str())
    {
        return Outcome::Disproved;
    }
    Outcome::Holds("a literal password")
}

/// The host behind the last `@` of the URL's authority.
fn host(url: &[u8]) -> &[u8] {
    let authority = memchr::memmem::find(url, b"://").map_or(url, |at| &url[at + 3..]);
    let Some(at) = memchr::memrchr(b'@', authority) else { return b"" };
    let host = &authority[at + 1..];
    let end = host.iter().position(|byte| matches!(byte, b'/' | b':' | b'?' | b'#' | b'"' | b'\'' | b' '));
    &host[..end.unwrap_or(host.len())]
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "db" | "host.docker.internal")
        || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_literal_decide() {
        let judge = |host: &str, password: &str| {
            verify(format!("postgres://app:{password}@{host}/x").as_bytes(), password.as_bytes())
        };
        assert!(matches!(judge("db.internal.io", "vT9qLw2Zr"), Outcome::Holds(_)));
        assert!(matches!(judge("localhost:5432", "vT9qLw2Zr"), Outcome::Doubtful(_)));
        assert!(matches!(judge("db.example.com", "vT9qLw2Zr"), Outcome::Doubtful(_)));
        for (host, password) in
            [("db.io", "${PW}"), ("db.io", "password"), ("", "vT9qLw2Zr"), ("{host}", "vT9qLw2Zr")]
        {
            assert_eq!(judge(host, password), Outcome::Disproved, "{password}@{host}");
        }
    }
}
