//! What a connection tells its session. I/O thread.

use super::gss::Negotiation;
use super::zap::ZapRequest;
use crate::message::Msg;
use crate::socket_type::SocketType;

/// Something that the peer did. Every variant's content starts at a multiple of eight bytes: a smaller tag would have each
/// message copied in unaligned pieces.
#[derive(Debug)]
pub enum Event {
    /// One part of a message. A subscription that came as a command has the flag SUBSCRIBE or CANCEL, and the topic as its
    /// content; one that came as a message (peers before 3.1) is a plain message starting with 1 or 0.
    Message(Msg),
    /// The handshake is over; messages may flow.
    Ready(Box<PeerInfo>),
    /// The ZAP handler is to be asked; the answer goes to `Connection::zap_reply`. Until then nothing else happens.
    ZapRequest(Box<ZapRequest>),
    /// A security library has to take a step, which may block; the result goes to `Connection::negotiated`. Until then
    /// nothing else happens.
    Negotiate(Box<Negotiation>),
    /// The ZAP handler answered 300, of which the peer is not told: the connection idles until the handshake timer ends it
    /// (`HANDSHAKE_FAILED_AUTH` with 300).
    Refused,
}

/// What is spoken with the peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// No protocol: bytes as they are.
    Raw,
    /// ZMTP 1.0 without a greeting: libzmq 2, whose subscribers keep their subscriptions to themselves.
    Unversioned,
    /// ZMTP 1.0.
    V1,
    /// ZMTP 2.0.
    V2,
    /// ZMTP 3.0, where subscriptions are messages.
    V3_0,
    /// ZMTP 3.1 and what follows it.
    V3_1,
}

impl Protocol {
    /// Whether frames may be commands, after the handshake too.
    #[inline]
    pub(super) fn has_commands(self) -> bool {
        matches!(self, Protocol::V3_0 | Protocol::V3_1)
    }
}

/// What the handshake found out.
#[derive(Debug)]
pub struct PeerInfo {
    /// What is spoken with the peer.
    pub protocol: Protocol,
    /// The routing id that the peer announced; empty if none.
    pub routing_id: Vec<u8>,
    /// The peer's type, where it announced one.
    pub socket_type: Option<SocketType>,
    /// Properties of the connection: first what the ZAP handler said ("User-Id" and its metadata), then what the peer
    /// announced. A peer cannot announce the names that this side gives (User-Id, Peer-Address).
    pub properties: Vec<(Vec<u8>, Vec<u8>)>,
}

impl PeerInfo {
    pub(super) fn unknown(protocol: Protocol) -> PeerInfo {
        PeerInfo { protocol, routing_id: Vec::new(), socket_type: None, properties: Vec::new() }
    }

    /// There was no handshake that could succeed or fail, for the monitor.
    pub fn is_legacy(&self) -> bool {
        !matches!(self.protocol, Protocol::V3_0 | Protocol::V3_1)
    }

    /// The peer sends no subscriptions: a publisher sends it everything.
    pub fn subscribe_all(&self) -> bool {
        self.protocol == Protocol::Unversioned
    }
}
