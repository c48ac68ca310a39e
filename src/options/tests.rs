//! Tests of the option table: every option's default, the values at both sides of each limit, every length, and every
//! socket type. What is expected stands here in full, apart from the rows.

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
];

/// Text options: number, longest value, whether NULL is accepted.
const TEXTS: &[(c_int, usize, bool)] = &[
    (PLAIN_USERNAME, 255, true),
    (PLAIN_PASSWORD, 255, true),
    (ZAP_DOMAIN, 255, false),
    (SOCKS_PROXY, usize::MAX, true),
    (BINDTODEVICE, 16, true),
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
    let drafts = 93..=124;
    let vmci = 85..=88;
    let gssapi = [62, 63, 64, 65, 90, 91];
    let holes = [MIN, -1, 0, 1, 2, 3, 10, 20, 26, 29, 30, 67, 70, 82, 83, 125, 9999, MAX];
    for id in drafts.chain(vmci).chain(gssapi).chain(holes) {
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
fn ints() {
    for &(id, default, accepted, refused) in INTS {
        for socket_type in TYPES {
            let mut o = new(socket_type);
            let default = if id == LINGER && matches!(socket_type, Sub | Xsub) { 0 } else { default };
            assert_eq!(get_int(&o, id), default, "{id}");
            let effect = if matches!(id, SNDHWM | RCVHWM) { Effect::HwmChanged } else { Effect::None };
            for &value in accepted {
                assert_eq!(set_int(&mut o, id, value), Ok(effect), "{id} = {value}");
                assert_eq!(get_int(&o, id), value, "{id}");
            }
            let last = get_int(&o, id);
            for &value in refused {
                assert_eq!(set_int(&mut o, id, value), Err(Errno::EINVAL), "{id} = {value}");
            }
            assert_eq!(set(&mut o, id, None), Err(Errno::EINVAL), "{id}");
            for len in (0..=16).filter(|len| *len != 4) {
                assert_eq!(set(&mut o, id, Some(&vec![0; len])), Err(Errno::EINVAL), "{id}, {len} bytes");
                assert_eq!(get_len(&o, id, len), Err(Errno::EINVAL), "{id}, {len} bytes");
            }
            assert_eq!(get_int(&o, id), last, "{id}");
        }
    }
}

#[test]
fn ints_read_back_otherwise_than_set() {
    let mut o = new(Dealer);
    for value in [MAX, MIN, -1, 2] {
        set_int(&mut o, INVERT_MATCHING, value).unwrap();
        assert_eq!(get_int(&o, INVERT_MATCHING), 1);
    }
    for (value, read) in [(99, 0), (-99, 0), (199, 100), (6_553_599, 6_553_500), (-1, 0)] {
        set_int(&mut o, HEARTBEAT_TTL, value).unwrap();
        assert_eq!(get_int(&o, HEARTBEAT_TTL), read);
    }
    for (id, value, other, read) in [(IPV4ONLY, 0, IPV6, 1), (IPV6, 0, IPV4ONLY, 1), (IPV6, 1, IPV4ONLY, 0)] {
        set_int(&mut o, id, value).unwrap();
        assert_eq!(get_int(&o, other), read);
    }
}

#[test]
fn flags() {
    for &(id, types, field) in FLAGS {
        for socket_type in TYPES {
            let mut o = new(socket_type);
            assert!(!field(&o), "{id}");
            let has = types.contains(&socket_type);
            for value in [1, 0, 2, 0, MAX] {
                let result = if has { Ok(Effect::None) } else { Err(Errno::EINVAL) };
                assert_eq!(set_int(&mut o, id, value), result, "{id} = {value} on {socket_type:?}");
                assert_eq!(field(&o), has && value != 0, "{id} = {value} on {socket_type:?}");
            }
            for value in [-1, MIN] {
                assert_eq!(set_int(&mut o, id, value), Err(Errno::EINVAL), "{id} = {value} on {socket_type:?}");
            }
            assert_eq!(set(&mut o, id, None), Err(Errno::EINVAL));
            for len in (0..=16).filter(|len| *len != 4) {
                assert_eq!(set(&mut o, id, Some(&vec![0; len])), Err(Errno::EINVAL), "{id}, {len} bytes");
            }
            assert_eq!(field(&o), has, "{id} on {socket_type:?}");
        }
    }
}

#[test]
fn verbose_and_verboser_share_two_flags() {
    let both = |o: &Options| (o.xpub_verbose, o.xpub_verboser);
    let mut o = new(Xpub);
    for (id, value, expected) in [
        (XPUB_VERBOSER, 1, (true, true)),
        (XPUB_VERBOSE, 1, (true, false)),
        (XPUB_VERBOSER, 0, (false, false)),
        (XPUB_VERBOSER, 1, (true, true)),
        (XPUB_VERBOSE, 0, (false, false)),
    ] {
        set_int(&mut o, id, value).unwrap();
        assert_eq!(both(&o), expected, "{id} = {value}");
    }
}

#[test]
fn stream_notify() {
    for socket_type in TYPES {
        let mut o = new(socket_type);
        assert!(o.stream_notify);
        let result = if socket_type == Stream { Ok(Effect::None) } else { Err(Errno::EINVAL) };
        assert_eq!(set_int(&mut o, STREAM_NOTIFY, 0), result);
        assert_eq!(o.stream_notify, socket_type != Stream);
        assert_eq!(set_int(&mut o, STREAM_NOTIFY, 1), result);
        assert!(o.stream_notify);
        for value in [-1, 2, MAX, MIN] {
            assert_eq!(set_int(&mut o, STREAM_NOTIFY, value), Err(Errno::EINVAL));
        }
        assert_eq!(set(&mut o, STREAM_NOTIFY, Some(&[0; 8])), Err(Errno::EINVAL));
    }
}

#[test]
fn wide_integers() {
    for (id, default) in [(AFFINITY, 0u64), (MAXMSGSIZE, u64::MAX)] {
        for socket_type in TYPES {
            let mut o = new(socket_type);
            assert_eq!(get_len(&o, id, 8).unwrap(), default.to_ne_bytes());
            for value in [0, 1, i64::MAX as u64, i64::MIN as u64, u64::MAX] {
                assert_eq!(set(&mut o, id, Some(&value.to_ne_bytes())), Ok(Effect::None));
                assert_eq!(get_len(&o, id, 8).unwrap(), value.to_ne_bytes());
            }
            assert_eq!(set(&mut o, id, None), Err(Errno::EINVAL));
            for len in (0..=16).filter(|len| *len != 8) {
                assert_eq!(set(&mut o, id, Some(&vec![0; len])), Err(Errno::EINVAL), "{id}, {len} bytes");
                assert_eq!(get_len(&o, id, len), Err(Errno::EINVAL), "{id}, {len} bytes");
            }
        }
    }
}

#[test]
fn texts() {
    for &(id, longest, null) in TEXTS {
        for socket_type in TYPES {
            let mut o = new(socket_type);
            assert_eq!(get_len(&o, id, 0), Err(Errno::EINVAL));
            for len in [1, 2, 255] {
                assert_eq!(get_len(&o, id, len).unwrap(), b"\0");
            }
            for value in [&[b'x'; 300][..longest.min(300)], b"a\xff", b"a\0", b"z"] {
                assert_eq!(set(&mut o, id, Some(value)), Ok(Effect::None));
                let with_terminator = [value, b"\0"].concat();
                assert_eq!(get_len(&o, id, value.len()), Err(Errno::EINVAL));
                for len in [value.len() + 1, value.len() + 2, 400] {
                    assert_eq!(get_len(&o, id, len).unwrap(), with_terminator, "{id}");
                }
            }
            assert_eq!(set(&mut o, id, Some(b"")), Err(Errno::EINVAL));
            if longest < usize::MAX {
                assert_eq!(set(&mut o, id, Some(&vec![b'x'; longest + 1])), Err(Errno::EINVAL), "{id}");
            }
            assert_eq!(get_len(&o, id, 2).unwrap(), b"z\0");
            assert_eq!(set(&mut o, id, None), if null { Ok(Effect::None) } else { Err(Errno::EINVAL) });
            // NULL turns PLAIN off but keeps user and password.
            let cleared = null && !matches!(id, PLAIN_USERNAME | PLAIN_PASSWORD);
            assert_eq!(get_len(&o, id, 9).unwrap(), if cleared { &b"\0"[..] } else { b"z\0" }, "{id}");
        }
    }
}

#[test]
fn routing_id() {
    let mut o = new(Dealer);
    assert_eq!(get_len(&o, ROUTING_ID, 0).unwrap(), b"");
    assert_eq!(get_len(&o, ROUTING_ID, 9).unwrap(), b"");
    for value in [&b"r"[..], &[b'r'; 255], b"\0ab"] {
        assert_eq!(set(&mut o, ROUTING_ID, Some(value)), Ok(Effect::None));
        assert_eq!(get_len(&o, ROUTING_ID, value.len() - 1), Err(Errno::EINVAL));
        for len in [value.len(), value.len() + 1, 300] {
            assert_eq!(get_len(&o, ROUTING_ID, len).unwrap(), value);
        }
    }
    for value in [None, Some(&b""[..]), Some(&[b'r'; 256])] {
        assert_eq!(set(&mut o, ROUTING_ID, value), Err(Errno::EINVAL));
    }
    assert_eq!(o.routing_id, b"\0ab");
    let o = new(Stream);
    assert_eq!(get_len(&o, ROUTING_ID, 4), Err(Errno::EINVAL));
    assert_eq!(get_len(&o, ROUTING_ID, 8).unwrap(), b"\0abcd", "the connection made last");
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
fn topics_go_to_the_pattern() {
    let long = [b't'; 1000];
    for socket_type in TYPES {
        let mut o = new(socket_type);
        for topic in [&b""[..], b"a", &long] {
            assert_eq!(set(&mut o, SUBSCRIBE, Some(topic)), Ok(Effect::Subscribe(topic)));
            assert_eq!(set(&mut o, UNSUBSCRIBE, Some(topic)), Ok(Effect::Unsubscribe(topic)));
        }
        assert_eq!(set(&mut o, SUBSCRIBE, None), Ok(Effect::Subscribe(b"")));
        assert_eq!(set(&mut o, UNSUBSCRIBE, None), Ok(Effect::Unsubscribe(b"")));
    }
}

#[test]
fn connect_routing_id() {
    for socket_type in TYPES {
        let mut o = new(socket_type);
        let has = matches!(socket_type, Router | Rep | Stream);
        for value in [&[b'i'; 300][..], b"\0i", b"i"] {
            let result = if has { Ok(Effect::None) } else { Err(Errno::EINVAL) };
            assert_eq!(set(&mut o, CONNECT_ROUTING_ID, Some(value)), result);
            assert_eq!(o.connect_routing_id.as_deref(), has.then_some(value));
        }
        assert_eq!(set(&mut o, CONNECT_ROUTING_ID, Some(b"")), Err(Errno::EINVAL));
        assert_eq!(set(&mut o, CONNECT_ROUTING_ID, None), Err(Errno::EINVAL));
        assert_eq!(o.connect_routing_id.as_deref(), has.then_some(&b"i"[..]));
    }
}

#[test]
fn welcome_message() {
    for socket_type in TYPES {
        let mut o = new(socket_type);
        let has = matches!(socket_type, Pub | Xpub);
        let result = if has { Ok(Effect::None) } else { Err(Errno::EINVAL) };
        for value in [Some(&b"w"[..]), Some(b""), Some(&[b'w'; 1000]), None] {
            assert_eq!(set(&mut o, XPUB_WELCOME_MSG, value), result);
            assert_eq!(o.xpub_welcome.as_deref(), value.filter(|value| has && !value.is_empty()));
        }
    }
}

#[test]
fn mechanism_follows_the_option_set_last() {
    const KEY: &[u8] = &[b'k'; 32];
    // Option, value (1 byte: an int), then MECHANISM, PLAIN_SERVER, CURVE_SERVER.
    type Step = (c_int, Option<&'static [u8]>, [c_int; 3]);
    const ON: Option<&[u8]> = Some(&[1, 0, 0, 0]);
    const OFF: Option<&[u8]> = Some(&[0, 0, 0, 0]);
    let histories: &[&[Step]] = &[
        &[(PLAIN_SERVER, ON, [1, 1, 0]), (CURVE_SERVER, ON, [2, 0, 1]), (PLAIN_SERVER, OFF, [0, 0, 0])],
        &[(CURVE_SERVER, ON, [2, 0, 1]), (PLAIN_SERVER, OFF, [0, 0, 0]), (CURVE_SECRETKEY, Some(KEY), [2, 0, 0])],
        &[(PLAIN_SERVER, ON, [1, 1, 0]), (PLAIN_USERNAME, Some(b"u"), [1, 0, 0]), (PLAIN_USERNAME, None, [0, 0, 0])],
        &[(PLAIN_SERVER, ON, [1, 1, 0]), (PLAIN_PASSWORD, Some(b"p"), [1, 0, 0]), (PLAIN_PASSWORD, None, [0, 0, 0])],
        &[(CURVE_SERVER, ON, [2, 0, 1]), (PLAIN_USERNAME, Some(b""), [2, 0, 1]), (PLAIN_USERNAME, None, [0, 0, 0])],
        // The role is one flag: NULL security leaves it, and a key brings it back.
        &[(PLAIN_SERVER, ON, [1, 1, 0]), (PLAIN_USERNAME, None, [0, 0, 0]), (CURVE_PUBLICKEY, Some(KEY), [2, 0, 1])],
        &[
            (CURVE_SERVER, ON, [2, 0, 1]),
            (CURVE_PUBLICKEY, Some(KEY), [2, 0, 1]),
            (CURVE_SERVERKEY, Some(KEY), [2, 0, 0]),
        ],
        &[
            (CURVE_PUBLICKEY, Some(&[1; 33]), [0, 0, 0]),
            (CURVE_SERVER, ON, [2, 0, 1]),
            (CURVE_SERVERKEY, None, [2, 0, 1]),
        ],
    ];
    for history in histories {
        let mut o = new(Dealer);
        for (step, (id, value, expected)) in history.iter().enumerate() {
            let _ = set(&mut o, *id, *value);
            let actual = [MECHANISM, PLAIN_SERVER, CURVE_SERVER].map(|id| get_int(&o, id));
            assert_eq!(actual, *expected, "{history:?}, step {step}");
        }
    }
}

#[test]
fn curve_keys() {
    // The client's public key in the manual's examples.
    const TEXT: &[u8; 40] = b"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
    let raw = crate::util::z85::decode(TEXT).unwrap();
    let text = [TEXT, &b"\0"[..]].concat();
    for &id in KEYS {
        let mut o = new(Pull);
        assert_eq!(get_len(&o, id, 32).unwrap(), [0; 32]);
        assert_eq!(get_len(&o, id, 41).unwrap(), [&[b'0'; 40][..], b"\0"].concat());
        for value in [&raw[..], TEXT, &text] {
            let mut o = new(Pull);
            assert_eq!(set(&mut o, id, Some(value)), Ok(Effect::None));
            assert_eq!(get_len(&o, id, 32).unwrap(), raw);
            assert_eq!(get_len(&o, id, 41).unwrap(), text);
            assert_eq!(o.mechanism, Mechanism::Curve);
            for len in (0..=50).chain([255]).filter(|len| !matches!(len, 32 | 41)) {
                assert_eq!(get_len(&o, id, len), Err(Errno::EINVAL), "{len} bytes");
            }
        }
        let with = |at: usize, bytes: &[u8]| [&TEXT[..at], bytes].concat();
        for bad in
            [with(40, b"x"), with(39, b"~"), with(39, b"\0"), with(35, &[0; 5]), with(35, &[0; 6]), vec![b'#'; 40]]
        {
            assert_eq!(set(&mut o, id, Some(&bad)), Err(Errno::EINVAL), "{bad:?}");
        }
        for len in (0..=50).filter(|len| !matches!(len, 32 | 40 | 41)) {
            assert_eq!(set(&mut o, id, Some(&vec![b'0'; len])), Err(Errno::EINVAL), "{len} bytes");
        }
        assert_eq!(set(&mut o, id, None), Err(Errno::EINVAL));
        assert_eq!((get_len(&o, id, 32).unwrap(), o.mechanism), (vec![0; 32], Mechanism::Null));
    }
}

#[test]
fn ipc_filters() {
    let fields: [(c_int, fn(&Options) -> &Vec<u32>); 3] = [
        (IPC_FILTER_PID, |o| &o.ipc_filter_pid),
        (IPC_FILTER_UID, |o| &o.ipc_filter_uid),
        (IPC_FILTER_GID, |o| &o.ipc_filter_gid),
    ];
    for (id, field) in fields {
        let mut o = new(Pull);
        for value in [0, 1000, u32::MAX, 1000] {
            assert_eq!(set(&mut o, id, Some(&value.to_ne_bytes())), Ok(Effect::None));
        }
        assert_eq!(field(&o)[..], [0, 1000, u32::MAX], "each once");
        for len in (0..=16).filter(|len| *len != 4) {
            assert_eq!(set(&mut o, id, Some(&vec![1; len])), Err(Errno::EINVAL));
        }
        assert_eq!(field(&o).len(), 3);
        assert_eq!(set(&mut o, id, None), Ok(Effect::None));
        assert!(field(&o).is_empty());
    }
}

#[test]
fn accept_filters_add_up() {
    let mut o = new(Pull);
    for text in [&b"127.0.0.1"[..], b"10.0.0.0/8\0"] {
        assert_eq!(set(&mut o, TCP_ACCEPT_FILTER, Some(text)), Ok(Effect::None));
    }
    let longest = [&b"10.0.0.1"[..], &[0; 247]].concat();
    assert_eq!(set(&mut o, TCP_ACCEPT_FILTER, Some(&longest)), Ok(Effect::None));
    let too_long = [&longest[..], b"\0"].concat();
    for bad in [&b""[..], b"foo", b"::1", &too_long] {
        assert_eq!(set(&mut o, TCP_ACCEPT_FILTER, Some(bad)), Err(Errno::EINVAL));
    }
    assert_eq!(o.tcp_accept_filters.len(), 3);
    set_int(&mut o, IPV6, 1).unwrap();
    assert_eq!(set(&mut o, TCP_ACCEPT_FILTER, Some(b"::1")), Ok(Effect::None));
    assert_eq!(o.tcp_accept_filters.len(), 4);
    assert_eq!(set(&mut o, TCP_ACCEPT_FILTER, None), Ok(Effect::None));
    assert!(o.tcp_accept_filters.is_empty());
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
