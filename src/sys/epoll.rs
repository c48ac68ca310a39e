//! The kernel's readiness queue. One thread waits, any thread adds, changes and removes descriptors.

use super::{check, retry};
use crate::errno::{Errno, Result};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Interest: there is something to read, or the peer has finished writing.
pub const READABLE: u32 = (libc::EPOLLIN | libc::EPOLLRDHUP) as u32;
/// Interest: there is room to write, or a connection attempt has ended.
pub const WRITABLE: u32 = libc::EPOLLOUT as u32;
/// Report each change once instead of as long as it holds.
pub const EDGE: u32 = libc::EPOLLET as u32;

/// A readiness queue.
#[derive(Debug)]
pub struct Epoll {
    fd: OwnedFd,
}

impl Epoll {
    /// An empty queue.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`, `ENOMEM`.
    pub fn new() -> Result<Epoll> {
        // SAFETY: no pointer is passed.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: the descriptor is new and nobody else's.
        Ok(Epoll { fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    /// Watches `fd`; its events carry `token`. `flags` is made of [`READABLE`], [`WRITABLE`] and [`EDGE`].
    ///
    /// # Errors
    /// `EEXIST` if it is watched already, `EPERM` if it cannot be waited for, `ENOMEM`, `ENOSPC`.
    pub fn add(&self, fd: BorrowedFd<'_>, token: u64, flags: u32) -> Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, token, flags)
    }

    /// Changes what `fd` is watched for. In edge-triggered mode, what already holds is reported again.
    ///
    /// # Errors
    /// `ENOENT` if it is not watched, `ENOMEM`.
    pub fn modify(&self, fd: BorrowedFd<'_>, token: u64, flags: u32) -> Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, token, flags)
    }

    /// Stops watching `fd`. Events that were already fetched stay in their buffer.
    ///
    /// # Errors
    /// `ENOENT` if it is not watched.
    pub fn delete(&self, fd: BorrowedFd<'_>) -> Result<()> {
        self.control(libc::EPOLL_CTL_DEL, fd, 0, 0)
    }

    /// Waits until something is ready or the time has passed; `None` waits for ever.
    ///
    /// # Errors
    /// `EINTR` when a signal handler ran, whatever its flags; what else the kernel says is passed on.
    pub fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> Result<()> {
        events.filled = 0;
        let timeout = timeout.map_or(-1, milliseconds);
        let room = libc::c_int::try_from(events.buffer.len()).unwrap_or(libc::c_int::MAX);
        // The system call itself: the C library's function is a point at which a thread may be cancelled, which must not
        // happen in the middle of this library.
        // SAFETY: the buffer has room for that many events; no signal mask is passed.
        let n = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait,
                self.fd.as_raw_fd(),
                events.buffer.as_mut_ptr(),
                room,
                timeout,
                std::ptr::null::<libc::sigset_t>(),
                8_usize,
            )
        };
        events.filled = usize::try_from(n).map_err(|_| Errno::last())?;
        Ok(())
    }

    fn control(&self, operation: libc::c_int, fd: BorrowedFd<'_>, token: u64, flags: u32) -> Result<()> {
        let mut event = libc::epoll_event { events: flags, u64: token };
        // SAFETY: the event lives through the call; the kernel copies it.
        retry(|| check(unsafe { libc::epoll_ctl(self.fd.as_raw_fd(), operation, fd.as_raw_fd(), &mut event) }))?;
        Ok(())
    }
}

/// Milliseconds, rounded up so that a wait never ends early.
fn milliseconds(duration: Duration) -> libc::c_int {
    libc::c_int::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(libc::c_int::MAX)
}

/// Room for the events of one wait.
pub struct Events {
    buffer: Vec<libc::epoll_event>,
    filled: usize,
}

impl Events {
    /// Room for `capacity` events, at least one.
    pub fn new(capacity: usize) -> Events {
        Events { buffer: vec![libc::epoll_event { events: 0, u64: 0 }; capacity.max(1)], filled: 0 }
    }

    /// The event at this place, in the order of [`Events::iter`].
    #[inline]
    pub fn get(&self, at: usize) -> Option<Event> {
        self.buffer[..self.filled].get(at).map(|e| Event { token: e.u64, flags: e.events })
    }

    /// The events of the last wait.
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.buffer[..self.filled].iter().map(|e| Event { token: e.u64, flags: e.events })
    }

    /// Whether the last wait ended without events.
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What happened to one descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The token that the descriptor was added with.
    pub token: u64,
    flags: u32,
}

impl Event {
    /// A read will not block: data, the end of the stream, or an error is there.
    pub fn readable(self) -> bool {
        self.flags & (READABLE | (libc::EPOLLHUP | libc::EPOLLERR) as u32) != 0
    }

    /// A write will not block: there is room, or it fails at once.
    pub fn writable(self) -> bool {
        self.flags & (WRITABLE | (libc::EPOLLHUP | libc::EPOLLERR) as u32) != 0
    }

    /// The peer has finished writing, the connection is closed in both directions, or it has failed. The same edge may
    /// announce bytes that come before the end, and none will announce the end again.
    pub fn hung_up(self) -> bool {
        self.flags & (libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR) as u32 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::wake::WakeFd;
    use std::os::fd::AsFd;

    #[test]
    fn reports_each_edge_once() {
        let epoll = Epoll::new().unwrap();
        let wake = WakeFd::new().unwrap();
        let mut events = Events::new(4);
        epoll.add(wake.fd(), 7, READABLE | EDGE).unwrap();
        epoll.wait(&mut events, Some(Duration::ZERO)).unwrap();
        assert!(events.is_empty());
        wake.signal();
        epoll.wait(&mut events, None).unwrap();
        let seen: Vec<Event> = events.iter().collect();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].token, 7);
        assert!(seen[0].readable() && !seen[0].writable() && !seen[0].hung_up());
        epoll.wait(&mut events, Some(Duration::ZERO)).unwrap();
        assert!(events.is_empty(), "the same edge came twice");
        epoll.modify(wake.fd(), 8, READABLE | EDGE).unwrap();
        epoll.wait(&mut events, Some(Duration::ZERO)).unwrap();
        assert_eq!(events.iter().next().map(|e| e.token), Some(8), "modify arms the edge again");
    }

    #[test]
    fn errors_of_add_and_delete() {
        let epoll = Epoll::new().unwrap();
        let wake = WakeFd::new().unwrap();
        assert_eq!(epoll.delete(wake.fd()), Err(Errno::ENOENT));
        epoll.add(wake.fd(), 1, READABLE).unwrap();
        assert_eq!(epoll.add(wake.fd(), 1, READABLE), Err(Errno(libc::EEXIST)));
        epoll.delete(wake.fd()).unwrap();
        let file = std::fs::File::open("/proc/self/exe").unwrap();
        assert_eq!(epoll.add(file.as_fd(), 1, READABLE), Err(Errno::EPERM));
    }

    #[test]
    fn a_wait_never_ends_early() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_micros(1)), 1);
        assert_eq!(milliseconds(Duration::from_millis(5)), 5);
        assert_eq!(milliseconds(Duration::MAX), libc::c_int::MAX);
    }
}
