//! Memory that many messages share: outgoing payloads are bump-allocated from a slab, incoming ones are views into the
//! buffer that the kernel wrote. Each slab is owned by one thread at a time; its messages go anywhere.
//!
//! Invariant: the block starts with `BIAS` references, which stand for the owner; messages that are handed out are only
//! counted here, so that handing one out costs no atomic operation. `refs == BIAS - (messages dropped)` while the owner
//! lives; on retirement the owner gives back all of the bias but the messages' own references.
#![allow(unsafe_code, reason = "parts of one buffer are written while other parts are read elsewhere")]

use super::Msg;
use super::content::Block;
use crate::errno::Result;
use crate::util::prefetch::prefetch_to_write;
use std::cell::Cell;
use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

const BIAS: usize = 1 << 40;

/// One block, handed out from the start to the end.
#[derive(Debug)]
struct Slab {
    block: NonNull<Block>,
    capacity: usize,
    handed: usize,
}

// SAFETY: the block is reached through its owner's `&mut` alone; parts that messages refer to are not touched again.
unsafe impl Send for Slab {}

impl Slab {
    fn new(capacity: usize) -> Result<Slab> {
        Ok(Slab { block: Block::allocate(capacity, BIAS)?, capacity, handed: 0 })
    }

    /// The same to receive into.
    fn to_receive(capacity: usize) -> Result<Slab> {
        Ok(Slab { block: Block::allocate_buffer(capacity, BIAS)?, capacity, handed: 0 })
    }

    fn at(&self, offset: usize) -> *mut u8 {
        debug_assert!(offset <= self.capacity);
        // SAFETY: `offset` is within the payload, or one past its end.
        unsafe { Block::payload(self.block).add(offset) }
    }

    /// A message over bytes that the owner will not write again.
    fn hand_out(&mut self, offset: usize, size: usize) -> Msg {
        debug_assert!(offset + size <= self.capacity);
        self.handed += 1;
        Msg::outer(self.at(offset), size, self.block)
    }

    /// Takes the whole block back if every message over it is gone.
    fn reclaim(&mut self) -> bool {
        // SAFETY: the owner's bias is a reference.
        let refs = unsafe { Block::refs(self.block) };
        let free = refs == BIAS - self.handed;
        if free && self.handed > 0 {
            // SAFETY: all messages were dropped, so every reference left is the owner's.
            unsafe { Block::reset(self.block, BIAS) };
            self.handed = 0;
        }
        free
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: the owner's references; the messages keep theirs.
        unsafe { Block::release(self.block, BIAS - self.handed) };
    }
}

/// Source of bytes for a [`RecvBuffer`]: a stream, or in tests a slice.
///
/// # Safety
/// `read` returns how many bytes at the start of `buf` it has initialised.
pub unsafe trait Source {
    /// Reads at most `buf.len()` bytes; 0 at the end of the stream.
    ///
    /// # Errors
    /// The error of the system call; `EAGAIN` when nothing is there now.
    fn read(&mut self, buf: &mut [MaybeUninit<u8>]) -> Result<usize>;
}

// SAFETY: copies exactly the bytes that it reports.
unsafe impl Source for &[u8] {
    fn read(&mut self, buf: &mut [MaybeUninit<u8>]) -> Result<usize> {
        let n = self.len().min(buf.len());
        let (head, tail) = self.split_at(n);
        buf[..n].write_copy_of_slice(head);
        *self = tail;
        Ok(n)
    }
}

/// Receive buffer whose messages are views into it.
///
/// A buffer at rest owns no slab: connections on one thread read into the same one, each behind what the last has left
/// there.
#[derive(Debug)]
pub struct RecvBuffer {
    slab: Option<Slab>,
    capacity: usize,
    read: usize,
    filled: usize,
    views: bool,
}

impl RecvBuffer {
    /// A buffer of `capacity` bytes, allocated when first read into; `views` allows messages to refer to it.
    pub fn new(capacity: usize, views: bool) -> RecvBuffer {
        RecvBuffer { slab: None, capacity, read: 0, filled: 0, views }
    }

