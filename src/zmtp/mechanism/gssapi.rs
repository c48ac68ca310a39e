//! GSSAPI: mutual authentication by a security library, in practice Kerberos (RFC 38). Whoever holds the session's lock.
//!
//! As libzmq does it: both sides take turns, the client first, to send a token in INITIATE, or an empty command for none left.
//! With Kerberos these are a token of each side and the client's empty command. Once the server knows who the client is and
//! has had such a command, it asks the ZAP handler and sends READY; then the client does. Unless PLAINTEXT is set, READY and
//! all that follows are wrapped in MESSAGE.

use super::plain::invalid_metadata;
use super::{Cx, Step};
use crate::errno::Errno;
use crate::message::Msg;
use crate::zmtp::command;
use crate::zmtp::error::{Failure, ProtocolError, code};
use crate::zmtp::frame::{self, Framing, HEADER_MAX, HeaderBytes};
use crate::zmtp::gss::{Negotiated, Negotiation, Progress, Refusal, SecurityContext};
use crate::zmtp::handshake;
use crate::zmtp::property;
use crate::zmtp::zap::ZapRequest;

/// The start of MESSAGE: the name, behind its length. A length of four bytes follows, then what was wrapped: flags and content.
const MESSAGE: &[u8; 8] = b"\x07MESSAGE";
const LENGTH: usize = 4;
/// Tokens that one side may need; Kerberos needs one.
const MAX_TOKENS: u8 = 8;

fn error(code: u32) -> ProtocolError {
    ProtocolError::protocol(code)
}

/// A negotiation failed.
fn refused(refusal: Refusal) -> ProtocolError {
    match refusal {
        Refusal::Local => ProtocolError::local(Errno::EACCES),
        Refusal::Peer => error(code::ZMTP_CRYPTOGRAPHIC),
    }
}

/// A message could not be wrapped or opened.
fn broken(refusal: Refusal) -> ProtocolError {
    match refusal {
        Refusal::Local => ProtocolError { failure: Failure::Expired, flush: false },
        Refusal::Peer => error(code::ZMTP_CRYPTOGRAPHIC),
    }
}

/// Either side of the handshake.
#[derive(Debug)]
pub(in crate::zmtp) struct Gssapi {
    is_server: bool,
    plaintext: bool,
    tokens: u8,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The peer's token is awaited; or, on a client that has not started, nothing.
    AwaitToken(Box<dyn SecurityContext>),
    /// The context is away, to take a step.
    Negotiating,
    /// This side is sure of the peer, whose name follows, and has sent its last token, or that there is none.
    AwaitEmpty(Box<Wrapper>, Vec<u8>),
    AwaitZap(Box<Wrapper>),
    AwaitReady(Box<Wrapper>),
    Ready(Box<Wrapper>),
    Failed,
}

impl Gssapi {
    /// `context` is absent only if there was a handshake under the same settings before.
    pub(super) fn new(is_server: bool, plaintext: bool, context: Option<Box<dyn SecurityContext>>) -> Gssapi {
        Gssapi { is_server, plaintext, tokens: 0, state: context.map_or(State::Failed, State::AwaitToken) }
    }

    pub(super) fn start(&mut self) -> Result<Step, ProtocolError> {
        if self.is_server {
            return Ok(Step::Wait);
        }
        match std::mem::replace(&mut self.state, State::Negotiating) {
            State::AwaitToken(context) => Ok(Step::Negotiate(Negotiation::new(context, None))),
            _ => Err(error(code::ZMTP_UNSPECIFIED)),
        }
    }

