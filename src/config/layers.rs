//! Merges the layers of settings: defaults, file, environment, flags. Later layers replace single values, lists are
//! concatenated, and every value keeps its origin.

use std::path::PathBuf;

use super::error::ConfigError;
use super::file::{Config, Item};
use super::hooks::HookLayer;
use super::origin::{Origin, Value};
use super::size::ByteSize;
use crate::model::Confidence;

/// Settings of one layer; `None` and empty lists where the layer does not set the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layer {
    /// Lowest confidence that is reported.
    pub confidence: Option<Value<Confidence>>,
    /// Lowest confidence that makes a run fail.
    pub fail_on: Option<Value<Confidence>>,
    /// Size above which objects are not scanned, nor files if it is set explicitly.
    pub max_blob_size: Option<Value<ByteSize>>,
    /// Number of threads; 0 for one per core.
    pub threads: Option<Value<usize>>,
    /// Path of the baseline.
    pub baseline: Option<Value<PathBuf>>,
    /// Globs of files that are not scanned.
    pub skip_paths: Vec<Value<String>>,
    /// Ids of rules that are off.
    pub rules_off: Vec<Value<String>>,
    /// If not empty, ids of the only rules that are on, even if lower layers switch them off.
    pub rules_only: Vec<Value<String>>,
    /// Additional rule files and folders.
    pub rule_files: Vec<Value<PathBuf>>,
    /// Settings of hooks.
    pub hooks: HookLayer,
}

/// All layers merged, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// Lowest confidence that is reported.
    pub confidence: Value<Confidence>,
    /// Lowest confidence that makes a run fail; never below `confidence`, because unreported findings cannot fail a run.
    pub fail_on: Value<Confidence>,
    /// Size above which objects are not scanned, nor files if it is set explicitly.
    pub max_blob_size: Value<ByteSize>,
    /// Number of threads; 0 for one per core.
    pub threads: Value<usize>,
    /// Path of the baseline; `None` if no layer sets it.
    pub baseline: Option<Value<PathBuf>>,
    /// Globs of files that are not scanned.
    pub skip_paths: Vec<Value<String>>,
    /// Ids of rules that are off.
    pub rules_off: Vec<Value<String>>,
    /// If not empty, ids of the only rules that are on.
    pub rules_only: Vec<Value<String>>,
    /// Additional rule files and folders, in the order in which they are loaded.
    pub rule_files: Vec<Value<PathBuf>>,
    /// Settings of hooks that any layer sets.
    pub hooks: HookLayer,
}

impl From<&Config> for Layer {
    fn from(config: &Config) -> Layer {
        let at = |line| Origin::File(config.path.clone(), line);
        let strings = |items: &[Item]| -> Vec<Value<String>> {
            items.iter().map(|item| Value::new(item.text.clone(), at(item.line))).collect()
        };
        let files = config.rule_files.iter();
        Layer {
            confidence: config.confidence.map(|value| Value::new(value, at(None))),
            fail_on: config.fail_on.map(|value| Value::new(value, at(None))),
            max_blob_size: config.max_blob_size.map(|value| Value::new(value, at(None))),
            threads: None,
            baseline: config.baseline.as_ref().map(|path| Value::new(config.resolve(path), at(None))),
            skip_paths: strings(&config.skip_paths),
            rules_off: strings(&config.rules_off),
            rules_only: Vec::new(),
            rule_files: files.map(|item| Value::new(config.resolve(&item.text), at(item.line))).collect(),
            hooks: HookLayer::from_keys(&config.hooks, &config.path),
        }
    }
}

impl Layer {
    /// Merges this layer over `below`: single values replace those of `below`, lists are appended to its lists.
    #[must_use]
    pub(crate) fn over(self, below: Layer) -> Layer {
        let joined = |mut below: Vec<Value<String>>, above| {
            below.extend::<Vec<_>>(above);
            below
        };
        let mut rule_files = below.rule_files;
        rule_files.extend(self.rule_files);
        Layer {
            confidence: self.confidence.or(below.confidence),
            fail_on: self.fail_on.or(below.fail_on),
            max_blob_size: self.max_blob_size.or(below.max_blob_size),
            threads: self.threads.or(below.threads),
            baseline: self.baseline.or(below.baseline),
            skip_paths: joined(below.skip_paths, self.skip_paths),
            // A rule that this layer selects (`--only`) is on even if a lower layer switches it off.
            rules_off: if self.rules_only.is_empty() {
                joined(below.rules_off, self.rules_off)
            } else {
                self.rules_off
            },
            rules_only: joined(below.rules_only, self.rules_only),
            rule_files,
            hooks: self.hooks.over(below.hooks),
        }
    }

