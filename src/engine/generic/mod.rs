//! The detector for secrets without a shape of their own: a literal value beside a telling name.
//!
//! It answers three questions in turn: does the name name a secret, is the value a literal, does the
//! value look like one. Strong evidence gives medium confidence, the rest low.

mod name;
pub(super) mod shape;

use crate::model::Confidence;

use super::assignment::{Assigned, Operator};
use super::filler;

use name::Names;

/// What the detector thinks of one assignment; `None` when it is no secret. `human`: people choose
/// these values (passwords), so that they need not look random.
pub(crate) fn judge(
    text: &[u8],
    assigned: &Assigned,
    keyword: &[u8],
    human: bool,
) -> Option<(Confidence, Vec<&'static str>)> {
    let value = assigned.value.of(text);
    let bare = assigned.quote.is_none();
    // Most values are names of variables, or words: both are told by one look at their letters.
    let random = shape::looks_random(value);
    if !random && (!human || bare && shape::is_identifier(value)) {
        return None;
    }
    if value.len() < 4 || !shape::is_plausible(value) {
        return None;
    }
    let name = assigned.name.of(text);
    let names = name::names(name, keyword);
    if names == Names::SomethingElse {
        return None;
    }
    if filler::is_placeholder(value) || filler::is_code(value) || bare && filler::is_call(value) {
        return None;
    }
    // `name: Cell<Map<…>>`: a type, not a value.
    if bare && assigned.operator != Operator::Element && text.get(assigned.value.end) == Some(&b'<') {
        return None;
    }
    if !random && filler::is_trivial(value) {
        return None;
    }
    let certain = match assigned.operator {
        Operator::Assign | Operator::Element => true,
        Operator::Call => !name::is_function_on_a_secret(name, keyword),
        // The name's neighbour in a list or a comparison may be anything.
        Operator::Argument | Operator::Compare | Operator::Space => false,
    };
    let mixed = shape::classes(value) >= 3 && !shape::is_wordlike(value);
    let strong = match (human, random) {
        (false, random) => random && value.len() >= 16 && !shape::is_uuid(value),
        (true, true) => value.len() >= 8,
        (true, false) if !certain && (shape::is_wordlike(value) || assigned.operator == Operator::Call) => {
            return None;
        }
        (true, false) => value.len() >= 8 && mixed,
    };
    let reasons = match (random, mixed) {
        (true, _) => "random-looking literal",
        (false, true) => "literal of mixed characters",
        (false, false) => "literal value",
    };
    let confidence =
        if strong && certain && names == Names::Secret { Confidence::Medium } else { Confidence::Low };
    Some((confidence, vec!["secret-like name", reasons]))
}
