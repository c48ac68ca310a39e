//! XPUB (RFC 29): messages out to those who subscribed, subscriptions and their messages in. The socket's thread.
//!
//! Subscriptions are read as soon as they are there, whether or not the application receives; what it is to see waits in
//! `inbox`. A pipe whose own messages fill its share of the inbox (RCVHWM) is read on when the application has taken half.
//! A flood of subscriptions is read in portions while the application receives, and whole before it sends.

use super::distributor::Distributor;
use super::inbox::{Inbox, Origin};
use super::pipe_map::PipeMap;
use super::subscriptions::{Added, Removed, Subscriptions};
use super::{Attach, Cx, Pattern, Received};
use crate::errno::{Errno, Result};
use crate::message::{Destination, Msg, SendSlab, flag};
use crate::pipe::PipeId;

/// Reports that wait for the application before the reading of further subscriptions does.
const PORTION: usize = 2048;

/// How far a pipe has been read, and how much of the inbox it has.
#[derive(Debug, Default)]
struct Share {
    plain: usize,
    /// Not read until the application has taken some.
    stalled: bool,
    /// The next part is not the first of its message.
    unfinished: bool,
}

/// The publisher that sees subscriptions.
#[derive(Debug)]
pub(super) struct Xpub {
    subscriptions: Subscriptions,
    /// With XPUB_MANUAL: what peers asked for, whatever the application made of it.
    requested: Subscriptions,
    out: Distributor,
    inbox: Inbox,
    /// Pipes with more subscriptions than the inbox is to hold at once.
    postponed: Vec<PipeId>,
    shares: PipeMap<Share>,
    /// Where the last message received came from, which may be gone: manual subscriptions are this pipe's.
    last: Option<PipeId>,
    /// With XPUB_MANUAL_LAST_VALUE: the next message is for this pipe alone, or for nobody if it is gone.
    alone: Option<PipeId>,
    /// Whether there is an application to receive at all; PUB has none.
    receives: bool,
}

impl Xpub {
    pub(super) fn new(receives: bool) -> Xpub {
        Xpub {
            subscriptions: Subscriptions::new(),
            requested: Subscriptions::new(),
            out: Distributor::default(),
            inbox: Inbox::default(),
            postponed: Vec::new(),
            shares: PipeMap::default(),
            last: None,
            alone: None,
            receives,
        }
    }

    /// Reads what a pipe has, as long as the inbox holds less than `most`.
    fn read_from(&mut self, cx: &mut Cx<'_>, pipe: PipeId, most: usize) {
        let limit = usize::try_from(cx.options.rcvhwm).ok().filter(|n| *n > 0);
        let mut part = Msg::new();
        while let Some(share) = self.shares.get_mut(pipe) {
            // Not in the middle of a message, which may hold subscriptions.
            share.stalled = !share.unfinished && limit.is_some_and(|limit| share.plain >= limit);
            if share.stalled {
                return;
            }
            if share.plain == 0 && self.inbox.len() >= most {
                if !self.postponed.contains(&pipe) {
                    self.postponed.push(pipe);
                }
                return;
            }
            if !cx.pipes.read_into(pipe, &mut part) {
                return;
            }
            // A subscription of its own kind is no part of a message, even where it comes between two.
            let own_kind = part.has(flag::SUBSCRIBE | flag::CANCEL);
            let counts = own_kind || !share.unfinished || !cx.options.only_first_subscribe;
            if !own_kind {
                share.unfinished = part.more();
            }
            match subscription(&part) {
                Some((add, topic)) if counts => {
                    match self.take_subscription(cx, pipe, topic, add) {
                        Ok(true) if self.receives => self.report(cx, pipe, &mut part),
                        Ok(_) => {}
                        Err(_) => {
                            // Better no peer than one that waits in vain.
                            cx.pipes.close(pipe);
                            return;
                        }
                    }
                }
                _ if self.receives => self.take_plain(cx, pipe, part.take()),
                _ => {}
            }
        }
    }

    /// Whether the application is to be told.
    fn take_subscription(&mut self, cx: &mut Cx<'_>, pipe: PipeId, topic: &[u8], add: bool) -> Result<bool> {
        let verbose = if add { cx.options.xpub_verbose || cx.options.xpub_verboser } else { cx.options.xpub_verboser };
        Ok(if cx.options.xpub_manual {
            if add {
                self.requested.add(pipe, topic)?;
            } else {
                self.requested.remove(pipe, topic);
            }
            true
        } else if add {
            self.subscriptions.add(pipe, topic)? == Added::First || verbose
        } else {
            // The end of what nobody has is reported too, as the reference does.
            matches!(self.subscriptions.remove(pipe, topic), Removed::Last | Removed::Unknown) || verbose
        })
    }

    #[inline]
    fn report(&mut self, cx: &mut Cx<'_>, pipe: PipeId, part: &mut Msg) {
        let metadata = cx.pipes.get(pipe).and_then(|end| end.metadata());
        if !self.inbox.pass_on(pipe, metadata, part)
            && let Some((add, topic)) = subscription(part)
        {
            self.inbox.report(Some(pipe), metadata, topic, add);
        }
    }

    fn take_plain(&mut self, cx: &mut Cx<'_>, pipe: PipeId, mut part: Msg) {
        part.set_metadata(cx.pipes.metadata(pipe));
        self.inbox.push(pipe, part);
        if let Some(share) = self.shares.get_mut(pipe) {
            share.plain += 1;
        }
    }

