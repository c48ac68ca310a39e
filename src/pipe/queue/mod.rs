//! Single-producer single-consumer queue of messages in linked chunks, without a bound and without locks.
//!
//! The producer publishes whole multipart messages at once in `tail` and then looks at `asleep`; the consumer that finds
//! nothing sets `asleep` and then looks at `tail` once more: one of them sees the other, and whoever takes the mark back
//! sees to it that the consumer goes on. In a stream (`light`) the producer's fence between the two is left out, and the
//! consumer, which sleeps rarely then, makes up for it with a barrier for both sides.
//!
//! `tail` is written by the producer, `light` by the consumer, `asleep` is set by the consumer and taken back by either;
//! `first` is written once by the producer; `spare` passes one used chunk from the consumer back to the producer. An idle
//! queue owns no chunk until its first message, and short ones as long as its reader sleeps between messages: thousands of
//! quiet connections cost little.
#![allow(unsafe_code, reason = "slots are handed from one thread to the other by publication in `tail`")]

mod consumer;
mod producer;

pub(crate) use consumer::Consumer;
pub(crate) use producer::Producer;

use super::chunk::Chunk;
use super::patience::Patience;
use crate::message::Msg;
use crate::sync::{Arc, AtomicBool, AtomicPtr, AtomicUsize, Ordering, UnsafeCell};
use std::ptr;

/// So many slots without a sleep are a stream.
const STREAM: usize = 64;
/// So many slots without a sleep are a stream whose next part the producer's fences would cost more than a barrier.
const LONG_STREAM: usize = 128;
/// So many at once are worth a moment's patience in a stream.
const BATCH: usize = 8;
/// So many slots ahead of the one that is written, memory is asked for.
const AHEAD: usize = 8;
/// Chunks that a queue grows by between two looks at how much memory is left.
const UNCHECKED: usize = 16;

/// What both sides look at for each publication, on a cache line of its own.
#[repr(align(64))]
struct Front {
    /// Published slots.
    tail: AtomicUsize,
    asleep: AtomicBool,
    light: AtomicBool,
}

struct Shared {
    front: Front,
    first: AtomicPtr<Chunk>,
    spare: AtomicPtr<Chunk>,
    /// What each side leaves behind when it goes, for the drop of the last one: slots written, and where the reader was.
    written: AtomicUsize,
    rest: UnsafeCell<Rest>,
}

#[derive(Clone, Copy)]
struct Rest {
    chunk: *mut Chunk,
    at: usize,
    read: usize,
}

// SAFETY: `rest` is written by the consumer's drop and read after both sides are gone; everything else is atomic, and
// slots change hands by `tail`.
unsafe impl Send for Shared {}
// SAFETY: see above.
unsafe impl Sync for Shared {}

/// A new queue, whose reader counts as awake.
pub(crate) fn queue() -> (Producer, Consumer) {
    let shared = Arc::new(Shared {
        front: Front { tail: AtomicUsize::new(0), asleep: AtomicBool::new(false), light: AtomicBool::new(false) },
        first: AtomicPtr::new(ptr::null_mut()),
        spare: AtomicPtr::new(ptr::null_mut()),
        written: AtomicUsize::new(0),
        rest: UnsafeCell::new(Rest { chunk: ptr::null_mut(), at: 0, read: 0 }),
    });
    (
        Producer {
            shared: shared.clone(),
            chunk: ptr::null_mut(),
            at: 0,
            size: 0,
            written: 0,
            published: 0,
            wakes: 0,
            was_asleep: true,
            parts: 0,
            start: (ptr::null_mut(), 0),
            grown: 0,
            dropping: false,
            #[cfg(test)]
            starved: false,
        },
        Consumer {
            shared,
            chunk: ptr::null_mut(),
            at: 0,
            size: 0,
            read: 0,
            seen: 0,
            slept_at: 0,
            usual: 0,
            patience: Patience::default(),
            light: false,
        },
    )
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: both sides are gone.
        let rest = self.rest.with(|r| unsafe { *r });
        let written = self.written.load(Ordering::Relaxed);
        let mut chunk = if rest.chunk.is_null() { self.first.load(Ordering::Acquire) } else { rest.chunk };
        let Rest { mut at, mut read, .. } = rest;
        while !chunk.is_null() {
            // SAFETY: chunks from the consumer's on are linked and nobody else's.
            let current = unsafe { &*chunk };
            while at < current.slots && read < written {
                // SAFETY: as above.
                let slot = unsafe { Chunk::slot(chunk, at) };
                // SAFETY: written by the producer and never read.
                drop(slot.with(|s| unsafe { ptr::read(s.cast::<Msg>()) }));
                at += 1;
                read += 1;
            }
            at = 0;
            let next = current.next.load(Ordering::Acquire);
            Chunk::free(chunk);
            chunk = next;
        }
        Chunk::free(self.spare.load(Ordering::Acquire));
    }
}
