//! `stopleak rules show`: prints what a developer needs after a finding: what the secret gives access to, how to
//! revoke it, and where it belongs instead.

use std::io::{self, Write};

use clap::Args;
use serde_json::json;

use super::conditions::{conditions, quoted};
use super::lookup::{ListFormat, find_rule, provider, setup};
use super::page::{LABEL_WIDTH, Page};
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::cli::options::RuleOptions;
use crate::engine::authoring::pattern_description::{in_words, outline};
use crate::report::to_pretty_text;
use crate::rules::advice::{CHANGE, REVOKE};
use crate::rules::metadata::{advice, advice_for};
use crate::rules::syntax::SecretKind;
use crate::rules::{Rule, RuleSet};

/// Print what a secret gives access to, how to revoke it, and what to do instead
///
/// Also prints how the rule detects it, and how to suppress a false positive. A finding names the id of its
/// rule.
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The rule's id
    #[arg(value_name = "ID")]
    id: String,

    /// Format of the page
    #[arg(long, value_enum, value_name = "human|json", hide_possible_values = true, default_value_t)]
    format: ListFormat,

    #[command(flatten)]
    rules: RuleOptions,
}

pub(crate) fn run(args: &ShowArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let setup = setup(&args.rules, env)?;
    let known = setup.all_rules()?;
    let page = RulePage::new(&known, find_rule(&known, &args.id)?, setup.rules()?.contains(&args.id));
    match args.format {
        ListFormat::Human => page.render(env).print()?,
        ListFormat::Json => {
            let json = if page.domain.is_none() { messages::masked_json(page.json()) } else { page.json() };
            io::stdout().write_all(to_pretty_text(&json)?.as_bytes())?;
        }
    }
    Ok(ExitCode::Complete)
}

/// The content of the page about a rule.
struct RulePage<'r> {
    rule: &'r Rule,
    domain: Option<&'static str>,
    kind: SecretKind,
    /// Whether scans with the effective configuration use the rule.
    is_active: bool,
    /// Example name of a variable that contains such a value.
    variable: String,
}

