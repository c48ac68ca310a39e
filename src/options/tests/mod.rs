//! Tests of the option table: every option's default, the values at both sides of each limit, every length, and every
//! socket type. What is expected stands here in full, apart from the rows.

mod bytes;
mod integers;
mod security;

use super::id::*;
use super::*;
use crate::errno::{Errno, Result};
use SocketType::{Dealer, Pair, Pub, Pull, Push, Rep, Req, Router, Stream, Sub, Xpub, Xsub};
use libc::c_int;

const TYPES: [SocketType; 12] = [Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, Xpub, Xsub, Stream];
const MAX: c_int = c_int::MAX;
const MIN: c_int = c_int::MIN;
const INHERITED: Inherited = Inherited { ipv6: false, blocky: true, zero_copy_recv: true };

fn new(socket_type: SocketType) -> Options {
    Options::new(socket_type, INHERITED)
}

fn set_int(o: &mut Options, id: c_int, value: c_int) -> Result<Effect<'static>> {
    set(o, id, Some(&value.to_ne_bytes())).map(|effect| match effect {
        Effect::HwmChanged => Effect::HwmChanged,
        _ => Effect::None,
    })
}

/// Reads with a buffer of `len` bytes, and checks that it is filled with zeros or left alone.
fn get_len(o: &Options, id: c_int, len: usize) -> Result<Vec<u8>> {
    let mut out = vec![0xaa; len];
    let mut live = Live {
        rcvmore: true,
        fd: &mut || Ok(9),
        events: &mut || Ok(3),
        last_endpoint: b"tcp://[::1]:5",
        routing_id: (o.socket_type == Stream).then_some(b"\0abcd"),
    };
    match get(o, &mut live, id, &mut out) {
        Ok(len) => {
            assert!(out[len..].iter().all(|byte| *byte == 0), "option {id}: rest of the buffer");
            out.truncate(len);
            Ok(out)
        }
        Err(e) => {
            assert!(out.iter().all(|byte| *byte == 0xaa), "option {id}: buffer after an error");
            Err(e)
        }
    }
}

fn get_int(o: &Options, id: c_int) -> c_int {
    c_int::from_ne_bytes(get_len(o, id, 4).unwrap().try_into().unwrap())
}

/// Readable `int` options of every type: number, default, accepted, refused.
const INTS: &[(c_int, c_int, &[c_int], &[c_int])] = &[
    (RATE, 100, &[1, MAX], &[0, -1, MIN]),
    (RECOVERY_IVL, 10_000, &[0, 1, MAX], &[-1, MIN]),
    (SNDBUF, -1, &[-1, 0, 1, MAX], &[-2, MIN]),
    (RCVBUF, -1, &[-1, 0, 1, MAX], &[-2, MIN]),
    (LINGER, -1, &[-1, 0, 1, MAX], &[-2, MIN]),
    (RECONNECT_IVL, 100, &[-1, 0, 1, MAX], &[-2, MIN]),
    (BACKLOG, 100, &[0, 1, MAX], &[-1, MIN]),
    (RECONNECT_IVL_MAX, 0, &[0, 1, MAX], &[-1, MIN]),
    (SNDHWM, 1000, &[0, 1, MAX], &[-1, MIN]),
    (RCVHWM, 1000, &[0, 1, MAX], &[-1, MIN]),
    (MULTICAST_HOPS, 1, &[1, MAX], &[0, -1, MIN]),
    (RCVTIMEO, -1, &[-1, 0, 1, MAX], &[-2, MIN]),
    (SNDTIMEO, -1, &[-1, 0, 1, MAX], &[-2, MIN]),
    (IPV4ONLY, 1, &[0, 1], &[2, -1, MAX, MIN]),
    (TCP_KEEPALIVE, -1, &[-1, 0, 1], &[2, -2, MAX, MIN]),
    (TCP_KEEPALIVE_CNT, -1, &[-1, 0, 1, MAX], &[-2, MIN]),
    (TCP_KEEPALIVE_IDLE, -1, &[-1, 0, 1, MAX], &[-2, MIN]),
    (TCP_KEEPALIVE_INTVL, -1, &[-1, 0, 1, MAX], &[-2, MIN]),
    (IMMEDIATE, 0, &[1, 0], &[2, -1, MAX, MIN]),
    (IPV6, 0, &[1, 0], &[2, -1, MAX, MIN]),
    (PLAIN_SERVER, 0, &[1, 0], &[2, -1, MAX, MIN]),
    (CURVE_SERVER, 0, &[1, 0], &[2, -1, MAX, MIN]),
    (CONFLATE, 0, &[1, 0], &[2, -1, MAX, MIN]),
    #[cfg(feature = "gssapi")]
    (GSSAPI_SERVER, 0, &[1, 0], &[2, -1, MAX, MIN]),
    #[cfg(feature = "gssapi")]
    (GSSAPI_PLAINTEXT, 0, &[1, 0], &[2, -1, MAX, MIN]),
    #[cfg(feature = "gssapi")]
    (GSSAPI_PRINCIPAL_NAMETYPE, 0, &[1, 2, 0], &[3, -1, MAX, MIN]),
    #[cfg(feature = "gssapi")]
    (GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, 0, &[1, 2, 0], &[3, -1, MAX, MIN]),
    (TOS, 0, &[0, 1, 255, MAX], &[-1, MIN]),
    (HANDSHAKE_IVL, 30_000, &[0, 1, MAX], &[-1, MIN]),
    (INVERT_MATCHING, 0, &[1, 0], &[]),
    (HEARTBEAT_IVL, 0, &[0, 1, MAX], &[-1, MIN]),
    (HEARTBEAT_TTL, 0, &[0, 100, 6_553_500], &[-100, -150, 6_553_600, MAX, MIN]),
    (HEARTBEAT_TIMEOUT, -1, &[0, 1, MAX], &[-1, MIN]),
    (CONNECT_TIMEOUT, 0, &[0, 1, MAX], &[-1, MIN]),
    (TCP_MAXRT, 0, &[0, 1, MAX], &[-1, MIN]),
    (MULTICAST_MAXTPDU, 1500, &[1, MAX], &[0, -1, MIN]),
    (USE_FD, -1, &[-1, 0, 1, MAX], &[-2, MIN]),
    (ZAP_ENFORCE_DOMAIN, 0, &[1, 0], &[]),
    (LOOPBACK_FASTPATH, 0, &[1, 0], &[]),
    (MULTICAST_LOOP, 1, &[1, 0], &[]),
    (RECONNECT_STOP, 0, &[0, 1, 2, 4, 7, 8, -1, MAX, MIN], &[]),
];

