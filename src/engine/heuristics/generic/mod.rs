//! The detector for secrets without a specific form: a literal value that is assigned to a name like `password`.
//!
//! The score of a value is the sum of the weights of its features (`weights.yaml`): its name, what separates name and
//! value, its syntax and its characters. The cheapest conditions come first, because most values are names of variables,
//! or words. The path of the file has a weight too, but the engine has no paths: a match keeps its score, and its caller
//! adds the weight.

mod letters;
mod name;
pub(crate) mod shape;
mod weights;

use crate::model::{Confidence, Evidence};

use super::assignment::{Assignment, Operator};
use super::placeholder;

use letters::Letters;
use weights::Feature;

/// The sum of the weights of a value's features, and these features.
#[derive(Debug)]
pub(crate) struct Score {
    pub(crate) total: i16,
    pub(crate) why: Vec<Evidence>,
}

impl Score {
    fn add(&mut self, is_present: bool, feature: Feature) {
        if is_present && feature.weight != 0 {
            self.total += feature.weight;
            self.why.push(Evidence::Feature(feature.why));
        }
    }
}

/// The confidence that corresponds to a score; `None` below the least score of a finding.
pub(crate) fn confidence_from_score(score: i16) -> Option<Confidence> {
    match score {
        weights::MEDIUM.. => Some(Confidence::Medium),
        weights::LOW.. => Some(Confidence::Low),
        _ => None,
    }
}

/// Scores one assignment. `None` if the value is not a secret. With `human_chosen` people choose such values
/// (passwords), so they do not need to look random.
pub(crate) fn evaluate(
    text: &[u8],
    assignment: &Assignment,
    keyword: &[u8],
    human_chosen: bool,
) -> Option<Score> {
    let value = assignment.value.slice(text);
    let is_unquoted = assignment.quote.is_none();
    let is_random = shape::looks_random(value);
    let letters = letters::classify(value);
    let is_variable = is_unquoted && !is_random && shape::is_identifier(value);
    // A file of settings has no variables.
    if is_variable
        && !(letters == Letters::Unlikely && shape::is_one_word(value) && is_setting(text, assignment))
    {
        return None;
    }
    if !human_chosen && !is_random && letters != Letters::Unlikely {
        return None;
    }
    if value.len() < 4 || !shape::is_plausible(value) {
        return None;
    }
    let name = assignment.name.slice(text);
    let name_features = name::evaluate(name, keyword)?;
    if placeholder::is_placeholder_or_template(value)
        || placeholder::is_code(value)
        || is_unquoted && shape::has_brackets(value)
    {
        return None;
    }
    // `name: Cell<Map<…>>`: a type, not a value.
    if is_unquoted
        && assignment.operator != Operator::Element
        && text.get(assignment.value.end) == Some(&b'<')
    {
        return None;
    }
    if !is_random && placeholder::is_trivial(value) {
        return None;
    }
    if assignment.operator == Operator::Call && name::is_function_on_a_secret(name, keyword) {
        return None;
    }
    let mut score = Score { total: 0, why: Vec::new() };
    score.add(true, weights::SECRET_NAME);
    score.add(name_features.is_weak, weights::WEAK_NAME);
    score_name(&mut score, name_features, assignment);
    score.add(is_in_comment(text, assignment), weights::COMMENT);
    score_size(&mut score, value, human_chosen);
    score.add(letters == Letters::Unlikely, weights::UNLIKELY);
    score.add(letters == Letters::Words && !is_random, weights::WORDLIKE);
    score.add(is_random, weights::RANDOM);
    score_form(&mut score, value, keyword, human_chosen);
    if matches!(assignment.operator, Operator::Argument | Operator::Compare) {
        score.total = score.total.min(weights::MEDIUM - 1);
    }
    confidence_from_score(score.total).map(|_| score)
}

