//! Files that git writes: packs, indexes, objects and refs, in both hash algorithms.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use super::part;

/// A repository that is removed with the value.
struct Repo {
    path: PathBuf,
    is_sha256: bool,
}

impl Repo {
    /// Creates a repository with a history of one large and several small files, a merge, and tags.
    fn new(is_sha256: bool) -> Repo {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("stopleak-seeds-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a scratch folder");
        let repo = Repo { path, is_sha256 };
        let format = if is_sha256 { "--object-format=sha256" } else { "--object-format=sha1" };
        repo.git(&["init", "-q", "-b", "main", format]);
        for version in 0..6 {
            let lines: String = (0..40).map(|line| format!("line {line} of {}\n", line * version)).collect();
            repo.write("large.txt", lines.as_bytes());
            repo.write(&format!("folder/{version}.txt"), format!("{version}\n").as_bytes());
            repo.write("folder/below/same.txt", b"same\n");
            repo.git(&["add", "-A"]);
            repo.git(&["commit", "-q", "-m", &format!("version {version}\n\nWith a body.")]);
        }
        repo.git(&["checkout", "-q", "-b", "side", "HEAD~2"]);
        repo.write("side.txt", b"side\n");
        repo.git(&["add", "-A"]);
        repo.git(&["-c", "i18n.commitEncoding=latin1", "commit", "-q", "-m", "side"]);
        repo.git(&["checkout", "-q", "main"]);
        repo.git(&["merge", "-q", "-m", "merged", "side"]);
        repo.git(&["tag", "-a", "v1", "-m", "first"]);
        repo.git(&["tag", "-a", "v2", "-m", "a tag of a tag", "v1"]);
        repo.git(&["tag", "light"]);
        repo
    }

    fn git(&self, arguments: &[&str]) -> Vec<u8> {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command.current_dir(&self.path).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Test")
                .env(format!("GIT_{who}_EMAIL"), "test@example.com");
            command.env(format!("GIT_{who}_DATE"), "1700000000 +0130");
        }
        let output = command.args(["-c", "gc.auto=0"]).args(arguments).output().expect("git is installed");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {message}");
        output.stdout
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().expect("below the repository")).expect("a scratch folder");
        fs::write(path, bytes).expect("a scratch file");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path.join(".git").join(name)).expect("git wrote it")
    }

    /// All objects: kind and content.
    fn objects(&self) -> Vec<(String, Vec<u8>)> {
        let list =
            self.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"]);
        let list = String::from_utf8(list).expect("text");
        let entry = |line: &str| {
            let (id, kind) = line.split_once(' ').expect("two words");
            (kind.to_owned(), self.git(&["cat-file", kind, id]))
        };
        list.lines().map(entry).collect()
    }

    /// Bit 7 of a mode selects SHA-256.
    fn mode(&self, mode: u8) -> u8 {
        if self.is_sha256 { mode | 0x80 } else { mode }
    }

    /// Packs everything with these options, and returns the files with this ending.
    fn repack(&self, options: &[&str], ending: &str) -> Vec<Vec<u8>> {
        self.git(&[&["repack", "-q", "-a", "-d", "-f"], options].concat());
        below(&self.path.join(".git/objects/pack"), ending)
    }
}

impl Drop for Repo {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The files of a folder whose names end like this, in the order of their names.
fn below(folder: &Path, ending: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder of git");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    let has_ending = |path: &&PathBuf| path.to_string_lossy().ends_with(ending);
    paths.iter().filter(has_ending).map(|path| fs::read(path).expect("git wrote it")).collect()
}

fn repos() -> [Repo; 2] {
    [Repo::new(false), Repo::new(true)]
}

/// Packs with their indexes, and lists of entries.
pub(crate) fn packs() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for repo in repos() {
        for options in [&["--depth=50"][..], &["--depth=50", "--no-write-bitmap-index"]] {
            let (index, pack) = (repo.repack(options, ".idx"), repo.repack(options, ".pack"));
            let mut seed = vec![repo.mode(0)];
            part(&mut seed, &index[0]);
            seed.extend_from_slice(&pack[0]);
            seeds.push(seed);
        }
    }
    // Entries: kind, base, content. Two deltas of a blob, one by offset and one by id, and a cycle.
    let base: &[u8] = b"first line\nsecond line\n";
    let delta = |base: usize| [&[base as u8, 28, 0x90, 23, 5][..], b"third"].concat();
    for entries in [
        vec![(3, 0, base.to_vec()), (5, 0, delta(23)), (7, 0, delta(23)), (7, 1, delta(28))],
        vec![(7, 1, delta(28)), (7, 0, delta(28)), (7, 9, delta(28)), (2, 0, b"100644 a\0".to_vec())],
        vec![(0, 0, b"tree ".to_vec()), (4, 0, b"object ".to_vec()), (5, 0, delta(5)), (5, 2, delta(28))],
    ] {
        let mut seed = vec![1];
        for (kind, base, content) in entries {
            seed.extend_from_slice(&[kind, base]);
            part(&mut seed, &content);
        }
        seeds.push(seed);
    }
    seeds
}

