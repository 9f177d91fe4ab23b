//! Packs of many versions, scanned by delta and whole.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::engine::authoring::sample::{Draw, sample};
use crate::git::odb::pack::writer::{Instruction, PackWriter, delta, id};
use crate::git::{HashAlgorithm, Kind, ObjectError, ObjectStore, ObjectVisitor, Oid, ScanObjects};
use crate::policy::Policy;
use crate::rules::RuleSet;
use crate::scan::settings::Settings;

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings {
    rules: RuleSet::builtin(),
    engine: None,
    policy: Policy::default(),
    confidence: Confidence::Low,
    fail_on: Confidence::Low,
    threads: 1,
    max_file_size: None,
    stats: false,
    deadline: None,
    repo: crate::git::repo::OpenedRepo::default(),
    policy_of: None,
    notes: Vec::new(),
    max_blob_size: 1 << 30,
    directory: PathBuf::new(),
    root: PathBuf::new(),
    env: Default::default(),
});

static SCANNER: LazyLock<BlobScanner<'static>> =
    LazyLock::new(|| BlobScanner::new(&SETTINGS).expect("the built-in rules"));

/// Values of every kind of match: verified, on one line, on many lines, beside keywords, in pairs, by path.
static VALUES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let drawn = |rule: &str| {
        let rule = SETTINGS.rules.get(rule).expect("a built-in rule");
        sample(rule, &mut Draw::new(7)).expect("its pattern parses")
    };
    let assigned = |name: &str, value: Vec<u8>| [name.as_bytes(), b" = '", &value, b"'\n"].concat();
    vec![
        drawn("github-classic-pat"),
        assigned("token", drawn("github-classic-pat")),
        drawn("pem-pkcs8-private-key"),
        assigned("aws_access_key_id", drawn("aws-access-key-id")),
        assigned("db_password", b"vT9q!xW3_kP7".to_vec()),
        assigned("x", drawn("deepseek-api-key")),
        b"deepseek\n".to_vec(),
        assigned("Authorization", [b"Bearer ".to_vec(), drawn("jwt")].concat()),
        [b"machine h.dev\nlogin u\npassword ".to_vec(), b"vT9qxW3kP7zz\n".to_vec()].concat(),
        b"dropbox:\n  key: 'q7w2z9t4k8n1a3b'\n".to_vec(),
    ]
});

