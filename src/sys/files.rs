//! The little that Unix sockets need of the file system. Any thread.

use crate::errno::{Errno, Result};
use std::ffi::CString;

/// Makes a new directory `tmpXXXXXX` in `parent` that only this user may enter, and returns its path.
///
/// # Errors
/// See mkdtemp(3); `EINVAL` for a parent with a NUL byte.
pub fn make_private_directory(parent: &str) -> Result<String> {
    let template = CString::new(format!("{}/tmpXXXXXX", parent.trim_end_matches('/'))).map_err(|_| Errno::EINVAL)?;
    let mut bytes = template.into_bytes_with_nul();
    // SAFETY: the template is a writable C string that ends as the call requires.
    if unsafe { libc::mkdtemp(bytes.as_mut_ptr().cast()) }.is_null() {
        return Err(Errno::last());
    }
    bytes.pop();
    String::from_utf8(bytes).map_err(|_| Errno::EINVAL)
}

/// Whether `path` is a directory.
pub fn is_directory(path: &str) -> bool {
    std::path::Path::new(path).is_dir()
}

/// Removes a file that is no directory.
///
/// # Errors
/// See unlink(2).
pub fn remove_file(path: &str) -> Result<()> {
    Ok(std::fs::remove_file(path)?)
}

/// Removes an empty directory.
///
/// # Errors
/// See rmdir(2).
pub fn remove_directory(path: &str) -> Result<()> {
    Ok(std::fs::remove_dir(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_directory_is_new_and_private() {
        let parent = std::env::temp_dir();
        let path = make_private_directory(parent.to_str().unwrap()).unwrap();
        assert!(is_directory(&path));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let file = format!("{path}/file");
        std::fs::write(&file, b"").unwrap();
        assert!(!is_directory(&file));
        assert_eq!(remove_directory(&path), Err(Errno(libc::ENOTEMPTY)));
        assert_eq!(remove_file(&path), Err(Errno::EISDIR));
        remove_file(&file).unwrap();
        assert_eq!(remove_file(&file), Err(Errno::ENOENT));
        remove_directory(&path).unwrap();
        assert!(!is_directory(&path));
        assert_eq!(make_private_directory("/nosuch-parent"), Err(Errno::ENOENT));
        assert_eq!(make_private_directory("a\0b"), Err(Errno::EINVAL));
    }
}
