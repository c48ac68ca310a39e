//! Inbound fair queueing: one whole message of each ready pipe per round. The socket's thread.
//!
//! A pipe found empty leaves the round; told to be readable, it joins the end.

use super::ring::Ring;
use super::{Cx, Received};
use crate::message::{Destination, Msg};
use crate::pipe::PipeId;

/// Pipes that are read in turn.
#[derive(Debug, Default)]
pub(super) struct FairQueue {
    ring: Ring,
    /// Whose message is being read.
    current: Option<PipeId>,
}

impl FairQueue {
    /// Adds a pipe, which may have something to read already.
    pub(super) fn attach(&mut self, pipe: PipeId) {
        self.ring.join(pipe);
    }

    /// The pipe is not read any more; a message of it that was being read ends here.
    pub(super) fn detach(&mut self, pipe: PipeId) {
        self.ring.leave(pipe);
        if self.current == Some(pipe) {
            self.current = None;
        }
    }

    pub(super) fn readable(&mut self, pipe: PipeId) {
        self.ring.activate(pipe);
    }

    /// Whether the pipe was attached.
    pub(super) fn has(&self, pipe: PipeId) -> bool {
        self.ring.has(pipe)
    }

    /// The pipe whose message is being read.
    pub(super) fn current(&self) -> Option<PipeId> {
        self.current
    }

    /// Takes the next part into `msg`, whose old content is dropped; the pipe it comes from. `msg` is as it was if there is
    /// none.
    #[inline]
    pub(super) fn recv(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Option<PipeId> {
        loop {
            let id = match self.current {
                Some(id) => id,
                None => self.ring.front()?,
            };
            if cx.pipes.read_into(id, msg) {
                if msg.more() {
                    self.current = Some(id);
                } else {
                    self.current = None;
                    self.ring.end_turn(id);
                }
                return Some(id);
            }
            // Only a conflating pipe can be empty in the middle of a message.
            self.current = None;
            self.ring.deactivate(id);
        }
    }

    /// The same, copied into `buf` from where it stands, as much of it as there is room for.
    #[inline(always)]
    pub(super) fn recv_copy(&mut self, cx: &mut Cx<'_>, buf: &Destination) -> Option<Received> {
        match self.recv_short(cx, buf) {
            None => self.recv_any_copy(cx, buf),
            received => received,
        }
    }

    /// The same for a short message of one part that is there already.
    #[inline(always)]
    fn recv_short(&mut self, cx: &mut Cx<'_>, buf: &Destination) -> Option<Received> {
        if self.current.is_some() {
            return None;
        }
        let (id, next) = self.ring.turn()?;
        let size = cx.pipes.get(id)?.read_short(buf)?;
        cx.pipes.set_last_read(Some(id));
        self.ring.pass_on(next);
        Some(Received { size, more: false })
    }

    #[inline(never)]
    fn recv_any_copy(&mut self, cx: &mut Cx<'_>, buf: &Destination) -> Option<Received> {
        match self.recv_wanted(cx, buf, |_| true) {
            None => self.recv_copy_late(cx, buf),
            received => received,
        }
    }

    #[cold]
    fn recv_copy_late(&mut self, cx: &mut Cx<'_>, buf: &Destination) -> Option<Received> {
        let mut msg = Msg::new();
        self.recv(cx, &mut msg)?;
        Some(Received::copy(&msg, buf))
    }

    /// The same, if a part is there to be looked at where it stands and, unless it continues a message, is wanted.
    #[inline]
    pub(super) fn recv_wanted(
        &mut self,
        cx: &mut Cx<'_>,
        buf: &Destination,
        wanted: impl FnOnce(&Msg) -> bool,
    ) -> Option<Received> {
        let rest = self.current.is_some();
        let id = self.current.or_else(|| self.ring.front())?;
        let pipe = cx.pipes.get(id)?;
        let msg = pipe.peek().filter(|msg| rest || wanted(msg))?;
        let received = Received::copy(msg, buf);
        pipe.skip();
        cx.pipes.set_last_read(Some(id));
        if received.more {
            self.current = Some(id);
        } else {
            self.current = None;
            self.ring.end_turn(id);
        }
        Some(received)
    }

    /// Drops what is left of the message that is being read.
    pub(super) fn skip_rest(&mut self, cx: &mut Cx<'_>) {
        while let Some(id) = self.current {
            let more = cx.pipes.read(id).is_some_and(|msg| msg.more());
            if !more {
                self.current = None;
                self.ring.end_turn(id);
            }
        }
    }

    /// The pipe that the next part will come from.
    #[inline]
    pub(super) fn next(&mut self, cx: &mut Cx<'_>) -> Option<PipeId> {
        loop {
            let id = match self.current {
                Some(id) => id,
                None => self.ring.front()?,
            };
            if cx.pipes.check_read(id) {
                return Some(id);
            }
            self.current = None;
            self.ring.deactivate(id);
        }
    }

    /// Whether there is a part to read.
    pub(super) fn has_in(&mut self, cx: &mut Cx<'_>) -> bool {
        self.next(cx).is_some()
    }
}
