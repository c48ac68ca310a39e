//! PULL (RFC 30): fair queue in, nothing out. The socket's thread.

use super::fair_queue::FairQueue;
use super::{Attach, Cx, Pattern, Received};
use crate::errno::{Errno, Result};
use crate::message::{Destination, Msg};
use crate::pipe::PipeId;

/// The pipeline's sink.
#[derive(Debug, Default)]
pub(super) struct Pull {
    input: FairQueue,
}

impl Pattern for Pull {
    fn attach(&mut self, _cx: &mut Cx<'_>, pipe: PipeId, _info: Attach) {
        self.input.attach(pipe);
    }

    fn readable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.readable(pipe);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        // Finds the end at once if nothing is left to read.
        cx.pipes.check_read(pipe);
    }

    fn terminated(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.detach(pipe);
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
}
