//! Messages: zmq_msg_init(3) to zmq_msg_gets(3), all but sending and receiving. The thread that owns the message.
//!
//! Where libzmq 4.3 stops the process or goes on with a broken message, these refuse: the pointers of
//! [`zmq_msg_data`], [`zmq_msg_size`] and [`zmq_msg_more`] are checked, a message may be copied or moved onto itself, and
//! NULL content needs size 0.

use super::arg::{initialise, message, message_mut, number, pointer, status, text};
use super::constants::{ZMQ_MORE, ZMQ_SHARED, ZMQ_SRCFD};
use super::errno::set_errno;
use super::types::{zmq_free_fn_ptr, zmq_msg_t};
use crate::errno::{Errno, Result};
use crate::message::Msg;
use libc::{c_char, c_int, c_void};
use std::mem::replace;

/// Makes an empty message.
///
/// # Errors
/// `EFAULT`: `msg_` is NULL.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init(msg_: *mut zmq_msg_t) -> c_int {
    // SAFETY: as the caller promises.
    status(unsafe { initialise(msg_, Msg::new()) })
}

/// Makes a message of `size_` bytes, which the caller writes.
///
/// # Errors
/// `EFAULT`: `msg_` is NULL. `ENOMEM`: there is no room for that many bytes.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_size(msg_: *mut zmq_msg_t, size_: usize) -> c_int {
    // SAFETY: as the caller promises.
    status(unsafe { initialise_or_close(msg_, || Msg::with_size(size_)) })
}

/// Makes a message of the caller's bytes, which `ffn_` gives back when nothing refers to them any more.
///
/// # Errors
/// `EFAULT`: `msg_` is NULL, or `data_` is and `size_` is not 0. `ENOMEM`: out of memory. `ffn_` is not called then.
///
/// # Safety
/// `data_` stays valid until `ffn_` is called, on any thread, or for ever if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_data(
    msg_: *mut zmq_msg_t,
    data_: *mut c_void,
    size_: usize,
    ffn_: zmq_free_fn_ptr,
    hint_: *mut c_void,
) -> c_int {
    let make = || {
        if data_.is_null() && size_ != 0 {
            return Err(Errno::EFAULT);
        }
        if isize::try_from(size_).is_err() {
            return Err(Errno::ENOMEM);
        }
        // SAFETY: as the caller promises.
        unsafe { Msg::from_user(data_, size_, ffn_, hint_) }
    };
    // SAFETY: as the caller promises.
    status(unsafe { initialise_or_close(msg_, make) })
}

/// Ends a message and gives its content back.
///
/// # Errors
/// `EFAULT`: `msg_` is NULL or no open message.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_close(msg_: *mut zmq_msg_t) -> c_int {
    // SAFETY: as the caller promises.
    let open = unsafe { message_mut(msg_) };
    // SAFETY: an open message; dropping it marks the bytes as closed.
    status(open.map(|m| unsafe { std::ptr::drop_in_place(m) }))
}

/// Moves a message; the source is empty afterwards.
///
/// # Errors
/// `EFAULT`: either is NULL or no open message.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_move(dest_: *mut zmq_msg_t, src_: *mut zmq_msg_t) -> c_int {
    // SAFETY: as the caller promises.
    status(unsafe { change(dest_, src_, Msg::take) })
}

/// Copies a message; content outside the 64 bytes is shared, so it must not be changed afterwards.
///
/// # Errors
/// `EFAULT`: either is NULL or no open message.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_copy(dest_: *mut zmq_msg_t, src_: *mut zmq_msg_t) -> c_int {
    // SAFETY: as the caller promises.
    status(unsafe { change(dest_, src_, Msg::share) })
}

/// The content's first byte; NULL if it is no open message.
///
/// # Errors
/// `EFAULT`: `msg_` is NULL or no open message.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_data(msg_: *mut zmq_msg_t) -> *mut c_void {
    // SAFETY: as the caller promises.
    pointer(unsafe { message_mut(msg_) }.map(|m| m.data_mut_ptr().cast()))
}

