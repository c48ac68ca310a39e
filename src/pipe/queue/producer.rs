//! The writing side of a queue.
#![allow(unsafe_code, reason = "slots are handed from one thread to the other by publication in `tail`")]

use super::{AHEAD, Shared, UNCHECKED};
use crate::errno::{Errno, Result};
use crate::message::{Msg, Shares};
use crate::pipe::chunk::{Chunk, SIZES, Slot};
use crate::sync::{Arc, AtomicPtr, Ordering, fence};
use crate::sys::{membarrier, memory};
use crate::util::prefetch::{prefetch, prefetch_to_write};
use std::mem::MaybeUninit;
use std::ptr;

/// The writing side.
pub(crate) struct Producer {
    pub(super) shared: Arc<Shared>,
    pub(super) chunk: *mut Chunk,
    /// The chunk's next slot to write, and how many it has.
    pub(super) at: usize,
    pub(super) size: usize,
    pub(super) written: usize,
    pub(super) published: usize,
    /// How often the reader was found asleep since the chunk was begun.
    pub(super) wakes: usize,
    /// The last publication found the reader asleep.
    pub(super) was_asleep: bool,
    /// Slots, behind those written, with parts of a message whose last part has not come yet, and where they begin.
    pub(super) parts: usize,
    pub(super) start: (*mut Chunk, usize),
    /// Chunks that the queue grew by.
    pub(super) grown: usize,
    /// There was no memory for a part: what there is of its message was dropped, and the rest will be.
    pub(super) dropping: bool,
    /// There is no memory for more chunks, a test says.
    #[cfg(test)]
    pub(super) starved: bool,
}

// SAFETY: each side is one thread's at a time; its chunk pointer is reached by it alone.
unsafe impl Send for Producer {}

impl Producer {
    /// Appends what belongs to the protocol: unlike a message, it is written whatever little memory there is, unless it is
    /// part of a message of several parts.
    pub(crate) fn write(&mut self, mut msg: Msg) -> bool {
        if !msg.more() {
            self.insist();
        }
        self.write_from(&mut msg)
    }

    /// Has a place for one more slot, whatever little memory there is.
    #[inline]
    pub(crate) fn insist(&mut self) {
        if self.at == self.size && !self.next_chunk() {
            self.enter(Chunk::allocate(SIZES.0));
        }
    }

    /// Appends a part, and leaves an empty message behind: one copy of 64 bytes, where a value passed on through several
    /// calls is moved, and taken to pieces, at each. A part without MORE ends its message, which `flush` may then publish.
    ///
    /// False if there is no memory for it: then all earlier parts of the message, and those that follow up to its end, are
    /// dropped; the last part, which may be the only one, stays the caller's.
    #[inline]
    #[must_use]
    pub(crate) fn write_from(&mut self, msg: &mut Msg) -> bool {
        let more = msg.more();
        let Some(slot) = self.next_slot(more) else {
            if more {
                drop(msg.take());
            }
            return false;
        };
        slot.with_mut(|s| {
            // SAFETY: the slot is not published, so it is this side's alone; it is as large as a message, and elsewhere.
            unsafe { ptr::copy_nonoverlapping(msg, s.cast::<Msg>(), 1) };
        });
        // SAFETY: the content is the slot's now, so it is overwritten here without being dropped.
        unsafe { ptr::write(msg, Msg::new()) };
        self.count(more);
        true
    }

    /// Appends a copy, as `write_from` does.
    #[inline]
    pub(crate) fn write_share(&mut self, shares: &mut Shares<'_>) -> bool {
        let more = shares.more();
        let Some(slot) = self.next_slot(more) else { return false };
        slot.with_mut(|s| {
            // SAFETY: the slot is not published, so it is this side's alone, and it holds nothing.
            unsafe { shares.put(s.cast::<Msg>()) };
        });
        self.count(more);
        true
    }

    /// Appends a whole message that `make` makes in its place in the queue, where nothing has to move it.
    ///
    /// # Errors
    /// `ENOMEM` if there is no memory for a place, or what `make` says; nothing was appended then.
    #[inline]
    pub(crate) fn write_with(&mut self, make: impl FnOnce(&mut MaybeUninit<Msg>) -> Result<&mut Msg>) -> Result<()> {
        debug_assert!(!self.is_unfinished());
        if self.at == self.size && !self.next_chunk() {
            return Err(Errno::ENOMEM);
        }
        // SAFETY: the chunk holds a slot that is not published, so the consumer cannot have left it.
        let slot = unsafe { Chunk::slot(self.chunk, self.at) };
        slot.with_mut(|s| {
            // SAFETY: the slot is not published, so it is this side's alone.
            let made = make(unsafe { &mut *s })?;
            // A slot that holds no message must not be published.
            assert!(ptr::eq(made, s.cast::<Msg>()));
            Ok::<(), Errno>(())
        })?;
        self.prefetch_ahead();
        self.at += 1;
        self.written += 1;
        Ok(())
    }

