//! Random numbers from the system: starting points of counters and seeds of hashes. Any thread.
#![allow(unsafe_code, reason = "getrandom(2) fills a buffer")]

use crate::errno::{Errno, Result};
use std::time::{SystemTime, UNIX_EPOCH};

/// 64 random bits.
///
/// The numbers made here need to differ between runs, they protect no secret: should the system refuse (a kernel without
/// getrandom), time and an address stand in.
pub fn u64() -> u64 {
    let mut value = 0u64;
    // SAFETY: the buffer is `value`, of that size.
    let n = unsafe { libc::getrandom((&raw mut value).cast(), size_of::<u64>(), 0) };
    if usize::try_from(n) == Ok(size_of::<u64>()) { value } else { fallback(&raw const value as u64) }
}

/// 32 random bits.
pub fn u32() -> u32 {
    (u64() >> 32) as u32
}

/// Fills a buffer with bytes that nobody can predict: keys and nonces.
///
/// # Errors
/// `ENOSYS` and the like when the system has none; nothing stands in for them.
pub fn fill(buffer: &mut [u8]) -> Result<()> {
    let mut rest = buffer;
    while !rest.is_empty() {
        // SAFETY: the buffer is `rest`, of that size.
        let n = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(n) {
            Ok(n) => rest = rest.get_mut(n..).unwrap_or_default(),
            Err(_) if Errno::last() == Errno::EINTR => {}
            Err(_) => return Err(Errno::last()),
        }
    }
    Ok(())
}

#[cold]
fn fallback(address: u64) -> u64 {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
    (nanos ^ address.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn numbers_differ() {
        let numbers: HashSet<u64> = (0..100).map(|_| super::u64()).collect();
        assert_eq!(numbers.len(), 100);
        assert_ne!(super::fallback(1), super::fallback(2));
    }
}
