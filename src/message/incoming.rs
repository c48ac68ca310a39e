//! A large message under construction: bytes from a stream are read straight into it. I/O thread.
//!
//! Invariant: memory is only committed in proportion to what has arrived, so an announced length costs the announcer as
//! many bytes as it costs us. Above [`FIRST`] the content grows by doubling, which the allocator does by remapping pages.
#![allow(unsafe_code, reason = "uninitialised memory is handed to a Source and becomes a message's content")]

use super::content::Block;
use super::slab::Source;
use super::{FreeFn, Msg};
use crate::errno::{Errno, Result};
use crate::sys::memory;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;

/// Largest content that is allocated whole before its bytes have arrived.
const FIRST: usize = 1 << 20;

/// Blocks that a thread keeps for its connections' next large messages: at most so many, and so many bytes.
const KEEP: (usize, usize) = (8, 4 << 20);

/// Blocks of earlier large messages, used again once the messages are gone: fresh memory costs a page fault every 4 KiB.
#[derive(Debug, Default)]
struct Reuse {
    /// Invariant: this side only counts a reference; the content belongs to the messages.
    kept: VecDeque<(Owned, usize)>,
    bytes: usize,
}

impl Reuse {
    /// An empty message that will have `size` bytes, at most [`FIRST`].
    fn incoming(&mut self, size: usize) -> Result<Incoming> {
        let fits = |(owned, capacity): &&(Owned, usize)| {
            // SAFETY: the pool holds a reference.
            *capacity >= size && capacity / 2 <= size && unsafe { Block::refs(owned.0) } == 1
        };
        let block = match self.kept.iter().find(fits) {
            Some((owned, _)) => {
                // SAFETY: the pool holds a reference, the only one: nobody can read or write the content.
                unsafe { Block::retain(owned.0, 1) };
                owned.0
            }
            None => {
                let capacity = size.next_multiple_of(4096);
                let block = Block::allocate(capacity, 2)?;
                self.kept.push_back((Owned(block), capacity));
                self.bytes += capacity;
                while self.kept.len() > KEEP.0 || self.bytes > KEEP.1 {
                    self.bytes -= self.kept.pop_front().map_or(self.bytes, |(_, capacity)| capacity);
                }
                block
            }
        };
        Ok(Incoming { store: Store::Whole(Owned(block)), size, filled: 0 })
    }
}

thread_local! {
    static REUSE: RefCell<Reuse> = RefCell::default();
}

/// A message that is still being received.
#[derive(Debug)]
pub struct Incoming {
    store: Store,
    size: usize,
    filled: usize,
}

#[derive(Debug)]
enum Store {
    /// The final block, or a larger one; nobody else has a message over it.
    Whole(Owned),
    /// Content that grows up to its final size.
    Growing(Vec<u8>),
}

/// One reference to an allocated block.
#[derive(Debug)]
struct Owned(NonNull<Block>);

// SAFETY: the count is atomic, and the payload is touched by the one `Incoming` or by messages alone.
unsafe impl Send for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the reference that this value owns, given back once.
        unsafe { Block::release(self.0, 1) };
    }
}

