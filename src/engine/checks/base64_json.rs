//! Base64 of a JSON object.

use data_encoding::BASE64;
use serde_json::Value;

use super::formats::base64::decode;
use super::offline_check::{Matched, OfflineCheck, Outcome};
use crate::model::Evidence;

/// Checks that the value decodes to a JSON object.
pub(crate) struct Base64Json;

impl OfflineCheck for Base64Json {
    fn verify(&self, Matched { secret, .. }: Matched<'_>) -> Outcome {
        let object = decode(secret).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        match object {
            Some(Value::Object(_)) => Outcome::Plausible(Evidence::EncodedJson),
            _ => Outcome::Rejected,
        }
    }

    /// Makes a JSON object of the sample. Its first key is the one that the sample begins with, if any, because
    /// patterns can require it.
    fn complete(&self, sample: &mut Vec<u8>) {
        let beginning = sample.get(..8).and_then(|eight| BASE64.decode(eight).ok());
        let key = match beginning.as_deref() {
            Some(&[b'{', b'"', key, b'"', b':', b'"']) if key.is_ascii_alphabetic() => key as char,
            _ => 'k',
        };
        let body: String =
            sample.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(|&byte| byte as char).collect();
        // Without spaces the text begins with `eyJ`, as such tokens do.
        *sample = BASE64.encode(format!("{{\"{key}\":\"{body}\"}}").as_bytes()).into_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_keeps_its_first_key() {
        for (start, key) in [("eyJhIjoi", "a"), ("eyJyIjoi", "r"), ("Zm9vYmFy", "k")] {
            let mut sample = format!("{start}Qk7zPw2x").into_bytes();
            Base64Json.complete(&mut sample);
            assert!(matches!(Base64Json.verify_text(&sample), Outcome::Plausible(_)));
            let text = BASE64.decode(&sample).expect("base64");
            assert!(text.starts_with(format!("{{\"{key}\":\"").as_bytes()), "{start}");
        }
    }

    #[test]
    fn content_decides() {
        let encode = |text: &str| BASE64.encode(text.as_bytes()).into_bytes();
        assert!(matches!(Base64Json.verify_text(&encode(r#"{"k":1}"#)), Outcome::Plausible(_)));
        assert_eq!(Base64Json.verify_text(&encode("[1]")), Outcome::Rejected);
    }
}
