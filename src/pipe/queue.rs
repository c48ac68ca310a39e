//! Single-producer single-consumer queue of messages in linked chunks, without a bound and without locks.
//!
//! The producer publishes whole multipart messages at once in `tail` and then looks at `asleep`; the consumer that finds
//! nothing sets `asleep` and then looks at `tail` once more: one of them sees the other, and whoever takes the mark back
//! sees to it that the consumer goes on. In a stream (`light`) the producer's fence between the two is left out, and the
//! consumer, which sleeps rarely then, makes up for it with a barrier for both sides.
//!
//! `tail` is written by the producer, `light` by the consumer, `asleep` is set by the consumer and taken back by either;
//! `first` is written once by the producer; `spare` passes one used chunk from the consumer back to the producer. An idle
//! queue owns no chunk until its first message.
#![allow(unsafe_code, reason = "slots are handed from one thread to the other by publication in `tail`")]

use crate::message::Msg;
use crate::sync::{Arc, AtomicBool, AtomicPtr, AtomicUsize, Ordering, UnsafeCell, fence};
use crate::sys::{membarrier, memory, thread};
use crossbeam_utils::CachePadded;
use std::alloc::{Layout, alloc};
use std::mem::MaybeUninit;
use std::ptr;

#[cfg(not(loom))]
const SLOTS: usize = 64;
#[cfg(loom)]
const SLOTS: usize = 2;
/// So many slots without a sleep are a stream.
const STREAM: usize = 64;
/// So many at once are worth a moment's patience in a stream.
const BATCH: usize = 8;
/// Chunks that a queue grows by between two looks at how much memory is left.
const UNCHECKED: usize = 16;

struct Chunk {
    slots: [UnsafeCell<MaybeUninit<Msg>>; SLOTS],
    /// Written by the producer before it publishes a slot of the next chunk; then read by the consumer.
    next: AtomicPtr<Chunk>,
}

impl Chunk {
    fn allocate() -> *mut Chunk {
        Box::into_raw(Box::new(Chunk {
            slots: std::array::from_fn(|_| UnsafeCell::new(MaybeUninit::uninit())),
            next: AtomicPtr::new(ptr::null_mut()),
        }))
    }

    /// The same, where the caller can do without.
    fn try_allocate() -> Option<*mut Chunk> {
        // SAFETY: a chunk is not of size zero.
        let chunk = unsafe { alloc(Layout::new::<Chunk>()) }.cast::<Chunk>();
        if chunk.is_null() {
            return None;
        }
        let empty = Chunk {
            slots: std::array::from_fn(|_| UnsafeCell::new(MaybeUninit::uninit())),
            next: AtomicPtr::new(ptr::null_mut()),
        };
        // SAFETY: just allocated with the layout of a chunk, as a box is.
        unsafe { chunk.write(empty) };
        Some(chunk)
    }

    fn free(chunk: *mut Chunk) {
        if !chunk.is_null() {
            // SAFETY: every chunk comes from `allocate` and is freed by the last place that knows it; its slots hold
            // `MaybeUninit`, so no message is dropped here.
            drop(unsafe { Box::from_raw(chunk) });
        }
    }
}

struct Shared {
    /// Published slots.
    tail: CachePadded<AtomicUsize>,
    asleep: AtomicBool,
    light: AtomicBool,
    first: AtomicPtr<Chunk>,
    spare: AtomicPtr<Chunk>,
    /// What each side leaves behind when it goes, for the drop of the last one: slots written, and where the reader was.
    written: AtomicUsize,
    rest: UnsafeCell<Rest>,
}

#[derive(Clone, Copy)]
struct Rest {
    chunk: *mut Chunk,
    chunk_end: usize,
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
    written: usize,
    published: usize,
    /// Parts of a message whose last part has not come yet.
    unfinished: Vec<Msg>,
    /// Chunks made ahead, linked by `next`, and how many.
    ahead: *mut Chunk,
    ahead_count: usize,
    /// Chunks that the queue grew by.
    grown: usize,
    /// There was no memory for a part: what there is of its message was dropped, and the rest will be.
    dropping: bool,
}

/// The reading side.
pub(crate) struct Consumer {
    shared: Arc<Shared>,
    chunk: *mut Chunk,
    read: usize,
    /// Slots known to be published.
    seen: usize,
    /// First slot beyond the chunk.
    chunk_end: usize,
    /// Slots that were read when the reader last went to sleep.
    slept_at: usize,
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
        tail: CachePadded::new(AtomicUsize::new(0)),
        asleep: AtomicBool::new(false),
        light: AtomicBool::new(false),
        first: AtomicPtr::new(ptr::null_mut()),
        spare: AtomicPtr::new(ptr::null_mut()),
        written: AtomicUsize::new(0),
        rest: UnsafeCell::new(Rest { chunk: ptr::null_mut(), chunk_end: SLOTS, read: 0 }),
    });
    (
        Producer {
            shared: shared.clone(),
            chunk: ptr::null_mut(),
            written: 0,
            published: 0,
            unfinished: Vec::new(),
            ahead: ptr::null_mut(),
            ahead_count: 0,
            grown: 0,
            dropping: false,
        },
        Consumer { shared, chunk: ptr::null_mut(), read: 0, seen: 0, chunk_end: 0, slept_at: 0, light: false },
    )
}

