//! Sending and receiving: zmq_send(3), zmq_recv(3), zmq_msg_send(3), zmq_msg_recv(3) and their old forms. The thread that
//! uses the socket.

use super::arg::{message_mut, number};
use super::handle;
use super::types::zmq_msg_t;
use crate::errno::{Errno, Result};
use crate::message::{Destination, Msg};
use crate::socket::blocking;
use libc::{c_int, c_void, iovec};

const DONTWAIT: c_int = 1;
const SNDMORE: c_int = 2;

/// A size as the functions return it.
#[inline]
fn size(len: usize) -> c_int {
    c_int::try_from(len).unwrap_or(c_int::MAX)
}

/// The caller's bytes.
///
/// # Safety
/// `buffer` is NULL or points at `len` readable bytes.
#[inline]
unsafe fn bytes<'a>(buffer: *const c_void, len: usize) -> Result<&'a [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    if buffer.is_null() || len > isize::MAX as usize {
        return Err(Errno::EFAULT);
    }
    // SAFETY: as the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(buffer.cast(), len) })
}

/// Sends a copy of a buffer as one part; returns its size.
///
/// # Errors
/// `ENOTSOCK`, `ETERM`, `EAGAIN`, `ENOTSUP`, `EFSM`, `EHOSTUNREACH`, `EINTR`, `ENOMEM`. `EFAULT`: NULL with a size.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_send(s_: *mut c_void, buf_: *const c_void, len_: usize, flags_: c_int) -> c_int {
    let s = handle::number(s_);
    // SAFETY: as the caller promises.
    match unsafe { bytes(buf_, len_) } {
        Ok(bytes) => {
            let sent = blocking::send_bytes(s, bytes, flags_ & SNDMORE != 0, flags_ & DONTWAIT != 0);
            number(sent.map(|()| size(len_)))
        }
        Err(errno) => number(blocking::lock(s).and(Err(errno))),
    }
}

/// Sends a buffer that stays valid for ever, without copying it.
///
/// # Errors
/// As [`zmq_send`].
///
/// # Safety
/// The buffer is never freed or changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_send_const(s_: *mut c_void, buf_: *const c_void, len_: usize, flags_: c_int) -> c_int {
    let s = handle::number(s_);
    if buf_.is_null() && len_ > 0 {
        return number(blocking::lock(s).and(Err(Errno::EFAULT)));
    }
    // SAFETY: as the caller promises.
    let mut msg = unsafe { Msg::constant(buf_.cast(), len_) };
    let sent = blocking::send(s, &mut msg, flags_ & SNDMORE != 0, flags_ & DONTWAIT != 0);
    number(sent.map(|()| size(len_)))
}

/// Receives one part into a buffer; returns its whole size, of which no more than `len_` bytes were stored. The rest of a
/// buffer of 16 KiB and more, and all of it after an error, may have been changed: large parts are read into it as they come.
///
/// # Errors
/// `ENOTSOCK`, `ETERM`, `EAGAIN`, `ENOTSUP`, `EFSM`, `EINTR`. `EFAULT`: NULL with a size.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recv(s_: *mut c_void, buf_: *mut c_void, len_: usize, flags_: c_int) -> c_int {
    let s = handle::number(s_);
    if buf_.is_null() && len_ > 0 {
        return number(blocking::lock(s).and(Err(Errno::EFAULT)));
    }
    let buf: &Destination = if len_ == 0 {
        &[]
    } else {
        // SAFETY: the buffer has room for `len_` bytes, as the caller promises.
        unsafe { std::slice::from_raw_parts(buf_.cast(), len_.min(isize::MAX as usize)) }
    };
    number(blocking::recv_bytes(s, buf, flags_ & DONTWAIT != 0).map(size))
}

/// Sends a message part; returns its size and leaves the message empty.
///
/// # Errors
/// As [`zmq_send`]; the message is then still the caller's. `EFAULT`: no message.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_send(msg_: *mut zmq_msg_t, s_: *mut c_void, flags_: c_int) -> c_int {
    let s = handle::number(s_);
    // SAFETY: as the caller promises.
    let msg = match unsafe { message_mut(msg_) } {
        Ok(msg) => msg,
        Err(errno) => return number(refuse(s, errno)),
    };
    let len = msg.len();
    let sent = blocking::send(s, msg, flags_ & SNDMORE != 0, flags_ & DONTWAIT != 0);
    number(sent.map(|()| size(len)))
}

