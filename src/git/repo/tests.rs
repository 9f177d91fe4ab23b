//! Repositories of every kind, opened as by a user and as by git's hooks.

use super::*;
use crate::git::commits::tag::peel;
use crate::git::index::Index;
use crate::git::testing::TestRepo;
use crate::git::{Kind, ObjectStore};

fn oid(hex: &str) -> Oid {
    Oid::from_hex(hex.as_bytes()).expect("an id")
}

fn assert_same_path(left: &Path, right: &Path) {
    let real =
        |path: &Path| path.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(real(left), real(right));
}

#[test]
fn an_unborn_repository_has_directories_and_no_head() {
    let test = TestRepo::new();
    test.write("sub/dir/file", "x");
    let repo = Repo::discover(&test.path().join("sub/dir")).expect("found");
    assert_same_path(repo.git_dir(), &test.path().join(".git"));
    assert_same_path(repo.common_dir(), &test.path().join(".git"));
    assert_same_path(repo.work_tree().expect("not bare"), test.path());
    assert_eq!(repo.head().expect("readable"), None);
    assert_eq!(repo.algorithm(), HashAlgorithm::Sha1);
    assert!(!repo.is_bare() && !repo.is_partial_clone().expect("readable"));
    assert!(repo.shallow_commits().expect("readable").is_empty());
    assert!(matches!(resolve(&repo, "HEAD"), Err(RepoError::UnknownRevision { .. })));
}

#[test]
fn a_plain_directory_is_not_a_repository() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let env = GitEnv { ceiling_dirs: Some(dir.path().into()), ..GitEnv::default() };
    assert!(matches!(Repo::with_env(dir.path(), env), Err(RepoError::NotARepository { .. })));
    assert!(matches!(Repo::open(dir.path()), Err(RepoError::NotARepository { .. })));
    assert!(matches!(Repo::discover(&dir.path().join("absent")), Err(RepoError::NotARepository { .. })));
}

#[test]
fn revisions_and_ranges_resolve_to_commits() {
    let test = TestRepo::new();
    let base = test.commit("base");
    test.git(&["checkout", "-qb", "side"]);
    let side = test.commit("side");
    test.git(&["checkout", "-q", "main"]);
    let main = test.commit("main");
    test.git(&["tag", "-am", "tag", "v1", &side]);
    test.write("f", "blob");
    let blob = test.text(&["hash-object", "-w", "f"]);
    test.git(&["checkout", "-q", "--orphan", "island"]);
    let island = test.commit("island");

    let repo = Repo::open(test.path()).expect("a repository");
    assert_eq!(repo.head().expect("readable"), Some(oid(&island)));
    assert_eq!(resolve(&repo, "v1").expect("a tag"), oid(&side));
    assert_eq!(resolve(&repo, "side~1").expect("a parent"), oid(&base));
    for rev in [&blob, "nope", "", "side~9", &"0".repeat(40)] {
        assert!(matches!(resolve(&repo, rev), Err(RepoError::UnknownRevision { .. })), "{rev}");
    }
    let ends = |left: &str, right: &str| (oid(left), oid(right));
    assert_eq!(repo.rev_parse_range(&store(&repo), "main..side").expect("two commits"), ends(&main, &side));
    assert_eq!(repo.rev_parse_range(&store(&repo), "main...side").expect("two commits"), ends(&main, &side));
    assert_eq!(repo.rev_parse_range(&store(&repo), "main..").expect("HEAD"), ends(&main, &island));
    assert_eq!(repo.rev_parse_range(&store(&repo), "..main").expect("HEAD"), ends(&island, &main));
    assert!(matches!(repo.rev_parse_range(&store(&repo), "main"), Err(RepoError::NotARange { .. })));
    assert!(matches!(
        repo.rev_parse_range(&store(&repo), "main..nope"),
        Err(RepoError::UnknownRevision { .. })
    ));
}

