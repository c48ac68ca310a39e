//! Shared, reference-counted content of messages. Any thread; the last reference frees it on the thread that drops it.
//!
//! Invariant: `refs` counts every message that points into the block, plus the owner's bias while a slab still hands
//! out parts of it. Whoever takes it to zero frees the block.
#![allow(unsafe_code, reason = "manual reference counting of memory that C callers share")]

use crate::errno::{Errno, Result};
use crate::sync::{AtomicUsize, Ordering, fence};
use std::alloc::{Layout, alloc, dealloc};
use std::ffi::c_void;
use std::ptr::NonNull;

/// C function that gives user data back (`zmq_free_fn`).
pub type FreeFn = unsafe extern "C" fn(data: *mut c_void, hint: *mut c_void);

/// Header of shared content; the payload of an allocated block follows it.
#[repr(C, align(16))]
pub(crate) struct Block {
    refs: AtomicUsize,
    release: Release,
}

enum Release {
    /// The payload was allocated with the header: the size of both together.
    Allocated(usize),
    /// The payload is the user's.
    User { data: *mut c_void, hint: *mut c_void, free: FreeFn },
}

const HEADER: usize = size_of::<Block>();
const ALIGN: usize = align_of::<Block>();

impl Block {
    /// A block with `size` bytes of uninitialised payload and `refs` references.
    pub(crate) fn allocate(size: usize, refs: usize) -> Result<NonNull<Block>> {
        let total = size.checked_add(HEADER).filter(|t| *t <= isize::MAX as usize - ALIGN).ok_or(Errno::ENOMEM)?;
        Block::place(total, Block { refs: AtomicUsize::new(refs), release: Release::Allocated(total) })
    }

    /// A block that stands for the user's data.
    pub(crate) fn user(data: *mut c_void, hint: *mut c_void, free: FreeFn) -> Result<NonNull<Block>> {
        Block::place(HEADER, Block { refs: AtomicUsize::new(1), release: Release::User { data, hint, free } })
    }

    fn place(total: usize, header: Block) -> Result<NonNull<Block>> {
        let layout = Layout::from_size_align(total, ALIGN).map_err(|_| Errno::ENOMEM)?;
        // SAFETY: the layout is never of size zero, as it holds the header.
        let raw = unsafe { alloc(layout) }.cast::<Block>();
        let block = NonNull::new(raw).ok_or(Errno::ENOMEM)?;
        // SAFETY: freshly allocated with the layout of a Block or more.
        unsafe { block.write(header) };
        Ok(block)
    }

    /// First byte of an allocated block's payload.
    pub(crate) fn payload(block: NonNull<Block>) -> *mut u8 {
        // SAFETY: an allocated block has at least HEADER bytes; one past them is in bounds or one past the end.
        unsafe { block.as_ptr().cast::<u8>().add(HEADER) }
    }

    /// The reference count; exact only where the caller knows that no other thread changes it.
    ///
    /// # Safety
    /// The caller holds a reference.
    pub(crate) unsafe fn refs(block: NonNull<Block>) -> usize {
        // SAFETY: alive while the caller holds a reference.
        unsafe { block.as_ref() }.refs.load(Ordering::Acquire)
    }

    /// Sets the count of a block that only the caller refers to.
    ///
    /// # Safety
    /// The caller holds every reference there is.
    pub(crate) unsafe fn reset(block: NonNull<Block>, refs: usize) {
        // SAFETY: alive while the caller holds a reference.
        unsafe { block.as_ref() }.refs.store(refs, Ordering::Relaxed);
    }

    /// Adds references.
    ///
    /// # Safety
    /// The caller holds a reference.
    pub(crate) unsafe fn retain(block: NonNull<Block>, count: usize) {
        // SAFETY: alive while the caller holds a reference. Relaxed: a new reference is made from an existing one.
        unsafe { block.as_ref() }.refs.fetch_add(count, Ordering::Relaxed);
    }

    /// Gives `count` references back and frees the block with the last one.
    ///
    /// # Safety
    /// The caller owns `count` references and uses none of them again.
    pub(crate) unsafe fn release(block: NonNull<Block>, count: usize) {
        // SAFETY: alive while the caller holds a reference.
        let header = unsafe { block.as_ref() };
        // A sole owner needs no read-modify-write: nobody else can add a reference.
        if header.refs.load(Ordering::Acquire) != count {
            if header.refs.fetch_sub(count, Ordering::Release) != count {
                return;
            }
            fence(Ordering::Acquire);
        }
        // SAFETY: the count reached zero, so this thread is the only one that knows the block.
        unsafe { Block::free(block) };
    }

    #[cold]
    #[inline(never)]
    unsafe fn free_user(data: *mut c_void, hint: *mut c_void, free: FreeFn) {
        // SAFETY: zmq_msg_init_data's caller promised that `free` takes these two, once, on any thread.
        unsafe { free(data, hint) };
    }

    unsafe fn free(block: NonNull<Block>) {
        // SAFETY: the caller took the count to zero; the header is read out once.
        let header = unsafe { block.read() };
        let total = match header.release {
            Release::Allocated(total) => total,
            Release::User { data, hint, free } => {
                // SAFETY: called once, as the count reaches zero once.
                unsafe { Block::free_user(data, hint, free) };
                HEADER
            }
        };
        // SAFETY: the layout that `place` allocated with.
        let layout = unsafe { Layout::from_size_align_unchecked(total, ALIGN) };
        // SAFETY: allocated by `place` with this layout, and not used again.
        unsafe { dealloc(block.as_ptr().cast(), layout) };
    }
}
