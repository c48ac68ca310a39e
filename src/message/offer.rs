//! The memory of a caller that waits for a message: a large one is read from the stream straight into it, instead of being
//! copied there at the end. The caller's thread, while it drives connections itself.
//!
//! Invariant: the memory is borrowed for as long as the offer lives, and a connection leaves a message in it only as a whole:
//! what has come of one is moved to a message of its own before the connection is left alone. `buf[..filled]` is initialised.
#![allow(unsafe_code, reason = "uninitialised memory is handed to a Source")]

use super::slab::Source;
use super::{Destination, Incoming};
use crate::errno::Result;
use std::mem::MaybeUninit;

/// A caller's memory, and what was put there.
#[derive(Debug)]
pub struct Offer<'a> {
    /// The address of what the caller's socket is known by.
    owner: usize,
    buf: &'a Destination,
    /// The size of the message that is being received, or was.
    size: Option<usize>,
    filled: usize,
    interrupted: bool,
}

impl<'a> Offer<'a> {
    /// Least size of a caller's memory that is worth offering.
    pub const MIN: usize = 16 * 1024;

    /// Offers memory to the connections of the socket that is known by what has this address.
    pub fn new(owner: usize, buf: &'a Destination) -> Offer<'a> {
        Offer { owner, buf, size: None, filled: 0, interrupted: false }
    }

    /// Nothing.
    pub fn none() -> Offer<'a> {
        Offer::new(0, &[])
    }

    /// Whether there is any memory.
    #[inline]
    pub fn is_any(&self) -> bool {
        !self.buf.is_empty()
    }

    /// Whether it is for messages of this owner's.
    #[inline]
    pub fn is_by(&self, owner: usize) -> bool {
        self.owner == owner && self.is_any()
    }

    /// The memory, if there is any and it is unused.
    pub fn memory(&self) -> Option<&'a Destination> {
        (self.is_any() && self.size.is_none()).then_some(self.buf)
    }

    /// A message of this size was put in the memory as a whole.
    pub fn delivered(&mut self, size: usize) {
        debug_assert!(size <= self.buf.len());
        self.size = Some(size);
        self.filled = size;
    }

    /// The memory takes over from a message that is being received, if there is room for all of it.
    pub fn take_over(&mut self, incoming: &mut Incoming) -> bool {
        let missing = incoming.missing();
        let come = incoming.bytes_mut();
        let size = come.len().saturating_add(missing);
        if self.size.is_some() || size > self.buf.len() {
            return false;
        }
        for (place, byte) in self.buf.iter().zip(&*come) {
            place.set(MaybeUninit::new(*byte));
        }
        self.filled = come.len();
        self.size = Some(size);
        true
    }

    /// Whether a message is being received.
    #[inline]
    pub fn is_taken(&self) -> bool {
        self.size.is_some_and(|size| self.filled < size)
    }

    /// The size of the message that was received.
    #[inline]
    pub fn received(&self) -> Option<usize> {
        self.size.filter(|size| self.filled == *size)
    }

    /// A signal handler ran while the rest of a message was waited for.
    pub fn interrupt(&mut self) {
        self.interrupted = true;
    }

    /// Whether there is a reason not to wait: a message was received, or a signal handler ran.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.interrupted || self.received().is_some()
    }

    /// Reads once from `source`, while a message is being received. Returns how many bytes came and how many were missing.
    ///
    /// # Errors
    /// What the source says.
    pub fn fill(&mut self, source: &mut (impl Source + ?Sized)) -> Result<(usize, usize)> {
        let missing = self.size.unwrap_or(0) - self.filled;
        let room = &self.buf[self.filled..][..missing];
        // SAFETY: the caller's memory, which nobody looks at during the call.
        let room = unsafe { std::slice::from_raw_parts_mut(room.as_ptr().cast_mut().cast(), missing) };
        let n = source.read(room)?.min(missing);
        self.filled += n;
        Ok((n, missing))
    }

    /// What has come since goes back to the message that is being received: the memory is unused again.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn give_back(&mut self, incoming: &mut Incoming) -> Result<()> {
        let known = incoming.bytes_mut().len();
        let come = &self.buf[known.min(self.filled)..self.filled];
        // SAFETY: copied from a message or initialised by a source, and not written to during the call.
        let mut come = unsafe { std::slice::from_raw_parts(come.as_ptr().cast::<u8>(), come.len()) };
        self.size = None;
        self.filled = 0;
        while !come.is_empty() {
            incoming.fill(&mut come)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Limited;
    use std::cell::Cell;

    fn bytes(size: usize) -> Vec<u8> {
        (0..size).map(|i| (i * 7 % 251) as u8).collect()
    }

    #[test]
    fn a_message_comes_to_lie_where_it_is_wanted() {
        let all = bytes(50_000);
        for before in [0, 1, 8000] {
            let mut incoming = Incoming::with_size(all.len()).unwrap();
            let mut source = &all[..];
            incoming.fill(&mut Limited { source: &mut source, limit: before }).unwrap();
            let memory = vec![Cell::new(MaybeUninit::uninit()); 60_000];
            let mut offer = Offer::new(7, &memory);
            assert!(offer.is_by(7) && !offer.is_by(8) && !offer.is_taken());
            assert!(offer.take_over(&mut incoming));
            while offer.is_taken() {
                assert_eq!(offer.received(), None);
                offer.fill(&mut Limited { source: &mut source, limit: 20_000 }).unwrap();
            }
            assert_eq!(offer.received(), Some(all.len()));
            // SAFETY: received.
            let received: Vec<u8> =
                memory[..all.len()].iter().map(|byte| unsafe { byte.get().assume_init() }).collect();
            assert_eq!(received, all);
        }
    }

    #[test]
    fn what_has_come_is_not_lost() {
        for size in [40_000, 3 << 20] {
            let all = bytes(size);
            for (before, then) in [(0, 0), (0, 1), (5000, 30_000), (8000, size - 8001)] {
                let mut incoming = Incoming::with_size(size).unwrap();
                let mut source = &all[..];
                incoming.fill(&mut Limited { source: &mut source, limit: before }).unwrap();
                let memory = vec![Cell::new(MaybeUninit::uninit()); size];
                let mut offer = Offer::new(7, &memory);
                assert!(offer.take_over(&mut incoming));
                offer.fill(&mut Limited { source: &mut source, limit: then }).unwrap();
                offer.give_back(&mut incoming).unwrap();
                assert!(!offer.is_taken() && offer.received().is_none());
                memory.iter().for_each(|byte| byte.set(MaybeUninit::new(0)));
                while incoming.missing() > 0 {
                    incoming.fill(&mut source).unwrap();
                }
                assert_eq!(incoming.finish(0).unwrap().data(), &all[..]);
            }
        }
    }

    #[test]
    fn too_little_memory_is_not_used() {
        let memory = vec![Cell::new(MaybeUninit::uninit()); 39_999];
        let mut offer = Offer::new(7, &memory);
        assert!(!offer.take_over(&mut Incoming::with_size(40_000).unwrap()));
        assert!(!offer.is_taken() && !Offer::none().is_by(0));
    }
}
