//! Shared, reference-counted content of messages. Any thread; the last reference frees it on the thread that drops it.
//!
//! Invariant: `refs` counts every message that points into the block, plus the owner's bias while a slab still hands
//! out parts of it. Whoever takes it to zero frees the block.
//!
//! The last reference to a user's data may go anywhere, also under the lock of a socket that the user's free function then
//! uses. So the function is not called there: the block joins a list of its thread, and [`call_free_functions`] goes
//! through that where no lock is held: before a call from C returns or sleeps, and in the I/O threads between two rounds of events.
#![allow(unsafe_code, reason = "manual reference counting of memory that C callers share")]

use crate::errno::{Errno, Result};
use crate::sync::{AtomicUsize, Ordering, fence};
use crate::sys::memory;
use std::alloc::{Layout, alloc, dealloc};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::NonNull;
// Static, which what loom sees cannot be.
use std::sync::atomic::AtomicUsize as Count;

/// C function that gives user data back (`zmq_free_fn`).
pub type FreeFn = unsafe extern "C" fn(data: *mut c_void, hint: *mut c_void);

/// Header of shared content; the payload of an allocated block follows it.
#[repr(C, align(16))]
pub(crate) struct Block {
    refs: AtomicUsize,
    release: Release,
    /// The next block of the thread's list; written by the thread that took `refs` to zero.
    next: *mut Block,
}

enum Release {
    /// The payload was allocated with the header: the size of both together.
    Allocated(usize),
    /// The payload is the user's.
    User { data: *mut c_void, hint: *mut c_void, free: FreeFn },
}

const HEADER: usize = size_of::<Block>();
const ALIGN: usize = align_of::<Block>();

/// Bytes of content that a thread takes between two looks at how much memory is left.
const UNCHECKED: usize = 2 << 20;

thread_local! {
    /// What the thread took since the last look.
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

/// Content is what fills memory, and the one allocation that may fail when it is short: it leaves some for the others.
#[inline]
fn has_room(size: usize) -> bool {
    let taken = TAKEN.get().saturating_add(size);
    if taken > UNCHECKED {
        if !memory::has_room(size) {
            return false;
        }
        TAKEN.set(0);
    } else {
        TAKEN.set(taken);
    }
    true
}

/// The same for a connection's buffer, which may also take of what content leaves.
fn has_room_for_buffer(size: usize) -> bool {
    has_room(size) || memory::has_reserve(size)
}

/// Blocks in the lists of all threads; each thread counts its own. Tells everybody else that there is nothing to look for.
static WAITING: Count = Count::new(0);

#[cfg(not(loom))]
thread_local! {
    /// User's data that this thread has to give back, newest first.
    static LIST: Cell<*mut Block> = const { Cell::new(std::ptr::null_mut()) };
}
#[cfg(loom)]
loom::thread_local! {
    static LIST: Cell<*mut Block> = Cell::new(std::ptr::null_mut());
}

/// Calls the free functions that are due on this thread, which holds no lock of the library.
#[inline]
pub fn call_free_functions() {
    if WAITING.load(Ordering::Relaxed) > 0 {
        Block::call_free_functions();
    }
}

impl Block {
    /// A block with `size` bytes of uninitialised payload and `refs` references.
    pub(crate) fn allocate(size: usize, refs: usize) -> Result<NonNull<Block>> {
        let total = size.checked_add(HEADER).filter(|t| *t <= isize::MAX as usize - ALIGN).ok_or(Errno::ENOMEM)?;
        if !has_room(total) {
            return Err(Errno::ENOMEM);
        }
        Block::place(total, Block::header(refs, Release::Allocated(total)))
    }

    /// The same for what is received into.
    pub(crate) fn allocate_buffer(size: usize, refs: usize) -> Result<NonNull<Block>> {
        let total = size.checked_add(HEADER).filter(|t| *t <= isize::MAX as usize - ALIGN).ok_or(Errno::ENOMEM)?;
        if !has_room_for_buffer(total) {
            return Err(Errno::ENOMEM);
        }
        Block::place(total, Block::header(refs, Release::Allocated(total)))
    }

    /// A block that stands for the user's data.
    pub(crate) fn user(data: *mut c_void, hint: *mut c_void, free: FreeFn) -> Result<NonNull<Block>> {
        Block::place(HEADER, Block::header(1, Release::User { data, hint, free }))
    }

    fn header(refs: usize, release: Release) -> Block {
        Block { refs: AtomicUsize::new(refs), release, next: std::ptr::null_mut() }
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

    #[inline(never)]
    unsafe fn free(block: NonNull<Block>) {
        // SAFETY: the caller took the count to zero, so nobody else looks at the header.
        if let Release::Allocated(total) = unsafe { block.as_ref() }.release {
            // SAFETY: as above.
            unsafe { Block::dispose(block, total) };
        } else {
            // SAFETY: as above.
            unsafe { Block::put_off(block) };
        }
    }

    unsafe fn dispose(block: NonNull<Block>, total: usize) {
        // SAFETY: the layout that `place` allocated with.
        let layout = unsafe { Layout::from_size_align_unchecked(total, ALIGN) };
        // SAFETY: allocated by `place` with this layout, and not used again.
        unsafe { dealloc(block.as_ptr().cast(), layout) };
    }

    #[cold]
    unsafe fn put_off(mut block: NonNull<Block>) {
        LIST.with(|list| {
            // SAFETY: the caller took the count to zero: the block is this thread's alone.
            unsafe { block.as_mut() }.next = list.replace(block.as_ptr());
        });
        WAITING.fetch_add(1, Ordering::Relaxed);
    }

    #[cold]
    fn call_free_functions() {
        // In the order in which the contents ended, and none that a free function adds: its own call sees to that.
        let mut newest = LIST.with(|list| list.replace(std::ptr::null_mut()));
        let mut oldest: *mut Block = std::ptr::null_mut();
        while let Some(mut block) = NonNull::new(newest) {
            // SAFETY: blocks in the list are this thread's alone.
            newest = std::mem::replace(&mut unsafe { block.as_mut() }.next, oldest);
            oldest = block.as_ptr();
        }
        while let Some(block) = NonNull::new(oldest) {
            // SAFETY: as above; the header is read out once.
            let header = unsafe { block.read() };
            oldest = header.next;
            // SAFETY: as above, and not used again.
            unsafe { Block::dispose(block, HEADER) };
            WAITING.fetch_sub(1, Ordering::Relaxed);
            if let Release::User { data, hint, free } = header.release {
                // SAFETY: zmq_msg_init_data's caller promised that `free` takes these two, once, on any thread.
                unsafe { free(data, hint) };
            }
        }
    }
}
