//! Decides whether an identifier is the name of a secret or of something related (`token_type`, `password_field`).

use crate::engine::work_counter;

use super::weights::words;

/// Features of the name of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NameFeatures {
    /// Such a name is used for other things as often.
    pub(crate) is_weak: bool,
    /// The name of a secret of one form, request or session.
    pub(crate) is_short_lived: bool,
    /// The name states that the value is no valid secret.
    pub(crate) is_made_up: bool,
    /// The name states that the value is hashed or encrypted.
    pub(crate) is_encoded: bool,
}

/// Words that complete a keyword to the name of a secret (`secret_key`, `token_keys`).
const KEY_WORDS: &[&str] = &["key", "keys"];

/// Returns the features of `name`, which contains `keyword`. `None` if it is not the name of a secret, but of something
/// related to one or of something public.
pub(crate) fn evaluate(name: &[u8], keyword: &[u8]) -> Option<NameFeatures> {
    let words = Words::new(name);
    let keyword = keyword.to_ascii_lowercase();
    let compact: Vec<u8> = keyword.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let end = memchr::memmem::rfind(&words.joined, &compact)? + compact.len();
    // The word in which the keyword ends: `passw` is completed by `ord`, `token` by `s`.
    let index = words.ends.partition_point(|&word_end| word_end < end);
    let word_end = *words.ends.get(index)?;
    let is_complete = matches!(
        &words.joined[end..word_end],
        b"" | b"s"
            | b"ord"
            | b"ords"
            | b"d"
            | b"rd"
            | b"wd"
            | b"phrase"
            | b"ordv"
            | b"1"
            | b"2"
            | b"value"
            | b"key"
    );
    let ends_a_secret = |word: &[u8]| {
        KEY_WORDS.iter().any(|key| word == key.as_bytes())
            && matches!(compact.as_slice(), b"secret" | b"token" | b"encryption" | b"credential")
    };
    let is_secret = is_complete
        && words
            .iter()
            .skip(index + 1)
            .all(|word| ends_a_secret(word) || !is_one_of(word, words::SOMETHING_ELSE));
    // `csrftoken` begins with another word.
    let word_start = index.checked_sub(1).map_or(0, |before| words.ends[before]);
    let prefix = words.joined.get(word_start..end - compact.len()).unwrap_or_default();
    let before = |list: &[&str]| {
        is_one_of(prefix, list) || words.iter().take(index + 1).any(|word| is_one_of(word, list))
    };
    let has = |list: &[&str]| is_one_of(prefix, list) || words.iter().any(|word| is_one_of(word, list));
    if !is_secret || before(words::PUBLIC) {
        return None;
    }
    Some(NameFeatures {
        is_weak: is_one_of(&keyword, words::WEAK),
        is_short_lived: has(words::SHORT_LIVED),
        is_made_up: has(words::MADE_UP),
        is_encoded: has(words::ENCODED),
    })
}

/// Whether the sorted `list` contains the word.
fn is_one_of(word: &[u8], list: &[&str]) -> bool {
    list.binary_search_by(|known| known.as_bytes().cmp(word)).is_ok()
}

/// Whether the keyword is a name of machine-made values of letters and digits.
pub(crate) fn has_alphabet(keyword: &[u8]) -> bool {
    let ends = |word: &[u8]| {
        keyword.len() >= word.len() && keyword[keyword.len() - word.len()..].eq_ignore_ascii_case(word)
    };
    ends(b"key") || ends(b"token") || ends(b"bearer")
}

/// Whether the value contains the keyword, as names of settings and of messages do.
pub(crate) fn repeats(value: &[u8], keyword: &[u8]) -> bool {
    work_counter::count(value.len() * 2);
    value.windows(keyword.len().max(1)).any(|part| part.eq_ignore_ascii_case(keyword))
}

/// Whether the function `name` reads or tests a secret or is a method of one (`password.encode`), so that its argument
/// is not a secret.
pub(crate) fn is_function_on_a_secret(name: &[u8], keyword: &[u8]) -> bool {
    let after = memchr::memmem::rfind(name, keyword).map_or(0, |at| at + keyword.len());
    let method = name.rsplit(|&byte| byte == b'.').next().unwrap_or(name);
    let words = Words::new(method);
    let first = words.iter().next().unwrap_or_default();
    name[after..].contains(&b'.') || is_one_of(first, words::ASKING)
}