/// The error of a call without a message, after those that count first.
fn refuse(socket: usize, errno: Errno) -> Result<c_int> {
    blocking::lock(socket)?.check_open()?;
    Err(errno)
}

/// Receives one part in the place of a message; returns its size.
///
/// # Errors
/// As [`zmq_recv`]. `EFAULT`: no message.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_recv(msg_: *mut zmq_msg_t, s_: *mut c_void, flags_: c_int) -> c_int {
    let s = handle::number(s_);
    // SAFETY: as the caller promises.
    let msg = match unsafe { message_mut(msg_) } {
        Ok(msg) => msg,
        Err(errno) => return number(refuse(s, errno)),
    };
    number(blocking::recv(s, msg, flags_ & DONTWAIT != 0, true).map(|()| size(msg.len())))
}

/// The old form of [`zmq_msg_send`].
///
/// # Errors
/// As [`zmq_msg_send`].
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_sendmsg(s_: *mut c_void, msg_: *mut zmq_msg_t, flags_: c_int) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { zmq_msg_send(msg_, s_, flags_) }
}

/// The old form of [`zmq_msg_recv`].
///
/// # Errors
/// As [`zmq_msg_recv`].
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recvmsg(s_: *mut c_void, msg_: *mut zmq_msg_t, flags_: c_int) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { zmq_msg_recv(msg_, s_, flags_) }
}

/// Sends several buffers: one multipart message with ZMQ_SNDMORE, else a message each. Returns the size of the last.
///
/// # Errors
/// As [`zmq_send`]. `EINVAL`: no buffers.
///
/// # Safety
/// `iov_` points at `count_` elements, each with a buffer as [`zmq_send`] wants it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_sendiov(s_: *mut c_void, iov_: *mut iovec, count_: usize, flags_: c_int) -> c_int {
    let s = handle::number(s_);
    let send = || {
        drop(blocking::lock(s)?);
        if iov_.is_null() || count_ == 0 {
            return Err(Errno::EINVAL);
        }
        // SAFETY: as the caller promises.
        let parts = unsafe { std::slice::from_raw_parts(iov_, count_) };
        let mut last = 0;
        for (i, part) in parts.iter().enumerate() {
            // SAFETY: as the caller promises.
            let bytes = unsafe { bytes(part.iov_base, part.iov_len) }?;
            let more = flags_ & SNDMORE != 0 && i + 1 < count_;
            blocking::send_bytes(s, bytes, more, flags_ & DONTWAIT != 0)?;
            last = bytes.len();
        }
        Ok(size(last))
    };
    number(send())
}

/// Receives the parts of one message, at most `*count_`, each into a buffer from malloc(3). Returns how many, and says so
/// in `*count_` too; on failure that many are valid.
///
/// # Errors
/// As [`zmq_recv`]. `EINVAL`: no room for buffers. `ENOMEM`.
///
/// # Safety
/// `iov_` points at `*count_` elements, whose buffers the caller frees with free(3).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recviov(s_: *mut c_void, iov_: *mut iovec, count_: *mut usize, flags_: c_int) -> c_int {
    let s = handle::number(s_);
    let receive = || {
        drop(blocking::lock(s)?);
        // SAFETY: NULL or the caller's number.
        let count = unsafe { count_.as_mut() }.filter(|n| **n > 0 && !iov_.is_null()).ok_or(Errno::EINVAL)?;
        // SAFETY: as the caller promises.
        let places = unsafe { std::slice::from_raw_parts_mut(iov_, *count) };
        *count = 0;
        for place in places {
            let mut msg = Msg::new();
            blocking::recv(s, &mut msg, flags_ & DONTWAIT != 0, false)?;
            // SAFETY: malloc takes any size; one byte at least keeps an empty part apart from a failure.
            let buffer = unsafe { libc::malloc(msg.len().max(1)) };
            if buffer.is_null() {
                return Err(Errno::ENOMEM);
            }
            // SAFETY: the buffer was just made with room for the content.
            unsafe { std::ptr::copy_nonoverlapping(msg.data().as_ptr(), buffer.cast(), msg.len()) };
            *place = iovec { iov_base: buffer, iov_len: msg.len() };
            *count += 1;
            if !msg.more() {
                break;
            }
        }
        Ok(size(*count))
    };
    number(receive())
}
