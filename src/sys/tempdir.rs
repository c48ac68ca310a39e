//! Private directories for sockets without a name of their own. Any thread.

use crate::errno::{Errno, Result};
use std::ffi::CString;

/// Makes a new directory `tmpXXXXXX` in `parent` that only this user may enter, and returns its path.
///
/// # Errors
/// See mkdtemp(3); `EINVAL` for a parent with a NUL byte.
pub fn create(parent: &str) -> Result<String> {
    let template = CString::new(format!("{}/tmpXXXXXX", parent.trim_end_matches('/'))).map_err(|_| Errno::EINVAL)?;
    let mut bytes = template.into_bytes_with_nul();
    // SAFETY: the template is a writable C string that ends as the call requires.
    if unsafe { libc::mkdtemp(bytes.as_mut_ptr().cast()) }.is_null() {
        return Err(Errno::last());
    }
    bytes.pop();
    String::from_utf8(bytes).map_err(|_| Errno::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn is_new_and_private() {
        let parent = std::env::temp_dir();
        let path = create(parent.to_str().unwrap()).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        std::fs::remove_dir(&path).unwrap();
        assert_eq!(create("/nosuch-parent").unwrap_err(), Errno::ENOENT);
    }
}
