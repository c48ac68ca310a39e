//! Fan-out: one message to a set of pipes, without copying its content. The socket's thread.
//!
//! The set is chosen with the first part and holds for the whole message: a pipe that is full then gets nothing of it, one
//! that joins later starts with the next message.

use super::Cx;
use super::pipe_map::PipeMap;
use crate::errno::{Errno, Result};
use crate::message::{Msg, Shares};
use crate::pipe::PipeId;
use std::mem::MaybeUninit;

/// So many pipes stay in the cache anyway.
const FEW: usize = 32;

/// Pipes that messages are copied to.
#[derive(Debug, Default)]
pub(super) struct Distributor {
    /// Each pipe with the last round that chose it.
    pipes: PipeMap<u64>,
    round: u64,
    /// Where the message goes.
    chosen: Vec<PipeId>,
    unfinished: bool,
}

impl Distributor {
    pub(super) fn attach(&mut self, pipe: PipeId) {
        self.pipes.insert(pipe, 0);
    }

    pub(super) fn detach(&mut self, pipe: PipeId) {
        self.pipes.remove(pipe);
    }

    pub(super) fn has(&self, pipe: PipeId) -> bool {
        self.pipes.contains(pipe)
    }

    /// Whether the next part is not the first of its message.
    #[inline]
    pub(super) fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// Starts the choice for a new message.
    #[inline]
    pub(super) fn start(&mut self) {
        self.round += 1;
        self.chosen.clear();
    }

    /// Chooses the pipe in this slot, once.
    #[inline]
    pub(super) fn choose(&mut self, slot: usize) {
        if let Some((id, round)) = self.pipes.at(slot)
            && *round != self.round
        {
            *round = self.round;
            self.chosen.push(id);
        }
    }

    /// Chooses exactly the pipes that were not chosen.
    pub(super) fn invert(&mut self) {
        self.chosen.clear();
        for (id, round) in self.pipes.iter_mut() {
            if *round != self.round {
                self.chosen.push(id);
            }
        }
    }

    /// Chooses every pipe.
    pub(super) fn choose_all(&mut self) {
        self.start();
        self.invert();
    }

    /// Keeps this pipe, if it was chosen, and no other.
    pub(super) fn keep_only(&mut self, pipe: PipeId) {
        self.chosen.retain(|id| *id == pipe);
    }

    /// Whether no pipe is chosen.
    #[inline]
    pub(super) fn is_for_nobody(&self) -> bool {
        self.chosen.is_empty()
    }

    /// Whether a chosen pipe is full.
    pub(super) fn is_blocked(&self, cx: &mut Cx<'_>) -> bool {
        (0..self.chosen.len()).any(|i| {
            self.look_ahead(cx, i);
            cx.pipes.get(self.chosen[i]).is_some_and(|p| !p.check_write() && !p.peer_closed())
        })
    }

    /// Sends a part to the chosen pipes; those that cannot take it get nothing more of the message.
    ///
    /// # Errors
    /// `ENOMEM` if there are some, and memory for none of them.
    #[inline]
    pub(super) fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        if self.is_for_nobody() {
            // Most of what some publishers send is for nobody.
            self.unfinished = msg.more();
            drop(msg.take());
            return Ok(());
        }
        self.send_to_chosen(cx, msg)
    }

    /// Sends a copy of `bytes`, at most the inline size, as a part; to a single pipe made in its place there.
    ///
    /// # Errors
    /// As [`Distributor::send`].
    #[inline]
    pub(super) fn send_short(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool) -> Result<()> {
        let id = match self.chosen[..] {
            [] => {
                self.unfinished = more;
                return Ok(());
            }
            [id] => id,
            _ => {
                let mut msg = Msg::from_slice(bytes)?;
                msg.set_more(more);
                return self.send_to_chosen(cx, &mut msg);
            }
        };
        let first = !self.unfinished;
        self.unfinished = more;
        if !can_take(cx, id, first) {
            self.chosen.clear();
            return Ok(());
        }
        let Some(pipe) = cx.pipes.get(id) else { return Ok(()) };
        let written = pipe.write_part_with(more, |place| {
            let msg = Msg::put_inline(place, bytes);
            msg.set_more(more);
            Ok(msg)
        });
        if !more {
            pipe.flush();
        }
        written
    }

    fn send_to_chosen(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        let first = !self.unfinished;
        let last = !msg.more();
        self.unfinished = !last;
        let mut target = None;
        let (mut kept, mut lost) = (0, 0);
        let mut shares = Shares::new(msg, self.chosen.len().saturating_sub(1));
        for i in 0..self.chosen.len() {
            self.look_ahead(cx, i);
            let id = self.chosen[i];
            if !can_take(cx, id, first) {
                continue;
            }
            self.chosen[kept] = id;
            kept += 1;
            // One behind, so that the last one gets the message itself.
            if let Some(previous) = target.replace(id)
                && let Some(pipe) = cx.pipes.get(previous)
            {
                lost += usize::from(!pipe.write_share(&mut shares));
                if last {
                    pipe.flush();
                }
            }
        }
        drop(shares);
        self.chosen.truncate(kept);
        if let Some(target) = target {
            lost += usize::from(!deliver(cx, target, msg, last));
        }
        if lost > 0 && lost == kept {
            return Err(Errno::ENOMEM);
        }
        drop(msg.take());
        Ok(())
    }

    /// With many pipes, what is known of each has left the cache since the last message.
    #[inline]
    fn look_ahead(&self, cx: &Cx<'_>, i: usize) {
        if self.chosen.len() > FEW {
            cx.pipes.prefetch(self.chosen.get(i + 8).copied(), self.chosen.get(i + 4).copied());
        }
    }

    /// Sends the first part of a message that goes to every pipe, whatever the limits.
    pub(super) fn send_first_to_all(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) {
        self.choose_all();
        let last = !msg.more();
        self.unfinished = !last;
        for id in &self.chosen {
            protocol(cx, *id, msg.share(), last);
        }
        drop(msg.take());
    }

    /// Writes a message of the protocol, which `make` makes in its place, to every pipe, whatever the limits, but not to
    /// those that are in the middle of a message.
    pub(super) fn send_to_others(&mut self, cx: &mut Cx<'_>, mut make: impl FnMut(&mut MaybeUninit<Msg>) -> &mut Msg) {
        let unfinished = self.unfinished;
        for (id, _) in self.pipes.iter_mut() {
            if !(unfinished && self.chosen.contains(&id))
                && let Some(pipe) = cx.pipes.get(id)
            {
                pipe.write_unchecked_with(&mut make);
                pipe.flush();
            }
        }
    }
}

#[inline]
fn can_take(cx: &mut Cx<'_>, id: PipeId, first: bool) -> bool {
    let Some(pipe) = cx.pipes.get(id) else { return false };
    if first {
        return pipe.check_write();
    }
    // A message that was begun may always be finished.
    let open = !pipe.peer_closed();
    if !open {
        pipe.rollback();
    }
    open
}

/// False if there was no memory.
#[inline]
fn deliver(cx: &mut Cx<'_>, id: PipeId, msg: &mut Msg, last: bool) -> bool {
    let Some(pipe) = cx.pipes.get(id) else { return true };
    let written = pipe.write_from(msg);
    if last {
        pipe.flush();
    }
    written
}

fn protocol(cx: &mut Cx<'_>, id: PipeId, msg: Msg, last: bool) {
    if let Some(pipe) = cx.pipes.get(id) {
        pipe.write_unchecked(msg);
        if last {
            pipe.flush();
        }
    }
}
