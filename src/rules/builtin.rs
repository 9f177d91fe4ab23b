//! The rules that come with the program. `build.rs` writes each as a JSON text of its own, and beside these
//! a table of what is asked of rules before any of them is reached.
//!
//! Nothing is parsed when the program starts: a rule is, when somebody first asks for it. A commit without
//! anything that looks like a secret asks for none. The table holds numbers instead of references, because
//! each reference would be one more address for the loader to relocate.

use std::sync::OnceLock;

use super::syntax::Rule;
use super::token_run::Route;

/// What is known of a rule without parsing it.
pub(super) struct Head {
    /// Where its JSON text begins in [`TEXT`], and how long it is.
    text: (u32, u32),
    /// Length of its id, which stands at the front of that text.
    id: u8,
    /// The first of its words in [`WORDS`], and how many there are.
    words: (u16, u16),
    /// See [`Rule::route`].
    pub(super) route: Route,
    /// See [`Rule::identifier`].
    pub(super) identifier: bool,
    /// Number of the rule that [`Rule::pair`] names.
    pair: Option<u16>,
}

/// A literal or keyword.
pub(super) struct HeadWord {
    /// Where it stands in [`WORD_TEXT`], and how long it is.
    text: (u32, u16),
    /// A keyword, not a literal.
    pub(super) keyword: bool,
}

// TEXT, WORD_TEXT, HEADS, WORDS, DIGEST
include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// The numbers of all rules, in the order of their ids.
pub(super) fn numbers() -> impl Iterator<Item = u16> {
    (0..).zip(&HEADS).map(|(number, _)| number)
}

pub(super) fn head(number: u16) -> &'static Head {
    &HEADS[usize::from(number)]
}

/// The rule, parsed now or earlier.
pub(super) fn rule(number: u16) -> &'static Rule {
    static PARSED: [OnceLock<Box<Rule>>; HEADS.len()] = [const { OnceLock::new() }; HEADS.len()];
    PARSED[usize::from(number)].get_or_init(|| {
        let rule = serde_json::from_str(head(number).text());
        Box::new(rule.expect("build.rs wrote this text from the same types"))
    })
}

impl Head {
    /// The JSON text of the rule.
    pub(super) fn text(&self) -> &'static str {
        let (start, len) = self.text;
        &TEXT[start as usize..(start + len) as usize]
    }

    pub(super) fn id(&self) -> &'static str {
        let open = r#"{"id":""#.len();
        &self.text()[open..open + usize::from(self.id)]
    }

    /// Literals first, each as the rule lists them.
    pub(super) fn words(&self) -> &'static [HeadWord] {
        let (first, count) = self.words;
        &WORDS[usize::from(first)..usize::from(first) + usize::from(count)]
    }

    /// The id that [`Rule::pair`] names.
    pub(super) fn pair(&self) -> Option<&'static str> {
        self.pair.map(|number| head(number).id())
    }
}

impl HeadWord {
    pub(super) fn text(&self) -> &'static str {
        let (start, len) = self.text;
        &WORD_TEXT[start as usize..start as usize + usize::from(len)]
    }
}
