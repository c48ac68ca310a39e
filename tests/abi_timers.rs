//! zmq_timers(3) in real time: only what its clock decides, and the handles. The rest is tested in simulated time.
#![allow(unsafe_code, reason = "the interface of C")]
#![allow(clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block, reason = "each call is the test")]

use libc::{EFAULT, EINVAL, c_int, c_void};
use std::ptr::{null_mut, without_provenance_mut};
use std::time::Duration;
use zmq_rs::abi::errno::zmq_errno;
use zmq_rs::abi::timers::*;

/// What a handler is told to do, and what it did.
#[derive(Default)]
struct Told {
    timers: *mut c_void,
    fired: Vec<c_int>,
    cancel: Option<c_int>,
    add: Option<usize>,
    destroy: bool,
}

extern "C" fn handler(id: c_int, arg: *mut c_void) {
    let told = unsafe { &mut *arg.cast::<Told>() };
    told.fired.push(id);
    if let Some(other) = told.cancel.take() {
        assert_eq!(zmq_timers_cancel(told.timers, other), 0);
    }
    if let Some(interval) = told.add.take() {
        assert!(unsafe { zmq_timers_add(told.timers, interval, Some(handler), arg) } > id);
    }
    if told.destroy {
        assert_eq!(unsafe { zmq_timers_destroy(&raw mut told.timers) }, 0);
    }
}

fn add(timers: *mut c_void, interval: usize, told: &mut Told) -> c_int {
    unsafe { zmq_timers_add(timers, interval, Some(handler), (&raw mut *told).cast()) }
}

/// Waits as an application does: as long as the timers say.
fn wait(timers: *mut c_void) {
    loop {
        match u64::try_from(zmq_timers_timeout(timers)).unwrap() {
            0 => return,
            ms => std::thread::sleep(Duration::from_millis(ms)),
        }
    }
}

#[test]
fn a_timer_fires_when_it_is_due() {
    let mut timers = zmq_timers_new();
    let mut told = Told { timers, ..Told::default() };
    unsafe { *libc::__errno_location() = 4242 };
    assert_eq!((zmq_timers_timeout(timers), zmq_errno()), (-1, 4242));
    let started = std::time::Instant::now();
    let id = add(timers, 20, &mut told);
    assert!(zmq_timers_timeout(timers) <= 20);
    wait(timers);
    assert!(started.elapsed() >= Duration::from_millis(19));
    assert_eq!(unsafe { zmq_timers_execute(timers) }, 0);
    assert_eq!(told.fired, [id]);
    let again = zmq_timers_timeout(timers);
    assert!((0..=20).contains(&again), "{again}");
    assert_eq!(zmq_timers_cancel(timers, id), 0);
    assert_eq!(zmq_timers_timeout(timers), -1);
    assert_eq!((unsafe { zmq_timers_destroy(&raw mut timers) }, timers), (0, null_mut()));
}

#[test]
fn handlers_change_their_timers() {
    let mut timers = zmq_timers_new();
    let (mut a, mut b) = (Told { timers, ..Told::default() }, Told { timers, ..Told::default() });
    let first = add(timers, 0, &mut a);
    let second = add(timers, 0, &mut b);
    a.cancel = Some(second);
    a.add = Some(1_000_000);
    assert_eq!(unsafe { zmq_timers_execute(timers) }, 0);
    assert_eq!((&a.fired[..], &b.fired[..]), (&[first][..], &[][..]));
    a.cancel = Some(first);
    assert_eq!(unsafe { zmq_timers_execute(timers) }, 0);
    assert_eq!(a.fired, [first, first]);
    assert!(zmq_timers_timeout(timers) > 900_000);
    assert_eq!(unsafe { zmq_timers_destroy(&raw mut timers) }, 0);
}

#[test]
fn a_handler_ends_the_set() {
    let timers = zmq_timers_new();
    let (mut a, mut b) = (Told { timers, destroy: true, ..Told::default() }, Told::default());
    let first = add(timers, 0, &mut a);
    add(timers, 0, &mut b);
    assert_eq!(unsafe { zmq_timers_execute(timers) }, 0);
    assert_eq!((&a.fired[..], b.fired.len(), a.timers), (&[first][..], 0, null_mut()));
    assert_eq!((unsafe { zmq_timers_execute(timers) }, zmq_errno()), (-1, EFAULT));
}

#[test]
fn any_interval_is_accepted() {
    let mut timers = zmq_timers_new();
    let mut told = Told::default();
    for interval in [usize::MAX, usize::MAX - 1, 1 << 63, 1 << 62] {
        let id = add(timers, interval, &mut told);
        assert!(zmq_timers_timeout(timers) >= 1 << 61);
        assert_eq!(unsafe { zmq_timers_execute(timers) }, 0);
        assert_eq!(zmq_timers_set_interval(timers, id, usize::MAX), 0);
        assert_eq!(zmq_timers_cancel(timers, id), 0);
    }
    assert!(told.fired.is_empty());
    assert_eq!(unsafe { zmq_timers_destroy(&raw mut timers) }, 0);
}

#[test]
fn bad_arguments() {
    let mut timers = zmq_timers_new();
    assert_eq!((unsafe { zmq_timers_add(timers, 10, None, null_mut()) }, zmq_errno()), (-1, EFAULT));
    for id in [0, 1, -1, c_int::MAX, c_int::MIN] {
        assert_eq!((zmq_timers_cancel(timers, id), zmq_errno()), (-1, EINVAL));
        assert_eq!((zmq_timers_reset(timers, id), zmq_errno()), (-1, EINVAL));
        assert_eq!((zmq_timers_set_interval(timers, id, 1), zmq_errno()), (-1, EINVAL));
    }
    let ended = timers;
    assert_eq!(unsafe { zmq_timers_destroy(&raw mut timers) }, 0);
    let mut local: *mut c_void = null_mut();
    let address = (&raw mut local).cast::<c_void>();
    let number = without_provenance_mut;
    for bad in [null_mut(), ended, address, number(1), number(8), number(usize::MAX)] {
        let mut told = Told::default();
        assert_eq!((add(bad, 10, &mut told), zmq_errno()), (-1, EFAULT));
        assert_eq!((zmq_timers_cancel(bad, 1), zmq_errno()), (-1, EFAULT));
        assert_eq!((zmq_timers_reset(bad, 1), zmq_errno()), (-1, EFAULT));
        assert_eq!((zmq_timers_set_interval(bad, 1, 1), zmq_errno()), (-1, EFAULT));
        assert_eq!((zmq_timers_timeout(bad), zmq_errno()), (-1, EFAULT));
        assert_eq!((unsafe { zmq_timers_execute(bad) }, zmq_errno()), (-1, EFAULT));
        let mut handle = bad;
        assert_eq!((unsafe { zmq_timers_destroy(&raw mut handle) }, zmq_errno(), handle), (-1, EFAULT, bad));
    }
    assert_eq!((unsafe { zmq_timers_destroy(null_mut()) }, zmq_errno()), (-1, EFAULT));
}
