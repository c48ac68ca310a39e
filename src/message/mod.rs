//! The 64 bytes of `zmq_msg_t`: a message part, its content and its flags. Owned by one thread at a time.
//!
//! Invariant: `magic` names the kind of content, and is zero in a closed message; every other field is only meaningful
//! under a valid magic. All fields are plain integers and raw pointers, so that any 64 bytes may be looked at safely.
#![allow(unsafe_code, reason = "a message is a C struct with a union of inline bytes and raw pointers")]

mod content;
mod incoming;
mod metadata;
mod offer;
mod shares;
mod short;
mod slab;
#[cfg(test)]
mod tests;

pub use content::{FreeFn, call_free_functions};
pub use incoming::{Incoming, Limited};
pub use metadata::Metadata;
pub use offer::Offer;
pub use shares::Shares;
pub use slab::{RecvBuffer, SendSlab, Source};

use crate::errno::{Errno, Result};
use content::Block;
use std::cell::Cell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

/// Bits of a message's flags.
pub mod flag {
    /// More parts of the same message follow (`ZMQ_MORE`).
    pub const MORE: u8 = 1;
    /// A ZMTP command, not a message of the application.
    pub const COMMAND: u8 = 2;
    /// A subscription; the content is the topic.
    pub const SUBSCRIBE: u8 = 4;
    /// The end of a subscription; the content is the topic.
    pub const CANCEL: u8 = 8;
    /// The writer's last word in a pipe.
    pub const DELIMITER: u8 = 16;
    /// Not counted against the high-water mark.
    pub const UNCOUNTED: u8 = 32;
    /// No message: from here on, what is read from the pipe came over the connection with this metadata.
    pub const METADATA: u8 = 64;
    /// Content that has been shared with a copy (`ZMQ_SHARED`).
    pub const SHARED: u8 = 128;
}

const INLINE: u32 = 0x5a4d_5101;
const SHARED_CONTENT: u32 = 0x5a4d_5102;
const CONSTANT: u32 = 0x5a4d_5103;
const CLOSED: u32 = 0;

/// The caller's memory for a part. It is not the callee's alone: a user's content may be received into the very memory that
/// it is in.
pub type Destination = [Cell<MaybeUninit<u8>>];

/// Content that lives elsewhere.
#[derive(Clone, Copy)]
#[repr(C)]
struct Outer {
    data: *mut u8,
    size: usize,
    block: *mut Block,
}

#[repr(C)]
union Body {
    inline: [MaybeUninit<u8>; 40],
    outer: Outer,
}

/// One part of a message; the layout of `zmq_msg_t`.
#[repr(C, align(8))]
pub struct Msg {
    metadata: *const Metadata,
    body: Body,
    magic: u32,
    flags: u8,
    inline_len: u8,
    reserved: [u8; 10],
}

const _: () = assert!(size_of::<Msg>() == 64 && align_of::<Msg>() == align_of::<*const ()>());

// SAFETY: the content is either owned or behind an atomic count, and the free function may run on any thread by the
// contract of zmq_msg_init_data(3).
unsafe impl Send for Msg {}

impl Msg {
    /// Longest content that is kept in the message itself.
    pub const INLINE_MAX: usize = 33;
    /// Bytes that are copied for it.
    pub const INLINE_COPY: usize = 40;

    const fn raw(magic: u32, body: Body, inline_len: u8) -> Msg {
        Msg { metadata: std::ptr::null(), body, magic, flags: 0, inline_len, reserved: [0; 10] }
    }

    /// An empty message.
    #[inline]
    pub const fn new() -> Msg {
        Msg::raw(INLINE, Body { inline: [MaybeUninit::uninit(); 40] }, 0)
    }

    /// A message of `size` zero bytes, or, above the inline size, of bytes that the caller must write.
    ///
    /// # Errors
    /// `ENOMEM`.
    #[inline]
    pub fn with_size(size: usize) -> Result<Msg> {
        if size <= Msg::INLINE_MAX {
            return Ok(Msg::raw(INLINE, Body { inline: [MaybeUninit::new(0); 40] }, size as u8));
        }
        let block = Block::allocate(size, 1)?;
        Ok(Msg::outer(Block::payload(block), size, block))
    }

    fn outer(data: *mut u8, size: usize, block: NonNull<Block>) -> Msg {
        Msg::raw(SHARED_CONTENT, Body { outer: Outer { data, size, block: block.as_ptr() } }, 0)
    }

