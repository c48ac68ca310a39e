//! Handles for C, with a lock each: numbers that look like pointers and are looked up, never followed. Any thread.
//!
//! A handle is an address in a range that the table reserved for itself, so it equals the address of no object and the
//! handle of no other table. Its bytes can be read and are zero: CZMQ looks at the first four of a socket to tell it from
//! its own objects. The place in the range is the slot and the slot's generation; a slot whose generations are used up is
//! never used again, so an old handle never names another object. Finding a slot takes no lock but the object's own.
//! Slots live in mapped pages for the life of the process: the heap holds the objects only.
#![allow(unsafe_code, reason = "slots are placed in mapped pages that are shared by all threads for ever")]

use crate::errno::{Errno, Result};
use crate::sys::biased_lock::{BiasedGuard, BiasedMutex, MappedBiasedGuard, RawBiasedLock};
use crate::sys::lock::Mutex;
use crate::sys::memory;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Handles are as aligned as pointers are.
const ALIGN_BITS: u32 = 3;
const GENERATION_BITS: u32 = 14;
const INDEX_BITS: u32 = 18;
const INDEX_SHIFT: u32 = ALIGN_BITS + GENERATION_BITS;
const CHUNK: usize = 64;
const CHUNKS: usize = (1 << INDEX_BITS) / CHUNK;
/// Addresses of a chunk's handles, and of all.
const CHUNK_RANGE: usize = CHUNK << INDEX_SHIFT;
const RANGE: usize = CHUNKS * CHUNK_RANGE;

/// The part of limited addresses that a table may take, as a divisor.
const SHARE: usize = 32;

const _: () = assert!(usize::BITS == 64 && CHUNK_RANGE.is_multiple_of(1 << 16));

struct Slot<T> {
    state: BiasedMutex<State<T>>,
    /// Next in the list of free slots, plus one; written by whoever frees the slot.
    next_free: AtomicU32,
}

struct State<T> {
    generation: u32,
    object: Option<T>,
    /// The parent's, in a forked child: another thread may have been changing it.
    inherited: Option<T>,
}

/// The live objects of one kind.
pub struct Slots<T> {
    /// First address of the range; 0 before the first handle. Written once, under `used`.
    base: AtomicUsize,
    chunks: [AtomicPtr<Slot<T>>; CHUNKS],
    /// Head of the list of free slots, plus one, under a counter that changes with each take.
    free: AtomicU64,
    used: Mutex<Used>,
}

struct Used {
    /// Slots that were ever used.
    slots: usize,
    /// How many chunks the range has room for.
    chunks: usize,
}

impl<T> std::fmt::Debug for Slots<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slots").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Exclusive use of an object.
pub type Guard<T> = MappedBiasedGuard<'static, T>;

