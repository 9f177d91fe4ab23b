//! One path that was given to a walk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::{ContentKind, RepoPath, Unscanned, UnscannedKind};
use crate::source::paths::path_bytes;

use super::directory::Directory;
use super::visitor::{File, FileVisitor, special_kind};
use super::walk::Task;
use super::work_tree;

/// A path where a walk starts.
pub(super) struct Root {
    /// The path as given, without a leading `./`.
    given: PathBuf,
    /// The path with links resolved. The last component of a file is kept: a link to a file is a file by itself.
    pub(super) real: PathBuf,
    /// `real` below the repository's root; outside of it `given`.
    policy_path: PathBuf,
    pub(super) is_directory: bool,
    /// Whether it is a symbolic link to nothing. Its target path is scanned, and it is listed as unscanned.
    is_broken_link: bool,
}

impl Root {
    /// Resolves `given` relative to `base`. `repository` is the real path of the repository's root.
    ///
    /// # Errors
    ///
    /// If the path or its parent cannot be read, or if it is a named pipe, a socket or a device.
    pub(super) fn new(given: &Path, base: &Path, repository: Option<&Path>) -> io::Result<Root> {
        let path = base.join(given);
        let (is_directory, is_broken_link) = match fs::metadata(&path) {
            Ok(metadata) => match special_kind(metadata.file_type()) {
                Some(kind) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{kind}, not a file")));
                }
                None => (metadata.is_dir(), false),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => (false, true),
            Err(error) => return Err(error),
        };
        let real = match (is_directory, path.parent(), path.file_name()) {
            (false, Some(folder), Some(name)) => folder.canonicalize()?.join(name),
            _ => path.canonicalize()?,
        };
        let given = given.strip_prefix(".").unwrap_or(given).to_path_buf();
        let below = repository.and_then(|repository| real.strip_prefix(repository).ok());
        let policy_path = below.map_or_else(|| given.clone(), Path::to_path_buf);
        Ok(Root { given, real, policy_path, is_directory, is_broken_link })
    }

    /// Returns the first task of the walk from here.
    pub(super) fn into_task(self, no_ignore: bool, visitor: &mut impl FileVisitor) -> Task {
        if self.is_directory {
            let git = match no_ignore {
                true => None,
                false => work_tree::containing(&self.real, &mut |entry| visitor.unscanned(entry)),
            };
            return Task::Directory(Arc::new(Directory {
                path: self.real,
                prefix: with_slash(&self.given),
                policy_prefix: with_slash(&self.policy_path),
                no_ignore,
                git,
            }));
        }
        let path = RepoPath::new(path_bytes(&self.given));
        let policy_path = RepoPath::new(path_bytes(&self.policy_path));
        let content_kind = if self.is_broken_link { ContentKind::Symlink } else { ContentKind::File };
        if self.is_broken_link {
            visitor.unscanned(Unscanned {
                kind: UnscannedKind::Unreadable,
                what: path.to_text(),
                reason: "a symbolic link to nothing: only its target path was scanned".to_owned(),
                remedy: Some("name the file itself, or remove the link".to_owned()),
            });
        }
        Task::File { path: self.real, file: File { path, policy_path, content_kind } }
    }
}

/// Returns the bytes of a directory's path with a `/` at the end, unless it is empty.
fn with_slash(directory: &Path) -> Vec<u8> {
    let mut bytes = path_bytes(directory);
    if !matches!(bytes.last(), None | Some(b'/')) {
        bytes.push(b'/');
    }
    bytes
}
