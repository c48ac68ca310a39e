//! Numbers of the socket options, as zmq.h has them without the `ZMQ_`. Any thread.
//!
//! From 93 on they are options that zmq.h declares as drafts, but that stable builds of libzmq have all the same.
//!
//! zmq.h has older names besides: IDENTITY is ROUTING_ID, CONNECT_RID is CONNECT_ROUTING_ID, ROUTER_BEHAVIOR and
//! FAIL_UNROUTABLE are ROUTER_MANDATORY, DELAY_ATTACH_ON_CONNECT is IMMEDIATE.

#![allow(missing_docs, reason = "each is the option of the same name in zmq_setsockopt(3)")]

use libc::c_int;

pub const AFFINITY: c_int = 4;
pub const ROUTING_ID: c_int = 5;
pub const SUBSCRIBE: c_int = 6;
pub const UNSUBSCRIBE: c_int = 7;
pub const RATE: c_int = 8;
pub const RECOVERY_IVL: c_int = 9;
pub const SNDBUF: c_int = 11;
pub const RCVBUF: c_int = 12;
pub const RCVMORE: c_int = 13;
pub const FD: c_int = 14;
pub const EVENTS: c_int = 15;
pub const TYPE: c_int = 16;
pub const LINGER: c_int = 17;
pub const RECONNECT_IVL: c_int = 18;
pub const BACKLOG: c_int = 19;
pub const RECONNECT_IVL_MAX: c_int = 21;
pub const MAXMSGSIZE: c_int = 22;
pub const SNDHWM: c_int = 23;
pub const RCVHWM: c_int = 24;
pub const MULTICAST_HOPS: c_int = 25;
pub const RCVTIMEO: c_int = 27;
pub const SNDTIMEO: c_int = 28;
pub const IPV4ONLY: c_int = 31;
pub const LAST_ENDPOINT: c_int = 32;
pub const ROUTER_MANDATORY: c_int = 33;
pub const TCP_KEEPALIVE: c_int = 34;
pub const TCP_KEEPALIVE_CNT: c_int = 35;
pub const TCP_KEEPALIVE_IDLE: c_int = 36;
pub const TCP_KEEPALIVE_INTVL: c_int = 37;
pub const TCP_ACCEPT_FILTER: c_int = 38;
pub const IMMEDIATE: c_int = 39;
pub const XPUB_VERBOSE: c_int = 40;
pub const ROUTER_RAW: c_int = 41;
pub const IPV6: c_int = 42;
pub const MECHANISM: c_int = 43;
pub const PLAIN_SERVER: c_int = 44;
pub const PLAIN_USERNAME: c_int = 45;
pub const PLAIN_PASSWORD: c_int = 46;
pub const CURVE_SERVER: c_int = 47;
pub const CURVE_PUBLICKEY: c_int = 48;
pub const CURVE_SECRETKEY: c_int = 49;
pub const CURVE_SERVERKEY: c_int = 50;
pub const PROBE_ROUTER: c_int = 51;
pub const REQ_CORRELATE: c_int = 52;
pub const REQ_RELAXED: c_int = 53;
pub const CONFLATE: c_int = 54;
pub const ZAP_DOMAIN: c_int = 55;
pub const ROUTER_HANDOVER: c_int = 56;
pub const TOS: c_int = 57;
pub const IPC_FILTER_PID: c_int = 58;
pub const IPC_FILTER_UID: c_int = 59;
pub const IPC_FILTER_GID: c_int = 60;
pub const CONNECT_ROUTING_ID: c_int = 61;
pub const GSSAPI_SERVER: c_int = 62;
pub const GSSAPI_PRINCIPAL: c_int = 63;
pub const GSSAPI_SERVICE_PRINCIPAL: c_int = 64;
pub const GSSAPI_PLAINTEXT: c_int = 65;
pub const HANDSHAKE_IVL: c_int = 66;
pub const SOCKS_PROXY: c_int = 68;
pub const XPUB_NODROP: c_int = 69;
pub const XPUB_MANUAL: c_int = 71;
pub const XPUB_WELCOME_MSG: c_int = 72;
pub const STREAM_NOTIFY: c_int = 73;
pub const INVERT_MATCHING: c_int = 74;
pub const HEARTBEAT_IVL: c_int = 75;
pub const HEARTBEAT_TTL: c_int = 76;
pub const HEARTBEAT_TIMEOUT: c_int = 77;
pub const XPUB_VERBOSER: c_int = 78;
pub const CONNECT_TIMEOUT: c_int = 79;
pub const TCP_MAXRT: c_int = 80;
pub const THREAD_SAFE: c_int = 81;
pub const MULTICAST_MAXTPDU: c_int = 84;
pub const USE_FD: c_int = 89;
pub const GSSAPI_PRINCIPAL_NAMETYPE: c_int = 90;
pub const GSSAPI_SERVICE_PRINCIPAL_NAMETYPE: c_int = 91;
pub const BINDTODEVICE: c_int = 92;
pub const ZAP_ENFORCE_DOMAIN: c_int = 93;
pub const LOOPBACK_FASTPATH: c_int = 94;
pub const METADATA: c_int = 95;
pub const MULTICAST_LOOP: c_int = 96;
pub const XPUB_MANUAL_LAST_VALUE: c_int = 98;
pub const SOCKS_USERNAME: c_int = 99;
pub const SOCKS_PASSWORD: c_int = 100;
pub const ONLY_FIRST_SUBSCRIBE: c_int = 108;
pub const RECONNECT_STOP: c_int = 109;
