//! REP (RFC 28): one request in, its reply out, in turn. The socket's thread.
//!
//! Idle -> (a request's envelope was taken) Found -> (first part read) Reading -> (last part) Replying -> (last part sent)
//! Idle. A request is `[any parts] [empty] [body...]`; all up to the empty part goes back before the reply. A reply whose
//! requester is gone, or has no room, is dropped.

use super::fair_queue::FairQueue;
use super::routing_table::{Claim, RoutingTable};
use super::{Attach, Cx, Pattern};
use crate::errno::{Errno, Result};
use crate::message::Msg;
use crate::pipe::PipeId;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    Found,
    Reading,
    Replying,
}

/// The replier.
#[derive(Debug)]
pub(super) struct Rep {
    input: FairQueue,
    peers: RoutingTable,
    state: State,
    /// Whose request it is; `None` once the reply cannot reach it.
    requester: Option<PipeId>,
    /// Goes before the first part of the reply.
    envelope: Vec<Msg>,
}

impl Rep {
    pub(super) fn new() -> Rep {
        Rep {
            input: FairQueue::default(),
            peers: RoutingTable::new(),
            state: State::Idle,
            requester: None,
            envelope: Vec::new(),
        }
    }

    /// Reads on to the body of a request. Whether there is one.
    fn find_request(&mut self, cx: &mut Cx<'_>) -> bool {
        self.envelope.clear();
        let mut part = Msg::new();
        while let Some(pipe) = self.input.recv(cx, &mut part) {
            if !part.more() {
                // No body behind an empty part: not a request.
                self.envelope.clear();
                continue;
            }
            let bottom = part.is_empty();
            self.envelope.push(part.take());
            if bottom {
                self.requester = Some(pipe);
                self.state = State::Found;
                return true;
            }
        }
        self.envelope.clear();
        false
    }

    /// The body is gone if its pipe was taken away.
    fn notice_loss(&mut self) {
        if matches!(self.state, State::Found | State::Reading) && self.input.current().is_none() {
            self.state = State::Idle;
        }
    }

    /// Puts a peer in its place, by the routing id that it announced.
    fn admit(&mut self, cx: &mut Cx<'_>, pipe: PipeId, claim: Claim) {
        match claim {
            // Stays connected, unheard.
            Claim::Refused => return,
            Claim::Granted => {}
            Claim::Taken(old) => {
                self.input.detach(old);
                cx.pipes.close(old);
            }
        }
        self.input.attach(pipe);
    }
}

impl Pattern for Rep {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, info: Attach) {
        let claim = match (&info.assigned_id, &info.peer_id) {
            (Some(id), _) => self.peers.assign(cx, pipe, id),
            (None, Some(id)) => self.peers.announce(cx, pipe, id),
            (None, None) => return,
        };
        self.admit(cx, pipe, claim);
    }

    fn identified(&mut self, cx: &mut Cx<'_>, pipe: PipeId, peer_id: &[u8]) {
        if !self.peers.is_named(pipe) {
            let claim = self.peers.announce(cx, pipe, peer_id);
            self.admit(cx, pipe, claim);
        }
    }

    fn readable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.readable(pipe);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        if self.input.has(pipe) {
            cx.pipes.check_read(pipe);
        } else {
            cx.pipes.close(pipe);
        }
    }

    fn terminated(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.detach(pipe);
        self.peers.remove(pipe);
        if self.requester == Some(pipe) {
            self.requester = None;
        }
    }

    fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        if self.state != State::Replying {
            return Err(Errno::EFSM);
        }
        // The envelope is there until the first part of the reply is written.
        let first = !self.envelope.is_empty();
        let more = msg.more();
        let requester = self.requester.filter(|id| !first || cx.pipes.check_write(*id));
        let mut written = true;
        match requester.and_then(|id| cx.pipes.get(id)).filter(|p| !p.peer_closed()) {
            Some(pipe) => {
                for part in self.envelope.drain(..) {
                    pipe.write_unchecked(part);
                }
                written = pipe.write_from(msg);
                if !more {
                    pipe.flush();
                }
            }
            None => {
                self.envelope.clear();
                self.requester = None;
                drop(msg.take());
            }
        }
        if !more {
            self.requester = None;
            self.state = State::Idle;
        }
        if written { Ok(()) } else { Err(Errno::ENOMEM) }
    }

    fn recv(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        self.notice_loss();
        match self.state {
            State::Replying => return Err(Errno::EFSM),
            State::Idle => {
                if !self.find_request(cx) {
                    return Err(Errno::EAGAIN);
                }
            }
            State::Found | State::Reading => {}
        }
        self.input.recv(cx, msg).ok_or(Errno::EAGAIN)?;
        self.state = if msg.more() { State::Reading } else { State::Replying };
        Ok(())
    }

    fn has_in(&mut self, cx: &mut Cx<'_>) -> bool {
        self.notice_loss();
        match self.state {
            State::Replying => false,
            State::Idle => self.find_request(cx),
            State::Found | State::Reading => true,
        }
    }

    fn has_out(&mut self, _cx: &mut Cx<'_>) -> bool {
        self.state == State::Replying
    }

    fn has_route(&mut self, cx: &mut Cx<'_>, routing_id: &[u8]) -> bool {
        self.peers.find_living(cx, routing_id).is_some()
    }
}
