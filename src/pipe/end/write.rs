//! What the owner of a pipe's end writes. The owner's thread.

use super::{Passed, PipeEnd, Writer};
use crate::errno::Result;
use crate::message::{Metadata, Msg, Shares, flag};
use crate::sync::{Ordering, fence};
use crate::util::prefetch::{prefetch, prefetch_span};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc as StdArc;

impl PipeEnd {
    /// Whether a message, or the next part of one, can be written.
    #[inline]
    pub fn check_write(&mut self) -> bool {
        if !self.writable || self.closed || self.peer_closed() {
            return false;
        }
        self.shared.directions[usize::from(self.side)].look(&mut self.write_limit);
        self.written - self.acknowledged < self.write_limit.messages() || self.refresh_credit()
    }

    #[cold]
    fn refresh_credit(&mut self) -> bool {
        if let Writer::Slot(_) = self.writer {
            // A newer message takes the place of the one before: there is always room.
            return true;
        }
        let out = &self.shared.directions[usize::from(self.side)];
        out.blocked.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.acknowledged = out.acknowledged.load(Ordering::Acquire);
        // The limit too is looked at again, as whoever changes it looks at the mark then.
        out.look(&mut self.write_limit);
        if self.written - self.acknowledged < self.write_limit.messages() {
            out.blocked.store(false, Ordering::Relaxed);
            return true;
        }
        self.writable = false;
        false
    }

    /// Writes a part if there is room; visible to the peer after `flush`.
    ///
    /// # Errors
    /// Gives the message back if the pipe is full or closed, or there is no memory for it; see [`PipeEnd::write_from`].
    #[inline]
    pub fn write(&mut self, mut msg: Msg) -> Result<(), Msg> {
        if self.check_write() && self.write_from(&mut msg) { Ok(()) } else { Err(msg) }
    }

    /// Writes what belongs to the protocol, as subscriptions do, whatever the limit and however little memory there is.
    pub fn write_unchecked(&mut self, mut msg: Msg) {
        let counted = !msg.has(flag::MORE | flag::UNCOUNTED);
        match &mut self.writer {
            Writer::Queue(q) => {
                q.write(msg);
            }
            Writer::Slot(_) => self.write_slot(&mut msg),
        }
        self.written += u64::from(counted);
    }

    /// The same for a whole message that `make` makes where it is to stand; not between the parts of another.
    #[inline]
    pub fn write_unchecked_with(&mut self, make: impl FnOnce(&mut MaybeUninit<Msg>) -> &mut Msg) {
        if let Writer::Queue(q) = &mut self.writer {
            q.insist();
        }
        // Neither of the two can fail.
        let _ = self.write_with(|place| Ok(make(place)));
    }

    /// Writes a copy, whatever the limit. False if there is no memory for it; the message is dropped then, with the parts
    /// before and those to come.
    #[inline]
    #[must_use]
    pub fn write_share(&mut self, shares: &mut Shares<'_>) -> bool {
        let counted = !shares.has(flag::MORE | flag::UNCOUNTED);
        match &mut self.writer {
            Writer::Queue(q) => {
                if !q.write_share(shares) {
                    return false;
                }
            }
            Writer::Slot(_) => self.write_slot(&mut shares.take()),
        }
        self.written += u64::from(counted);
        true
    }

    /// Asks for the memory that the next message will be written to.
    #[inline]
    pub fn prefetch(&self) {
        prefetch(self.outbound());
        prefetch(self.inbound());
        if let Writer::Queue(q) = &self.writer {
            q.prefetch();
        }
        prefetch(ptr::without_provenance::<u8>(self.peer_place.notify));
    }

    /// Asks for what the peer works on when it is told of a message.
    #[inline]
    pub fn prefetch_peer(&self) {
        prefetch_span(self.peer_place.behind, self.peer_place.size);
    }

    /// Writes a part whatever the limit, and leaves an empty message behind: the cheapest way to move one on.
    ///
    /// False if there is no memory for it. The message is dropped then, with the parts before and those to come, but for the
    /// last or only part, which is left as it is.
    #[inline]
    #[must_use]
    pub fn write_from(&mut self, msg: &mut Msg) -> bool {
        let counted = !msg.has(flag::MORE | flag::UNCOUNTED);
        match &mut self.writer {
            Writer::Queue(q) => {
                if !q.write_from(msg) {
                    return false;
                }
            }
            Writer::Slot(_) => self.write_slot(msg),
        }
        self.written += u64::from(counted);
        true
    }

    /// Writes a whole message that `make` makes where it is to stand, whatever the limit; not between the parts of another.
    ///
    /// # Errors
    /// `ENOMEM`, or what `make` says; nothing was written then.
    #[inline]
    pub fn write_with(&mut self, make: impl FnOnce(&mut MaybeUninit<Msg>) -> Result<&mut Msg>) -> Result<()> {
        match &mut self.writer {
            Writer::Queue(q) => q.write_with(make)?,
            Writer::Slot(_) => self.write_slot_with(make)?,
        }
        self.written += 1;
        Ok(())
    }

