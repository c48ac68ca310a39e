//! Every system call of the library, and the system's security library, behind safe functions. Any thread.
//!
//! Contract of this layer:
//! - descriptors are owned (`OwnedFd`) or borrowed for the length of a call; all are made close-on-exec and, where that
//!   makes sense, non-blocking;
//! - an interrupted call is repeated, except where a signal must reach the caller: [`poll`] and [`futex`];
//! - no call raises `SIGPIPE`;
//! - a failure is returned as the `errno` value, whatever it is: nothing here aborts.

#![allow(unsafe_code, reason = "system calls")]

pub mod biased_lock;
pub mod clock;
pub mod credentials;
pub mod epoll;
pub mod files;
pub mod fork;
pub mod futex;
#[cfg(feature = "gssapi")]
pub mod gssapi;
pub mod interfaces;
pub mod lock;
pub mod lookup;
pub mod membarrier;
pub mod memory;
#[cfg(all(test, loom))]
mod model;
pub mod poll;
pub mod sockaddr;
pub mod socket;
pub mod sockopt;
pub mod thread;
pub mod wake;

/// Sleeping, waking and locking for the parts that the model checker explores: the kernel's, or loom's under `--cfg loom`.
pub mod modelled {
    #[cfg(all(test, loom))]
    pub use super::model::{Epoll, JoinHandle, Mutex, MutexGuard, RawLock, WakeFd, futex, spawn, wait_readable};
    #[cfg(not(all(test, loom)))]
    pub use super::{
        epoll::Epoll,
        futex,
        lock::{Mutex, MutexGuard, RawLock},
        thread::spawn,
        wake::WakeFd,
    };
    #[cfg(not(all(test, loom)))]
    pub use std::thread::JoinHandle;
}

use crate::errno::{Errno, Result};

/// The result of a call that reports failure as -1.
fn check(value: libc::c_int) -> Result<libc::c_int> {
    if value < 0 { Err(Errno::last()) } else { Ok(value) }
}

/// The result of a call that returns a count, or -1.
fn check_count(value: libc::ssize_t) -> Result<usize> {
    usize::try_from(value).map_err(|_| Errno::last())
}

/// Repeats a call while signals interrupt it.
fn retry<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}

/// The `socklen_t` that belongs to a type.
fn size_of<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(std::mem::size_of::<T>()).unwrap_or(0)
}

/// A relative timeout for the kernel; what it cannot hold becomes the longest time that it can.
fn timespec(duration: std::time::Duration) -> libc::timespec {
    // SAFETY: all-zero bytes are a valid timespec.
    let mut time: libc::timespec = unsafe { std::mem::zeroed() };
    time.tv_sec = libc::time_t::try_from(duration.as_secs().min(1 << 30)).unwrap_or(libc::time_t::MAX);
    time.tv_nsec = libc::c_long::from(i32::try_from(duration.subsec_nanos()).unwrap_or(0));
    time
}
