//! Single-producer single-consumer queue of messages in linked chunks, without a bound and without locks.
//!
//! The producer publishes whole multipart messages at once in `tail` and then looks at `asleep`; the consumer that finds
//! nothing sets `asleep` and then looks at `tail` once more: one of them sees the other, and whoever takes the mark back
//! sees to it that the consumer goes on. In a stream (`light`) the producer's fence between the two is left out, and the
//! consumer, which sleeps rarely then, makes up for it with a barrier for both sides.
//!
//! `tail` is written by the producer, `light` by the consumer, `asleep` is set by the consumer and taken back by either;
//! `first` is written once by the producer; `spare` passes one used chunk from the consumer back to the producer. An idle
//! queue owns no chunk until its first message, and short ones as long as its reader sleeps between messages: thousands of
//! quiet connections cost little.
#![allow(unsafe_code, reason = "slots are handed from one thread to the other by publication in `tail`")]

use super::chunk::{Chunk, SIZES, Slot};
use super::patience::Patience;
use crate::errno::{Errno, Result};
use crate::message::{Msg, Shares, flag};
use crate::sync::{Arc, AtomicBool, AtomicPtr, AtomicUsize, Ordering, UnsafeCell, fence};
use crate::sys::{membarrier, memory, thread};
use crate::util::prefetch::prefetch;
use std::mem::MaybeUninit;
use std::ptr;

/// So many slots without a sleep are a stream.
const STREAM: usize = 64;
/// So many slots without a sleep are a stream whose next part the producer's fences would cost more than a barrier.
const LONG_STREAM: usize = 128;
/// So many at once are worth a moment's patience in a stream.
const BATCH: usize = 8;
/// Chunks that a queue grows by between two looks at how much memory is left.
const UNCHECKED: usize = 16;

/// What both sides look at for each publication, on a cache line of its own.
#[repr(align(64))]
struct Front {
    /// Published slots.
    tail: AtomicUsize,
    asleep: AtomicBool,
    light: AtomicBool,
}

struct Shared {
    front: Front,
    first: AtomicPtr<Chunk>,
    spare: AtomicPtr<Chunk>,
    /// What each side leaves behind when it goes, for the drop of the last one: slots written, and where the reader was.
    written: AtomicUsize,
    rest: UnsafeCell<Rest>,
}

#[derive(Clone, Copy)]
struct Rest {
    chunk: *mut Chunk,
    at: usize,
    read: usize,
}

// SAFETY: `rest` is written by the consumer's drop and read after both sides are gone; everything else is atomic, and
// slots change hands by `tail`.
unsafe impl Send for Shared {}
// SAFETY: see above.
unsafe impl Sync for Shared {}

/// The writing side.
pub(crate) struct Producer {
    shared: Arc<Shared>,
    chunk: *mut Chunk,
    /// The chunk's next slot to write, and how many it has.
    at: usize,
    size: usize,
    written: usize,
    published: usize,
    /// How often the reader was found asleep since the chunk was begun.
    wakes: usize,
    /// Slots, behind those written, with parts of a message whose last part has not come yet, and where they begin.
    parts: usize,
    start: (*mut Chunk, usize),
    /// Chunks that the queue grew by.
    grown: usize,
    /// There was no memory for a part: what there is of its message was dropped, and the rest will be.
    dropping: bool,
    /// There is no memory for more chunks, a test says.
    #[cfg(test)]
    starved: bool,
}

/// The reading side.
pub(crate) struct Consumer {
    shared: Arc<Shared>,
    chunk: *mut Chunk,
    /// The chunk's next slot to read, and how many it has.
    at: usize,
    size: usize,
    read: usize,
    /// Slots known to be published.
    seen: usize,
    /// Slots that were read when the reader last went to sleep.
    slept_at: usize,
    /// Slots that are read between two sleeps, the last ones counting most.
    usual: usize,
    patience: Patience,
    /// The producer may leave out its fence.
    light: bool,
}

// SAFETY: each side is one thread's at a time; its chunk pointer is reached by it alone.
unsafe impl Send for Producer {}
// SAFETY: see above.
unsafe impl Send for Consumer {}

/// A new queue, whose reader counts as awake.
pub(crate) fn queue() -> (Producer, Consumer) {
    let shared = Arc::new(Shared {
        front: Front { tail: AtomicUsize::new(0), asleep: AtomicBool::new(false), light: AtomicBool::new(false) },
        first: AtomicPtr::new(ptr::null_mut()),
        spare: AtomicPtr::new(ptr::null_mut()),
        written: AtomicUsize::new(0),
        rest: UnsafeCell::new(Rest { chunk: ptr::null_mut(), at: 0, read: 0 }),
    });
    (
        Producer {
            shared: shared.clone(),
            chunk: ptr::null_mut(),
            at: 0,
            size: 0,
            written: 0,
            published: 0,
            wakes: 0,
            parts: 0,
            start: (ptr::null_mut(), 0),
            grown: 0,
            dropping: false,
            #[cfg(test)]
            starved: false,
        },
        Consumer {
            shared,
            chunk: ptr::null_mut(),
            at: 0,
            size: 0,
            read: 0,
            seen: 0,
            slept_at: 0,
            usual: 0,
            patience: Patience::default(),
            light: false,
        },
    )
}

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
        self.at += 1;
        self.written += 1;
        Ok(())
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

    /// The next slot holds a part.
    #[inline]
    fn count(&mut self, more: bool) {
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
        if self.published == self.written {
            return true;
        }
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
        !asleep
    }
}

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

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: both sides are gone.
        let rest = self.rest.with(|r| unsafe { *r });
        let written = self.written.load(Ordering::Relaxed);
        let mut chunk = if rest.chunk.is_null() { self.first.load(Ordering::Acquire) } else { rest.chunk };
        let Rest { mut at, mut read, .. } = rest;
        while !chunk.is_null() {
            // SAFETY: chunks from the consumer's on are linked and nobody else's.
            let current = unsafe { &*chunk };
            while at < current.slots && read < written {
                // SAFETY: as above.
                let slot = unsafe { Chunk::slot(chunk, at) };
                // SAFETY: written by the producer and never read.
                drop(slot.with(|s| unsafe { ptr::read(s.cast::<Msg>()) }));
                at += 1;
                read += 1;
            }
            at = 0;
            let next = current.next.load(Ordering::Acquire);
            Chunk::free(chunk);
            chunk = next;
        }
        Chunk::free(self.spare.load(Ordering::Acquire));
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
    pub(super) fn starve(&mut self, starved: bool) {
        self.starved = starved;
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("written", &self.written).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer").field("read", &self.read).finish_non_exhaustive()
    }
}
