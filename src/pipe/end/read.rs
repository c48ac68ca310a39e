//! What the owner of a pipe's end reads. The owner's thread.

use super::{PipeEnd, Reader};
use crate::message::{Destination, Metadata, Msg, flag};
use crate::sync::{Ordering, fence};
use std::sync::Arc as StdArc;

impl PipeEnd {
    /// Acknowledges what the present limit asks for, or a blocked writer waits for; when nothing is left to read or the
    /// limit has changed.
    pub(super) fn settle_credit(&mut self) {
        let inbound = &self.shared.directions[usize::from(!self.side)];
        let mut limit = self.read_limit;
        inbound.look(&mut limit);
        let open = self.read - inbound.acknowledged.load(Ordering::Relaxed);
        if open > 0 && (open >= limit.batch() || inbound.blocked.load(Ordering::Relaxed)) {
            self.acknowledge();
        }
    }

    /// Whether a message can be read. Notices the peer's end.
    #[inline]
    pub fn check_read(&mut self) -> bool {
        if self.ended {
            return false;
        }
        match &mut self.reader {
            Reader::Queue(q) => match q.peek() {
                Some(msg) if msg.has(flag::DELIMITER | flag::METADATA) => self.skip_marks(),
                Some(_) => true,
                None => {
                    self.settle_credit();
                    false
                }
            },
            Reader::Slot(s) => {
                self.ended = s.at_end();
                s.check() && !self.ended
            }
        }
    }

    /// Takes the marks at the head of the queue; whether a message follows them.
    #[cold]
    fn skip_marks(&mut self) -> bool {
        let Reader::Queue(q) = &mut self.reader else { return false };
        loop {
            match q.peek() {
                None => return false,
                Some(msg) if msg.has(flag::DELIMITER) => {
                    self.ended = true;
                    return false;
                }
                Some(msg) if msg.has(flag::METADATA) => self.metadata = q.read().and_then(|m| m.metadata_arc()),
                Some(_) => return true,
            }
        }
    }

    /// The next part, where it stands; `None` if there is none, or none that can be looked at: only `read` tells the two
    /// apart.
    #[inline]
    pub fn peek(&mut self) -> Option<&Msg> {
        match &mut self.reader {
            Reader::Queue(q) if !self.ended => q.peek().filter(|msg| !msg.has(flag::DELIMITER | flag::METADATA)),
            _ => None,
        }
    }

    /// Asks the processor for what reading the next part looks at.
    #[inline]
    pub fn prefetch_reader(&self) {
        if let Reader::Queue(q) = &self.reader {
            q.prefetch();
        }
    }

    /// After [`PipeEnd::peek`] found nothing: whether that is because there is nothing, so that the writer calls when there is
    /// something again.
    #[inline]
    pub fn was_empty(&mut self) -> bool {
        let was_empty = matches!(&self.reader, Reader::Queue(q) if !self.ended && q.was_empty());
        if was_empty {
            self.settle_credit();
        }
        was_empty
    }

    /// Drops the part that `peek` found.
    #[inline(always)]
    pub fn skip(&mut self) {
        let Reader::Queue(q) = &mut self.reader else { return };
        if q.skip() {
            self.count_read();
        }
    }

    /// Takes the next message, as much of it as there is room for in `buf`, if it is a short one of one part that is known to
    /// be there; its size.
    #[inline(always)]
    pub fn read_short(&mut self, buf: &Destination) -> Option<usize> {
        let Reader::Queue(q) = &mut self.reader else { return None };
        if self.ended {
            return None;
        }
        let size = q.read_short(buf)?;
        self.count_read();
        Some(size)
    }

    /// Takes short messages of one part that are known to be there, at most `most`, and shows each to `take`; how many.
    #[inline(always)]
    pub fn read_shorts(&mut self, most: usize, take: impl FnMut(&Msg)) -> usize {
        let Reader::Queue(q) = &mut self.reader else { return 0 };
        if self.ended {
            return 0;
        }
        // Up to where the writer is to be told.
        let most = most.min(usize::try_from(self.acknowledge_at - self.read).unwrap_or(most));
        let count = q.read_shorts(most, take);
        if count > 0 {
            self.read += count as u64 - 1;
            self.count_read();
        }
        count
    }

    /// Takes the next part; `None` if there is none now, or for ever once [`PipeEnd::is_ended`].
    #[inline]
    pub fn read(&mut self) -> Option<Msg> {
        if self.ended {
            return None;
        }
        let msg = match &mut self.reader {
            Reader::Queue(q) => q.read(),
            Reader::Slot(s) => s.read(),
        };
        let Some(msg) = msg else {
            self.settle_credit();
            return None;
        };
        if msg.has(flag::MORE | flag::UNCOUNTED) {
            if msg.has(flag::DELIMITER) {
                self.ended = true;
                return None;
            }
            if msg.has(flag::METADATA) {
                self.metadata = msg.metadata_arc();
                return self.read();
            }
            return Some(msg);
        }
        self.count_read();
        Some(msg)
    }

    /// Takes the next part into `msg`, whose old content is dropped. False if there is none; `msg` is as it was then.
    #[inline]
    pub fn read_into(&mut self, msg: &mut Msg) -> bool {
        if !self.check_read() {
            return false;
        }
        match &mut self.reader {
            Reader::Queue(q) => {
                if !q.read_into(msg) {
                    return false;
                }
            }
            Reader::Slot(s) => match s.read() {
                Some(part) => *msg = part,
                None => return false,
            },
        }
        if !msg.has(flag::MORE | flag::UNCOUNTED) {
            self.count_read();
        }
        true
    }

    #[inline(always)]
    fn count_read(&mut self) {
        self.read += 1;
        if self.shared.directions[usize::from(!self.side)].look(&mut self.read_limit) {
            self.acknowledge_at = self.read.next_multiple_of(self.read_limit.batch());
        }
        if self.read == self.acknowledge_at {
            self.batch_read();
        }
    }

    #[cold]
    fn batch_read(&mut self) {
        self.acknowledge_at += self.read_limit.batch();
        self.acknowledge();
    }

    /// Properties of the connection that the last part came over.
    pub fn metadata(&self) -> Option<&StdArc<Metadata>> {
        self.metadata.as_ref()
    }

    #[cold]
    fn acknowledge(&mut self) {
        let inbound = self.inbound();
        inbound.acknowledged.store(self.read, Ordering::Release);
        fence(Ordering::SeqCst);
        self.unblock_writer();
    }

    /// Tells a writer that waits for credit to look again.
    pub(super) fn unblock_writer(&self) {
        let inbound = self.inbound();
        if inbound.blocked.load(Ordering::Relaxed) {
            inbound.blocked.store(false, Ordering::Relaxed);
            if let Some(peer) = self.peer() {
                peer.writable();
            }
        }
    }
}
