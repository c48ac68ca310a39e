//! The memory of a queue: chunks of slots, linked in the order in which they are filled. Both threads of a pipe.
//!
//! A queue that fills and empties gives chunks back and needs them again. Some of the larger size are kept for all queues
//! of the process, as an allocation of that size and alignment costs as much as a dozen messages, until a context ends.
#![allow(unsafe_code, reason = "slots are placed behind the header of their chunk")]

use crate::message::Msg;
use crate::sync::{AtomicPtr, UnsafeCell};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::mem::MaybeUninit;
use std::ptr;

/// Slots of a chunk in conversations and in streams: with their header 512 bytes and a page.
#[cfg(not(loom))]
pub(super) const SIZES: (usize, usize) = (7, 63);
#[cfg(loom)]
pub(super) const SIZES: (usize, usize) = (2, 3);

pub(super) type Slot = UnsafeCell<MaybeUninit<Msg>>;

/// The header of a chunk; its slots follow, each on a cache line of its own.
#[repr(C, align(64))]
pub(super) struct Chunk {
    /// Written by the producer before it publishes a slot of the next chunk; then read by the consumer.
    pub(super) next: AtomicPtr<Chunk>,
    /// How many slots follow; never changes.
    pub(super) slots: usize,
}

impl Chunk {
    fn layout(slots: usize) -> Layout {
        // Never more slots than a page has room for, so that nothing overflows.
        let size = size_of::<Chunk>() + slots * size_of::<Slot>();
        Layout::from_size_align(size, align_of::<Chunk>()).unwrap_or(Layout::new::<Chunk>())
    }

    pub(super) fn allocate(slots: usize) -> *mut Chunk {
        Chunk::try_allocate(slots).unwrap_or_else(|| handle_alloc_error(Chunk::layout(slots)))
    }

    /// The same, where the caller can do without.
    pub(super) fn try_allocate(slots: usize) -> Option<*mut Chunk> {
        // SAFETY: a chunk is not of size zero.
        let chunk = unsafe { alloc(Chunk::layout(slots)) }.cast::<Chunk>();
        if chunk.is_null() {
            return None;
        }
        // SAFETY: just allocated with room for the header and the slots behind it.
        unsafe { chunk.write(Chunk { next: AtomicPtr::new(ptr::null_mut()), slots }) };
        for i in 0..slots {
            let slot = Chunk::slot_ptr(chunk, i);
            // SAFETY: as above.
            unsafe { slot.write(UnsafeCell::new(MaybeUninit::uninit())) };
        }
        Some(chunk)
    }

    #[inline]
    pub(super) fn slot_ptr(chunk: *mut Chunk, i: usize) -> *mut Slot {
        chunk.wrapping_add(1).cast::<Slot>().wrapping_add(i)
    }

    /// # Safety
    /// The chunk is alive for as long as the slot is used, and has more than `i` slots.
    #[inline]
    pub(super) unsafe fn slot<'a>(chunk: *mut Chunk, i: usize) -> &'a Slot {
        // SAFETY: the caller's promise; slots are initialised with their chunk.
        unsafe { &*Chunk::slot_ptr(chunk, i) }
    }

    /// Keeps a chunk that a queue has no use for now, if it is of the larger size and there is room for it.
    pub(super) fn put_by(chunk: *mut Chunk) {
        // SAFETY: a chunk that nobody else uses is its caller's.
        let kept = unsafe { chunk.as_ref() }.is_some_and(|c| c.slots == SIZES.1) && pool::put(chunk);
        if !kept {
            Chunk::free(chunk);
        }
    }

    /// A chunk that was kept.
    pub(super) fn take_kept(slots: usize) -> Option<*mut Chunk> {
        if slots == SIZES.1 { pool::take() } else { None }
    }

    pub(super) fn free(chunk: *mut Chunk) {
        if chunk.is_null() {
            return;
        }
        // SAFETY: every chunk comes from `try_allocate` and is freed by the last place that knows it; its slots hold
        // `MaybeUninit`, so no message is dropped here.
        let slots = unsafe { &*chunk }.slots;
        // SAFETY: as above.
        unsafe { dealloc(chunk.cast(), Chunk::layout(slots)) };
    }
}

/// Gives the memory back that is kept for queues to come.
pub fn release_kept() {
    while let Some(chunk) = pool::take() {
        Chunk::free(chunk);
    }
}

#[cfg(not(loom))]
mod pool {
    use super::Chunk;
    use crate::sys::lock::Mutex;

    /// Chunks kept: a quarter of a megabyte.
    const MAX: usize = 64;

    struct Pool {
        chunks: [*mut Chunk; MAX],
        len: usize,
    }

    // SAFETY: a chunk in the pool is nobody else's.
    unsafe impl Send for Pool {}

    static POOL: Mutex<Pool> = Mutex::new(Pool { chunks: [std::ptr::null_mut(); MAX], len: 0 });

    /// Never waits: in a forked child the lock may stay taken, and then there is no pool.
    pub(super) fn put(chunk: *mut Chunk) -> bool {
        let Some(mut pool) = POOL.try_lock() else { return false };
        let len = pool.len;
        let Some(place) = pool.chunks.get_mut(len) else { return false };
        *place = chunk;
        pool.len += 1;
        true
    }

    pub(super) fn take() -> Option<*mut Chunk> {
        let mut pool = POOL.try_lock()?;
        let last = pool.len.checked_sub(1)?;
        pool.len = last;
        Some(pool.chunks[last])
    }
}

/// The model checker's atomics live no longer than one execution: nothing is kept.
#[cfg(loom)]
mod pool {
    use super::Chunk;

    pub(super) fn put(_chunk: *mut Chunk) -> bool {
        false
    }

    pub(super) fn take() -> Option<*mut Chunk> {
        None
    }
}
