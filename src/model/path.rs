//! Paths as git stores them: bytes separated by `/`.

use std::fmt;
use std::path::Path;

/// A path relative to the root of the repository or of the scan: bytes, separated by `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// Creates a path from the bytes that git or the file system returned.
    pub fn new(bytes: impl Into<Vec<u8>>) -> RepoPath {
        RepoPath(bytes.into())
    }

    /// Creates a path from one of the file system, with `/` between its components on every system.
    pub fn from_path(path: &Path) -> RepoPath {
        let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
        if cfg!(windows) {
            bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
        }
        RepoPath(bytes)
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The raw bytes, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The bytes after the last `/`.
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|&byte| byte == b'/').next().unwrap_or(&self.0)
    }

    /// Returns the path as text for machine formats. Bytes that are not UTF-8, control characters and `%` are
    /// percent-escaped, so that the bytes can be recovered.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() || character == '%' {
                    let mut buffer = [0; 4];
                    for byte in character.encode_utf8(&mut buffer).bytes() {
                        text.push_str(&format!("%{byte:02X}"));
                    }
                } else {
                    text.push(character);
                }
            }
            for byte in chunk.invalid() {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
        text
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_escapes_invalid_utf8_and_control_characters() {
        let path = RepoPath::new(b"a b/\xff\n100%/\xc3\xbc".to_vec());
        assert_eq!(path.to_text(), "a b/%FF%0A100%25/ü");
        assert_eq!(path.file_name(), "ü".as_bytes());
    }
}
