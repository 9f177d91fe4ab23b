//! Confidence and severity: how certain a finding is, and how much damage it does. They are never combined.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! grade {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every grade, lowest first.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The lower-case word used on the command line and in every format.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok($name::$variant),)+
                    _ => Err(format!("expected one of {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

grade! {
    /// How certain it is that a match is a real secret.
    Confidence {
        /// Weak evidence, useful in an audit; does not block by default.
        Low = "low",
        /// A specific shape with provider context, or a generic value with strong evidence.
        Medium = "medium",
        /// Verified offline, or a long fixed prefix with the exact shape.
        High = "high",
    }
}

grade! {
    /// How much damage a leaked value of this kind does.
    Severity {
        /// Little on its own.
        Low = "low",
        /// Limited access.
        Medium = "medium",
        /// Access to an account's data.
        High = "high",
        /// Control over an account, money, or other people's machines.
        Critical = "critical",
    }
}