    pub(super) fn command(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::AwaitToken(context) => {
                let token = self.token(body)?;
                self.state = State::Negotiating;
                Ok(Step::Negotiate(Negotiation::new(context, Some(token.to_vec()))))
            }
            State::AwaitEmpty(wrapper, peer) => {
                if !body.is_empty() {
                    return Err(split(body).map_or_else(|e| e, |(name, data)| self.unexpected(name, data)));
                }
                if !self.is_server {
                    send_empty(cx);
                    self.state = State::AwaitReady(wrapper);
                    return Ok(Step::Wait);
                }
                self.state = State::AwaitZap(wrapper);
                let optional = !(cx.config.zap_enforced && cx.config.zap_domain);
                Ok(Step::AskZap(ZapRequest { mechanism: "GSSAPI", credentials: vec![peer], optional }))
            }
            State::AwaitReady(wrapper) => self.ready(body, wrapper, cx),
            State::Negotiating | State::AwaitZap(_) | State::Ready(_) | State::Failed => {
                Err(error(code::ZMTP_UNSPECIFIED))
            }
        }
    }

    /// The token in INITIATE.
    fn token<'a>(&self, body: &'a [u8]) -> Result<&'a [u8], ProtocolError> {
        match split(body)? {
            (b"INITIATE", data) => sized(data).ok_or(error(code::ZMTP_MALFORMED_COMMAND_INITIATE)),
            (name, data) => Err(self.unexpected(name, data)),
        }
    }

    /// What a command means that does not belong here: the server may say why it refuses the client.
    fn unexpected(&self, name: &[u8], data: &[u8]) -> ProtocolError {
        if name == b"ERROR" && !self.is_server { handshake::peer_error(data) } else { handshake::UNEXPECTED }
    }

    /// A step was taken.
    pub(super) fn negotiated(&mut self, step: Negotiated, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        if !matches!(std::mem::replace(&mut self.state, State::Failed), State::Negotiating) {
            return Err(error(code::ZMTP_UNSPECIFIED));
        }
        let (token, peer) = match step.progress.map_err(refused)? {
            Progress::Continue(token) => (token, None),
            Progress::Complete { token, peer } => (token, Some(peer)),
        };
        self.tokens = self.tokens.saturating_add(1);
        if self.tokens > MAX_TOKENS {
            return Err(error(code::ZMTP_UNSPECIFIED));
        }
        let last_word = token.is_empty();
        if last_word {
            send_empty(cx);
        } else {
            let len = u32::try_from(token.len()).map_err(|_| ProtocolError::silent("token too long"))?;
            handshake::send(cx.out, b"INITIATE", &[&len.to_be_bytes(), &token]);
        }
        let wrapper = |context| Box::new(Wrapper { context });
        self.state = match peer {
            None => State::AwaitToken(step.context),
            Some(_) if last_word && !self.is_server => State::AwaitReady(wrapper(step.context)),
            Some(peer) => State::AwaitEmpty(wrapper(step.context), peer),
        };
        Ok(Step::Wait)
    }

    /// The ZAP handler let the client in.
    pub(super) fn accepted(&mut self, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        let State::AwaitZap(mut wrapper) = std::mem::replace(&mut self.state, State::Failed) else {
            return Err(error(code::ZMTP_UNSPECIFIED));
        };
        self.send_ready(&mut wrapper, cx)?;
        self.state = State::AwaitReady(wrapper);
        Ok(Step::Wait)
    }

    fn send_ready(&self, wrapper: &mut Wrapper, cx: &mut Cx<'_>) -> Result<(), ProtocolError> {
        let metadata = property::local(cx.config);
        if self.plaintext {
            handshake::send(cx.out, b"READY", &[&metadata]);
            return Ok(());
        }
        wrapper.seal_frame(frame::COMMAND, 0, &command::build(b"READY", &[]), &metadata, cx.out)
    }

    fn ready(&mut self, body: &[u8], mut wrapper: Box<Wrapper>, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        let opened;
        let ready = match split(body)? {
            (b"ERROR", data) if !self.is_server => return Err(handshake::peer_error(data)),
            _ if self.plaintext => body,
            _ => {
                opened = wrapper.open(body)?.1;
                opened.data()
            }
        };
        match split(ready)? {
            (b"READY", metadata) => cx.peer.announce(metadata, cx.config).map_err(invalid_metadata)?,
            (name, data) => return Err(self.unexpected(name, data)),
        }
        if !self.is_server {
            self.send_ready(&mut wrapper, cx)?;
        }
        self.state = State::Ready(wrapper);
        Ok(Step::Done)
    }

    /// What protects the messages, unless PLAINTEXT is set.
    pub(super) fn into_wrapper(self) -> Option<Box<Wrapper>> {
        match self.state {
            State::Ready(wrapper) if !self.plaintext => Some(wrapper),
            _ => None,
        }
    }
}