impl<T: Send + 'static> Slots<T> {
    /// An empty table.
    #[allow(clippy::new_without_default, reason = "a table is static")]
    pub const fn new() -> Slots<T> {
        Slots {
            base: AtomicUsize::new(0),
            chunks: [const { AtomicPtr::new(std::ptr::null_mut()) }; CHUNKS],
            free: AtomicU64::new(0),
            used: Mutex::new(Used { slots: 0, chunks: 0 }),
        }
    }

    #[inline]
    fn slot(&self, index: usize) -> Option<&'static Slot<T>> {
        let chunk = self.chunks.get(index / CHUNK)?.load(Ordering::Acquire);
        if chunk.is_null() {
            return None;
        }
        // SAFETY: chunks have CHUNK slots.
        let slot = unsafe { chunk.add(index % CHUNK) };
        // SAFETY: the slots of a chunk are initialised before it is entered, and it is never unmapped.
        Some(unsafe { &*slot })
    }

    /// Adds an object and names it.
    ///
    /// # Errors
    /// `EMFILE` with 262,144 objects alive, `ENOMEM`; the object is given back then.
    pub fn insert(&'static self, object: T) -> Result<usize, (Errno, T)> {
        let index = match self.take_free().map_or_else(|| self.fresh(), Ok) {
            Ok(index) => index,
            Err(errno) => return Err((errno, object)),
        };
        let Some(slot) = self.slot(index) else { return Err((Errno::EMFILE, object)) };
        let mut state = slot.state.lock();
        state.object = Some(object);
        let generation = state.generation as usize;
        Ok(self.base.load(Ordering::Acquire) + (index << INDEX_SHIFT | generation << ALIGN_BITS))
    }

    fn take_free(&self) -> Option<usize> {
        let mut head = self.free.load(Ordering::Acquire);
        loop {
            let index = (head as u32).checked_sub(1)? as usize;
            let next = self.slot(index)?.next_free.load(Ordering::Relaxed);
            let new = (head >> 32).wrapping_add(1) << 32 | u64::from(next);
            match self.free.compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    fn fresh(&self) -> Result<usize> {
        let mut used = self.used.lock();
        if used.chunks == 0 {
            let (base, chunks) = reserve()?;
            self.base.store(base, Ordering::Release);
            used.chunks = chunks;
        }
        let index = used.slots;
        let number = index / CHUNK;
        let chunk = self.chunks.get(number).filter(|_| number < used.chunks).ok_or(Errno::EMFILE)?;
        if chunk.load(Ordering::Acquire).is_null() {
            let start = self.base.load(Ordering::Relaxed) + number * CHUNK_RANGE;
            // SAFETY: this chunk's part of the range, which is page-aligned like the whole.
            unsafe { memory::make_readable(start, CHUNK_RANGE) }?;
            let pages = memory::map(CHUNK * size_of::<Slot<T>>())?.cast::<Slot<T>>();
            for i in 0..CHUNK {
                let empty = Slot {
                    state: BiasedMutex::from_raw(
                        RawBiasedLock::default(),
                        State { generation: 0, object: None, inherited: None },
                    ),
                    next_free: AtomicU32::new(0),
                };
                // SAFETY: the mapping has room for CHUNK slots and is page-aligned.
                let place = unsafe { pages.add(i) };
                // SAFETY: as above; nobody else knows the mapping yet.
                unsafe { place.write(empty) };
            }
            chunk.store(pages.as_ptr(), Ordering::Release);
        }
        used.slots += 1;
        Ok(index)
    }

    /// Exclusive use of the object that a handle names, if it is alive. Waits while another thread uses it.
    #[inline]
    pub fn lock(&'static self, handle: usize) -> Option<Guard<T>> {
        let (index, generation) = self.decode(handle)?;
        let state = self.slot(index)?.state.lock();
        BiasedGuard::try_map(state, |s| if s.generation == generation { s.object.as_mut() } else { None }).ok()
    }

    /// Ends a handle and gives its object.
    pub fn remove(&'static self, handle: usize) -> Option<T> {
        let (index, generation) = self.decode(handle)?;
        let slot = self.slot(index)?;
        let mut state = slot.state.lock();
        if state.generation != generation {
            return None;
        }
        let object = state.object.take().or_else(|| state.inherited.take())?;
        if state.generation + 1 < 1 << GENERATION_BITS {
            state.generation += 1;
            drop(state);
            self.give_free(slot, index);
        }
        Some(object)
    }

    fn give_free(&self, slot: &Slot<T>, index: usize) {
        let mut head = self.free.load(Ordering::Relaxed);
        loop {
            slot.next_free.store(head as u32, Ordering::Relaxed);
            let new = head >> 32 << 32 | (index as u64 + 1);
            match self.free.compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Makes the table usable in a forked child, for [`crate::sys::fork::on_child`]. With `hide`, objects from before the
    /// fork can be removed and nothing else: the parent's threads may have been in the middle of using them.
    pub fn after_fork(&'static self, hide: bool) {
        // SAFETY: the thread that held a lock does not exist here, and no other thread does yet.
        unsafe { self.used.raw() }.open_after_fork();
        let used = self.used.lock().slots;
        for slot in (0..used).filter_map(|index| self.slot(index)) {
            // SAFETY: as above.
            unsafe { slot.state.raw() }.open_after_fork();
            let mut state = slot.state.lock();
            if hide && let Some(object) = state.object.take() {
                state.inherited = Some(object);
            }
        }
    }

    #[inline]
    fn decode(&self, handle: usize) -> Option<(usize, u32)> {
        // Before the first handle the base is 0, and every index then finds no chunk.
        let place = handle.wrapping_sub(self.base.load(Ordering::Acquire));
        if place >= RANGE || place & ((1 << ALIGN_BITS) - 1) != 0 {
            return None;
        }
        Some((place >> INDEX_SHIFT, (place >> ALIGN_BITS) as u32 & ((1 << GENERATION_BITS) - 1)))
    }
}

/// Addresses for the handles of as many chunks as there can be, or, where RLIMIT_AS makes addresses short, of few: they
/// are taken from what the application may use.
fn reserve() -> Result<(usize, usize)> {
    let limit = memory::address_limit();
    let most = limit.map_or(CHUNKS, |limit| (limit / SHARE / CHUNK_RANGE).clamp(1, CHUNKS));
    let at = memory::reserve(most * CHUNK_RANGE)?;
    Ok((at.as_ptr().expose_provenance(), most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_find_their_objects_and_nothing_else() {
        static A: Slots<u32> = Slots::new();
        static B: Slots<u32> = Slots::new();
        let (a, b) = (A.insert(1).unwrap(), B.insert(2).unwrap());
        assert_eq!((*A.lock(a).unwrap(), *B.lock(b).unwrap()), (1, 2));
        let local = 0u64;
        for bad in [0, 1, 2, usize::MAX, &raw const local as usize, b, a | 1, a + 8, a - 8, a | 1 << 47, a ^ 1 << 30] {
            assert!(A.lock(bad).is_none() && A.remove(bad).is_none(), "{bad:#x}");
        }
        assert_eq!(A.remove(a), Some(1));
        assert!(A.lock(a).is_none() && A.remove(a).is_none());
        // CZMQ reads this much of a handle, also of one that has ended.
        // SAFETY: the handles' addresses stay readable.
        assert_eq!(unsafe { std::ptr::with_exposed_provenance::<u64>(a).read() }, 0);
        let again = A.insert(3).unwrap();
        assert_ne!(a, again);
        assert!(A.lock(a).is_none());
    }

    #[test]
    fn a_slot_with_no_generation_left_is_retired() {
        static A: Slots<u32> = Slots::new();
        let first = A.insert(0).unwrap();
        let (index, _) = A.decode(first).unwrap();
        A.slot(index).unwrap().state.lock().generation = (1 << GENERATION_BITS) - 1;
        let last = first + (((1 << GENERATION_BITS) - 1) << ALIGN_BITS);
        assert_eq!(A.remove(last), Some(0));
        let next = A.insert(1).unwrap();
        assert_ne!(A.decode(next).unwrap().0, index);
    }

    #[test]
    fn a_child_can_remove_what_it_inherited() {
        static A: Slots<u32> = Slots::new();
        let (busy, idle) = (A.insert(1).unwrap(), A.insert(2).unwrap());
        std::mem::forget(A.lock(busy).unwrap());
        A.after_fork(true);
        assert!(A.lock(busy).is_none() && A.lock(idle).is_none());
        assert_eq!((A.remove(busy), A.remove(idle), A.remove(idle)), (Some(1), Some(2), None));
        let fresh = A.insert(3).unwrap();
        assert_eq!(*A.lock(fresh).unwrap(), 3);
        A.after_fork(false);
        assert_eq!(*A.lock(fresh).unwrap(), 3);
    }

    #[test]
    fn many_threads_open_and_close() {
        static A: Slots<usize> = Slots::new();
        std::thread::scope(|s| {
            for t in 0..4 {
                s.spawn(move || {
                    for i in 0..2000 {
                        let h = A.insert(t * 10_000 + i).unwrap();
                        assert_eq!(*A.lock(h).unwrap(), t * 10_000 + i);
                        assert_eq!(A.remove(h), Some(t * 10_000 + i));
                    }
                });
            }
        });
    }
}
