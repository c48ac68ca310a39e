//! What a connection has to know of its socket's options. Made by the session, then owned by the connection.

use crate::errno::Result;
use crate::socket_type::SocketType;
use std::time::Duration;

/// Fills a buffer with bytes that nobody can predict.
pub type Entropy = fn(&mut [u8]) -> Result<()>;

/// Settings of one connection.
#[derive(Debug)]
pub struct Config {
    /// Type of the socket.
    pub socket_type: SocketType,
    /// The socket's own routing id.
    pub routing_id: Vec<u8>,
    /// Security mechanism and role.
    pub mechanism: MechanismConfig,
    /// A ZAP domain is set: NULL asks the handler too, and peers before 3.0 are refused.
    pub zap_domain: bool,
    /// Longest frame that is accepted, handshake included.
    pub max_msg_size: Option<u64>,
    /// PINGs to send.
    pub heartbeat: Option<Heartbeat>,
    /// Messages may refer to the receive buffer.
    pub zero_copy: bool,
    /// Largest size of the receive buffer, which starts small and grows with the traffic.
    pub recv_capacity: usize,
    /// No protocol at all (STREAM, ROUTER_RAW).
    pub raw: bool,
    /// Where keys and nonces come from.
    pub entropy: Entropy,
}

/// Heartbeats that this side sends (ZMTP 3.x).
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    /// Time between PINGs.
    pub ivl: Duration,
    /// Silence after a PING that ends the connection; `None` waits for ever.
    pub timeout: Option<Duration>,
    /// What the peer is told to allow, in tenths of a second; 0 tells it nothing.
    pub ttl_ds: u16,
}

/// Security mechanism and role.
#[derive(Debug)]
pub enum MechanismConfig {
    /// No security.
    Null,
    /// Checks names and passwords with ZAP.
    PlainServer,
    /// Sends a name and a password.
    PlainClient {
        /// The name, at most 255 bytes.
        username: Vec<u8>,
        /// The password, at most 255 bytes.
        password: Vec<u8>,
    },
}

impl MechanismConfig {
    /// The name in the greeting.
    pub fn name(&self) -> &'static str {
        match self {
            MechanismConfig::Null => "NULL",
            MechanismConfig::PlainServer | MechanismConfig::PlainClient { .. } => "PLAIN",
        }
    }
}
