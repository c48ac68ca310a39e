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

    /// Sends a copy of `bytes` as a part, made in its place in the pipe.
    #[inline(always)]
    pub(super) fn send_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<()> {
        if !more && self.send_short(cx, bytes) { Ok(()) } else { self.send_any_copy(cx, bytes, more, slab) }
    }

    /// The same for a short message of one part where nothing is in its way; else false.
    #[inline(always)]
    fn send_short(&mut self, cx: &mut Cx<'_>, bytes: &[u8]) -> bool {
        if self.is_unfinished() {
            return false;
        }
        let Some((id, next)) = self.ring.turn() else { return false };
        let sent = cx.pipes.get(id).is_some_and(|pipe| pipe.write_short(bytes));
        if sent {
            self.ring.pass_on(next);
        }
        sent
    }

    #[inline(never)]
    fn send_any_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<()> {
        if more || self.is_unfinished() {
            return self.send_part_copy(cx, bytes, more, slab);
        }
        let large = bytes.len() > SendSlab::MAX;
        let patient = large && !cx.dontwait && cx.pipes.len() == 1;
        loop {
            let id = self.ring.front().ok_or(Errno::EAGAIN)?;
            if let Some(pipe) = cx.pipes.get(id)
                && pipe.check_write()
            {
                if large && pipe.pass_on(bytes, patient) {
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

    /// The same for one of several parts.
    #[inline(never)]
    fn send_part_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<()> {
        let id = match self.current {
            Some(id) => id,
            None if self.swallowing => return self.send_rest(cx, &mut part(bytes, more, slab)?).map(|_| ()),
            None => self.next_pipe(cx)?,
        };
        let Some(pipe) = cx.pipes.get(id).filter(|p| !p.peer_closed()) else {
            return self.send_rest(cx, &mut part(bytes, more, slab)?).map(|_| ());
        };
        let result = pipe.write_part_with(more, |place| {
            let msg = slab.copy(bytes, place)?;
            msg.set_more(more);
            Ok(msg)
        });
        // Without memory for the content nothing has changed; without memory for the part its message is lost.
        let unfinished = if result.is_ok() { more } else { pipe.is_unfinished() };
        self.current = unfinished.then_some(id);
        if !more && !unfinished {
            pipe.flush();
            self.ring.end_turn(id);
        }
        result
    }

    /// The pipe whose turn it is.
    #[inline]
    fn next_pipe(&mut self, cx: &mut Cx<'_>) -> Result<PipeId> {
        loop {
            let id = self.ring.front().ok_or(Errno::EAGAIN)?;
            if cx.pipes.check_write(id) {
                return Ok(id);
            }
            self.ring.deactivate(id);
        }
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

fn part(bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<Msg> {
    let mut msg = slab.message(bytes)?;
    msg.set_more(more);
    Ok(msg)
}