/// A step after a leak.
enum Step<'r> {
    Revoke { how: &'r str, url: Option<&'r str>, label: &'static str },
    Other(&'static str),
}

impl<'r> RulePage<'r> {
    fn new(known: &RuleSet, rule: &'r Rule, is_active: bool) -> RulePage<'r> {
        let kind = known.kind(&rule.id).unwrap_or(SecretKind::ApiKey);
        RulePage {
            rule,
            domain: known.domain(&rule.id),
            kind,
            is_active,
            variable: variable(&rule.id, known.domain(&rule.id)),
        }
    }

    fn render(&self, env: &Environment) -> Page {
        let (rule, of_kind) = (self.rule, advice_for(self.kind));
        let mut page = Page::new(env, self.domain.is_none());
        page.heading(&rule.name);
        let issuer = if provider(rule).is_empty() { "no provider" } else { provider(rule) };
        page.paragraph(&format!(
            "{}: {issuer}, {} severity, {} confidence",
            rule.id, rule.severity, rule.confidence
        ));
        if !self.is_active {
            page.paragraph("Scans here do not use this rule: it is switched off.");
        }

        page.heading("What is it?");
        page.paragraph(&of_kind.about);
        let (shape, looks) = (self.shape(), outline(rule));
        if let Some(shape) = &shape {
            page.paragraph(shape);
        }
        if let Some(looks) = looks.filter(|_| in_words(rule).is_some() && !rule.generic && !rule.human_chosen)
        {
            page.aside(4, &squeezed(&looks));
        }

        page.heading("What does it give access to?");
        page.paragraph(&rule.help);
        if let Some(meaning) = advice().severities.get(&rule.severity) {
            page.paragraph(&format!("Severity {}: {meaning}.", rule.severity));
        }

        page.heading("It leaked. What now?");
        if self.kind != SecretKind::Identifier {
            page.paragraph(
                "If it was pushed, published or sent to anyone, treat it as known. Act at once, even if \
                 that interrupts a service.",
            );
        }
        for (number, step) in (1..).zip(self.steps()) {
            let mark = format!("  {number}. ");
            match step {
                Step::Revoke { how, url, label } => {
                    page.hanging(&mark, &format!("{label}{}", how.trim()));
                    url.into_iter().for_each(|url| page.verbatim(mark.len(), url));
                }
                Step::Other(text) => page.hanging(&mark, text),
            }
        }
        if let Some(docs) = self.docs() {
            page.paragraph("Documentation of the provider:");
            page.verbatim(4, docs);
        }

        page.heading("What to do instead?");
        for paragraph in &of_kind.instead {
            page.hanging("  - ", paragraph);
        }
        for (title, lines) in self.places() {
            page.hanging("  ", &format!("{title}:"));
            lines.iter().for_each(|line| page.verbatim(4, line));
        }

        page.heading("Is it a false positive?");
        page.entry("this line", &format!("end it with a comment: stopleak:allow {} REASON", rule.id));
        page.entry("all findings", "stopleak baseline create");
        page.entry("this rule", &format!("in stopleak.yaml: rules: {{ off: [{}] }}", rule.id));
        page.entry("details", "docs/reference.md; why a value is not found: stopleak rules test");

        page.heading("How is it detected?");
        for (label, text) in conditions(rule) {
            match label {
                // Not wrapped, so that it can be copied.
                "pattern" | "allow" => page.verbatim(2, &format!("{label:<LABEL_WIDTH$} {text}")),
                _ => page.entry(label, &text),
            }
        }
        page
    }

    fn json(&self) -> serde_json::Value {
        let (rule, of_kind) = (self.rule, advice_for(self.kind));
        let steps = self.steps().map(|step| match step {
            Step::Revoke { how, url, .. } => json!({"revoke": how.trim(), "url": url}),
            Step::Other(text) => json!({"step": text}),
        });
        let places = self.places().map(|(title, lines)| json!({"place": title, "lines": lines}));
        let labelled = conditions(rule).into_iter().map(|(label, text)| json!({label: text}));
        json!({
            "id": rule.id,
            "name": rule.name,
            "provider": rule.provider,
            "domain": self.domain,
            "kind": self.kind,
            "severity": rule.severity,
            "confidence": rule.confidence,
            "active": self.is_active,
            "report": rule.is_reported,
            "about": of_kind.about,
            "shape": self.shape(),
            "outline": outline(rule),
            "help": rule.help.trim(),
            "leaked": steps.collect::<Vec<_>>(),
            "docs": self.docs(),
            "instead": of_kind.instead,
            "places": places.collect::<Vec<_>>(),
            "recognised": labelled.collect::<Vec<_>>(),
        })
    }

    /// Returns a sentence about the shape of a value; `None` when the pattern has no short description.
    fn shape(&self) -> Option<String> {
        let rule = self.rule;
        if rule.generic {
            return Some(format!("A value beside a name with {} in it.", first_words(&rule.keywords)));
        }
        let shape = in_words(rule);
        if rule.keywords.is_empty() {
            let begins = rule.literal_offset == 0 && !rule.window.is_some_and(|window| window.every);
            return match shape {
                Some(shape) => Some(format!("It looks like this: {shape}.")),
                None => begins.then(|| format!("It begins with {}.", first_words(&rule.literals))),
            };
        }
        let names =
            if rule.name_words.is_empty() { String::new() } else { ", and a word for a secret".to_owned() };
        let shape = shape.map(|shape| format!(": {shape}")).unwrap_or_default();
        Some(format!("It is beside a name with {} in it{names}{shape}.", first_words(&rule.keywords)))
    }

    /// Returns the steps after a leak, in order.
    fn steps(&self) -> impl Iterator<Item = Step<'r>> {
        let revoke = self.rule.revoke.as_ref();
        let steps = advice_for(self.kind).leaked.iter();
        steps.filter_map(move |step| match step.as_str() {
            REVOKE | CHANGE => Some(Step::Revoke {
                how: revoke.map_or(REVOKE_ANYWHERE, |revoke| &revoke.how),
                url: revoke.and_then(|revoke| revoke.url.as_deref()),
                label: if step == REVOKE { "Revoke: " } else { "" },
            }),
            step => Some(Step::Other(advice().steps.get(step)?)),
        })
    }

    /// Returns the address of the provider's documentation of such values.
    fn docs(&self) -> Option<&'r str> {
        self.rule.revoke.as_ref()?.docs.as_deref()
    }

    /// Returns stores for such a value, the best first, with the names filled in.
    fn places(&self) -> impl Iterator<Item = (&'static str, Vec<String>)> {
        let named = self.variable.to_ascii_lowercase().replace('_', "-");
        let places = advice_for(self.kind).places.iter().filter_map(|place| advice().places.get(place));
        places.map(move |place| {
            let fill = |line: &String| line.replace("{name}", &named).replace("NAME", &self.variable);
            (place.title.as_str(), place.lines.iter().map(fill).collect())
        })
    }
}