    /// Changes the size of the buffer from the next refill on.
    pub fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity;
    }

    /// Bytes received and not yet consumed.
    #[inline]
    pub fn unread(&self) -> &[u8] {
        match &self.slab {
            // SAFETY: bytes read..filled were initialised by a Source, and no message refers to them yet.
            Some(slab) => unsafe { std::slice::from_raw_parts(slab.at(self.read), self.filled - self.read) },
            None => &[],
        }
    }

    /// The same, to be changed in place: no message refers to them yet.
    pub fn unread_mut(&mut self) -> &mut [u8] {
        match &self.slab {
            // SAFETY: as for `unread`; the exclusive borrow covers every other way to these bytes.
            Some(slab) => unsafe { std::slice::from_raw_parts_mut(slab.at(self.read), self.filled - self.read) },
            None => &mut [],
        }
    }

    /// Drops `n` unread bytes, at most all of them.
    #[inline]
    pub fn consume(&mut self, n: usize) {
        self.read = (self.read + n).min(self.filled);
    }

    /// Moves `n` unread bytes, at most all of them, into a message.
    ///
    /// # Errors
    /// `ENOMEM`; nothing is consumed then.
    #[inline]
    pub fn take(&mut self, n: usize) -> Result<Msg> {
        let n = n.min(self.filled - self.read);
        let msg = match &mut self.slab {
            Some(slab) if n <= Msg::INLINE_MAX && slab.capacity - self.read >= Msg::INLINE_COPY => {
                // SAFETY: the block has that many bytes from `read` on, of which those up to `filled` are initialised.
                unsafe { Msg::inline_from(slab.at(self.read), n) }
            }
            Some(slab) if self.views && n > Msg::INLINE_MAX => slab.hand_out(self.read, n),
            _ => Msg::from_slice(&self.unread()[..n])?,
        };
        self.read += n;
        Ok(msg)
    }

    /// The same, into a message that is made at `place`.
    ///
    /// # Errors
    /// `ENOMEM`; nothing is consumed then.
    #[inline]
    pub fn take_to<'a>(&mut self, n: usize, place: &'a mut MaybeUninit<Msg>) -> Result<&'a mut Msg> {
        if n <= Msg::INLINE_MAX
            && n <= self.filled - self.read
            && let Some(slab) = &self.slab
            && slab.capacity - self.read >= Msg::INLINE_COPY
        {
            // SAFETY: the block has that many bytes from `read` on, of which those up to `filled` are initialised.
            let msg = place.write(unsafe { Msg::inline_from(slab.at(self.read), n) });
            self.read += n;
            return Ok(msg);
        }
        Ok(place.write(self.take(n)?))
    }

    /// Reads once from `source` behind the unread bytes. Returns how many bytes came and how many there was room for.
    ///
    /// # Errors
    /// `ENOMEM`, or what the source says.
    pub fn fill(&mut self, source: &mut (impl Source + ?Sized)) -> Result<(usize, usize)> {
        self.make_room()?;
        let Some(slab) = &self.slab else {
            return Ok((0, 0));
        };
        let room = slab.capacity - self.filled;
        // SAFETY: bytes from `filled` on belong to no message and to nobody else.
        let spare = unsafe { std::slice::from_raw_parts_mut(slab.at(self.filled).cast::<MaybeUninit<u8>>(), room) };
        let n = source.read(spare)?.min(room);
        self.filled += n;
        Ok((n, room))
    }

    /// Nothing more is there to read now: leaves the memory to whoever reads next on this thread. Unread bytes are kept in
    /// as little as holds them, unless they are many.
    #[inline]
    pub fn rest(&mut self) {
        let pending = self.filled - self.read;
        if pending == 0 {
            self.lend();
        } else if pending <= RecvBuffer::KEPT_MAX && self.slab.as_ref().is_some_and(|s| s.capacity > 4 * pending + 64) {
            // Out of memory, the bytes stay where they are.
            if let Ok(small) = Slab::to_receive(pending.next_multiple_of(64)) {
                let read = self.read;
                let old = self.slab.replace(small);
                self.read = 0;
                self.filled = pending;
                if let (Some(old), Some(small)) = (old, &self.slab) {
                    // SAFETY: two different blocks; the source holds `pending` initialised bytes, the target has room.
                    unsafe { std::ptr::copy_nonoverlapping(old.at(read), small.at(0), pending) };
                    lend(old, read + pending);
                }
            }
        }
    }

    /// Most unread bytes that are moved aside: all that an unfinished frame may have in a buffer, and some.
    const KEPT_MAX: usize = 20 * 1024;
    /// Least size of a slab that goes from buffer to buffer.
    const LENT_MIN: usize = 32 * 1024;

    #[inline]
    fn lend(&mut self) {
        if let Some(slab) = self.slab.take() {
            lend(slab, self.filled);
        }
        self.read = 0;
        self.filled = 0;
    }

    /// Room for at least half the capacity behind the unread bytes.
    fn make_room(&mut self) -> Result<()> {
        let pending = self.filled - self.read;
        let wanted = self.capacity / 2;
        if let Some(slab) = &mut self.slab {
            if pending == 0 && slab.capacity >= self.capacity && slab.reclaim() {
                self.read = 0;
                self.filled = 0;
                return Ok(());
            }
            if slab.capacity - self.filled >= wanted {
                return Ok(());
            }
        }
        let (fresh, start) = match borrow(pending + wanted) {
            Some(lent) => lent,
            None => (Slab::to_receive(self.capacity.max(RecvBuffer::LENT_MIN).max(pending.saturating_mul(2)))?, 0),
        };
        if let Some(old) = self.slab.take() {
            // SAFETY: two different blocks; the source holds `pending` initialised bytes, the target has room for them.
            unsafe { std::ptr::copy_nonoverlapping(old.at(self.read), fresh.at(start), pending) };
        }
        self.slab = Some(fresh);
        self.read = start;
        self.filled = start + pending;
        Ok(())
    }
}

