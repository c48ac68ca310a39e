//! A session's questions to the authentication handler (RFC 27). Whoever holds the session's lock.

use super::host::event;
use super::loss::endpoint_text;
use super::pipe_side::PipeSide;
use super::protocol::{ZapExchange, ZapProgress};
use super::run::{Inner, Session, Stage};
use crate::zmtp::{ProtocolError, ZapReply, ZapRequest};

impl Session {
    /// Passes a handshake's question on to the authentication handler.
    pub(super) fn ask_zap(&self, inner: &mut Inner, request: ZapRequest) {
        let Stage::Running(engine) = &mut inner.stage else { return };
        let Some(mut pipe) = self.origin.host.connect_to_zap() else {
            return self.conclude_zap(inner, Ok(ZapReply::NoHandler));
        };
        pipe.set_notify(PipeSide::new(self));
        match ZapExchange::start(pipe, request, &engine.stream, &self.origin.options) {
            Ok(exchange) => {
                inner.zap = Some(Box::new(exchange));
                self.poll_zap(inner);
            }
            Err(errno) => self.fail(inner, errno.into()),
        }
    }

    pub(super) fn poll_zap(&self, inner: &mut Inner) {
        let Some(exchange) = &mut inner.zap else { return };
        match exchange.poll() {
            // A handler that went away without an answer leaves the handshake to its timer.
            ZapProgress::Waiting | ZapProgress::Gone => {}
            ZapProgress::Answered(reply) => {
                inner.zap = None;
                self.conclude_zap(inner, reply);
            }
        }
    }

    pub(super) fn conclude_zap(&self, inner: &mut Inner, reply: Result<ZapReply, ProtocolError>) {
        let Stage::Running(engine) = &mut inner.stage else { return };
        if let Err(error) = reply.and_then(|reply| engine.protocol.zap_reply(reply)) {
            self.fail(inner, error);
        }
    }

    /// The handler answered 300, which is not told to the peer, but to the monitor.
    pub(super) fn refused(&self, inner: &mut Inner) {
        let Stage::Running(engine) = &inner.stage else { return };
        let text = endpoint_text(inner.connect.as_deref(), &engine.stream);
        self.origin.host.emit(event::HANDSHAKE_FAILED_AUTH, 300, &text);
    }
}
