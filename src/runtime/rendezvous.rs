//! Where a sender meets a receiver of its own process that waits: it copies a large message straight into the receiver's
//! memory, instead of the two copying it into and out of a message of the queue. One for each socket that receives.
//!
//! The receiver opens the place with its memory when it has found nothing, and withdraws before it looks again. Whoever
//! takes `state` from OPEN to FILLING writes the memory; the receiver does not come back before that is done.
#![allow(unsafe_code, reason = "the sender writes the memory that a waiting receiver lends it")]

use super::spin;
use crate::message::Destination;
use crate::pipe::Passed;
use crate::sync::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use crate::sys::modelled::futex;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

const CLOSED: u32 = 0;
/// A receiver has the place, and others do without.
const OPENING: u32 = 1;
const OPEN: u32 = 2;
const FILLING: u32 = 3;
/// The same, and the receiver sleeps until it is done.
const AWAITED: u32 = 4;
const FILLED: u32 = 5;

/// The place; any thread.
#[derive(Debug, Default)]
pub struct Rendezvous {
    state: AtomicU32,
    /// A sender has had a message that it would have delivered here: before that receivers stay away.
    wanted: AtomicBool,
    /// A receiver has been here: before that it is in vain to wait for one.
    visited: AtomicBool,
    memory: AtomicPtr<MaybeUninit<u8>>,
    /// The size of the memory, and then of the message.
    size: AtomicUsize,
}

impl Rendezvous {
    /// Whether a receiver may find somebody here.
    #[inline]
    pub fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// Opens the place with a receiver's memory, which is lent for as long as the result lives. `None` if another receiver
    /// has it.
    pub(super) fn open<'a>(&'a self, memory: &'a Destination) -> Option<Opened<'a>> {
        self.state.compare_exchange(CLOSED, OPENING, Ordering::Acquire, Ordering::Relaxed).ok()?;
        self.memory.store(memory.as_ptr().cast_mut().cast(), Ordering::Relaxed);
        self.size.store(memory.len(), Ordering::Relaxed);
        self.state.store(OPEN, Ordering::Release);
        if !self.visited.load(Ordering::Relaxed) {
            self.visited.store(true, Ordering::Relaxed);
        }
        Some(Opened { rendezvous: self, memory: PhantomData })
    }

    /// Copies a whole message into the memory of a receiver that waits here and has room for it, if `first` says that nothing
    /// comes before it.
    pub(super) fn deliver(&self, bytes: &[u8], first: &dyn Fn() -> bool) -> Passed {
        if self.state.load(Ordering::Acquire) != OPEN {
            if !self.is_wanted() {
                self.wanted.store(true, Ordering::Relaxed);
            }
            return if self.visited.load(Ordering::Relaxed) { Passed::NotYet } else { Passed::Not };
        }
        if !first() || self.state.compare_exchange(OPEN, FILLING, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return Passed::NotYet;
        }
        let fits = bytes.len() <= self.size.load(Ordering::Relaxed);
        if fits {
            let memory = self.memory.load(Ordering::Relaxed);
            // SAFETY: the receiver's memory, of at least this size, which it has lent and does not touch in this state.
            // What the caller sends from may be the same memory.
            unsafe { std::ptr::copy(bytes.as_ptr(), memory.cast(), bytes.len()) };
            self.size.store(bytes.len(), Ordering::Relaxed);
        }
        if self.state.swap(if fits { FILLED } else { OPEN }, Ordering::SeqCst) == AWAITED {
            futex::wake_all(&self.state);
        }
        if fits { Passed::Whole } else { Passed::Not }
    }

    /// The receiver takes the place away again, once nobody writes its memory. The size of the message that is in it.
    fn withdraw(&self) -> Option<usize> {
        spin::while_busy(|| self.state.load(Ordering::Acquire) == FILLING);
        loop {
            let state = self.state.load(Ordering::Acquire);
            let exchange = |to| self.state.compare_exchange(state, to, Ordering::SeqCst, Ordering::Relaxed).is_ok();
            match state {
                FILLING => _ = exchange(AWAITED),
                AWAITED => _ = futex::wait(&self.state, AWAITED, None),
                _ => {
                    let size = self.size.load(Ordering::Relaxed);
                    if exchange(CLOSED) {
                        return (state == FILLED).then_some(size);
                    }
                }
            }
        }
    }
}

