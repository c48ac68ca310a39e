//! Pages of memory, and addresses, that stay for the life of the process. Any thread.

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

/// Reserves `len` bytes of addresses that nothing else is given and that nobody can read or write.
///
/// # Errors
/// `ENOMEM`.
pub fn reserve(len: usize) -> Result<NonNull<u8>> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing that exists.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_NONE, flags, -1, 0) };
    if at == libc::MAP_FAILED {
        return Err(Errno::ENOMEM);
    }
    NonNull::new(at.cast()).ok_or(Errno::ENOMEM)
}

/// Makes whole pages of a reservation read as zeros.
///
/// # Errors
/// `ENOMEM`.
///
/// # Safety
/// The `len` bytes at `address` are page-aligned and part of what [`reserve`] returned.
pub unsafe fn make_readable(address: usize, len: usize) -> Result<()> {
    // SAFETY: pages that hold nothing, as the caller says.
    let rc = unsafe { libc::mprotect(std::ptr::with_exposed_provenance_mut(address), len, libc::PROT_READ) };
    if rc == 0 { Ok(()) } else { Err(Errno::last()) }
}
