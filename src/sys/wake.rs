//! A descriptor that one thread makes readable to wake another. Any thread signals, the owner drains.

use super::{check, check_count, retry};
use crate::errno::Result;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// An event counter; readable while it is not zero.
#[derive(Debug)]
pub struct WakeFd {
    fd: OwnedFd,
}

impl WakeFd {
    /// A counter at zero.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`, `ENOMEM`, `ENODEV`.
    pub fn new() -> Result<WakeFd> {
        // SAFETY: no pointer is passed.
        let fd = check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
        // SAFETY: the descriptor is new and nobody else's.
        Ok(WakeFd { fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    /// Makes the descriptor readable.
    pub fn signal(&self) {
        let one = 1_u64.to_ne_bytes();
        // A full counter (EAGAIN) is readable already, and nothing else can go wrong.
        // SAFETY: eight bytes are read from an array of eight.
        let _ = retry(|| check_count(unsafe { libc::write(self.fd.as_raw_fd(), one.as_ptr().cast(), one.len()) }));
    }

    /// Makes the descriptor unreadable; whether it was readable.
    pub fn drain(&self) -> bool {
        let mut count = [0_u8; 8];
        // SAFETY: eight bytes are written to an array of eight.
        retry(|| check_count(unsafe { libc::read(self.fd.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) }))
            .is_ok()
    }

    /// The descriptor to wait on.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_signals_are_one() {
        let wake = WakeFd::new().unwrap();
        assert!(!wake.drain());
        wake.signal();
        wake.signal();
        assert!(wake.drain());
        assert!(!wake.drain());
    }
}