fn score_name(score: &mut Score, name: name::NameFeatures, assignment: &Assignment) {
    score.add(name.is_short_lived, weights::SHORT_LIVED);
    score.add(name.is_made_up, weights::MADE_UP);
    score.add(name.is_encoded, weights::ENCODED);
    score.add(assignment.operator == Operator::Argument, weights::ARGUMENT);
    score.add(assignment.operator == Operator::Compare, weights::COMPARED);
    score.add(assignment.operator == Operator::Call, weights::PASSED);
    score.add(matches!(assignment.operator, Operator::Space | Operator::Cell), weights::BESIDE);
    score.add(assignment.quote.is_some(), weights::QUOTED);
}

/// Length and alphabet.
fn score_size(score: &mut Score, value: &[u8], human_chosen: bool) {
    let has_letter = value.iter().any(u8::is_ascii_alphabetic);
    score.add(!has_letter, weights::DIGITS);
    score.add(value.len() >= 8, weights::LONG_ENOUGH);
    if human_chosen {
        score.add(value.len() < 6, weights::VERY_SHORT);
        score.add((6..8).contains(&value.len()), weights::SHORT);
        let classes = shape::classes(value);
        score.add(classes == 1, weights::ONE_CLASS);
        score.add(classes == 3, weights::THREE_CLASSES);
        score.add(classes == 4, weights::FOUR_CLASSES);
    } else {
        score.add(value.len() < 16, weights::SHORT_FOR_A_TOKEN);
    }
}

/// Forms of values that are something else.
fn score_form(score: &mut Score, value: &[u8], keyword: &[u8], human_chosen: bool) {
    score.add(shape::counts_up(value), weights::COUNTS);
    score.add(shape::is_password_hash(value), weights::PASSWORD_HASH);
    score.add(human_chosen && shape::is_hash(value), weights::HASH);
    score.add(value.starts_with(b"eyJ"), weights::JWT);
    score.add(shape::is_uuid(value), weights::UUID);
    score.add(shape::is_encoded_text(value), weights::ENCODED_WORDS);
    score.add(human_chosen && shape::is_disguised_word(value), weights::DISGUISED);
    score.add(name::has_alphabet(keyword) && shape::has_foreign_symbols(value), weights::FOREIGN);
    score.add(name::repeats(value, keyword), weights::REPEATS_NAME);
}

/// Most blanks and dashes before the name of a setting.
const MAX_INDENT: usize = 32;

/// Whether the line contains only name and value, without punctuation that ends a statement.
fn is_setting(text: &[u8], assignment: &Assignment) -> bool {
    let low = assignment.name.start.saturating_sub(MAX_INDENT);
    let before = &text[low..assignment.name.start];
    let before = before.strip_suffix(b"export ").unwrap_or(before);
    let indent = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'#')).count();
    let is_first = match before.len() - indent {
        0 => low == 0,
        rest => before[rest - 1] == b'\n',
    };
    let is_last = text.get(assignment.value.end).is_none_or(|byte| matches!(byte, b'\r' | b'\n'));
    assignment.operator == Operator::Assign && is_first && is_last
}

/// Bytes before a name that are searched for the start of its line.
const MAX_LINE_START_DISTANCE: usize = 96;

/// Whether the line is a comment in prose. Without a blank after the comment characters it is a disabled setting.
fn is_in_comment(text: &[u8], assignment: &Assignment) -> bool {
    const COMMENT_PREFIXES: [&[u8]; 7] = [b"#", b"//", b"///", b"//!", b";", b"--", b"/*"];
    let low = assignment.name.start.saturating_sub(MAX_LINE_START_DISTANCE);
    let before = &text[low..assignment.name.start];
    let line = match memchr::memrchr(b'\n', before) {
        Some(at) => &before[at + 1..],
        None if low == 0 => before,
        None => return false,
    };
    let line = line.trim_ascii_start();
    let is_comment = |prefix: &&[u8]| line.strip_prefix(*prefix).is_some_and(|rest| rest.starts_with(b" "));
    COMMENT_PREFIXES.iter().any(is_comment)
}

#[cfg(test)]
mod tests;
