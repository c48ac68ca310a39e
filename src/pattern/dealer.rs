//! DEALER (RFC 28): round robin out, fair queue in. The socket's thread.

use super::fair_queue::FairQueue;
use super::load_balancer::LoadBalancer;
use super::{Attach, Cx, Pattern, Received, probe};
use crate::errno::{Errno, Result};
use crate::message::{Destination, Msg, SendSlab};
use crate::pipe::PipeId;

/// The asynchronous requester.
#[derive(Debug, Default)]
pub(super) struct Dealer {
    out: LoadBalancer,
    input: FairQueue,
}

impl Pattern for Dealer {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, _info: Attach) {
        probe(cx, pipe);
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
        self.out.detach(pipe);
        cx.pipes.check_read(pipe);
    }

    fn terminated(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.detach(pipe);
        self.input.detach(pipe);
    }

    #[inline]
    fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        self.out.send(cx, msg)
    }

    fn send_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<()> {
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
        self.out.has_out(cx)
    }
}
