//! The memory of a queue: chunks of slots, linked in the order in which they are filled. Both threads of a pipe.
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
