//! Writes a file so that no reader sees a part of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Replaces the content of the file at `path` by what `fill` writes. The file is written under a temporary name in the
/// same directory and then renamed, so that it changes completely or, after an error, not at all. It is readable by its
/// owner only. A symbolic link is followed. A character device and an open descriptor (`/dev/stdout`, `/dev/fd/3`) are
/// written to directly and not replaced.
///
/// # Errors
/// If `fill` fails, as for [`check_target`], or if the file cannot be created, written or renamed.
pub fn replace_file(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    check_target(path)?;
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
    // If `create_new` fails because the file exists, it belongs to another process.
    if written.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists) {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Checks that [`replace_file`] would write to `path` without waiting and without overwriting a disk.
///
/// # Errors
/// If `path` is a symbolic link to nothing, a named pipe, a socket or a block device. Opening a named pipe would wait for
/// its reader; a pipe that is an open descriptor of this process has one.
pub fn check_target(path: &Path) -> io::Result<()> {
    let refused = |what| Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{what}, not a file")));
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
            return refused("a symbolic link to nothing");
        }
        // A missing file is created. Other errors are those of writing it.
        Err(_) => return Ok(()),
        Ok(found) => found.file_type(),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let is_descriptor = ["/dev/fd", "/dev/stdout", "/dev/stderr", "/proc/self/fd"];
        let is_descriptor = is_descriptor.iter().any(|descriptor| path.starts_with(descriptor));
        match found {
            _ if is_descriptor => {}
            kind if kind.is_fifo() => return refused("a named pipe"),
            kind if kind.is_socket() => return refused("a socket"),
            kind if kind.is_block_device() => return refused("a block device"),
            _ => {}
        }
    }
    let _ = found;
    Ok(())
}

/// A hidden name in the directory of `target`; the process id distinguishes concurrent runs.
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
    fn a_file_is_replaced_completely_or_not_at_all() {
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
    fn files_are_private_links_are_followed_and_devices_are_not_replaced() {
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
