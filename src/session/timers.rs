//! The session's timers: what each is for, and the protocol's heartbeat. Whoever holds the session's lock.

use super::run::{Inner, Session, Stage};
use std::time::Instant;

pub(super) const TIMER_HANDSHAKE: u32 = 1;
pub(super) const TIMER_RECONNECT: u32 = 2;
pub(super) const TIMER_LINGER: u32 = 3;
pub(super) const TIMER_HEARTBEAT: u32 = 4;
pub(super) const TIMER_CONNECT: u32 = 5;
pub(super) const TIMER_CLOSE: u32 = 6;

impl Session {
    /// Follows the protocol's timers. Reads the clock only when they have changed.
    pub(super) fn arm_heartbeat(&self, inner: &mut Inner) {
        let Stage::Running(engine) = &mut inner.stage else { return };
        if !engine.protocol.timers_changed() {
            return;
        }
        let now = Instant::now();
        let next = engine.protocol.update_timers(now);
        self.set_heartbeat(inner, next, now);
    }

    fn set_heartbeat(&self, inner: &mut Inner, next: Option<Instant>, now: Instant) {
        if let Some(timer) = inner.heartbeat.take() {
            self.io.cancel_timer(timer);
        }
        inner.heartbeat =
            next.map(|at| self.io.add_timer(self.token, at.saturating_duration_since(now), TIMER_HEARTBEAT));
    }

    pub(super) fn heartbeat(&self, inner: &mut Inner) {
        inner.heartbeat = None;
        let Stage::Running(engine) = &mut inner.stage else { return };
        if engine.is_blocked() {
            engine.protocol.excuse_silence();
        }
        let now = Instant::now();
        match engine.protocol.handle_timeout(now) {
            Ok(next) => {
                self.set_heartbeat(inner, next, now);
                self.pump(inner);
            }
            Err(error) => self.fail(inner, error),
        }
    }

    pub(super) fn cancel_timers(&self, inner: &mut Inner) {
        for timer in [inner.handshake.take(), inner.heartbeat.take()].into_iter().flatten() {
            self.io.cancel_timer(timer);
        }
    }
}
