//! NULL: both sides send READY (RFC 23). I/O thread.

use super::{Cx, Step};
use crate::zmtp::command;
use crate::zmtp::error::ProtocolError;
use crate::zmtp::handshake;
use crate::zmtp::property;
use crate::zmtp::zap::ZapRequest;

/// Either side of the handshake.
#[derive(Debug, Default)]
pub(in crate::zmtp) struct Null {
    sent: bool,
    received: bool,
}

impl Null {
    pub(super) fn start(&mut self, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        if cx.config.zap_domain {
            let optional = !cx.config.zap_enforced;
            return Ok(Step::AskZap(ZapRequest { mechanism: "NULL", credentials: Vec::new(), optional }));
        }
        self.accepted(cx)
    }

    pub(super) fn accepted(&mut self, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        handshake::send(cx.out, b"READY", &[&property::local(cx.config)]);
        self.sent = true;
        Ok(self.step())
    }

    pub(super) fn command(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        match command::split(body) {
            Some((b"READY", metadata)) if !self.received => {
                self.received = true;
                cx.peer.announce(metadata, cx.config)?;
                Ok(self.step())
            }
            Some((b"ERROR", reason)) => Err(handshake::peer_error(reason)),
            _ => Err(handshake::UNEXPECTED),
        }
    }

    fn step(&self) -> Step {
        if self.sent && self.received { Step::Done } else { Step::Wait }
    }
}
