//! One end of a pipe: high-water marks, credit, life cycle.
//!
//! Credit (zmq_setsockopt(3), ZMQ_SNDHWM): whole messages count. The writer is full when `written - acknowledged >= limit`;
//! the reader acknowledges each time its count reaches a multiple of half the limit. A full writer marks itself blocked
//! and looks again; the reader acknowledges and then looks at the mark: with a sequentially consistent fence on each
//! side one of them sees the other.

use super::conflate::Slot;
use super::credit::{Direction, Hwm, Limit};
use super::patience::Eagerness;
use super::queue::{Consumer, Producer, queue};
use crate::errno::Result;
use crate::message::{Metadata, Msg, Shares, flag};
use crate::sync::{Arc, Ordering, fence};
use crate::util::prefetch::prefetch;
use std::mem::MaybeUninit;
use std::sync::{Arc as StdArc, OnceLock};

/// How a pipe's end reaches its owner, from the peer's thread.
pub trait Notify: Send + Sync {
    /// There is something to read again.
    fn readable(&self);
    /// There is credit to write again.
    fn writable(&self);
    /// The peer closed its end.
    fn closed(&self);
    /// The peer has a whole message of one part that may be too large to be copied for nothing. Whether it was taken over at
    /// once, behind all that was written before: if not, it is to be written like any other. `patient` allows to wait for a
    /// moment; `read_out` says whether all that was written was read.
    fn pass_on(&self, _bytes: &[u8], _patient: bool, _read_out: &dyn Fn() -> bool) -> Passed {
        Passed::Not
    }
}

/// What became of a message that might go past the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passed {
    /// The owner has taken it over.
    Whole,
    /// It belongs in the queue.
    Not,
    /// The same, unless the writer has the patience to try again.
    NotYet,
}

struct Shared {
    /// Indexed by the side that writes.
    directions: [Direction; 2],
    /// Indexed by the side that is told.
    notify: [OnceLock<Box<dyn Notify>>; 2],
}

enum Writer {
    Queue(Producer),
    Slot(Slot),
}

enum Reader {
    Queue(Consumer),
    Slot(Slot),
}

/// How a pipe is made.
#[derive(Clone, Copy, Debug)]
pub struct PipeOptions {
    /// Both directions keep the newest message only.
    pub conflate: bool,
}

/// One end of a pipe.
pub struct PipeEnd {
    shared: Arc<Shared>,
    /// The first end's is false.
    side: bool,
    writer: Writer,
    reader: Reader,
    written: u64,
    acknowledged: u64,
    read: u64,
    /// The count of messages read at which the writer is told, as long as the limit stays.
    acknowledge_at: u64,
    write_limit: Limit,
    read_limit: Limit,
    /// False from finding the pipe full until told that there is credit.
    writable: bool,
    ended: bool,
    closed: bool,
    /// Of the connection that the last part read came over.
    metadata: Option<StdArc<Metadata>>,
    /// What a conflating writer, which has no room for a mark, puts on each message.
    stamp: Option<StdArc<Metadata>>,
    eagerness: Eagerness,
}

/// A new pipe's two ends.
pub fn pair(options: PipeOptions) -> (PipeEnd, PipeEnd) {
    let shared = Arc::new(Shared {
        directions: [Direction::new(), Direction::new()],
        notify: [OnceLock::new(), OnceLock::new()],
    });
    let make = || {
        if options.conflate {
            let slot = Slot::new();
            (Writer::Slot(slot.clone()), Reader::Slot(slot))
        } else {
            let (p, c) = queue();
            (Writer::Queue(p), Reader::Queue(c))
        }
    };
    let (writer0, reader1) = make();
    let (writer1, reader0) = make();
    let end = |side, writer, reader| PipeEnd {
        shared: shared.clone(),
        side,
        writer,
        reader,
        written: 0,
        acknowledged: 0,
        read: 0,
        acknowledge_at: Limit::new().batch(),
        write_limit: Limit::new(),
        read_limit: Limit::new(),
        writable: true,
        ended: false,
        closed: false,
        metadata: None,
        stamp: None,
        eagerness: Eagerness::default(),
    };
    (end(false, writer0, reader0), end(true, writer1, reader1))
}

impl PipeEnd {
    #[inline]
    fn outbound(&self) -> &Direction {
        &self.shared.directions[usize::from(self.side)]
    }

