//! A [`Connection`] until it is ready: greeting, identity or handshake, and what the ZAP handler says. On whichever thread
//! drives the connection.

use super::{Body, Connection, State};
use crate::zmtp::error::ProtocolError;
use crate::zmtp::event::{Event, PeerInfo, Protocol};
use crate::zmtp::frame::{self, Framing};
use crate::zmtp::greeting::{self, Progress};
use crate::zmtp::gss::Negotiated;
use crate::zmtp::handshake::{Handshake, Outcome};
use crate::zmtp::zap::ZapReply;

impl Connection {
    /// The answer to an [`Event::ZapRequest`]. What follows from it comes from `poll_event` and `poll_output`.
    ///
    /// # Errors
    /// The connection has to be closed.
    pub fn zap_reply(&mut self, reply: ZapReply) -> Result<(), ProtocolError> {
        let State::Handshake(inner) = &mut self.state else {
            return Ok(());
        };
        match inner.0.zap_reply(reply, &inner.1, &mut self.control) {
            Ok(outcome) => {
                self.follow(outcome);
                Ok(())
            }
            Err(e) => {
                self.fail(e);
                Err(e)
            }
        }
    }

    /// The result of an [`Event::Negotiate`]. What follows from it comes from `poll_event` and `poll_output`.
    ///
    /// # Errors
    /// The connection has to be closed.
    pub fn negotiated(&mut self, step: Negotiated) -> Result<(), ProtocolError> {
        let State::Handshake(inner) = &mut self.state else {
            return Ok(());
        };
        let outcome = inner.0.negotiated(step, &inner.1, &mut self.control).inspect_err(|e| self.fail(*e))?;
        self.follow(outcome);
        Ok(())
    }

    /// Ends the handshake because the ZAP handler's reply made no sense; for use with what `ZapReply::parse` returned.
    pub fn abort(&mut self, e: ProtocolError) {
        self.fail(e);
    }

    /// Looks at the greeting; whether it is over.
    pub(super) fn greet(&mut self) -> Result<bool, ProtocolError> {
        let State::Greeting(config, stage) = &mut self.state else {
            return Ok(true);
        };
        let (protocol, used) = match greeting::advance(stage, config, self.recv.unread(), &mut self.control)? {
            Progress::Incomplete => return Ok(false),
            Progress::Complete(protocol, used) => (protocol, used),
        };
        self.recv.consume(used);
        self.protocol = protocol;
        let State::Greeting(mut config, _) = std::mem::replace(&mut self.state, State::Identity) else {
            return Ok(true);
        };
        if matches!(protocol, Protocol::V3_0 | Protocol::V3_1) {
            let handshake = Handshake::new(protocol, &mut config);
            self.state = State::Handshake(Box::new((handshake, *config)));
            let State::Handshake(inner) = &mut self.state else {
                return Ok(true);
            };
            let outcome = inner.0.start(&inner.1, &mut self.control)?;
            self.follow(outcome);
            return Ok(true);
        }
        if matches!(protocol, Protocol::Unversioned | Protocol::V1) {
            self.framing = Framing::V1;
        }
        if used > 0 {
            frame::append(&mut self.control, self.framing, 0, &config.routing_id);
        }
        Ok(true)
    }

    pub(super) fn handshake_frame(&mut self, body: Body) -> Result<(), ProtocolError> {
        let body = self.take_body(body)?;
        match &mut self.state {
            State::Handshake(inner) => {
                let outcome = inner.0.command(body.data(), &inner.1, &mut self.control)?;
                self.follow(outcome);
            }
            _ => {
                let mut info = PeerInfo::unknown(self.protocol);
                info.routing_id = body.data().to_vec();
                self.ready(info);
            }
        }
        Ok(())
    }

    fn follow(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Wait => {}
            Outcome::AskZap(request) => self.queued = Some(Event::ZapRequest(Box::new(request))),
            Outcome::Negotiate(step) => self.queued = Some(Event::Negotiate(Box::new(step))),
            Outcome::Refused => {
                self.state = State::Idle;
                self.queued = Some(Event::Refused);
            }
            Outcome::Done => {
                if let State::Handshake(inner) = std::mem::replace(&mut self.state, State::Ready) {
                    self.timers.start(self.heartbeat);
                    let (info, cipher) = inner.0.finish();
                    self.cipher = cipher;
                    self.ready(info);
                }
            }
        }
    }
}
