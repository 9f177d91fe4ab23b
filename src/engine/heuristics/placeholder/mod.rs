//! Values that people write in place of a secret: placeholders, templates, code and well-known passwords.
//!
//! A placeholder word inside a long random value must not hide it, so words are weighed against the rest of the
//! value and never searched for alone.

mod code;
mod repetition;
mod sequence;
mod template;
mod words;

pub(crate) use code::is_code;
pub(crate) use template::is_template;
pub(crate) use words::is_trivial;

use repetition::is_repetitive;
use sequence::is_sequence;
use template::is_masked;
use words::is_words;

/// Whether runs of the alphabet or of the keyboard make up the value. It is invented, but the rest of it may be
/// taken from a real one.
pub(crate) fn is_only_sequence(value: &[u8]) -> bool {
    value.len() >= 16 && is_sequence(value) && !is_repetitive(value) && !is_words(value)
}

/// Whether a value in the place of a machine-made one is a placeholder: empty, one byte repeated, a run of the
/// alphabet or the keyboard, or nothing but placeholder words.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    value.is_empty() || is_repetitive(value) || is_sequence(value) || is_words(value)
}

/// Whether a value in the place of a human-chosen one is a placeholder, a template or masked.
pub(crate) fn is_placeholder_or_template(value: &[u8]) -> bool {
    is_placeholder(value) || is_template(value) || is_masked(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_recognized() {
        for value in [
            "xxxxxxxxxxxxxxxx",
            "0000000000000000",
            "abcdefghijklmnop",
            "1234567890123456",
            "your_api_key_here",
            "YOUR-TOKEN",
            "example",
            "my-secret-token",
            "changeme",
            "qwertyuiop",
            "aaaabbbbaaaabbbb",
            "test123",
            "1234567890abcdefghijklmnopqrstuvwxyz",
        ] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn random_values_that_contain_a_word_are_no_placeholders() {
        for value in [
            "vT9qtestLw2Zrm7K",
            "a8f5f167f44f4964e6c998dee827110c",
            "keyR4nd0mV4lu3W1thW0rds9",
            "hunter2Zk!",
            "c3VwZXJzZWNyZXR2YWx1ZQ9x",
            "8x7mK2example9QpLz4Tw",
        ] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn templates_and_variables_are_no_literals() {
        for value in [
            "${DB_PASS}",
            "{{ secret }}",
            "$PASSWORD",
            "<password>",
            "%PASSWORD%",
            "$(cat file)",
            "$env:PW",
            "#{pw}",
            "abc${X}def",
        ] {
            assert!(is_placeholder_or_template(value.as_bytes()), "{value}");
        }
        for value in ["pa$$w0rd9Q", "$ecr3t9Kz", "a<b>c9Zq", "k%9sLq2Wz", "m{{h}o)p${e]nob(ody"] {
            assert!(!is_template(value.as_bytes()), "{value}");
        }
    }
}
