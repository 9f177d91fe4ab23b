//! Runs of whole targets.

use std::sync::Arc;
use std::time::Instant;

use super::settings::SharedEngine;
use super::testing::{settings, token};
use super::{Settings, Target, Text, run};
use crate::git::testing::TestRepo;
use crate::model::ContentKind;
use crate::rules::RuleSet;

#[test]
fn everything_after_the_deadline_is_unscanned() {
    let repo = TestRepo::new();
    let mut settings = settings();
    settings.directory = repo.path().to_path_buf();
    repo.write("a", "harmless\n");
    repo.commit_all("first");
    repo.write("b", format!("k = {}\n", token(&settings, 1)));
    let tip = repo.commit_all("second");
    repo.write("c", format!("k = {}\n", token(&settings, 2)));
    repo.git(&["add", "."]);
    repo.git(&["tag", "blob", "HEAD:b"]);
    let blob = repo.text(&["rev-parse", "blob"]);
    let unscanned = |target: &Target, is_late: bool| {
        let deadline = is_late.then(Instant::now);
        let report = run(target, &Settings { deadline, ..settings.clone() }).expect("a report");
        assert_eq!((report.is_complete(), report.findings.is_empty()), (!is_late, is_late));
        report.unscanned.iter().map(|entry| entry.what.clone()).collect::<Vec<_>>()
    };
    let push = |to: &str| Target::Push {
        to: vec![to.to_owned()],
        known: vec![],
        names: vec![],
        remote: "x".to_owned(),
        address: String::new(),
    };
    let staged = vec!["1 file", "the names of some files"];
    let targets = [(Target::Staged, staged), (push(&tip), vec!["2 commits"]), (push(&blob), vec!["1 file"])];
    for (target, what) in targets {
        assert_eq!(unscanned(&target, true), what);
        assert!(unscanned(&target, false).is_empty());
    }
}

#[test]
fn runs_that_share_an_engine_find_the_same() {
    let own = settings();
    let text = |seed: u64| Text {
        name: "a".to_owned(),
        content_kind: ContentKind::File,
        content: format!("k = {}\n", token(&own, seed)).into_bytes(),
        changed: None,
        before: Arc::default(),
    };
    let target = Target::Texts { texts: vec![text(1), text(2)] };
    let engine = Some(SharedEngine::new(&own.rules));
    let shared = Settings { engine, ..own.clone() };
    let report = run(&target, &own).expect("a report");
    assert_eq!(report.findings.len(), 2);
    for _ in 0..2 {
        assert_eq!(run(&target, &shared).expect("a report"), report);
    }
    // An engine for other rules is not used.
    let engine = Some(SharedEngine::new(&RuleSet::builtin()));
    assert!(Settings { engine: engine.clone(), ..own.clone() }.shared_engine().is_none());
    assert_eq!(run(&target, &Settings { engine, ..own.clone() }).expect("a report"), report);
    // Stages are counted for one run only.
    assert!(Settings { stats: true, ..shared }.shared_engine().is_none());
}
