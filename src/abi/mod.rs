//! The C interface: the only `extern "C"` functions of the crate, one file per group of man pages. The application's
//! threads.
//!
//! The contract of every function, stated once:
//! - A handle is a number that the engine looks up (`util/slots.rs`, `util/registry.rs`), never an address that it follows.
//!   NULL, a closed handle, or any other value gets the error that the function documents.
//! - A pointer that must not be NULL is checked: `EFAULT`, or `EINVAL` where libzmq says so. Any other pointer must be
//!   valid for what the man page says is read or written through it; that is what `unsafe` means here.
//! - A `zmq_msg_t` is 64 bytes on a pointer's boundary and is used by one thread at a time. One that was never
//!   initialised holds any bytes; `zmq_msg_init*` overwrites them, the other functions refuse them as far as they can be
//!   told from those of a message.
//! - A function that fails sets the C library's `errno`, as the last thing it does. One that succeeds leaves it
//!   undefined.
//! - Nothing unwinds into C and nothing aborts the process because of an argument.
#![allow(unsafe_code, reason = "C callers pass raw pointers")]

pub(crate) mod arg;
pub mod constants;
pub mod context;
pub mod curve;
pub mod errno;
pub(crate) mod handle;
pub mod message;
pub mod poll;
pub mod socket;
pub mod thread;
pub mod timers;
pub mod transfer;
pub mod types;
pub mod utils;
