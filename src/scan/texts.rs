//! Texts that are not stored yet: a commit message, or what a program is about to write or to run.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{ContentKind, Counts, Provenance, RepoPath, Secret, Status, StatusReason};

use super::blob::blob_scanner::BlobScanner;
use super::blob::near_changes::PartialScan;
use super::changes::status::set_old;
use super::outcome::Outcome;
use super::target::Text;

/// Scans each of the texts separately.
pub(super) fn scan(scanner: &BlobScanner<'_>, texts: &[Text]) -> Outcome {
    let mut outcome = Outcome::default();
    let share_before = |one: &Text, other: &Text| Arc::ptr_eq(&one.before, &other.before);
    texts.chunk_by(share_before).for_each(|texts| outcome.absorb(scan_texts(scanner, texts)));
    outcome
}

/// Scans texts that replace the same versions.
fn scan_texts(scanner: &BlobScanner<'_>, texts: &[Text]) -> Outcome {
    let mut outcome = Outcome::default();
    texts.iter().for_each(|text| outcome.absorb(scan_text(scanner, text)));
    let new = outcome.findings.iter().filter(|finding| finding.status == Status::New);
    let wanted: HashSet<Secret> = new.map(|finding| finding.secret.bare()).collect();
    if wanted.is_empty() {
        return outcome;
    }
    let mut previous = HashSet::new();
    for before in texts.first().iter().flat_map(|text| text.before.iter()) {
        let (values, searched) = scanner.bare_values_near(before, &wanted);
        previous.extend(values);
        outcome.work_stats.searched += searched;
    }
    set_old(&mut outcome.findings, &previous, &StatusReason::InPreviousText);
    outcome
}

