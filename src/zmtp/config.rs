//! What a connection has to know of its socket's options. Made by the session, then owned by the connection.

use super::gss::SecurityContext;
use crate::errno::Result;
use crate::socket_type::SocketType;
use std::fmt;
use std::time::Duration;
use zeroize::Zeroize;

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
    /// Authentication goes by the domain (ZAP_ENFORCE_DOMAIN): with one, NULL and CURVE need a handler, too; without one,
    /// CURVE does not ask and PLAIN refuses.
    pub zap_enforced: bool,
    /// Properties that the peer is told besides those of the protocol.
    pub metadata: Vec<(Vec<u8>, Vec<u8>)>,
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

/// Security mechanism and role. Wiped when dropped; its text shows no secrets.
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
    /// Has a long-term secret key, and asks ZAP who may connect.
    CurveServer {
        /// The server's long-term secret key.
        secret_key: [u8; 32],
    },
    /// Has a long-term pair, and knows the server's public key.
    CurveClient {
        /// The client's long-term public key.
        public_key: [u8; 32],
        /// The client's long-term secret key.
        secret_key: [u8; 32],
        /// The server's long-term public key.
        server_key: [u8; 32],
    },
    /// Lets a security library authenticate both sides.
    Gssapi {
        /// Accepts the peer's security context; otherwise initiates one.
        is_server: bool,
        /// Messages are neither encrypted nor signed.
        plaintext: bool,
        /// This side's end of the context; the handshake takes it.
        context: Option<Box<dyn SecurityContext>>,
    },
}

impl Drop for MechanismConfig {
    fn drop(&mut self) {
        match self {
            MechanismConfig::Null | MechanismConfig::PlainServer | MechanismConfig::Gssapi { .. } => {}
            MechanismConfig::PlainClient { password, .. } => password.zeroize(),
            MechanismConfig::CurveServer { secret_key } | MechanismConfig::CurveClient { secret_key, .. } => {
                secret_key.zeroize();
            }
        }
    }
}

impl fmt::Debug for MechanismConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl MechanismConfig {
    /// The name in the greeting.
    pub fn name(&self) -> &'static str {
        match self {
            MechanismConfig::Null => "NULL",
            MechanismConfig::PlainServer | MechanismConfig::PlainClient { .. } => "PLAIN",
            MechanismConfig::CurveServer { .. } | MechanismConfig::CurveClient { .. } => "CURVE",
            MechanismConfig::Gssapi { .. } => "GSSAPI",
        }
    }
}
