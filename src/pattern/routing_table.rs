//! Which peer has which routing id. The socket's thread.
//!
//! Ids that this side makes are a zero byte and a 32-bit counter, big-endian, from a random start; ids in use are skipped.
//! Peers may not choose ids that begin with a zero byte, so that none can pass for another or stand in the way of one
//! (RFC 28 reserves them): such a peer, like one with an empty or an over-long id, gets an id made here. Ids that the
//! application gives (CONNECT_ROUTING_ID) are taken as they are.

use super::id_map::{self, IdMap};
use super::pipe_map::PipeMap;
use super::{Cx, Received};
use crate::errno::Result;
use crate::message::{Destination, Msg};
use crate::pipe::{PipeId, PipeSet};
use crate::util::random;

/// Longest id that a peer may choose (ZMTP 3.1).
const ANNOUNCED_MAX: usize = 255;

/// What came of naming a pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Claim {
    /// The pipe has its id.
    Granted,
    /// The id is another living peer's.
    Refused,
    /// The pipe has its id, which was this other pipe's until now.
    Taken(PipeId),
}

#[derive(Debug)]
struct Name {
    /// The id, with MORE.
    frame: Msg,
    /// Another pipe has the id now; this one keeps its name for what is still read from it.
    lost: bool,
}

/// Peers by routing id, and back.
#[derive(Debug)]
pub(super) struct RoutingTable {
    pipes: IdMap,
    /// Each named pipe's id.
    names: PipeMap<Name>,
    next: u32,
    /// The pipe that was last named in a received message: mostly, the answer goes there.
    recent: Option<PipeId>,
}

impl RoutingTable {
    pub(super) fn new() -> RoutingTable {
        RoutingTable { pipes: IdMap::default(), names: PipeMap::default(), next: random::u32(), recent: None }
    }

    /// Names a pipe after what its peer announced.
    pub(super) fn announce(&mut self, cx: &mut Cx<'_>, pipe: PipeId, id: &[u8]) -> Claim {
        if id.is_empty() || id.len() > ANNOUNCED_MAX || id[0] == 0 {
            self.generate(pipe);
            return Claim::Granted;
        }
        self.assign(cx, pipe, id)
    }

    /// Names a pipe with an id of the application's choice.
    pub(super) fn assign(&mut self, cx: &mut Cx<'_>, pipe: PipeId, id: &[u8]) -> Claim {
        let Ok(frame) = Msg::from_slice(id) else { return Claim::Refused };
        let owner = self.pipes.get(id).filter(|owner| *owner != pipe);
        // A peer that went away does not keep its id, even while what it sent is still being read.
        let living = owner.filter(|owner| cx.pipes.get(*owner).is_some_and(|p| !p.peer_closed()));
        if living.is_some() && !cx.options.router_handover {
            return Claim::Refused;
        }
        if self.name(pipe, frame).is_err() {
            return Claim::Refused;
        }
        if self.recent == owner {
            self.recent = None;
        }
        if let Some(name) = owner.and_then(|owner| self.names.get_mut(owner)) {
            name.lost = true;
        }
        living.map_or(Claim::Granted, Claim::Taken)
    }

    /// Names a pipe with an id made here.
    pub(super) fn generate(&mut self, pipe: PipeId) {
        let id = loop {
            let id = id_map::made(self.next);
            self.next = self.next.wrapping_add(1);
            if self.pipes.get(&id).is_none() {
                break id;
            }
        };
        // Five bytes are kept in the message itself, and such an id in the table: neither takes memory of its own.
        let _ = self.name(pipe, Msg::from_slice(&id).unwrap_or_default());
    }

    fn name(&mut self, pipe: PipeId, mut frame: Msg) -> Result<()> {
        self.pipes.insert(frame.data(), pipe)?;
        frame.set_more(true);
        self.names.insert(pipe, Name { frame, lost: false });
        Ok(())
    }

    /// Whether the pipe has, or had, an id.
    pub(super) fn is_named(&self, pipe: PipeId) -> bool {
        self.names.contains(pipe)
    }

    /// The pipe's id.
    pub(super) fn id(&self, pipe: PipeId) -> Option<&[u8]> {
        self.names.get(pipe).map(|name| name.frame.data())
    }

    /// The frame that goes before what is received from the pipe: its id, with MORE.
    #[inline]
    pub(super) fn frame(&mut self, cx: &mut Cx<'_>, pipe: PipeId) -> Option<Msg> {
        let name = self.names.get_mut(pipe)?;
        let mut frame = name.frame.share();
        frame.set_metadata(cx.pipes.metadata(pipe));
        if !name.lost {
            self.recent = Some(pipe);
        }
        Some(frame)
    }

    /// Copies the same frame.
    #[inline]
    pub(super) fn copy(&mut self, pipe: PipeId, buf: &Destination) -> Received {
        let Some(name) = self.names.get(pipe) else { return Received { size: 0, more: false } };
        if !name.lost {
            self.recent = Some(pipe);
        }
        Received::copy(&name.frame, buf)
    }

    /// The pipe that has the id now.
    #[inline]
    pub(super) fn find(&self, id: &[u8]) -> Option<PipeId> {
        if let Some(recent) = self.recent
            && self.names.get(recent).is_some_and(|name| name.frame.data() == id)
        {
            return Some(recent);
        }
        self.pipes.get(id)
    }

    /// The pipe that has the id now, if it can still be written.
    #[inline]
    pub(super) fn find_living(&self, cx: &mut Cx<'_>, id: &[u8]) -> Option<PipeId> {
        let pipe = self.find(id)?;
        if cx.pipes.len() >= PipeSet::MANY {
            cx.pipes.prefetch(Some(pipe), None);
        }
        cx.pipes.get(pipe).is_some_and(|p| !p.peer_closed()).then_some(pipe)
    }

    /// Forgets a pipe.
    pub(super) fn remove(&mut self, pipe: PipeId) {
        if self.recent == Some(pipe) {
            self.recent = None;
        }
        if let Some(name) = self.names.remove(pipe) {
            self.pipes.remove(name.frame.data(), pipe);
        }
    }
}
