//! The table of socket options, sorted by number: one row says who has the option, how it is set and how it is read.
//! What has no row is refused: drafts, VMCI and GSSAPI among them. Any thread.
//!
//! Aliases in zmq.h share a number and so a row: IDENTITY is ROUTING_ID, CONNECT_RID is CONNECT_ROUTING_ID,
//! ROUTER_BEHAVIOR and FAIL_UNROUTABLE are ROUTER_MANDATORY, DELAY_ATTACH_ON_CONNECT is IMMEDIATE.

use super::filter::AcceptFilter;
use super::row::{Get, Row, Set};
use super::{Mechanism, Options, curve};
use crate::errno::Errno;
use crate::socket_type::SocketType::{self, Dealer, Pub, Rep, Req, Router, Stream, Xpub};
use core::ops::RangeInclusive;
use libc::c_int;

const ALL: &[SocketType] = &[];
const ROUTERS: &[SocketType] = &[Router, Rep];
const PROBERS: &[SocketType] = &[Req, Rep, Dealer, Router];
const PUBLISHERS: &[SocketType] = &[Pub, Xpub];

const FROM_MINUS_ONE: RangeInclusive<c_int> = -1..=c_int::MAX;
const FROM_ZERO: RangeInclusive<c_int> = 0..=c_int::MAX;
const FROM_ONE: RangeInclusive<c_int> = 1..=c_int::MAX;

const fn row(id: c_int, name: &'static str, types: &'static [SocketType], set: Set, get: Get) -> Row {
    Row { id, name, types, set, get }
}

/// An `int` in a range, kept in a field.
macro_rules! int {
    ($id:literal, $name:literal, $field:ident, $range:expr) => {
        row($id, $name, ALL, Set::Int($range, |o, v| o.$field = v), Get::Int(|o| o.$field))
    };
}

/// 0 or 1, kept in a field.
macro_rules! strict {
    ($id:literal, $name:literal, $field:ident) => {
        row($id, $name, ALL, Set::Strict(|o, v| o.$field = v), Get::Int(|o| c_int::from(o.$field)))
    };
}

/// A flag that some types have and that cannot be read.
macro_rules! flag {
    ($id:literal, $name:literal, $field:ident, $types:expr) => {
        row($id, $name, $types, Set::Flag(|o, v| o.$field = v), Get::No)
    };
}

/// Bytes kept in a field, read as text. `$null`: what NULL does.
macro_rules! text {
    ($id:literal, $name:literal, $field:ident, $len:expr, $null:expr) => {
        row($id, $name, ALL, Set::Bytes($len, $null, |o, v| o.$field = v.to_vec()), Get::Text(|o, _| &o.$field))
    };
}

/// A PLAIN credential: to set it is to be a PLAIN client, and NULL turns security off but keeps the value.
macro_rules! credential {
    ($id:literal, $name:literal, $field:ident) => {
        row(
            $id,
            $name,
            ALL,
            Set::Bytes(1..=255, Some(|o| o.mechanism = Mechanism::Null), |o, v| {
                o.$field = v.to_vec();
                (o.mechanism, o.as_server) = (Mechanism::Plain, false);
            }),
            Get::Text(|o, _| &o.$field),
        )
    };
}

/// PLAIN_SERVER or CURVE_SERVER: 0 turns security off, whatever the mechanism was.
macro_rules! server {
    ($id:literal, $name:literal, $mechanism:expr) => {
        row(
            $id,
            $name,
            ALL,
            Set::Strict(|o, v| (o.mechanism, o.as_server) = (if v { $mechanism } else { Mechanism::Null }, v)),
            Get::Int(|o| c_int::from(o.mechanism == $mechanism && o.as_server)),
        )
    };
}

/// A CURVE key. `$and`: what setting it does besides choosing the mechanism.
macro_rules! key {
    ($id:literal, $name:literal, $field:ident, $and:expr) => {
        row(
            $id,
            $name,
            ALL,
            Set::Parsed(32..=41, None, |o, v| {
                o.$field = curve::parse_key(v)?;
                o.mechanism = Mechanism::Curve;
                let and: fn(&mut Options) = $and;
                and(o);
                Ok(())
            }),
            Get::Key(|o| &o.$field),
        )
    };
}

/// Users, groups or processes that may connect over ipc.
macro_rules! ipc_filter {
    ($id:literal, $name:literal, $field:ident) => {
        row(
            $id,
            $name,
            ALL,
            Set::Parsed(4..=4, Some(|o| o.$field.clear()), |o, v| {
                let id = u32::from_ne_bytes(v.try_into().map_err(|_| Errno::EINVAL)?);
                if !o.$field.contains(&id) {
                    o.$field.push(id);
                }
                Ok(())
            }),
            Get::No,
        )
    };
}

