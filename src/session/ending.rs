//! How a session ends: on request, within its linger time, and without taking back what the kernel still has to deliver.
//! Whoever holds the session's lock.

use super::run::{Inner, Session, Stage};
use super::timers::{TIMER_CLOSE, TIMER_LINGER};
use crate::options::stop;
use std::time::Duration;

/// How long a finished connection may go without handing any of its last bytes to the peer's kernel.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

impl Session {
    /// Whether RECONNECT_STOP has this bit.
    pub(super) fn stops_at(&self, bit: i32) -> bool {
        self.origin.options.reconnect_stop & bit != 0
    }

    /// Ends the session because its endpoint is taken back; see `stop`.
    pub fn disconnect(&self, linger_ms: i32) {
        if self.stops_at(stop::AFTER_DISCONNECT) {
            let mut inner = self.inner.lock();
            if let Some(connect) = &mut inner.connect {
                connect.set_last();
            }
            if matches!(inner.stage, Stage::Waiting) {
                inner.stopping = true;
                return self.finish(&mut inner);
            }
        }
        self.stop(linger_ms);
    }

    /// Ends the session: what is queued goes out first, for at most `linger_ms` (-1: for ever). The socket has closed its
    /// end of the pipe before.
    pub fn stop(&self, linger_ms: i32) {
        let mut inner = self.inner.lock();
        if matches!(inner.stage, Stage::Done | Stage::Closing(..)) {
            return;
        }
        inner.stopping = true;
        if linger_ms == 0 {
            if let Some(pipe) = &mut inner.pipe {
                pipe.close(true);
            }
            inner.pipe = None;
            return self.finish(&mut inner);
        }
        if linger_ms > 0 && inner.linger.is_none() {
            let after = Duration::from_millis(linger_ms as u64);
            inner.linger = Some(self.io.add_timer(self.token, after, TIMER_LINGER));
        }
        let inner = &mut *inner;
        if let Stage::Running(engine) = &mut inner.stage
            && let Err(error) = self.write(engine, &mut inner.pipe)
        {
            return self.fail(inner, error);
        }
        self.wind_up(inner);
    }

    /// Finishes once nothing is left to send.
    pub(super) fn wind_up(&self, inner: &mut Inner) {
        inner.stopping = true;
        let nothing_left = match &mut inner.pipe {
            None => true,
            Some(pipe) if pipe.peer_abandoned() => true,
            Some(pipe) => !pipe.check_read() && pipe.is_ended(),
        };
        if !nothing_left {
            return;
        }
        match &mut inner.stage {
            Stage::Running(engine) if inner.pipe.is_some() && !engine.is_flushed() => {}
            _ => self.finish(inner),
        }
    }

    /// The end. A stream whose last bytes the peer's kernel does not have yet is kept until it has.
    pub(super) fn finish(&self, inner: &mut Inner) {
        self.cancel_timers(inner);
        if let Some(timer) = inner.linger.take() {
            self.io.cancel_timer(timer);
        }
        inner.pipe = None;
        inner.zap = None;
        inner.negotiation.cancel();
        if let Stage::Running(engine) = &mut inner.stage {
            engine.waits_itself = false;
            self.follow_room(engine);
        }
        match std::mem::replace(&mut inner.stage, Stage::Done) {
            Stage::Done => return,
            Stage::Running(engine) if inner.stopping && engine.is_flushed() && self.origin.options.linger != 0 => {
                let stream = engine.stream;
                let unsent = stream.unsent();
                if unsent > 0 {
                    let _ = stream.shutdown_write();
                    inner.stage = Stage::Closing(stream, unsent);
                    inner.linger = Some(self.io.add_timer(self.token, CLOSE_PATIENCE, TIMER_CLOSE));
                    return self.origin.sessions.begin_closing(self.id);
                }
            }
            Stage::Connecting(stream) | Stage::Proxy(stream, _) => self.close_unconnected(inner, stream),
            _ => {}
        }
        self.io.remove(self.token);
        self.origin.sessions.remove(self.id);
    }

    /// Finishes once the peer's kernel has everything. What the peer still says is read, as the kernel would otherwise
    /// break the connection under what is on its way.
    pub(super) fn watch_closing(&self, inner: &mut Inner) {
        if let Stage::Closing(stream, _) = &mut inner.stage
            && (stream.discard_input() || stream.unsent() == 0)
        {
            self.finish(inner);
        }
    }

    /// Waits on as long as the peer takes something, unless the linger time was limited.
    pub(super) fn closing_timed_out(&self, inner: &mut Inner) {
        if let Stage::Closing(stream, before) = &mut inner.stage {
            let unsent = stream.unsent();
            if unsent > 0 && unsent < *before && self.origin.options.linger < 0 {
                *before = unsent;
                inner.linger = Some(self.io.add_timer(self.token, CLOSE_PATIENCE, TIMER_CLOSE));
                return;
            }
        }
        self.finish(inner);
    }
}