impl Incoming {
    /// An empty message that will have `size` bytes.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn with_size(size: usize) -> Result<Incoming> {
        let store = if size <= FIRST {
            Store::Whole(Owned(Block::allocate(size, 1)?))
        } else {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(FIRST).map_err(|_| Errno::ENOMEM)?;
            Store::Growing(bytes)
        };
        Ok(Incoming { store, size, filled: 0 })
    }

    /// The same, in the memory of an earlier message that this thread received, where there is one that fits.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn reusing(size: usize) -> Result<Incoming> {
        if size > FIRST {
            return Incoming::with_size(size);
        }
        let reused = REUSE.try_with(|reuse| reuse.borrow_mut().incoming(size));
        reused.unwrap_or_else(|_| Incoming::with_size(size))
    }

    /// A message that is complete already: a copy of `bytes`, to be changed in place before it is finished.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn from_slice(bytes: &[u8]) -> Result<Incoming> {
        let incoming = Incoming {
            store: Store::Whole(Owned(Block::allocate(bytes.len(), 1)?)),
            size: bytes.len(),
            filled: bytes.len(),
        };
        if let Store::Whole(owned) = &incoming.store {
            // SAFETY: the block was just made with room for as many bytes, and nobody else knows it.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), Block::payload(owned.0), bytes.len()) };
        }
        Ok(incoming)
    }

    /// So many bytes will be all of it: no more than were asked for, and no less than have come.
    pub fn shrink(&mut self, size: usize) {
        self.size = size.clamp(self.filled, self.size);
    }

    /// Bytes that are still to come.
    pub fn missing(&self) -> usize {
        self.size - self.filled
    }

    /// How many bytes have come.
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// The bytes that have come.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.store {
            // SAFETY: the first `filled` bytes are initialised, and no message refers to the block.
            Store::Whole(owned) => unsafe { std::slice::from_raw_parts_mut(Block::payload(owned.0), self.filled) },
            Store::Growing(bytes) => bytes,
        }
    }

    /// Reads once from `source`. Returns how many bytes came and how many there was room for.
    ///
    /// # Errors
    /// `ENOMEM`, or what the source says.
    pub fn fill(&mut self, source: &mut (impl Source + ?Sized)) -> Result<(usize, usize)> {
        let missing = self.missing();
        match &mut self.store {
            Store::Whole(owned) => {
                let start = Block::payload(owned.0).wrapping_add(self.filled).cast::<MaybeUninit<u8>>();
                // SAFETY: the block's payload has `size` bytes, of which those from `filled` on are nobody's yet.
                let spare = unsafe { std::slice::from_raw_parts_mut(start, missing) };
                let n = source.read(spare)?.min(missing);
                self.filled += n;
                Ok((n, missing))
            }
            Store::Growing(bytes) => {
                if bytes.len() == bytes.capacity() {
                    if !memory::has_room(missing.min(bytes.len())) {
                        return Err(Errno::ENOMEM);
                    }
                    bytes.try_reserve_exact(missing.min(bytes.len())).map_err(|_| Errno::ENOMEM)?;
                }
                let spare = bytes.spare_capacity_mut();
                let room = spare.len().min(missing);
                let n = source.read(&mut spare[..room])?.min(room);
                // SAFETY: the source initialised `n` bytes of the spare capacity.
                unsafe { bytes.set_len(self.filled + n) };
                self.filled += n;
                Ok((n, room))
            }
        }
    }

    /// The message, without its first `skip` bytes, once no byte is missing.
    ///
    /// # Errors
    /// `EINVAL` while bytes are missing or fewer than `skip`, `ENOMEM`.
    pub fn finish(self, skip: usize) -> Result<Msg> {
        if self.missing() != 0 || skip > self.size {
            return Err(Errno::EINVAL);
        }
        let size = self.size - skip;
        match self.store {
            Store::Whole(owned) if size <= Msg::INLINE_MAX => {
                // SAFETY: all bytes are initialised; the range ends where the payload ends.
                let bytes = unsafe { std::slice::from_raw_parts(Block::payload(owned.0).wrapping_add(skip), size) };
                Msg::from_slice(bytes)
            }
            Store::Whole(owned) => {
                let block = ManuallyDrop::new(owned).0;
                Ok(Msg::outer(Block::payload(block).wrapping_add(skip), size, block))
            }
            Store::Growing(bytes) => from_vec(bytes, skip),
        }
    }
}

/// A message over the bytes of a vector.
fn from_vec(bytes: Vec<u8>, skip: usize) -> Result<Msg> {
    let size = bytes.len() - skip;
    let boxed = Box::new(bytes);
    let free: FreeFn = free_vec;
    let hint = Box::into_raw(boxed);
    // SAFETY: just made from a box, and not shared yet.
    let data = unsafe { &mut *hint }.as_mut_ptr().wrapping_add(skip);
    match Block::user(data.cast(), hint.cast(), free) {
        Ok(block) => Ok(Msg::outer(data, size, block)),
        Err(e) => {
            // SAFETY: nobody took the box over.
            drop(unsafe { Box::from_raw(hint) });
            Err(e)
        }
    }
}

unsafe extern "C" fn free_vec(_data: *mut c_void, hint: *mut c_void) {
    // SAFETY: the hint is the box that `from_vec` gave away, and this is called once.
    drop(unsafe { Box::from_raw(hint.cast::<Vec<u8>>()) });
}

/// A source that is read at most `limit` bytes at a time.
#[derive(Debug)]
pub struct Limited<'a, S: ?Sized> {
    /// Where the bytes come from.
    pub source: &'a mut S,
    /// Most bytes of one read.
    pub limit: usize,
}

