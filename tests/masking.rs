//! No reported value and no neighbour of one is readable in any output, whichever rules are on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use stopleak::internals::Rule;
use stopleak::internals::sample::{Draw, broken, fill};
use stopleak::report::{Format, ReportOptions, write};
use stopleak::{Confidence, RuleSet, Scanner};

/// A part of a value with this many bytes is readable. The first four bytes of a long value may be shown.
const READABLE: usize = 8;
const SHOWN: usize = 4;

/// A text with a value, as a rule's author wrote it.
#[derive(Clone, Debug)]
struct Planted {
    rule: String,
    text: String,
    value: String,
}

/// The rule files: the built-in rules have no examples.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut rules = RuleSet::load(&folder).expect("good rules");
    rules.retain(|rule| rule.is_reported);
    rules
});
static SCANNER: LazyLock<Scanner> =
    LazyLock::new(|| Scanner::builder().confidence(Confidence::Low).build().expect("the built-in rules"));

/// Returns an example of the rule with this number, if its value is on one line and is found where it is alone.
fn planted(number: usize, seed: u64) -> Option<Planted> {
    let rule = &RULES[number];
    let example = rule.examples.first()?.joined();
    let text = String::from_utf8(fill(rule, &example, &mut Draw::new(seed))?).ok()?;
    let found = SCANNER.scan_bytes(text.as_bytes()).findings;
    let value = found.iter().find(|found| found.rule.id == rule.id)?.secret.expose();
    let value = String::from_utf8(value.to_vec()).ok()?;
    let is_plain = !text.contains('\n') && text.len() < 600 && value.is_ascii();
    is_plain.then(|| Planted { rule: rule.id.clone(), text, value })
}

/// Returns the parts of a value that must not be shown. Words, as in the prefix that all values of a rule have, are in other
/// text too.
fn secret_parts(value: &str) -> Vec<&[u8]> {
    let is_random = |part: &&[u8]| {
        let count = |is: fn(&u8) -> bool| part.iter().filter(|byte| is(byte)).count();
        count(u8::is_ascii_digit) >= 2 && count(u8::is_ascii_alphabetic) >= 2
    };
    value.as_bytes().get(SHOWN..).unwrap_or_default().windows(READABLE).filter(is_random).collect()
}

fn outputs(scanner: &Scanner, name: &str, text: &str) -> (usize, Vec<(Format, Vec<u8>)>) {
    let folder = tempfile::tempdir().expect("room on the disk");
    std::fs::write(folder.path().join(name), text).expect("a plain name");
    let mut report = scanner.scan_directory(folder.path()).expect("a directory");
    report.header.target = ".".to_owned();
    let mut outputs = Vec::new();
    for &format in Format::ALL {
        for (color, width) in [(false, Some(400)), (true, Some(60))] {
            let mut out = Vec::new();
            let options = ReportOptions { color, width, ..ReportOptions::default() };
            write(format, &report, &options, &mut out).expect("a vector");
            outputs.push((format, out));
        }
    }
    (report.findings.len(), outputs)
}

