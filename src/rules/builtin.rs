//! The built-in rules. `build.rs` writes each of them as JSON, and a table of the properties that are needed
//! before a rule is tried.
//!
//! Nothing is parsed when the program starts: a rule is parsed on its first use, and a commit without anything
//! that looks like a secret uses none. The table has offsets instead of references, because each reference would
//! be one more address for the dynamic loader to relocate.

use std::sync::OnceLock;

use super::syntax::Rule;
use super::token_run::Route;

/// The properties of a rule that are available without parsing it.
pub(super) struct RuleHeader {
    /// Offset of its JSON in [`TEXT`], and length in bytes.
    text: (u32, u32),
    /// Length in bytes of its id, which is the first field of that JSON.
    id: u8,
    /// Position of its first word in [`WORDS`], and number of its words.
    words: (u16, u16),
    /// See [`Rule::route`].
    pub(super) route: Route,
    /// See [`Rule::is_reported`].
    pub(super) is_reported: bool,
    /// Number of the rule that [`Rule::requires`] names.
    requires: Option<u16>,
}

/// A literal or keyword.
pub(super) struct HeaderWord {
    /// Offset in [`WORD_TEXT`], and length in bytes.
    text: (u32, u16),
    /// True for a keyword, false for a literal.
    pub(super) is_keyword: bool,
}

// TEXT, WORD_TEXT, HEADERS, WORDS, DIGEST
include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// Returns the numbers of all rules, in the order of their ids.
pub(super) fn numbers() -> impl Iterator<Item = u16> {
    (0..).zip(&HEADERS).map(|(number, _)| number)
}

pub(super) fn header(number: u16) -> &'static RuleHeader {
    &HEADERS[usize::from(number)]
}

/// Returns the rule, and parses it on the first call.
pub(super) fn rule(number: u16) -> &'static Rule {
    static PARSED: [OnceLock<Box<Rule>>; HEADERS.len()] = [const { OnceLock::new() }; HEADERS.len()];
    PARSED[usize::from(number)].get_or_init(|| {
        let rule = serde_json::from_str(header(number).text());
        Box::new(rule.expect("build.rs wrote this text from the same types"))
    })
}

impl RuleHeader {
    /// Returns the rule as JSON.
    pub(super) fn text(&self) -> &'static str {
        let (start, len) = self.text;
        &TEXT[start as usize..(start + len) as usize]
    }

    pub(super) fn id(&self) -> &'static str {
        let open = r#"{"id":""#.len();
        &self.text()[open..open + usize::from(self.id)]
    }

    /// Returns the rule's literals, then its keywords, each in the order of the rule file.
    pub(super) fn words(&self) -> &'static [HeaderWord] {
        let (first, count) = self.words;
        &WORDS[usize::from(first)..usize::from(first) + usize::from(count)]
    }

    /// Returns the id of the rule that [`Rule::requires`] names.
    pub(super) fn required_rule(&self) -> Option<&'static str> {
        self.requires.map(|number| header(number).id())
    }
}

impl HeaderWord {
    pub(super) fn text(&self) -> &'static str {
        let (start, len) = self.text;
        &WORD_TEXT[start as usize..start as usize + usize::from(len)]
    }
}
