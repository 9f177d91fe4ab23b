//! The facts that decided a match's confidence, as the `why` of a report lists them.
//!
//! Code compares variants; the phrases are for people and may be improved without changing behaviour.

use std::cmp::Ordering;
use std::fmt;

/// A person whose name and email address git writes into the header of a commit or tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Wrote the change of a commit.
    Author,
    /// Made the commit.
    Committer,
    /// Made an annotated tag.
    Tagger,
}

impl Identity {
    /// All of them.
    pub const ALL: [Identity; 3] = [Identity::Author, Identity::Committer, Identity::Tagger];

    /// The key of the header line.
    pub fn as_str(self) -> &'static str {
        match self {
            Identity::Author => "author",
            Identity::Committer => "committer",
            Identity::Tagger => "tagger",
        }
    }
}

macro_rules! evidence {
    ($($variant:ident = $phrase:literal),+ $(,)?) => {
        /// One fact for or against a match. [`Display`](fmt::Display) writes its phrase.
        ///
        /// Ordered by phrase, so that sorted output does not depend on the order of the variants.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Evidence {
            $(#[doc = concat!("\"", $phrase, "\"")] $variant,)+
            /// "in the name or mail of the author": the value is in a header line of a commit or tag.
            InNameOrEmail(Identity),
            /// A feature of a name and its value that the detector for generic secrets weighed
            /// (`features` in `weights.yaml`).
            Feature(&'static str),
            /// The role of the file, read from its path, that lowered the confidence (`roles` in `weights.yaml`).
            PathRole(&'static str),
        }

        impl Evidence {
            /// The phrase for people.
            pub fn phrase(self) -> &'static str {
                match self {
                    $(Evidence::$variant => $phrase,)+
                    Evidence::InNameOrEmail(Identity::Author) => "in the name or mail of the author",
                    Evidence::InNameOrEmail(Identity::Committer) => "in the name or mail of the committer",
                    Evidence::InNameOrEmail(Identity::Tagger) => "in the name or mail of the tagger",
                    Evidence::Feature(phrase) | Evidence::PathRole(phrase) => phrase,
                }
            }

            /// The variants without data, in the order of their declaration.
            #[cfg(test)]
            const PLAIN: &'static [Evidence] = &[$(Evidence::$variant),+];
        }
    };
}

evidence! {
    // Where the match is and what is near it.
    ExactShape = "exact shape",
    ShapeBesideProvider = "shape beside the provider's name",
    RandomEnough = "random enough",
    ContextWord = "provider named beside it",
    NotAssigned = "not assigned",
    ProviderNameAlone = "provider's name alone beside it",
    ProviderNamedAbove = "provider named on a line above",
    CharacterSequence = "runs of the alphabet",
    CounterpartNearby = "its counterpart is nearby",

    // Checksums.
    ChecksumVerified = "checksum verified",
    ChecksumOfUnknownForm = "checksum of an unknown form",
    WrongPgpChecksum = "wrong checksum of the PGP block",
    RepeatedWord = "the last word repeats the right one",

    // Keys.
    EncryptedPrivateKey = "encrypted private key",
    Pkcs1Key = "PKCS#1 key parses",
    Pkcs8Key = "PKCS#8 key parses",
    Sec1Key = "SEC1 key parses",
    DsaKey = "DSA key parses",
    OtherDerKey = "key parses",
    OpenSshKey = "OpenSSH key parses",
    OpenPgpKey = "OpenPGP secret key parses",
    PuttyKeyFile = "PuTTY key file parses",
    Pkcs12Bundle = "PKCS#12 bundle parses",
    JsonWebKey = "JSON Web Key with a private member",
    KeyNotBase64 = "key body is no base64",
    KeyMalformed = "key body does not parse",
    KeyTruncated = "key is cut off",
    PuttyKeyFileMalformed = "PuTTY key file does not parse",
    Pkcs12BundleMalformed = "bundle does not parse",
    JsonWebKeyMalformed = "JSON Web Key does not parse",
    PrivateMemberNotBase64 = "private member is no base64url",

    // Tokens with structure.
    Jwt = "JWT header and payload are JSON",
    JwtEncrypted = "JWT header is JSON, payload encrypted",
    JwtExpired = "expired JWT",
    JwtUnsigned = "unsigned JWT",
    JwtSignatureTruncated = "JWT with a cut signature",
    Macaroon = "macaroon parses",
    MacaroonHeader = "macaroon header parses",
    MacaroonMalformed = "macaroon does not parse",
    NotBase64 = "no base64",
    AwsAccountNumber = "base32 with an account number",
    AwsAccountOutOfRange = "account number out of range",

    // Encoded text.
    EncodedUserAndPassword = "decodes to user:password",
    EncodedJson = "decodes to a JSON object",
    EncodedText = "decodes to text",
    EncodedBinary = "decodes to binary data",

    // Passwords and the form of a value.
    LiteralPassword = "a literal password",
    WordAsPassword = "a word as password",
    UrlWithPassword = "a URL with host and password",
    TemplateHost = "a host to be filled in",
    ExampleHost = "an example's host",
    LocalHost = "a local host",
    LettersAndDigits = "letters and digits mixed",
    Wordless = "no words in it",
}

impl Evidence {
    /// The phrases of `evidence`, separated by commas.
    pub fn join(evidence: &[Evidence]) -> String {
        evidence.iter().map(|fact| fact.phrase()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.phrase())
    }
}

impl Ord for Evidence {
    fn cmp(&self, other: &Evidence) -> Ordering {
        self.phrase().cmp(other.phrase())
    }
}

impl PartialOrd for Evidence {
    fn partial_cmp(&self, other: &Evidence) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All variants, those with data with one value of each kind.
    fn all() -> Vec<Evidence> {
        let mut all = Evidence::PLAIN.to_vec();
        all.extend(Identity::ALL.map(Evidence::InNameOrEmail));
        all.extend([Evidence::Feature("of a value"), Evidence::PathRole("in a file")]);
        all
    }

    #[test]
    fn every_fact_has_its_phrase() {
        let lines: Vec<String> = all().iter().map(|fact| format!("{fact:?}: {fact}")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        ExactShape: exact shape
        ShapeBesideProvider: shape beside the provider's name
        RandomEnough: random enough
        ContextWord: provider named beside it
        NotAssigned: not assigned
        ProviderNameAlone: provider's name alone beside it
        ProviderNamedAbove: provider named on a line above
        CharacterSequence: runs of the alphabet
        CounterpartNearby: its counterpart is nearby
        ChecksumVerified: checksum verified
        ChecksumOfUnknownForm: checksum of an unknown form
        WrongPgpChecksum: wrong checksum of the PGP block
        RepeatedWord: the last word repeats the right one
        EncryptedPrivateKey: encrypted private key
        Pkcs1Key: PKCS#1 key parses
        Pkcs8Key: PKCS#8 key parses
        Sec1Key: SEC1 key parses
        DsaKey: DSA key parses
        OtherDerKey: key parses
        OpenSshKey: OpenSSH key parses
        OpenPgpKey: OpenPGP secret key parses
        PuttyKeyFile: PuTTY key file parses
        Pkcs12Bundle: PKCS#12 bundle parses
        JsonWebKey: JSON Web Key with a private member
        KeyNotBase64: key body is no base64
        KeyMalformed: key body does not parse
        KeyTruncated: key is cut off
        PuttyKeyFileMalformed: PuTTY key file does not parse
        Pkcs12BundleMalformed: bundle does not parse
        JsonWebKeyMalformed: JSON Web Key does not parse
        PrivateMemberNotBase64: private member is no base64url
        Jwt: JWT header and payload are JSON
        JwtEncrypted: JWT header is JSON, payload encrypted
        JwtExpired: expired JWT
        JwtUnsigned: unsigned JWT
        JwtSignatureTruncated: JWT with a cut signature
        Macaroon: macaroon parses
        MacaroonHeader: macaroon header parses
        MacaroonMalformed: macaroon does not parse
        NotBase64: no base64
        AwsAccountNumber: base32 with an account number
        AwsAccountOutOfRange: account number out of range
        EncodedUserAndPassword: decodes to user:password
        EncodedJson: decodes to a JSON object
        EncodedText: decodes to text
        EncodedBinary: decodes to binary data
        LiteralPassword: a literal password
        WordAsPassword: a word as password
        UrlWithPassword: a URL with host and password
        TemplateHost: a host to be filled in
        ExampleHost: an example's host
        LocalHost: a local host
        LettersAndDigits: letters and digits mixed
        Wordless: no words in it
        InNameOrEmail(Author): in the name or mail of the author
        InNameOrEmail(Committer): in the name or mail of the committer
        InNameOrEmail(Tagger): in the name or mail of the tagger
        Feature("of a value"): of a value
        PathRole("in a file"): in a file
        "#);
    }

    #[test]
    fn no_two_facts_have_the_same_phrase() {
        let mut facts = all();
        facts.sort();
        assert!(facts.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(
            Evidence::join(&[Evidence::ExactShape, Evidence::NotAssigned]),
            "exact shape, not assigned"
        );
    }
}