/// The first part of a value in an output.
fn leak<'v>(outputs: &[(Format, Vec<u8>)], value: &'v str) -> Option<(Format, &'v str)> {
    secret_parts(value).into_iter().find_map(|part| {
        let (format, _) = outputs.iter().find(|(_, out)| memchr::memmem::find(out, part).is_some())?;
        Some((*format, std::str::from_utf8(part).expect("ASCII")))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn no_value_is_readable_in_any_format(
        numbers in prop::collection::vec((any::<Index>(), 0_u64..1000, any::<bool>(), any::<bool>()), 2..5),
        separators in prop::collection::vec("[,;:=|&<> \t]|\", \"|', '| = |: |\\) \\(", 5),
        filler in 0_usize..200,
        is_named in any::<bool>(),
    ) {
        let planted: Vec<(Planted, bool, bool)> = numbers
            .iter()
            .filter_map(|(index, seed, is_off, is_broken)| Some((planted(index.index(RULES.len()), *seed)?, *is_off, *is_broken)))
            .collect();
        prop_assume!(!planted.is_empty());
        let mut line = "some words ".repeat(filler);
        let mut values = Vec::new();
        let mut off: BTreeMap<&str, bool> = BTreeMap::new();
        for ((planted, is_off, is_broken), separator) in planted.iter().zip(&separators) {
            let Planted { rule, text, value } = planted;
            let changed = String::from_utf8(broken(value.as_bytes())).expect("ASCII");
            let (text, value) = match is_broken {
                true => (text.replace(value.as_str(), &changed), changed),
                false => (text.clone(), value.clone()),
            };
            line.push_str(&text);
            line.push_str(separator);
            values.push((rule.as_str(), value));
            *off.entry(rule).or_insert(true) &= *is_off;
        }
        // The first rule is on, so that there is a line to show.
        off.insert(&planted[0].0.rule, false);
        let mut rules = RuleSet::builtin();
        rules.retain(|id| off.get(id) != Some(&true));
        let scanner = Scanner::builder().rules(rules).confidence(Confidence::Low).build().expect("rules");
        let token = value("github-classic-pat", 7);
        let name = if is_named { format!("a {token}.txt") } else { "a.txt".to_owned() };
        let (_, outputs) = outputs(&scanner, &name, &format!("first\n{line}\nlast\n"));
        for (rule, value) in values.iter().map(|(rule, value)| (*rule, value.as_str())).chain([("name", token.as_str())]) {
            let leak = leak(&outputs, value);
            prop_assert!(leak.is_none(), "{rule}: {leak:?} of {value} in {line:?}, off: {off:?}");
        }
    }
}

/// Returns a value of the rule.
fn value(id: &str, seed: u64) -> String {
    let rule = RULES.iter().find(|rule| rule.id == id).expect("a built-in rule");
    String::from_utf8(fill(rule, "{sample}", &mut Draw::new(seed)).expect("a pattern")).expect("ASCII")
}

#[test]
fn a_neighbour_is_masked_whether_its_rule_is_on_its_checksum_holds_or_a_long_line_cuts_it() {
    let found = value("github-classic-pat", 1);
    let other = value("npm-access-token", 2);
    let wrong = String::from_utf8(broken(value("github-classic-pat", 3).as_bytes())).expect("ASCII");
    let unknown = "x7Kp2mQ9vR4tW8sZ1nB6cL3j".to_owned();
    let mut rules = RuleSet::builtin();
    rules.retain(|id| id == "github-classic-pat");
    let scanner = Scanner::builder().rules(rules).build().expect("rules");
    for neighbour in [&other, &wrong, &unknown] {
        for line in [
            format!("{found},{neighbour}"),
            format!("a = \"{neighbour}\", b = \"{found}\""),
            // The edge of what is shown is in the neighbour.
            format!("{neighbour} {} {found}", "word ".repeat(12)),
            format!("{found} {} {neighbour} {}", "word ".repeat(12), "word ".repeat(500)),
            format!("{found} # stopleak:allow github-classic-pat {} {neighbour}", "x ".repeat(90)),
        ] {
            let (count, outputs) = outputs(&scanner, "a.py", &line);
            assert_eq!(count, 1, "{line}");
            assert_eq!(leak(&outputs, neighbour), None, "{line}");
        }
    }
    // What is around them stays readable.
    let line = format!("src/config/loader_v2.py: client_id_2 = load(\"{found}\", ApplicationConfiguration2)");
    let (_, outputs) = outputs(&scanner, "a.py", &line);
    let human = String::from_utf8_lossy(&outputs[0].1).into_owned();
    for word in ["src/config/loader_v2.py", "client_id_2 = load(", "ApplicationConfiguration2"] {
        assert!(human.contains(word), "{human}");
    }
}

#[test]
fn one_allow_comment_covers_one_value_of_its_rule() {
    let (first, second) = (value("github-classic-pat", 1), value("github-classic-pat", 2));
    let allow = "stopleak:allow github-classic-pat";
    let reasons = |path: &str, text: String| -> Vec<Option<String>> {
        let found = SCANNER.scan_at(path, text.as_bytes()).findings;
        let of_rule = found.into_iter().filter(|found| found.rule.id == "github-classic-pat");
        of_rule.map(|found| found.status_reason.map(|reason| reason.to_string())).collect()
    };
    let another =
        Some(format!("the allow comment covers another value of this line: add {allow} REASON for this one"));
    let inline = |reason: &str| Some(format!("inline: {reason}"));
    assert_eq!(reasons("a.py", format!("k = '{first}', '{second}' # {allow} old")), [inline("old"), another],);
    assert_eq!(
        reasons("a.py", format!("k = '{first}', '{second}' # {allow} old # {allow} new")),
        [inline("old #"), inline("new")],
    );
    // The same value twice is one value.
    assert_eq!(
        reasons("a.py", format!("k = '{first}', '{first}' # {allow} old")),
        [inline("old"), inline("old")],
    );
    let outside = Some(format!("{allow} has no effect: it is not in a comment of this type of file"));
    assert_eq!(reasons("a.py", format!("k = '{first} {allow} old'")), std::slice::from_ref(&outside));
    assert_eq!(reasons("a.py", format!("k = '{first}' // {allow} old")), [outside]);
    assert_eq!(reasons("a.js", format!("k = '{first}' // {allow} old")), [inline("old")]);
}