fn scan_text(scanner: &BlobScanner<'_>, text: &Text) -> Outcome {
    let mut outcome = Outcome::default();
    let path = RepoPath::new(text.name.as_bytes());
    if text.content_kind == ContentKind::File && scanner.is_skipped(&path) {
        outcome.counts.skipped += 1;
        return outcome;
    }
    let what = || path.to_text();
    let PartialScan { scan, searched } = match &text.changed {
        Some(changed) => scanner.scan_near_changes(&text.content, changed, what),
        None => PartialScan { scan: scanner.scan(&text.content, what), searched: text.content.len() as u64 },
    };
    outcome.counts = Counts { files: 1, bytes: searched, ..Counts::default() };
    outcome.work_stats.searched = searched;
    outcome.unscanned.extend(scan.unscanned);
    let provenance = Provenance { content_kind: text.content_kind, ..Provenance::file(path) };
    outcome.findings = scanner.findings(scan.candidates, &provenance);
    outcome
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ops::Range;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::engine::authoring::sample::{Draw, sample};
    use crate::rules::RuleSet;
    use crate::scan::settings::Settings;
    use crate::scan::testing::{settings, token};

    fn all_rules() -> Settings {
        Settings { rules: RuleSet::builtin(), ..settings() }
    }

    fn text(content: Vec<u8>, changed: Option<Vec<Range<usize>>>, before: Vec<Vec<u8>>) -> Text {
        let content_kind = ContentKind::File;
        Text { name: "a".to_owned(), content_kind, content, changed, before: before.into() }
    }

    type New = BTreeSet<(String, Secret, String)>;

    fn new_values(outcome: &Outcome) -> New {
        let new = outcome.findings.iter().filter(|finding| finding.status == Status::New);
        new.map(|finding| {
            (finding.rule.id.clone(), finding.secret.clone(), format!("{:?}", finding.location))
        })
        .collect()
    }

    /// A part of a text: the sample of a rule, text between samples, or text that is longer than every context.
    #[derive(Clone, Debug)]
    enum Piece {
        Sample(Index, u64),
        Between(usize),
        Long(usize),
    }

    fn a_piece() -> impl Strategy<Value = Piece> {
        prop_oneof![
            4 => any::<(Index, u64)>().prop_map(|(rule, seed)| Piece::Sample(rule, seed % 3)),
            4 => (0..8usize).prop_map(Piece::Between),
            1 => (0..3usize).prop_map(Piece::Long),
        ]
    }

    /// Rules that read other lines, and some others.
    fn chosen_rules(settings: &Settings) -> Vec<usize> {
        let is_wide = |at: &usize| {
            let rule = &settings.rules[*at];
            rule.requires.is_some() || rule.window.is_some() || rule.generic || at.is_multiple_of(29)
        };
        (0..settings.rules.count()).filter(is_wide).collect()
    }

    fn bytes(settings: &Settings, chosen: &[usize], piece: &Piece) -> Vec<u8> {
        match piece {
            Piece::Sample(index, seed) => {
                let rule = &settings.rules[*index.get(chosen)];
                let value = sample(rule, &mut Draw::new(*seed)).expect("a checked pattern");
                let name = rule.keywords.first().map_or("secret", |word| word);
                [name.as_bytes(), b"_token = '", &value, b"'"].concat()
            }
            Piece::Between(kind) => {
                ["\n", "\r\n", " ", "'", "x", "\n---\n", " = ", "# stopleak:allow generic-secret test\n"]
                    [*kind]
                    .into()
            }
            Piece::Long(times) => "nothing of interest é\n".repeat(7_000 * (times + 1)).into_bytes(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

        #[test]
        fn near_the_changes_are_all_values_that_are_new_in_the_whole_text(
            pieces in vec(a_piece(), 4..16),
            changes in vec((any::<Index>(), 0..40usize, vec(a_piece(), 0..3)), 1..4),
        ) {
            let settings = all_rules();
            let chosen = chosen_rules(&settings);
            let scanner = BlobScanner::new(&settings).expect("the built-in rules are fine");
            let whole = |pieces: &[Piece]| pieces.iter().flat_map(|piece| bytes(&settings, &chosen, piece)).collect::<Vec<_>>();
            let before = whole(&pieces);
            let mut places: Vec<_> = changes
                .iter()
                .map(|(at, removed, added)| (at.index(before.len() + 1), *removed, whole(added)))
                .collect();
            places.sort();
            let (mut after, mut changed, mut rest) = (Vec::new(), Vec::new(), 0);
            for (at, removed, added) in places {
                let at = at.max(rest);
                after.extend_from_slice(&before[rest..at]);
                changed.push(after.len()..after.len() + added.len());
                after.extend_from_slice(&added);
                rest = (at + removed).min(before.len());
            }
            after.extend_from_slice(&before[rest..]);
            let found = |changed| new_values(&scan(&scanner, &[text(after.clone(), changed, vec![before.clone()])]));
            prop_assert_eq!(found(Some(changed)), found(None));
        }
    }

    #[test]
    fn of_a_large_file_only_what_an_edit_changes_is_searched() {
        let settings = all_rules();
        let scanner = BlobScanner::new(&settings).expect("the built-in rules are fine");
        let old = format!("k = {}\n", token(&settings, 1));
        let before = [&old, "nothing of interest\n".repeat(24_000_000 / 20).as_str()].concat().into_bytes();
        let at = before.len() / 2;
        for (added, count) in [(token(&settings, 2), 1), (token(&settings, 1), 0), ("harmless".to_owned(), 0)]
        {
            let line = format!("\nk = {added}\n");
            let after = [&before[..at], line.as_bytes(), &before[at..]].concat();
            let changed = Some(std::iter::once(at..at + line.len()).collect());
            let outcome = scan(&scanner, &[text(after, changed, vec![before.clone()])]);
            assert_eq!(new_values(&outcome).len(), count);
            let searched = outcome.work_stats.searched;
            assert!(searched < 3_000_000, "{searched}");
        }
    }

    #[test]
    fn texts_that_replace_the_same_are_compared_with_it_once() {
        let settings = settings();
        let scanner = BlobScanner::new(&settings).expect("the built-in rules are fine");
        let before: Arc<[Vec<u8>]> = vec![vec![b'x'; 100_000]].into();
        let texts: Vec<Text> = (0..1000)
            .map(|seed| Text {
                before: Arc::clone(&before),
                ..text(format!("k = {}\n", token(&settings, seed)).into_bytes(), None, Vec::new())
            })
            .collect();
        let outcome = scan(&scanner, &texts);
        assert!(new_values(&outcome).len() > 900);
        assert!(outcome.work_stats.searched < 200_000, "{}", outcome.work_stats.searched);
    }
}
