//! Contexts: zmq_ctx_new(3) to zmq_ctx_term(3). The application's threads.

use super::arg::{number, pointer, status};
use super::handle::{self, CONTEXTS, opaque};
use crate::context::Context;
use crate::errno::{Errno, Result};
use crate::options::context::id;
use crate::socket::blocking::SOCKETS;
use crate::sys::fork;
use crate::sys::lock::Mutex;
use libc::{c_int, c_void};
use std::sync::Arc;

/// Makes a context. Nothing is started before it is needed.
///
/// # Errors
/// `EMFILE` with a million contexts alive, `ENOMEM`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_new() -> *mut c_void {
    pointer(insert(Context::new()).map(opaque))
}

/// Contexts that a forked child ended: kept as they are.
static INHERITED: Mutex<Vec<Arc<Context>>> = Mutex::new(Vec::new());

fn insert(context: Context) -> Result<usize> {
    fork::on_child(open_tables);
    CONTEXTS.insert(Arc::new(context)).map_err(|(errno, _)| errno)
}

/// In a forked child: the handles of before can be closed, those of the parent's sockets for nothing else, and new ones
/// can be made, whatever the parent's threads were doing.
fn open_tables() {
    SOCKETS.after_fork(true);
    CONTEXTS.after_fork(false);
}

/// Ends a context: waits until its sockets are closed and what they linger for is sent.
///
/// # Errors
/// `EFAULT`: no context, or one that has ended. `EINTR`: a signal handler ran; to be called again.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_term(context_: *mut c_void) -> c_int {
    status(terminate(context_))
}

fn terminate(handle: *mut c_void) -> Result<()> {
    let context = handle::context(handle)?;
    context.terminate()?;
    drop(CONTEXTS.remove(handle::number(handle)));
    if context.is_inherited() {
        // What it points to belongs to the parent's threads.
        INHERITED.lock().push(context);
    }
    Ok(())
}

/// Makes every blocking call on the context's sockets return, and every later one but zmq_close fail, with `ETERM`.
///
/// # Errors
/// `EFAULT`: no context.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_shutdown(context_: *mut c_void) -> c_int {
    status(handle::context(context_).map(|context| context.shutdown()))
}

/// Sets an option of a context.
///
/// # Errors
/// `EFAULT`: no context. `EINVAL`: unknown option, or a value that it does not take.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_set(context_: *mut c_void, option_: c_int, optval_: c_int) -> c_int {
    status(handle::context(context_).and_then(|context| context.options().lock().set(option_, optval_)))
}

/// Reads an option of a context.
///
/// # Errors
/// `EFAULT`: no context. `EINVAL`: unknown option, or one that can only be set.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_get(context_: *mut c_void, option_: c_int) -> c_int {
    number(handle::context(context_).and_then(|context| context.options().lock().get(option_)))
}

/// The old way to make a context with a number of I/O threads.
///
/// # Errors
/// `EINVAL`: a negative number. Else as [`zmq_ctx_new`].
#[unsafe(no_mangle)]
pub extern "C" fn zmq_init(io_threads_: c_int) -> *mut c_void {
    let make = || {
        if io_threads_ < 0 {
            return Err(Errno::EINVAL);
        }
        let context = Context::new();
        context.options().lock().set(id::IO_THREADS, io_threads_)?;
        insert(context)
    };
    pointer(make().map(opaque))
}

/// The old name of [`zmq_ctx_term`].
///
/// # Errors
/// As [`zmq_ctx_term`].
#[unsafe(no_mangle)]
pub extern "C" fn zmq_term(context_: *mut c_void) -> c_int {
    zmq_ctx_term(context_)
}

/// Another old name of [`zmq_ctx_term`].
///
/// # Errors
/// As [`zmq_ctx_term`].
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_destroy(context_: *mut c_void) -> c_int {
    zmq_ctx_term(context_)
}