/// The lower-case words of an identifier, split at everything that is no letter or digit and where lower case changes
/// to upper case.
struct Words {
    joined: Vec<u8>,
    /// End of each word in `joined`.
    ends: Vec<usize>,
}

impl Words {
    fn new(name: &[u8]) -> Words {
        work_counter::count(2 * name.len());
        let mut words = Words { joined: Vec::with_capacity(name.len()), ends: Vec::with_capacity(8) };
        for part in name.split(|byte| !byte.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
            for at in 0..part.len() {
                let after = |test: fn(&u8) -> bool| at > 0 && test(&part[at - 1]);
                let camel = part[at].is_ascii_uppercase() && after(u8::is_ascii_lowercase);
                let acronym = part[at].is_ascii_uppercase()
                    && after(u8::is_ascii_uppercase)
                    && part.get(at + 1).is_some_and(u8::is_ascii_lowercase);
                if camel || acronym {
                    words.ends.push(words.joined.len());
                }
                words.joined.push(part[at].to_ascii_lowercase());
            }
            words.ends.push(words.joined.len());
        }
        words
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.joined[start..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_recognized() {
        for (name, keyword) in [
            ("password", "passw"),
            ("DB_PASSWORD", "PASSW"),
            ("dbPassword", "Passw"),
            ("userpasswd", "passw"),
            ("passwd", "passwd"),
            ("client_secret", "secret"),
            ("clientSecret", "Secret"),
            ("SECRET_KEY", "SECRET"),
            ("api-key", "api-key"),
            ("apiKey", "apiKey"),
            ("X-Api-Key", "Api-Key"),
            ("authToken", "Token"),
            ("spring.datasource.password", "passw"),
            ("AWS_SESSION_TOKEN", "TOKEN"),
            ("--password", "passw"),
            ("tokens", "token"),
            ("pwd", "pwd"),
            ("secret_prod", "secret"),
        ] {
            let named = evaluate(name.as_bytes(), keyword.as_bytes()).unwrap_or_else(|| panic!("{name}"));
            assert!(!named.is_short_lived && !named.is_made_up && !named.is_encoded, "{name}");
        }
    }

    #[test]
    fn names_of_other_things_are_rejected() {
        for (name, keyword) in [
            ("tokenizer", "token"),
            ("token_type", "token"),
            ("passwordField", "passw"),
            ("secretary", "secret"),
            ("secretName", "secret"),
            ("password_reset_url", "passw"),
            ("tokenize", "token"),
            ("pwdPath", "pwd"),
            ("api_key_id", "api_key"),
            ("passwordless", "passw"),
            ("PublicKeyToken", "Token"),
            ("nextPageToken", "Token"),
            ("password_hash", "passw"),
            ("passwordVariable", "passw"),
        ] {
            assert_eq!(evaluate(name.as_bytes(), keyword.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn tokens_of_one_form_are_short_lived() {
        for (name, keyword) in
            [("csrf_token", "token"), ("authenticityToken", "Token"), ("csrftoken", "token")]
        {
            let named = evaluate(name.as_bytes(), keyword.as_bytes());
            assert!(named.is_some_and(|named| named.is_short_lived), "{name}");
        }
    }

    #[test]
    fn names_can_state_that_a_value_is_invalid_or_encoded() {
        let named = |name: &str, keyword: &str| evaluate(name.as_bytes(), keyword.as_bytes()).expect(name);
        assert!(named("invalidToken", "Token").is_made_up);
        assert!(named("TEST_PASSWORD", "PASSW").is_made_up);
        assert!(named("encodedPassword", "Passw").is_encoded);
        assert!(named("credential", "credential").is_weak && !named("password", "passw").is_weak);
    }

    #[test]
    fn values_that_repeat_their_name_are_recognized() {
        assert!(repeats(b"my-Password-1", b"passw"));
        assert!(!repeats(b"vT9qLw2Zr", b"passw"));
    }

    #[test]
    fn functions_that_read_a_secret_differ_from_those_that_set_one() {
        for (name, keyword) in
            [("password.encode", "passw"), ("check_password", "passw"), ("user.getToken", "Token")]
        {
            assert!(is_function_on_a_secret(name.as_bytes(), keyword.as_bytes()), "{name}");
        }
        for (name, keyword) in [("setPassword", "Passw"), ("builder.password", "passw")] {
            assert!(!is_function_on_a_secret(name.as_bytes(), keyword.as_bytes()), "{name}");
        }
    }
}
