//! Masks found values wherever they occur outside their excerpt: a token can be part of a file name, a ref name, an
//! author line or the target on the command line. Matching is on bytes, before any escaping.
//!
//! Plain words are not masked: a path that contains `staging` does not reveal that the word is also a password, and a
//! path with masked folders could not be found.
//!
//! A hash table is used because an automaton would be too large: an audit can have a hundred thousand values, some of
//! them whole key files, and an automaton over their bytes takes hundreds of megabytes.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use crate::model::{RepoPath, Secret};

/// Shorter values occur in other text by chance; masking them would garble paths without protecting a secret.
const MIN_LENGTH: usize = 6;

/// Masks the values of one report.
#[derive(Default)]
pub(super) struct Redactor<'s> {
    values: HashMap<Cow<'s, [u8]>, &'s Secret>,
    /// The lengths of the values that begin with these bytes.
    lengths: HashMap<[u8; MIN_LENGTH], Lengths>,
}

/// The lengths of one or more values. Nearly always it is one, which needs no allocation.
enum Lengths {
    One(usize),
    Several(BTreeSet<usize>),
}

impl Lengths {
    fn add(&mut self, length: usize) {
        match self {
            Lengths::One(one) if *one == length => {}
            Lengths::One(one) => *self = Lengths::Several(BTreeSet::from([*one, length])),
            Lengths::Several(several) => {
                several.insert(length);
            }
        }
    }

    fn longest_first(&self) -> impl Iterator<Item = usize> {
        let (one, several) = match self {
            Lengths::One(one) => (Some(*one), None),
            Lengths::Several(several) => (None, Some(several)),
        };
        one.into_iter().chain(several.into_iter().flat_map(|several| several.iter().rev().copied()))
    }
}

impl<'s> Redactor<'s> {
    /// A redactor that masks nothing.
    pub(super) fn transparent() -> Redactor<'s> {
        Redactor::default()
    }

    /// A redactor that masks all of `secrets`.
    pub(super) fn new(secrets: impl Iterator<Item = &'s Secret>) -> Redactor<'s> {
        let mut redactor = Redactor::default();
        for secret in secrets.filter(|secret| !is_plain_word(secret.expose())) {
            redactor.add(Cow::Borrowed(secret.expose()), secret);
            // Unscanned entries contain paths in their escaped form.
            let escaped = RepoPath::new(secret.expose()).to_text().into_bytes();
            if secret.expose().len() >= MIN_LENGTH && escaped != secret.expose() {
                redactor.add(Cow::Owned(escaped), secret);
            }
        }
        redactor
    }

    fn add(&mut self, value: Cow<'s, [u8]>, secret: &'s Secret) {
        if let Some(&first) = value.first_chunk() {
            let length = value.len();
            let lengths = self.lengths.entry(first).or_insert(Lengths::One(length));
            lengths.add(length);
            self.values.insert(value, secret);
        }
    }

    /// Returns the longest value at the start of `text`, with its length.
    fn at_start(&self, text: &[u8]) -> Option<(usize, &'s Secret)> {
        let lengths = self.lengths.get(text.first_chunk::<MIN_LENGTH>()?)?;
        lengths.longest_first().find_map(|length| Some((length, *self.values.get(text.get(..length)?)?)))
    }

    /// Returns `text` with every value masked; overlapping values get one mask.
    pub(super) fn bytes(&self, text: &[u8]) -> Vec<u8> {
        let mut masked = Vec::with_capacity(text.len());
        let mut masked_to = 0;
        for at in 0..text.len() {
            if let Some((length, secret)) = self.at_start(&text[at..]) {
                if at >= masked_to {
                    masked.extend_from_slice(secret.redacted().as_bytes());
                }
                masked_to = masked_to.max(at + length);
            }
            if at >= masked_to {
                masked.push(text[at]);
            }
        }
        masked
    }

    /// Returns `text` with every value masked.
    pub(super) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    /// Returns the text form of `path` with every value masked.
    pub(super) fn path(&self, path: &RepoPath) -> String {
        RepoPath::new(self.bytes(path.as_bytes())).to_text()
    }
}

/// Whether the value is short and has only letters, so that it occurs in names by chance.
pub(super) fn is_plain_word(value: &[u8]) -> bool {
    value.len() < 16 && value.iter().all(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_masked_in_text_and_in_escaped_paths() {
        let secrets = [Secret::new("hunter2"), Secret::new("a%b\nc%d"), Secret::new("short")];
        let redactor = Redactor::new(secrets.iter());
        assert_eq!(redactor.text("x hunter2hunter2 short"), "x **************** short");
        assert_eq!(redactor.text("dir/a%25b%0Ac%25d"), "dir/********");
        assert_eq!(redactor.path(&RepoPath::new("dir/a%b\nc%d/e%")), "dir/********/e%25");
        assert_eq!(Redactor::transparent().text("hunter2"), "hunter2");
        let word = [Secret::new("staging")];
        assert_eq!(Redactor::new(word.iter()).text("deploy/staging"), "deploy/staging");
    }

    #[test]
    fn overlapping_values_are_masked_completely() {
        let secrets = [Secret::new("abc1efgh"), Secret::new("efghijk2")];
        assert_eq!(Redactor::new(secrets.iter()).text("<abc1efghijk2>"), "<********>");
    }
}