    /// Makes a message with a copy of `bytes`, at most the inline size, at `place`.
    #[inline(always)]
    pub fn put_inline<'a>(place: &'a mut MaybeUninit<Msg>, bytes: &[u8]) -> &'a mut Msg {
        assert!(bytes.len() <= Msg::INLINE_MAX);
        let msg = place.write(Msg::raw(INLINE, Body { inline: [MaybeUninit::uninit(); 40] }, bytes.len() as u8));
        // SAFETY: the body has room for as many bytes, and is nobody else's.
        unsafe { short::copy(bytes.as_ptr(), (&raw mut msg.body).cast(), bytes.len()) };
        msg
    }

    /// A message of `size` bytes, at most the inline size, copied with what lies behind them: a copy of fixed size is a few
    /// vector moves, and what reads the message next need not wait for single bytes to be stored.
    ///
    /// # Safety
    /// [`Msg::INLINE_COPY`] bytes may be read at `data`, of which the first `size` are initialised.
    #[inline]
    unsafe fn inline_from(data: *const u8, size: usize) -> Msg {
        debug_assert!(size <= Msg::INLINE_MAX);
        // SAFETY: the caller's promise; bytes that are not initialised stay so.
        let inline = unsafe { data.cast::<[MaybeUninit<u8>; Msg::INLINE_COPY]>().read_unaligned() };
        Msg::raw(INLINE, Body { inline }, size as u8)
    }

    /// A message with a copy of `bytes`.
    ///
    /// # Errors
    /// `ENOMEM`.
    #[inline]
    pub fn from_slice(bytes: &[u8]) -> Result<Msg> {
        if bytes.len() <= Msg::INLINE_MAX {
            let mut msg = Msg::raw(INLINE, Body { inline: [MaybeUninit::uninit(); 40] }, bytes.len() as u8);
            // SAFETY: the body has room for as many bytes, and is nobody else's.
            unsafe { short::copy(bytes.as_ptr(), (&raw mut msg.body).cast(), bytes.len()) };
            return Ok(msg);
        }
        Msg::from_long(bytes)
    }

    fn from_long(bytes: &[u8]) -> Result<Msg> {
        let mut msg = Msg::with_size(bytes.len())?;
        // SAFETY: the content was just made, with room for as many bytes, and is nobody else's.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), msg.data_mut_ptr(), bytes.len()) };
        Ok(msg)
    }

    /// A message with a copy of two strings of bytes, one behind the other.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn from_two(first: &[u8], second: &[u8]) -> Result<Msg> {
        let size = first.len().checked_add(second.len()).ok_or(Errno::ENOMEM)?;
        let mut msg = Msg::with_size(size)?;
        let place = msg.data_mut_ptr();
        // SAFETY: the content was just made, with room for both, and is nobody else's.
        unsafe { std::ptr::copy_nonoverlapping(first.as_ptr(), place, first.len()) };
        // SAFETY: as above.
        let place = unsafe { place.add(first.len()) };
        // SAFETY: as above.
        unsafe { std::ptr::copy_nonoverlapping(second.as_ptr(), place, second.len()) };
        Ok(msg)
    }

    /// A message whose content is the user's; `free` is called once, by whoever drops the last reference.
    ///
    /// # Errors
    /// `ENOMEM`; `free` is not called then.
    ///
    /// # Safety
    /// `data` points at `size` bytes that stay readable until `free` is called, which any thread may do.
    pub unsafe fn from_user(data: *mut c_void, size: usize, free: Option<FreeFn>, hint: *mut c_void) -> Result<Msg> {
        match free {
            Some(free) => Ok(Msg::outer(data.cast(), size, Block::user(data, hint, free)?)),
            // SAFETY: the caller's promise, without an end.
            None => Ok(unsafe { Msg::constant(data.cast(), size) }),
        }
    }

    /// A message whose content outlives it and every copy.
    ///
    /// # Safety
    /// `data` points at `size` bytes that stay readable for ever.
    pub unsafe fn constant(data: *const u8, size: usize) -> Msg {
        Msg::raw(CONSTANT, Body { outer: Outer { data: data.cast_mut(), size, block: std::ptr::null_mut() } }, 0)
    }

    /// A subscription to `topic`, or its end, as patterns and sessions pass it on.
    ///
    /// # Errors
    /// `ENOMEM`.
    #[inline]
    pub fn subscription(topic: &[u8], subscribe: bool) -> Result<Msg> {
        let mut msg = Msg::from_slice(topic)?;
        msg.set_flags(if subscribe { flag::SUBSCRIBE } else { flag::CANCEL });
        Ok(msg)
    }

    /// The same at `place`, for a topic of at most the inline size: what reads it next need not wait for it to be moved.
    #[inline]
    pub fn put_subscription<'a>(place: &'a mut MaybeUninit<Msg>, topic: &[u8], subscribe: bool) -> &'a mut Msg {
        let msg = Msg::put_inline(place, topic);
        msg.set_flags(if subscribe { flag::SUBSCRIBE } else { flag::CANCEL });
        msg
    }

    /// The last message of a pipe.
    pub(crate) fn delimiter() -> Msg {
        let mut msg = Msg::new();
        msg.set_flags(flag::DELIMITER | flag::UNCOUNTED);
        msg
    }

    /// A marker: what follows in the pipe came over the connection with this metadata.
    pub(crate) fn metadata_marker(metadata: Arc<Metadata>) -> Msg {
        let mut msg = Msg::new();
        msg.set_flags(flag::METADATA | flag::UNCOUNTED);
        msg.set_metadata(Some(metadata));
        msg
    }

    /// Whether the 64 bytes are those of an open message.
    #[inline]
    pub fn is_valid(&self) -> bool {
        matches!(self.magic, INLINE | SHARED_CONTENT | CONSTANT)
    }

    /// Size of the content in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        if self.magic == INLINE {
            return usize::from(self.inline_len);
        }
        // SAFETY: every other valid magic has the outer body.
        unsafe { self.body.outer }.size
    }

    /// Whether the content has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// First byte of the content, to read it; may be dangling when there is none.
    #[inline]
    pub fn data_ptr(&self) -> *const u8 {
        if self.magic == INLINE {
            return (&raw const self.body).cast::<u8>();
        }
        // SAFETY: every other valid magic has the outer body.
        unsafe { self.body.outer }.data
    }

    /// First byte of the content, to write it as far as nobody shares it.
    #[inline]
    pub fn data_mut_ptr(&mut self) -> *mut u8 {
        if self.magic == INLINE {
            return (&raw mut self.body).cast::<u8>();
        }
        // SAFETY: every other valid magic has the outer body.
        unsafe { self.body.outer }.data
    }

    /// The content.
    #[inline]
    pub fn data(&self) -> &[u8] {
        let (data, size) = (self.data_ptr(), self.len());
        if size == 0 {
            return &[];
        }
        // SAFETY: the content has `size` readable bytes, which the engine does not change once written.
        unsafe { std::slice::from_raw_parts(data, size) }
    }

    /// Copies the content to `to`, as much as there is room for.
    #[inline]
    pub fn copy_to(&self, to: &Destination) {
        if self.magic == INLINE {
            let n = usize::from(self.inline_len).min(to.len());
            // SAFETY: the message has as many bytes, and `to` room for them.
            unsafe { short::copy((&raw const self.body).cast(), to.as_ptr().cast_mut().cast(), n) };
            return;
        }
        let n = self.len().min(to.len());
        // SAFETY: the content has as many bytes, and `to` room for them; the two may overlap.
        unsafe { std::ptr::copy(self.data_ptr(), to.as_ptr().cast_mut().cast(), n) };
    }

    /// Whether it has no flags, and its content, but nothing else, in itself.
    #[inline(always)]
    pub fn is_short(&self) -> bool {
        self.magic == INLINE && self.flags == 0 && self.metadata.is_null()
    }

    /// The same for a short message; its size. Any other is left alone.
    #[inline(always)]
    pub fn copy_short_to(&self, to: &Destination) -> Option<usize> {
        if !self.is_short() {
            return None;
        }
        let size = usize::from(self.inline_len);
        // SAFETY: the message has as many bytes, and `to` room for them.
        unsafe { short::copy((&raw const self.body).cast(), to.as_ptr().cast_mut().cast(), size.min(to.len())) };
        Some(size)
    }

    /// Appends the content to `to`, if it has room for it and for [`Msg::INLINE_COPY`] bytes; else false.
    #[inline]
    pub fn append_to(&self, to: &mut Vec<u8>) -> bool {
        let (data, size) = (self.data_ptr(), self.len());
        if to.capacity() - to.len() < size.max(Msg::INLINE_COPY) {
            return false;
        }
        let end = to.spare_capacity_mut().as_mut_ptr();
        if self.magic == INLINE {
            // SAFETY: the body has that many bytes, initialised or not, and so has the room behind the end.
            unsafe { std::ptr::copy_nonoverlapping(data.cast(), end, Msg::INLINE_COPY) };
        } else {
            // SAFETY: the content has that many bytes, and so has the room behind the end.
            unsafe { std::ptr::copy_nonoverlapping(data.cast(), end, size) };
        }
        // SAFETY: there is room for them, and they are initialised.
        unsafe { to.set_len(to.len() + size) };
        true
    }

    /// The flags, see [`flag`].
    #[inline]
    pub fn flags(&self) -> u8 {
        self.flags
    }

    /// Adds flags.
    #[inline]
    pub fn set_flags(&mut self, flags: u8) {
        self.flags |= flags;
    }

    /// Removes flags.
    #[inline]
    pub fn clear_flags(&mut self, flags: u8) {
        self.flags &= !flags;
    }

    /// Whether all or some of `flags` are set.
    #[inline]
    pub fn has(&self, flags: u8) -> bool {
        self.flags & flags != 0
    }

    /// Whether more parts follow.
    #[inline]
    pub fn more(&self) -> bool {
        self.has(flag::MORE)
    }

    /// Says whether more parts follow.
    #[inline]
    pub fn set_more(&mut self, more: bool) {
        self.flags = self.flags & !flag::MORE | if more { flag::MORE } else { 0 };
    }

    /// Whether the content may be shared with another message (`ZMQ_SHARED`).
    pub fn is_shared(&self) -> bool {
        self.magic == CONSTANT || self.has(flag::SHARED)
    }

    /// A second message with the same content: by reference if it lives outside the message, else copied.
    #[inline]
    pub fn share(&mut self) -> Msg {
        let mut copy = Msg::raw(self.magic, Body { inline: [MaybeUninit::uninit(); 40] }, self.inline_len);
        // SAFETY: both bodies are plain bytes of the same size.
        unsafe { std::ptr::copy_nonoverlapping(&raw const self.body, &raw mut copy.body, 1) };
        if self.magic == SHARED_CONTENT {
            self.set_flags(flag::SHARED);
            // SAFETY: the magic says that the body is the outer one.
            let outer = unsafe { self.body.outer };
            if let Some(block) = NonNull::new(outer.block) {
                // SAFETY: this message holds a reference.
                unsafe { Block::retain(block, 1) };
            }
        }
        copy.flags = self.flags;
        copy.set_metadata(self.metadata_arc());
        copy
    }

    /// Moves the message out and leaves an empty one.
    #[inline]
    pub fn take(&mut self) -> Msg {
        std::mem::take(self)
    }

    /// Properties of the connection that the message came from.
    #[inline]
    pub fn metadata(&self) -> Option<&Metadata> {
        // SAFETY: null, or the result of Arc::into_raw; this message owns the count for as long as the reference lives.
        unsafe { self.metadata.as_ref() }
    }

    /// The same, as a share of it.
    pub fn metadata_arc(&self) -> Option<Arc<Metadata>> {
        if self.metadata.is_null() {
            return None;
        }
        // SAFETY: the pointer came from Arc::into_raw and its count is at least this message's own.
        unsafe { Arc::increment_strong_count(self.metadata) };
        // SAFETY: takes over the count that was just added.
        Some(unsafe { Arc::from_raw(self.metadata) })
    }

    #[cold]
    fn drop_metadata(&mut self) {
        self.set_metadata(None);
    }

    /// Sets or removes the properties.
    #[inline]
    pub fn set_metadata(&mut self, metadata: Option<Arc<Metadata>>) {
        let new = metadata.map_or(std::ptr::null(), Arc::into_raw);
        let old = std::mem::replace(&mut self.metadata, new);
        if !old.is_null() {
            // SAFETY: `old` came from Arc::into_raw and is given back once.
            drop(unsafe { Arc::from_raw(old) });
        }
    }
}

impl Default for Msg {
    #[inline]
    fn default() -> Msg {
        Msg::new()
    }
}

impl Drop for Msg {
    #[inline]
    fn drop(&mut self) {
        if self.magic == SHARED_CONTENT {
            // SAFETY: the magic says that the body is the outer one.
            let outer = unsafe { self.body.outer };
            if let Some(block) = NonNull::new(outer.block) {
                // SAFETY: this message's reference, given back once: the magic is cleared below.
                unsafe { Block::release(block, 1) };
            }
        }
        if !self.metadata.is_null() {
            self.drop_metadata();
        }
        self.magic = CLOSED;
    }
}

impl std::fmt::Debug for Msg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.is_valid() {
            return f.write_str("Msg(closed)");
        }
        let data = self.data();
        let shown = data.get(..32).unwrap_or(data);
        write!(f, "Msg({} bytes, flags {:#04x}, {:?})", data.len(), self.flags, String::from_utf8_lossy(shown))
    }
}
