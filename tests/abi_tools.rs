//! The functions that need no socket and no message: errors, version, capabilities, counters, stopwatches, threads, Z85.
#![allow(unsafe_code, reason = "the interface of C")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    clippy::redundant_closure,
    reason = "each call is the test"
)]

use libc::{EFAULT, EINVAL, c_int, c_void};
use std::ffi::CStr;
use std::ptr::{null, null_mut, without_provenance_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use zmq_rs::abi::constants::{EFSM, EMTHREAD, ENOCOMPATPROTO, ETERM};
use zmq_rs::abi::curve::{zmq_curve_keypair, zmq_curve_public, zmq_z85_decode, zmq_z85_encode};
use zmq_rs::abi::errno::{zmq_errno, zmq_strerror, zmq_version};
use zmq_rs::abi::thread::{zmq_threadclose, zmq_threadstart};
use zmq_rs::abi::utils::*;

fn set_errno(code: c_int) {
    unsafe { *libc::__errno_location() = code };
}

fn text(code: c_int) -> &'static str {
    unsafe { CStr::from_ptr(zmq_strerror(code)) }.to_str().unwrap()
}

/// Handles of nothing: NULL, addresses, numbers.
fn garbage() -> [*mut c_void; 6] {
    static LOCAL: u64 = 0;
    let number = without_provenance_mut;
    [null_mut(), (&raw const LOCAL).cast_mut().cast(), number(1), number(2), number(0xdead_beef), number(usize::MAX)]
}

#[test]
fn texts_of_errors() {
    assert_eq!(text(EFSM), "Operation cannot be accomplished in current state");
    assert_eq!(text(ENOCOMPATPROTO), "The protocol is not compatible with the socket type");
    assert_eq!(text(ETERM), "Context was terminated");
    assert_eq!(text(EMTHREAD), "No thread available");
    assert_eq!(text(libc::EHOSTUNREACH), "Host unreachable");
    assert_eq!(text(0), "Success");
    assert_eq!(text(libc::EAGAIN), "Resource temporarily unavailable");
    assert_eq!(text(9999), "Unknown error 9999");
    assert_eq!(text(-1), "Unknown error -1");
    assert_eq!(text(c_int::MIN), "Unknown error -2147483648");
    assert_eq!(text(EMTHREAD + 1), format!("Unknown error {}", EMTHREAD + 1));
    // They stay where they are, however many follow.
    let codes = [1, 9998, 9999, ETERM, EINVAL, 123_456];
    let pointers = codes.map(|code| zmq_strerror(code));
    let texts = codes.map(text);
    std::thread::scope(|scope| {
        for t in 0..4 {
            scope.spawn(move || {
                (0..5000).for_each(|i| assert!(text(20_000 + t * 5000 + i).starts_with("Unknown error")))
            });
        }
    });
    assert_eq!(codes.map(|code| zmq_strerror(code)), pointers);
    assert_eq!(codes.map(text), texts);
}

#[test]
fn a_text_leaves_errno_alone() {
    for code in [0, EINVAL, 9997, ETERM] {
        set_errno(4242);
        assert!(!zmq_strerror(code).is_null());
        assert_eq!(zmq_errno(), 4242);
    }
}

#[test]
fn errno_is_the_one_of_the_thread() {
    set_errno(EFSM);
    assert_eq!(zmq_errno(), EFSM);
    assert_ne!(std::thread::spawn(|| zmq_errno()).join().unwrap(), EFSM);
}

#[test]
fn version() {
    let mut v = [0; 3];
    let [major, minor, patch] = &mut v;
    unsafe { zmq_version(major, minor, patch) };
    assert_eq!(v, [4, 3, 6]);
    v = [0; 3];
    unsafe { zmq_version(null_mut(), &raw mut v[1], null_mut()) };
    assert_eq!(v, [0, 3, 0]);
}

#[test]
fn capabilities() {
    let has = |name: &CStr| unsafe { zmq_has(name.as_ptr()) };
    assert_eq!((has(c"ipc"), has(c"curve")), (1, 1));
    for name in [c"", c"tcp", c"inproc", c"udp", c"IPC", c"ws", c"draft", c"pgm", c"norm", c"vmci", c"CURVE", c"ipc "] {
        assert_eq!(has(name), 0, "{name:?}");
    }
    assert_eq!(unsafe { zmq_has(null()) }, 0);
}

