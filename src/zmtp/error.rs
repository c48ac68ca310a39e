//! Why a connection has to be closed, and what the session owes the monitor and the peer then. Any thread.

use crate::errno::Errno;
use std::fmt;

/// Values of the event `ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL` (`ZMQ_PROTOCOL_ERROR_*` in zmq.h).
#[allow(missing_docs, reason = "each is the constant of the same name in zmq.h")]
pub mod code {
    pub const ZMTP_UNSPECIFIED: u32 = 0x1000_0000;
    pub const ZMTP_UNEXPECTED_COMMAND: u32 = 0x1000_0001;
    pub const ZMTP_INVALID_SEQUENCE: u32 = 0x1000_0002;
    pub const ZMTP_KEY_EXCHANGE: u32 = 0x1000_0003;
    pub const ZMTP_MALFORMED_COMMAND_UNSPECIFIED: u32 = 0x1000_0011;
    pub const ZMTP_MALFORMED_COMMAND_MESSAGE: u32 = 0x1000_0012;
    pub const ZMTP_MALFORMED_COMMAND_HELLO: u32 = 0x1000_0013;
    pub const ZMTP_MALFORMED_COMMAND_INITIATE: u32 = 0x1000_0014;
    pub const ZMTP_MALFORMED_COMMAND_ERROR: u32 = 0x1000_0015;
    pub const ZMTP_MALFORMED_COMMAND_READY: u32 = 0x1000_0016;
    pub const ZMTP_MALFORMED_COMMAND_WELCOME: u32 = 0x1000_0017;
    pub const ZMTP_INVALID_METADATA: u32 = 0x1000_0018;
    pub const ZMTP_CRYPTOGRAPHIC: u32 = 0x1100_0001;
    pub const ZMTP_MECHANISM_MISMATCH: u32 = 0x1100_0002;
    pub const ZAP_UNSPECIFIED: u32 = 0x2000_0000;
    pub const ZAP_MALFORMED_REPLY: u32 = 0x2000_0001;
    pub const ZAP_BAD_REQUEST_ID: u32 = 0x2000_0002;
    pub const ZAP_BAD_VERSION: u32 = 0x2000_0003;
    pub const ZAP_INVALID_STATUS_CODE: u32 = 0x2000_0004;
    pub const ZAP_INVALID_METADATA: u32 = 0x2000_0005;
}

/// What the monitor is told before `DISCONNECTED`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Nothing: a violation for which no event exists. The text says which.
    Silent(&'static str),
    /// `HANDSHAKE_FAILED_PROTOCOL` with a value of [`code`].
    Protocol(u32),
    /// `HANDSHAKE_FAILED_AUTH` with the status of the ZAP handler.
    Auth(u16),
    /// `HANDSHAKE_FAILED_NO_DETAIL` with an error number.
    NoDetail(Errno),
    /// The same, for a handshake that failed neither by the peer's doing nor for ever: this side cannot authenticate itself
    /// now.
    Local(Errno),
    /// Nothing: the peer was not heard of in time.
    TimedOut,
    /// Nothing: what the handshake settled is valid no more.
    Expired,
}

/// The connection has to be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProtocolError {
    /// What the monitor is told.
    pub failure: Failure,
    /// Output is waiting that the peer should get before the connection is closed: an ERROR command, or the greeting.
    pub flush: bool,
}

impl ProtocolError {
    /// Whether the connecting side may try again.
    pub fn reconnect(&self) -> bool {
        matches!(self.failure, Failure::TimedOut | Failure::Expired | Failure::Local(_))
    }

    /// A peer of a REQ socket sent what is no reply (RFC 28).
    pub const BROKEN_REPLY: ProtocolError = ProtocolError::silent("not a reply");

    /// This side cannot authenticate itself now.
    pub const fn local(errno: Errno) -> ProtocolError {
        ProtocolError { failure: Failure::Local(errno), flush: false }
    }

    pub(super) const fn silent(why: &'static str) -> ProtocolError {
        ProtocolError { failure: Failure::Silent(why), flush: false }
    }

    pub(super) const fn protocol(code: u32) -> ProtocolError {
        ProtocolError { failure: Failure::Protocol(code), flush: false }
    }

    pub(super) const fn auth(status: u16) -> ProtocolError {
        ProtocolError { failure: Failure::Auth(status), flush: false }
    }

    pub(super) const fn and_flush(mut self) -> ProtocolError {
        self.flush = true;
        self
    }
}

impl From<Errno> for ProtocolError {
    /// Memory ran out, or the source of entropy failed: nothing that the peer did.
    fn from(_: Errno) -> ProtocolError {
        ProtocolError::silent("out of memory or entropy")
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failure {
            Failure::Silent(why) => f.write_str(why),
            Failure::Protocol(code) => write!(f, "protocol error {code:#010x}"),
            Failure::Auth(status) => write!(f, "authentication refused with status {status}"),
            Failure::NoDetail(errno) | Failure::Local(errno) => write!(f, "handshake failed: {errno}"),
            Failure::TimedOut => f.write_str("nothing received in time"),
            Failure::Expired => f.write_str("the security context has expired"),
        }
    }
}

impl std::error::Error for ProtocolError {}
