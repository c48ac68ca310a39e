//! XSUB (RFC 29): subscriptions and messages out to all publishers, their messages in. The socket's thread.
//!
//! Topics are counted: each subscription is passed on, so that publishers see it, but its end only when none is left. A new
//! publisher, or a new connection to an old one, gets every topic anew. Subscriptions are written whatever the limits.

use super::distributor::Distributor;
use super::fair_queue::FairQueue;
use super::topic_tree::TopicTree;
use super::{Attach, Cx, Pattern};
use crate::errno::{Errno, Result};
use crate::message::Msg;
use crate::pipe::PipeId;

/// The subscriber that sends subscriptions as messages.
#[derive(Debug)]
pub(super) struct Xsub {
    pub(super) input: FairQueue,
    out: Distributor,
    /// How often each topic was subscribed to.
    pub(super) topics: TopicTree,
}

impl Xsub {
    pub(super) fn new() -> Xsub {
        Xsub { input: FairQueue::default(), out: Distributor::default(), topics: TopicTree::new() }
    }

    /// Counts a subscription or its end. Whether publishers have to know.
    fn count(&mut self, topic: &[u8], add: bool) -> Result<bool> {
        if add {
            let node = self.topics.insert(topic)?;
            let count = self.topics.value(node);
            self.topics.set_value(node, count.saturating_add(1));
            return Ok(true);
        }
        let Some(node) = self.topics.find(topic) else { return Ok(false) };
        let count = self.topics.value(node) - 1;
        self.topics.set_value(node, count);
        Ok(count == 0)
    }

    /// Counts a subscription and tells all publishers, but for those that are in the middle of a message.
    pub(super) fn update(&mut self, cx: &mut Cx<'_>, topic: &[u8], add: bool) -> Result<bool> {
        let mut long = if topic.len() > Msg::INLINE_MAX { Some(Msg::subscription(topic, add)?) } else { None };
        let tell = self.count(topic, add)?;
        if tell {
            self.out.send_to_others(cx, |place| match &mut long {
                Some(msg) => place.write(msg.share()),
                None => Msg::put_subscription(place, topic, add),
            });
        }
        Ok(tell)
    }

    /// Tells a publisher every topic.
    fn resend(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        let Some(end) = cx.pipes.get(pipe) else { return };
        self.topics.for_each(|topic| {
            if let Ok(msg) = Msg::subscription(topic, true) {
                end.write_unchecked(msg);
            }
        });
        end.flush();
    }

    /// With ONLY_FIRST_SUBSCRIBE, a subscription with parts behind it: it goes in its plain form, at the head of its
    /// message, so that publishers see that the rest is none. One that they must not see leaves an empty part.
    fn send_leading_subscription(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        if !self.count(msg.data().get(1..).unwrap_or_default(), msg.data().first() == Some(&1))? {
            *msg = Msg::new();
            msg.set_more(true);
        }
        self.out.send_first_to_all(cx, msg);
        Ok(())
    }

    /// A part that asks for a subscription, in the middle of a message to the publishers or on its own.
    fn send_subscription(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        let told = self.update(cx, msg.data().get(1..).unwrap_or_default(), msg.data().first() == Some(&1))?;
        if self.out.is_unfinished() {
            // Publishers take it out of the message, where it stands in its plain form. One that they must not see
            // leaves a gap, or an empty part where the message needs an end.
            let more = msg.more();
            if !told {
                *msg = Msg::new();
            }
            if told || !more {
                self.out.send(cx, msg)?;
            }
        }
        drop(msg.take());
        Ok(())
    }
}

impl Pattern for Xsub {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, _info: Attach) {
        self.input.attach(pipe);
        self.out.attach(pipe);
        self.resend(cx, pipe);
    }

    fn reconnected(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        if self.out.has(pipe) {
            self.resend(cx, pipe);
        }
    }

    fn readable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.readable(pipe);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.detach(pipe);
        cx.pipes.check_read(pipe);
    }

    fn terminated(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.detach(pipe);
        self.input.detach(pipe);
    }

    fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        let only_first = cx.options.only_first_subscribe;
        if matches!(msg.data(), [0 | 1, ..]) && !(only_first && self.out.is_unfinished()) {
            if !(only_first && msg.more()) {
                return self.send_subscription(cx, msg);
            }
            self.send_leading_subscription(cx, msg)?;
            return Ok(());
        }
        if !self.out.is_unfinished() {
            self.out.choose_all();
        }
        self.out.send(cx, msg)
    }

    #[inline]
    fn recv(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        self.input.recv(cx, msg).map(|_| ()).ok_or(Errno::EAGAIN)
    }

    fn has_in(&mut self, cx: &mut Cx<'_>) -> bool {
        self.input.has_in(cx)
    }

    fn has_out(&mut self, _cx: &mut Cx<'_>) -> bool {
        true
    }
}