/// Bytes of a version: a value, a part of one, or text between values.
fn a_fragment() -> impl Strategy<Value = Vec<u8>> {
    let value = || any::<Index>().prop_map(|index| index.get(&VALUES).clone());
    let part = (value(), any::<Index>(), any::<bool>()).prop_map(|(value, at, head)| {
        let at = at.index(value.len());
        if head { value[..at].to_vec() } else { value[at..].to_vec() }
    });
    let between =
        ["\n", "\r\n", "\r", " ", "'", "x", "=", "-----", "\n\n\n\n\n", "token", "# words between\n"];
    prop_oneof![
        3 => value(),
        2 => part,
        4 => select(between.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => Just(b"\xff\xfe".to_vec()),
        1 => Just(b"\0".to_vec()),
        1 => (value(), any::<bool>()).prop_map(|(value, is_big)| {
            value.iter().flat_map(|&byte| if is_big { [0, byte] } else { [byte, 0] }).collect()
        }),
        1 => "[a-z ]{0,80}\n".prop_map(String::into_bytes),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    /// Copies so much of the base, from the end of the last copy on.
    Next(Index),
    Skip(usize),
    Anywhere(Index, Index),
    Repeat,
    Insert(Vec<u8>),
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => any::<Index>().prop_map(Step::Next),
        2 => (0..30usize).prop_map(Step::Skip),
        1 => any::<(Index, Index)>().prop_map(|(at, length)| Step::Anywhere(at, length)),
        1 => Just(Step::Repeat),
        3 => a_fragment().prop_map(Step::Insert),
    ]
}

/// Returns a pack whose first object is whole; every other is a delta of any object before it.
fn packed(first: &[u8], versions: &[(Index, Vec<Step>)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut writer = PackWriter::new();
    let mut texts = vec![(writer.undeltified(id(0), Kind::Blob, first), first.to_vec())];
    for (number, (base, steps)) in (1..).zip(versions) {
        let (offset, base) = base.get(&texts).clone();
        let mut text = Vec::new();
        let mut instructions = Vec::new();
        let mut last = 0..0;
        for step in steps {
            let left = base.len() - last.end;
            last = match step {
                Step::Insert(bytes) => {
                    text.extend_from_slice(bytes);
                    let parts = bytes.chunks(100).map(|part| Instruction::Insert(part.to_vec()));
                    instructions.extend(parts);
                    continue;
                }
                Step::Skip(bytes) => last.end + left.min(*bytes)..last.end + left.min(*bytes),
                Step::Next(length) => last.end..last.end + length.index(left + 1),
                Step::Anywhere(at, length) => {
                    let at = at.index(base.len() + 1);
                    at..at + length.index(base.len() - at + 1)
                }
                Step::Repeat => last,
            };
            text.extend_from_slice(&base[last.clone()]);
            // In two instructions, as git splits long ones.
            for part in [last.start..last.start + last.len() / 2, last.start + last.len() / 2..last.end] {
                if !part.is_empty() {
                    instructions.push(Instruction::Copy(part.start as u32, part.len() as u32));
                }
            }
        }
        let stream = delta(base.len() as u64, text.len() as u64, &instructions);
        texts.push((writer.ofs_delta(id(number), offset, &stream), text));
    }
    writer.write(dir.path(), "versions");
    dir
}

type Seen = BTreeMap<Oid, Vec<String>>;

struct Collector {
    scanner: FingerprintScanner<'static, 'static>,
    full: bool,
    seen: Seen,
}

impl ObjectVisitor for Collector {
    type State = State<'static>;

    fn visit(
        &mut self,
        id: &Oid,
        _kind: Kind,
        data: &[u8],
        delta_context: Option<DeltaContext<'_, State<'static>>>,
    ) -> State<'static> {
        let delta_context = delta_context.filter(|_| !self.full);
        let (values, state) = self.scanner.scan(data, delta_context.as_ref(), || id.to_string());
        let shown = match values {
            None => Vec::new(),
            Some(Values::Fixed(values)) => values.iter().map(|value| format!("{value:?}")).collect(),
            Some(Values::ByPath(values)) => {
                let show = |(found, name): &(Match<'_>, Arc<Fingerprint>)| {
                    let Match { rule, span, whole, confidence, severity, why, score, .. } = found;
                    format!("{} {span:?} {whole:?} {confidence} {severity} {why:?} {score:?} {name}", rule.id)
                };
                values.iter().map(show).collect()
            }
        };
        self.seen.insert(*id, shown);
        state
    }

    fn failed(&mut self, error: ObjectError) {
        panic!("{error}");
    }
}

fn scan_store(store: &ObjectStore, full: bool, threads: usize) -> (Seen, WorkStats) {
    let make = || Collector { scanner: FingerprintScanner::new(&SCANNER), full, seen: Seen::new() };
    let (mut seen, mut work_stats) = (Seen::new(), WorkStats::default());
    for collector in store.for_each(&[Kind::Blob], threads, &make) {
        assert_eq!(collector.scanner.unscanned, []);
        seen.extend(collector.seen);
        work_stats += collector.scanner.work_stats;
    }
    (seen, work_stats)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn scans_by_delta_and_whole_find_the_same(
        first in vec(a_fragment(), 0..30),
        versions in vec((any::<Index>(), vec(a_step(), 0..8)), 1..12),
    ) {
        let dir = packed(&first.concat(), &versions);
        let store = ObjectStore::open(&[dir.path().to_owned()], HashAlgorithm::Sha1);
        let (by_delta, _) = scan_store(&store, false, 2);
        let (whole, work_stats) = scan_store(&store, true, 1);
        prop_assert_eq!(by_delta, whole);
        prop_assert_eq!((work_stats.whole, work_stats.by_delta), (versions.len() as u64 + 1, 0));
    }
}

#[test]
fn deltas_of_decoded_text_are_scanned_whole() {
    let token = VALUES[0].clone();
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(token.iter().flat_map(|byte| [*byte, 0])).collect();
    let mut writer = PackWriter::new();
    let first = writer.undeltified(id(0), Kind::Blob, &wide);
    let same = delta(wide.len() as u64, wide.len() as u64, &[Instruction::Copy(0, wide.len() as u32)]);
    let second = writer.ofs_delta(id(1), first, &same);
    let plain = delta(wide.len() as u64, token.len() as u64, &[Instruction::Insert(token)]);
    let third = writer.ofs_delta(id(2), second, &plain);
    let again = delta(
        VALUES[0].len() as u64,
        1 + VALUES[0].len() as u64,
        &[Instruction::Insert(b"\n".to_vec()), Instruction::Copy(0, VALUES[0].len() as u32)],
    );
    writer.ofs_delta(id(3), third, &again);
    let dir = tempfile::tempdir().expect("a temporary directory");
    writer.write(dir.path(), "wide");
    let store = ObjectStore::open(&[dir.path().to_owned()], HashAlgorithm::Sha1);
    let (seen, work_stats) = scan_store(&store, false, 1);
    assert!(seen.values().all(|values| values.len() == 1), "{seen:?}");
    assert_eq!((work_stats.whole, work_stats.by_delta), (3, 1));
}
