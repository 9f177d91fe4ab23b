//! Where the configuration file is.

use std::path::{Path, PathBuf};

use super::ConfigError;

/// The names that are looked for, below the repository's root.
pub const FILE_NAMES: [&str; 3] = ["stopleak.yaml", ".stopleak.yaml", ".config/stopleak.yaml"];

/// The configuration file of the repository or folder `root`; `None` when it has none. Only at the root:
/// the policy of a repository must be one. Two files are an error, because one of them would be ignored
/// without anybody noticing.
pub fn find(root: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let mut found: Option<PathBuf> = None;
    for name in FILE_NAMES {
        let path = root.join(name);
        match path.symlink_metadata() {
            // What is in the way of a file with this name is not passed over: reading it will say so.
            Ok(_) => match found {
                Some(first) => return Err(ConfigError::TwoFiles { first, second: path }),
                None => found = Some(path),
            },
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) => {}
            Err(source) => return Err(ConfigError::Io { path, source }),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_found_and_two_are_an_error() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let root = root.path();
        assert_eq!(find(root).expect("nothing there"), None);
        std::fs::create_dir(root.join(".config")).expect("made");
        std::fs::write(root.join(".config/stopleak.yaml"), "").expect("written");
        assert_eq!(find(root).expect("one"), Some(root.join(".config/stopleak.yaml")));
        std::fs::write(root.join(".stopleak.yaml"), "").expect("written");
        let error = find(root).expect_err("two").to_string();
        assert!(error.contains(".stopleak.yaml") && error.contains(".config"), "{error}");
    }
}