/// The content's size in bytes; 0 if it is no open message.
///
/// # Errors
/// `EFAULT`: `msg_` is NULL or no open message.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_size(msg_: *const zmq_msg_t) -> usize {
    // SAFETY: as the caller promises.
    unsafe { message(msg_) }.map(Msg::len).unwrap_or_else(|e| {
        set_errno(e);
        0
    })
}

/// 1 if more parts of the message follow, else 0.
///
/// # Errors
/// `EFAULT`, with 0: `msg_` is NULL or no open message.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_more(msg_: *const zmq_msg_t) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { message(msg_) }.map(|m| c_int::from(m.more())).unwrap_or_else(|e| {
        set_errno(e);
        0
    })
}

/// A property that is a number: `ZMQ_MORE`, `ZMQ_SHARED` or `ZMQ_SRCFD`.
///
/// # Errors
/// `EFAULT`: `msg_` is NULL or no open message. `EINVAL`: there is no such property, or the message does not have it.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_get(msg_: *const zmq_msg_t, property_: c_int) -> c_int {
    // SAFETY: as the caller promises.
    let msg = unsafe { message(msg_) };
    number(msg.and_then(|m| match property_ {
        ZMQ_MORE => Ok(c_int::from(m.more())),
        ZMQ_SHARED => Ok(c_int::from(m.is_shared())),
        ZMQ_SRCFD => m.metadata().and_then(|d| d.fd()).ok_or(Errno::EINVAL),
        _ => Err(Errno::EINVAL),
    }))
}

/// Sets a property; there is none that can be set.
///
/// # Errors
/// `EFAULT`: `msg_` is NULL or no open message. `EINVAL`: any property.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set(msg_: *mut zmq_msg_t, property_: c_int, optval_: c_int) -> c_int {
    let _ = (property_, optval_);
    // SAFETY: as the caller promises.
    status(unsafe { message(msg_) }.and(Err(Errno::EINVAL)))
}

/// A property that is text, of the connection that the message came over; valid as long as the message.
///
/// # Errors
/// `EFAULT`: `msg_` or `property_` is NULL, or it is no open message. `EINVAL`: the message does not have the property.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_gets(msg_: *const zmq_msg_t, property_: *const c_char) -> *const c_char {
    // SAFETY: as the caller promises.
    let found = unsafe { message(msg_) }.and_then(|m| {
        // SAFETY: as the caller promises.
        let name = unsafe { text(property_) }?;
        m.metadata().and_then(|d| d.get(name)).ok_or(Errno::EINVAL)
    });
    pointer(found.map(|value| value.as_ptr().cast_mut()))
}

/// Initialises, or leaves a closed message, which later calls recognise.
unsafe fn initialise_or_close(place: *mut zmq_msg_t, make: impl FnOnce() -> Result<Msg>) -> Result<()> {
    // SAFETY: as the caller promises; an empty message has nothing to give back when it is overwritten.
    unsafe { initialise(place, Msg::new()) }?;
    match make() {
        // SAFETY: as above.
        Ok(msg) => unsafe { initialise(place, msg) },
        Err(e) => {
            // SAFETY: the empty message from above.
            unsafe { std::ptr::drop_in_place(place) };
            Err(e)
        }
    }
}

/// Replaces `dest` by what `f` makes of `src`; nothing to do if they are the same message.
unsafe fn change(dest: *mut zmq_msg_t, src: *mut zmq_msg_t, f: impl FnOnce(&mut Msg) -> Msg) -> Result<()> {
    // SAFETY: as the caller promises; the reference ends here.
    unsafe { message_mut(src) }?;
    // SAFETY: as the caller promises; the reference ends here.
    unsafe { message_mut(dest) }?;
    if dest == src {
        return Ok(());
    }
    // SAFETY: an open message, and not the one at `dest`.
    let new = f(unsafe { message_mut(src) }?);
    // SAFETY: an open message, and the reference to the other one has ended.
    let old = replace(unsafe { message_mut(dest) }?, new);
    // Last, because the content's free function is the application's and may look at either message.
    drop(old);
    Ok(())
}
