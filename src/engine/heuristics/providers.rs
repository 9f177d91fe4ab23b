//! Names of providers that have rules of their own: beside such a name those rules decide what is a token, and a value
//! that they reject is no match of a fallback rule either.

use std::collections::HashSet;

use memchr::memrchr;

use crate::model::Span;
use crate::rules::RuleSet;
use crate::rules::token_run::Route;

use crate::engine::work_counter;

/// Bytes before a value, on its line, that are searched for the name of a provider.
const MAX_DISTANCE: usize = 80;

/// Shorter words have too many other meanings.
const MIN_LENGTH: usize = 4;

/// Names of at least this length may be the beginning of a longer word: `mailjetkey`.
const MIN_PREFIX_LENGTH: usize = 6;

/// Longer names are not collected.
const MAX_LENGTH: usize = 24;

/// The names, in lower case.
#[derive(Debug)]
pub(crate) struct ProviderNames {
    names: HashSet<Box<[u8]>>,
    /// One bit for each hash of the first [`MIN_LENGTH`] bytes of a name: most words begin with no name.
    first: Box<[u64; 1 << (FIRST_BITS - 6)]>,
}

/// Bits of the hash of the first bytes of a name.
const FIRST_BITS: u32 = 14;

/// Returns the hash of the first [`MIN_LENGTH`] bytes of `name`, which has at least so many.
fn first_hash(name: &[u8]) -> usize {
    let first = u32::from_le_bytes(name[..MIN_LENGTH].try_into().expect("four bytes"));
    (first.wrapping_mul(0x9E37_79B1) >> (32 - FIRST_BITS)) as usize
}

impl ProviderNames {
    /// Collects the keywords of all rules for machine-made values, and the first words of their ids.
    pub(crate) fn new(rules: &RuleSet) -> ProviderNames {
        let ids: Vec<&str> = rules.ids().collect();
        let with_provider = rules.words().filter(|word| word.route != Route::Anywhere);
        let words = with_provider.filter(|word| !ids[word.rule].starts_with("generic-")).flat_map(|word| {
            let first = ids[word.rule].split('-').next().unwrap_or_default();
            [Some(first), word.is_keyword.then_some(word.text)].into_iter().flatten()
        });
        let words = words.filter(|word| (MIN_LENGTH..=MAX_LENGTH).contains(&word.len()));
        let names: HashSet<Box<[u8]>> =
            words.map(|word| word.to_ascii_lowercase().into_bytes().into()).collect();
        let mut first = Box::new([0; 1 << (FIRST_BITS - 6)]);
        for hash in names.iter().map(|name| first_hash(name)) {
            first[hash >> 6] |= 1 << (hash & 63);
        }
        ProviderNames { names, first }
    }

    /// Whether the name of a provider precedes `value` on its line.
    pub(crate) fn precede(&self, text: &[u8], value: Span) -> bool {
        let low = value.start.saturating_sub(MAX_DISTANCE);
        let low = memrchr(b'\n', &text[low..value.start]).map_or(low, |found| low + found + 1);
        let before = &text[low..value.start];
        let lower = before.to_ascii_lowercase();
        work_counter::count(before.len());
        (0..before.len()).any(|at| begins_word(before, at) && self.has_prefix(&lower[at..]))
    }

    /// Whether `text`, in lower case, begins with a name.
    fn has_prefix(&self, text: &[u8]) -> bool {
        if text.len() < MIN_LENGTH {
            return false;
        }
        let hash = first_hash(text);
        if self.first[hash >> 6] >> (hash & 63) & 1 == 0 {
            return false;
        }
        let letters = text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let longest = text.len().min(MAX_LENGTH);
        (MIN_LENGTH..=longest).any(|length| {
            (length >= MIN_PREFIX_LENGTH || length >= letters) && self.names.contains(&text[..length])
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

    fn is_preceded_by_name(before: &str) -> bool {
        let text = format!("{before}VALUE");
        ProviderNames::new(&RuleSet::builtin()).precede(text.as_bytes(), Span::new(before.len(), text.len()))
    }

    #[test]
    fn names_of_providers_are_found_in_names_of_values() {
        for before in [
            "TELEGRAM_TOKEN=",
            "mailjetkey: ",
            "const myTelegramToken = '",
            "supabase key ",
            "\"cloudflare\": ",
        ] {
            assert!(is_preceded_by_name(before), "{before}");
        }
        for before in ["acme_api_key = ", "key: ", "TELEGRAM=1\nKEY=", "secret_token: '", "other token - '"] {
            assert!(!is_preceded_by_name(before), "{before}");
        }
    }
}
