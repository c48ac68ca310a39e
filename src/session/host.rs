//! What a session needs of the socket it works for. Shared by the socket's thread and the I/O threads.

use crate::options::Options;
use crate::pipe::PipeEnd;
use crate::runtime::{IoThread, Mailbox};
use crate::transport::Resolver;
use crate::util::background::Background;
use std::sync::Arc;

/// Monitor events, by their number in zmq.h (zmq_socket_monitor(3)).
pub mod event {
    #![allow(missing_docs, reason = "the names are those of ZMQ_EVENT_*")]
    pub const CONNECTED: u16 = 0x0001;
    pub const CONNECT_DELAYED: u16 = 0x0002;
    pub const CONNECT_RETRIED: u16 = 0x0004;
    pub const LISTENING: u16 = 0x0008;
    pub const BIND_FAILED: u16 = 0x0010;
    pub const ACCEPTED: u16 = 0x0020;
    pub const ACCEPT_FAILED: u16 = 0x0040;
    pub const CLOSED: u16 = 0x0080;
    pub const CLOSE_FAILED: u16 = 0x0100;
    pub const DISCONNECTED: u16 = 0x0200;
    pub const MONITOR_STOPPED: u16 = 0x0400;
    pub const HANDSHAKE_FAILED_NO_DETAIL: u16 = 0x0800;
    pub const HANDSHAKE_SUCCEEDED: u16 = 0x1000;
    pub const HANDSHAKE_FAILED_PROTOCOL: u16 = 0x2000;
    pub const HANDSHAKE_FAILED_AUTH: u16 = 0x4000;
}

/// The socket, as its sessions and listeners see it.
pub trait Host: Send + Sync {
    /// Where commands to the socket go.
    fn mailbox(&self) -> &Arc<Mailbox>;

    /// Whether there is a monitor that wants the event, for whose text the kernel has to be asked.
    fn wants(&self, event: u16) -> bool;

    /// Reports to the monitor, if there is one that wants the event.
    fn emit(&self, event: u16, value: u32, endpoint: &str);

    /// The least loaded I/O thread that `affinity` allows.
    ///
    /// # Errors
    /// `EMTHREAD` if there is none, or what starting one says.
    fn choose_io_thread(&self, affinity: u64) -> crate::errno::Result<Arc<IoThread>>;

    /// Where host names are looked up.
    fn resolver(&self) -> &Resolver;

    /// Where security libraries are asked: on the accepting side, which asks no server, or on the initiating side, which may
    /// wait for one and must not hold up the other.
    fn negotiations(&self, accepting: bool) -> &Background;

    /// A pipe to the context's authentication handler (RFC 27), if one is bound.
    fn connect_to_zap(&self) -> Option<PipeEnd>;
}

/// What all sessions of one endpoint share.
#[derive(Clone)]
pub struct Origin {
    /// The socket.
    pub host: Arc<dyn Host>,
    /// The socket's sessions.
    pub sessions: Arc<super::Sessions>,
    /// The options when the endpoint was made.
    pub options: Arc<Options>,
    /// The socket's number for the endpoint.
    pub endpoint: u64,
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Origin").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
