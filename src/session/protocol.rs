//! From a socket's options to the protocol's settings, and the conversation with the authentication handler.

use crate::errno::Result;
use crate::message::Msg;
use crate::options::{Mechanism, Options};
use crate::pipe::PipeEnd;
use crate::transport::Stream;
use crate::util::random;
use crate::zmtp::{Config, Connection, Heartbeat, MechanismConfig, ProtocolError, ZapReply, ZapRequest};
use std::time::Duration;

/// Upper bound of the receive buffer.
const RECV_CAPACITY: usize = 256 * 1024;

/// The protocol on a fresh connection.
pub(super) fn connection(options: &Options) -> Connection {
    Connection::new(Config {
        socket_type: options.socket_type,
        routing_id: options.routing_id.clone(),
        mechanism: mechanism(options),
        zap_domain: !options.zap_domain.is_empty(),
        zap_enforced: options.zap_enforce_domain,
        metadata: options.metadata.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        max_msg_size: u64::try_from(options.max_msg_size).ok(),
        heartbeat: heartbeat(options),
        zero_copy: options.zero_copy_recv,
        recv_capacity: RECV_CAPACITY,
        raw: is_raw(options),
        entropy: random::fill,
    })
}

/// Whether connections carry bytes without ZMTP.
pub(super) fn is_raw(options: &Options) -> bool {
    options.socket_type.row().raw || options.router_raw
}

fn mechanism(options: &Options) -> MechanismConfig {
    match options.mechanism {
        Mechanism::Plain if options.as_server => MechanismConfig::PlainServer,
        Mechanism::Plain => MechanismConfig::PlainClient {
            username: options.plain_username.to_vec(),
            password: options.plain_password.to_vec(),
        },
        Mechanism::Curve if options.as_server => MechanismConfig::CurveServer { secret_key: *options.curve_secret_key },
        Mechanism::Curve => MechanismConfig::CurveClient {
            public_key: options.curve_public_key,
            secret_key: *options.curve_secret_key,
            server_key: options.curve_server_key,
        },
        Mechanism::Gssapi => MechanismConfig::Gssapi {
            is_server: options.as_server,
            plaintext: options.gssapi_plaintext,
            #[cfg(feature = "gssapi")]
            context: Some(super::gssapi::context(options)),
            // The options cannot be set; without a context no handshake succeeds.
            #[cfg(not(feature = "gssapi"))]
            context: None,
        },
        Mechanism::Null => MechanismConfig::Null,
    }
}

fn heartbeat(options: &Options) -> Option<Heartbeat> {
    let ms = |v: i32| u64::try_from(v).ok().filter(|v| *v > 0).map(Duration::from_millis);
    let ivl = ms(options.heartbeat_ivl)?;
    let timeout = if options.heartbeat_timeout == -1 { Some(ivl) } else { ms(options.heartbeat_timeout) };
    Some(Heartbeat { ivl, timeout, ttl_ds: options.heartbeat_ttl_ds })
}

/// One question to the authentication handler, over a pipe of its own.
pub(super) struct ZapExchange {
    pipe: PipeEnd,
    parts: Vec<Msg>,
}

/// How far an exchange has come.
pub(super) enum ZapProgress {
    Waiting,
    Answered(Result<ZapReply, ProtocolError>),
    /// The handler went away.
    Gone,
}

impl ZapExchange {
    /// Sends the request.
    pub(super) fn start(
        mut pipe: PipeEnd,
        request: ZapRequest,
        stream: &Stream,
        options: &Options,
    ) -> Result<ZapExchange> {
        let address = stream.peer_address();
        for part in request.into_parts(&options.zap_domain, address.as_bytes(), &options.routing_id)? {
            pipe.write_unchecked(part);
        }
        pipe.flush();
        Ok(ZapExchange { pipe, parts: Vec::new() })
    }

    /// Looks for the reply.
    pub(super) fn poll(&mut self) -> ZapProgress {
        while let Some(part) = self.pipe.read() {
            let last = !part.more();
            self.parts.push(part);
            if last {
                return ZapProgress::Answered(ZapReply::parse(&self.parts));
            }
        }
        if self.pipe.is_ended() { ZapProgress::Gone } else { ZapProgress::Waiting }
    }
}