#[test]
fn counters() {
    let mut c = zmq_atomic_counter_new();
    assert_eq!(zmq_atomic_counter_value(c), 0);
    assert_eq!((zmq_atomic_counter_inc(c), zmq_atomic_counter_inc(c), zmq_atomic_counter_inc(c)), (0, 1, 2));
    assert_eq!((zmq_atomic_counter_dec(c), zmq_atomic_counter_dec(c), zmq_atomic_counter_dec(c)), (1, 1, 0));
    assert_eq!((zmq_atomic_counter_dec(c), zmq_atomic_counter_value(c)), (1, -1));
    zmq_atomic_counter_set(c, 2);
    assert_eq!(zmq_atomic_counter_value(c), 2);
    zmq_atomic_counter_set(c, 0);
    let address = c.addr();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                (0..1000).for_each(|_| assert!(zmq_atomic_counter_inc(without_provenance_mut(address)) >= 0))
            });
        }
    });
    assert_eq!(zmq_atomic_counter_value(c), 4000);
    let old = c;
    unsafe { zmq_atomic_counter_destroy(&raw mut c) };
    assert!(c.is_null());
    for bad in garbage().into_iter().chain([old]) {
        zmq_atomic_counter_set(bad, 5);
        assert_eq!(
            (zmq_atomic_counter_inc(bad), zmq_atomic_counter_dec(bad), zmq_atomic_counter_value(bad)),
            (0, 0, 0)
        );
        let mut handle = bad;
        unsafe { zmq_atomic_counter_destroy(&raw mut handle) };
    }
    unsafe { zmq_atomic_counter_destroy(null_mut()) };
}

#[test]
fn stopwatches() {
    let watch = zmq_stopwatch_start();
    let started = std::time::Instant::now();
    std::thread::sleep(std::time::Duration::from_millis(2));
    let first = zmq_stopwatch_intermediate(watch);
    let last = zmq_stopwatch_stop(watch);
    let most = started.elapsed().as_micros() + 1_000_000;
    assert!(2000 <= first && first <= last && u128::from(last) < most, "{first} {last} {most}");
    for bad in garbage().into_iter().chain([watch]) {
        assert_eq!((zmq_stopwatch_intermediate(bad), zmq_stopwatch_stop(bad)), (0, 0));
    }
}

#[test]
fn sleeping_for_no_time() {
    zmq_sleep(0);
    zmq_sleep(-1);
    zmq_sleep(c_int::MIN);
}

static RUNS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn work(arg: *mut c_void) {
    let name = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
    assert_eq!(name.trim_end(), "ZMQapp");
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let blocked = status.lines().find_map(|l| l.strip_prefix("SigBlk:\t")).unwrap();
    let blocked = u64::from_str_radix(blocked, 16).unwrap();
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGALRM, libc::SIGCHLD, libc::SIGUSR1] {
        assert!(blocked & 1 << (signal - 1) != 0);
    }
    // More stack than Rust's default.
    let deep = [1u8; 4 << 20];
    RUNS.fetch_add(arg.addr() + usize::from(std::hint::black_box(&deep)[0]), Ordering::SeqCst);
}

#[test]
fn threads() {
    let handles: Vec<_> = (0..4).map(|i| unsafe { zmq_threadstart(Some(work), without_provenance_mut(i)) }).collect();
    assert!(handles.iter().all(|h| !h.is_null()));
    for handle in &handles {
        unsafe { zmq_threadclose(*handle) };
    }
    assert_eq!(RUNS.load(Ordering::SeqCst), 10);
    for bad in garbage().into_iter().chain(handles) {
        unsafe { zmq_threadclose(bad) };
    }
    assert!(unsafe { zmq_threadstart(None, null_mut()) }.is_null());
    assert_eq!(zmq_errno(), EFAULT);
}

