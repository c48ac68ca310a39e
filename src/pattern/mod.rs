//! What each socket type means: which pipe a message goes to, which it comes from, and what is in its envelope.
//! The socket's thread; sees pipes and messages only.
//!
//! One file per type, over five shared bricks: `load_balancer` and `distributor` choose pipes to write, `fair_queue`
//! those to read, `routing_table` names peers, `subscriptions` holds topics. [`new`] is the only place that maps a
//! type to its code.

mod children;
mod dealer;
mod distributor;
mod fair_queue;
mod finger;
mod id_map;
mod inbox;
mod load_balancer;
mod pair;
mod pipe_map;
mod publish;
mod pull;
mod push;
mod rep;
mod req;
mod ring;
mod router;
mod routing_table;
mod stream;
mod subscribe;
mod subscriptions;
mod table;
#[cfg(test)]
mod test_util;
#[cfg(test)]
mod tests;
mod topic_node;
mod topic_tree;
mod xpub;
mod xsub;

pub use table::new;

use crate::errno::{Errno, Result};
use crate::message::{Destination, Msg, SendSlab};
use crate::options::Options;
use crate::pipe::{PipeId, PipeSet};
use std::mem::MaybeUninit;
use std::sync::Arc;

/// What a pattern works on during one call.
#[derive(Debug)]
pub struct Cx<'a> {
    /// The socket's pipes. To end one, call [`PipeSet::close`]; the socket takes it out afterwards and calls `terminated`.
    pub pipes: &'a mut PipeSet,
    /// The socket's options as they are now.
    pub options: &'a Options,
    /// The caller does not wait (ZMQ_DONTWAIT, or a timeout of 0): decides what becomes of a message whose pipe died
    /// between its parts.
    pub dontwait: bool,
    /// Set by `recv` together with `EAGAIN` when it gave up to keep the call short, after a flood of messages that are not
    /// for the application: the socket looks at its commands and deadline and asks again, instead of sleeping.
    pub again: bool,
}

impl<'a> Cx<'a> {
    /// The context of a call that may wait.
    pub fn new(pipes: &'a mut PipeSet, options: &'a Options) -> Cx<'a> {
        Cx { pipes, options, dontwait: false, again: false }
    }
}

/// What is known of a pipe when it joins.
#[derive(Debug, Default)]
pub struct Attach {
    /// The routing id that the peer announced: `None` until it is known (a connection that is still being made), empty if
    /// it announced none.
    pub peer_id: Option<Vec<u8>>,
    /// The routing id that this side gave the peer beforehand (CONNECT_ROUTING_ID).
    pub assigned_id: Option<Arc<Vec<u8>>>,
    /// The pipe belongs to a `zmq_connect` of this socket.
    pub connecting: bool,
    /// The peer cannot send subscriptions (ZMTP 1.0): it gets everything.
    pub subscribe_all: bool,
}

/// A part that was copied out.
#[derive(Clone, Copy, Debug)]
pub struct Received {
    /// The part's whole size in bytes.
    pub size: usize,
    /// More parts follow.
    pub more: bool,
}

impl Received {
    /// Copies a part, as much of it as there is room for.
    #[inline]
    pub fn copy(msg: &Msg, buf: &Destination) -> Received {
        msg.copy_to(buf);
        Received { size: msg.len(), more: msg.more() }
    }
}

