//! All objects of a test repository in memory, read by `git cat-file`: an oracle for the object store, and a substitute
//! for it.

use std::collections::HashMap;

use super::odb::object::{Kind, Object};
use super::odb::oid::Oid;
use super::testing::TestRepo;

/// Parses an id of hexadecimal digits.
pub(crate) fn oid(hex: &str) -> Oid {
    Oid::from_hex(hex.as_bytes()).expect("an id")
}

/// Returns every object of the repository, reachable or not.
pub(crate) fn all_objects(test: &TestRepo) -> HashMap<Oid, Object> {
    let mut objects = HashMap::new();
    let dump = test.git(&["cat-file", "--batch-all-objects", "--batch"]);
    let mut rest = &dump[..];
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).expect("a header line");
        let header = std::str::from_utf8(&rest[..end]).expect("text");
        let mut words = header.split(' ');
        let id = oid(words.next().expect("an id"));
        let kind = match words.next().expect("a kind") {
            "commit" => Kind::Commit,
            "tree" => Kind::Tree,
            "blob" => Kind::Blob,
            _ => Kind::Tag,
        };
        let size: usize = words.next().expect("a size").parse().expect("a number");
        let data = rest[end + 1..end + 1 + size].to_vec();
        rest = &rest[end + 2 + size..];
        objects.insert(id, Object { kind, data });
    }
    objects
}
