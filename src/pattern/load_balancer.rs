//! Outbound round robin: each message goes to the next pipe that has room, all its parts to the same one.
//! The socket's thread.
//!
//! A full pipe leaves the rotation and joins its end again when it has credit. If the pipe of an unfinished message goes
//! away, the rest of that message is swallowed: a blocking sender is told nothing, another gets `EAGAIN` once.

use super::Cx;
use super::ring::Ring;
use crate::errno::{Errno, Result};
use crate::message::{Msg, SendSlab};
use crate::pipe::{PipeEnd, PipeId};

/// Least size of a message whose copy costs more than what is saved when others write many messages at once.
const PASS_ON_MIN: usize = 32 * 1024;

/// Pipes that messages are spread over.
#[derive(Debug, Default)]
pub(super) struct LoadBalancer {
    ring: Ring,
    /// Where the unfinished message goes.
    current: Option<PipeId>,
    /// The unfinished message lost its pipe.
    swallowing: bool,
}

impl LoadBalancer {
    pub(super) fn attach(&mut self, pipe: PipeId) {
        self.ring.join(pipe);
    }

    /// The pipe cannot be written any more.
    pub(super) fn detach(&mut self, pipe: PipeId) {
        self.ring.leave(pipe);
    }

    pub(super) fn writable(&mut self, pipe: PipeId) {
        self.ring.activate(pipe);
    }

    /// Whether the next part is not the first of its message.
    pub(super) fn is_unfinished(&self) -> bool {
        self.current.is_some() || self.swallowing
    }

    #[inline]
    pub(super) fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        if self.is_unfinished() {
            return self.send_rest(cx, msg).map(|_| ());
        }
        self.send_first(cx, msg, |_| {}).map(|_| ())
    }

    /// Starts a message: `prefix` may write parts before `msg`. Returns the pipe it goes to.
    #[inline]
    pub(super) fn send_first(
        &mut self,
        cx: &mut Cx<'_>,
        msg: &mut Msg,
        prefix: impl Fn(&mut PipeEnd),
    ) -> Result<PipeId> {
        loop {
            let id = self.ring.front().ok_or(Errno::EAGAIN)?;
            if let Some(pipe) = cx.pipes.get(id)
                && pipe.check_write()
            {
                prefix(pipe);
                let more = msg.more();
                let written = pipe.write_from(msg);
                if more {
                    self.current = Some(id);
                } else {
                    pipe.flush();
                    self.ring.end_turn(id);
                }
                return if written { Ok(id) } else { Err(Errno::ENOMEM) };
            }
            self.ring.deactivate(id);
        }
    }

    /// Sends a copy of `bytes` as a part without MORE, made in its place in the pipe.
    #[inline]
    pub(super) fn send_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], slab: &mut SendSlab) -> Result<()> {
        if self.is_unfinished() {
            return self.send_rest_copy(cx, bytes, slab);
        }
        let patient = !cx.dontwait && cx.pipes.len() == 1;
        loop {
            let id = self.ring.front().ok_or(Errno::EAGAIN)?;
            if let Some(pipe) = cx.pipes.get(id)
                && pipe.check_write()
            {
                if bytes.len() >= PASS_ON_MIN && pipe.pass_on(bytes, patient) {
                    self.ring.end_turn(id);
                    return Ok(());
                }
                pipe.write_with(|place| slab.copy(bytes, place))?;
                pipe.flush();
                self.ring.end_turn(id);
                return Ok(());
            }
            self.ring.deactivate(id);
        }
    }

    #[cold]
    fn send_rest_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], slab: &mut SendSlab) -> Result<()> {
        self.send_rest(cx, &mut slab.message(bytes)?).map(|_| ())
    }

    /// Sends a later part of a message. False if it was swallowed.
    pub(super) fn send_rest(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<bool> {
        let more = msg.more();
        if let Some(id) = self.current {
            if let Some(pipe) = cx.pipes.get(id).filter(|p| !p.peer_closed()) {
                // A message that was begun may always be finished, whatever the limit is by now.
                let written = pipe.write_from(msg);
                if !more {
                    pipe.flush();
                    self.ring.end_turn(id);
                    self.current = None;
                }
                return if written { Ok(true) } else { Err(Errno::ENOMEM) };
            }
            if let Some(pipe) = cx.pipes.get(id) {
                pipe.rollback();
            }
            self.ring.deactivate(id);
            self.current = None;
            self.swallowing = more;
            if cx.dontwait {
                return Err(Errno::EAGAIN);
            }
        }
        self.swallowing = more;
        drop(msg.take());
        Ok(false)
    }

    /// Whether a part can be sent.
    pub(super) fn has_out(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.is_unfinished() {
            return true;
        }
        while let Some(id) = self.ring.front() {
            if cx.pipes.check_write(id) {
                return true;
            }
            self.ring.deactivate(id);
        }
        false
    }
}
