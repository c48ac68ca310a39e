//! Security mechanisms: each is a small state machine over handshake commands. I/O thread.

mod boxes;
mod cipher;
mod curve;
mod gssapi;
mod null;
mod plain;

pub(super) use boxes::public as curve_public_key;
pub(super) use cipher::{COMMAND as BOXED_COMMAND, Cipher, MORE as BOXED_MORE, OVERHEAD};

use super::config::{Config, MechanismConfig};
use super::error::ProtocolError;
use super::gss::{Negotiated, Negotiation};
use super::handshake::Peer;
use super::zap::ZapRequest;

/// What a mechanism works with.
#[derive(Debug)]
pub(super) struct Cx<'a> {
    /// The connection's settings.
    pub(super) config: &'a Config,
    /// What the peer has announced.
    pub(super) peer: &'a mut Peer,
    /// Handshake commands go out here, each as a whole frame.
    pub(super) out: &'a mut Vec<u8>,
}

/// What follows from a command.
#[derive(Debug)]
pub(super) enum Step {
    /// The peer's next command.
    Wait,
    /// The ZAP handler's answer.
    AskZap(ZapRequest),
    /// A step of a security library.
    Negotiate(Negotiation),
    /// The end of the handshake.
    Done,
}

/// The state of one connection's mechanism.
#[derive(Debug)]
pub(super) enum Mechanism {
    Null(null::Null),
    PlainServer(plain::Server),
    PlainClient(plain::Client),
    CurveServer(curve::Server),
    CurveClient(curve::Client),
    Gssapi(gssapi::Gssapi),
}

impl Mechanism {
    /// Takes what can be used only once out of the settings.
    pub(super) fn new(config: &mut Config) -> Mechanism {
        match &mut config.mechanism {
            MechanismConfig::Null => Mechanism::Null(null::Null::default()),
            MechanismConfig::PlainServer => Mechanism::PlainServer(plain::Server::default()),
            MechanismConfig::PlainClient { .. } => Mechanism::PlainClient(plain::Client::default()),
            MechanismConfig::CurveServer { .. } => Mechanism::CurveServer(curve::Server::AwaitHello),
            MechanismConfig::CurveClient { .. } => Mechanism::CurveClient(curve::Client::Start),
            MechanismConfig::Gssapi { is_server, plaintext, context } => {
                Mechanism::Gssapi(gssapi::Gssapi::new(*is_server, *plaintext, context.take()))
            }
        }
    }

    /// The greetings are exchanged.
    pub(super) fn start(&mut self, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        match self {
            Mechanism::Null(m) => m.start(cx),
            Mechanism::PlainServer(_) | Mechanism::CurveServer(_) => Ok(Step::Wait),
            Mechanism::PlainClient(m) => m.start(cx),
            Mechanism::CurveClient(m) => m.start(cx),
            Mechanism::Gssapi(m) => m.start(),
        }
    }

    /// A command came.
    pub(super) fn command(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        match self {
            Mechanism::Null(m) => m.command(body, cx),
            Mechanism::PlainServer(m) => m.command(body, cx),
            Mechanism::PlainClient(m) => m.command(body, cx),
            Mechanism::CurveServer(m) => m.command(body, cx),
            Mechanism::CurveClient(m) => m.command(body, cx),
            Mechanism::Gssapi(m) => m.command(body, cx),
        }
    }

    /// The ZAP handler let the peer in, or need not be asked.
    pub(super) fn accepted(&mut self, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        match self {
            Mechanism::Null(m) => m.accepted(cx),
            Mechanism::PlainServer(m) => m.accepted(cx),
            Mechanism::CurveServer(m) => m.accepted(cx),
            Mechanism::Gssapi(m) => m.accepted(cx),
            Mechanism::PlainClient(_) | Mechanism::CurveClient(_) => Ok(Step::Wait),
        }
    }

    /// A step of the security library was taken.
    pub(super) fn negotiated(&mut self, step: Negotiated, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        match self {
            Mechanism::Gssapi(m) => m.negotiated(step, cx),
            _ => Ok(Step::Wait),
        }
    }

    /// What encrypts the connection after the handshake.
    pub(super) fn into_protection(self) -> Option<Protection> {
        match self {
            Mechanism::CurveServer(curve::Server::Ready(cipher))
            | Mechanism::CurveClient(curve::Client::Ready(cipher)) => Some(Protection::Curve(cipher)),
            Mechanism::Gssapi(m) => m.into_wrapper().map(Protection::Gssapi),
            _ => None,
        }
    }
}

/// What every frame after the handshake is put in, a MESSAGE either way.
#[derive(Debug)]
pub(super) enum Protection {
    Curve(Box<Cipher>),
    Gssapi(Box<gssapi::Wrapper>),
}

impl Protection {
    /// Room that `seal` wants for as much content; it makes what is missing.
    pub(super) fn sealed_len(&self, content: usize) -> usize {
        match self {
            Protection::Curve(_) => Cipher::sealed_len(content),
            // Known only when it is wrapped.
            Protection::Gssapi(_) => 0,
        }
    }

    /// Appends a frame with the flags and the content, which is in two parts.
    ///
    /// # Errors
    /// The connection has to be closed.
    pub(super) fn seal(
        &mut self,
        flags: u8,
        prefix: &[u8],
        content: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        match self {
            Protection::Curve(cipher) => cipher.seal(flags, prefix, content, out),
            Protection::Gssapi(wrapper) => wrapper.seal(flags, prefix, content, out),
        }
    }
}
