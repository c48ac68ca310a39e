//! The handshake of ZMTP 3.x: drives a mechanism, keeps what the peer announces, applies the ZAP handler's answer.
//! I/O thread.

use super::command;
use super::config::Config;
use super::error::{ProtocolError, code};
use super::event::{PeerInfo, Protocol};
use super::frame::{self, Framing};
use super::gss::{Negotiated, Negotiation};
use super::mechanism::{Cx, Mechanism, Protection, Step};
use super::property::{self, Properties};
use super::zap::{ZapReply, ZapRequest};
use crate::socket_type::SocketType;

/// Longest routing id that a peer may announce (RFC 23).
pub(super) const ROUTING_ID_MAX: usize = 255;

/// Names that this side gives; a peer that announces them is not believed.
const RESERVED: [&[u8]; 2] = [b"User-Id", b"Peer-Address"];

/// What is known of the peer so far.
#[derive(Debug, Default)]
pub(super) struct Peer {
    socket_type: Option<SocketType>,
    routing_id: Vec<u8>,
    properties: Properties,
    from_zap: Properties,
}

/// A handshake in progress.
#[derive(Debug)]
pub(super) struct Handshake {
    protocol: Protocol,
    mechanism: Mechanism,
    peer: Peer,
    awaits_zap: bool,
    zap_optional: bool,
}

/// What the connection does next.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Waits for the peer's next command.
    Wait,
    /// Asks the ZAP handler.
    AskZap(ZapRequest),
    /// Has a step of a security library taken.
    Negotiate(Negotiation),
    /// Is ready.
    Done,
    /// Idles: the ZAP handler answered 300.
    Refused,
}

impl Handshake {
    pub(super) fn new(protocol: Protocol, config: &mut Config) -> Handshake {
        Handshake {
            protocol,
            mechanism: Mechanism::new(config),
            peer: Peer::default(),
            awaits_zap: false,
            zap_optional: false,
        }
    }

    /// The greetings are exchanged.
    pub(super) fn start(&mut self, config: &Config, out: &mut Vec<u8>) -> Result<Outcome, ProtocolError> {
        let step = self.mechanism.start(&mut Cx { config, peer: &mut self.peer, out })?;
        Ok(self.outcome(step))
    }

    /// A frame came; whether it has the flags of a command does not matter.
    pub(super) fn command(
        &mut self,
        body: &[u8],
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, ProtocolError> {
        let step = self.mechanism.command(body, &mut Cx { config, peer: &mut self.peer, out })?;
        Ok(self.outcome(step))
    }

    /// The ZAP handler answered, or there is none.
    pub(super) fn zap_reply(
        &mut self,
        reply: ZapReply,
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, ProtocolError> {
        if !std::mem::take(&mut self.awaits_zap) {
            return Ok(Outcome::Wait);
        }
        match reply {
            ZapReply::NoHandler if !self.zap_optional => return Err(ZapReply::required()),
            ZapReply::NoHandler => {}
            ZapReply::Answer { status: 200, user_id, metadata } => {
                self.peer.from_zap.push((b"User-Id".to_vec(), user_id));
                self.peer.from_zap.extend(metadata);
            }
            ZapReply::Answer { status: 300, .. } => return Ok(Outcome::Refused),
            ZapReply::Answer { status, .. } => {
                let reason = status.to_string();
                let len = u8::try_from(reason.len()).unwrap_or(0);
                send(out, b"ERROR", &[&[len], reason.as_bytes()]);
                return Err(ProtocolError::auth(status).and_flush());
            }
        }
        let step = self.mechanism.accepted(&mut Cx { config, peer: &mut self.peer, out })?;
        Ok(self.outcome(step))
    }

    /// A step of the security library was taken.
    pub(super) fn negotiated(
        &mut self,
        step: Negotiated,
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, ProtocolError> {
        let step = self.mechanism.negotiated(step, &mut Cx { config, peer: &mut self.peer, out })?;
        Ok(self.outcome(step))
    }

    fn outcome(&mut self, step: Step) -> Outcome {
        match step {
            Step::Wait => Outcome::Wait,
            Step::Done => Outcome::Done,
            Step::Negotiate(negotiation) => Outcome::Negotiate(negotiation),
            Step::AskZap(request) => {
                self.awaits_zap = true;
                self.zap_optional = request.optional;
                Outcome::AskZap(request)
            }
        }
    }

    /// What the session is told when the handshake is done, and what encrypts the connection from then on.
    pub(super) fn finish(self) -> (PeerInfo, Option<Protection>) {
        let mut properties = self.peer.from_zap;
        properties.extend(self.peer.properties);
        let info = PeerInfo {
            protocol: self.protocol,
            routing_id: self.peer.routing_id,
            socket_type: self.peer.socket_type,
            properties,
        };
        (info, self.mechanism.into_protection())
    }
}

impl Peer {
    /// Takes the metadata of READY or INITIATE.
    pub(super) fn announce(&mut self, metadata: &[u8], config: &Config) -> Result<(), ProtocolError> {
        let list = property::parse(metadata).ok_or(ProtocolError::silent("malformed metadata"))?;
        let row = config.socket_type.row();
        for (name, value) in &list {
            if name == b"Socket-Type" {
                let kind = SocketType::from_wire_name(value).filter(|kind| row.peers.contains(kind));
                self.socket_type = Some(kind.ok_or(ProtocolError::silent("socket types do not fit"))?);
            } else if name == b"Identity" && row.wants_identity && value.len() <= ROUTING_ID_MAX {
                // One that is too long counts as none: the socket makes one up.
                self.routing_id.clone_from(value);
            }
        }
        self.properties = list;
        self.properties.retain(|(name, _)| !RESERVED.contains(&name.as_slice()));
        Ok(())
    }
}

/// Sends a handshake command.
pub(super) fn send(out: &mut Vec<u8>, name: &[u8], data: &[&[u8]]) {
    frame::append(out, Framing::V2, frame::COMMAND, &command::build(name, data));
}

/// The error that a command is which does not belong here.
pub(super) const UNEXPECTED: ProtocolError = ProtocolError::protocol(code::ZMTP_UNEXPECTED_COMMAND);

/// The data of the one command that may come now.
pub(super) fn expect<'a>(body: &'a [u8], expected: &[u8]) -> Result<&'a [u8], ProtocolError> {
    match command::split(body) {
        Some((name, data)) if name == expected => Ok(data),
        _ => Err(UNEXPECTED),
    }
}

/// The same where one that is shorter than its name is told apart: what a server waits for first, and all commands to a
/// CURVE server.
pub(super) fn expect_whole<'a>(body: &'a [u8], expected: &[u8]) -> Result<&'a [u8], ProtocolError> {
    match command::split(body) {
        Some(_) if body.len() > 1 => expect(body, expected),
        _ => Err(ProtocolError::protocol(code::ZMTP_MALFORMED_COMMAND_UNSPECIFIED)),
    }
}

/// What the peer's ERROR means. Bytes behind the reason are ignored.
pub(super) fn peer_error(data: &[u8]) -> ProtocolError {
    let reason = data.split_first().and_then(|(len, rest)| rest.get(..usize::from(*len)));
    match reason {
        Some(b"300") => ProtocolError::auth(300),
        Some(b"400") => ProtocolError::auth(400),
        Some(b"500") => ProtocolError::auth(500),
        Some(_) => ProtocolError::silent("peer reported an error"),
        None => ProtocolError::protocol(code::ZMTP_MALFORMED_COMMAND_ERROR),
    }
}
