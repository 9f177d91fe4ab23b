//! Passwords that people chose.

use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::engine::heuristics::generic::shape;
use crate::engine::heuristics::placeholder;
use crate::model::Evidence;

/// Checks that the value is a literal that a person chose as a password. A single word is downgraded.
pub(crate) struct LiteralPassword;

impl OfflineCheck for LiteralPassword {
    fn verify(&self, Matched { secret, .. }: Matched<'_>) -> Outcome {
        if secret.len() < 3
            || placeholder::is_placeholder_or_template(secret)
            || placeholder::is_code(secret)
            || placeholder::is_trivial(secret)
        {
            return Outcome::Rejected;
        }
        if is_word(secret) {
            return Outcome::Downgraded(Evidence::WordAsPassword);
        }
        Outcome::Plausible(Evidence::LiteralPassword)
    }
}

/// Whether the value is a word, alone or before digits that count up from 1 (`Forge123`).
fn is_word(secret: &[u8]) -> bool {
    let letters = secret.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, digits) = secret.split_at(letters);
    b"123456789".starts_with(digits) && shape::is_wordlike(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_downgraded() {
        for word in ["petclinic", "Forge123", "wordpress"] {
            assert!(matches!(LiteralPassword.verify_text(word.as_bytes()), Outcome::Downgraded(_)), "{word}");
        }
        for password in ["vT9qLw2Zr", "xkqzvwpt", "Forge#Tq91"] {
            assert!(
                matches!(LiteralPassword.verify_text(password.as_bytes()), Outcome::Plausible(_)),
                "{password}"
            );
        }
    }
}
