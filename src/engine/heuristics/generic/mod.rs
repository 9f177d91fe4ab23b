//! The detector for secrets without a shape of their own: a literal value beside a telling name.
//!
//! It adds up what speaks for a secret and against it: the name, how the value is joined to it, whether it is
//! a literal, what it looks like. Everything that only costs a look comes first, because most values are
//! names of variables, or words. The weights stand in `weights.yaml`. Where the file stands says something
//! too, but not here, where no paths are known: a match carries its evidence along.

mod letters;
mod name;
pub(crate) mod shape;
mod weights;

use crate::model::Confidence;

use super::assignment::{Assigned, Operator};
use super::placeholder;

use letters::Letters;
use weights::Feature;

/// What speaks for a value, with the reasons.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) sum: i16,
    pub(crate) why: Vec<&'static str>,
}

impl Evidence {
    fn add(&mut self, holds: bool, feature: Feature) {
        if holds && feature.weight != 0 {
            self.sum += feature.weight;
            self.why.push(feature.why);
        }
    }
}

/// What so much evidence is worth; `None` when it is too little.
pub fn confidence(evidence: i16) -> Option<Confidence> {
    match evidence {
        weights::MEDIUM.. => Some(Confidence::Medium),
        weights::LOW.. => Some(Confidence::Low),
        _ => None,
    }
}

/// What the detector thinks of one assignment; `None` when it is no secret. `human`: people choose
/// these values (passwords), so that they need not look random.
pub(crate) fn judge(text: &[u8], assigned: &Assigned, keyword: &[u8], human: bool) -> Option<Evidence> {
    let value = assigned.value.of(text);
    let bare = assigned.quote.is_none();
    let random = shape::looks_random(value);
    let letters = letters::of(value);
    let identifier = bare && !random && shape::is_identifier(value);
    // In a file of settings there are no variables.
    if identifier
        && !(letters == Letters::Unlikely && shape::is_one_word(value) && is_setting(text, assigned))
    {
        return None;
    }
    if !human && !random && letters != Letters::Unlikely {
        return None;
    }
    if value.len() < 4 || !shape::is_plausible(value) {
        return None;
    }
    let name = assigned.name.of(text);
    let named = name::names(name, keyword)?;
    if placeholder::is_placeholder(value) || placeholder::is_code(value) || bare && shape::has_brackets(value)
    {
        return None;
    }
    // `name: Cell<Map<…>>`: a type, not a value.
    if bare && assigned.operator != Operator::Element && text.get(assigned.value.end) == Some(&b'<') {
        return None;
    }
    if !random && placeholder::is_trivial(value) {
        return None;
    }
    if assigned.operator == Operator::Call && name::is_function_on_a_secret(name, keyword) {
        return None;
    }
    let mut evidence = Evidence { sum: 0, why: Vec::new() };
    evidence.add(true, weights::SECRET_NAME);
    evidence.add(named.weak, weights::WEAK_NAME);
    weigh_name(&mut evidence, named, assigned);
    evidence.add(in_comment(text, assigned), weights::COMMENT);
    weigh_size(&mut evidence, value, human);
    evidence.add(letters == Letters::Unlikely, weights::UNLIKELY);
    evidence.add(letters == Letters::Words && !random, weights::WORDLIKE);
    evidence.add(random, weights::RANDOM);
    weigh_form(&mut evidence, value, keyword, human);
    if matches!(assigned.operator, Operator::Argument | Operator::Compare) {
        evidence.sum = evidence.sum.min(weights::MEDIUM - 1);
    }
    confidence(evidence.sum).map(|_| evidence)
}

fn weigh_name(evidence: &mut Evidence, named: name::Named, assigned: &Assigned) {
    evidence.add(named.short_lived, weights::SHORT_LIVED);
    evidence.add(named.made_up, weights::MADE_UP);
    evidence.add(named.encoded, weights::ENCODED);
    evidence.add(assigned.operator == Operator::Argument, weights::ARGUMENT);
    evidence.add(assigned.operator == Operator::Compare, weights::COMPARED);
    evidence.add(assigned.operator == Operator::Call, weights::PASSED);
    evidence.add(matches!(assigned.operator, Operator::Space | Operator::Cell), weights::BESIDE);
    evidence.add(assigned.quote.is_some(), weights::QUOTED);
}

/// Length and alphabet.
fn weigh_size(evidence: &mut Evidence, value: &[u8], human: bool) {
    let has_letter = value.iter().any(u8::is_ascii_alphabetic);
    evidence.add(!has_letter, weights::DIGITS);
    evidence.add(value.len() >= 8, weights::LONG_ENOUGH);
    if human {
        evidence.add(value.len() < 6, weights::VERY_SHORT);
        evidence.add((6..8).contains(&value.len()), weights::SHORT);
        let classes = shape::classes(value);
        evidence.add(classes == 1, weights::ONE_CLASS);
        evidence.add(classes == 3, weights::THREE_CLASSES);
        evidence.add(classes == 4, weights::FOUR_CLASSES);
    } else {
        evidence.add(value.len() < 16, weights::SHORT_FOR_A_TOKEN);
    }
}

/// Forms that say what else the value is.
fn weigh_form(evidence: &mut Evidence, value: &[u8], keyword: &[u8], human: bool) {
    evidence.add(shape::counts(value), weights::COUNTS);
    evidence.add(shape::is_password_hash(value), weights::PASSWORD_HASH);
    evidence.add(human && shape::is_hash(value), weights::HASH);
    evidence.add(value.starts_with(b"eyJ"), weights::JWT);
    evidence.add(shape::is_uuid(value), weights::UUID);
    evidence.add(shape::is_encoded_text(value), weights::ENCODED_WORDS);
    evidence.add(human && shape::is_disguised_word(value), weights::DISGUISED);
    evidence.add(name::has_alphabet(keyword) && shape::has_foreign_signs(value), weights::FOREIGN);
    evidence.add(name::repeats(value, keyword), weights::REPEATS_NAME);
}

/// Most blanks and dashes before a setting's name.
const INDENT: usize = 32;

/// Whether name and value have their line for themselves, without anything that ends a statement.
fn is_setting(text: &[u8], assigned: &Assigned) -> bool {
    let low = assigned.name.start.saturating_sub(INDENT);
    let before = &text[low..assigned.name.start];
    let before = before.strip_suffix(b"export ").unwrap_or(before);
    let indent = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'#')).count();
    let begins = match before.len() - indent {
        0 => low == 0,
        rest => before[rest - 1] == b'\n',
    };
    let ends = text.get(assigned.value.end).is_none_or(|byte| matches!(byte, b'\r' | b'\n'));
    assigned.operator == Operator::Assign && begins && ends
}

/// How far before a name its line is looked for.
const TO_LINE_START: usize = 96;

/// Whether the line is one of a comment in prose. Without a blank behind the mark it is a setting that
/// was turned off.
fn in_comment(text: &[u8], assigned: &Assigned) -> bool {
    const MARKS: [&[u8]; 7] = [b"#", b"//", b"///", b"//!", b";", b"--", b"/*"];
    let low = assigned.name.start.saturating_sub(TO_LINE_START);
    let before = &text[low..assigned.name.start];
    let line = match memchr::memrchr(b'\n', before) {
        Some(at) => &before[at + 1..],
        None if low == 0 => before,
        None => return false,
    };
    let line = line.trim_ascii_start();
    let is_comment = |mark: &&[u8]| line.strip_prefix(*mark).is_some_and(|rest| rest.starts_with(b" "));
    MARKS.iter().any(is_comment)
}

#[cfg(test)]
mod tests;