/// How to revoke a value of a rule without `revoke`.
const REVOKE_ANYWHERE: &str =
    "Change or delete it where it was created, so that the old value no longer works.";

/// Greatest length of a variable's name, so that the lines with it fit a terminal.
const MAX_VARIABLE_LEN: usize = 28;

/// Returns a name for a variable, derived from a rule's id: `GH_CLASSIC_PAT`.
fn variable(id: &str, domain: Option<&str>) -> String {
    // The ids of these rules describe the place of the value, not the value.
    if domain == Some("generic") || id.ends_with("-literal-secret") {
        let name = ["password", "token", "api-key"].into_iter().find(|word| id.contains(word));
        return format!("APP_{}", name.unwrap_or("secret").to_ascii_uppercase().replace('-', "_"));
    }
    let mut id = id;
    for end in ["-near-id", "-near-sid", "-legacy", "-v1", "-v2"] {
        id = id.strip_suffix(end).unwrap_or(id);
    }
    let name = id.to_ascii_uppercase().replace('-', "_");
    // GitHub refuses secrets whose name begins with `GITHUB_`, and a shell refuses names that begin with a
    // digit.
    let mut name = match name.strip_prefix("GITHUB_") {
        Some(rest) => format!("GH_{rest}"),
        None if name.starts_with(|first: char| first.is_ascii_digit()) => format!("THE_{name}"),
        None => name,
    };
    while name.len() > MAX_VARIABLE_LEN
        && let Some(at) = name.rfind('_')
    {
        name.truncate(at);
    }
    name
}

/// Returns `outline` with its runs of equal characters cut to 16.
fn squeezed(outline: &str) -> String {
    let mut text = String::new();
    let mut run = 0;
    let mut last = None;
    for character in outline.chars() {
        run = if last == Some(character) { run + 1 } else { 1 };
        last = Some(character);
        match run {
            0..=16 => text.push(character),
            17 => text.push('…'),
            _ => {}
        }
    }
    text
}

/// Returns the words, or the first three of more than three.
fn first_words(words: &[String]) -> String {
    match words {
        [first, second, third, _, ..] => format!("{first:?}, {second:?}, {third:?} or similar"),
        _ => quoted(words),
    }
}

#[cfg(test)]
mod tests {
    use super::variable;

    #[test]
    fn names_of_variables_are_accepted_by_every_store() {
        for (id, domain, name) in [
            ("github-classic-pat", "vcs", "GH_CLASSIC_PAT"),
            ("generic-password", "generic", "APP_PASSWORD"),
            ("jwt", "generic", "APP_SECRET"),
            ("aws-secret-access-key-near-id", "cloud", "AWS_SECRET_ACCESS_KEY"),
            ("heroku-api-key-v2", "cloud", "HEROKU_API_KEY"),
            ("42-secret", "saas", "THE_42_SECRET"),
            ("azure-servicebus-connection-string", "cloud", "AZURE_SERVICEBUS_CONNECTION"),
        ] {
            assert_eq!(variable(id, Some(domain)), name);
        }
        assert_eq!(variable("acme-key", None), "ACME_KEY");
    }
}