/// A receiver's memory at the place, until this is dropped.
#[derive(Debug)]
pub(super) struct Opened<'a> {
    rendezvous: &'a Rendezvous,
    memory: PhantomData<&'a Destination>,
}

impl Opened<'_> {
    /// Whether a sender has begun to fill the memory, or has done so.
    #[inline]
    pub(super) fn is_used(&self) -> bool {
        self.rendezvous.state.load(Ordering::SeqCst) > OPEN
    }

    /// Withdraws the memory. The size of the message that is in it, if there is one.
    pub(super) fn withdraw(self) -> Option<usize> {
        let size = self.rendezvous.withdraw();
        std::mem::forget(self);
        size
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        self.rendezvous.withdraw();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::atomic::AtomicUsize as Count;
    use std::thread;

    fn memory(size: usize) -> Vec<Cell<MaybeUninit<u8>>> {
        vec![Cell::new(MaybeUninit::new(0)); size]
    }

    fn bytes(memory: &Destination) -> Vec<u8> {
        // SAFETY: initialised by `memory`.
        memory.iter().map(|byte| unsafe { byte.get().assume_init() }).collect()
    }

    #[test]
    fn a_message_is_delivered_to_a_receiver_that_is_there() {
        let place = Rendezvous::default();
        assert!(!place.is_wanted());
        assert_eq!(place.deliver(b"message", &|| true), Passed::Not);
        assert!(place.is_wanted());
        let room = memory(7);
        let opened = place.open(&room).unwrap();
        assert!(!opened.is_used());
        assert_eq!(place.deliver(b"message", &|| false), Passed::NotYet);
        assert_eq!(place.deliver(b"too long", &|| true), Passed::Not);
        assert!(!opened.is_used());
        assert_eq!(place.deliver(b"message", &|| true), Passed::Whole);
        assert!(opened.is_used());
        assert_eq!(place.deliver(b"another", &|| true), Passed::NotYet);
        assert_eq!(opened.withdraw(), Some(7));
        assert_eq!(bytes(&room), b"message");
        assert_eq!(place.deliver(b"another", &|| true), Passed::NotYet);
    }

    #[test]
    fn one_receiver_is_there_at_a_time() {
        let place = Rendezvous::default();
        let (first, second) = (memory(10), memory(10));
        let opened = place.open(&first).unwrap();
        assert!(place.open(&second).is_none());
        drop(opened);
        let opened = place.open(&second).unwrap();
        assert_eq!(place.deliver(b"0123456789", &|| true), Passed::Whole);
        assert_eq!(opened.withdraw(), Some(10));
        assert_eq!((bytes(&first), bytes(&second)), (vec![0; 10], b"0123456789".to_vec()));
    }

    #[test]
    fn who_sends_from_the_memory_that_is_lent_changes_nothing() {
        let place = Rendezvous::default();
        let room = memory(100);
        let opened = place.open(&room).unwrap();
        // SAFETY: nobody changes the memory but `deliver`, byte by byte to what it is.
        let same = unsafe { std::slice::from_raw_parts(room.as_ptr().cast::<u8>(), 100) };
        assert_eq!(place.deliver(same, &|| true), Passed::Whole);
        assert_eq!(opened.withdraw(), Some(100));
    }

    #[test]
    fn a_receiver_that_leaves_waits_for_a_sender_that_writes() {
        const SIZE: usize = 4 << 20;
        const ROUNDS: usize = 200;
        let place = Rendezvous::default();
        let received = Count::new(0);
        thread::scope(|s| {
            s.spawn(|| {
                let message = vec![7; SIZE];
                let mut delivered = 0;
                while received.load(Ordering::SeqCst) < ROUNDS {
                    delivered += usize::from(place.deliver(&message, &|| true) == Passed::Whole);
                }
                assert!(delivered >= ROUNDS);
            });
            let room = memory(SIZE);
            while received.load(Ordering::SeqCst) < ROUNDS {
                room[SIZE - 1].set(MaybeUninit::new(0));
                let opened = place.open(&room).unwrap();
                while !opened.is_used() {
                    thread::yield_now();
                }
                // In the middle of it.
                assert_eq!(opened.withdraw(), Some(SIZE));
                // SAFETY: initialised.
                assert_eq!(unsafe { room[SIZE - 1].get().assume_init() }, 7);
                received.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
}
