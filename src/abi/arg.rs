//! Pointers from C to references, and results to what C expects. The calling thread.

use super::errno::set_errno;
use super::types::zmq_msg_t;
use crate::errno::{Errno, Result};
use crate::message::call_free_functions;
use libc::{c_char, c_int};
use std::ffi::CStr;

/// The message behind a pointer.
///
/// # Errors
/// `EFAULT`: NULL, not aligned, or no open message.
///
/// # Safety
/// Unless NULL, `msg` points at 64 bytes that nobody changes while the reference lives.
#[inline]
pub(crate) unsafe fn message<'a>(msg: *const zmq_msg_t) -> Result<&'a zmq_msg_t> {
    if !msg.is_aligned() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: NULL or 64 aligned bytes, of which any are a valid value of the struct.
    unsafe { msg.as_ref() }.filter(|m| m.is_valid()).ok_or(Errno::EFAULT)
}

/// The same, to change it.
///
/// # Errors
/// `EFAULT`: NULL, not aligned, or no open message.
///
/// # Safety
/// Unless NULL, `msg` points at 64 bytes that nobody else uses while the reference lives.
#[inline]
pub(crate) unsafe fn message_mut<'a>(msg: *mut zmq_msg_t) -> Result<&'a mut zmq_msg_t> {
    if !msg.is_aligned() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: NULL or 64 aligned bytes, of which any are a valid value of the struct.
    unsafe { msg.as_mut() }.filter(|m| m.is_valid()).ok_or(Errno::EFAULT)
}

/// Puts a message where none is yet.
///
/// # Errors
/// `EFAULT`: NULL or not aligned.
///
/// # Safety
/// Unless NULL, `place` points at 64 bytes that nobody else uses.
#[inline]
pub(crate) unsafe fn initialise(place: *mut zmq_msg_t, msg: zmq_msg_t) -> Result<()> {
    if place.is_null() || !place.is_aligned() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: 64 aligned bytes; what they held is not dropped, because nothing says that it was a message.
    unsafe { place.write(msg) };
    Ok(())
}

/// The text behind a pointer.
///
/// # Errors
/// `EFAULT`: NULL.
///
/// # Safety
/// Unless NULL, `text` ends with a NUL byte and nobody changes it while the reference lives.
pub(crate) unsafe fn text<'a>(text: *const c_char) -> Result<&'a CStr> {
    if text.is_null() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: not NULL and terminated, as the caller says.
    Ok(unsafe { CStr::from_ptr(text) })
}

/// What C expects of a function that has nothing to return: 0, or -1 and `errno`.
#[inline]
pub(crate) fn status(result: Result<()>) -> c_int {
    number(result.map(|()| 0))
}

/// What C expects of a function that returns a number: that, or -1 and `errno`.
#[inline]
pub(crate) fn number(result: Result<c_int>) -> c_int {
    call_free_functions();
    result.unwrap_or_else(|e| {
        set_errno(e);
        -1
    })
}

/// What C expects of a function that returns a pointer: that, or NULL and `errno`.
#[inline]
pub(crate) fn pointer<T>(result: Result<*mut T>) -> *mut T {
    call_free_functions();
    result.unwrap_or_else(|e| {
        set_errno(e);
        std::ptr::null_mut()
    })
}