#[test]
fn the_variables_of_a_hook_determine_all_paths() {
    let test = TestRepo::new();
    test.write("sub/file", "x");
    test.commit_all("one");
    let env = GitEnv {
        git_dir: Some(".git".into()),
        index_file: Some(".git/next-index-1.lock".into()),
        object_directory: Some(".git/objects/incoming".into()),
        alternates: Some(test.path().join(".git/objects").into()),
        ..GitEnv::default()
    };
    let repo = Repo::with_env(test.path(), env).expect("a repository");
    assert_same_path(repo.work_tree().expect("not bare"), test.path());
    assert_eq!(repo.index_file(), repo.work_tree().expect("not bare").join(".git/next-index-1.lock"));
    let dirs = [test.path().join(".git/objects/incoming"), test.path().join(".git/objects")];
    assert_eq!(repo.objects_dirs(), dirs);

    // Without GIT_DIR, the path of the index is still relative to the root of the working tree, not to the current
    // directory.
    let env = GitEnv { index_file: Some("temporary".into()), ..GitEnv::default() };
    let repo = Repo::with_env(&test.path().join("sub"), env).expect("a repository");
    assert_eq!(
        repo.index_file().parent().map(Path::canonicalize).expect("below").expect("there"),
        test.path()
    );

    let env = GitEnv { git_dir: Some("../.git".into()), work_tree: Some("..".into()), ..GitEnv::default() };
    let repo = Repo::with_env(&test.path().join("sub"), env).expect("a repository");
    assert_same_path(repo.work_tree().expect("named"), test.path());
    assert_same_path(&repo.index_file(), &test.path().join(".git/index"));
}

#[test]
fn commits_in_quarantine_are_resolved() {
    let test = TestRepo::new();
    test.commit("one");
    let quarantine = test.sibling_path("quarantine");
    std::fs::create_dir(&quarantine).expect("a new directory");
    let tree = test.text(&["write-tree"]);
    let mut command = test.command();
    command
        .args(["commit-tree", "-m", "pushed", &tree])
        .env("GIT_OBJECT_DIRECTORY", &quarantine)
        .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", test.path().join(".git/objects"));
    let output = command.output().expect("git is installed");
    let id = String::from_utf8(output.stdout).expect("text").trim().to_owned();

    assert!(resolve(&Repo::open(test.path()).expect("a repository"), &id).is_err());
    let env = GitEnv { object_directory: Some(quarantine), ..GitEnv::default() };
    let repo = Repo::with_env(test.path(), env).expect("a repository");
    assert_eq!(resolve(&repo, &id).expect("in quarantine"), oid(&id));
}

#[test]
fn a_linked_worktree_has_its_own_head_and_index() {
    let test = TestRepo::new();
    let first = test.commit("one");
    test.commit("two");
    let linked = test.sibling_path("linked");
    test.git(&["worktree", "add", "-q", "--detach", linked.to_str().expect("text"), &first]);
    let own = test.path().join(".git/worktrees/linked");

    let env = GitEnv { git_dir: Some(own.clone()), ..GitEnv::default() };
    for repo in [Repo::discover(&linked), Repo::with_env(&linked, env)] {
        let repo = repo.expect("a repository");
        assert_same_path(repo.git_dir(), &own);
        assert_same_path(repo.common_dir(), &test.path().join(".git"));
        assert_same_path(repo.work_tree().expect("not bare"), &linked);
        assert_same_path(&repo.index_file(), &own.join("index"));
        assert_eq!(repo.head().expect("readable"), Some(oid(&first)));
        assert_eq!(repo.hooks_dir().expect("readable"), Some(repo.common_dir().join("hooks")));
    }
}

#[test]
fn the_hooks_directory_is_the_configured_one() {
    let test = TestRepo::new();
    let repo = || {
        Repo::with_env(test.path(), GitEnv { config_global: Some("/dev/null".into()), ..GitEnv::default() })
    };
    let hooks = || repo().expect("a repository").hooks_dir().expect("readable").expect("somewhere");
    assert_same_path(hooks().parent().expect("below"), &test.path().join(".git"));
    test.git(&["config", "core.hooksPath", ".husky"]);
    assert_eq!(hooks().file_name(), Some(".husky".as_ref()));
    assert_same_path(hooks().parent().expect("below"), test.path());
    test.git(&["config", "core.hooksPath", "/somewhere/else"]);
    assert_eq!(hooks(), Path::new("/somewhere/else"));
    let global = test.sibling_path("global");
    std::fs::write(&global, "[core]\n\thooksPath = /from/global\n").expect("room on the disk");
    test.git(&["config", "--unset", "core.hooksPath"]);
    let env = GitEnv { config_global: Some(global), ..GitEnv::default() };
    let repo = Repo::with_env(test.path(), env).expect("a repository");
    assert_eq!(repo.hooks_dir().expect("readable"), Some("/from/global".into()));
    test.git(&["config", "core.hooksPath", ""]);
    assert_eq!(repo.hooks_dir().expect("readable"), None);
}