/// A socket type's behaviour. Every method runs on the socket's thread and returns without blocking.
///
/// `send` and `recv` work on one part; `EAGAIN` means that the call may block, every other error is final. On success
/// `send` leaves `msg` empty; on failure `msg` is as it was.
pub trait Pattern: Send {
    /// A pipe joined. Patterns that cannot use it call [`PipeSet::close`].
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, info: Attach);

    /// The peer of a pipe that was attached without `peer_id` announced itself.
    fn identified(&mut self, _cx: &mut Cx<'_>, _pipe: PipeId, _peer_id: &[u8]) {}

    /// The connection behind the pipe was lost and made anew: state that the peer needs is sent again.
    fn reconnected(&mut self, _cx: &mut Cx<'_>, _pipe: PipeId) {}

    /// The pipe has something to read after it had nothing.
    fn readable(&mut self, _cx: &mut Cx<'_>, _pipe: PipeId) {}

    /// The pipe has room after it was full; the socket has called `PipeEnd::credit_arrived`.
    fn writable(&mut self, _cx: &mut Cx<'_>, _pipe: PipeId) {}

    /// The peer closed: nothing can be written any more; what it sent before is still to be read. Patterns that do not
    /// read call [`PipeSet::close`]; the others stop writing and read on until the end is found.
    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId);

    /// The pipe is gone: forget it. It can no longer be read or written.
    fn terminated(&mut self, cx: &mut Cx<'_>, pipe: PipeId);

    /// Sends one part.
    ///
    /// # Errors
    /// `EAGAIN`, `ENOTSUP`, `EFSM`, `EHOSTUNREACH`, `EINVAL` by type (zmq_send(3)).
    fn send(&mut self, _cx: &mut Cx<'_>, _msg: &mut Msg) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    /// Receives one part into `msg`, whose old content is dropped on success.
    ///
    /// # Errors
    /// `EAGAIN`, `ENOTSUP`, `EFSM` by type (zmq_recv(3)).
    fn recv(&mut self, _cx: &mut Cx<'_>, _msg: &mut Msg) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    /// Sends a copy of `bytes` as a part; see [`Pattern::send`]. Types that pass messages on as they are make it in its place
    /// in the pipe.
    ///
    /// # Errors
    /// As [`Pattern::send`], and `ENOMEM`.
    fn send_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<()> {
        send_as_message(self, cx, bytes, more, slab)
    }

    /// Receives one part into `buf`, as much of it as there is room for; see [`Pattern::recv`]. Types that pass messages on
    /// as they are copy it from its place in the pipe.
    ///
    /// # Errors
    /// As [`Pattern::recv`].
    fn recv_copy(&mut self, cx: &mut Cx<'_>, buf: &Destination) -> Result<Received> {
        recv_as_message(self, cx, buf)
    }

    /// Whether the next message of any pipe is received as it is: when all pipes are empty, one that has just come may go past
    /// its pipe to the application.
    fn receives_as_is(&self) -> bool {
        false
    }

    /// Whether `ZMQ_POLLIN` holds.
    fn has_in(&mut self, _cx: &mut Cx<'_>) -> bool {
        false
    }

    /// Whether `ZMQ_POLLOUT` holds.
    fn has_out(&mut self, _cx: &mut Cx<'_>) -> bool {
        false
    }

    /// `ZMQ_SUBSCRIBE` (`add`) or `ZMQ_UNSUBSCRIBE`.
    ///
    /// # Errors
    /// `EINVAL` on types without the option.
    fn subscribe(&mut self, _cx: &mut Cx<'_>, _topic: &[u8], _add: bool) -> Result<()> {
        Err(Errno::EINVAL)
    }

    /// Whether a living peer has this routing id, so that CONNECT_ROUTING_ID must not give it to another.
    fn has_route(&mut self, _cx: &mut Cx<'_>, _routing_id: &[u8]) -> bool {
        false
    }

    /// The routing id of the connection that `zmq_connect` made last, as ZMQ_ROUTING_ID reports it on STREAM.
    fn local_routing_id(&self) -> Option<&[u8]> {
        None
    }
}

/// Sends a copy of `bytes` as a message of its own; see [`Pattern::send_copy`].
#[inline]
fn send_as_message<P: Pattern + ?Sized>(
    pattern: &mut P,
    cx: &mut Cx<'_>,
    bytes: &[u8],
    more: bool,
    slab: &mut SendSlab,
) -> Result<()> {
    let mut place = MaybeUninit::uninit();
    let msg = slab.copy(bytes, &mut place)?;
    msg.set_more(more);
    let result = pattern.send(cx, msg);
    if result.is_err() {
        drop(msg.take());
    }
    result
}

/// Receives a part as a message of its own; see [`Pattern::recv_copy`].
#[inline]
fn recv_as_message<P: Pattern + ?Sized>(pattern: &mut P, cx: &mut Cx<'_>, buf: &Destination) -> Result<Received> {
    let mut msg = Msg::new();
    pattern.recv(cx, &mut msg)?;
    Ok(Received::copy(&msg, buf))
}

/// PROBE_ROUTER: an empty message tells a ROUTER at the other end that this peer is there.
fn probe(cx: &mut Cx<'_>, pipe: PipeId) {
    if cx.options.probe_router
        && let Some(end) = cx.pipes.get(pipe)
    {
        end.write_unchecked(Msg::new());
        end.flush();
    }
}
