//! Passwords that people chose, in URLs (RFC 3986 section 3.2.1) and elsewhere.

use super::Outcome;
use crate::engine::heuristics::generic::shape;
use crate::engine::heuristics::placeholder;

/// Hosts that name nobody: a password for them opens nothing that anybody else could reach.
const EXAMPLE_HOSTS: &[&str] =
    &["example.com", "example.org", "example.net", "host", "hostname", "domain.com", "server"];

/// Whether `secret`, the password in the URL `whole`, is a literal that opens something.
pub(crate) fn verify(whole: &[u8], secret: &[u8]) -> Outcome {
    let host = host(whole);
    if host.is_empty() {
        return Outcome::Disproved;
    }
    let to_fill_in = placeholder::is_template(host);
    let host = String::from_utf8_lossy(host).to_ascii_lowercase();
    let example = EXAMPLE_HOSTS.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")));
    match verify_literal(secret) {
        Outcome::Holds(_) | Outcome::Doubtful(_) if to_fill_in => Outcome::Doubtful("a host to be filled in"),
        Outcome::Holds(_) | Outcome::Doubtful(_) if example => Outcome::Doubtful("an example's host"),
        Outcome::Holds(_) | Outcome::Doubtful(_) if is_local(&host) => Outcome::Doubtful("a local host"),
        // Where a server has a name in the world, a weak password is still its password.
        Outcome::Doubtful(_) if host.contains('.') => Outcome::Holds("a URL with host and password"),
        Outcome::Holds(_) => Outcome::Holds("a URL with host and password"),
        other => other,
    }
}

/// Whether `secret` is a literal that somebody chose as a password.
pub(crate) fn verify_literal(secret: &[u8]) -> Outcome {
    if secret.len() < 3
        || placeholder::is_placeholder(secret)
        || placeholder::is_code(secret)
        || placeholder::is_trivial(secret)
    {
        return Outcome::Disproved;
    }
    if is_word(secret) {
        return Outcome::Doubtful("a word as password");
    }
    Outcome::Holds("a literal password")
}

/// Whether the value is a word, alone or before the digits that everybody counts (`Forge123`).
fn is_word(secret: &[u8]) -> bool {
    let letters = secret.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, digits) = secret.split_at(letters);
    b"123456789".starts_with(digits) && shape::is_wordlike(word)
}

/// The host behind the last `@` of the URL's authority. A JDBC URL has its password elsewhere: its host follows
/// the slashes, and without slashes the database is a file or a memory of its own.
fn host(url: &[u8]) -> &[u8] {
    let authority = memchr::memmem::find(url, b"://").map(|at| &url[at + 3..]);
    let host = if url.starts_with(b"jdbc:") {
        let Some(authority) = authority else { return b"localhost" };
        let end =
            authority.iter().position(|byte| matches!(byte, b'/' | b';' | b'?')).unwrap_or(authority.len());
        &authority[memchr::memrchr(b'@', &authority[..end]).map_or(0, |at| at + 1)..]
    } else {
        let authority = authority.unwrap_or(url);
        let Some(at) = memchr::memrchr(b'@', authority) else { return b"" };
        &authority[at + 1..]
    };
    let end =
        host.iter().position(|byte| matches!(byte, b'/' | b':' | b';' | b'?' | b'#' | b'"' | b'\'' | b' '));
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
    fn words_are_doubtful_passwords() {
        for word in ["petclinic", "Forge123", "wordpress"] {
            assert!(matches!(verify_literal(word.as_bytes()), Outcome::Doubtful(_)), "{word}");
        }
        for password in ["vT9qLw2Zr", "xkqzvwpt", "Forge#Tq91"] {
            assert!(matches!(verify_literal(password.as_bytes()), Outcome::Holds(_)), "{password}");
        }
    }

    #[test]
    fn host_and_literal_decide() {
        let judge = |host: &str, password: &str| {
            verify(format!("postgres://app:{password}@{host}/x").as_bytes(), password.as_bytes())
        };
        assert!(matches!(judge("db.internal.io", "vT9qLw2Zr"), Outcome::Holds(_)));
        assert!(matches!(judge("localhost:5432", "vT9qLw2Zr"), Outcome::Doubtful(_)));
        assert!(matches!(judge("db.example.com", "vT9qLw2Zr"), Outcome::Doubtful(_)));
        assert!(matches!(judge("%s:%d", "vT9qLw2Zr"), Outcome::Doubtful(_)));
        assert!(matches!(judge("db.internal.io", "petclinic"), Outcome::Holds(_)));
        assert!(matches!(judge("db", "petclinic"), Outcome::Doubtful(_)));
        let jdbc = |url: &str| verify(format!("jdbc:{url}password=vT9qLw2Zr").as_bytes(), b"vT9qLw2Zr");
        assert!(matches!(jdbc("mysql://db.internal.io:3306/x?user=app&"), Outcome::Holds(_)));
        assert!(matches!(jdbc("sqlserver://db.internal.io;user=app;"), Outcome::Holds(_)));
        assert!(matches!(jdbc("mysql://app@db.internal.io/x?mail=a@b.io&"), Outcome::Holds(_)));
        for local in ["mysql://localhost/x?", "h2:mem:x;", "mysql://db.example.com/x?", "mysql://${HOST}/x?"]
        {
            assert!(matches!(jdbc(local), Outcome::Doubtful(_)), "{local}");
        }
        for (host, password) in [("db.io", "${PW}"), ("db.io", "password"), ("", "vT9qLw2Zr")] {
            assert_eq!(judge(host, password), Outcome::Disproved, "{password}@{host}");
        }
    }
}
