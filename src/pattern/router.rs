//! ROUTER (RFC 28): fair queue in, each message led by its sender's routing id; out to the peer whose id leads the message.
//! The socket's thread.
//!
//! A peer is read once it has an id. One whose id belongs to another living peer stays connected, unheard; with
//! ROUTER_HANDOVER it takes the id, and the other is closed once the message being received from it is complete.

use super::fair_queue::FairQueue;
use super::load_balancer::LoadBalancer;
use super::routing_table::{Claim, RoutingTable};
use super::{Attach, Cx, Pattern, Received, probe, recv_as_message, send_as_message};
use crate::errno::{Errno, Result};
use crate::message::{Destination, Msg, SendSlab};
use crate::pipe::{PipeId, PipeSet};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outbound {
    /// The next part is a routing id.
    Id,
    /// The rest of the message goes to this peer.
    To(PipeId),
    /// The rest of the message goes nowhere.
    Nowhere,
}

/// The asynchronous replier.
#[derive(Debug)]
pub(super) struct Router {
    input: FairQueue,
    peers: RoutingTable,
    /// Peers with room, for POLLOUT under ROUTER_MANDATORY.
    room: LoadBalancer,
    /// Where the message came from whose id frame was handed out.
    pending: Option<PipeId>,
    /// The first part of that message.
    first: Msg,
    /// Closed when the message being received from it is complete.
    retiring: Option<PipeId>,
    outbound: Outbound,
}

impl Router {
    pub(super) fn new() -> Router {
        Router {
            input: FairQueue::default(),
            peers: RoutingTable::new(),
            room: LoadBalancer::default(),
            pending: None,
            first: Msg::new(),
            retiring: None,
            outbound: Outbound::Id,
        }
    }

    /// Puts a peer in its place, by the routing id that it got.
    fn admit(&mut self, cx: &mut Cx<'_>, pipe: PipeId, claim: Claim) {
        match claim {
            Claim::Refused => return,
            Claim::Granted => {}
            Claim::Taken(old) => {
                self.room.detach(old);
                if self.receiving_from(old) {
                    self.retiring = Some(old);
                } else {
                    self.retire(cx, old);
                }
            }
        }
        self.input.attach(pipe);
        self.room.attach(pipe);
    }

    fn receiving_from(&self, pipe: PipeId) -> bool {
        self.input.current() == Some(pipe) || self.pending == Some(pipe)
    }

    fn retire(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.detach(pipe);
        self.room.detach(pipe);
        cx.pipes.close(pipe);
    }

    /// A payload part is handed out.
    #[inline]
    fn delivered(&mut self, cx: &mut Cx<'_>, msg: &Msg) {
        if !msg.more()
            && let Some(old) = self.retiring.take()
        {
            self.retire(cx, old);
        }
    }

    /// Finds the peer that the id in front of a message names. An id without a message behind it is swallowed, whether
    /// somebody has it or not.
    #[inline]
    fn address(&mut self, cx: &mut Cx<'_>, id: &[u8], more: bool) -> Result<()> {
        if more {
            let mandatory = cx.options.router_mandatory;
            self.outbound = match self.peers.find_living(cx, id) {
                Some(id) if cx.pipes.check_write(id) => {
                    if cx.pipes.len() >= PipeSet::MANY
                        && let Some(pipe) = cx.pipes.get(id)
                    {
                        pipe.prefetch();
                        pipe.prefetch_peer();
                    }
                    Outbound::To(id)
                }
                Some(_) if mandatory => return Err(Errno::EAGAIN),
                None if mandatory => return Err(Errno::EHOSTUNREACH),
                _ => Outbound::Nowhere,
            };
        }
        Ok(())
    }

    /// Takes the next message's first part, whose sender's id is to be handed out before.
    #[inline]
    fn take_first(&mut self, cx: &mut Cx<'_>) -> Result<PipeId> {
        let pipe = self.input.recv(cx, &mut self.first).ok_or(Errno::EAGAIN)?;
        self.pending = Some(pipe);
        Ok(pipe)
    }
}

