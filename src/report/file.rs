//! Puts a report into a file so that nobody ever reads half of one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::model::ScanReport;

use super::{Format, ReportOptions};

/// Writes `report` to the file at `path`; see [`replace_file`].
pub fn write_to_file(
    path: &Path,
    format: Format,
    report: &ScanReport,
    options: &ReportOptions,
) -> io::Result<()> {
    replace_file(path, |out| super::write(format, report, options, out))
}

/// Gives `path` the content that `fill` writes, all of it or, after an error, none: it is written under a
/// temporary name beside `path` and renamed. Readable by its owner only. A symbolic link is followed.
/// What is no regular file (`/dev/stdout`, a pipe) is written into and never replaced.
pub fn replace_file(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if fs::metadata(&target).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let mut out = BufWriter::new(OpenOptions::new().write(true).open(&target)?);
        fill(&mut out)?;
        return out.flush();
    }
    let temporary = temporary_name(&target)?;
    let written = create_private(&temporary).and_then(|file| {
        let mut out = BufWriter::new(file);
        fill(&mut out)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&temporary, &target)
    });
    // `create_new` failing means that the file is not ours to remove.
    if written.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists) {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A hidden name beside `target`; the process id keeps two runs apart.
fn temporary_name(target: &Path) -> io::Result<PathBuf> {
    let name = target.file_name().ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{} names no file", target.display()))
    })?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", std::process::id()));
    Ok(target.with_file_name(temporary))
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report.json");
        replace_file(&path, |out| out.write_all(b"first")).expect("written");
        let failed = replace_file(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("disk on fire"))
        });
        assert_eq!(failed.expect_err("reported").to_string(), "disk on fire");
        assert_eq!(fs::read(&path).expect("still there"), b"first");
        replace_file(&path, |out| out.write_all(b"second")).expect("replaced");
        assert_eq!(fs::read(&path).expect("there"), b"second");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no temporary file is left");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it_links_are_followed_and_devices_survive() {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (path, link) = (folder.path().join("report"), folder.path().join("link"));
        fs::write(&path, b"").expect("written");
        symlink(&path, &link).expect("linked");
        replace_file(&link, |out| out.write_all(b"x")).expect("written");
        assert!(fs::symlink_metadata(&link).expect("there").file_type().is_symlink());
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        replace_file(Path::new("/dev/null"), |out| out.write_all(b"x")).expect("written");
        assert!(fs::metadata("/dev/null").expect("there").file_type().is_char_device());
    }
}
