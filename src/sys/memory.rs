//! Pages of memory, and addresses, that stay for the life of the process. Any thread.

use crate::errno::{Errno, Result};
use std::ptr::NonNull;

/// What must stay free when others decide how much is taken, for everything that cannot do without.
const HEADROOM: usize = 4 << 20;
/// What must stay free of that when connections take the little that they need to go on.
const RESERVE: usize = 1 << 20;

/// Whether `len` bytes can be had from the system and enough is left then. An answer for this moment: for whoever is about
/// to take much, of a size that somebody else chose, and can refuse. The allocator is not asked: it would keep what it got.
pub fn has_room(len: usize) -> bool {
    is_free(len.saturating_add(HEADROOM))
}

/// The same for a little that a connection needs to go on: a part of what else must stay free is for that.
pub fn has_reserve(len: usize) -> bool {
    is_free(len.saturating_add(RESERVE))
}

fn is_free(len: usize) -> bool {
    let Ok(probe) = map(len) else { return false };
    // SAFETY: mapped just now, and nobody else's.
    unsafe { libc::munmap(probe.as_ptr().cast(), len) };
    true
}

/// How many bytes of addresses the process may have, if there is a limit (RLIMIT_AS).
pub fn address_limit() -> Option<usize> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is a local variable.
    let rc = unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) };
    (rc == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then(|| usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX))
}

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