    /// Appends a copy of a whole short message if there is a place for it in the chunk where the writer is; else false.
    #[inline(always)]
    pub(crate) fn write_short(&mut self, bytes: &[u8]) -> bool {
        debug_assert!(!self.is_unfinished());
        if bytes.len() > Msg::INLINE_MAX || self.at == self.size {
            return false;
        }
        // SAFETY: the chunk holds a slot that is not published, so the consumer cannot have left it.
        let slot = unsafe { Chunk::slot(self.chunk, self.at) };
        slot.with_mut(|s| {
            // SAFETY: the slot is not published, so it is this side's alone.
            Msg::put_inline(unsafe { &mut *s }, bytes);
        });
        self.prefetch_ahead();
        self.at += 1;
        self.written += 1;
        true
    }

    /// Appends whole messages, at most `most`, that `make` makes in their places in the chunk where the writer is, until it
    /// makes none; how many.
    #[inline(always)]
    pub(crate) fn write_shorts(
        &mut self,
        most: u64,
        mut make: impl FnMut(&mut MaybeUninit<Msg>) -> Option<&mut Msg>,
    ) -> u64 {
        debug_assert!(!self.is_unfinished());
        let (from, mut at) = (self.at, self.at);
        let end = self.size.min(from.saturating_add(usize::try_from(most).unwrap_or(usize::MAX)));
        while at < end {
            // SAFETY: the chunk holds a slot that is not published, so the consumer cannot have left it.
            let slot = unsafe { Chunk::slot(self.chunk, at) };
            let made = slot.with_mut(|s| {
                // SAFETY: the slot is not published, so it is this side's alone.
                let made = make(unsafe { &mut *s });
                // A slot that holds no message must not be published.
                made.is_some_and(|made| ptr::eq(made, s.cast::<Msg>()))
            });
            if !made {
                break;
            }
            at += 1;
        }
        self.at = at;
        self.written += at - from;
        (at - from) as u64
    }

    /// Appends a part that `make` makes in its place in the queue; `more` says whether it has MORE.
    ///
    /// # Errors
    /// `ENOMEM` if there is no memory for a place, with what `write_from` says; or what `make` says, and nothing was
    /// appended then.
    #[inline]
    pub(crate) fn write_part_with(
        &mut self,
        more: bool,
        make: impl FnOnce(&mut MaybeUninit<Msg>) -> Result<&mut Msg>,
    ) -> Result<()> {
        let slot = self.next_slot(more).ok_or(Errno::ENOMEM)?;
        slot.with_mut(|s| {
            // SAFETY: the slot is not published, so it is this side's alone.
            let made = make(unsafe { &mut *s })?;
            // A slot that holds no message must not be published.
            assert!(ptr::eq(made, s.cast::<Msg>()) && made.more() == more);
            Ok::<(), Errno>(())
        })?;
        self.count(more);
        Ok(())
    }

    /// Asks for the memory that the next message will be written to.
    #[inline]
    pub(crate) fn prefetch(&self) {
        prefetch(Chunk::slot_ptr(self.chunk, self.at));
        prefetch(&raw const self.shared.front);
    }

    /// The chunk that the consumer left, if it is of this size, or a new one; another size rather than none.
    fn chunk_of(&mut self, slots: usize) -> Option<*mut Chunk> {
        #[cfg(test)]
        if self.starved {
            return None;
        }
        let spare = self.shared.spare.swap(ptr::null_mut(), Ordering::Acquire);
        // SAFETY: a spare chunk is whose who took it.
        if unsafe { spare.as_ref() }.is_some_and(|chunk| chunk.slots == slots) {
            return Some(spare);
        }
        let Some(new) = Chunk::take_kept(slots).or_else(|| self.grow_by_one(slots)) else {
            return (!spare.is_null()).then_some(spare);
        };
        Chunk::free(spare);
        Some(new)
    }

    /// One more chunk than the queue ever had, unless memory is so short that others could not go on.
    fn grow_by_one(&mut self, slots: usize) -> Option<*mut Chunk> {
        let enough = self.grown % UNCHECKED != UNCHECKED - 1 || memory::has_room(0);
        let chunk = if enough { Chunk::try_allocate(slots) } else { None };
        self.grown += usize::from(chunk.is_some());
        chunk
    }

    /// The slot for the next part, until `count` says that it holds one. `None` if there is no memory for it, or was none
    /// for an earlier part: the message is dropped up to its end, which a part without MORE is.
    #[inline]
    fn next_slot(&mut self, more: bool) -> Option<&Slot> {
        if self.dropping {
            self.dropping = more;
            return None;
        }
        if more && self.parts == 0 {
            self.start = (self.chunk, self.at);
        }
        if self.at == self.size && !self.next_chunk() {
            self.rollback();
            self.dropping = more;
            return None;
        }
        // SAFETY: the chunk holds a slot that is not published, so the consumer cannot have left it.
        Some(unsafe { Chunk::slot(self.chunk, self.at) })
    }

