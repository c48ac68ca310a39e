//! Waiting for several sockets and descriptors at once (zmq_poll(3)). The calling thread.
//!
//! A pass asks each socket for its events; only when nothing is ready does the thread register with all mailboxes and
//! sleep. Without descriptors no system call is made but the sleep itself. Another thread that uses one of the sockets
//! may carry out commands that this one waits for: a pass counts how often that was done, and none is slept through.

use crate::errno::{Errno, Result};
use crate::message::call_free_functions;
use crate::runtime::{Sources, glance, rest, rest_with};
use crate::socket::blocking;
use crate::sys::poll::{PollFd, poll as sys_poll};
use std::time::{Duration, Instant};

/// `ZMQ_POLLIN`, `ZMQ_POLLOUT`, `ZMQ_POLLERR`, `ZMQ_POLLPRI`.
pub const POLLIN: i16 = 1;
/// See [`POLLIN`].
pub const POLLOUT: i16 = 2;
/// See [`POLLIN`].
pub const POLLERR: i16 = 4;
/// See [`POLLIN`].
pub const POLLPRI: i16 = 8;

/// What an item waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A socket, by handle.
    Socket(usize),
    /// A descriptor of the system.
    Fd(i32),
}

/// One thing to wait for.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Socket or descriptor.
    pub target: Target,
    /// Events of interest.
    pub events: i16,
    /// Events found.
    pub revents: i16,
}

impl Item {
    /// An item for a socket.
    pub fn socket(handle: usize, events: i16) -> Item {
        Item { target: Target::Socket(handle), events, revents: 0 }
    }
}

/// Waits until an item is ready or the time is over; -1 is for ever. Returns how many items are ready.
///
/// # Errors
/// `ENOTSOCK`, `ETERM`, `EINTR`, `ENOMEM`; `EMFILE` and the like if the wait needs a descriptor that cannot be made.
pub fn poll(items: &mut [Item], timeout_ms: i64) -> Result<usize> {
    if items.is_empty() {
        return sleep_only(timeout_ms);
    }
    let mut fds = pollfds(items)?;
    let mut end = None;
    loop {
        let Pass { ready, taken } = look(items, &mut fds)?;
        if ready > 0 {
            return Ok(ready);
        }
        if timeout_ms == 0 {
            return if glance_at(items)? { Ok(look(items, &mut fds)?.ready) } else { Ok(0) };
        }
        let left = match u64::try_from(timeout_ms) {
            Err(_) => None,
            Ok(ms) => {
                let now = Instant::now();
                let end = *end.get_or_insert_with(|| now.checked_add(Duration::from_millis(ms)));
                match end.map(|end| end.saturating_duration_since(now)) {
                    Some(Duration::ZERO) => return Ok(0),
                    left => left,
                }
            }
        };
        call_free_functions();
        sleep(items, &mut fds, taken, left)?;
    }
}

/// What a look at all items found.
#[derive(Default)]
struct Pass {
    /// How many are ready.
    ready: usize,
    /// How often commands were taken out of the sockets' mailboxes, all together, when each was looked at.
    taken: usize,
}

/// No items: only the time passes.
fn sleep_only(timeout_ms: i64) -> Result<usize> {
    // For ever with nothing to wait for would hang the caller for good.
    let Ok(ms) = u64::try_from(timeout_ms) else { return Ok(0) };
    if ms > 0 {
        sys_poll(&mut [], Some(Duration::from_millis(ms)), None)?;
    }
    Ok(0)
}

/// The descriptors among the items, in their order, and one place more for the waking of this thread.
fn pollfds(items: &[Item]) -> Result<Vec<PollFd>> {
    let found = items.iter().filter_map(|item| match item.target {
        Target::Fd(fd) => Some(PollFd { fd, events: to_system(item.events), revents: 0 }),
        Target::Socket(_) => None,
    });
    let mut fds = Vec::new();
    let count = items.iter().filter(|item| matches!(item.target, Target::Fd(_))).count();
    if count > 0 {
        fds.try_reserve_exact(count + 1).map_err(|_| Errno::ENOMEM)?;
        fds.extend(found);
    }
    Ok(fds)
}

fn to_system(events: i16) -> i16 {
    let mut system = 0;
    for (ours, theirs) in [(POLLIN, libc::POLLIN), (POLLOUT, libc::POLLOUT), (POLLPRI, libc::POLLPRI)] {
        if events & ours != 0 {
            system |= theirs;
        }
    }
    system
}

fn from_system(system: i16) -> i16 {
    let mut events = 0;
    for (ours, theirs) in [(POLLIN, libc::POLLIN), (POLLOUT, libc::POLLOUT), (POLLPRI, libc::POLLPRI)] {
        if system & theirs != 0 {
            events |= ours;
        }
    }
    if system & !(libc::POLLIN | libc::POLLOUT | libc::POLLPRI) != 0 {
        events |= POLLERR;
    }
    events
}

/// One pass without waiting.
fn look(items: &mut [Item], fds: &mut [PollFd]) -> Result<Pass> {
    if !fds.is_empty() {
        sys_poll(fds, Some(Duration::ZERO), None)?;
    }
    let mut fds = fds.iter();
    let mut pass = Pass::default();
    for item in items {
        item.revents = match item.target {
            Target::Socket(handle) => {
                let wanted = item.events & (POLLIN | POLLOUT);
                let mut socket = blocking::lock(handle)?;
                // Also where nothing is wanted: what it is told must not keep the others' wait from beginning.
                let found = if wanted == 0 {
                    socket.process_commands()?;
                    0
                } else {
                    socket.events()? & wanted
                };
                pass.taken = pass.taken.wrapping_add(socket.mailbox().times_taken());
                found
            }
            Target::Fd(_) => fds.next().map_or(0, |fd| from_system(fd.revents)),
        };
        pass.ready += usize::from(item.revents != 0);
    }
    Ok(pass)
}

/// What a wait for the items' sockets needs.
fn sources(items: &[Item]) -> Result<Sources> {
    let receiving = items.iter().any(|item| item.events & POLLIN != 0);
    let mut sources = Sources { mailboxes: Vec::new(), io: Vec::new(), receiving };
    let count = items.iter().filter(|item| matches!(item.target, Target::Socket(_))).count();
    sources.mailboxes.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    for item in items {
        let Target::Socket(handle) = item.target else { continue };
        let socket = blocking::lock(handle)?;
        sources.mailboxes.push(socket.mailbox().clone());
        if let Some(io) = socket.io_thread() {
            sources.depend_on(io);
        }
    }
    Ok(sources)
}

/// Sleeps until a socket has commands, a descriptor is ready or `left` is over; not at all if commands were taken since the
/// pass that counted `taken`.
fn sleep(items: &[Item], fds: &mut Vec<PollFd>, taken: usize, left: Option<Duration>) -> Result<()> {
    let sources = sources(items)?;
    if fds.is_empty() { rest(&sources, taken, left).map(|_| ()) } else { rest_with(&sources, taken, fds, left) }
}

/// Does what the I/O thread would do, if nobody does; whether there may be more to find now.
fn glance_at(items: &[Item]) -> Result<bool> {
    Ok(sources(items)?.io.iter().any(glance))
}

/// The events of one socket now.
///
/// # Errors
/// `ENOTSOCK`, `ETERM`.
pub fn events(handle: usize) -> Result<i16> {
    blocking::lock(handle)?.events()
}
