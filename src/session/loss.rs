//! How a connection is lost, and what follows. Whoever holds the session's lock.

use super::connect::Connect;
use super::host::event;
use super::run::{Inner, Session, Stage};
use crate::errno::Errno;
use crate::message::Msg;
use crate::options::stop;
use crate::runtime::Command;
use crate::transport::Stream;
use crate::zmtp::{Failure, ProtocolError};

impl Session {
    /// The peer broke the protocol, or refused this side.
    pub(super) fn fail(&self, inner: &mut Inner, error: ProtocolError) {
        let Stage::Running(engine) = &mut inner.stage else { return };
        // What is to be said before closing (an ERROR command) was queued by the protocol.
        if error.flush {
            let _ = self.write(engine, &mut None);
        }
        let text = endpoint_text(inner.connect.as_deref(), &engine.stream);
        let host = &self.origin.host;
        match error.failure {
            Failure::Protocol(code) => host.emit(event::HANDSHAKE_FAILED_PROTOCOL, code, &text),
            Failure::Auth(status) => host.emit(event::HANDSHAKE_FAILED_AUTH, u32::from(status), &text),
            Failure::NoDetail(errno) | Failure::Local(errno) => {
                host.emit(event::HANDSHAKE_FAILED_NO_DETAIL, errno.0 as u32, &text)
            }
            Failure::Silent(_) | Failure::TimedOut | Failure::Expired => {}
        }
        host.emit(event::DISCONNECTED, engine.stream.raw_fd() as u32, &text);
        let stops = matches!(error.failure, Failure::Local(_)) && self.stops_at(stop::HANDSHAKE_FAILED);
        if !error.reconnect() || stops {
            return self.finish(inner);
        }
        if let Some(pipe) = &mut inner.pipe {
            engine.abandon(pipe);
        }
        self.disconnected(inner);
    }

    /// The connection is lost.
    pub(super) fn lose(&self, inner: &mut Inner, errno: Errno) {
        let mut last = false;
        if let Stage::Running(engine) = &mut inner.stage {
            last = !engine.protocol.is_ready() && self.stops_at(stop::HANDSHAKE_FAILED);
            let text = endpoint_text(inner.connect.as_deref(), &engine.stream);
            let host = &self.origin.host;
            if !engine.protocol.is_ready() || inner.legacy || self.is_raw() {
                host.emit(event::HANDSHAKE_FAILED_NO_DETAIL, errno.0 as u32, &text);
            }
            host.emit(event::DISCONNECTED, engine.stream.raw_fd() as u32, &text);
            if let Some(pipe) = &mut inner.pipe {
                engine.abandon(pipe);
                if self.is_raw() && self.origin.options.stream_notify {
                    pipe.write_unchecked(Msg::new());
                    pipe.flush();
                }
            }
        }
        if last { self.finish(inner) } else { self.disconnected(inner) }
    }

    /// What follows the end of a connection: another attempt, or the session's end.
    fn disconnected(&self, inner: &mut Inner) {
        self.cancel_timers(inner);
        inner.zap = None;
        inner.negotiation.cancel();
        inner.stage = Stage::Idle;
        if inner.connect.is_none() {
            return self.finish(inner);
        }
        if !self.keeps_pipe() {
            inner.pipe = None;
            inner.pipe_id = None;
        } else if let Some(id) = inner.pipe_id {
            self.origin.host.mailbox().send(Command::Reconnected(id));
        }
        self.retry(inner);
    }

    /// Whether the messages of one connection that `zmq_connect` asked for wait for the next.
    pub(super) fn keeps_pipe(&self) -> bool {
        !self.origin.options.immediate && !self.is_raw()
    }
}

/// The endpoint in monitor events: the user's text on the connecting side, the actual address on the other.
pub(super) fn endpoint_text(connect: Option<&Connect>, stream: &Stream) -> String {
    connect.map_or_else(|| stream.local_endpoint(), |c| c.text().to_owned())
}
