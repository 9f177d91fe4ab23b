//! The table of all offline checks.
//!
//! To add a check:
//!
//! 1. Write `src/engine/checks/NAME.rs` with a type that implements `OfflineCheck`. A check with parameters
//!    implements it for the type of its parameters, which belongs in `syntax.rs`.
//! 2. Add a line here: the name in rule files => the module and the type, whether it is an integrity check (a
//!    failure rejects the match) or a structure check (a failure lowers the confidence), and when it passes.
//!
//! The line declares the module, adds the variant of `Check` with its YAML name, connects the two, and is the
//! text of `stopleak rules show`. `tests/docs.rs` compares the table with `docs/rules.md` and prints the row to
//! add there. A fact that no existing check reports is also a line in `src/model/evidence.rs`. `cargo fmt` does not see
//! modules that a macro declares: format the file with `rustfmt --edition 2024 FILE`.

/// Calls the macro `$callback` with the table.
macro_rules! for_each_check {
    ($callback:ident) => {
        $callback! {
            "crc32" => crc32::Crc32(parameters: Crc32), Integrity,
                "the last `tail` bytes are the CRC-32 of the bytes from `from` (0) up to `gap` (0) before them, or of the last `of` bytes there, written as `base62`, `base36`, `hex`, `upper-hex`, `hex-le` or `base64-le`";
            "crc16" => crc16::Crc16, Integrity,
                "base32 whose last two bytes are the CRC-16/XMODEM of the others, low byte first (NATS, Stellar)";
            "base58check" => base58check::Base58check(alphabet: Base58), Integrity,
                "the last four bytes of the base58 are the first four of the double SHA-256 of the others; `ripple` is the XRP Ledger's alphabet";
            "eos-key" => eos_key::EosKey, Integrity,
                "`PVT_K1_…`, `PVT_R1_…`: the last four bytes of the base58 are the first four of the RIPEMD-160 of key and curve";
            "bech32" => bech32::Bech32, Integrity,
                "the checksum of BIP-173 over prefix and data (Nostr, age)";
            "bip39" => bip39::Bip39, Integrity,
                "12 to 24 words of the English list of BIP-39 with their checksum";
            "monero-seed" => monero_seed::MoneroSeed, Integrity,
                "25 words, of which the last repeats the one that the CRC-32 of the others selects";
            "azure-key" => azure_key::AzureKey, Integrity,
                "the Marvin32 checksum under a seed of the service whose signature precedes it; a key without a signature is inconclusive";
            "azure-cask" => azure_cask::AzureCask, Integrity,
                "the Marvin32 checksum at the end of an Azure key in the common annotated form (`JQQJ9…`)";
            "entra-secret" => entra_secret::EntraSecret, Integrity,
                "three digits of the Marvin32 checksum at the end of an Entra ID client secret";
            "azure-devops-pat" => azure_devops_pat::AzureDevopsPat, Integrity,
                "the CRC-32 in four bytes of an old Azure DevOps token";
            "supabase-key" => supabase_key::SupabaseKey, Integrity,
                "the SHA-256 checksum of a self-hosted project; keys of hosted projects are inconclusive";
            "jwt" => jwt::Jwt, Structure,
                "header and payload are JSON, the header names an algorithm, `exp` is not before the day of the release";
            "private-key" => private_key::PrivateKey, Structure,
                "armour, or base64 of it, with a private key that parses; an encrypted one has low severity. A correct CRC-24 verifies a PGP key, a wrong one lowers the confidence";
            "putty-key" => putty_key::PuttyKey, Structure,
                "header lines and public half of a PuTTY key file; an encrypted one has low severity";
            "der-key" => der_key::DerKey, Structure,
                "base64 of a private key in DER without armour; certificates and public keys are rejected";
            "pkcs12" => pkcs12::Pkcs12, Structure,
                "base64 of a PKCS#12 bundle";
            "jwk" => jwk::Jwk, Structure,
                "a JSON Web Key with `kty` and a private member";
            "macaroon" => macaroon::Macaroon, Structure,
                "base64 of a macaroon, version 1 or 2, with or without a prefix that ends with `-`";
            "basic-auth" => basic_auth::BasicAuth, Structure,
                "base64 of `user:password` with a password that is no placeholder";
            "base64-json" => base64_json::Base64Json, Structure,
                "base64 of a JSON object";
            "base64-text" => base64_text::Base64Text, Structure,
                "base64 of printable text";
            "url-password" => url_password::UrlPassword, Structure,
                "a URL with a host and a literal password";
            "literal-password" => literal_password::LiteralPassword, Structure,
                "a literal that a person chose: no variable, call, template or placeholder";
            "letters-and-digits" => letters_and_digits::LettersAndDigits, Structure,
                "at least one letter and one digit";
            "wordless" => wordless::Wordless, Structure,
                "letters do not follow each other as in words";
            "aws-account" => aws_account::AwsAccount, Structure,
                "an AWS access key id whose base32 contains a 12-digit account number";
        }
    };
}

pub(crate) use for_each_check;
