//! A repository with secrets in every kind of content that a scan reads.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use stopleak::RuleSet;
use stopleak::internals::sample::{Draw, sample};

pub(crate) use testing::TestRepo;

#[path = "../../src/git/testing.rs"]
mod testing;

/// A repository and the secret values in it, which no output may contain.
pub(crate) struct Planted {
    pub(crate) repo: TestRepo,
    /// The raw values.
    pub(crate) values: Vec<Vec<u8>>,
    /// The commit before the secrets.
    pub(crate) base: String,
}

/// Returns a random value that matches the rule; equal seeds give equal values.
pub(crate) fn sample_value(rule: &str, seed: u64) -> String {
    let rules = RuleSet::builtin();
    let rule = rules.get(rule).expect("a built-in rule");
    String::from_utf8(sample(rule, &mut Draw::new(seed)).expect("a checked pattern")).expect("ASCII")
}

/// Returns passwords that contain characters that formats must escape, and runs of letters long enough to be recognised.
fn passwords() -> [String; 4] {
    [
        "vT9qLm2x8Z%r<&zK4wQ7nXk2",
        "pR3xWz8Kq5Vn\\bT6yHm1Jc",
        "Gh7Kd2Ws9Pq&quot;Xz4Rn8Lt",
        "N5bV8cX2zL9k%0AJ4hG7fD3s",
    ]
    .map(str::to_owned)
}

/// Creates the repository: several commits, a branch, a tag, and a staged file with further values.
pub(crate) fn plant() -> Planted {
    let repo = TestRepo::new();
    repo.write("README", "nothing here\n");
    let base = repo.commit_all("first");
    let token = |seed| sample_value("github-classic-pat", seed);
    let key = sample_value("pem-rsa-private-key", 1);
    let words = passwords();
    let mut values: Vec<String> = (0..11).map(token).chain(words.clone()).collect();

    repo.write("many.txt", format!("é {} {}\u{1b}[31m{}\u{1b}[0m ü\r\n", values[0], values[1], values[2]));
    repo.write("key.pem", format!("{key}\n"));
    repo.write("escaped.json", serde_json::json!({ "key": key, "t": values[3] }).to_string());
    let assigned: String = words.iter().map(|word| format!("db_password = '{word}' # <&\"%\\\n")).collect();
    repo.write("app.ini", format!("{assigned}\u{202e}{}\n", values[4]));
    repo.write(format!("dir {}/x.txt", values[5]), "harmless\n");
    repo.write("wide.txt", utf16(&format!("token {}\n", values[6])));
    repo.commit_all(&format!("second with {}\n\nand {}", values[7], values[0]));
    repo.git(&["branch", &format!("b-{}", values[8])]);
    repo.git(&["tag", "-a", "v1", "-m", &format!("tag {}", values[9])]);
    repo.write("many.txt", format!("line\né {} {}\n", values[0], values[1]));
    repo.commit_all("third");
    repo.write("staged.txt", format!("x {} y {}\n", values[10], values[3]));
    repo.git(&["add", "-A"]);

    // No line of a key may appear, except for its PEM armour.
    values.extend(key.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned));
    Planted { repo, values: values.into_iter().map(String::into_bytes).collect(), base }
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFFu16).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

impl Planted {
    /// Runs the built program in the repository, isolated.
    pub(crate) fn stopleak(&self, arguments: &[&str]) -> Output {
        self.stopleak_reading(arguments, Stdio::null())
    }

    pub(crate) fn stopleak_reading(&self, arguments: &[&str], input: Stdio) -> Output {
        let home = self.repo.path().parent().expect("it has one");
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(self.repo.path())
            .env_clear()
            .env("HOME", home)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CEILING_DIRECTORIES", home)
            .stdin(input);
        command.output().expect("the program starts")
    }
}

fn binary() -> &'static Path {
    assert_cmd::cargo::cargo_bin!("stopleak")
}
