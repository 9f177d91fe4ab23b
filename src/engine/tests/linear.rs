//! No text makes a rule slow: what its regexes are asked grows with the text and no faster. Counted, not
//! timed.

use super::text::{ENGINE, RULES, anchors};
use crate::engine::matcher;
use crate::engine::pattern::given;

/// Searches of whole windows for each byte of the text, at most. Literals that repeat put one window into
/// every few bytes: the widest is 32 KiB and its literal has 12 bytes.
const MOST: u64 = 4096;

#[test]
fn a_text_of_nothing_but_literals_costs_a_bounded_number_of_steps() {
    let mut factors = Vec::new();
    for (index, rule) in RULES.iter().enumerate() {
        let word = rule.literals.iter().chain(&rule.keywords).min_by_key(|word| word.len()).expect("one");
        let (rule, pattern) = (&ENGINE.rules[index], ENGINE.pattern(index));
        let window = rule.window.filter(|window| window.every);
        let size = window.map_or(2 << 10, |window| (window.before + window.after) * 2);
        for separator in ["", " = '", "\n"] {
            let text = format!("{word}{separator}").repeat(size / (word.len() + separator.len()));
            let text = text.as_bytes();
            given::reset();
            for anchor in anchors(text).into_iter().filter(|anchor| anchor.rule == index) {
                matcher::judge(rule, pattern, text, anchor, &mut |_| {});
            }
            factors.push((given::steps() / text.len() as u64, rule.id.as_str(), separator));
        }
    }
    factors.sort_unstable_by(|a, b| b.cmp(a));
    assert!(factors[0].0 <= MOST, "{:?}", &factors[..20]);
}
