//! The types of zmq.h. No thread of its own.
#![allow(non_camel_case_types, reason = "these are their names in C")]

use crate::message::{FreeFn, Msg};
use libc::{c_int, c_short, c_void};

/// A message part: 64 bytes that C may allocate anywhere, but only `zmq_msg_*` may look into.
pub type zmq_msg_t = Msg;

/// The function that gives a message's content back; `zmq_free_fn *` in C.
pub type zmq_free_fn_ptr = Option<FreeFn>;

/// What a timer runs; `zmq_timer_fn *` in C.
pub type zmq_timer_fn_ptr = Option<unsafe extern "C" fn(timer_id: c_int, arg: *mut c_void)>;

/// What a thread runs; `zmq_thread_fn *` in C.
pub type zmq_thread_fn_ptr = Option<unsafe extern "C" fn(arg: *mut c_void)>;

/// A descriptor of the operating system.
pub type zmq_fd_t = c_int;

/// A socket or a descriptor to poll.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct zmq_pollitem_t {
    /// The socket, or NULL to poll `fd`.
    pub socket: *mut c_void,
    /// The descriptor, if `socket` is NULL.
    pub fd: zmq_fd_t,
    /// What to wait for: `ZMQ_POLL*`.
    pub events: c_short,
    /// What was found.
    pub revents: c_short,
}

const _: () = {
    use std::mem::{align_of, offset_of, size_of};
    assert!(size_of::<zmq_msg_t>() == 64 && align_of::<zmq_msg_t>() == 8);
    assert!(size_of::<zmq_pollitem_t>() == 16 && align_of::<zmq_pollitem_t>() == 8);
    assert!(offset_of!(zmq_pollitem_t, socket) == 0 && offset_of!(zmq_pollitem_t, fd) == 8);
    assert!(offset_of!(zmq_pollitem_t, events) == 12 && offset_of!(zmq_pollitem_t, revents) == 14);
    assert!(size_of::<zmq_free_fn_ptr>() == 8 && size_of::<zmq_timer_fn_ptr>() == 8);
};