impl Producer {
    /// Appends what belongs to the protocol: unlike a message, it is written whatever little memory there is, unless it is
    /// part of a message of several parts.
    pub(crate) fn write(&mut self, mut msg: Msg) -> bool {
        if !msg.more() && self.written.is_multiple_of(SLOTS) && self.ahead.is_null() {
            self.ahead = self.take_spare().unwrap_or_else(Chunk::allocate);
            self.ahead_count = 1;
        }
        self.write_from(&mut msg)
    }

    /// Appends a part, and leaves an empty message behind: one copy of 64 bytes, where a value passed on through several
    /// calls is moved, and taken to pieces, at each. A part without MORE ends its message, which `flush` may then publish.
    ///
    /// False if there is no memory for it: then all earlier parts of the message, and those that follow up to its end, are
    /// dropped; the last part, which may be the only one, stays the caller's.
    #[inline]
    #[must_use]
    pub(crate) fn write_from(&mut self, msg: &mut Msg) -> bool {
        if msg.more() {
            return self.stage(msg.take());
        }
        if self.is_unfinished() && !self.write_unfinished() {
            return false;
        }
        self.push(msg)
    }

    /// Keeps a part until its message is complete. How many there are is somebody else's choice, so there may be no room.
    fn stage(&mut self, msg: Msg) -> bool {
        if !self.dropping && self.unfinished.len() == self.unfinished.capacity() && !self.grow() {
            self.drop_message();
        }
        if !self.dropping {
            self.unfinished.push(msg);
        }
        !self.dropping
    }

    /// Room for as many parts again, here and, when the message is complete, in the queue.
    #[cold]
    fn grow(&mut self) -> bool {
        let parts = self.unfinished.len();
        let enough = parts < SLOTS * UNCHECKED || memory::has_room(3 * parts * size_of::<Msg>());
        enough && self.unfinished.try_reserve(1).is_ok()
    }

    fn drop_message(&mut self) {
        self.unfinished = Vec::new();
        self.dropping = true;
    }

    /// Moves the parts of the message that ends now to the queue; false if it is dropped.
    #[cold]
    fn write_unfinished(&mut self) -> bool {
        if !self.dropping && !self.make_chunks(self.unfinished.len() + 1) {
            self.drop_message();
        }
        if std::mem::take(&mut self.dropping) {
            return false;
        }
        let mut parts = std::mem::take(&mut self.unfinished);
        for part in &mut parts {
            // Has its place in the chunks just made.
            let _ = self.push(part);
        }
        parts.clear();
        if parts.capacity() <= SLOTS {
            self.unfinished = parts;
        }
        true
    }

    /// Has the chunks for so many slots ready, if there is memory.
    fn make_chunks(&mut self, slots: usize) -> bool {
        let room = self.written.next_multiple_of(SLOTS) - self.written;
        let wanted = slots.saturating_sub(room).div_ceil(SLOTS);
        while self.ahead_count < wanted {
            let Some(chunk) = self.take_spare().or_else(|| self.grow_by_one()) else { return false };
            // SAFETY: just made, and nobody else's.
            unsafe { &*chunk }.next.store(self.ahead, Ordering::Relaxed);
            self.ahead = chunk;
            self.ahead_count += 1;
        }
        true
    }

    fn take_ahead(&mut self) -> Option<*mut Chunk> {
        if self.ahead.is_null() {
            return None;
        }
        let chunk = self.ahead;
        // SAFETY: chunks made ahead are this side's alone.
        self.ahead = unsafe { &*chunk }.next.swap(ptr::null_mut(), Ordering::Relaxed);
        self.ahead_count -= 1;
        Some(chunk)
    }

    fn take_spare(&self) -> Option<*mut Chunk> {
        let spare = self.shared.spare.swap(ptr::null_mut(), Ordering::Acquire);
        (!spare.is_null()).then_some(spare)
    }

    /// One more chunk than the queue ever had, unless memory is so short that others could not go on.
    fn grow_by_one(&mut self) -> Option<*mut Chunk> {
        let enough = self.grown % UNCHECKED != UNCHECKED - 1 || memory::has_room(0);
        let chunk = if enough { Chunk::try_allocate() } else { None };
        self.grown += usize::from(chunk.is_some());
        chunk
    }

    /// Moves a message to the next slot; false, and `msg` is as it was, if there is no memory for more of them.
    #[inline]
    fn push(&mut self, msg: &mut Msg) -> bool {
        let slot = self.written % SLOTS;
        if slot == 0 && !self.next_chunk() {
            return false;
        }
        // SAFETY: the chunk holds the next slot to write, so the consumer cannot have left it.
        let chunk = unsafe { &*self.chunk };
        chunk.slots[slot].with_mut(|s| {
            // SAFETY: the slot is not published, so it is this side's alone; it is as large as a message, and elsewhere.
            unsafe { ptr::copy_nonoverlapping(msg, s.cast::<Msg>(), 1) };
        });
        // SAFETY: the content is the slot's now, so it is overwritten here without being dropped.
        unsafe { ptr::write(msg, Msg::new()) };
        self.written += 1;
        true
    }