pub(super) static ROWS: &[Row] = &[
    row(4, "AFFINITY", ALL, Set::U64(|o, v| o.affinity = v), Get::U64(|o| o.affinity)),
    row(
        5,
        "ROUTING_ID",
        ALL,
        Set::Bytes(1..=255, None, |o, v| o.routing_id = v.to_vec()),
        Get::Binary(|o, live| live.routing_id.unwrap_or(&o.routing_id)),
    ),
    row(6, "SUBSCRIBE", ALL, Set::Topic(true), Get::No),
    row(7, "UNSUBSCRIBE", ALL, Set::Topic(false), Get::No),
    // RATE, RECOVERY_IVL, MULTICAST_HOPS and MULTICAST_MAXTPDU matter to multicast transports, of which there are none
    // here. As in a libzmq without them, they are checked, kept and can be read back.
    int!(8, "RATE", rate, FROM_ONE),
    int!(9, "RECOVERY_IVL", recovery_ivl, FROM_ZERO),
    int!(11, "SNDBUF", sndbuf, FROM_MINUS_ONE),
    int!(12, "RCVBUF", rcvbuf, FROM_MINUS_ONE),
    row(13, "RCVMORE", ALL, Set::No, Get::Wide(|live| Ok(c_int::from(live.rcvmore)))),
    row(14, "FD", ALL, Set::No, Get::Wide(|live| (live.fd)())),
    row(15, "EVENTS", ALL, Set::No, Get::Wide(|live| (live.events)())),
    row(16, "TYPE", ALL, Set::No, Get::Int(|o| o.socket_type.code())),
    int!(17, "LINGER", linger, FROM_MINUS_ONE),
    int!(18, "RECONNECT_IVL", reconnect_ivl, FROM_MINUS_ONE),
    int!(19, "BACKLOG", backlog, FROM_ZERO),
    int!(21, "RECONNECT_IVL_MAX", reconnect_ivl_max, FROM_ZERO),
    row(22, "MAXMSGSIZE", ALL, Set::I64(|o, v| o.max_msg_size = v), Get::I64(|o| o.max_msg_size)),
    row(23, "SNDHWM", ALL, Set::Hwm(|o, v| o.sndhwm = v), Get::Int(|o| o.sndhwm)),
    row(24, "RCVHWM", ALL, Set::Hwm(|o, v| o.rcvhwm = v), Get::Int(|o| o.rcvhwm)),
    int!(25, "MULTICAST_HOPS", multicast_hops, FROM_ONE),
    int!(27, "RCVTIMEO", rcvtimeo, FROM_MINUS_ONE),
    int!(28, "SNDTIMEO", sndtimeo, FROM_MINUS_ONE),
    // Deprecated: IPV6 the other way round.
    row(31, "IPV4ONLY", ALL, Set::Strict(|o, v| o.ipv6 = !v), Get::Int(|o| c_int::from(!o.ipv6))),
    row(32, "LAST_ENDPOINT", ALL, Set::No, Get::Text(|_, live| live.last_endpoint)),
    flag!(33, "ROUTER_MANDATORY", router_mandatory, ROUTERS),
    int!(34, "TCP_KEEPALIVE", tcp_keepalive, -1..=1),
    int!(35, "TCP_KEEPALIVE_CNT", tcp_keepalive_cnt, FROM_MINUS_ONE),
    int!(36, "TCP_KEEPALIVE_IDLE", tcp_keepalive_idle, FROM_MINUS_ONE),
    int!(37, "TCP_KEEPALIVE_INTVL", tcp_keepalive_intvl, FROM_MINUS_ONE),
    row(
        38,
        "TCP_ACCEPT_FILTER",
        ALL,
        Set::Parsed(1..=255, Some(|o| o.tcp_accept_filters.clear()), |o, v| {
            o.tcp_accept_filters.push(AcceptFilter::parse(v, o.ipv6)?);
            Ok(())
        }),
        Get::No,
    ),
    strict!(39, "IMMEDIATE", immediate),
    // Two flags, repeated subscriptions and repeated unsubscriptions: VERBOSE governs the first and clears the second,
    // VERBOSER governs both.
    row(40, "XPUB_VERBOSE", PUBLISHERS, Set::Flag(|o, v| (o.xpub_verbose, o.xpub_verboser) = (v, false)), Get::No),
    flag!(41, "ROUTER_RAW", router_raw, ROUTERS),
    strict!(42, "IPV6", ipv6),
    row(43, "MECHANISM", ALL, Set::No, Get::Int(|o| o.mechanism as c_int)),
    server!(44, "PLAIN_SERVER", Mechanism::Plain),
    credential!(45, "PLAIN_USERNAME", plain_username),
    credential!(46, "PLAIN_PASSWORD", plain_password),
    server!(47, "CURVE_SERVER", Mechanism::Curve),
    key!(48, "CURVE_PUBLICKEY", curve_public_key, |_| ()),
    key!(49, "CURVE_SECRETKEY", curve_secret_key, |_| ()),
    // Who has a server's key is its client.
    key!(50, "CURVE_SERVERKEY", curve_server_key, |o| o.as_server = false),
    flag!(51, "PROBE_ROUTER", probe_router, PROBERS),
    flag!(52, "REQ_CORRELATE", req_correlate, &[Req]),
    flag!(53, "REQ_RELAXED", req_relaxed, &[Req]),
    strict!(54, "CONFLATE", conflate),
    text!(55, "ZAP_DOMAIN", zap_domain, 1..=255, None),
    flag!(56, "ROUTER_HANDOVER", router_handover, ROUTERS),
    int!(57, "TOS", tos, FROM_ZERO),
    ipc_filter!(58, "IPC_FILTER_PID", ipc_filter_pid),
    ipc_filter!(59, "IPC_FILTER_UID", ipc_filter_uid),
    ipc_filter!(60, "IPC_FILTER_GID", ipc_filter_gid),
    row(
        61,
        "CONNECT_ROUTING_ID",
        &[Router, Rep, Stream],
        Set::Bytes(1..=usize::MAX, None, |o, v| o.connect_routing_id = Some(v.to_vec())),
        Get::No,
    ),
    int!(66, "HANDSHAKE_IVL", handshake_ivl, FROM_ZERO),
    text!(68, "SOCKS_PROXY", socks_proxy, 1..=usize::MAX, Some(|o| o.socks_proxy.clear())),
    flag!(69, "XPUB_NODROP", xpub_nodrop, PUBLISHERS),
    flag!(71, "XPUB_MANUAL", xpub_manual, PUBLISHERS),
    row(
        72,
        "XPUB_WELCOME_MSG",
        PUBLISHERS,
        Set::Bytes(0..=usize::MAX, Some(|o| o.xpub_welcome = None), |o, v| {
            o.xpub_welcome = if v.is_empty() { None } else { Some(v.into()) };
        }),
        Get::No,
    ),
    row(73, "STREAM_NOTIFY", &[Stream], Set::Strict(|o, v| o.stream_notify = v), Get::No),
    row(
        74,
        "INVERT_MATCHING",
        ALL,
        Set::AnyFlag(|o, v| o.invert_matching = v),
        Get::Int(|o| c_int::from(o.invert_matching)),
    ),
    int!(75, "HEARTBEAT_IVL", heartbeat_ivl, FROM_ZERO),
    // Kept in the tenths of a second of the wire, what is below one is cut off, on the negative side too.
    row(
        76,
        "HEARTBEAT_TTL",
        ALL,
        Set::Int(-99..=6_553_599, |o, v| o.heartbeat_ttl_ds = u16::try_from(v / 100).unwrap_or(u16::MAX)),
        Get::Int(|o| c_int::from(o.heartbeat_ttl_ds) * 100),
    ),
    int!(77, "HEARTBEAT_TIMEOUT", heartbeat_timeout, FROM_ZERO),
    row(78, "XPUB_VERBOSER", PUBLISHERS, Set::Flag(|o, v| (o.xpub_verbose, o.xpub_verboser) = (v, v)), Get::No),
    int!(79, "CONNECT_TIMEOUT", connect_timeout, FROM_ZERO),
    int!(80, "TCP_MAXRT", tcp_maxrt, FROM_ZERO),
    // No stable socket type is thread safe.
    row(81, "THREAD_SAFE", ALL, Set::No, Get::Wide(|_| Ok(0))),
    int!(84, "MULTICAST_MAXTPDU", multicast_maxtpdu, FROM_ONE),
    int!(89, "USE_FD", use_fd, FROM_MINUS_ONE),
    text!(92, "BINDTODEVICE", bind_to_device, 1..=16, Some(|o| o.bind_to_device.clear())),
];
