//! Copies of one message for many pipes. The thread that owns the message.
//!
//! References to shared content are counted once for all copies: the count's cache line is what the readers of the copies
//! contend for.
#![allow(unsafe_code, reason = "counts references ahead of the messages that will hold them")]

use super::content::Block;
use super::{Metadata, Msg, SHARED_CONTENT, flag};
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// A message and the references that its next copies will take over.
#[derive(Debug)]
pub struct Shares<'a> {
    msg: &'a mut Msg,
    left: usize,
}

impl<'a> Shares<'a> {
    /// Prepares so many copies.
    pub fn new(msg: &'a mut Msg, count: usize) -> Shares<'a> {
        let mut shares = Shares { msg, left: 0 };
        shares.reserve(count);
        shares
    }

    /// Whether the message is one of several parts and not the last.
    #[inline]
    pub fn more(&self) -> bool {
        self.msg.more()
    }

    /// The flags of each copy.
    #[inline]
    pub fn has(&self, flags: u8) -> bool {
        self.msg.has(flags)
    }

    fn block(&self) -> Option<NonNull<Block>> {
        if self.msg.magic != SHARED_CONTENT {
            return None;
        }
        // SAFETY: the magic says that the body is the outer one.
        NonNull::new(unsafe { self.msg.body.outer }.block)
    }

    #[inline]
    fn reserve(&mut self, count: usize) {
        self.left += count;
        if count > 0
            && let Some(block) = self.block()
        {
            // SAFETY: the message holds a reference.
            unsafe { Block::retain(block, count) };
        }
        if !self.msg.metadata.is_null() {
            for _ in 0..count {
                // SAFETY: the pointer came from Arc::into_raw, and the message holds a count of it.
                unsafe { Arc::<Metadata>::increment_strong_count(self.msg.metadata) };
            }
        }
    }

    /// Makes the next copy at `place`.
    ///
    /// # Safety
    /// `place` may be written, and holds nothing that has to be dropped.
    #[inline]
    pub(crate) unsafe fn put(&mut self, place: *mut Msg) {
        if self.left == 0 {
            self.reserve(1);
        }
        self.left -= 1;
        if self.msg.magic == SHARED_CONTENT {
            self.msg.set_flags(flag::SHARED);
        }
        // SAFETY: the caller's promise; the copy owns the references that were counted for it.
        unsafe { ptr::copy_nonoverlapping(ptr::from_ref::<Msg>(self.msg), place, 1) };
    }

    /// The next copy.
    pub fn take(&mut self) -> Msg {
        let mut copy = std::mem::MaybeUninit::uninit();
        // SAFETY: a place of a message's size that holds none.
        unsafe { self.put(copy.as_mut_ptr()) };
        // SAFETY: just written.
        unsafe { copy.assume_init() }
    }
}

impl Drop for Shares<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.left == 0 {
            return;
        }
        if let Some(block) = self.block() {
            // SAFETY: references that were counted here and that no copy has; the message holds another.
            unsafe { Block::release(block, self.left) };
        }
        if !self.msg.metadata.is_null() {
            for _ in 0..self.left {
                // SAFETY: as above.
                unsafe { Arc::<Metadata>::decrement_strong_count(self.msg.metadata) };
            }
        }
    }
}