    /// Who gets the message that begins with this part; those of later parts are known.
    #[inline]
    fn choose(&mut self, cx: &mut Cx<'_>, first: &[u8]) -> Result<()> {
        if self.out.is_unfinished() {
            return Ok(());
        }
        if !self.postponed.is_empty() {
            self.read_postponed(cx, usize::MAX);
        }
        let out = &mut self.out;
        out.start();
        self.subscriptions.matching(first, |slot| out.choose(slot));
        if cx.options.invert_matching {
            out.invert();
        }
        if cx.options.xpub_last_value
            && let Some(pipe) = self.alone
        {
            out.keep_only(pipe);
        }
        if cx.options.xpub_nodrop && !out.is_for_nobody() && out.is_blocked(cx) {
            return Err(Errno::EAGAIN);
        }
        self.alone = None;
        Ok(())
    }

    /// The application took what came from there.
    #[inline]
    fn received(&mut self, cx: &mut Cx<'_>, from: Origin) {
        if self.inbox.is_empty() && !self.postponed.is_empty() {
            self.read_postponed(cx, PORTION);
        }
        cx.pipes.set_last_read(from.pipe);
        self.last = from.pipe;
        if let (true, Some(pipe)) = (from.plain, from.pipe) {
            self.give_back(cx, pipe);
        }
    }

    /// The application took a message of the pipe.
    fn give_back(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        let Some(share) = self.shares.get_mut(pipe) else { return };
        share.plain -= 1;
        let limit = usize::try_from(cx.options.rcvhwm).unwrap_or(0);
        if share.stalled && (share.plain <= limit / 2 || limit == 0) {
            self.read_from(cx, pipe, PORTION);
        }
    }

    /// Reads what was put off.
    #[cold]
    fn read_postponed(&mut self, cx: &mut Cx<'_>, most: usize) {
        for pipe in std::mem::take(&mut self.postponed) {
            self.read_from(cx, pipe, most);
        }
    }
}

/// What a message says about a subscription, if it is one: of its kind, or the plain form of older peers.
fn subscription(msg: &Msg) -> Option<(bool, &[u8])> {
    match (msg.data(), msg.flags() & (flag::SUBSCRIBE | flag::CANCEL)) {
        (topic, flag::SUBSCRIBE) => Some((true, topic)),
        (topic, flag::CANCEL) => Some((false, topic)),
        ([1, topic @ ..], 0) => Some((true, topic)),
        ([0, topic @ ..], 0) => Some((false, topic)),
        _ => None,
    }
}

impl Pattern for Xpub {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, info: Attach) {
        self.out.attach(pipe);
        self.shares.insert(pipe, Share::default());
        if info.subscribe_all {
            // The empty topic needs no node.
            let _ = self.subscriptions.add(pipe, b"");
        }
        if let Some(welcome) = &cx.options.xpub_welcome
            && let (Ok(msg), Some(end)) = (Msg::from_slice(welcome), cx.pipes.get(pipe))
        {
            end.write_unchecked(msg);
            end.flush();
        }
        self.read_from(cx, pipe, PORTION);
    }

    fn readable(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.read_from(cx, pipe, PORTION);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.read_from(cx, pipe, usize::MAX);
    }

    fn terminated(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.detach(pipe);
        self.shares.remove(pipe);
        let (manual, verboser, receives) = (cx.options.xpub_manual, cx.options.xpub_verboser, self.receives);
        let inbox = &mut self.inbox;
        self.subscriptions.remove_pipe(pipe, |topic, last| {
            if receives && !manual && (last || verboser) {
                inbox.report(None, None, topic, false);
            }
        });
        self.requested.remove_pipe(pipe, |topic, _| {
            if receives {
                inbox.report(None, None, topic, false);
            }
        });
    }

    #[inline]
    fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        self.choose(cx, msg.data())?;
        self.out.send(cx, msg)
    }

    fn send_copy(&mut self, cx: &mut Cx<'_>, bytes: &[u8], more: bool, slab: &mut SendSlab) -> Result<()> {
        if bytes.len() > Msg::INLINE_MAX {
            // Needs memory, and without that nothing is to change.
            let mut msg = slab.message(bytes)?;
            msg.set_more(more);
            return self.send(cx, &mut msg);
        }
        self.choose(cx, bytes)?;
        self.out.send_short(cx, bytes, more)
    }

    fn recv(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        let from = self.inbox.pop(msg).ok_or(Errno::EAGAIN)?;
        self.received(cx, from);
        Ok(())
    }

    fn recv_copy(&mut self, cx: &mut Cx<'_>, buf: &Destination) -> Result<Received> {
        let (from, received) = self.inbox.pop_copy(buf).ok_or(Errno::EAGAIN)?;
        self.received(cx, from);
        Ok(received)
    }

    fn has_in(&mut self, _cx: &mut Cx<'_>) -> bool {
        !self.inbox.is_empty()
    }

    fn has_out(&mut self, _cx: &mut Cx<'_>) -> bool {
        true
    }

    fn subscribe(&mut self, cx: &mut Cx<'_>, topic: &[u8], add: bool) -> Result<()> {
        if !cx.options.xpub_manual {
            return Err(Errno::EINVAL);
        }
        if add {
            self.alone = self.last;
        }
        if let Some(pipe) = self.last.filter(|pipe| self.out.has(*pipe)) {
            if add {
                self.subscriptions.add(pipe, topic)?;
            } else {
                self.subscriptions.remove(pipe, topic);
            }
        }
        Ok(())
    }
}