thread_local! {
    /// The slab that buffers on this thread fill in turn, and how far it is filled.
    static LENT: Cell<Option<(Slab, usize)>> = const { Cell::new(None) };
}

/// Leaves a slab to the thread, in the place of a smaller one or of none.
fn lend(slab: Slab, filled: usize) {
    // A thread that is being torn down keeps nothing.
    let _ = LENT.try_with(|lent| match lent.take() {
        Some(other) if other.0.capacity > slab.capacity => lent.set(Some(other)),
        _ => lent.set(Some((slab, filled))),
    });
}

/// The thread's slab, if it has so much room; where that begins.
fn borrow(room: usize) -> Option<(Slab, usize)> {
    let (mut slab, filled) = LENT.try_with(Cell::take).ok().flatten()?;
    if slab.reclaim() {
        return (slab.capacity >= room).then_some((slab, 0));
    }
    (slab.capacity - filled >= room).then_some((slab, filled))
}

/// Bump allocator for the payloads of outgoing messages of middle size.
#[derive(Debug, Default)]
pub struct SendSlab {
    slab: Option<Slab>,
    used: usize,
    /// Slabs that are used up, the oldest first: each serves again once its messages are gone, so that a steady stream
    /// allocates nothing and touches the same memory over and over.
    retired: VecDeque<Slab>,
}

impl SendSlab {
    /// Largest payload that is taken from a slab.
    pub const MAX: usize = 4096;
    const CAPACITY: usize = 64 * 1024;
    /// How far ahead of what is written memory is asked for: the last to use it was the reader of an earlier message.
    const AHEAD: usize = 1024;
    /// Most slabs that are kept to serve again: room for the messages that the default limits let be under way.
    const MAX_RETIRED: usize = 48;

    /// Makes a message with a copy of `bytes` at `place`: in the message itself, in the slab or in a block of its own.
    ///
    /// # Errors
    /// `ENOMEM`.
    #[inline(always)]
    pub fn copy<'a>(&mut self, bytes: &[u8], place: &'a mut MaybeUninit<Msg>) -> Result<&'a mut Msg> {
        let size = bytes.len();
        if size <= Msg::INLINE_MAX {
            return Ok(Msg::put_inline(place, bytes));
        }
        self.copy_long(bytes, place)
    }

    fn copy_long<'a>(&mut self, bytes: &[u8], place: &'a mut MaybeUninit<Msg>) -> Result<&'a mut Msg> {
        let size = bytes.len();
        if size > SendSlab::MAX {
            return Ok(place.write(Msg::from_slice(bytes)?));
        }
        let offset = self.reserve(size)?;
        let Some(slab) = &mut self.slab else {
            return Ok(place.write(Msg::from_slice(bytes)?));
        };
        // SAFETY: `reserve` found `size` bytes at `offset` that no message refers to.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), slab.at(offset), size) };
        let ahead = offset + size + SendSlab::AHEAD;
        if ahead < slab.capacity {
            prefetch_to_write(slab.at(ahead).addr(), size.min(slab.capacity - ahead));
        }
        Ok(place.write(slab.hand_out(offset, size)))
    }

    /// The same as a message that is moved on.
    ///
    /// # Errors
    /// `ENOMEM`.
    #[inline]
    pub fn message(&mut self, bytes: &[u8]) -> Result<Msg> {
        self.copy(bytes, &mut MaybeUninit::uninit()).map(Msg::take)
    }

    #[inline]
    fn reserve(&mut self, size: usize) -> Result<usize> {
        let offset = self.used.next_multiple_of(16);
        match &self.slab {
            Some(slab) if offset + size <= slab.capacity => {
                self.used = offset + size;
                Ok(offset)
            }
            _ => self.renew(size),
        }
    }

    #[cold]
    fn renew(&mut self, size: usize) -> Result<usize> {
        let mut next = None;
        if let Some(mut full) = self.slab.take() {
            if full.reclaim() {
                next = Some(full);
            } else {
                self.retired.push_back(full);
            }
        }
        if self.retired.front_mut().is_some_and(Slab::reclaim) {
            let oldest = self.retired.pop_front();
            next = next.or(oldest);
            // More than one is free: fewer will do.
            if self.retired.len() > 1 && self.retired.front_mut().is_some_and(Slab::reclaim) {
                drop(self.retired.pop_front());
            }
        } else if self.retired.len() > SendSlab::MAX_RETIRED {
            drop(self.retired.pop_front());
        }
        self.slab = Some(match next {
            Some(slab) => slab,
            None => Slab::new(SendSlab::CAPACITY)?,
        });
        self.used = size;
        Ok(0)
    }
}
