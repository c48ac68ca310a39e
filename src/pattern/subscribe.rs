//! SUB (RFC 29): XSUB whose subscriptions are an option, and that hears only what it subscribed to. The socket's thread.
//!
//! Messages are filtered again on this side: publishers that do not filter, and what was on its way when a subscription
//! ended. A call skips so many of them at most.

use super::xsub::Xsub;
use super::{Attach, Cx, Pattern, Received};
use crate::errno::{Errno, Result};
use crate::message::{Destination, Msg};
use crate::pipe::PipeId;

/// Messages that one call skips.
const SKIP_MAX: usize = 4096;

/// What a search for a message found.
enum Found {
    Part,
    Nothing,
    /// The search was cut short.
    Unknown,
}

/// The subscriber.
#[derive(Debug)]
pub(super) struct Sub {
    xsub: Xsub,
    /// First part of a message, read to answer whether there is one.
    first: Option<Msg>,
}

impl Sub {
    pub(super) fn new() -> Sub {
        Sub { xsub: Xsub::new(), first: None }
    }

    #[inline]
    fn wants(&self, cx: &Cx<'_>, part: &Msg) -> bool {
        self.xsub.topics.matches(part.data()) != cx.options.invert_matching
    }

    /// Reads the first part of the next message that was subscribed to, or the next part of the one being read.
    #[inline]
    fn next(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Found {
        for skipped in 0..SKIP_MAX {
            let rest = self.xsub.input.current();
            let Some(pipe) = self.xsub.input.recv(cx, msg) else {
                if skipped > 0 {
                    // What was not subscribed to is not for the application's eyes.
                    drop(msg.take());
                }
                return Found::Nothing;
            };
            if rest == Some(pipe) || self.wants(cx, msg) {
                return Found::Part;
            }
            self.xsub.input.skip_rest(cx);
        }
        drop(msg.take());
        Found::Unknown
    }
}

impl Pattern for Sub {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, info: Attach) {
        self.xsub.attach(cx, pipe, info);
    }

    fn reconnected(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.xsub.reconnected(cx, pipe);
    }

    fn readable(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.xsub.readable(cx, pipe);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.xsub.peer_closed(cx, pipe);
    }

    fn terminated(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.xsub.terminated(cx, pipe);
    }

    #[inline]
    fn recv(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        if let Some(first) = self.first.take() {
            *msg = first;
            return Ok(());
        }
        match self.next(cx, msg) {
            Found::Part => Ok(()),
            Found::Nothing => Err(Errno::EAGAIN),
            Found::Unknown => {
                cx.again = true;
                Err(Errno::EAGAIN)
            }
        }
    }

    fn recv_copy(&mut self, cx: &mut Cx<'_>, buf: &Destination) -> Result<Received> {
        if self.first.is_none() {
            let Xsub { input, topics, .. } = &mut self.xsub;
            let invert = cx.options.invert_matching;
            if let Some(received) = input.recv_wanted(cx, buf, |msg| topics.matches(msg.data()) != invert) {
                return Ok(received);
            }
        }
        let mut msg = Msg::new();
        self.recv(cx, &mut msg)?;
        Ok(Received::copy(&msg, buf))
    }

    fn has_in(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.first.is_some() {
            return true;
        }
        if self.xsub.input.current().is_some() {
            return self.xsub.input.has_in(cx);
        }
        let mut part = Msg::new();
        match self.next(cx, &mut part) {
            Found::Part => {
                self.first = Some(part);
                true
            }
            Found::Nothing => false,
            // There may be one. Who asks again gets on with the search.
            Found::Unknown => true,
        }
    }

    fn subscribe(&mut self, cx: &mut Cx<'_>, topic: &[u8], add: bool) -> Result<()> {
        self.xsub.update(cx, topic, add)?;
        // A message that was looked at, but not yet received, is subject to the change.
        if let Some(first) = self.first.take() {
            if self.wants(cx, &first) {
                self.first = Some(first);
            } else if first.more() {
                self.xsub.input.skip_rest(cx);
            }
        }
        Ok(())
    }
}