    #[inline]
    fn inbound(&self) -> &Direction {
        &self.shared.directions[usize::from(!self.side)]
    }

    /// Names the owner; once, before the first use of the end.
    pub fn set_notify(&mut self, notify: Box<dyn Notify>) {
        let _ = self.shared.notify[usize::from(self.side)].set(notify);
    }

    fn peer(&self) -> Option<&dyn Notify> {
        self.shared.notify[usize::from(!self.side)].get().map(AsRef::as_ref)
    }

    /// Sets this end's share of both limits; has effect at once.
    pub fn set_hwm(&mut self, send: Hwm, receive: Hwm) {
        self.outbound().set_write_share(send);
        let arrived = self.inbound().set_read_share(receive);
        // A limit that changes while messages are under way leaves counts that fit the old one: what was read may be more
        // than the writer may now have outstanding, or it waits for an acknowledgement that is not due any more.
        fence(Ordering::SeqCst);
        self.settle_credit();
        if arrived {
            // The reader is here at last, with room of its own for a writer that was up to its own limit.
            self.unblock_writer();
        }
        if self.written > 0
            && let Some(peer) = self.peer()
        {
            peer.readable();
        }
    }

    /// Acknowledges what the present limit asks for, or a blocked writer waits for; when nothing is left to read or the
    /// limit has changed.
    #[cold]
    fn settle_credit(&mut self) {
        let inbound = &self.shared.directions[usize::from(!self.side)];
        let mut limit = self.read_limit;
        inbound.look(&mut limit);
        let open = self.read - inbound.acknowledged.load(Ordering::Relaxed);
        if open > 0 && (open >= limit.batch() || inbound.blocked.load(Ordering::Relaxed)) {
            self.acknowledge();
        }
    }

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
    /// then. See [`Notify::pass_on`]. Not between the parts of another.
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
    fn notify_readable(&self) {
        if let Some(peer) = self.peer() {
            peer.readable();
        }
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

    /// Drops the part that `peek` found.
    #[inline(always)]
    pub fn skip(&mut self) {
        let Reader::Queue(q) = &mut self.reader else { return };
        if q.skip() {
            self.count_read();
        }
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

    /// Says which connection the parts that follow come over.
    pub fn write_metadata(&mut self, metadata: StdArc<Metadata>) {
        match &mut self.writer {
            Writer::Queue(q) => {
                q.write(Msg::metadata_marker(metadata));
            }
            Writer::Slot(_) => self.stamp = Some(metadata),
        }
    }

    #[cold]
    fn acknowledge(&mut self) {
        let inbound = self.inbound();
        inbound.acknowledged.store(self.read, Ordering::Release);
        fence(Ordering::SeqCst);
        self.unblock_writer();
    }

    /// Tells a writer that waits for credit to look again.
    fn unblock_writer(&self) {
        let inbound = self.inbound();
        if inbound.blocked.load(Ordering::Relaxed) {
            inbound.blocked.store(false, Ordering::Relaxed);
            if let Some(peer) = self.peer() {
                peer.writable();
            }
        }
    }

    /// To be called when told of new credit, before writing again.
    pub fn credit_arrived(&mut self) {
        self.writable = true;
    }

    /// The peer's last message was read.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// The peer closed its end; what it wrote before may still be there to read.
    #[inline]
    pub fn peer_closed(&self) -> bool {
        self.inbound().closed.load(Ordering::Relaxed)
    }

    /// The peer closed its end and does not want what it left to be used.
    pub fn peer_abandoned(&self) -> bool {
        self.inbound().abandoned.load(Ordering::Acquire)
    }

    /// Closes this end. What was written before stays readable for the peer, unless `abandon` says that it is not wanted.
    pub fn close(&mut self, abandon: bool) {
        if self.closed {
            return;
        }
        self.closed = true;
        self.rollback();
        if abandon {
            self.outbound().abandoned.store(true, Ordering::Release);
        }
        self.write_unchecked(Msg::delimiter());
        self.flush();
        self.outbound().closed.store(true, Ordering::Release);
        if let Some(peer) = self.peer() {
            peer.closed();
        }
    }
}

impl Drop for PipeEnd {
    fn drop(&mut self) {
        self.close(false);
    }
}

impl std::fmt::Debug for PipeEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PipeEnd")
            .field("side", &self.side)
            .field("written", &self.written)
            .field("read", &self.read)
            .field("ended", &self.ended)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
