//! Text in UTF-16 and UTF-32, beside and between other bytes.

use crate::report::commit_file as commit;
use crate::support::World;
use crate::tokens::line;

/// Returns the text in `width` bytes a character.
fn wide(text: &str, width: usize, is_big: bool) -> Vec<u8> {
    let character = |byte: u8| {
        let mut bytes = vec![0; width];
        bytes[if is_big { width - 1 } else { 0 }] = byte;
        bytes
    };
    text.bytes().flat_map(character).collect()
}

/// Files with a token on their last line, and that line.
fn files() -> Vec<(&'static str, Vec<u8>, usize)> {
    let log = wide(&"the job has started\r\n".repeat(30), 2, false);
    let token = line(1);
    vec![
        ("mark.txt", [b"\xff\xfe", token.as_bytes()].concat(), 1),
        ("mark-be.txt", [b"\xfe\xff", token.as_bytes()].concat(), 1),
        ("log.txt", [&log[..], token.as_bytes()].concat(), 31),
        ("marked-log.txt", [b"\xff\xfe", &log[..], token.as_bytes()].concat(), 31),
        ("appended.txt", [b"plain text\r\n".as_slice(), &wide(&token, 2, false)].concat(), 2),
        ("odd.bin", [b"\x01\x02\n".as_slice(), &wide(&token, 2, true)].concat(), 2),
        ("utf32.txt", wide(&format!("first\n{token}"), 4, false), 2),
        ("utf32-be.txt", wide(&format!("first\n{token}"), 4, true), 2),
    ]
}

fn expected() -> Vec<String> {
    let mut places: Vec<String> =
        files().into_iter().map(|(name, _, line)| format!("new {name}:{line}")).collect();
    places.sort();
    places
}

#[test]
fn files_the_index_and_a_history_have_the_same_findings() {
    let world = World::repository();
    commit(&world, "first", "nothing\n");
    for (name, bytes, _) in files() {
        world.write(&format!("work/{name}"), bytes);
    }
    let expected = expected();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    world.report(&["scan"]).assert_findings(&expected);
    world.git(&["add", "."]);
    world.report(&["staged"]).assert_findings(&expected);
    world.git(&["commit", "-q", "-m", "all"]);
    world.report(&["history"]).assert_findings(&expected);
    world.report(&["range", "HEAD~1..HEAD"]).assert_findings(&expected);
}

/// The value is old in whatever encoding it was.
#[test]
fn a_changed_encoding_makes_no_value_new() {
    let world = World::repository();
    let versions = [
        line(1).into_bytes(),
        wide(&line(1), 2, false),
        [b"\xff\xfe".to_vec(), wide(&line(1), 2, false)].concat(),
        [b"more\n".to_vec(), wide(&line(1), 2, true), b"\nplain\n".to_vec()].concat(),
        wide(&format!("{}more\n", line(1)), 4, false),
    ];
    for (number, version) in versions.into_iter().enumerate() {
        world.write("work/a.txt", version);
        world.git(&["add", "."]);
        let code = world.stopleak(&["staged"]).code;
        assert_eq!(code, i32::from(number == 0), "{number}");
        world.git(&["commit", "-q", "-m", "next"]);
    }
    world.report(&["history"]).assert_findings(&["new a.txt:1"]);
}
