//! The table of socket options, sorted by number: one row says who has the option, how it is set and how it is read.
//! What has no row is refused: VMCI, most drafts, and GSSAPI where it is not built. Any thread.

use super::filter::AcceptFilter;
use super::id::*;
use super::row::{Get, Row, Set};
use super::{Mechanism, Options, curve, metadata};
use crate::errno::{Errno, Result};
use crate::socket_type::SocketType::{self, Dealer, Pub, Rep, Req, Router, Stream, Xpub, Xsub};
use crate::util::secret::Secret;
use core::ops::RangeInclusive;
use libc::c_int;
use std::sync::Arc;

const ALL: &[SocketType] = &[];
const ROUTERS: &[SocketType] = &[Router, Rep];
const PROBERS: &[SocketType] = &[Req, Rep, Dealer, Router];
const PUBLISHERS: &[SocketType] = &[Pub, Xpub];

const FROM_MINUS_ONE: RangeInclusive<c_int> = -1..=c_int::MAX;
const FROM_ZERO: RangeInclusive<c_int> = 0..=c_int::MAX;
const FROM_ONE: RangeInclusive<c_int> = 1..=c_int::MAX;

/// A copy of bytes of any length, shared by all who copy the options.
fn copy(value: &[u8]) -> Result<Arc<Vec<u8>>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(value.len()).map_err(|_| Errno::ENOMEM)?;
    copy.extend_from_slice(value);
    Ok(Arc::new(copy))
}

const fn row(id: c_int, types: &'static [SocketType], set: Set, get: Get) -> Row {
    Row { id, types, set, get }
}

/// An `int` in a range, kept in a field.
macro_rules! int {
    ($id:expr, $field:ident, $range:expr) => {
        row($id, ALL, Set::Int($range, |o, v| o.$field = v), Get::Int(|o| o.$field))
    };
}

/// 0 or 1, kept in a field.
macro_rules! strict {
    ($id:expr, $field:ident) => {
        row($id, ALL, Set::Strict(|o, v| o.$field = v), Get::Int(|o| c_int::from(o.$field)))
    };
}

/// Any number, of which 0 is false, kept in a field.
macro_rules! any_flag {
    ($id:expr, $field:ident) => {
        row($id, ALL, Set::AnyFlag(|o, v| o.$field = v), Get::Int(|o| c_int::from(o.$field)))
    };
}

/// A flag that some types have and that cannot be read.
macro_rules! flag {
    ($id:expr, $field:ident, $types:expr) => {
        row($id, $types, Set::Flag(|o, v| o.$field = v), Get::No)
    };
}

/// Bytes kept in a field, read as text. `$null`: what NULL does.
macro_rules! text {
    ($id:expr, $field:ident, $len:expr, $null:expr) => {
        row($id, ALL, Set::Bytes($len, $null, |o, v| o.$field = v.to_vec()), Get::Text(|o, _| &o.$field))
    };
}

/// A PLAIN credential: to set it is to be a PLAIN client, and NULL turns security off but keeps the value.
macro_rules! credential {
    ($id:expr, $field:ident) => {
        row(
            $id,
            ALL,
            Set::Bytes(1..=255, Some(|o| o.mechanism = Mechanism::Null), |o, v| {
                o.$field = v.to_vec().into();
                (o.mechanism, o.as_server) = (Mechanism::Plain, false);
            }),
            Get::Text(|o, _| &o.$field),
        )
    };
}

/// PLAIN_SERVER or CURVE_SERVER: 0 turns security off, whatever the mechanism was.
macro_rules! server {
    ($id:expr, $mechanism:expr) => {
        row(
            $id,
            ALL,
            Set::Strict(|o, v| (o.mechanism, o.as_server) = (if v { $mechanism } else { Mechanism::Null }, v)),
            Get::Int(|o| c_int::from(o.mechanism == $mechanism && o.as_server)),
        )
    };
}

