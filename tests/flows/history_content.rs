//! Blobs of every encoding, type and name, with git settings, attributes and filters of every kind: none of these hides
//! a value from a history scan.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::report::{commit, empty, history, history_of, text};
use crate::support::{World, binary};
use crate::tokens::{line, token};

/// Creates a repository whose first commit sets these attributes for all files.
fn with_attributes(attributes: &str) -> World {
    let world = empty();
    world.write("work/.gitattributes", format!("* {attributes}\n"));
    commit(&world, "attributes");
    world
}

#[test]
fn a_file_replaced_by_a_symlink() {
    let world = empty();
    world.write("work/a", "harmless\n");
    commit(&world, "file");
    std::fs::remove_file(world.path("work/a")).expect("removed");
    symlink(token(1), world.path("work/a")).expect("linked");
    let made = commit(&world, "link");
    let report = history(&world);
    report.assert_findings(&["new a:1"]);
    assert_eq!(
        (text(report.finding_at("a"), "content_kind"), text(report.finding_at("a"), "first_commit")),
        ("symlink", &*made)
    );
}

#[test]
fn a_symlink_replaced_by_a_file() {
    let world = empty();
    symlink("elsewhere", world.path("work/a")).expect("linked");
    commit(&world, "link");
    std::fs::remove_file(world.path("work/a")).expect("removed");
    world.write("work/a", line(1));
    let made = commit(&world, "file");
    let report = history(&world);
    report.assert_findings(&["new a:1"]);
    assert_eq!(
        (text(report.finding_at("a"), "content_kind"), text(report.finding_at("a"), "first_commit")),
        ("file", &*made)
    );
}

#[test]
fn the_target_of_a_symlink() {
    let world = empty();
    symlink(format!("https://x:{}@example.com/", token(1)), world.path("work/a")).expect("linked");
    commit(&world, "link");
    let report = history(&world);
    assert!(
        report.findings.iter().any(|finding| finding["content_kind"] == "symlink"),
        "{:?}",
        report.found()
    );
}

#[test]
fn a_file_replaced_by_a_directory() {
    let world = empty();
    world.write("work/a", "harmless\n");
    commit(&world, "file");
    std::fs::remove_file(world.path("work/a")).expect("removed");
    world.write("work/a/b", line(1));
    commit(&world, "folder");
    history(&world).assert_findings(&["new a/b:1"]);
}

#[test]
fn a_mode_change_is_not_a_new_finding() {
    let world = empty();
    world.write("work/a.sh", line(1));
    let made = commit(&world, "file");
    std::fs::set_permissions(world.path("work/a.sh"), PermissionsExt::from_mode(0o755)).expect("changed");
    commit(&world, "executable");
    let report = history(&world);
    report.assert_findings(&["new a.sh:1"]);
    assert_eq!(text(report.finding_at("a.sh"), "first_commit"), made);
}

#[test]
fn a_rename_is_a_second_location_of_the_same_value() {
    let world = empty();
    world.write("work/a", line(1));
    commit(&world, "file");
    world.git(&["mv", "a", "b"]);
    commit(&world, "moved");
    let report = history(&world);
    report.assert_findings(&["new a:1", "new b:1"]);
    assert_eq!(report.finding_at("a")["fingerprint"], report.finding_at("b")["fingerprint"]);
    assert!(world.stopleak(&["history"]).stdout.contains("1 secret in 2 places"));
}

#[test]
fn a_file_with_the_binary_attribute() {
    let world = with_attributes("binary");
    world.write("work/a", line(1));
    commit(&world, "x");
    history(&world).assert_findings(&["new a:1"]);
}

#[test]
fn a_file_with_diff_and_export_attributes() {
    let world = with_attributes("-diff -text linguist-generated linguist-vendored export-ignore");
    world.write("work/a", line(1));
    commit(&world, "x");
    history(&world).assert_findings(&["new a:1"]);
}

#[test]
fn a_textconv_filter_is_not_run() {
    let world = with_attributes("diff=hide");
    world.git(&["config", "diff.hide.textconv", "echo hidden; touch converted; true"]);
    world.write("work/a", line(1));
    commit(&world, "x");
    history(&world).assert_findings(&["new a:1"]);
    assert!(!world.path("work/converted").exists());
}

#[test]
fn failing_clean_and_smudge_filters() {
    let world = with_attributes("filter=broken");
    world.write("work/a", line(1));
    commit(&world, "x");
    for key in ["clean", "smudge", "process"] {
        world.git(&["config", &format!("filter.broken.{key}"), "false"]);
    }
    world.git(&["config", "filter.broken.required", "true"]);
    history(&world).assert_findings(&["new a:1"]);
}

