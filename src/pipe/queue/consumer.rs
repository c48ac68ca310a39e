//! The reading side of a queue.
#![allow(unsafe_code, reason = "slots are handed from one thread to the other by publication in `tail`")]

use super::{BATCH, LONG_STREAM, Rest, STREAM, Shared};
use crate::message::{Destination, Msg, flag};
use crate::pipe::chunk::{Chunk, Slot};
use crate::pipe::patience::Patience;
use crate::sync::{Arc, Ordering, fence};
use crate::sys::{membarrier, thread};
use crate::util::prefetch::prefetch;
use std::ptr;

/// The reading side.
pub(crate) struct Consumer {
    pub(super) shared: Arc<Shared>,
    pub(super) chunk: *mut Chunk,
    /// The chunk's next slot to read, and how many it has.
    pub(super) at: usize,
    pub(super) size: usize,
    pub(super) read: usize,
    /// Slots known to be published.
    pub(super) seen: usize,
    /// Slots that were read when the reader last went to sleep.
    pub(super) slept_at: usize,
    /// Slots that are read between two sleeps, the last ones counting most.
    pub(super) usual: usize,
    pub(super) patience: Patience,
    /// The producer may leave out its fence.
    pub(super) light: bool,
}

// SAFETY: see above.
unsafe impl Send for Consumer {}

impl Consumer {
    /// Whether a message can be read. If not, the reader counts as asleep until the next publication.
    #[inline]
    pub(crate) fn check(&mut self) -> bool {
        self.read != self.seen || self.refresh()
    }

    #[cold]
    fn refresh(&mut self) -> bool {
        self.seen = self.shared.front.tail.load(Ordering::Acquire);
        if self.seen.wrapping_sub(self.read) < BATCH && self.read.wrapping_sub(self.slept_at) >= STREAM {
            self.linger();
        }
        self.read != self.seen || self.sleep()
    }

    /// A moment's patience in a stream, for more messages at once: looking for each costs both sides the cache line that
    /// the writer publishes in, and a reader that sleeps has to be woken.
    fn linger(&mut self) {
        if !self.light && membarrier::is_available() {
            self.light = true;
            self.shared.front.light.store(true, Ordering::Relaxed);
        }
        if !thread::several_processors() {
            return;
        }
        for pauses in [8, 16, 32] {
            for _ in 0..pauses {
                std::hint::spin_loop();
            }
            self.seen = self.shared.front.tail.load(Ordering::Acquire);
            if self.seen.wrapping_sub(self.read) >= BATCH {
                return;
            }
        }
        self.patience.step_back(|| {
            self.seen = self.shared.front.tail.load(Ordering::Acquire);
            self.seen.wrapping_sub(self.read) >= BATCH
        });
    }

    /// Marks the reader as asleep, unless something has come meanwhile: then true.
    fn sleep(&mut self) -> bool {
        if self.shared.front.asleep.load(Ordering::Relaxed) {
            return false;
        }
        self.usual = (self.usual + self.read.wrapping_sub(self.slept_at)).min(16 * LONG_STREAM) / 2;
        let light = self.usual >= LONG_STREAM && membarrier::is_available();
        self.slept_at = self.read;
        self.shared.front.asleep.store(true, Ordering::Relaxed);
        let was_light = std::mem::replace(&mut self.light, light);
        if light != was_light {
            self.shared.front.light.store(light, Ordering::Relaxed);
        }
        if light || was_light {
            membarrier::barrier();
        } else {
            fence(Ordering::SeqCst);
        }
        self.seen = self.shared.front.tail.load(Ordering::Acquire);
        if self.read == self.seen {
            return false;
        }
        // Awake after all. If the writer has taken the mark back before, this side is told of what it has found already.
        self.shared.front.asleep.swap(false, Ordering::AcqRel);
        true
    }

    /// Asks the processor for what the next read looks at.
    #[inline]
    pub(crate) fn prefetch(&self) {
        prefetch(Chunk::slot_ptr(self.chunk, self.at));
        prefetch(&raw const self.shared.front);
    }

    /// Whether the last look, if it found nothing to read, found nothing at all.
    #[inline]
    pub(crate) fn was_empty(&self) -> bool {
        self.read == self.seen
    }

