//! Changes a unit at random, so that a search finds slower texts.

use stopleak::internals::Rule;

use super::random::Random;
use super::seeds::{ALPHANUMERIC, Input, MAX_UNIT, line, near_miss};

/// What may join two parts of a text.
const SEPARATORS: [&str; 20] = [
    "", " ", "\n", "=", ": ", "\": \"", "','", "\"", ".", "-", "_", "/", "&", ";", "(", ">", " = ", "</",
    "\\n", "@",
];

/// Returns a mutation of `input`. `other` is another input of the search.
pub(crate) fn mutate(input: &Input, other: &Input, rules: &[&Rule], random: &mut Random) -> Input {
    let mut unit = input.unit.clone();
    let mut names = Vec::new();
    for _ in 0..1 + random.below(2) {
        let (name, changed) = mutate_once(unit, other, rules, random);
        unit = changed;
        names.push(name);
    }
    if unit.is_empty() {
        unit.push(b'=');
    }
    Input::new(format!("{} > {}", input.name, names.join(" > ")), unit)
}

fn mutate_once(
    mut unit: Vec<u8>,
    other: &Input,
    rules: &[&Rule],
    random: &mut Random,
) -> (&'static str, Vec<u8>) {
    let at = random.below(unit.len() + 1);
    match random.below(11) {
        0 => {
            // Only a part of the unit is repeated.
            let length = 1 + random.below((unit.len() - at).min(120));
            ("part", unit[at..(at + length).min(unit.len())].to_vec())
        }
        1 => {
            let part = at..(at + 1 + random.below(60)).min(unit.len());
            let repeated = unit[part.clone()].repeat(1 + random.below(8));
            unit.splice(part, repeated);
            ("repeat", unit)
        }
        2 => {
            let separator = random.one(&SEPARATORS);
            unit.extend(separator.bytes());
            ("separator", unit)
        }
        3 => {
            // One separator for another, everywhere.
            let from = *random.one(&[b"\n", b" ", b"=", b"\"", b":", b",", b";"]);
            let to = random.one(&SEPARATORS);
            let replaced = unit.split(|byte| *byte == from[0]).collect::<Vec<_>>().join(to.as_bytes());
            ("replace", replaced)
        }
        4 => {
            unit.splice(at..at, random.one(&SEPARATORS).bytes());
            ("insert separator", unit)
        }
        5 => {
            let length = [8, 16, 20, 24, 40, 64, 200][random.below(7)];
            let run = random.run(ALPHANUMERIC, length);
            unit.splice(at..at, run);
            ("insert run", unit)
        }
        6 => {
            let rule = random.one(rules);
            let words: Vec<&String> =
                rule.literals.iter().chain(&rule.keywords).chain(&rule.name_words).collect();
            let word = words[random.below(words.len())].clone();
            unit.splice(at..at, word.into_bytes());
            ("insert word", unit)
        }
        7 => {
            let rule = random.one(rules);
            let seed = random.below(1000) as u64;
            let value = line(rule, random, seed, near_miss);
            unit.splice(at..at, value);
            ("insert near miss", unit)
        }
        8 => {
            let part = &other.unit[random.below(other.unit.len())..];
            let part = part[..part.len().min(1 + random.below(200))].to_vec();
            unit.splice(at..at, part);
            ("insert part of another", unit)
        }
        9 => ("change", near_miss(random, unit)),
        _ => {
            let end = (at + 1 + random.below(40)).min(unit.len());
            unit.drain(at.min(end)..end);
            ("remove", unit)
        }
    }
}

/// Whether a unit can be changed further.
pub(crate) fn has_room(input: &Input) -> bool {
    input.unit.len() < MAX_UNIT / 2
}