#[test]
fn z85() {
    let bytes = [0x86u8, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b];
    let mut out = [b'?' as libc::c_char; 16];
    let mut back = [0u8; 16];
    unsafe {
        assert_eq!(zmq_z85_encode(out.as_mut_ptr(), bytes.as_ptr(), 8), out.as_mut_ptr());
        assert_eq!(CStr::from_ptr(out.as_ptr()), c"HelloWorld");
        assert_eq!(zmq_z85_decode(back.as_mut_ptr(), out.as_ptr()), back.as_mut_ptr());
        assert_eq!((&back[..8], back[8]), (&bytes[..], 0));
        assert_eq!(zmq_z85_encode(out.as_mut_ptr(), null(), 0), out.as_mut_ptr());
        assert_eq!(out[0], 0);
    }
    let refused = |p: *const u8| assert!(p.is_null() && zmq_errno() == EINVAL);
    unsafe {
        for size in [1, 2, 3, 5, 7, usize::MAX, usize::MAX - 3] {
            set_errno(0);
            refused(zmq_z85_encode(out.as_mut_ptr(), bytes.as_ptr(), size).cast());
        }
        refused(zmq_z85_encode(null_mut(), bytes.as_ptr(), 8).cast());
        refused(zmq_z85_encode(out.as_mut_ptr(), null(), 8).cast());
        refused(zmq_z85_decode(null_mut(), c"HelloWorld".as_ptr()));
        refused(zmq_z85_decode(back.as_mut_ptr(), null()));
        back = [9; 16];
        for bad in [c"", c"0", c"0000", c"000000", c"#####", c"%nSc1", c"Hello World", c"HelloWor d", c"Hello#####"] {
            set_errno(0);
            refused(zmq_z85_decode(back.as_mut_ptr(), bad.as_ptr()));
        }
    }
    assert_eq!(back, [9; 16]);
}

/// Two pairs of keys that libzmq's users know.
const PAIRS: [(&CStr, &CStr); 2] = [
    (c"D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs", c"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"),
    (c"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6", c"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"),
];

#[test]
fn public_keys() {
    for (secret, public) in PAIRS {
        let mut out = [1; 42];
        assert_eq!(unsafe { zmq_curve_public(out.as_mut_ptr(), secret.as_ptr()) }, 0);
        assert_eq!((unsafe { CStr::from_ptr(out.as_ptr()) }, out[41]), (public, 1));
    }
}

#[test]
fn key_pairs() {
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        let (mut public, mut secret, mut derived) = ([1; 42], [1; 42], [1; 42]);
        assert_eq!(unsafe { zmq_curve_keypair(public.as_mut_ptr(), secret.as_mut_ptr()) }, 0);
        assert_eq!(unsafe { zmq_curve_public(derived.as_mut_ptr(), secret.as_ptr()) }, 0);
        assert_eq!((derived, public[40..].as_ref(), secret[40..].as_ref()), (public, &[0, 1][..], &[0, 1][..]));
        assert!(seen.insert(public) && seen.insert(secret));
    }
}

#[test]
fn secrets_that_are_none() {
    let secret = PAIRS[0].0.to_str().unwrap();
    let longer = format!("{secret}00000\0");
    let odd = format!("{secret}X\0");
    let shorter = format!("{}\0", &secret[..35]);
    let foreign = format!("{}\"\0", &secret[..39]);
    let overflow = format!("{}#####\0", &secret[..35]);
    let mut out = [7; 41];
    for bad in ["\0", "42\0", &longer, &odd, &shorter, &foreign, &overflow] {
        let rc = unsafe { zmq_curve_public(out.as_mut_ptr(), bad.as_ptr().cast()) };
        assert_eq!((rc, zmq_errno(), out), (-1, EINVAL, [7; 41]), "{bad}");
    }
    let (p, s) = (out.as_mut_ptr(), PAIRS[0].0.as_ptr());
    let fails = |rc: c_int| assert_eq!((rc, zmq_errno()), (-1, EINVAL));
    unsafe {
        fails(zmq_curve_public(null_mut(), s));
        fails(zmq_curve_public(p, null()));
        fails(zmq_curve_keypair(null_mut(), p));
        fails(zmq_curve_keypair(p, null_mut()));
    }
    assert_eq!(out, [7; 41]);
}