    /// The next part, which stays in the queue.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<&Msg> {
        if !self.check() {
            return None;
        }
        let slot = self.slot();
        // SAFETY: published slots are initialised, and the producer does not touch them again.
        Some(slot.with(|s| unsafe { &*s.cast::<Msg>() }))
    }

    /// Takes the next part.
    #[inline]
    pub(crate) fn read(&mut self) -> Option<Msg> {
        if !self.check() {
            return None;
        }
        // SAFETY: published slots are initialised; this one is read once, as `read` moves past it.
        let msg = self.slot().with(|s| unsafe { ptr::read(s.cast::<Msg>()) });
        self.at += 1;
        self.read += 1;
        Some(msg)
    }

    /// Takes the next message, as much of it as there is room for in `buf`, if it is a short one of one part in the chunk where
    /// the reader is, seen to be published; its size.
    #[inline(always)]
    pub(crate) fn read_short(&mut self, buf: &Destination) -> Option<usize> {
        if self.read == self.seen || self.at == self.size {
            return None;
        }
        // SAFETY: the consumer's chunk is live until it leaves it.
        let slot = unsafe { Chunk::slot(self.chunk, self.at) };
        // SAFETY: published slots are initialised, and the producer does not touch them again.
        let size = slot.with(|s| unsafe { &*s.cast::<Msg>() }.copy_short_to(buf))?;
        // A short message has nothing that would have to be dropped.
        self.at += 1;
        self.read += 1;
        Some(size)
    }

    /// Takes short messages of one part as `read_short` does, at most `most`, and shows each to `take`; how many.
    #[inline(always)]
    pub(crate) fn read_shorts(&mut self, most: usize, mut take: impl FnMut(&Msg)) -> usize {
        let published = self.seen.wrapping_sub(self.read).min(most);
        let (from, end) = (self.at, self.size.min(self.at.saturating_add(published)));
        let mut at = from;
        while at < end {
            // SAFETY: the consumer's chunk is live until it leaves it.
            let slot = unsafe { Chunk::slot(self.chunk, at) };
            let is_short = slot.with(|s| {
                // SAFETY: published slots are initialised, and the producer does not touch them again.
                let msg = unsafe { &*s.cast::<Msg>() };
                let is_short = msg.is_short();
                if is_short {
                    take(msg);
                }
                is_short
            });
            if !is_short {
                break;
            }
            at += 1;
        }
        // As above, nothing has to be dropped.
        self.at = at;
        self.read += at - from;
        at - from
    }

    /// Drops the part that `peek` found; whether it was a message's last, and counts. Writes nothing to the slot: its cache
    /// line stays as the producer left it.
    #[inline]
    pub(crate) fn skip(&mut self) -> bool {
        self.read().is_some_and(|msg| !msg.has(flag::MORE | flag::UNCOUNTED))
    }

    /// The same, into `msg`, whose old content is dropped; false if there is none, and `msg` is as it was.
    #[inline]
    pub(crate) fn read_into(&mut self, msg: &mut Msg) -> bool {
        if !self.check() {
            return false;
        }
        let slot = self.slot();
        // SAFETY: an open or closed message like any other, overwritten below without being looked at again.
        unsafe { ptr::drop_in_place(msg) };
        // SAFETY: published slots are initialised; this one is read once, as `read` moves past it.
        slot.with(|s| unsafe { ptr::copy_nonoverlapping(s.cast::<Msg>(), msg, 1) });
        self.at += 1;
        self.read += 1;
        true
    }

    /// The next slot to read, which must be published.
    #[inline]
    fn slot(&mut self) -> &Slot {
        if self.at == self.size {
            self.enter_chunk();
        }
        // SAFETY: the consumer's chunk is live until it leaves it.
        unsafe { Chunk::slot(self.chunk, self.at) }
    }

    #[cold]
    fn enter_chunk(&mut self) {
        let old = self.chunk;
        self.chunk = if old.is_null() {
            self.shared.first.load(Ordering::Acquire)
        } else {
            // SAFETY: the consumer stands in the old chunk; a slot beyond it is published, so its successor is linked.
            unsafe { &*old }.next.swap(ptr::null_mut(), Ordering::Acquire)
        };
        self.at = 0;
        // SAFETY: linked, and not left yet.
        self.size = unsafe { &*self.chunk }.slots;
        if !old.is_null() {
            Chunk::put_by(self.shared.spare.swap(old, Ordering::AcqRel));
        }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let rest = Rest { chunk: self.chunk, at: self.at, read: self.read };
        // SAFETY: only the consumer writes here, once, before its share of the Arc goes.
        self.shared.rest.with_mut(|r| unsafe { *r = rest });
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer").field("read", &self.read).finish_non_exhaustive()
    }
}
