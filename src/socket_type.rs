//! The table of socket types: one row says all that differs by type outside `pattern/`. Any thread.

use libc::c_int;

/// A socket type of the stable API.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum SocketType {
    /// Exclusive pair (RFC 31).
    Pair = 0,
    /// Publisher (RFC 29).
    Pub = 1,
    /// Subscriber (RFC 29).
    Sub = 2,
    /// Requester (RFC 28).
    Req = 3,
    /// Replier (RFC 28).
    Rep = 4,
    /// Asynchronous requester (RFC 28).
    Dealer = 5,
    /// Asynchronous replier, addressed by routing id (RFC 28).
    Router = 6,
    /// Pipeline sink (RFC 30).
    Pull = 7,
    /// Pipeline source (RFC 30).
    Push = 8,
    /// Publisher that sees subscriptions (RFC 29).
    Xpub = 9,
    /// Subscriber that sends subscriptions as messages (RFC 29).
    Xsub = 10,
    /// Raw TCP peers, addressed by routing id (zmq_socket(3)).
    Stream = 11,
}

use SocketType::{Dealer, Pair, Pub, Pull, Push, Rep, Req, Router, Stream, Sub, Xpub, Xsub};

/// What the layers outside `pattern/` need to know of a type.
#[derive(Debug)]
pub struct Row {
    /// The type this row describes.
    pub kind: SocketType,
    /// The Socket-Type property of ZMTP 3.x.
    pub wire_name: &'static str,
    /// Types that may be at the other end of a wire connection.
    pub peers: &'static [SocketType],
    /// `zmq_send` is legal at all.
    pub can_send: bool,
    /// `zmq_recv` is legal at all.
    pub can_recv: bool,
    /// READY carries the Identity property.
    pub sends_identity: bool,
    /// The routing id that the peer announces is of use to the pattern.
    pub wants_identity: bool,
    /// `zmq_connect` to an endpoint it is connected to already does nothing (zmq_connect(3)).
    pub unique_connects: bool,
    /// LINGER is 0 by default: only subscriptions flow out.
    pub no_linger: bool,
    /// CONFLATE has an effect (zmq_setsockopt(3)).
    pub can_conflate: bool,
    /// Connections carry raw bytes, without ZMTP.
    pub raw: bool,
    /// Subscriptions are sent anew on each connection.
    pub resubscribes: bool,
    /// Inbound messages must have a reply's envelope, or the connection is closed.
    pub strict_replies: bool,
}

const fn row(kind: SocketType, wire_name: &'static str, peers: &'static [SocketType]) -> Row {
    Row {
        kind,
        wire_name,
        peers,
        can_send: true,
        can_recv: true,
        sends_identity: false,
        wants_identity: false,
        unique_connects: false,
        no_linger: false,
        can_conflate: false,
        raw: false,
        resubscribes: false,
        strict_replies: false,
    }
}

static ROWS: [Row; 12] = [
    row(Pair, "PAIR", &[Pair]),
    Row { can_recv: false, unique_connects: true, can_conflate: true, ..row(Pub, "PUB", &[Sub, Xsub]) },
    Row {
        can_send: false,
        unique_connects: true,
        no_linger: true,
        can_conflate: true,
        resubscribes: true,
        ..row(Sub, "SUB", &[Pub, Xpub])
    },
    Row { sends_identity: true, unique_connects: true, strict_replies: true, ..row(Req, "REQ", &[Rep, Router]) },
    Row { wants_identity: true, ..row(Rep, "REP", &[Req, Dealer]) },
    Row {
        sends_identity: true,
        unique_connects: true,
        can_conflate: true,
        ..row(Dealer, "DEALER", &[Rep, Dealer, Router])
    },
    Row { sends_identity: true, wants_identity: true, ..row(Router, "ROUTER", &[Req, Dealer, Router]) },
    Row { can_send: false, can_conflate: true, ..row(Pull, "PULL", &[Push]) },
    Row { can_recv: false, can_conflate: true, ..row(Push, "PUSH", &[Pull]) },
    row(Xpub, "XPUB", &[Sub, Xsub]),
    Row { no_linger: true, resubscribes: true, ..row(Xsub, "XSUB", &[Pub, Xpub]) },
    Row { wants_identity: true, raw: true, ..row(Stream, "STREAM", &[]) },
];

impl SocketType {
    /// The type with this number in zmq.h, if the stable API has it.
    pub fn from_code(code: c_int) -> Option<SocketType> {
        usize::try_from(code).ok().and_then(|i| ROWS.get(i)).map(|r| r.kind)
    }

    /// The number in zmq.h.
    pub fn code(self) -> c_int {
        self as c_int
    }

    /// The type's row.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The type that a Socket-Type property names.
    pub fn from_wire_name(name: &[u8]) -> Option<SocketType> {
        ROWS.iter().find(|r| !r.raw && r.wire_name.as_bytes() == name).map(|r| r.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_code_and_peers_agree() {
        for (code, r) in ROWS.iter().enumerate() {
            assert_eq!(r.kind as usize, code);
            for p in r.peers {
                assert!(p.row().peers.contains(&r.kind), "{:?} and {:?}", r.kind, p);
            }
        }
        assert_eq!(SocketType::from_code(12), None);
        assert_eq!(SocketType::from_code(-1), None);
    }
}
