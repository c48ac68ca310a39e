//! zmq_threadstart and zmq_threadclose: threads of the application, with the platform's default stack, all signals
//! blocked, named `ZMQapp`. One that is never closed runs on and is reported by nobody.

use super::arg::pointer;
use super::types::zmq_thread_fn_ptr;
use crate::errno::{Errno, Result};
use crate::sys::fork;
use crate::util::registry::{Kind, Registry};
use libc::{c_void, pthread_t, sigset_t};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut, without_provenance_mut};

static THREADS: Registry<pthread_t> = Registry::new(Kind::Thread);

/// In a forked child, whatever the parent's threads were doing.
fn open_tables() {
    THREADS.after_fork();
}

/// What the new thread runs.
struct Start {
    function: unsafe extern "C" fn(*mut c_void),
    arg: *mut c_void,
}

/// Starts a thread that runs `func_(arg_)`, for zmq_threadclose to wait for.
///
/// # Errors
/// `EFAULT`: `func_` is NULL. `EAGAIN`: the system allows no more threads. `EMFILE`: there are a million.
///
/// # Safety
/// `func_` may be called with `arg_` on another thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_threadstart(func_: zmq_thread_fn_ptr, arg_: *mut c_void) -> *mut c_void {
    let started = func_.ok_or(Errno::EFAULT).and_then(|function| {
        let thread = start(Start { function, arg: arg_ })?;
        fork::on_child(open_tables);
        THREADS.insert(thread).inspect_err(|_| {
            // SAFETY: just started, and neither joined nor detached by anyone else.
            unsafe { libc::pthread_detach(thread) };
        })
    });
    pointer(started.map(without_provenance_mut))
}

/// Waits until a thread ends.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_threadclose(thread_: *mut c_void) {
    if let Some(thread) = THREADS.remove(thread_.addr()) {
        // SAFETY: the handle is gone, so the thread is joined once.
        let joined = unsafe { libc::pthread_join(*thread, null_mut()) };
        if joined != 0 {
            // A thread that closes itself: its memory goes when it ends.
            // SAFETY: as above; the join did not happen.
            unsafe { libc::pthread_detach(*thread) };
        }
    }
}

extern "C" fn run(start: *mut c_void) -> *mut c_void {
    // SAFETY: the box that `start` gave away, taken once.
    let Start { function, arg } = *unsafe { Box::from_raw(start.cast::<Start>()) };
    // SAFETY: names the thread that runs this.
    let me = unsafe { libc::pthread_self() };
    // SAFETY: as above. A failure costs nothing but the name.
    unsafe { libc::pthread_setname_np(me, c"ZMQapp".as_ptr()) };
    // SAFETY: the caller of zmq_threadstart promised that it may be called.
    unsafe { function(arg) };
    null_mut()
}

/// Starts a thread with every signal blocked, so that the application's other threads get them.
fn start(start: Start) -> Result<pthread_t> {
    let start = Box::into_raw(Box::new(start));
    let mut all = MaybeUninit::<sigset_t>::uninit();
    let mut before = MaybeUninit::<sigset_t>::uninit();
    let mut thread = MaybeUninit::<pthread_t>::uninit();
    // SAFETY: writes the set.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: reads the set just written, writes the other.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    // SAFETY: `run` takes what `start` points at.
    let rc = unsafe { libc::pthread_create(thread.as_mut_ptr(), null(), run, start.cast()) };
    // SAFETY: restores the set saved above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut()) };
    if rc != 0 {
        // SAFETY: no thread took it.
        drop(unsafe { Box::from_raw(start) });
        return Err(Errno(rc));
    }
    // SAFETY: written by pthread_create, which succeeded.
    Ok(unsafe { thread.assume_init() })
}
