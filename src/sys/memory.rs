//! Pages of memory that stay for the life of the process. Any thread.

use crate::errno::{Errno, Result};
use std::ptr::NonNull;

/// Maps zeroed, page-aligned memory of at least `len` bytes.
///
/// # Errors
/// `ENOMEM`.
pub fn map(len: usize) -> Result<NonNull<u8>> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing that exists.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if at == libc::MAP_FAILED {
        return Err(Errno::ENOMEM);
    }
    NonNull::new(at.cast()).ok_or(Errno::ENOMEM)
}
