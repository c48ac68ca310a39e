//! The session as the owner of its end of a pipe: what the socket's thread does for it, and what it leaves to the I/O thread.
//! The socket's thread.

use super::Sessions;
use super::engine::Engine;
use super::run::{Session, Stage};
use crate::pipe::{Notify, Passed};
use crate::runtime::{IoThread, Token};
use crate::sys::clock;
use std::sync::{Arc, Weak};

/// The application thread writes by itself again when its socket had nothing to write for this many microseconds, even if
/// the peer said nothing.
const DIRECT_PAUSE_US: u64 = 100;
/// The same for a connection whose peer has spoken since: an answer in a conversation, not part of a stream.
const REPLY_PAUSE_US: u64 = 15;
/// The same while application threads do the I/O thread's work: peers that both do answer faster.
const LED_REPLY_PAUSE_US: u64 = 2;

/// The session as the owner of its end of a pipe. With what it takes to leave output to the I/O thread, so that a socket's
/// thread that has something for thousands of sessions does not go through the memory of each.
pub(super) struct PipeSide {
    session: Weak<Session>,
    io: Arc<IoThread>,
    token: Token,
    sessions: Arc<Sessions>,
}

impl PipeSide {
    pub(super) fn new(session: &Session) -> Box<PipeSide> {
        Box::new(PipeSide {
            session: session.me.clone(),
            io: session.io.clone(),
            token: session.token,
            sessions: session.origin.sessions.clone(),
        })
    }

    /// Has the calling thread write, if nothing was written for the socket for some ticks, which `write` is given; whether it
    /// did. One that was refused as it came too soon is refused again: it counts as output, too.
    fn try_directly(&self, write: impl FnOnce(&Session, u64) -> bool) -> bool {
        let pause = self.sessions.note_output(clock::tick());
        // In the middle of many, no connection counts as idle, and none is looked at.
        pause > LED_REPLY_PAUSE_US * clock::ticks_per_us()
            && self.session.upgrade().is_some_and(|session| write(&session, pause))
    }
}

/// Least size of a message whose copy costs more than what is saved when others write many messages at once.
const PASS_ON_MIN: usize = 32 * 1024;

impl Notify for PipeSide {
    /// The pipe has something to send after it had nothing. The calling thread writes it if the connection is idle;
    /// when sends come back to back the I/O thread does, in batches.
    fn readable(&self) {
        if self.try_directly(Session::write_if_idle) {
            return;
        }
        // At most once for each time that the session finds nothing.
        self.io.schedule(self.token);
    }

    fn writable(&self) {
        if let Some(session) = self.session.upgrade() {
            session.credit_is_there();
        }
    }

    fn closed(&self) {
        if let Some(session) = self.session.upgrade() {
            session.schedule();
        }
    }

    fn memory(&self) -> (usize, usize) {
        self.session.upgrade().map_or((0, 0), |session| session.front())
    }

    fn pass_short(&self, bytes: &[u8]) -> bool {
        self.try_directly(|session, pause| session.pass_short(bytes, pause))
    }

    fn pass_on(&self, bytes: &[u8], patient: bool, _: &dyn Fn() -> bool) -> Passed {
        if bytes.len() < PASS_ON_MIN {
            return Passed::Not;
        }
        let passed = self.session.upgrade().is_some_and(|session| session.pass_on(bytes, patient));
        if passed { Passed::Whole } else { Passed::Not }
    }
}

impl Session {
    /// Writes by the calling thread, if nothing was written for any connection of the socket since long enough ago, which is
    /// `pause` ticks; whether nothing is left to do for the I/O thread.
    fn write_if_idle(&self, pause: u64) -> bool {
        let Some(mut inner) = self.inner.try_lock() else { return false };
        let inner = &mut *inner;
        let Some(engine) = self.idle_engine(&mut inner.stage, pause).filter(|_| !inner.stopping) else { return false };
        engine.heard = false;
        let written = self.write(engine, &mut inner.pipe);
        // What else there is to do is not for the application's thread.
        written.is_ok() && inner.pipe.as_ref().is_none_or(|p| !p.is_ended())
    }

    /// The same for a short message that has not been written to the pipe, in which nothing is.
    fn pass_short(&self, bytes: &[u8], pause: u64) -> bool {
        let Some(mut inner) = self.inner.try_lock() else { return false };
        let inner = &mut *inner;
        let Some(engine) = self.idle_engine(&mut inner.stage, pause).filter(|_| !inner.stopping) else { return false };
        let passed = engine.pass_short(bytes);
        if passed {
            engine.heard = false;
        }
        self.follow_room(engine);
        passed
    }

    /// What writes, if there was nothing for long enough that the calling thread may.
    fn idle_engine<'a>(&self, stage: &'a mut Stage, pause: u64) -> Option<&'a mut Engine> {
        let Stage::Running(engine) = stage else { return None };
        let least = match engine.heard {
            true if self.io.leads_itself() => REPLY_PAUSE_US,
            true => LED_REPLY_PAUSE_US,
            false => DIRECT_PAUSE_US,
        };
        let idle = pause > least * clock::ticks_per_us();
        (idle && engine.is_writable() && engine.protocol.is_ready()).then_some(engine)
    }

    /// The pipe has room for messages that were received. While application threads do the I/O thread's work, the one that
    /// made the room goes on with what is waiting for it.
    fn credit_is_there(&self) {
        if !self.io.leads_itself()
            && let Some(mut inner) = self.inner.try_lock()
            && matches!(inner.stage, Stage::Running(_))
        {
            if let Some(pipe) = &mut inner.pipe {
                pipe.credit_arrived();
            }
            return self.pump(&mut inner);
        }
        self.schedule();
    }
}