#[test]
fn bare_shallow_partial_and_submodule_repositories_open() {
    let test = TestRepo::new();
    test.write("f", "1");
    test.commit_all("one");
    test.write("f", "2");
    let second = test.commit_all("two");
    test.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", test.path().display());
    let path = |name: &str| test.sibling_path(name).to_str().expect("text").to_owned();

    test.git(&["clone", "-q", "--bare", &url, &path("bare.git")]);
    let bare = Repo::open(&test.sibling_path("bare.git")).expect("a repository");
    assert!(bare.is_bare() && bare.work_tree().is_none());
    assert_same_path(&bare.objects_dirs()[0], &test.sibling_path("bare.git/objects"));

    test.git(&["clone", "-q", "--depth", "1", &url, &path("shallow")]);
    let clone = Repo::open(&test.sibling_path("shallow")).expect("a repository");
    assert_eq!(clone.shallow_commits().expect("readable"), HashSet::from([oid(&second)]));

    test.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &url, &path("partial")]);
    let partial = Repo::open(&test.sibling_path("partial")).expect("a repository");
    assert!(partial.is_partial_clone().expect("readable"));
    assert_eq!(partial.head().expect("readable"), Some(oid(&second)));

    let outer = TestRepo::new();
    outer.git(&["submodule", "--quiet", "add", &url, "inner"]);
    let inner = Repo::discover(&outer.path().join("inner")).expect("a repository");
    assert_same_path(inner.work_tree().expect("not bare"), &outer.path().join("inner"));
    assert_same_path(inner.git_dir(), &outer.path().join(".git/modules/inner"));
    assert_eq!(inner.head().expect("readable"), Some(oid(&second)));
}

#[test]
fn an_unknown_ref_storage_is_named_in_the_error() {
    let test = TestRepo::new();
    test.git(&["config", "core.repositoryFormatVersion", "1"]);
    test.git(&["config", "extensions.refStorage", "files"]);
    assert!(Repo::open(test.path()).is_ok());
    test.write(".git/config", "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\trefStorage = stone\n");
    match Repo::open(test.path()) {
        Err(RepoError::UnsupportedRepository { what }) => assert!(what.contains("stone"), "{what}"),
        other => panic!("{:?}", other.map(|_| "opened")),
    }
    test.write(".git/config", "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tlater = yes\n");
    match Repo::open(test.path()) {
        Err(RepoError::UnsupportedRepository { what }) => assert!(what.contains("later"), "{what}"),
        other => panic!("{:?}", other.map(|_| "opened")),
    }
}

#[test]
fn refs_in_reftables_are_read_by_git() {
    let test = TestRepo::init(&["init", "-q", "-b", "main", "--ref-format=reftable"]);
    assert_eq!(Repo::open(test.path()).expect("a repository").head().expect("readable"), None);
    let first = test.commit("one");
    let second = test.commit("two");
    test.git(&["tag", "-am", "annotated", "v1", &first]);
    let tag = test.text(&["rev-parse", "v1"]);
    let linked = test.sibling_path("linked");
    test.git(&["worktree", "add", "-q", "--detach", linked.to_str().expect("text"), &first]);
    let repo = Repo::open(test.path()).expect("a repository");
    assert_eq!(repo.head().expect("readable"), Some(oid(&second)));
    assert_eq!(repo.rev_parse_range(&store(&repo), "v1..main").expect("two tips"), (oid(&tag), oid(&second)));
    assert_eq!(
        repo.rev_parse_range(&store(&repo), "v1~0...main").expect("related"),
        (oid(&first), oid(&second))
    );
    for rev in ["nope", "", "--all"] {
        assert!(matches!(resolve(&repo, rev), Err(RepoError::UnknownRevision { .. })), "{rev}");
    }
    assert_eq!(Repo::open(&linked).expect("a repository").head().expect("readable"), Some(oid(&first)));
    let tips = crate::git::refs::read_tips(&repo).expect("readable");
    for (name, id) in [
        ("refs/heads/main", &second),
        ("refs/tags/v1", &tag),
        ("HEAD", &second),
        ("worktrees/linked/HEAD", &first),
    ] {
        assert!(tips.iter().any(|tip| tip.name == name && tip.id == oid(id)), "{name}");
    }
}