    /// Writes and publishes a copy of a whole short message if nothing is in its way: neither the limit nor the peer's end,
    /// and no memory has to be found; or has the peer take it over, if that waits for it, and it counts as read then. Else
    /// false, and it is to be written in another way. Not between the parts of another.
    #[inline(always)]
    pub fn write_short(&mut self, bytes: &[u8]) -> bool {
        let Writer::Queue(q) = &mut self.writer else { return false };
        let sides = &self.shared.directions;
        let (out, back) = if self.side { (&sides[1], &sides[0]) } else { (&sides[0], &sides[1]) };
        if !self.writable
            || self.closed
            || back.closed.load(Ordering::Relaxed)
            || out.look(&mut self.write_limit)
            || self.written - self.acknowledged >= self.write_limit.messages()
        {
            return false;
        }
        if bytes.len() <= Msg::INLINE_MAX
            && q.is_read_out_again()
            && let Some(peer) = self.shared.notify[usize::from(!self.side)].get()
        {
            self.peer_place.note(&**peer);
            if peer.pass_short(bytes) {
                return true;
            }
        }
        if !q.write_short(bytes) {
            return false;
        }
        self.written += 1;
        if !q.publish() {
            self.notify_readable();
        }
        true
    }

    /// Writes whole messages that `make` makes where they are to stand, as long as it makes any, nothing is in their way, and
    /// no memory has to be found; how many. After `check_write`, and not between the parts of another.
    #[inline(always)]
    pub fn write_shorts(&mut self, make: impl FnMut(&mut MaybeUninit<Msg>) -> Option<&mut Msg>) -> u64 {
        let Writer::Queue(q) = &mut self.writer else { return 0 };
        let count = q.write_shorts(self.write_limit.messages() - (self.written - self.acknowledged), make);
        self.written += count;
        count
    }

    /// Writes a part that `make` makes where it is to stand, whatever the limit; `more` says whether it has MORE.
    ///
    /// # Errors
    /// `ENOMEM`: the message is dropped, with the parts before and those to come. Or what `make` says; nothing was written
    /// then.
    #[inline]
    pub fn write_part_with(
        &mut self,
        more: bool,
        make: impl FnOnce(&mut MaybeUninit<Msg>) -> Result<&mut Msg>,
    ) -> Result<()> {
        match &mut self.writer {
            Writer::Queue(q) => q.write_part_with(more, make)?,
            Writer::Slot(_) => self.write_slot_with(make)?,
        }
        self.written += u64::from(!more);
        Ok(())
    }

    /// Has the peer take over a whole message without MORE that would be large to copy, if it can at once; it counts as read
    /// then. See [`Notify::pass_on`](super::Notify::pass_on). Not between the parts of another.
    pub fn pass_on(&mut self, bytes: &[u8], patient: bool) -> bool {
        debug_assert!(!self.is_unfinished());
        let Writer::Queue(queue) = &self.writer else { return false };
        let Some(peer) = self.shared.notify[usize::from(!self.side)].get() else { return false };
        let mut passed = peer.pass_on(bytes, patient, &|| queue.is_read_out());
        if passed == Passed::NotYet && patient {
            self.eagerness.wait(|| {
                passed = peer.pass_on(bytes, patient, &|| queue.is_read_out());
                passed != Passed::NotYet
            });
        }
        passed == Passed::Whole
    }

    #[cold]
    fn write_slot_with(&mut self, make: impl FnOnce(&mut MaybeUninit<Msg>) -> Result<&mut Msg>) -> Result<()> {
        let mut place = MaybeUninit::uninit();
        self.write_slot(make(&mut place)?);
        Ok(())
    }

    fn write_slot(&mut self, msg: &mut Msg) {
        let Writer::Slot(slot) = &self.writer else { return };
        let mut msg = msg.take();
        if self.stamp.is_some() {
            msg.set_metadata(self.stamp.clone());
        }
        if !slot.write(msg) {
            self.notify_readable();
        }
    }

    /// Makes what was written visible and wakes the peer if it sleeps.
    #[inline]
    pub fn flush(&mut self) {
        if let Writer::Queue(q) = &mut self.writer
            && !q.flush()
        {
            self.notify_readable();
        }
    }

    #[cold]
    fn notify_readable(&mut self) {
        let Some(peer) = self.shared.notify[usize::from(!self.side)].get() else { return };
        self.peer_place.note(&**peer);
        peer.readable();
    }

    /// Whether something was written and is not visible to the peer yet.
    pub fn is_unpublished(&self) -> bool {
        matches!(&self.writer, Writer::Queue(q) if q.is_unpublished())
    }

    /// Whether the peer has read all that was written, and will be told of what follows. Exact if the peer does not read at
    /// this moment.
    pub fn is_read_out(&self) -> bool {
        matches!(&self.writer, Writer::Queue(q) if q.is_read_out())
    }

    /// Drops the parts of an unfinished message.
    pub fn rollback(&mut self) {
        if let Writer::Queue(q) = &mut self.writer {
            q.rollback();
        }
    }

    /// Whether a message was begun and not ended by this end.
    #[inline]
    pub fn is_unfinished(&self) -> bool {
        matches!(&self.writer, Writer::Queue(q) if q.is_unfinished())
    }

    /// Says which connection the parts that follow come over.
    pub fn write_metadata(&mut self, metadata: StdArc<Metadata>) {
        match &mut self.writer {
            Writer::Queue(q) => {
                q.write(Msg::metadata_marker(metadata));
            }
            Writer::Slot(_) => self.stamp = Some(metadata),
        }
    }

    /// To be called when told of new credit, before writing again.
    pub fn credit_arrived(&mut self) {
        self.writable = true;
    }
}
