//! PUB (RFC 29): XPUB whose application does not receive. The socket's thread.

use super::xpub::Xpub;
use super::{Attach, Cx, Pattern};
use crate::errno::Result;
use crate::message::{Msg, SendSlab};
use crate::pipe::PipeId;

/// The publisher.
#[derive(Debug)]
pub(super) struct Pub(Xpub);

impl Pub {
    pub(super) fn new() -> Pub {
        Pub(Xpub::new(false))
    }
}

impl Pattern for Pub {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, info: Attach) {
        self.0.attach(cx, pipe, info);
    }

    fn readable(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.0.readable(cx, pipe);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        // Nothing that is still to be read matters.
        cx.pipes.close(pipe);
    }

    fn terminated(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.0.terminated(cx, pipe);
    }

    #[inline]
    fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        self.0.send(cx, msg)
    }

    fn send_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<()> {
        self.0.send_copy(cx, bytes, more, slab)
    }

    fn has_out(&mut self, cx: &mut Cx<'_>) -> bool {
        self.0.has_out(cx)
    }

    fn subscribe(&mut self, cx: &mut Cx<'_>, topic: &[u8], add: bool) -> Result<()> {
        self.0.subscribe(cx, topic, add)
    }
}
