//! Values drawn from every rule are found wherever they can stand.

use super::text::{ENGINE, RULES, anchors};
use crate::engine::matcher;
use crate::engine::sample::{Draw, sample};
use crate::model::Span;

/// Where a value without surroundings of its own can stand.
const PLACES: [&str; 12] = [
    "{}",
    "{}\n",
    "a\r\n{}",
    "x\n{}\r\ny\n",
    "é {} ü",
    "{\"k\": \"{}\"}",
    "- name: x\n  value: '{}'\n",
    "curl -H \"Authorization: Bearer {}\" https://h/\n",
    "https://h.dev/p?a=1&t={}&b=2",
    "<v>{}</v>",
    "\"line\\n{}\\nline\"",
    "t%3D{}%26",
];

/// Whether the rule finds the drawn bytes. A password ends where its surroundings end it. Only this rule's
/// anchors are judged: there are some hundred thousand texts.
fn is_found(index: usize, text: &[u8], value: &[u8]) -> bool {
    let at = memchr::memmem::rfind(text, value).expect("the text was made with the value");
    let drawn = Span::new(at, at + value.len());
    let (rule, pattern) = (&ENGINE.rules[index], ENGINE.pattern(index));
    let mut found = false;
    for anchor in anchors(text).into_iter().filter(|anchor| anchor.rule == index) {
        matcher::judge(rule, pattern, text, anchor, &mut |here| found |= drawn.overlaps(here.span));
    }
    found
}

fn in_place(place: &str, value: &[u8]) -> Vec<u8> {
    let (before, after) = place.split_once("{}").expect("a place");
    [before.as_bytes(), value, after.as_bytes()].concat()
}

#[test]
fn twenty_draws_of_every_rule_are_found_at_every_place() {
    let mut lost = Vec::new();
    for (index, rule) in RULES.iter().enumerate() {
        let near = rule.window.is_some_and(|window| window.every) || rule.context.is_some();
        if near || rule.generic {
            continue;
        }
        let places: Vec<String> = match rule.keywords.first() {
            None => PLACES.iter().map(|place| (*place).to_owned()).collect(),
            Some(keyword) => {
                let name = rule.names.first().map(|name| format!("_{name}")).unwrap_or_default();
                ["{K}={}", "x\r\n{K} = '{}'\r\n", "{\"{K}\": \"{}\"}", "{K}: {}\n"]
                    .map(|place| place.replace("{K}", &format!("{keyword}{name}")))
                    .to_vec()
            }
        };
        for seed in 0..20 {
            let mut value = sample(rule, &mut Draw::new(seed)).expect("a checked pattern");
            // A URL's password is one when a host follows.
            if value.ends_with(b"@") {
                value.extend_from_slice(b"git.acme.dev");
            }
            // A draw can be filler, or fail a check that no sampler can complete: by itself nothing says no.
            let alone = &in_place(&places[0], &value);
            if rule.keywords.is_empty() && !is_found(index, alone, &value) {
                lost.push(format!("{} draw {seed} alone: {}", rule.id, String::from_utf8_lossy(alone)));
                continue;
            }
            let spans_lines = value.contains(&b'\n');
            for place in places.iter().filter(|place| !spans_lines || !place.contains('"')) {
                let text = in_place(place, &value);
                if !is_found(index, &text, &value) {
                    lost.push(format!("{} draw {seed}: {}", rule.id, String::from_utf8_lossy(&text)));
                }
            }
        }
    }
    let rules: std::collections::BTreeMap<&str, usize> =
        lost.iter().fold(Default::default(), |mut all, line| {
            *all.entry(line.split(' ').next().unwrap_or_default()).or_default() += 1;
            all
        });
    assert!(lost.is_empty(), "{} lost {rules:?}:\n{}", lost.len(), lost[..lost.len().min(400)].join("\n"));
}