/// Flags that cannot be read: number, types that have it, field.
type Field = fn(&Options) -> bool;
const FLAGS: &[(c_int, &[SocketType], Field)] = &[
    (ROUTER_MANDATORY, &[Rep, Router], |o| o.router_mandatory),
    (ROUTER_RAW, &[Rep, Router], |o| o.router_raw),
    (ROUTER_HANDOVER, &[Rep, Router], |o| o.router_handover),
    (PROBE_ROUTER, &[Req, Rep, Dealer, Router], |o| o.probe_router),
    (REQ_CORRELATE, &[Req], |o| o.req_correlate),
    (REQ_RELAXED, &[Req], |o| o.req_relaxed),
    (XPUB_VERBOSE, &[Pub, Xpub], |o| o.xpub_verbose),
    (XPUB_VERBOSER, &[Pub, Xpub], |o| o.xpub_verboser),
    (XPUB_NODROP, &[Pub, Xpub], |o| o.xpub_nodrop),
    (XPUB_MANUAL, &[Pub, Xpub], |o| o.xpub_manual),
    (XPUB_MANUAL_LAST_VALUE, &[Pub, Xpub], |o| o.xpub_manual && o.xpub_last_value),
    (ONLY_FIRST_SUBSCRIBE, &[Pub, Xpub, Xsub], |o| o.only_first_subscribe),
];

/// Text options: number, shortest and longest value, whether NULL is accepted.
const TEXTS: &[(c_int, usize, usize, bool)] = &[
    (PLAIN_USERNAME, 1, 255, true),
    (PLAIN_PASSWORD, 1, 255, true),
    (ZAP_DOMAIN, 1, 255, false),
    #[cfg(feature = "gssapi")]
    (GSSAPI_PRINCIPAL, 1, 255, false),
    #[cfg(feature = "gssapi")]
    (GSSAPI_SERVICE_PRINCIPAL, 1, 255, false),
    (SOCKS_PROXY, 1, usize::MAX, true),
    (BINDTODEVICE, 1, 16, true),
    (SOCKS_USERNAME, 0, 255, true),
    (SOCKS_PASSWORD, 0, 255, true),
];

const KEYS: &[c_int] = &[CURVE_PUBLICKEY, CURVE_SECRETKEY, CURVE_SERVERKEY];
const READ_ONLY: &[c_int] = &[RCVMORE, FD, EVENTS, TYPE, LAST_ENDPOINT, MECHANISM, THREAD_SAFE];
const WRITE_ONLY: &[c_int] = &[
    SUBSCRIBE,
    UNSUBSCRIBE,
    TCP_ACCEPT_FILTER,
    IPC_FILTER_PID,
    IPC_FILTER_UID,
    IPC_FILTER_GID,
    CONNECT_ROUTING_ID,
    XPUB_WELCOME_MSG,
    STREAM_NOTIFY,
    METADATA,
];

