//! Options of a socket: the values, their defaults, and one table row per option. The socket's thread; listeners,
//! connecters and sessions hold a snapshot that was taken at bind or connect.

#![forbid(unsafe_code)]

pub mod context;
mod curve;
mod filter;
pub mod id;
mod metadata;
mod row;
mod table;
#[cfg(test)]
mod tests;

pub use filter::AcceptFilter;
pub use row::{Effect, Live, get, set};

use crate::socket_type::SocketType;
use crate::util::secret::Secret;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Security mechanism, as `ZMQ_MECHANISM` numbers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mechanism {
    /// No security.
    #[default]
    Null = 0,
    /// User name and password in clear (RFC 24).
    Plain = 1,
    /// Elliptic-curve encryption and authentication (RFC 26).
    Curve = 2,
    /// Kerberos (RFC 38).
    Gssapi = 3,
}

/// Every option's value. Times are milliseconds, sizes bytes, -1 as in zmq_setsockopt(3).
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "each field is the option of the same name in zmq_setsockopt(3)")]
pub struct Options {
    pub socket_type: SocketType,
    pub affinity: u64,
    pub routing_id: Vec<u8>,
    pub rate: i32,
    pub recovery_ivl: i32,
    pub sndbuf: i32,
    pub rcvbuf: i32,
    pub linger: i32,
    pub reconnect_ivl: i32,
    pub reconnect_ivl_max: i32,
    /// Bits of [`stop`].
    pub reconnect_stop: i32,
    pub backlog: i32,
    pub max_msg_size: i64,
    pub sndhwm: i32,
    pub rcvhwm: i32,
    pub multicast_hops: i32,
    pub multicast_maxtpdu: i32,
    pub multicast_loop: bool,
    pub loopback_fastpath: bool,
    pub rcvtimeo: i32,
    pub sndtimeo: i32,
    pub tcp_keepalive: i32,
    pub tcp_keepalive_cnt: i32,
    pub tcp_keepalive_idle: i32,
    pub tcp_keepalive_intvl: i32,
    /// Numeric networks that may connect; empty admits all.
    pub tcp_accept_filters: Vec<AcceptFilter>,
    pub ipc_filter_pid: Vec<u32>,
    pub ipc_filter_uid: Vec<u32>,
    pub ipc_filter_gid: Vec<u32>,
    pub immediate: bool,
    pub ipv6: bool,
    pub router_mandatory: bool,
    pub router_raw: bool,
    pub router_handover: bool,
    pub probe_router: bool,
    pub req_correlate: bool,
    pub req_relaxed: bool,
    /// Repeated subscriptions are reported (XPUB_VERBOSE and XPUB_VERBOSER).
    pub xpub_verbose: bool,
    /// Repeated unsubscriptions are reported (XPUB_VERBOSER).
    pub xpub_verboser: bool,
    pub xpub_nodrop: bool,
    pub xpub_manual: bool,
    /// XPUB_MANUAL_LAST_VALUE; `xpub_manual` is then set, too, unless it was taken back.
    pub xpub_last_value: bool,
    pub xpub_welcome: Option<Arc<Vec<u8>>>,
    pub only_first_subscribe: bool,
    pub invert_matching: bool,
    pub stream_notify: bool,
    pub conflate: bool,
    /// CONNECT_ROUTING_ID, taken by the next connect.
    pub connect_routing_id: Option<Arc<Vec<u8>>>,
    pub tos: i32,
    pub handshake_ivl: i32,
    pub socks_proxy: Vec<u8>,
    pub socks_username: Vec<u8>,
    pub socks_password: Secret<Vec<u8>>,
    pub heartbeat_ivl: i32,
    /// Tenths of a second, as they go on the wire.
    pub heartbeat_ttl_ds: u16,
    /// -1 means the same as `heartbeat_ivl`.
    pub heartbeat_timeout: i32,
    pub connect_timeout: i32,
    pub tcp_maxrt: i32,
    pub use_fd: i32,
    pub bind_to_device: Vec<u8>,
    pub zap_domain: Vec<u8>,
    pub zap_enforce_domain: bool,
    /// Properties that the peers are told (METADATA), by name.
    pub metadata: BTreeMap<Vec<u8>, Vec<u8>>,
    pub mechanism: Mechanism,
    /// PLAIN_SERVER, CURVE_SERVER or GSSAPI_SERVER, whichever the mechanism is.
    pub as_server: bool,
    pub plain_username: Secret<Vec<u8>>,
    pub plain_password: Secret<Vec<u8>>,
    pub curve_public_key: [u8; 32],
    pub curve_secret_key: Secret<[u8; 32]>,
    pub curve_server_key: [u8; 32],
    pub gssapi_principal: Vec<u8>,
    /// `ZMQ_GSSAPI_NT_*`.
    pub gssapi_principal_nametype: i32,
    pub gssapi_service_principal: Vec<u8>,
    /// `ZMQ_GSSAPI_NT_*`.
    pub gssapi_service_principal_nametype: i32,
    pub gssapi_plaintext: bool,
    /// The context's ZERO_COPY_RECV when the socket was made.
    pub zero_copy_recv: bool,
}

