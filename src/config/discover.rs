//! Finds the configuration file.

use std::path::{Path, PathBuf};

use super::error::ConfigError;

/// Paths of the configuration file, relative to the root of the repository.
pub(crate) const FILE_NAMES: [&str; 3] = ["stopleak.yaml", ".stopleak.yaml", ".config/stopleak.yaml"];

/// Finds the configuration file of the repository or folder `root`; `None` if it has none. Only the root is searched,
/// so that a repository has one policy.
///
/// # Errors
///
/// More than one configuration file, because one of them would be ignored silently; a path that cannot be accessed.
pub(crate) fn find(root: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let mut found: Option<PathBuf> = None;
    for name in FILE_NAMES {
        let path = root.join(name);
        match path.symlink_metadata() {
            // A directory or dangling link with this name counts as found, so that reading it reports the error.
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
