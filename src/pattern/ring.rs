//! The active set of a fair queue or load balancer: pipes in a circle, each step O(1) whatever their number.
//! The socket's thread.
//!
//! A member is active (in the circle) or idle. The active ones take turns in the order in which they became active: a
//! newcomer stands behind the one that came last, wherever the turn is.

use super::pipe_map::slot;
use crate::pipe::PipeId;

const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Vacant,
    Idle,
    Active,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    id: PipeId,
    next: u32,
    previous: u32,
    state: State,
}

/// Whose turn it will be.
#[derive(Clone, Copy)]
pub(super) struct Next(u32);

/// Pipes taking turns.
#[derive(Debug)]
pub(super) struct Ring {
    /// By the pipe's slot; `next` and `previous` are slots, meaningful in active nodes.
    nodes: Vec<Node>,
    /// Whose turn it is.
    front: u32,
    /// The one that became active last.
    last: u32,
}

impl Default for Ring {
    fn default() -> Ring {
        Ring { nodes: Vec::new(), front: NOWHERE, last: NOWHERE }
    }
}

impl Ring {
    /// Makes the pipe an active member, at the end.
    pub(super) fn join(&mut self, id: PipeId) {
        let at = slot(id);
        if at >= self.nodes.len() {
            let vacant = Node { id, next: NOWHERE, previous: NOWHERE, state: State::Vacant };
            self.nodes.resize(at + 1, vacant);
        }
        if self.nodes[at].state == State::Active {
            self.unlink(at);
        }
        self.nodes[at].id = id;
        self.nodes[at].state = State::Idle;
        self.activate(id);
    }

    /// Ends the pipe's membership.
    pub(super) fn leave(&mut self, id: PipeId) {
        self.deactivate(id);
        if let Some(node) = self.node_mut(id) {
            node.state = State::Vacant;
        }
    }

    /// Puts an idle member into the circle, at the end.
    pub(super) fn activate(&mut self, id: PipeId) {
        let Some(node) = self.node_mut(id).filter(|n| n.state == State::Idle) else { return };
        node.state = State::Active;
        let at = slot(id);
        let last = std::mem::replace(&mut self.last, at as u32);
        if last == NOWHERE {
            self.nodes[at].next = at as u32;
            self.nodes[at].previous = at as u32;
            self.front = at as u32;
            return;
        }
        let first = self.nodes[last as usize].next;
        self.nodes[at].next = first;
        self.nodes[at].previous = last;
        self.nodes[last as usize].next = at as u32;
        self.nodes[first as usize].previous = at as u32;
    }

    /// Takes a pipe out of the circle; it stays a member.
    pub(super) fn deactivate(&mut self, id: PipeId) {
        let Some(node) = self.node_mut(id).filter(|n| n.state == State::Active) else { return };
        node.state = State::Idle;
        self.unlink(slot(id));
    }

    fn unlink(&mut self, at: usize) {
        let Node { next, previous, .. } = self.nodes[at];
        if next == at as u32 {
            self.front = NOWHERE;
            self.last = NOWHERE;
            return;
        }
        self.nodes[previous as usize].next = next;
        self.nodes[next as usize].previous = previous;
        if self.front == at as u32 {
            self.front = next;
        }
        if self.last == at as u32 {
            self.last = previous;
        }
    }

    fn node_mut(&mut self, id: PipeId) -> Option<&mut Node> {
        self.nodes.get_mut(slot(id)).filter(|n| n.state != State::Vacant && n.id == id)
    }

    /// Whether the pipe is a member, active or idle.
    pub(super) fn has(&self, id: PipeId) -> bool {
        self.nodes.get(slot(id)).is_some_and(|n| n.state != State::Vacant && n.id == id)
    }

    /// Whose turn it is.
    #[inline]
    pub(super) fn front(&self) -> Option<PipeId> {
        self.nodes.get(self.front as usize).map(|n| n.id)
    }

    /// The same, with what [`Ring::pass_on`] is to be told at the end of the turn.
    #[inline(always)]
    pub(super) fn turn(&self) -> Option<(PipeId, Next)> {
        self.nodes.get(self.front as usize).map(|n| (n.id, Next(n.next)))
    }

    /// Ends the turn that [`Ring::turn`] found, if no member came or went since.
    #[inline(always)]
    pub(super) fn pass_on(&mut self, next: Next) {
        self.front = next.0;
    }

    /// Ends the turn of `id`, if it is its turn.
    #[inline]
    pub(super) fn end_turn(&mut self, id: PipeId) {
        if let Some(node) = self.nodes.get(self.front as usize).filter(|n| n.id == id) {
            self.front = node.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> PipeId {
        PipeId::from_bits(n)
    }

    /// One full round from the front.
    fn round(ring: &mut Ring, turns: usize) -> Vec<u64> {
        let mut seen = Vec::new();
        for _ in 0..turns {
            let Some(front) = ring.front() else { break };
            seen.push(front.to_bits());
            ring.end_turn(front);
        }
        seen
    }

    #[test]
    fn turns_go_round_and_newcomers_join_the_end() {
        let mut ring = Ring::default();
        assert_eq!(ring.front(), None);
        for n in 0..3 {
            ring.join(id(n));
        }
        assert_eq!(round(&mut ring, 4), [0, 1, 2, 0]);
        ring.join(id(3));
        assert_eq!(round(&mut ring, 5), [1, 2, 3, 0, 1]);
        ring.deactivate(id(1));
        assert_eq!(round(&mut ring, 4), [2, 3, 0, 2]);
        ring.activate(id(1));
        ring.activate(id(1));
        assert_eq!(round(&mut ring, 5), [3, 1, 0, 2, 3]);
        ring.leave(id(1));
        ring.leave(id(3));
        ring.activate(id(3));
        assert!(!ring.has(id(3)) && ring.has(id(0)));
        ring.join(id(1));
        assert_eq!(round(&mut ring, 4), [0, 2, 1, 0]);
        ring.leave(id(1));
        assert_eq!(round(&mut ring, 2), [2, 0]);
        ring.leave(id(2));
        ring.leave(id(0));
        assert_eq!(ring.front(), None);
    }

    #[test]
    fn a_stale_id_changes_nothing() {
        let mut ring = Ring::default();
        let (old, new) = (id(5), id(5 | 1 << 32));
        ring.join(old);
        ring.leave(old);
        ring.join(new);
        ring.deactivate(old);
        ring.leave(old);
        ring.end_turn(old);
        assert_eq!(ring.front(), Some(new));
    }
}
