//! Passwords in URLs (RFC 3986 section 3.2.1).

use super::literal_password::LiteralPassword;
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::engine::heuristics::placeholder;
use crate::model::Evidence;

/// Hosts of examples: a password for them gives no access.
const EXAMPLE_HOSTS: &[&str] =
    &["example.com", "example.org", "example.net", "host", "hostname", "domain.com", "server"];

/// Checks that the password of a URL is a literal and that the URL has a host. A template, an example or a local host
/// is downgraded.
pub(crate) struct UrlPassword;

impl OfflineCheck for UrlPassword {
    fn verify(&self, matched: Matched<'_>) -> Outcome {
        let host = host(matched.whole);
        if host.is_empty() {
            return Outcome::Rejected;
        }
        let is_template = placeholder::is_template(host);
        let host = String::from_utf8_lossy(host).to_ascii_lowercase();
        let is_example =
            EXAMPLE_HOSTS.iter().filter_map(|name| host.strip_suffix(name)).any(is_domain_before);
        match LiteralPassword.verify(matched) {
            Outcome::Plausible(_) | Outcome::Downgraded(_) if is_template => {
                Outcome::Downgraded(Evidence::TemplateHost)
            }
            Outcome::Plausible(_) | Outcome::Downgraded(_) if is_example => {
                Outcome::Downgraded(Evidence::ExampleHost)
            }
            Outcome::Plausible(_) | Outcome::Downgraded(_) if is_local(&host) => {
                Outcome::Downgraded(Evidence::LocalHost)
            }
            // A weak password is still a password where the host has a public name.
            Outcome::Downgraded(_) if host.contains('.') => Outcome::Plausible(Evidence::UrlWithPassword),
            Outcome::Plausible(_) => Outcome::Plausible(Evidence::UrlWithPassword),
            other => other,
        }
    }
}

/// The host after the last `@` of the URL's authority. The password of a JDBC URL is a parameter: its host follows the
/// slashes, and without slashes the database is a local file or in memory.
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

/// Whether `text` is nothing, or ends a name of a domain.
fn is_domain_before(text: &str) -> bool {
    text.is_empty() || text.ends_with('.')
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "db" | "host.docker.internal")
        || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(url: &str, password: &str) -> Outcome {
        UrlPassword.verify(Matched { whole: url.as_bytes(), secret: password.as_bytes() })
    }

    #[test]
    fn host_and_password_decide() {
        let outcome =
            |host: &str, password: &str| evaluate(&format!("postgres://app:{password}@{host}/x"), password);
        assert!(matches!(outcome("db.internal.io", "vT9qLw2Zr"), Outcome::Plausible(_)));
        assert!(matches!(outcome("localhost:5432", "vT9qLw2Zr"), Outcome::Downgraded(_)));
        assert!(matches!(outcome("db.example.com", "vT9qLw2Zr"), Outcome::Downgraded(_)));
        assert!(matches!(outcome("%s:%d", "vT9qLw2Zr"), Outcome::Downgraded(_)));
        assert!(matches!(outcome("db.internal.io", "petclinic"), Outcome::Plausible(_)));
        assert!(matches!(outcome("db", "petclinic"), Outcome::Downgraded(_)));
        let jdbc = |url: &str| evaluate(&format!("jdbc:{url}password=vT9qLw2Zr"), "vT9qLw2Zr");
        assert!(matches!(jdbc("mysql://db.internal.io:3306/x?user=app&"), Outcome::Plausible(_)));
        assert!(matches!(jdbc("sqlserver://db.internal.io;user=app;"), Outcome::Plausible(_)));
        assert!(matches!(jdbc("mysql://app@db.internal.io/x?mail=a@b.io&"), Outcome::Plausible(_)));
        for local in ["mysql://localhost/x?", "h2:mem:x;", "mysql://db.example.com/x?", "mysql://${HOST}/x?"]
        {
            assert!(matches!(jdbc(local), Outcome::Downgraded(_)), "{local}");
        }
        for (host, password) in [("db.io", "${PW}"), ("db.io", "password"), ("", "vT9qLw2Zr")] {
            assert_eq!(outcome(host, password), Outcome::Rejected, "{password}@{host}");
        }
    }
}
