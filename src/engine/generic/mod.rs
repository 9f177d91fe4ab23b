//! The detector for secrets without a shape of their own: a literal value beside a telling name.
//!
//! It answers three questions in turn: does the name name a secret, is the value a literal, does the
//! value look like one. Strong evidence gives medium confidence, the rest low.

mod name;
mod shape;

use crate::model::Confidence;

use super::assignment::{Assigned, Operator};
use super::filler;

/// What the detector thinks of one assignment; `None` when it is no secret. `human`: people choose
/// these values (passwords), so that they need not look random.
pub(crate) fn judge(
    text: &[u8],
    assigned: &Assigned,
    keyword: &[u8],
    human: bool,
) -> Option<(Confidence, Vec<&'static str>)> {
    let value = assigned.value.of(text);
    if !name::names_a_secret(assigned.name.of(text), keyword) {
        return None;
    }
    let bare = assigned.quote.is_none();
    if filler::is_placeholder(value) || filler::is_code(value) || !shape::is_plausible(value) {
        return None;
    }
    let random = shape::looks_random(value);
    if bare && !random && shape::is_identifier(value) {
        return None;
    }
    let why_name = "secret-like name";
    let strong = match (human, random) {
        (false, true) => value.len() >= 16 && !shape::is_uuid(value),
        (false, false) => return None,
        (true, true) => value.len() >= 8,
        (true, false) => value.len() >= 8 && shape::classes(value) >= 3 && !shape::is_wordlike(value),
    };
    let certain_operator =
        !matches!(assigned.operator, Operator::Argument | Operator::Compare | Operator::Space);
    if strong && certain_operator {
        let shape = if random { "random-looking literal" } else { "literal of mixed characters" };
        return Some((Confidence::Medium, vec![why_name, shape]));
    }
    Some((Confidence::Low, vec![why_name, if random { "random-looking literal" } else { "literal value" }]))
}
