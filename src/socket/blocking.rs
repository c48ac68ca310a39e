//! Calls that may block. The socket's lock is not held while the thread sleeps, so that other calls on the handle get
//! their answer instead of a deadlock; afterwards the handle is looked up again.

use super::Socket;
use crate::errno::{Errno, Result};
use crate::message::{Msg, call_free_functions};
use crate::runtime::{Mailbox, Wait, current_waiter};
use crate::util::slots::{Guard, Slots};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The sockets of the process, by handle.
pub static SOCKETS: Slots<Box<Socket>> = Slots::new();

/// The socket that a handle names.
///
/// # Errors
/// `ENOTSOCK` if there is none.
#[inline]
pub fn lock(handle: usize) -> Result<Guard<Box<Socket>>> {
    SOCKETS.lock(handle).ok_or(Errno::ENOTSOCK)
}

/// The end of a wait that may last `timeout_ms`; -1 is for ever.
#[derive(Debug)]
pub struct Deadline {
    timeout_ms: i32,
    end: Option<Instant>,
}

impl Deadline {
    /// Begins with the first question, not now: most calls never wait.
    pub fn new(timeout_ms: i32) -> Deadline {
        Deadline { timeout_ms, end: None }
    }

    /// How long is left; `None` is for ever.
    ///
    /// # Errors
    /// `EAGAIN` when the time is over.
    pub fn left(&mut self) -> Result<Option<Duration>> {
        let Ok(ms) = u64::try_from(self.timeout_ms) else { return Ok(None) };
        let now = Instant::now();
        let end = *self.end.get_or_insert_with(|| now + Duration::from_millis(ms));
        if now >= end { Err(Errno::EAGAIN) } else { Ok(Some(end - now)) }
    }
}

/// Sends one part, waiting for as long as SNDTIMEO allows.
///
/// # Errors
/// See zmq_msg_send(3); `msg` is then still the caller's.
#[inline]
pub fn send(handle: usize, msg: &mut Msg, more: bool, dontwait: bool) -> Result<()> {
    send_locked(handle, lock(handle)?, msg, more, dontwait)
}

/// Sends a copy of `bytes`; see [`send`].
///
/// # Errors
/// As [`send`], and `ENOMEM`.
#[inline]
pub fn send_bytes(handle: usize, bytes: &[u8], more: bool, dontwait: bool) -> Result<()> {
    let mut socket = lock(handle)?;
    let mut msg = socket.copy_in(bytes)?;
    send_locked(handle, socket, &mut msg, more, dontwait)
}

#[inline]
fn send_locked(handle: usize, socket: Guard<Box<Socket>>, msg: &mut Msg, more: bool, dontwait: bool) -> Result<()> {
    let mut socket = socket;
    let dontwait = dontwait || socket.send_timeout_ms() == 0;
    match socket.try_send(msg, more, dontwait) {
        Err(Errno::EAGAIN) if !dontwait => {}
        result => return result,
    }
    let mut deadline = Deadline::new(socket.send_timeout_ms());
    loop {
        socket = wait(handle, socket, &mut deadline)?;
        match socket.try_send(msg, more, false) {
            Err(Errno::EAGAIN) => {}
            result => return result,
        }
    }
}

/// Receives one part in the place of `msg`, waiting for as long as RCVTIMEO allows. `stamp` asks for its metadata.
///
/// # Errors
/// See zmq_msg_recv(3).
#[inline]
pub fn recv(handle: usize, msg: &mut Msg, dontwait: bool, stamp: bool) -> Result<()> {
    let mut socket = lock(handle)?;
    let dontwait = dontwait || socket.receive_timeout_ms() == 0;
    let mut deadline = Deadline::new(socket.receive_timeout_ms());
    loop {
        match socket.try_recv(msg) {
            Err(Errno::EAGAIN) if !dontwait => {}
            Ok(()) => {
                if stamp {
                    socket.stamp(msg);
                }
                return Ok(());
            }
            result => return result,
        }
        if socket.again {
            // Nothing would wake a sleeper for what is there already.
            deadline.left()?;
        } else {
            socket = wait(handle, socket, &mut deadline)?;
        }
    }
}

/// Sleeps until the socket has commands; the lock is released meanwhile.
#[cold]
fn wait(handle: usize, socket: Guard<Box<Socket>>, deadline: &mut Deadline) -> Result<Guard<Box<Socket>>> {
    let left = deadline.left()?;
    let mailbox = socket.mailbox().clone();
    let taken = mailbox.times_taken();
    drop(socket);
    call_free_functions();
    sleep(&mailbox, taken, left)?;
    lock(handle)
}

/// Sleeps until commands are there, or for `left`; not at all if some were taken since there were `taken`.
pub(super) fn sleep(mailbox: &Arc<Mailbox>, taken: usize, left: Option<Duration>) -> Result<()> {
    let waiter = current_waiter();
    waiter.prepare();
    let pending = mailbox.register(&waiter) || mailbox.times_taken() != taken;
    let result = if pending { Ok(Wait::Woken) } else { waiter.wait(left) };
    mailbox.unregister(&waiter);
    result.map(|_| ())
}