/// A CURVE key. `$and`: what setting it does besides choosing the mechanism.
macro_rules! key {
    ($id:expr, $field:ident, $and:expr) => {
        row(
            $id,
            ALL,
            Set::Parsed(32..=41, None, |o, v| {
                curve::parse_key(v, &mut o.$field)?;
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
    ($id:expr, $field:ident) => {
        row(
            $id,
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
    row(AFFINITY, ALL, Set::U64(|o, v| o.affinity = v), Get::U64(|o| o.affinity)),
    row(
        ROUTING_ID,
        ALL,
        Set::Bytes(1..=255, None, |o, v| o.routing_id = v.to_vec()),
        Get::Binary(|o, live| live.routing_id.unwrap_or(&o.routing_id)),
    ),
    row(SUBSCRIBE, ALL, Set::Topic(true), Get::No),
    row(UNSUBSCRIBE, ALL, Set::Topic(false), Get::No),
    // RATE, RECOVERY_IVL, MULTICAST_HOPS, MULTICAST_MAXTPDU and MULTICAST_LOOP matter to multicast transports, of which there are none
    // here. As in a libzmq without them, they are checked, kept and can be read back.
    int!(RATE, rate, FROM_ONE),
    int!(RECOVERY_IVL, recovery_ivl, FROM_ZERO),
    int!(SNDBUF, sndbuf, FROM_MINUS_ONE),
    int!(RCVBUF, rcvbuf, FROM_MINUS_ONE),
    row(RCVMORE, ALL, Set::No, Get::Wide(|live| Ok(c_int::from(live.rcvmore)))),
    row(FD, ALL, Set::No, Get::Wide(|live| (live.fd)())),
    row(EVENTS, ALL, Set::No, Get::Wide(|live| (live.events)())),
    row(TYPE, ALL, Set::No, Get::Int(|o| o.socket_type.code())),
    int!(LINGER, linger, FROM_MINUS_ONE),
    int!(RECONNECT_IVL, reconnect_ivl, FROM_MINUS_ONE),
    int!(BACKLOG, backlog, FROM_ZERO),
    int!(RECONNECT_IVL_MAX, reconnect_ivl_max, FROM_ZERO),
    row(MAXMSGSIZE, ALL, Set::I64(|o, v| o.max_msg_size = v), Get::I64(|o| o.max_msg_size)),
    row(SNDHWM, ALL, Set::Hwm(|o, v| o.sndhwm = v), Get::Int(|o| o.sndhwm)),
    row(RCVHWM, ALL, Set::Hwm(|o, v| o.rcvhwm = v), Get::Int(|o| o.rcvhwm)),
    int!(MULTICAST_HOPS, multicast_hops, FROM_ONE),
    int!(RCVTIMEO, rcvtimeo, FROM_MINUS_ONE),
    int!(SNDTIMEO, sndtimeo, FROM_MINUS_ONE),
    // Deprecated: IPV6 the other way round.
    row(IPV4ONLY, ALL, Set::Strict(|o, v| o.ipv6 = !v), Get::Int(|o| c_int::from(!o.ipv6))),
    row(LAST_ENDPOINT, ALL, Set::No, Get::Text(|_, live| live.last_endpoint)),
    flag!(ROUTER_MANDATORY, router_mandatory, ROUTERS),
    int!(TCP_KEEPALIVE, tcp_keepalive, -1..=1),
    int!(TCP_KEEPALIVE_CNT, tcp_keepalive_cnt, FROM_MINUS_ONE),
    int!(TCP_KEEPALIVE_IDLE, tcp_keepalive_idle, FROM_MINUS_ONE),
    int!(TCP_KEEPALIVE_INTVL, tcp_keepalive_intvl, FROM_MINUS_ONE),
    row(
        TCP_ACCEPT_FILTER,
        ALL,
        Set::Parsed(1..=255, Some(|o| o.tcp_accept_filters.clear()), |o, v| {
            o.tcp_accept_filters.push(AcceptFilter::parse(v, o.ipv6)?);
            Ok(())
        }),
        Get::No,
    ),
    strict!(IMMEDIATE, immediate),
    // Two flags, repeated subscriptions and repeated unsubscriptions: VERBOSE governs the first and clears the second,
    // VERBOSER governs both.
    row(XPUB_VERBOSE, PUBLISHERS, Set::Flag(|o, v| (o.xpub_verbose, o.xpub_verboser) = (v, false)), Get::No),
    flag!(ROUTER_RAW, router_raw, ROUTERS),
    strict!(IPV6, ipv6),
    row(MECHANISM, ALL, Set::No, Get::Int(|o| o.mechanism as c_int)),
    server!(PLAIN_SERVER, Mechanism::Plain),
    credential!(PLAIN_USERNAME, plain_username),
    credential!(PLAIN_PASSWORD, plain_password),
    server!(CURVE_SERVER, Mechanism::Curve),
    key!(CURVE_PUBLICKEY, curve_public_key, |_| ()),
    key!(CURVE_SECRETKEY, curve_secret_key, |_| ()),
    // Who has a server's key is its client.
    key!(CURVE_SERVERKEY, curve_server_key, |o| o.as_server = false),
    flag!(PROBE_ROUTER, probe_router, PROBERS),
    flag!(REQ_CORRELATE, req_correlate, &[Req]),
    flag!(REQ_RELAXED, req_relaxed, &[Req]),
    strict!(CONFLATE, conflate),
    text!(ZAP_DOMAIN, zap_domain, 1..=255, None),
    flag!(ROUTER_HANDOVER, router_handover, ROUTERS),
    int!(TOS, tos, FROM_ZERO),
    ipc_filter!(IPC_FILTER_PID, ipc_filter_pid),
    ipc_filter!(IPC_FILTER_UID, ipc_filter_uid),
    ipc_filter!(IPC_FILTER_GID, ipc_filter_gid),
    row(
        CONNECT_ROUTING_ID,
        &[Router, Rep, Stream],
        Set::Parsed(1..=usize::MAX, None, |o, v| {
            o.connect_routing_id = Some(copy(v)?);
            Ok(())
        }),
        Get::No,
    ),
    // Whatever it is set to, GSSAPI_SERVER chooses the mechanism.
    #[cfg(feature = "gssapi")]
    row(
        GSSAPI_SERVER,
        ALL,
        Set::Strict(|o, v| (o.mechanism, o.as_server) = (Mechanism::Gssapi, v)),
        Get::Int(|o| c_int::from(o.mechanism == Mechanism::Gssapi && o.as_server)),
    ),
    #[cfg(feature = "gssapi")]
    row(
        GSSAPI_PRINCIPAL,
        ALL,
        Set::Bytes(1..=255, None, |o, v| {
            o.gssapi_principal = v.to_vec();
            o.mechanism = Mechanism::Gssapi;
        }),
        Get::Text(|o, _| &o.gssapi_principal),
    ),
    // Who knows the service is its client.
    #[cfg(feature = "gssapi")]
    row(
        GSSAPI_SERVICE_PRINCIPAL,
        ALL,
        Set::Bytes(1..=255, None, |o, v| {
            o.gssapi_service_principal = v.to_vec();
            (o.mechanism, o.as_server) = (Mechanism::Gssapi, false);
        }),
        Get::Text(|o, _| &o.gssapi_service_principal),
    ),
    #[cfg(feature = "gssapi")]
    strict!(GSSAPI_PLAINTEXT, gssapi_plaintext),
    int!(HANDSHAKE_IVL, handshake_ivl, FROM_ZERO),
    // Longer than any host's name and port.
    text!(SOCKS_PROXY, socks_proxy, 1..=4096, Some(|o| o.socks_proxy.clear())),
    flag!(XPUB_NODROP, xpub_nodrop, PUBLISHERS),
    flag!(XPUB_MANUAL, xpub_manual, PUBLISHERS),
    row(
        XPUB_WELCOME_MSG,
        PUBLISHERS,
        Set::Parsed(0..=usize::MAX, Some(|o| o.xpub_welcome = None), |o, v| {
            o.xpub_welcome = if v.is_empty() { None } else { Some(copy(v)?) };
            Ok(())
        }),
        Get::No,
    ),
    row(STREAM_NOTIFY, &[Stream], Set::Strict(|o, v| o.stream_notify = v), Get::No),
    any_flag!(INVERT_MATCHING, invert_matching),
    int!(HEARTBEAT_IVL, heartbeat_ivl, FROM_ZERO),
    // Kept in the tenths of a second of the wire, what is below one is cut off, on the negative side too.
    row(
        HEARTBEAT_TTL,
        ALL,
        Set::Int(-99..=6_553_599, |o, v| o.heartbeat_ttl_ds = u16::try_from(v / 100).unwrap_or(u16::MAX)),
        Get::Int(|o| c_int::from(o.heartbeat_ttl_ds) * 100),
    ),
    int!(HEARTBEAT_TIMEOUT, heartbeat_timeout, FROM_ZERO),
    row(XPUB_VERBOSER, PUBLISHERS, Set::Flag(|o, v| (o.xpub_verbose, o.xpub_verboser) = (v, v)), Get::No),
    int!(CONNECT_TIMEOUT, connect_timeout, FROM_ZERO),
    int!(TCP_MAXRT, tcp_maxrt, FROM_ZERO),
    // No stable socket type is thread safe.
    row(THREAD_SAFE, ALL, Set::No, Get::Wide(|_| Ok(0))),
    int!(MULTICAST_MAXTPDU, multicast_maxtpdu, FROM_ONE),
    int!(USE_FD, use_fd, FROM_MINUS_ONE),
    #[cfg(feature = "gssapi")]
    int!(GSSAPI_PRINCIPAL_NAMETYPE, gssapi_principal_nametype, 0..=2),
    #[cfg(feature = "gssapi")]
    int!(GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, gssapi_service_principal_nametype, 0..=2),
    text!(BINDTODEVICE, bind_to_device, 1..=16, Some(|o| o.bind_to_device.clear())),
    any_flag!(ZAP_ENFORCE_DOMAIN, zap_enforce_domain),
    // A setting of sockets on Windows. Elsewhere, as in libzmq, it is kept and can be read back.
    any_flag!(LOOPBACK_FASTPATH, loopback_fastpath),
    row(
        METADATA,
        ALL,
        Set::Parsed(0..=usize::MAX, None, |o, v| {
            let (name, value) = metadata::parse(v)?;
            // A name that was set stays as it is.
            o.metadata.entry(name.to_vec()).or_insert_with(|| value.to_vec());
            Ok(())
        }),
        Get::No,
    ),
    any_flag!(MULTICAST_LOOP, multicast_loop),
    // Both this and XPUB_MANUAL decide on who applies subscriptions, whichever is set last.
    row(XPUB_MANUAL_LAST_VALUE, PUBLISHERS, Set::Flag(|o, v| (o.xpub_manual, o.xpub_last_value) = (v, v)), Get::No),
    text!(SOCKS_USERNAME, socks_username, 0..=255, Some(|o| o.socks_username.clear())),
    row(
        SOCKS_PASSWORD,
        ALL,
        Set::Bytes(0..=255, Some(|o| o.socks_password = Secret::default()), |o, v| {
            o.socks_password = v.to_vec().into()
        }),
        Get::Text(|o, _| &o.socks_password),
    ),
    flag!(ONLY_FIRST_SUBSCRIBE, only_first_subscribe, &[Pub, Xpub, Xsub]),
    int!(RECONNECT_STOP, reconnect_stop, c_int::MIN..=c_int::MAX),
];