/// It is this side's turn, and it has no token.
fn send_empty(cx: &mut Cx<'_>) {
    frame::append(cx.out, Framing::V2, frame::COMMAND, b"");
}

/// Splits a command into the name and the data.
fn split(body: &[u8]) -> Result<(&[u8], &[u8]), ProtocolError> {
    command::split(body).ok_or(error(code::ZMTP_MALFORMED_COMMAND_UNSPECIFIED))
}

/// What follows a length that is its own.
fn sized(data: &[u8]) -> Option<&[u8]> {
    let (len, rest) = data.split_first_chunk::<LENGTH>()?;
    (usize::try_from(u32::from_be_bytes(*len)) == Ok(rest.len())).then_some(rest)
}

/// MESSAGE: every frame after the handshake is wrapped by the security context.
#[derive(Debug)]
pub(in crate::zmtp) struct Wrapper {
    context: Box<dyn SecurityContext>,
}

impl Wrapper {
    /// Appends a frame with the flags and the content, which is in two parts.
    ///
    /// # Errors
    /// Out of memory, or the library does not do it.
    pub(in crate::zmtp) fn seal(
        &mut self,
        flags: u8,
        prefix: &[u8],
        content: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        self.seal_frame(0, flags, prefix, content, out)
    }

    fn seal_frame(
        &mut self,
        frame_flags: u8,
        flags: u8,
        prefix: &[u8],
        content: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        let mut whole = Vec::new();
        let size = prefix.len().saturating_add(content.len()).saturating_add(1);
        whole.try_reserve_exact(size).map_err(|_| Errno::ENOMEM)?;
        whole.push(flags);
        whole.extend_from_slice(prefix);
        whole.extend_from_slice(content);
        let mut appended = Ok(());
        let wrapped = self.context.wrap(&whole, &mut |wrapped| appended = append(frame_flags, wrapped, out));
        wrapped.map_err(broken)?;
        appended
    }

    /// Opens a frame's body: its flags, and its content.
    ///
    /// # Errors
    /// What cannot come from the peer.
    pub(in crate::zmtp) fn open(&mut self, body: &[u8]) -> Result<(u8, Msg), ProtocolError> {
        let Some(data) = body.strip_prefix(MESSAGE) else {
            return Err(split(body).map_or_else(|e| e, |_| handshake::UNEXPECTED));
        };
        if data.len() < LENGTH {
            return Err(error(code::ZMTP_MALFORMED_COMMAND_MESSAGE));
        }
        let wrapped = sized(data).ok_or(error(code::ZMTP_CRYPTOGRAPHIC))?;
        // What has no flags is no message.
        let mut opened = Err(error(code::ZMTP_MALFORMED_COMMAND_MESSAGE));
        let take = &mut |content: &[u8]| {
            if let Some((flags, content)) = content.split_first() {
                opened = Msg::from_slice(content).map(|msg| (*flags, msg)).map_err(ProtocolError::from);
            }
        };
        self.context.unwrap(wrapped, take).map_err(broken)?;
        opened
    }
}

/// Appends a frame with MESSAGE.
fn append(frame_flags: u8, wrapped: &[u8], out: &mut Vec<u8>) -> Result<(), ProtocolError> {
    let len = u32::try_from(wrapped.len()).map_err(|_| ProtocolError::silent("message too long to be wrapped"))?;
    let body = wrapped.len().saturating_add(MESSAGE.len()).saturating_add(LENGTH);
    out.try_reserve(body.saturating_add(HEADER_MAX)).map_err(|_| Errno::ENOMEM)?;
    out.extend_from_slice(HeaderBytes::new(Framing::V2, frame_flags, body).as_slice());
    out.extend_from_slice(MESSAGE);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(wrapped);
    Ok(())
}
