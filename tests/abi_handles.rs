//! Handles of one kind given to functions of another: refused, whichever table they come from.
#![allow(unsafe_code, reason = "the interface of C")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    clippy::redundant_closure,
    reason = "each call is the test"
)]

use libc::{EFAULT, ENOTSOCK, c_int, c_void};
use std::ptr::null_mut;
use zmq_rs::abi::context::{zmq_ctx_get, zmq_ctx_new, zmq_ctx_shutdown, zmq_ctx_term};
use zmq_rs::abi::errno::zmq_errno;
use zmq_rs::abi::socket::{zmq_close, zmq_socket};
use zmq_rs::abi::thread::{zmq_threadclose, zmq_threadstart};
use zmq_rs::abi::timers::{zmq_timers_destroy, zmq_timers_execute, zmq_timers_new, zmq_timers_timeout};
use zmq_rs::abi::utils::{
    zmq_atomic_counter_destroy, zmq_atomic_counter_inc, zmq_atomic_counter_new, zmq_atomic_counter_value,
    zmq_stopwatch_start, zmq_stopwatch_stop,
};

const COUNT: usize = 40;

extern "C" fn idle(_: *mut c_void) {}

fn many(mut make: impl FnMut() -> *mut c_void) -> Vec<*mut c_void> {
    let handles: Vec<_> = (0..COUNT).map(|_| make()).collect();
    assert!(handles.iter().all(|h| !h.is_null()));
    handles
}

fn fails(rc: c_int, errno: c_int) {
    assert_eq!((rc, zmq_errno()), (-1, errno));
}

fn no_context(handle: *mut c_void) {
    fails(zmq_ctx_get(handle, 1), EFAULT);
    fails(zmq_ctx_shutdown(handle), EFAULT);
    fails(zmq_ctx_term(handle), EFAULT);
    assert!(zmq_socket(handle, 0).is_null());
    assert_eq!(zmq_errno(), EFAULT);
}

fn no_socket(handle: *mut c_void) {
    fails(zmq_close(handle), ENOTSOCK);
}

fn no_timers(handle: *mut c_void) {
    fails(c_int::try_from(zmq_timers_timeout(handle)).unwrap(), EFAULT);
    fails(unsafe { zmq_timers_execute(handle) }, EFAULT);
    let mut copy = handle;
    fails(unsafe { zmq_timers_destroy(&raw mut copy) }, EFAULT);
}

fn no_counter(handle: *mut c_void) {
    let mut copy = handle;
    assert_eq!((zmq_atomic_counter_inc(handle), zmq_atomic_counter_value(handle)), (0, 0));
    unsafe { zmq_atomic_counter_destroy(&raw mut copy) };
}

#[test]
fn each_kind_is_refused_by_the_others() {
    let contexts = many(|| zmq_ctx_new());
    let sockets = many(|| zmq_socket(contexts[0], 0));
    let timers = many(|| zmq_timers_new());
    let counters = many(|| zmq_atomic_counter_new());
    let watches = many(|| zmq_stopwatch_start());
    let threads = many(|| unsafe { zmq_threadstart(Some(idle), null_mut()) });
    let kinds = [&contexts, &sockets, &timers, &counters, &watches, &threads];
    for (kind, handles) in kinds.iter().enumerate() {
        for handle in handles.iter().copied() {
            for (_, check) in
                [no_context, no_socket, no_timers, no_counter].iter().enumerate().filter(|(i, _)| *i != kind)
            {
                check(handle);
            }
            if kind != 4 {
                assert_eq!(zmq_stopwatch_stop(handle), 0);
            }
            if kind != 5 {
                unsafe { zmq_threadclose(handle) };
            }
        }
    }
    sockets.iter().for_each(|s| assert_eq!(zmq_close(*s), 0));
    contexts.iter().for_each(|c| assert_eq!(zmq_ctx_term(*c), 0));
    threads.iter().for_each(|t| unsafe { zmq_threadclose(*t) });
    for mut handle in timers {
        assert_eq!(unsafe { zmq_timers_destroy(&raw mut handle) }, 0);
    }
    for mut handle in counters {
        assert_eq!(zmq_atomic_counter_value(handle), 0);
        unsafe { zmq_atomic_counter_destroy(&raw mut handle) };
    }
    watches.iter().for_each(|w| assert!(zmq_stopwatch_stop(*w) > 0));
}