#[test]
fn attributes_outside_the_tree() {
    let world = empty();
    world.write("work/.git/info/attributes", "* -diff binary\n");
    world.write("attributes", "* diff=none\n");
    world.git(&["config", "core.attributesFile", "../attributes"]);
    world.write("work/a", line(1));
    commit(&world, "x");
    history(&world).assert_findings(&["new a:1"]);
}

#[test]
fn settings_of_colour_diff_log_and_pager() {
    let world = empty();
    world.write("work/a", "harmless\n");
    commit(&world, "x");
    world.write("work/a", format!("{}harmless\n", line(1)));
    commit(&world, "y");
    for (key, value) in [
        ("color.ui", "always"),
        ("color.diff", "always"),
        ("core.pager", "false"),
        ("core.quotePath", "false"),
        ("diff.context", "0"),
        ("diff.external", "true"),
        ("diff.noprefix", "true"),
        ("diff.orderFile", "/nowhere"),
        ("diff.renames", "copies"),
        ("diff.wordRegex", "."),
        ("diff.ignoreSubmodules", "all"),
        ("format.pretty", "%h"),
        ("i18n.logOutputEncoding", "UTF-16"),
        ("log.date", "relative"),
        ("log.diffMerges", "off"),
        ("log.excludeDecoration", "refs/heads/*"),
        ("log.follow", "true"),
        ("log.mailmap", "true"),
        ("log.showRoot", "false"),
        ("log.showSignature", "true"),
        ("pager.log", "false"),
    ] {
        world.git(&["config", key, value]);
    }
    history(&world).assert_findings(&["new a:1"]);
}

#[test]
fn environment_variables_of_git() {
    let world = empty();
    world.write("work/a", line(1));
    commit(&world, "x");
    let mut command = world.command(binary(), "work");
    command.arg("history").envs([
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "color.ui"),
        ("GIT_CONFIG_VALUE_0", "always"),
        ("GIT_DIFF_OPTS", "-u0"),
        ("GIT_EXTERNAL_DIFF", "false"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_PAGER", "false"),
        ("GIT_REDIRECT_STDERR", "/nowhere/x"),
        ("GIT_TRACE", "1"),
        ("GIT_TRACE2", "1"),
        ("LANG", "tr_TR.UTF-8"),
        ("PAGER", "false"),
    ]);
    world.report_of(&mut command).assert_findings(&["new a:1"]);
}

#[test]
fn a_file_with_nul_bytes() {
    let world = empty();
    let content = [&[0; 600][..], b"\n", line(1).as_bytes(), &[0; 40]].concat();
    world.write("work/a.bin", content);
    commit(&world, "x");
    history(&world).assert_findings(&["new a.bin:2"]);
}

fn utf16(units: impl Iterator<Item = [u8; 2]>) -> Vec<u8> {
    units.flatten().collect()
}

#[test]
fn a_file_in_little_endian_utf16() {
    let world = empty();
    let text = format!("\u{feff}first\r\n{}", line(1));
    world.write("work/a.ps1", utf16(text.encode_utf16().map(u16::to_le_bytes)));
    commit(&world, "x");
    history(&world).assert_findings(&["new a.ps1:2"]);
}

#[test]
fn a_file_in_big_endian_utf16_over_two_versions() {
    let world = empty();
    let text = format!("\u{feff}first\n{}", "another line\n".repeat(90));
    world.write("work/a.reg", utf16(text.encode_utf16().map(u16::to_be_bytes)));
    commit(&world, "x");
    let text = text.replace("first\n", &line(1));
    world.write("work/a.reg", utf16(text.encode_utf16().map(u16::to_be_bytes)));
    let made = commit(&world, "y");
    world.git(&["repack", "-q", "-adf"]);
    let report = history(&world);
    report.assert_findings(&["new a.reg:1"]);
    assert_eq!(first_commit_of(&report, "a.reg"), made);
}

fn first_commit_of<'r>(report: &'r crate::report::Report, path: &str) -> &'r str {
    text(report.finding_at(path), "first_commit")
}

#[test]
fn a_working_tree_encoding() {
    let world = empty();
    world.write("work/.gitattributes", "*.ps1 text working-tree-encoding=UTF-16LE\n");
    commit(&world, "attributes");
    world.write("work/a.ps1", utf16(line(1).encode_utf16().map(u16::to_le_bytes)));
    commit(&world, "x");
    history(&world).assert_findings(&["new a.ps1:1"]);
}

#[test]
fn crlf_line_endings_and_a_long_line() {
    let world = empty();
    world.write("work/crlf", format!("first\r\n{}\r\n", line(1).trim_end()));
    let padding = "abc def; ".repeat(90_000);
    world.write("work/min.js", format!("{padding}token='{}';{padding}", token(2)));
    commit(&world, "x");
    history(&world).assert_findings(&["new crlf:2", "new min.js:1"]);
}