// SAFETY: reports what the inner source initialised at the start of the same buffer.
unsafe impl<S: Source + ?Sized> Source for Limited<'_, S> {
    fn read(&mut self, buf: &mut [MaybeUninit<u8>]) -> Result<usize> {
        let n = self.limit.min(buf.len());
        self.source.read(&mut buf[..n])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(size: usize, step: usize, skip: usize) -> Msg {
        let bytes: Vec<u8> = (0..size).map(|i| (i * 7 % 251) as u8).collect();
        let mut incoming = Incoming::with_size(size).unwrap();
        let mut rest = &bytes[..];
        while incoming.missing() > 0 {
            let (n, room) = incoming.fill(&mut Limited { source: &mut rest, limit: step }).unwrap();
            assert!(n > 0 && n <= room);
        }
        assert!(rest.is_empty());
        let msg = incoming.finish(skip).unwrap();
        assert_eq!(msg.data(), &bytes[skip..]);
        msg
    }

    #[test]
    fn any_size_arrives_in_any_steps() {
        for size in [0, 1, 33, 34, 1000, FIRST, FIRST + 1, 5 * FIRST + 17] {
            for step in [1000, 64 * 1024, usize::MAX] {
                receive(size, step, 0);
                receive(size, step, size.min(33));
            }
        }
        let mut big = receive(3 * FIRST, usize::MAX, 5);
        assert_eq!(big.share().data().len(), 3 * FIRST - 5);
    }

    #[test]
    fn announced_sizes_cost_nothing_until_bytes_come() {
        let many: Vec<Incoming> = (0..4).map(|_| Incoming::with_size(1 << 45).unwrap()).collect();
        for incoming in many {
            assert!(matches!(&incoming.store, Store::Growing(v) if v.capacity() <= 2 * FIRST));
            assert_eq!(incoming.finish(0).unwrap_err(), Errno::EINVAL);
        }
    }

    #[test]
    fn blocks_come_back_when_their_messages_are_gone() {
        let mut reuse = Reuse::default();
        let mut make = |byte: u8, size: usize| {
            let bytes = vec![byte; size];
            let mut incoming = reuse.incoming(size).unwrap();
            incoming.fill(&mut &bytes[..]).unwrap();
            incoming.finish(1).unwrap()
        };
        let (first, size) = (make(1, 20_000), 20_000 - 1);
        let at = first.data_ptr();
        let second = make(2, 20_000);
        assert_ne!(second.data_ptr(), at);
        drop(first);
        let third = make(3, 15_000);
        assert_eq!(third.data_ptr(), at);
        assert_ne!(make(4, 5_000).data_ptr(), at);
        let many: Vec<Msg> = (0..50).map(|i| make(i, 1 << 20)).collect();
        assert!(many.iter().enumerate().all(|(i, m)| m.data().iter().all(|b| *b == i as u8)));
        assert_eq!((second.data(), third.data()), (&vec![2; size][..], &vec![3; 14_999][..]));
        assert!(reuse.bytes <= KEEP.1 && reuse.kept.len() <= KEEP.0);
        drop(reuse);
        assert_eq!(third.data()[0], 3);
    }

    #[test]
    fn less_than_was_asked_for() {
        for size in [100, 40_000, 3 * FIRST] {
            let mut incoming = Incoming::with_size(size).unwrap();
            incoming.fill(&mut &[1; 60][..]).unwrap();
            incoming.shrink(40);
            assert_eq!(incoming.finish(0).unwrap().data(), &[1; 60]);
            let mut incoming = Incoming::with_size(size).unwrap();
            incoming.fill(&mut &[1; 60][..]).unwrap();
            incoming.shrink(size + 1);
            assert_eq!(incoming.missing(), size - 60);
            incoming.shrink(90);
            incoming.fill(&mut &[2; 60][..]).unwrap();
            assert_eq!(incoming.finish(0).unwrap().data(), &[[1; 60].as_slice(), &[2; 30]].concat());
        }
    }

    #[test]
    fn changed_in_place() {
        let mut incoming = Incoming::from_slice(&[1; 100]).unwrap();
        incoming.bytes_mut().fill(2);
        assert_eq!(incoming.finish(40).unwrap().data(), &[2; 60]);
    }
}