    #[cold]
    fn next_chunk(&mut self) -> bool {
        let new = self.take_ahead().or_else(|| self.take_spare()).or_else(|| self.grow_by_one());
        let Some(new) = new else { return false };
        let link = if self.chunk.is_null() {
            &self.shared.first
        } else {
            // SAFETY: the consumer cannot leave this chunk before a slot of the new one is published.
            unsafe { &(*self.chunk).next }
        };
        link.store(new, Ordering::Release);
        self.chunk = new;
        true
    }

    /// Whether a message has been begun and not ended.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.dropping || !self.unfinished.is_empty()
    }

    /// Drops the parts of an unfinished message.
    pub(crate) fn rollback(&mut self) {
        self.unfinished.clear();
        self.dropping = false;
    }

    /// Publishes the finished messages. Returns false if the reader sleeps and must be woken.
    #[inline]
    pub(crate) fn flush(&mut self) -> bool {
        if self.published == self.written {
            return true;
        }
        self.published = self.written;
        self.shared.tail.store(self.written, Ordering::Release);
        if self.shared.light.load(Ordering::Relaxed) {
            membarrier::light();
        } else {
            fence(Ordering::SeqCst);
        }
        !self.shared.asleep.load(Ordering::Relaxed) || !self.shared.asleep.swap(false, Ordering::AcqRel)
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
        self.seen = self.shared.tail.load(Ordering::Acquire);
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
            self.shared.light.store(true, Ordering::Relaxed);
        }
        if !thread::several_processors() {
            return;
        }
        for pauses in [8, 16, 32] {
            for _ in 0..pauses {
                std::hint::spin_loop();
            }
            self.seen = self.shared.tail.load(Ordering::Acquire);
            if self.seen.wrapping_sub(self.read) >= BATCH {
                return;
            }
        }
    }

    /// Marks the reader as asleep, unless something has come meanwhile: then true.
    fn sleep(&mut self) -> bool {
        if self.shared.asleep.load(Ordering::Relaxed) {
            return false;
        }
        self.slept_at = self.read;
        self.shared.asleep.store(true, Ordering::Relaxed);
        if self.light {
            self.light = false;
            self.shared.light.store(false, Ordering::Relaxed);
            membarrier::barrier();
        } else {
            fence(Ordering::SeqCst);
        }
        self.seen = self.shared.tail.load(Ordering::Acquire);
        if self.read == self.seen {
            return false;
        }
        // Awake after all. If the writer has taken the mark back before, this side is told of what it has found already.
        self.shared.asleep.swap(false, Ordering::AcqRel);
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
        self.read += 1;
        Some(msg)
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
        self.read += 1;
        true
    }

    /// The next slot to read, which must be published.
    #[inline]
    fn slot(&mut self) -> &UnsafeCell<MaybeUninit<Msg>> {
        if self.read == self.chunk_end {
            self.enter_chunk();
        }
        // SAFETY: the consumer's chunk is live until it leaves it.
        let chunk = unsafe { &*self.chunk };
        &chunk.slots[self.read % SLOTS]
    }

    #[cold]
    fn enter_chunk(&mut self) {
        self.chunk_end += SLOTS;
        let old = self.chunk;
        if old.is_null() {
            self.chunk = self.shared.first.load(Ordering::Acquire);
            return;
        }
        // SAFETY: the consumer stands in the old chunk; a slot beyond it is published, so its successor is linked.
        let next = unsafe { &(*old).next };
        self.chunk = next.swap(ptr::null_mut(), Ordering::Acquire);
        let surplus = self.shared.spare.swap(old, Ordering::AcqRel);
        Chunk::free(surplus);
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let rest = Rest { chunk: self.chunk, chunk_end: self.chunk_end.max(SLOTS), read: self.read };
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
        let mut read = rest.read;
        let mut chunk_end = rest.chunk_end;
        while !chunk.is_null() {
            // SAFETY: chunks from the consumer's on are linked and nobody else's.
            let current = unsafe { &*chunk };
            while read < written.min(chunk_end) {
                // SAFETY: written by the producer and never read.
                drop(current.slots[read % SLOTS].with(|s| unsafe { ptr::read(s.cast::<Msg>()) }));
                read += 1;
            }
            chunk_end += SLOTS;
            let next = current.next.load(Ordering::Acquire);
            Chunk::free(chunk);
            chunk = next;
        }
        Chunk::free(self.spare.load(Ordering::Acquire));
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        while let Some(chunk) = self.take_ahead() {
            Chunk::free(chunk);
        }
        self.shared.written.store(self.written, Ordering::Release);
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
