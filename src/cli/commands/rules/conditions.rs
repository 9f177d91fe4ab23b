//! The technical part of `stopleak rules show`: the conditions under which a scan reports a value.

use std::fmt::Display;

use crate::rules::syntax::{Boundary, Cut, Otherwise, RequirementOtherwise};
use crate::rules::{Check, Rule};

/// Returns every condition of the rule as a label and a text.
pub(crate) fn conditions(rule: &Rule) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let mut line = |label: &'static str, value: &dyn Display| lines.push((label, value.to_string()));
    shape_conditions(rule, &mut line);
    other_conditions(rule, &mut line);
    lines
}

/// Lists what the prefilter searches for, and the shape and place of a match.
fn shape_conditions(rule: &Rule, line: &mut dyn FnMut(&'static str, &dyn Display)) {
    let every = rule.window.is_some_and(|window| window.every);
    match (rule.literals.is_empty(), every) {
        (false, true) => line("near", &quoted(&rule.literals)),
        (false, false) if rule.literal_offset == 0 => line("begins with", &quoted(&rule.literals)),
        (false, false) => line("has", &format!("{} at byte {}", quoted(&rule.literals), rule.literal_offset)),
        (true, _) => line("after", &format!("{}, in any letter case", quoted(&rule.keywords))),
    }
    if !rule.name_words.is_empty() {
        line("and", &format!("{} between that and the value", quoted(&rule.name_words)));
    }
    line("pattern", &rule.pattern);
    if let Some(window) = rule.window {
        let cut = match window.cut {
            Cut::Line => "on its line",
            Cut::Document => "in its YAML document",
            Cut::None => "over lines",
        };
        line("window", &format!("{} bytes before, {} after, {cut}", window.before, window.after));
    }
    match rule.boundary {
        Boundary::Token => line("boundary", &"no letter or digit before or after it, no _ or - after it"),
        Boundary::Base64 => line("boundary", &"no base64 character before or after it"),
        Boundary::Value => line("boundary", &"a whole value, between quotes, blanks or separators"),
        Boundary::None => {}
    }
    if !rule.paths.is_empty() {
        line("files", &rule.paths.join(", "));
    }
}

/// Lists the conditions of a match besides its shape.
fn other_conditions(rule: &Rule, line: &mut dyn FnMut(&'static str, &dyn Display)) {
    if let Some(entropy) = rule.entropy {
        line("entropy", &format!("at least {entropy} bits per byte"));
    }
    for check in &rule.checks {
        line("check", &words(check));
    }
    if let Some(context) = &rule.context {
        let otherwise = match context.otherwise {
            Otherwise::Drop => "no match without it",
            Otherwise::Low => "low confidence without it",
        };
        let place = lines(context.lines);
        line("context", &format!("{} {place}; {otherwise}", quoted(&context.words)));
    }
    if let Some(required) = &rule.requires {
        let otherwise = match required.otherwise {
            RequirementOtherwise::Keep => "raises the confidence",
            RequirementOtherwise::Low => "low confidence without it",
            RequirementOtherwise::Drop => "no match without it",
        };
        line("requires", &format!("{} {}; {otherwise}", required.with, lines(required.lines)));
    }
    if let Some(pattern) = &rule.allow_pattern {
        line("allow", &pattern);
    }
    if !rule.allow.is_empty() {
        line("allow", &format!("{} known sample values", rule.allow.len()));
    }
    if rule.fallback {
        line("yields to", &"every other rule");
    }
    match (rule.generic, rule.human_chosen) {
        (true, _) => line("scored by", &"name, value and syntax"),
        (false, true) => line("chosen by", &"people: placeholders are rejected"),
        (false, false) => {}
    }
}

fn words(check: &Check) -> String {
    match check {
        Check::Crc32(parameters) => format!("CRC-32 in the last {} bytes", parameters.tail),
        other => other.info().passes_when.to_owned(),
    }
}

pub(crate) fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    words.join(" or ")
}

fn lines(count: usize) -> String {
    match count {
        0 => "on the same line".to_owned(),
        1 => "within 1 line".to_owned(),
        count => format!("within {count} lines"),
    }
}
