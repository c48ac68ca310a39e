//! Calls that may block. The socket's lock is not held while the thread sleeps, so that other calls on the handle get
//! their answer instead of a deadlock; afterwards the handle is looked up again.

use super::Socket;
use crate::errno::{Errno, Result};
use crate::message::{Destination, Msg, Offer, call_free_functions};
use crate::runtime::{Sources, glance, rest_offering};
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
    let mut socket = lock(handle)?;
    let dontwait = dontwait || socket.send_timeout_ms() == 0;
    match socket.try_send(msg, more, dontwait) {
        Err(Errno::EAGAIN) if !dontwait => send_late(handle, socket, msg, more),
        result => result,
    }
}

/// The rest of [`send`] when the first attempt found no room.
#[cold]
fn send_late(handle: usize, socket: Guard<Box<Socket>>, msg: &mut Msg, more: bool) -> Result<()> {
    let mut deadline = Deadline::new(socket.send_timeout_ms());
    let mut socket = socket;
    loop {
        socket = wait(handle, socket, &mut deadline, false, &mut Offer::none())?;
        match socket.try_send(msg, more, false) {
            Err(Errno::EAGAIN) => {}
            result => return result,
        }
    }
}

/// Sends a copy of `bytes`; see [`send`].
///
/// # Errors
/// As [`send`], and `ENOMEM`.
#[inline(always)]
pub fn send_bytes(handle: usize, bytes: &[u8], more: bool, dontwait: bool) -> Result<()> {
    let mut socket = lock(handle)?;
    let dontwait = dontwait || socket.send_timeout_ms() == 0;
    match socket.try_send_copy(bytes, more, dontwait) {
        Err(Errno::EAGAIN) if !dontwait => send_bytes_late(handle, socket, bytes, more),
        result => result,
    }
}

/// The rest of [`send_bytes`] when the first attempt found no room.
#[cold]
fn send_bytes_late(handle: usize, socket: Guard<Box<Socket>>, bytes: &[u8], more: bool) -> Result<()> {
    let mut deadline = Deadline::new(socket.send_timeout_ms());
    let mut socket = socket;
    loop {
        socket = wait(handle, socket, &mut deadline, false, &mut Offer::none())?;
        match socket.try_send_copy(bytes, more, false) {
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
    if let Err(errno) = socket.try_recv(msg) {
        socket = recv_late(handle, socket, msg, dontwait, errno)?;
    }
    if stamp {
        socket.stamp(msg);
    }
    Ok(())
}

/// Receives one part into `buf`, as much of it as there is room for, as [`recv`] does; returns its whole size.
///
/// # Errors
/// See zmq_recv(3).
#[inline]
pub fn recv_bytes(handle: usize, buf: &Destination, dontwait: bool) -> Result<usize> {
    let mut socket = lock(handle)?;
    match socket.try_recv_copy(buf) {
        Err(errno) => recv_bytes_late(handle, socket, buf, dontwait, errno),
        size => size,
    }
}

#[cold]
fn recv_bytes_late(
    handle: usize,
    socket: Guard<Box<Socket>>,
    buf: &Destination,
    dontwait: bool,
    errno: Errno,
) -> Result<usize> {
    let may_wait = errno == Errno::EAGAIN && !dontwait && socket.receive_timeout_ms() != 0;
    if may_wait && socket.takes_offer(buf.len()) {
        return recv_bytes_offering(handle, socket, buf);
    }
    let mut msg = Msg::new();
    drop(recv_late(handle, socket, &mut msg, dontwait, errno)?);
    msg.copy_to(buf);
    Ok(msg.len())
}

/// The rest of [`recv_bytes`] when a large message may come, which is read straight into `buf` then.
fn recv_bytes_offering(handle: usize, socket: Guard<Box<Socket>>, buf: &Destination) -> Result<usize> {
    let mut deadline = Deadline::new(socket.receive_timeout_ms());
    let mut socket = socket;
    loop {
        if socket.again {
            deadline.left()?;
        } else {
            let mut offer = Offer::new(Arc::as_ptr(socket.mailbox()).addr(), buf);
            let waited = wait(handle, socket, &mut deadline, true, &mut offer);
            if let Some(size) = offer.received() {
                // Whatever else happened then: the message is here, and nowhere else.
                if let Ok(mut socket) = waited.or_else(|_| lock(handle)) {
                    socket.received_past_pipes();
                }
                return Ok(size);
            }
            socket = waited?;
        }
        match socket.try_recv_copy(buf) {
            Err(Errno::EAGAIN) => {}
            result => return result,
        }
    }
}

/// The rest of [`recv`] when the first look found nothing.
#[cold]
fn recv_late(
    handle: usize,
    socket: Guard<Box<Socket>>,
    msg: &mut Msg,
    dontwait: bool,
    errno: Errno,
) -> Result<Guard<Box<Socket>>> {
    if errno != Errno::EAGAIN {
        return Err(errno);
    }
    let mut socket = socket;
    if dontwait || socket.receive_timeout_ms() == 0 {
        let Some(io) = socket.io_thread() else { return Err(errno) };
        drop(socket);
        if !glance(&io) {
            return Err(errno);
        }
        socket = lock(handle)?;
        return socket.try_recv(msg).map(|()| socket);
    }
    let mut deadline = Deadline::new(socket.receive_timeout_ms());
    loop {
        if socket.again {
            // Nothing would wake a sleeper for what is there already.
            deadline.left()?;
        } else {
            socket = wait(handle, socket, &mut deadline, true, &mut Offer::none())?;
        }
        match socket.try_recv(msg) {
            Err(Errno::EAGAIN) => {}
            result => return result.map(|()| socket),
        }
    }
}

/// Waits until the socket has commands, or a message is in the memory offered; the lock is released meanwhile. `receiving`
/// says what for.
#[cold]
fn wait(
    handle: usize,
    socket: Guard<Box<Socket>>,
    deadline: &mut Deadline,
    receiving: bool,
    offer: &mut Offer<'_>,
) -> Result<Guard<Box<Socket>>> {
    let left = deadline.left()?;
    let mailbox = socket.mailbox().clone();
    let taken = mailbox.times_taken();
    let io = Vec::from_iter(socket.io_thread());
    drop(socket);
    call_free_functions();
    let sources = Sources { mailboxes: vec![mailbox], io, receiving };
    // What another thread took out since may be what this one waits for.
    rest_offering(&sources, taken, left, offer)?;
    lock(handle)
}
