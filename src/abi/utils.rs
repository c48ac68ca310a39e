//! Atomic counters, stopwatches, sleep and zmq_has(3). Any thread.

use super::arg::pointer;
use crate::sys::fork;
use crate::util::registry::{Kind, Registry};
use libc::{c_char, c_int, c_uint, c_ulong, c_void};
use std::ffi::CStr;
use std::ptr::without_provenance_mut;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Instant;

static COUNTERS: Registry<AtomicI32> = Registry::new(Kind::Counter);
static STOPWATCHES: Registry<Instant> = Registry::new(Kind::Stopwatch);

/// In a forked child, whatever the parent's threads were doing.
fn open_tables() {
    COUNTERS.after_fork();
    STOPWATCHES.after_fork();
}

/// What zmq_has knows of and this library has.
const CAPABILITIES: &[&CStr] = &[
    c"ipc",
    c"curve",
    #[cfg(feature = "gssapi")]
    c"gssapi",
];

/// Makes a counter that is 0.
///
/// # Errors
/// `EMFILE`: there are a million counters. `ENOMEM`: out of memory.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_atomic_counter_new() -> *mut c_void {
    fork::on_child(open_tables);
    pointer(COUNTERS.insert(AtomicI32::new(0)).map(without_provenance_mut))
}

/// Sets a counter.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_atomic_counter_set(counter_: *mut c_void, value_: c_int) {
    counter(counter_, |c| c.store(value_, Ordering::SeqCst));
}

/// Adds one and returns what the counter was before; 0 without a counter.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_atomic_counter_inc(counter_: *mut c_void) -> c_int {
    counter(counter_, |c| c.fetch_add(1, Ordering::SeqCst))
}

/// Takes one away and returns 0 if that made the counter 0, else 1; 0 without a counter.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_atomic_counter_dec(counter_: *mut c_void) -> c_int {
    counter(counter_, |c| c_int::from(c.fetch_sub(1, Ordering::SeqCst) != 1))
}

/// The counter's value; 0 without a counter.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_atomic_counter_value(counter_: *mut c_void) -> c_int {
    counter(counter_, |c| c.load(Ordering::SeqCst))
}

/// Ends a counter and sets the handle to NULL.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_destroy(counter_p_: *mut *mut c_void) {
    // SAFETY: NULL or the caller's pointer.
    if let Some(handle) = unsafe { counter_p_.as_mut() } {
        COUNTERS.remove(handle.addr());
        *handle = std::ptr::null_mut();
    }
}

/// Starts a stopwatch.
///
/// # Errors
/// `EMFILE`: a million stopwatches run. `ENOMEM`: out of memory.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_start() -> *mut c_void {
    fork::on_child(open_tables);
    pointer(STOPWATCHES.insert(Instant::now()).map(without_provenance_mut))
}

/// Microseconds since the stopwatch was started, which goes on; 0 without a stopwatch.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_intermediate(watch_: *mut c_void) -> c_ulong {
    STOPWATCHES.with(watch_.addr(), |start| microseconds(*start)).unwrap_or(0)
}

/// Microseconds since the stopwatch was started, which ends; 0 without a stopwatch.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_stop(watch_: *mut c_void) -> c_ulong {
    STOPWATCHES.remove(watch_.addr()).map_or(0, |start| microseconds(*start))
}

/// Sleeps for so many seconds, or until a signal is handled, as sleep(3) does.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_sleep(seconds_: c_int) {
    if let Ok(seconds) = c_uint::try_from(seconds_) {
        // SAFETY: takes and returns numbers.
        unsafe { libc::sleep(seconds) };
    }
}

/// 1 if the library has a capability, else 0.
///
/// # Safety
/// See the module page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_has(capability_: *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    let name = unsafe { super::arg::text(capability_) };
    c_int::from(name.is_ok_and(|n| CAPABILITIES.contains(&n)))
}

/// Reads or changes a counter without taking the table's lock for longer than that.
fn counter<R: Default>(handle: *mut c_void, f: impl FnOnce(&AtomicI32) -> R) -> R {
    COUNTERS.with(handle.addr(), f).unwrap_or_default()
}

fn microseconds(start: Instant) -> c_ulong {
    c_ulong::try_from(start.elapsed().as_micros()).unwrap_or(c_ulong::MAX)
}
