//! STREAM (zmq_socket(3)): raw connections, addressed by routing id both ways. The socket's thread.
//!
//! Every message is two parts, an id and bytes. With STREAM_NOTIFY the session writes an empty message when the connection
//! is there, and another when it is lost; sent to a peer, an empty one closes its connection.

use super::fair_queue::FairQueue;
use super::routing_table::{Claim, RoutingTable};
use super::{Attach, Cx, Pattern};
use crate::errno::{Errno, Result};
use crate::message::Msg;
use crate::pipe::PipeId;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outbound {
    /// The next part is a routing id.
    Id,
    /// The next part is data for this peer.
    To(PipeId),
    /// The next part goes nowhere.
    Nowhere,
}

/// The raw socket.
#[derive(Debug)]
pub(super) struct Stream {
    input: FairQueue,
    peers: RoutingTable,
    /// Data whose id frame was handed out.
    pending: Option<Msg>,
    outbound: Outbound,
    /// The id of the connection that was made last from this side.
    local_id: Option<Box<[u8]>>,
}

impl Stream {
    pub(super) fn new() -> Stream {
        Stream {
            input: FairQueue::default(),
            peers: RoutingTable::new(),
            pending: None,
            outbound: Outbound::Id,
            local_id: None,
        }
    }
}

impl Pattern for Stream {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, info: Attach) {
        let claim = info.assigned_id.map(|id| self.peers.assign(cx, pipe, &id));
        if !matches!(claim, Some(Claim::Granted)) {
            self.peers.generate(pipe);
        }
        if info.connecting {
            self.local_id = self.peers.id(pipe).map(Into::into);
        }
        self.input.attach(pipe);
    }

    fn readable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.readable(pipe);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        cx.pipes.check_read(pipe);
    }

    fn terminated(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.detach(pipe);
        self.peers.remove(pipe);
    }

    fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        match std::mem::replace(&mut self.outbound, Outbound::Id) {
            Outbound::Id if msg.more() => {
                let pipe = self.peers.find_living(cx, msg.data()).ok_or(Errno::EHOSTUNREACH)?;
                if !cx.pipes.check_write(pipe) {
                    return Err(Errno::EAGAIN);
                }
                self.outbound = Outbound::To(pipe);
            }
            // An id without MORE is not looked up, and takes the next part down with it.
            Outbound::Id => self.outbound = Outbound::Nowhere,
            Outbound::To(pipe) if msg.is_empty() => {
                self.input.detach(pipe);
                cx.pipes.close(pipe);
            }
            Outbound::To(pipe) => {
                if let Some(end) = cx.pipes.get(pipe).filter(|end| !end.peer_closed()) {
                    msg.set_more(false);
                    let written = end.write_from(msg);
                    end.flush();
                    if !written {
                        return Err(Errno::ENOMEM);
                    }
                }
            }
            Outbound::Nowhere => {}
        }
        drop(msg.take());
        Ok(())
    }

    fn recv(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        if let Some(data) = self.pending.take() {
            *msg = data;
            return Ok(());
        }
        let mut data = Msg::new();
        let pipe = self.input.recv(cx, &mut data).ok_or(Errno::EAGAIN)?;
        data.set_more(false);
        *msg = self.peers.frame(cx, pipe).unwrap_or_default();
        self.pending = Some(data);
        Ok(())
    }

    fn has_in(&mut self, cx: &mut Cx<'_>) -> bool {
        self.pending.is_some() || self.input.has_in(cx)
    }

    fn has_out(&mut self, _cx: &mut Cx<'_>) -> bool {
        true
    }

    fn has_route(&mut self, cx: &mut Cx<'_>, routing_id: &[u8]) -> bool {
        self.peers.find_living(cx, routing_id).is_some()
    }

    fn local_routing_id(&self) -> Option<&[u8]> {
        self.local_id.as_deref()
    }
}
