//! PAIR (RFC 31): one peer at a time, both ways. The socket's thread.
//!
//! Later peers are turned away for as long as the first one's pipe lives. The queues are those of DEALER, with one pipe at
//! most. Without a peer sending would block, in the middle of a message too; with the next one the rest of that message is
//! swallowed, so that nobody receives half of it.

use super::fair_queue::FairQueue;
use super::load_balancer::LoadBalancer;
use super::{Attach, Cx, Pattern, Received};
use crate::errno::{Errno, Result};
use crate::message::{Destination, Msg, SendSlab};
use crate::pipe::PipeId;

/// The exclusive pair.
#[derive(Debug, Default)]
pub(super) struct Pair {
    peer: Option<PipeId>,
    /// The peer has not closed its end.
    open: bool,
    out: LoadBalancer,
    input: FairQueue,
}

impl Pattern for Pair {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, _info: Attach) {
        if self.peer.is_some() {
            cx.pipes.close(pipe);
            return;
        }
        self.peer = Some(pipe);
        self.open = true;
        self.out.attach(pipe);
        self.input.attach(pipe);
    }

    fn readable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.readable(pipe);
    }

    fn writable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.writable(pipe);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        if self.peer == Some(pipe) {
            self.open = false;
            self.out.detach(pipe);
            cx.pipes.check_read(pipe);
        }
    }

    fn terminated(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.detach(pipe);
        self.input.detach(pipe);
        if self.peer == Some(pipe) {
            self.peer = None;
            self.open = false;
        }
    }

    #[inline]
    fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        if !self.open {
            return Err(Errno::EAGAIN);
        }
        self.out.send(cx, msg)
    }

    fn send_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<()> {
        if !self.open {
            return Err(Errno::EAGAIN);
        }
        self.out.send_copy(cx, bytes, more, slab)
    }

    #[inline]
    fn recv(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        self.input.recv(cx, msg).map(|_| ()).ok_or(Errno::EAGAIN)
    }

    fn recv_copy(&mut self, cx: &mut Cx<'_>, buf: &Destination) -> Result<Received> {
        self.input.recv_copy(cx, buf).ok_or(Errno::EAGAIN)
    }

    fn receives_as_is(&self) -> bool {
        true
    }

    fn has_in(&mut self, cx: &mut Cx<'_>) -> bool {
        self.input.has_in(cx)
    }

    fn has_out(&mut self, cx: &mut Cx<'_>) -> bool {
        self.open && self.out.has_out(cx)
    }
}