impl Pattern for Router {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, info: Attach) {
        probe(cx, pipe);
        let claim = match (&info.assigned_id, &info.peer_id) {
            (Some(id), _) => self.peers.assign(cx, pipe, id),
            // Raw peers have nothing to announce.
            (None, _) if cx.options.router_raw => self.peers.announce(cx, pipe, &[]),
            (None, Some(id)) => self.peers.announce(cx, pipe, id),
            (None, None) => return,
        };
        self.admit(cx, pipe, claim);
    }

    fn identified(&mut self, cx: &mut Cx<'_>, pipe: PipeId, peer_id: &[u8]) {
        // A peer keeps the id it has: the one that was assigned to it, or announced on its first connection.
        if !self.peers.is_named(pipe) {
            let claim = self.peers.announce(cx, pipe, peer_id);
            self.admit(cx, pipe, claim);
        }
    }

    fn readable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.readable(pipe);
    }

    fn writable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.room.writable(pipe);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.room.detach(pipe);
        if self.input.has(pipe) {
            cx.pipes.check_read(pipe);
        } else {
            cx.pipes.close(pipe);
        }
    }

    fn terminated(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.detach(pipe);
        self.room.detach(pipe);
        self.peers.remove(pipe);
        if self.retiring == Some(pipe) {
            self.retiring = None;
        }
    }

    #[inline]
    fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        let to = match self.outbound {
            Outbound::Id => {
                self.address(cx, msg.data(), msg.more())?;
                drop(msg.take());
                return Ok(());
            }
            Outbound::To(pipe) => Some(pipe),
            Outbound::Nowhere => None,
        };
        let raw = cx.options.router_raw;
        if raw {
            msg.set_more(false);
        }
        let more = msg.more();
        match to.and_then(|id| cx.pipes.get(id)).filter(|p| !p.peer_closed()) {
            Some(_) if raw && msg.is_empty() => {
                if let Some(id) = to {
                    self.retire(cx, id);
                }
            }
            Some(pipe) => {
                let written = pipe.write_from(msg);
                if !more {
                    pipe.flush();
                    self.outbound = Outbound::Id;
                }
                if !written {
                    return Err(Errno::ENOMEM);
                }
            }
            None => {
                if let Some(pipe) = to.and_then(|id| cx.pipes.get(id)) {
                    pipe.rollback();
                }
                self.outbound = Outbound::Nowhere;
                drop(msg.take());
            }
        }
        if !more {
            self.outbound = Outbound::Id;
        }
        Ok(())
    }

    #[inline]
    fn recv(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        if self.pending.take().is_some() {
            *msg = self.first.take();
            self.delivered(cx, msg);
            return Ok(());
        }
        if self.input.current().is_some() {
            self.input.recv(cx, msg).ok_or(Errno::EAGAIN)?;
            self.delivered(cx, msg);
            return Ok(());
        }
        let pipe = self.take_first(cx)?;
        // Only named pipes are read.
        *msg = self.peers.frame(cx, pipe).unwrap_or_default();
        Ok(())
    }

    fn send_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<()> {
        if self.outbound == Outbound::Id {
            return self.address(cx, bytes, more);
        }
        if let Outbound::To(pipe) = self.outbound
            && !more
            && !cx.options.router_raw
            && let Some(pipe) = cx.pipes.get(pipe)
            && !pipe.is_unfinished()
            && pipe.write_short(bytes)
        {
            self.outbound = Outbound::Id;
            return Ok(());
        }
        send_as_message(self, cx, bytes, more, slab)
    }

    fn recv_copy(&mut self, cx: &mut Cx<'_>, buf: &Destination) -> Result<Received> {
        if self.pending.is_none() && self.input.current().is_none() {
            let pipe = self.take_first(cx)?;
            return Ok(self.peers.copy(pipe, buf));
        }
        recv_as_message(self, cx, buf)
    }

    fn has_in(&mut self, cx: &mut Cx<'_>) -> bool {
        self.pending.is_some() || self.input.has_in(cx)
    }

    fn has_out(&mut self, cx: &mut Cx<'_>) -> bool {
        !cx.options.router_mandatory || self.outbound != Outbound::Id || self.room.has_out(cx)
    }

    fn has_route(&mut self, cx: &mut Cx<'_>, routing_id: &[u8]) -> bool {
        self.peers.find_living(cx, routing_id).is_some()
    }
}