    /// Fills in the defaults.
    ///
    /// # Errors
    ///
    /// `fail-on` is set below `confidence`, so that unreported findings would have to fail the run.
    pub(crate) fn resolve(self) -> Result<Resolved, ConfigError> {
        let fail_on = self.fail_on.unwrap_or(Value::new(Confidence::Medium, Origin::Default));
        let confidence = match self.confidence {
            // With a default `fail-on`, a higher confidence raises it, and a lower `fail-on` lowers the confidence.
            Some(confidence) if fail_on.value < confidence.value && fail_on.origin != Origin::Default => {
                let message = format!(
                    "fail-on `{}` is below confidence `{}` ({}); what is not reported cannot fail",
                    fail_on.value, confidence.value, confidence.origin
                );
                return Err(ConfigError::Value { origin: fail_on.origin, message });
            }
            Some(confidence) => confidence,
            None if fail_on.value < Confidence::Medium => fail_on.clone(),
            None => Value::new(Confidence::Medium, Origin::Default),
        };
        Ok(Resolved {
            fail_on: if fail_on.value < confidence.value { confidence.clone() } else { fail_on },
            confidence,
            max_blob_size: self
                .max_blob_size
                .unwrap_or(Value::new(ByteSize::megabytes(100), Origin::Default)),
            threads: self.threads.unwrap_or(Value::new(0, Origin::Default)),
            baseline: self.baseline,
            skip_paths: self.skip_paths,
            rules_off: self.rules_off,
            rules_only: self.rules_only,
            rule_files: self.rule_files,
            hooks: self.hooks,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn file(text: &str) -> Layer {
        (&Config::from_bytes(Path::new("c/stopleak.yaml"), text.as_bytes()).expect("a configuration")).into()
    }

    fn confidence(value: Confidence) -> Option<Value<Confidence>> {
        Some(Value::new(value, Origin::Flag("--confidence")))
    }

    #[test]
    fn the_upper_layer_wins_and_lists_add_up() {
        let flags = Layer {
            confidence: confidence(Confidence::High),
            skip_paths: vec![Value::new("b".into(), Origin::Flag("--x"))],
            ..Layer::default()
        };
        let below = file("confidence: low\nskip-paths: [a]\nbaseline: known\nrules: {files: [r.yaml]}\n");
        let resolved = flags.over(below).resolve().expect("fits");
        assert_eq!(Some(resolved.confidence), confidence(Confidence::High));
        let paths: Vec<_> =
            resolved.skip_paths.iter().map(|path| (path.value.as_str(), path.origin.to_string())).collect();
        assert_eq!(paths, [("a", "c/stopleak.yaml:2".to_owned()), ("b", "--x".to_owned())]);
        assert_eq!(resolved.baseline.expect("named").value, Path::new("c/known"));
        assert_eq!(resolved.rule_files[0].value, Path::new("c/r.yaml"));
        assert_eq!(resolved.max_blob_size.origin, Origin::Default);
    }

    #[test]
    fn a_rule_named_alone_is_on_even_where_the_file_switches_it_off() {
        let only =
            Layer { rules_only: vec![Value::new("a".into(), Origin::Flag("--only"))], ..Layer::default() };
        let resolved = only.over(file("rules: {off: [a, b]}")).resolve().expect("fits");
        assert!(resolved.rules_off.is_empty());
    }

    #[test]
    fn failing_on_something_means_reporting_it() {
        let resolved = file("fail-on: low").resolve().expect("fits");
        assert_eq!(resolved.confidence.value, Confidence::Low);
        let resolved = file("confidence: high").resolve().expect("fits");
        assert_eq!(resolved.fail_on.value, Confidence::High);
        let error = file("confidence: high\nfail-on: low").resolve().expect_err("a contradiction");
        assert!(error.to_string().contains("cannot fail"), "{error}");
    }
}
