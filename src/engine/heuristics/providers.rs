//! Words that name a provider whose tokens some rule knows: beside such a word the rule decides what is a token,
//! and a value that it refuses is none for the widest net either.

use std::collections::HashSet;

use memchr::memrchr;

use crate::model::Span;
use crate::rules::RuleSet;
use crate::rules::token_run::Route;

use crate::engine::work_counter;

/// How far before a value its provider's name is looked for, on its line.
const REACH: usize = 80;

/// Shorter words name too many other things.
const SHORTEST: usize = 4;

/// A longer word may begin with the name of a provider of so many letters: `mailjetkey`.
const SHORTEST_BEGINNING: usize = 6;

/// Longer names are found by their beginning.
const LONGEST: usize = 24;

/// The words, in lower case.
#[derive(Debug)]
pub(crate) struct Providers(HashSet<Box<[u8]>>);

impl Providers {
    /// The keywords of all rules for machine-made values, and the first words of their ids.
    pub(crate) fn of(rules: &RuleSet) -> Providers {
        let ids: Vec<&str> = rules.ids().collect();
        let of_provider = rules.words().filter(|word| word.route != Route::Anywhere);
        let words = of_provider.filter(|word| !ids[word.rule].starts_with("generic-")).flat_map(|word| {
            let first = ids[word.rule].split('-').next().unwrap_or_default();
            [Some(first), word.keyword.then_some(word.text)].into_iter().flatten()
        });
        let words = words.filter(|word| (SHORTEST..=LONGEST).contains(&word.len()));
        Providers(words.map(|word| word.to_ascii_lowercase().into_bytes().into()).collect())
    }

    /// Whether one of them stands before `value` on its line.
    pub(crate) fn name(&self, text: &[u8], value: Span) -> bool {
        let low = value.start.saturating_sub(REACH);
        let low = memrchr(b'\n', &text[low..value.start]).map_or(low, |found| low + found + 1);
        let before = &text[low..value.start];
        let lower = before.to_ascii_lowercase();
        work_counter::count(before.len());
        (0..before.len()).any(|at| begins_word(before, at) && self.begin(&lower[at..]))
    }

    fn begin(&self, text: &[u8]) -> bool {
        let letters = text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let longest = text.len().min(LONGEST);
        (SHORTEST..=longest).any(|length| {
            (length >= SHORTEST_BEGINNING || length >= letters) && self.0.contains(&text[..length])
        })
    }
}

fn begins_word(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| text[before]) else { return true };
    !before.is_ascii_alphanumeric() || before.is_ascii_lowercase() && text[at].is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(before: &str) -> bool {
        let text = format!("{before}VALUE");
        Providers::of(&RuleSet::builtin()).name(text.as_bytes(), Span::new(before.len(), text.len()))
    }

    #[test]
    fn names_of_providers_are_seen_in_names_of_values() {
        for before in [
            "TELEGRAM_TOKEN=",
            "mailjetkey: ",
            "const myTelegramToken = '",
            "supabase key ",
            "\"cloudflare\": ",
        ] {
            assert!(names(before), "{before}");
        }
        for before in ["acme_api_key = ", "key: ", "TELEGRAM=1\nKEY=", "secret_token: '", "nobody token - '"]
        {
            assert!(!names(before), "{before}");
        }
    }
}
