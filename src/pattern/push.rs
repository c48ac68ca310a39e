//! PUSH (RFC 30): round robin out, nothing in. The socket's thread.

use super::load_balancer::LoadBalancer;
use super::{Attach, Cx, Pattern};
use crate::errno::Result;
use crate::message::{Msg, SendSlab};
use crate::pipe::PipeId;

/// The pipeline's source.
#[derive(Debug, Default)]
pub(super) struct Push {
    out: LoadBalancer,
}

impl Pattern for Push {
    fn attach(&mut self, _cx: &mut Cx<'_>, pipe: PipeId, _info: Attach) {
        self.out.attach(pipe);
    }

    fn writable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.writable(pipe);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.detach(pipe);
        cx.pipes.close(pipe);
    }

    fn terminated(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.detach(pipe);
    }

    #[inline]
    fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        self.out.send(cx, msg)
    }

    fn send_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<()> {
        self.out.send_copy(cx, bytes, more, slab)
    }

    fn has_out(&mut self, cx: &mut Cx<'_>) -> bool {
        self.out.has_out(cx)
    }
}
