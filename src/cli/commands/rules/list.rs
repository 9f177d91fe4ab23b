//! `stopleak rules list`: prints the active rules.

use std::fmt::Write as _;
use std::io::{self, Write};

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::lookup::{ListFormat, provider, setup};
use super::page::{cut, terminal_width};
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::cli::options::{RuleOptions, words};
use crate::config::nearest;
use crate::model::{Confidence, Severity};
use crate::report::to_pretty_text;
use crate::rules::metadata::domains;
use crate::rules::{Rule, RuleSet};

/// Print the active rules
///
/// Each WORD must occur in the id, the name or the provider of a rule, in any letter case.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only rules with each of these in id, name or provider
    #[arg(value_name = "WORD")]
    words: Vec<String>,

    /// Only rules of providers whose name contains this
    #[arg(long, value_name = "TEXT")]
    provider: Option<String>,

    /// Only rules of these severities
    #[arg(long, value_name = "critical|high|medium|low,…", value_delimiter = ',', hide_possible_values = true,
          value_parser = words::<Severity>(Severity::ALL.iter().map(|grade| grade.as_str())))]
    severity: Vec<Severity>,

    /// Only rules of these confidences
    #[arg(long, value_name = "high|medium|low,…", value_delimiter = ',', hide_possible_values = true,
          value_parser = words::<Confidence>(Confidence::ALL.iter().map(|grade| grade.as_str())))]
    confidence: Vec<Confidence>,

    /// Only built-in rules of these folders: ai, cloud, database …
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    domain: Vec<String>,

    /// Format of the list
    #[arg(long, value_enum, value_name = "human|json", hide_possible_values = true, default_value_t)]
    format: ListFormat,

    #[command(flatten)]
    rules: RuleOptions,
}

pub(crate) fn run(args: &ListArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    for domain in &args.domain {
        if !domains().any(|known| known == domain) {
            let near = nearest(domain, domains()).map(|near| format!("; did you mean `{near}`?"));
            let all = domains().collect::<Vec<_>>().join(", ");
            let near = near.unwrap_or_else(|| format!("; there are {all}"));
            return Err(anyhow!("there is no domain `{domain}`{near}"));
        }
    }
    let rules = setup(&args.rules, env)?.rules()?;
    // Rules with `report: false` make no findings, and the counts of other commands leave them out too.
    let listed: Vec<&Rule> =
        rules.iter().filter(|rule| rule.is_reported && args.selects(&rules, rule)).collect();
    let text = match args.format {
        ListFormat::Human => {
            let text = table(&listed, env.columns.or_else(terminal_width));
            let is_built_in = |rule: &&Rule| rules.domain(&rule.id).is_some();
            if listed.iter().all(is_built_in) { text } else { messages::masked(&text) }
        }
        ListFormat::Json => {
            let entries: Vec<_> = listed.iter().map(|rule| entry(&rules, rule)).collect();
            to_pretty_text(&entries)?
        }
    };
    io::stdout().write_all(text.as_bytes())?;
    if listed.is_empty() {
        messages::note("no active rule matches");
    }
    Ok(ExitCode::Complete)
}

impl ListArgs {
    fn selects(&self, rules: &RuleSet, rule: &Rule) -> bool {
        let has = |text: &str, word: &str| text.to_lowercase().contains(&word.to_lowercase());
        let named =
            |word: &String| [&rule.id, &rule.name, provider(rule)].into_iter().any(|text| has(text, word));
        let domain = rules.domain(&rule.id);
        self.words.iter().all(named)
            && self.provider.as_ref().is_none_or(|wanted| has(provider(rule), wanted))
            && (self.severity.is_empty() || self.severity.contains(&rule.severity))
            && (self.confidence.is_empty() || self.confidence.contains(&rule.confidence))
            && (self.domain.is_empty() || self.domain.iter().any(|wanted| domain == Some(wanted)))
    }
}

fn entry(rules: &RuleSet, rule: &Rule) -> serde_json::Value {
    let json = json!({
        "id": rule.id,
        "name": rule.name,
        "provider": rule.provider,
        "domain": rules.domain(&rule.id),
        "kind": rules.kind(&rule.id),
        "severity": rule.severity,
        "confidence": rule.confidence,
    });
    if rules.domain(&rule.id).is_some() { json } else { messages::masked_json(json) }
}

/// Returns a line for each rule, of at most `max_width` columns where there is a limit: longer lines lose the
/// provider first, then the end of the name.
fn table(rules: &[&Rule], max_width: Option<usize>) -> String {
    let width = |of: fn(&Rule) -> usize| rules.iter().map(|rule| of(rule)).max().unwrap_or(0);
    let id = width(|rule| rule.id.len());
    let issuer = width(|rule| provider(rule).chars().count());
    let name = width(|rule| rule.name.chars().count());
    let severity = Severity::ALL.iter().map(|grade| grade.as_str().len()).max().unwrap_or(0);
    let confidence = Confidence::ALL.iter().map(|grade| grade.as_str().len()).max().unwrap_or(0);
    let thresholds = id + 2 + severity + 2 + confidence + 2;
    let with_issuer = max_width.is_none_or(|max| thresholds + issuer + 2 + name <= max);
    let mut text = String::new();
    for rule in rules {
        let thresholds =
            format!("{:id$}  {:severity$}  {:confidence$}", rule.id, rule.severity, rule.confidence);
        let line = match with_issuer {
            true => format!("{thresholds}  {:issuer$}  {}", provider(rule), rule.name),
            false => cut(&format!("{thresholds}  {}", rule.name), max_width.unwrap_or(usize::MAX)),
        };
        let _ = writeln!(text, "{line}");
    }
    messages::visible(&text)
}