/// Bases with deltas.
pub(crate) fn deltas() -> Vec<Vec<u8>> {
    let base: Vec<u8> = (0..200_u8).collect();
    [
        // The sizes (200 is two bytes), then copies and inserts.
        [&[0xc8, 1, 0xc8, 1][..], &[0x90, 200]].concat(),
        [&[0xc8, 1, 13][..], &[0x91, 10, 10], &[3, b'a', b'b', b'c']].concat(),
        [&[0xc8, 1, 0x90, 3][..], &[0x90, 200], &[0x90, 200]].concat(),
        [&[0xc8, 1, 8][..], &[8], b"inserted"].concat(),
        [&[0xc8, 1, 0][..]].concat(),
    ]
    .iter()
    .map(|delta| {
        let mut seed = Vec::new();
        part(&mut seed, &base);
        seed.extend_from_slice(delta);
        seed
    })
    .collect()
}

/// Indexes of packs in versions 1 and 2, and of several packs.
pub(crate) fn pack_indexes() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for repo in repos() {
        for version in ["1", "2", "2,16"] {
            repo.git(&["config", "pack.indexVersion", version.split(',').next().expect("a version")]);
            if version.contains(',') {
                // Offsets from 16 on are in the table of large ones.
                repo.repack(&[], ".pack");
                let folder = repo.path.join(".git/objects/pack");
                let pack = fs::read_dir(&folder)
                    .expect("a folder of git")
                    .map(|entry| entry.expect("readable").path());
                let pack = pack
                    .filter(|path| path.extension().is_some_and(|is| is == "pack"))
                    .last()
                    .expect("a pack");
                let option = format!("--index-version={version}");
                let out = repo.path.join("out.idx");
                repo.git(&["index-pack", &option, "-o", &out.to_string_lossy(), &pack.to_string_lossy()]);
                seeds.push([&[repo.mode(0)][..], &fs::read(out).expect("git wrote it")].concat());
            } else {
                let indexes = repo.repack(&[], ".idx");
                seeds.extend(indexes.iter().map(|index| [&[repo.mode(0)][..], index].concat()));
            }
        }
        repo.write("more.txt", b"more\n");
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-q", "-m", "more"]);
        repo.git(&["repack", "-q", "-d"]);
        repo.git(&["multi-pack-index", "write"]);
        seeds.push([&[repo.mode(1)][..], &repo.read("objects/pack/multi-pack-index")].concat());
    }
    seeds
}

pub(crate) fn loose_objects() -> Vec<Vec<u8>> {
    let repo = Repo::new(false);
    let folders = fs::read_dir(repo.path.join(".git/objects")).expect("a folder of git");
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.expect("readable").path()).collect();
    folders.retain(|path| path.file_name().is_some_and(|name| name.len() == 2));
    folders.sort();
    let mut seeds: Vec<Vec<u8>> = folders.iter().flat_map(|folder| below(folder, "")).collect();
    // Stored blocks, where a changed byte of the content stays a zlib stream up to its checksum.
    repo.git(&["config", "core.looseCompression", "0"]);
    repo.write("stored.txt", b"stored\n");
    let id = String::from_utf8(repo.git(&["hash-object", "-w", "stored.txt"])).expect("text");
    seeds.push(repo.read(&format!("objects/{}/{}", &id[..2], id[2..].trim())));
    seeds
}

pub(crate) fn objects() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for repo in repos() {
        for (kind, content) in repo.objects() {
            let mode = match kind.as_str() {
                "commit" => 0,
                "tag" => 1,
                "tree" if repo.is_sha256 => 3,
                "tree" => 2,
                _ => continue,
            };
            seeds.push([&[mode][..], &content].concat());
        }
    }
    let signed = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +2359\ncommitter <> -1 -2400\n\
                   encoding x\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n a\n -----END PGP SIGNATURE-----\nmergetag object\n x\n\n\nm";
    seeds.push([&[0][..], signed].concat());
    seeds
}

/// HEAD, a reflog, and `packed-refs`.
pub(crate) fn packed_refs() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let repo = Repo::new(false);
    repo.git(&["pack-refs", "--all"]);
    for head in [repo.read("HEAD"), repo.git(&["rev-parse", "HEAD"])] {
        let mut seed = Vec::new();
        part(&mut seed, &head);
        part(&mut seed, &repo.read("logs/HEAD"));
        seed.extend_from_slice(&repo.read("packed-refs"));
        seeds.push(seed);
    }
    seeds
}

/// Indexes of every version and with each extension.
pub(crate) fn indexes() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for repo in repos() {
        let add = |seeds: &mut Vec<Vec<u8>>| {
            let mut seed = vec![u8::from(repo.is_sha256)];
            part(&mut seed, &repo.read("index"));
            // The shared part of a split index.
            let files = fs::read_dir(repo.path.join(".git")).expect("a folder of git");
            let files = files.map(|entry| entry.expect("readable").path());
            let is_shared = |path: &PathBuf| path.to_string_lossy().contains("sharedindex.");
            let shared = files.filter(is_shared).max();
            seed.extend(shared.map(|path| fs::read(path).expect("git wrote it")).unwrap_or_default());
            seeds.push(seed);
        };
        add(&mut seeds);
        repo.git(&["write-tree"]);
        add(&mut seeds);
        repo.write("intended.txt", b"x\n");
        repo.git(&["add", "-N", "intended.txt"]);
        add(&mut seeds);
        for version in ["4", "2"] {
            repo.git(&["update-index", "--index-version", version]);
            repo.git(&["update-index", "--untracked-cache"]);
            add(&mut seeds);
        }
        repo.git(&["update-index", "--split-index"]);
        repo.write("large.txt", b"changed\n");
        repo.git(&["rm", "-q", "--cached", "folder/1.txt"]);
        repo.git(&["add", "large.txt"]);
        add(&mut seeds);
    }
    seeds
}