    /// Asks for a slot that is written soon. The last to use it was the reader, at the end of the chunk's last round.
    #[inline(always)]
    fn prefetch_ahead(&self) {
        if self.at + AHEAD < self.size {
            prefetch_to_write(Chunk::slot_ptr(self.chunk, self.at + AHEAD).addr(), size_of::<Slot>());
        }
    }

    /// The next slot holds a part.
    #[inline]
    fn count(&mut self, more: bool) {
        self.prefetch_ahead();
        self.at += 1;
        if more {
            self.parts += 1;
        } else {
            self.written += self.parts + 1;
            self.parts = 0;
        }
    }

    /// How many slots the next chunk is to have.
    fn next_size(&self) -> usize {
        // A reader that sleeps before every second message does not let many come together.
        if 2 * self.wakes >= self.size { SIZES.0 } else { SIZES.1 }
    }

    #[cold]
    fn next_chunk(&mut self) -> bool {
        let size = self.next_size();
        let Some(new) = self.chunk_of(size) else { return false };
        self.enter(new);
        true
    }

    fn enter(&mut self, new: *mut Chunk) {
        self.wakes = 0;
        self.link().store(new, Ordering::Release);
        self.stand(new, 0);
        if self.size > AHEAD {
            prefetch_to_write(Chunk::slot_ptr(new, 0).addr(), AHEAD * size_of::<Slot>());
        }
    }

    /// What names the chunk behind this side's.
    fn link(&self) -> &AtomicPtr<Chunk> {
        if self.chunk.is_null() {
            return &self.shared.first;
        }
        // SAFETY: the consumer cannot leave this chunk before a slot of the next one is published.
        unsafe { &(*self.chunk).next }
    }

    fn stand(&mut self, chunk: *mut Chunk, at: usize) {
        (self.chunk, self.at) = (chunk, at);
        // SAFETY: the consumer cannot have left the chunk that this side stands in.
        self.size = unsafe { chunk.as_ref() }.map_or(0, |chunk| chunk.slots);
    }

    /// Whether a message has been begun and not ended.
    #[inline]
    pub(crate) fn is_unfinished(&self) -> bool {
        self.parts > 0 || self.dropping
    }

    /// Whether something written is not published.
    pub(crate) fn is_unpublished(&self) -> bool {
        self.published != self.written
    }

    /// Whether everything written is published, and the reader sleeps, having read it.
    pub(crate) fn is_read_out(&self) -> bool {
        !self.is_unpublished() && self.shared.front.asleep.load(Ordering::Acquire)
    }

    /// The same where it is likely: who writes to a reader that is awake does not fetch what both share for it.
    #[inline(always)]
    pub(crate) fn is_read_out_again(&self) -> bool {
        self.was_asleep && self.is_read_out()
    }

    /// Drops the parts of an unfinished message.
    pub(crate) fn rollback(&mut self) {
        self.dropping = false;
        if self.parts > 0 {
            self.take_back();
        }
    }

    /// Back to where the unfinished message began. Nobody was told of what is behind.
    #[cold]
    fn take_back(&mut self) {
        let (chunk, at) = self.start;
        self.stand(chunk, at);
        for _ in 0..std::mem::take(&mut self.parts) {
            if self.at == self.size {
                let next = self.link().load(Ordering::Relaxed);
                self.stand(next, 0);
            }
            // SAFETY: as in `next_slot`.
            let slot = unsafe { Chunk::slot(self.chunk, self.at) };
            // SAFETY: the slot holds a part that is not published, and is this side's alone.
            drop(slot.with(|s| unsafe { ptr::read(s.cast::<Msg>()) }));
            self.at += 1;
        }
        self.stand(chunk, at);
        let mut rest = self.link().swap(ptr::null_mut(), Ordering::Relaxed);
        while !rest.is_null() {
            // SAFETY: out of the queue, and nobody else's.
            let next = unsafe { &*rest }.next.swap(ptr::null_mut(), Ordering::Relaxed);
            Chunk::put_by(rest);
            rest = next;
        }
    }

    /// Publishes the finished messages. Returns false if the reader sleeps and must be woken.
    #[inline]
    pub(crate) fn flush(&mut self) -> bool {
        self.published == self.written || self.publish()
    }

    /// The same where something is finished.
    #[inline(always)]
    pub(crate) fn publish(&mut self) -> bool {
        self.published = self.written;
        self.shared.front.tail.store(self.written, Ordering::Release);
        if self.shared.front.light.load(Ordering::Relaxed) {
            membarrier::light();
        } else {
            fence(Ordering::SeqCst);
        }
        let asleep =
            self.shared.front.asleep.load(Ordering::Relaxed) && self.shared.front.asleep.swap(false, Ordering::AcqRel);
        self.wakes += usize::from(asleep);
        self.was_asleep = asleep;
        !asleep
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.rollback();
        self.shared.written.store(self.written, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
impl Producer {
    pub(in crate::pipe) fn starve(&mut self, starved: bool) {
        self.starved = starved;
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("written", &self.written).finish_non_exhaustive()
    }
}
