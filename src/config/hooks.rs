//! The keys below `hooks:` in the configuration: what a hook does when its check is incomplete.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use super::origin::{Origin, Value};

/// Time limit, written as `500ms`, `30s` or `2m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(Duration);

impl Budget {
    /// Default time limit of pre-receive.
    pub const RECEIVE: Budget = Budget(Duration::from_secs(60));

    /// Default time limit of a call of an AI coding agent.
    pub const AGENT: Budget = Budget(Duration::from_secs(10));

    /// Longest time limit of such a call in a configuration. The agent itself can edit the file, and what it does when it
    /// stops waiting for the answer may be to carry out the call.
    pub const MAX_AGENT: Budget = Budget(Duration::from_secs(25));

    /// Returns the limit as a duration.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Budget, String> {
        let expected = || "expected a time: 500ms, 30s, 2m".to_owned();
        let text = text.trim();
        let (number, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
        let number: u32 = number.parse().map_err(|_| expected())?;
        let unit = match unit.trim() {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" | "min" => Duration::from_secs(60),
            _ => return Err(expected()),
        };
        Ok(Budget(unit * number))
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.subsec_millis() {
            0 => write!(f, "{}s", self.0.as_secs()),
            _ => write!(f, "{}ms", self.0.as_millis()),
        }
    }
}

impl<'de> Deserialize<'de> for Budget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Budget, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Parses a time limit of at most [`Budget::MAX_AGENT`].
fn agent_budget<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Budget>, D::Error> {
    let budget: Option<Budget> = Option::deserialize(deserializer)?;
    match budget {
        Some(Budget(time)) if time > Budget::MAX_AGENT.0 => Err(de::Error::custom(format!(
            "expected at most {}: after {}s agents stop waiting, and may carry out the call",
            Budget::MAX_AGENT,
            AGENT_TIMEOUT
        ))),
        budget => Ok(budget),
    }
}

/// Seconds after which agents stop waiting for the hook, as `hook install` sets it.
pub(crate) const AGENT_TIMEOUT: u32 = 30;

/// What a hook does when its check is incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnIncomplete {
    /// Refuses the commit, push or call.
    Refuse,
    /// Allows it, with a warning about what was not scanned.
    Warn,
}

impl OnIncomplete {
    /// All values, the default first.
    pub const ALL: [OnIncomplete; 2] = [OnIncomplete::Refuse, OnIncomplete::Warn];

    /// Returns the value as written in files and options.
    pub fn as_str(self) -> &'static str {
        match self {
            OnIncomplete::Refuse => "refuse",
            OnIncomplete::Warn => "warn",
        }
    }
}

impl FromStr for OnIncomplete {
    type Err = String;

    fn from_str(text: &str) -> Result<OnIncomplete, String> {
        let found = OnIncomplete::ALL.into_iter().find(|word| word.as_str() == text);
        found.ok_or_else(|| "expected refuse or warn".to_owned())
    }
}

impl fmt::Display for OnIncomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The keys below `hooks:`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default, expecting = "a mapping of settings")]
pub struct HookKeys {
    /// Time limit of pre-receive.
    pub receive_budget: Option<Budget>,
    /// What pre-receive does when it does not finish in time.
    pub receive_unfinished: Option<OnIncomplete>,
    /// Whether allow comments in pushed content are effective.
    pub receive_marks: Option<bool>,
    /// Answer to a call of an AI coding agent that cannot be parsed.
    pub agent_unreadable: Option<OnIncomplete>,
    /// Time limit of a call of an AI coding agent.
    #[serde(deserialize_with = "agent_budget")]
    pub agent_budget: Option<Budget>,
}

/// Settings of one layer for hooks; `None` where the layer does not set the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HookLayer {
    /// See [`HookKeys::receive_budget`].
    pub receive_budget: Option<Value<Budget>>,
    /// See [`HookKeys::receive_unfinished`].
    pub receive_unfinished: Option<Value<OnIncomplete>>,
    /// See [`HookKeys::receive_marks`].
    pub receive_marks: Option<Value<bool>>,
    /// See [`HookKeys::agent_unreadable`].
    pub agent_unreadable: Option<Value<OnIncomplete>>,
    /// See [`HookKeys::agent_budget`].
    pub agent_budget: Option<Value<Budget>>,
}

impl HookLayer {
    /// Returns the settings of the configuration file at `path`.
    pub(super) fn from_keys(keys: &HookKeys, path: &Path) -> HookLayer {
        fn from<T>(path: &Path, value: Option<T>) -> Option<Value<T>> {
            value.map(|value| Value::new(value, Origin::File(path.to_path_buf(), None)))
        }
        HookLayer {
            receive_budget: from(path, keys.receive_budget),
            receive_unfinished: from(path, keys.receive_unfinished),
            receive_marks: from(path, keys.receive_marks),
            agent_unreadable: from(path, keys.agent_unreadable),
            agent_budget: from(path, keys.agent_budget),
        }
    }

    /// Merges this layer over `below`: its values replace those of `below`.
    #[must_use]
    pub(super) fn over(self, below: HookLayer) -> HookLayer {
        HookLayer {
            receive_budget: self.receive_budget.or(below.receive_budget),
            receive_unfinished: self.receive_unfinished.or(below.receive_unfinished),
            receive_marks: self.receive_marks.or(below.receive_marks),
            agent_unreadable: self.agent_unreadable.or(below.agent_unreadable),
            agent_budget: self.agent_budget.or(below.agent_budget),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_limits_round_trip() {
        for text in ["0s", "30s", "500ms", "1500ms"] {
            assert_eq!(text.parse::<Budget>().expect("a time").to_string(), text);
        }
        assert_eq!("2m".parse::<Budget>().expect("a time").to_string(), "120s");
        for wrong in ["", "30", "s", "-1s", "1.5s", "1h", "99999999999s"] {
            assert!(wrong.parse::<Budget>().is_err(), "{wrong}");
        }
        assert!("often".parse::<OnIncomplete>().is_err());
    }
}
