//! Steps of a security library, which may wait for a ticket server: taken by the context's background threads, so that no
//! other connection waits with this one. Whoever holds the session's lock, and the background thread that took the step.

use super::run::{Inner, Session, Stage};
use crate::zmtp::{Negotiated, Negotiation, ProtocolError};

/// The step that a session waits for.
#[derive(Default)]
pub(super) struct Pending {
    /// Tells the result of this step from that of an earlier connection's.
    number: u64,
    waiting: bool,
    result: Option<Negotiated>,
}

impl Pending {
    /// The connection is lost, and the result with it.
    pub(super) fn cancel(&mut self) {
        self.waiting = false;
        self.result = None;
    }
}

impl Session {
    /// Has a handshake's step taken.
    pub(super) fn negotiate(&self, inner: &mut Inner, step: Negotiation) {
        let pending = &mut inner.negotiation;
        pending.number += 1;
        pending.waiting = true;
        let (me, number) = (self.me.clone(), pending.number);
        let submitted = self.origin.host.negotiations(self.origin.options.as_server).submit(move || {
            let result = step.run();
            if let Some(session) = me.upgrade() {
                session.step_taken(number, result);
            }
        });
        if let Err(errno) = submitted {
            self.fail(inner, ProtocolError::local(errno));
        }
    }

    /// The result, on a background thread; the I/O thread goes on with it.
    fn step_taken(&self, number: u64, result: Negotiated) {
        let mut inner = self.inner.lock();
        let pending = &mut inner.negotiation;
        if pending.waiting && pending.number == number {
            pending.result = Some(result);
            self.schedule();
        }
    }

    pub(super) fn poll_negotiation(&self, inner: &mut Inner) {
        let Some(result) = inner.negotiation.result.take() else { return };
        inner.negotiation.waiting = false;
        let Stage::Running(engine) = &mut inner.stage else { return };
        if let Err(error) = engine.protocol.negotiated(result) {
            self.fail(inner, error);
        }
    }
}
