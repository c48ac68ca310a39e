//! Heartbeats of ZMTP 3.x (RFC 37): when to send PING, and when the peer counts as gone. I/O thread, simulated time.
//!
//! The path of a message reads no clock: whoever reads bytes leaves a mark, and the mark is looked at when a timer fires.

use super::config::Heartbeat;
use std::mem::offset_of;
use std::time::{Duration, Instant};

/// The timers of one connection. What is looked at with every message comes first.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Timers {
    /// Something has been read since a timer was last set or looked at.
    traffic: bool,
    /// To be armed as soon as the time is known.
    start: bool,
    promised: Option<Duration>,
    config: Option<Heartbeat>,
    /// The next PING; armed with the end of the handshake.
    ping: Option<Instant>,
    /// Silence until then means that the peer is gone: our PING was not answered.
    answer: Option<Instant>,
    /// Silence until then means that the peer is gone: it promised more traffic in a PING.
    promise: Option<Instant>,
}

/// What has to be done now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Due {
    /// Nothing.
    Nothing,
    /// Send a PING with this TTL.
    Ping(u16),
    /// Close the connection.
    Gone,
}

impl Timers {
    /// Bytes at the start that are looked at with every message.
    pub(super) const FRONT: usize = offset_of!(Timers, config);

    /// The handshake is over.
    pub(super) fn start(&mut self, config: Option<Heartbeat>) {
        self.config = config.filter(|h| !h.ivl.is_zero());
        self.start = self.config.is_some();
    }

    /// Bytes were read.
    #[inline]
    pub(super) fn heard(&mut self) {
        self.traffic = true;
    }

    /// A frame was decoded after the last PING.
    pub(super) fn frame(&mut self) {
        self.promised = None;
    }

    /// The peer promised traffic within this time; 0 promises nothing.
    pub(super) fn promise(&mut self, ttl_ds: u16) {
        if ttl_ds > 0 {
            self.promised = Some(Duration::from_millis(u64::from(ttl_ds).saturating_mul(100)));
        }
    }

    /// A frame that comes now cancels a promise that is not armed yet.
    pub(super) fn has_promise(&self) -> bool {
        self.promised.is_some()
    }

    /// Whether `update` has something to do.
    #[inline]
    pub(super) fn changed(&self) -> bool {
        self.start || self.promised.is_some()
    }

    /// Arms what was waiting for the time to be known.
    pub(super) fn update(&mut self, now: Instant) {
        if std::mem::take(&mut self.start)
            && let Some(h) = self.config
        {
            self.ping = now.checked_add(h.ivl);
        }
        if let Some(ttl) = self.promised.take() {
            // The PING itself was traffic: it cancels what was armed before it.
            self.settle();
            self.traffic = false;
            self.promise = now.checked_add(ttl);
        }
    }

    /// The earliest of the timers.
    pub(super) fn next(&self) -> Option<Instant> {
        [self.ping, self.answer, self.promise].into_iter().flatten().min()
    }

    /// Looks at the timers.
    pub(super) fn fire(&mut self, now: Instant) -> Due {
        self.update(now);
        self.settle();
        let past = |t: Option<Instant>| t.is_some_and(|t| t <= now);
        if past(self.answer) || past(self.promise) {
            return Due::Gone;
        }
        let Some(h) = self.config.filter(|_| past(self.ping)) else {
            return Due::Nothing;
        };
        self.ping = now.checked_add(h.ivl);
        if self.answer.is_none() {
            self.answer = h.timeout.and_then(|t| now.checked_add(t));
        }
        Due::Ping(h.ttl_ds)
    }

    /// Traffic cancels what waits for it.
    fn settle(&mut self) {
        if std::mem::take(&mut self.traffic) {
            self.answer = None;
            self.promise = None;
        }
    }
}