#[test]
fn a_merge_in_progress_has_merge_heads() {
    let test = TestRepo::new();
    test.commit("base");
    test.git(&["checkout", "-qb", "side"]);
    test.write("s", "s");
    let side = test.commit_all("side");
    test.git(&["checkout", "-q", "main"]);
    assert!(Repo::open(test.path()).expect("a repository").merge_heads().expect("readable").is_empty());
    test.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    let repo = Repo::open(test.path()).expect("a repository");
    assert_eq!(repo.merge_heads().expect("readable"), [oid(&side)]);
}

#[test]
fn sha256_repositories_open() {
    let test = TestRepo::init(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    assert_eq!(Repo::open(test.path()).expect("a repository").head().expect("readable"), None);
    let first = test.commit("one");
    let second = test.commit("two");
    test.git(&["tag", "-am", "annotated", "v1"]);
    let repo = Repo::discover(test.path()).expect("a repository");
    assert_eq!(repo.algorithm(), HashAlgorithm::Sha256);
    assert_eq!(repo.head().expect("readable"), Some(oid(&second)));
    assert_eq!(resolve(&repo, "v1").expect("a tag"), oid(&second));
    assert_eq!(
        repo.rev_parse_range(&store(&repo), "main~..main").expect("two commits"),
        (oid(&first), oid(&second))
    );
    let tips = crate::git::refs::read_tips(&repo).expect("readable");
    assert!(tips.iter().any(|tip| tip.name == "refs/heads/main" && tip.id == oid(&second)));
}

/// Commits with a hook that records its environment, and returns the repository and index that [`Repo::with_env`] opens
/// with that environment. The index file itself no longer exists then: the hook keeps a copy.
fn commit_with_hook(test: &TestRepo, at: &Path, commit: &[&str]) -> (Repo, Index) {
    let dump = test.sibling_path("dump");
    let hook = format!(
        "#!/bin/sh\nd='{0}'\npwd > $d\nfor n in GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE; do\n\
         eval echo \"\\\"\\${{$n-}}\\\"\" >> $d\ndone\ncp \"${{GIT_INDEX_FILE:-.git/index}}\" '{0}.index'\n",
        dump.display()
    );
    let hooks = test.sibling_path("hooks");
    std::fs::create_dir_all(&hooks).expect("a new directory");
    std::fs::write(hooks.join("pre-commit"), hook).expect("room on the disk");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(hooks.join("pre-commit"), PermissionsExt::from_mode(0o755)).expect("own file");
    let hooks = format!("core.hooksPath={}", hooks.display());
    test.git(
        &[&["-C", at.to_str().expect("text"), "-c", &hooks, "commit", "-q", "-m", "x"], commit].concat(),
    );

    let dumped = std::fs::read_to_string(&dump).expect("the hook ran");
    let lines: Vec<&str> = dumped.lines().collect();
    let path = |line: usize| Some(lines[line]).filter(|text| !text.is_empty()).map(PathBuf::from);
    let env = GitEnv { git_dir: path(1), work_tree: path(2), index_file: path(3), ..GitEnv::default() };
    let named = env.index_file.clone().map(|file| Path::new(lines[0]).join(file));
    let repo = Repo::with_env(Path::new(lines[0]), env).expect("a repository");
    if let Some(named) = named {
        let parent = |path: &Path| path.parent().expect("below").canonicalize().expect("there");
        assert_eq!(parent(&repo.index_file()), parent(&named));
        assert_eq!(repo.index_file().file_name(), named.file_name());
    }
    let copy = test.sibling_path("dump.index");
    let index = Index::read(&copy, repo.git_dir(), repo.algorithm()).expect("a valid index");
    (repo, index)
}

#[test]
fn hooks_of_all_commit_commands_read_the_content_to_be_committed() {
    let test = TestRepo::new();
    let content = |test: &TestRepo, index: &Index, path: &str| {
        let entry = index.entries().find(|entry| entry.path == path.as_bytes());
        entry.map(|entry| test.text(&["cat-file", "blob", &entry.id.to_string()])).unwrap_or_default()
    };
    for path in ["a", "b", "dir/c"] {
        test.write(path, "1");
    }
    test.git(&["add", "-A"]);
    let (repo, index) = commit_with_hook(&test, test.path(), &[]);
    assert_same_path(repo.work_tree().expect("not bare"), test.path());
    assert_eq!(index.len(), 3);

    test.write("a", "2");
    let (_, index) = commit_with_hook(&test, test.path(), &["-a"]);
    assert_eq!(content(&test, &index, "a"), "2");

    // One of two staged files is committed, from a subdirectory.
    test.write("a", "3");
    test.write("dir/c", "3");
    test.git(&["add", "-A"]);
    let (repo, index) = commit_with_hook(&test, &test.path().join("dir"), &["--", "c"]);
    assert_same_path(repo.work_tree().expect("not bare"), test.path());
    assert_eq!((content(&test, &index, "a"), content(&test, &index, "dir/c")), ("2".into(), "3".into()));

    let linked = test.sibling_path("linked");
    test.git(&["worktree", "add", "-q", "-b", "other", linked.to_str().expect("text")]);
    std::fs::write(linked.join("b"), "linked").expect("room on the disk");
    for args in [&["-a"][..], &["--amend", "-a"]] {
        let (repo, index) = commit_with_hook(&test, &linked, args);
        assert_same_path(repo.work_tree().expect("not bare"), &linked);
        assert_same_path(repo.git_dir(), &test.path().join(".git/worktrees/linked"));
        assert_eq!(content(&test, &index, "b"), "linked");
    }
}

#[test]
fn a_receive_hook_reads_objects_in_quarantine() {
    let test = TestRepo::new();
    test.commit("one");
    let bare = test.sibling_path("bare.git");
    let url = bare.to_str().expect("text");
    test.git(&["clone", "-q", "--bare", test.path().to_str().expect("text"), url]);
    let dump = test.sibling_path("dump");
    // The push is rejected, so that only this copy of its objects remains.
    let hook = format!(
        "#!/bin/sh\nd='{0}'\npwd > $d\necho \"$GIT_DIR\" >> $d\necho \"$GIT_OBJECT_DIRECTORY\" >> $d\n\
         echo \"$GIT_ALTERNATE_OBJECT_DIRECTORIES\" >> $d\ncp -r \"$GIT_OBJECT_DIRECTORY\" '{0}.objects'\nexit 1\n",
        dump.display()
    );
    let file = bare.join("hooks/pre-receive");
    std::fs::create_dir_all(bare.join("hooks")).expect("own directory");
    std::fs::write(&file, hook).expect("room on the disk");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("own file");
    let pushed = test.commit("two");
    let refused = test.command().args(["push", "-q", url, "main"]).output().expect("git is installed");
    assert!(!refused.status.success());

    let dumped = std::fs::read_to_string(&dump).expect("the hook ran");
    let lines: Vec<&str> = dumped.lines().collect();
    let env = GitEnv {
        git_dir: Some(lines[1].into()),
        object_directory: Some(lines[2].into()),
        alternates: Some(lines[3].into()),
        ..GitEnv::default()
    };
    let repo = Repo::with_env(Path::new(lines[0]), env.clone()).expect("a repository");
    assert!(repo.is_bare());
    assert_same_path(repo.git_dir(), &bare);
    let dirs = repo.objects_dirs();
    assert_same_path(dirs[0].parent().expect("below"), &bare.join("objects"));
    assert_same_path(&dirs[1], &bare.join("objects"));
    assert!(resolve(&repo, &pushed).is_err());

    let env = GitEnv { object_directory: Some(test.sibling_path("dump.objects")), ..env };
    let repo = Repo::with_env(Path::new(lines[0]), env).expect("a repository");
    assert_eq!(resolve(&repo, &pushed).expect("in quarantine"), oid(&pushed));
}

fn store(repo: &Repo) -> ObjectStore {
    ObjectStore::open(&repo.objects_dirs(), repo.algorithm())
}

/// Resolves a revision to a commit, tags peeled.
fn resolve(repo: &Repo, rev: &str) -> Result<Oid, RepoError> {
    let objects = store(repo);
    let tip = repo.rev_parse(&objects, rev)?;
    match peel(&objects, &tip)? {
        (id, Kind::Commit) => Ok(id),
        _ => Err(RepoError::UnknownRevision { rev: rev.to_owned() }),
    }
}
