//! Timers: zmq_timers(3). The thread that owns the set of timers; handlers run on the one that calls execute.

use super::arg::{number, pointer, status};
use super::types::zmq_timer_fn_ptr;
use crate::errno::{Errno, Result};
use crate::sys::fork;
use crate::sys::lock::Mutex;
use crate::timers::Timers;
use crate::util::registry::{Kind, Registry};
use libc::{c_int, c_long, c_void};
use std::ptr::without_provenance_mut;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// A handler and its argument.
#[derive(Clone, Copy, Debug)]
struct Handler {
    function: unsafe extern "C" fn(c_int, *mut c_void),
    arg: *mut c_void,
}

// SAFETY: a function and a number of the application's, used only on the thread that it calls execute on.
unsafe impl Send for Handler {}

type TimerSet = Mutex<Timers<Handler>>;

static TIMERS: Registry<TimerSet> = Registry::new(Kind::Timers);

/// In a forked child, whatever the parent's threads were doing.
fn open_tables() {
    TIMERS.after_fork();
}

/// Makes a set of timers.
///
/// # Errors
/// `EMFILE`: there are a million sets. `ENOMEM`: out of memory.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_new() -> *mut c_void {
    fork::on_child(open_tables);
    pointer(TIMERS.insert(Mutex::default()).map(without_provenance_mut))
}

/// Ends a set of timers and sets the handle to NULL.
///
/// # Errors
/// `EFAULT`: `timers_p` is NULL or does not point at a set's handle.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_destroy(timers_p: *mut *mut c_void) -> c_int {
    // SAFETY: NULL or the caller's pointer.
    let Some(handle) = (unsafe { timers_p.as_mut() }) else {
        return status(Err(Errno::EFAULT));
    };
    let Some(timers) = TIMERS.remove(handle.addr()) else {
        return status(Err(Errno::EFAULT));
    };
    // A round that is under way, if a handler called this, ends after that handler.
    timers.lock().clear();
    *handle = std::ptr::null_mut();
    0
}

/// Adds a timer that runs `handler` every `interval` milliseconds and returns its number.
///
/// # Errors
/// `EFAULT`: no set of timers, or `handler` is NULL.
///
/// # Safety
/// `handler` may be called with `arg` until the timer is cancelled or its set ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_add(
    timers: *mut c_void,
    interval: usize,
    handler: zmq_timer_fn_ptr,
    arg: *mut c_void,
) -> c_int {
    number(find(timers).and_then(|set| {
        let function = handler.ok_or(Errno::EFAULT)?;
        Ok(set.lock().add(now(), interval as u64, Handler { function, arg }))
    }))
}

/// Ends a timer.
///
/// # Errors
/// `EFAULT`: no set of timers. `EINVAL`: no such timer, or it was cancelled.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_cancel(timers: *mut c_void, timer_id: c_int) -> c_int {
    status(find(timers).and_then(|set| set.lock().cancel(timer_id)))
}

/// Changes a timer's interval and starts it anew.
///
/// # Errors
/// `EFAULT`: no set of timers. `EINVAL`: no such timer.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_set_interval(timers: *mut c_void, timer_id: c_int, interval: usize) -> c_int {
    status(find(timers).and_then(|set| set.lock().set_interval(now(), timer_id, interval as u64)))
}

/// Starts a timer anew.
///
/// # Errors
/// `EFAULT`: no set of timers. `EINVAL`: no such timer.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_reset(timers: *mut c_void, timer_id: c_int) -> c_int {
    status(find(timers).and_then(|set| set.lock().reset(now(), timer_id)))
}

/// Milliseconds until the next timer is due; -1 without timers, which is no error and leaves errno alone.
///
/// # Errors
/// `EFAULT`: no set of timers.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_timeout(timers: *mut c_void) -> c_long {
    match find(timers) {
        Ok(set) => set.lock().timeout(now()).map_or(-1, |ms| c_long::try_from(ms).unwrap_or(c_long::MAX)),
        Err(e) => c_long::from(status(Err(e))),
    }
}

/// Runs each timer that is due, once.
///
/// # Errors
/// `EFAULT`: no set of timers.
///
/// # Safety
/// The handlers may be called now. They may call any function of the set, this one excepted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_execute(timers: *mut c_void) -> c_int {
    let set = match find(timers) {
        Ok(set) => set,
        Err(e) => return status(Err(e)),
    };
    let now = now();
    let round = set.lock().round(now);
    for id in round {
        let fired = set.lock().fire(now, id);
        if let Some(Handler { function, arg }) = fired {
            // SAFETY: the timer is neither cancelled nor ended, so the promise made with zmq_timers_add holds.
            unsafe { function(id, arg) };
        }
    }
    0
}

fn find(handle: *mut c_void) -> Result<Arc<TimerSet>> {
    TIMERS.get(handle.addr()).ok_or(Errno::EFAULT)
}

/// Milliseconds of a clock that never goes back.
fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_millis() as u64
}