/// Bits of RECONNECT_STOP: when no further attempt to connect is made.
pub mod stop {
    /// The peer refused the connection: the endpoint is given up.
    pub const CONN_REFUSED: i32 = 1;
    /// The connection was lost before the handshake was over, or the handshake took too long.
    pub const HANDSHAKE_FAILED: i32 = 2;
    /// `zmq_disconnect` was called, though there are messages left to send.
    pub const AFTER_DISCONNECT: i32 = 4;
}

/// What the context passes on to a new socket.
#[derive(Clone, Copy, Debug)]
pub struct Inherited {
    /// Default of IPV6.
    pub ipv6: bool,
    /// Default of LINGER is -1, else 0 (BLOCKY).
    pub blocky: bool,
    /// Received messages may refer to the receive buffer.
    pub zero_copy_recv: bool,
}

impl Options {
    /// The defaults of a type (zmq_setsockopt(3)).
    pub fn new(socket_type: SocketType, inherited: Inherited) -> Options {
        let no_linger = !inherited.blocky || socket_type.row().no_linger;
        Options {
            socket_type,
            affinity: 0,
            routing_id: Vec::new(),
            rate: 100,
            recovery_ivl: 10_000,
            sndbuf: -1,
            rcvbuf: -1,
            linger: if no_linger { 0 } else { -1 },
            reconnect_ivl: 100,
            reconnect_ivl_max: 0,
            reconnect_stop: 0,
            backlog: 100,
            max_msg_size: -1,
            sndhwm: 1000,
            rcvhwm: 1000,
            multicast_hops: 1,
            multicast_maxtpdu: 1500,
            multicast_loop: true,
            loopback_fastpath: false,
            rcvtimeo: -1,
            sndtimeo: -1,
            tcp_keepalive: -1,
            tcp_keepalive_cnt: -1,
            tcp_keepalive_idle: -1,
            tcp_keepalive_intvl: -1,
            tcp_accept_filters: Vec::new(),
            ipc_filter_pid: Vec::new(),
            ipc_filter_uid: Vec::new(),
            ipc_filter_gid: Vec::new(),
            immediate: false,
            ipv6: inherited.ipv6,
            router_mandatory: false,
            router_raw: false,
            router_handover: false,
            probe_router: false,
            req_correlate: false,
            req_relaxed: false,
            xpub_verbose: false,
            xpub_verboser: false,
            xpub_nodrop: false,
            xpub_manual: false,
            xpub_last_value: false,
            xpub_welcome: None,
            only_first_subscribe: false,
            invert_matching: false,
            stream_notify: true,
            conflate: false,
            connect_routing_id: None,
            tos: 0,
            handshake_ivl: 30_000,
            socks_proxy: Vec::new(),
            socks_username: Vec::new(),
            socks_password: Secret::default(),
            heartbeat_ivl: 0,
            heartbeat_ttl_ds: 0,
            heartbeat_timeout: -1,
            connect_timeout: 0,
            tcp_maxrt: 0,
            use_fd: -1,
            bind_to_device: Vec::new(),
            zap_domain: Vec::new(),
            zap_enforce_domain: false,
            metadata: BTreeMap::new(),
            mechanism: Mechanism::Null,
            as_server: false,
            plain_username: Secret::default(),
            plain_password: Secret::default(),
            curve_public_key: [0; 32],
            curve_secret_key: Secret::default(),
            curve_server_key: [0; 32],
            gssapi_principal: Vec::new(),
            gssapi_principal_nametype: 0,
            gssapi_service_principal: Vec::new(),
            gssapi_service_principal_nametype: 0,
            gssapi_plaintext: false,
            zero_copy_recv: inherited.zero_copy_recv,
        }
    }
}