#[test]
fn rows_are_sorted_and_all_of_them_are_tested() {
    let rows: Vec<_> = table::ROWS.iter().map(|row| row.id).collect();
    assert!(rows.is_sorted_by(|a, b| a < b));
    let mut tested: Vec<_> = [AFFINITY, MAXMSGSIZE, ROUTING_ID].to_vec();
    tested.extend(INTS.iter().map(|row| row.0));
    tested.extend(FLAGS.iter().map(|row| row.0));
    tested.extend(TEXTS.iter().map(|row| row.0));
    tested.extend_from_slice(KEYS);
    tested.extend_from_slice(READ_ONLY);
    tested.extend_from_slice(WRITE_ONLY);
    tested.sort_unstable();
    assert_eq!(rows, tested);
}

#[test]
fn everything_else_is_refused() {
    let drafts = [97].into_iter().chain(101..=107).chain(110..=124);
    let vmci = 85..=88;
    let gssapi: &[c_int] = if cfg!(feature = "gssapi") { &[] } else { &[62, 63, 64, 65, 90, 91] };
    let holes = [MIN, -1, 0, 1, 2, 3, 10, 20, 26, 29, 30, 67, 70, 82, 83, 125, 9999, MAX];
    for id in drafts.chain(vmci).chain(gssapi.iter().copied()).chain(holes) {
        for socket_type in TYPES {
            let mut o = new(socket_type);
            assert_eq!(set(&mut o, id, None), Err(Errno::EINVAL), "{id}");
            for len in [0, 1, 4, 8, 32, 41, 300] {
                assert_eq!(set(&mut o, id, Some(&vec![0; len])), Err(Errno::EINVAL), "{id}");
                assert_eq!(get_len(&o, id, len), Err(Errno::EINVAL), "{id}");
            }
        }
    }
}

#[test]
fn read_only_options() {
    for socket_type in TYPES {
        let mut o = new(socket_type);
        for &id in READ_ONLY {
            assert_eq!(set(&mut o, id, None), Err(Errno::EINVAL), "{id}");
            for len in [0, 1, 4, 8, 32] {
                assert_eq!(set(&mut o, id, Some(&vec![0; len])), Err(Errno::EINVAL), "{id}");
            }
        }
        for (id, value) in [(RCVMORE, 1), (FD, 9), (EVENTS, 3), (THREAD_SAFE, 0)] {
            for len in 0..4 {
                assert_eq!(get_len(&o, id, len), Err(Errno::EINVAL), "{id}, {len} bytes");
            }
            for len in [4, 5, 8, 300] {
                assert_eq!(get_len(&o, id, len).unwrap(), c_int::to_ne_bytes(value), "{id}, {len} bytes");
            }
        }
        for (id, value) in [(TYPE, socket_type.code()), (MECHANISM, 0)] {
            assert_eq!(get_int(&o, id), value);
            for len in [0, 3, 5, 8, 300] {
                assert_eq!(get_len(&o, id, len), Err(Errno::EINVAL), "{id}, {len} bytes");
            }
        }
        assert_eq!(get_len(&o, LAST_ENDPOINT, 13), Err(Errno::EINVAL));
        for len in [14, 15, 300] {
            assert_eq!(get_len(&o, LAST_ENDPOINT, len).unwrap(), b"tcp://[::1]:5\0");
        }
    }
}

#[test]
fn errors_of_the_socket_travel() {
    let o = new(Pull);
    let mut live = Live {
        rcvmore: false,
        fd: &mut || Err(Errno::ETERM),
        events: &mut || Err(Errno::EINTR),
        last_endpoint: b"",
        routing_id: None,
    };
    let mut out = [0; 4];
    assert_eq!(get(&o, &mut live, FD, &mut out), Err(Errno::ETERM));
    assert_eq!(get(&o, &mut live, EVENTS, &mut out), Err(Errno::EINTR));
    assert_eq!(get(&o, &mut live, RCVMORE, &mut out), Ok(4));
    assert_eq!(get(&o, &mut live, LAST_ENDPOINT, &mut out), Ok(1));
}

#[test]
fn options_that_cannot_be_read() {
    for id in WRITE_ONLY.iter().copied().chain(FLAGS.iter().map(|row| row.0)) {
        for socket_type in TYPES {
            for len in [0, 1, 4, 8, 32, 41, 300] {
                assert_eq!(get_len(&new(socket_type), id, len), Err(Errno::EINVAL), "{id}");
            }
        }
    }
}

#[test]
fn defaults_from_the_context() {
    for socket_type in TYPES {
        let inherited = Inherited { ipv6: true, blocky: false, zero_copy_recv: false };
        let o = Options::new(socket_type, inherited);
        assert_eq!((get_int(&o, IPV6), get_int(&o, IPV4ONLY), get_int(&o, LINGER)), (1, 0, 0));
        assert!(!o.zero_copy_recv);
    }
}