#[test]
fn paths_with_special_bytes() {
    let world = empty();
    let names: [&[u8]; 9] = [
        b"-rf",
        b":(exclude)a",
        b"100%25",
        b"a\nb",
        b"a\tb",
        b"caf\xe9",
        b"qu\"o'te\\",
        b" space ",
        "\u{202e}txt.exe".as_bytes(),
    ];
    for (name, seed) in names.iter().zip(1..) {
        let path = world.path("work").join(OsStr::from_bytes(name));
        std::fs::write(path, line(seed)).expect("written");
    }
    commit(&world, "x");
    let report = history(&world);
    let mut paths: Vec<&str> = report.findings.iter().map(|finding| text(finding, "path")).collect();
    paths.sort_unstable();
    let mut expected = vec![
        " space ",
        "-rf",
        "100%2525",
        ":(exclude)a",
        "a%09b",
        "a%0Ab",
        "caf%E9",
        "qu\"o'te\\",
        "\u{202e}txt.exe",
    ];
    expected.sort_unstable();
    assert_eq!((report.code, paths), (1, expected));
}

#[test]
fn paths_that_differ_only_in_case_and_deep_paths() {
    let world = empty();
    let deep = format!("{}/x", ["d"; 60].join("/"));
    for (path, seed) in [("Key.txt", 1), ("key.txt", 2), (deep.as_str(), 3)] {
        world.write(&format!("work/{path}"), line(seed));
    }
    commit(&world, "x");
    history(&world).assert_findings(&["new Key.txt:1", &format!("new {deep}:1"), "new key.txt:1"]);
}

#[test]
fn a_file_that_was_deleted_long_ago() {
    let world = empty();
    world.write("work/a", line(1));
    let made = commit(&world, "in");
    world.git(&["rm", "-q", "a"]);
    let gone = commit(&world, "out");
    (0..5).for_each(|_| _ = commit(&world, "on"));
    let report = history(&world);
    report.assert_findings(&["new a:1"]);
    let finding = report.finding_at("a");
    assert_eq!((text(finding, "first_commit"), text(finding, "last_commit")), (&*made, &*made));
    assert_eq!((&finding["at_head"], &finding["removed_in"]), (&false.into(), &[gone].into()));
}

#[test]
fn ignored_and_untracked_files_are_not_part_of_the_history() {
    let world = empty();
    world.write("work/.gitignore", "ignored\n");
    commit(&world, "x");
    world.write("work/ignored", line(1));
    world.write("work/untracked", line(2));
    history(&world).assert_findings(&[]);
}

#[test]
fn content_that_was_staged_and_not_committed_is_found() {
    let world = empty();
    world.write("work/a", line(1));
    world.git(&["add", "a"]);
    world.write("work/a", "harmless\n");
    commit(&world, "x");
    let report = history(&world);
    report.assert_findings(&["new file:1"]);
    assert_eq!(report.finding_at("")["reachable"], false);
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12345\n";

#[test]
fn a_git_lfs_pointer_is_listed_once_for_each_path() {
    let world = empty();
    world.write("work/art/large.psd", POINTER);
    commit(&world, "one");
    world.write("work/art/large.psd", POINTER.replace("0123", "4567"));
    world.write("work/a", line(1));
    commit(&world, "two");
    let report = history(&world);
    report.assert_findings(&["new a:1"]);
    assert_eq!(report.unscanned_kinds(), ["elsewhere"]);
    assert_eq!(text(&report.unscanned[0], "what"), "art/large.psd");
    let human = world.stopleak(&["history"]).stdout;
    assert!(human.contains("git-lfs"), "{human}");
}

#[test]
fn a_git_lfs_pointer_of_an_old_commit_is_listed() {
    let world = empty();
    world.write("work/large.psd", POINTER);
    commit(&world, "one");
    world.git(&["rm", "-q", "large.psd"]);
    commit(&world, "two");
    let report = history(&world);
    report.assert_findings(&[]);
    assert_eq!(text(&report.unscanned[0], "what"), "large.psd");
}

#[test]
fn a_sparse_checkout() {
    let world = empty();
    for (path, seed) in [("in/a", 1), ("out/b", 2), ("c", 3)] {
        world.write(&format!("work/{path}"), line(seed));
    }
    commit(&world, "x");
    world.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    assert!(!world.path("work/out").exists());
    let report = history_of(&world, "work/in", &["history"]);
    report.assert_findings(&["new c:1", "new in/a:1", "new out/b:1"]);
    assert!(report.findings.iter().all(|finding| finding["at_head"] == true));
}
