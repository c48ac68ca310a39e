//! Handles for C: numbers that look like pointers and are looked up in a table, never followed. Any thread.
//!
//! A handle is odd, so it equals the address of no object, fits in 46 bits, so that tagged-pointer schemes of language
//! bindings can hold it, and carries the kind of object, a slot and a generation. The generation comes from one counter
//! for the whole table: an old handle matches again only after two million objects, and then only if the slot agrees.
//! An empty table owns no heap memory.
#![allow(unsafe_code, reason = "opens its lock in a forked child")]

use crate::errno::{Errno, Result};
use crate::sys::lock::Mutex;
use std::sync::Arc;

const KIND_BITS: u32 = 4;
const GENERATION_BITS: u32 = 21;
const INDEX_BITS: u32 = 20;
const INDEX_SHIFT: u32 = 1 + KIND_BITS;
const GENERATION_SHIFT: u32 = INDEX_SHIFT + INDEX_BITS;
const NO_SLOT: u32 = u32::MAX;

const _: () = assert!(GENERATION_SHIFT + GENERATION_BITS == 46 && usize::BITS == 64);

/// What a handle refers to; part of the handle, so that one kind is never taken for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A set of timers.
    Timers = 1,
    /// An atomic counter.
    Counter = 2,
    /// A stopwatch.
    Stopwatch = 3,
    /// A thread of the application.
    Thread = 4,
}

/// The live objects of one kind.
#[derive(Debug)]
pub struct Registry<T> {
    kind: Kind,
    table: Mutex<Table<T>>,
}

#[derive(Debug)]
struct Table<T> {
    slots: Vec<Slot<T>>,
    free: u32,
    live: u32,
    generation: u32,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    next_free: u32,
    object: Option<Arc<T>>,
}

impl<T> Table<T> {
    const EMPTY: Table<T> = Table { slots: Vec::new(), free: NO_SLOT, live: 0, generation: 0 };
}

impl<T> Registry<T> {
    /// An empty table.
    pub const fn new(kind: Kind) -> Registry<T> {
        Registry { kind, table: Mutex::new(Table::EMPTY) }
    }

    /// Adds an object and names it.
    ///
    /// # Errors
    /// `EMFILE` with a million objects of this kind alive, `ENOMEM`.
    pub fn insert(&self, object: T) -> Result<usize> {
        let object = Some(Arc::new(object));
        let mut table = self.table.lock();
        table.generation = (table.generation + 1) & ((1 << GENERATION_BITS) - 1);
        let generation = table.generation;
        let index = match table.free {
            NO_SLOT => {
                let index = table.slots.len();
                if index >= 1 << INDEX_BITS {
                    return Err(Errno::EMFILE);
                }
                table.slots.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
                table.slots.push(Slot { generation, next_free: NO_SLOT, object });
                index
            }
            free => {
                let slot = &mut table.slots[free as usize];
                *slot = Slot { generation, next_free: slot.next_free, object };
                table.free = table.slots[free as usize].next_free;
                free as usize
            }
        };
        table.live += 1;
        Ok(1 | (self.kind as usize) << 1 | index << INDEX_SHIFT | (generation as usize) << GENERATION_SHIFT)
    }

    /// Makes the table usable in a forked child, for [`crate::sys::fork::on_child`]. One that a thread of the parent was
    /// changing at that moment is left alone, and an empty one takes its place.
    pub fn after_fork(&self) {
        // SAFETY: the thread that held the lock does not exist here, and no other thread does yet.
        if unsafe { self.table.raw() }.open_after_fork() {
            std::mem::forget(std::mem::replace(&mut *self.table.lock(), Table::EMPTY));
        }
    }

    /// The object that a handle names, if it is alive.
    pub fn get(&self, handle: usize) -> Option<Arc<T>> {
        let table = self.table.lock();
        table.slots.get(self.index(&table, handle)?)?.object.clone()
    }

    /// Runs `f` on the object under the table's lock: for what takes a moment and calls nobody.
    pub fn with<R>(&self, handle: usize, f: impl FnOnce(&T) -> R) -> Option<R> {
        let table = self.table.lock();
        let object = table.slots.get(self.index(&table, handle)?)?.object.as_deref();
        object.map(f)
    }

    /// Ends a handle. Whoever is using the object at that moment keeps it alive.
    pub fn remove(&self, handle: usize) -> Option<Arc<T>> {
        let mut table = self.table.lock();
        let index = self.index(&table, handle)?;
        let free = table.free;
        let slot = table.slots.get_mut(index)?;
        let object = slot.object.take()?;
        slot.next_free = free;
        table.free = index as u32;
        table.live -= 1;
        if table.live == 0 {
            table.slots = Vec::new();
            table.free = NO_SLOT;
        }
        Some(object)
    }

    /// The slot of a handle of this kind and of the slot's current generation.
    fn index(&self, table: &Table<T>, handle: usize) -> Option<usize> {
        let kind = handle >> 1 & ((1 << KIND_BITS) - 1);
        let index = handle >> INDEX_SHIFT & ((1 << INDEX_BITS) - 1);
        let slot = table.slots.get(index)?;
        let matches =
            handle & 1 == 1 && kind == self.kind as usize && handle >> GENERATION_SHIFT == slot.generation as usize;
        matches.then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_find_their_objects_and_nothing_else() {
        let r = Registry::new(Kind::Timers);
        let other = Registry::new(Kind::Counter);
        let a = r.insert(1).unwrap();
        let b = r.insert(2).unwrap();
        let c = other.insert(3).unwrap();
        assert!(a & 1 == 1 && a < 1 << 46 && a != b && a != c);
        assert_eq!((r.get(a).as_deref(), r.get(b).as_deref()), (Some(&1), Some(&2)));
        assert_eq!(r.with(b, |n| n + 1), Some(3));
        assert!(r.get(c).is_none() && other.get(a).is_none());
        let local = 0u64;
        for bad in [0, 1, 2, usize::MAX, &raw const local as usize, a & !1, a | 1 << 46, a | 1 << 63, a ^ 1 << 30] {
            assert!(r.get(bad).is_none() && r.remove(bad).is_none(), "{bad:#x}");
        }
    }

    #[test]
    fn ended_handles_stay_ended() {
        let r = Registry::new(Kind::Timers);
        let mut old = Vec::new();
        for i in 0..1000 {
            let h = r.insert(i).unwrap();
            let held = r.get(h).unwrap();
            assert_eq!(r.remove(h).as_deref(), Some(&i));
            assert!(r.remove(h).is_none());
            assert_eq!(*held, i);
            old.push(h);
        }
        let live: Vec<_> = (0..10).map(|i| r.insert(i).unwrap()).collect();
        assert!(old.iter().all(|h| r.get(*h).is_none()));
        r.remove(live[3]).unwrap();
        r.remove(live[7]).unwrap();
        let again = [r.insert(70).unwrap(), r.insert(30).unwrap()];
        assert!(r.get(live[3]).is_none() && r.get(live[7]).is_none());
        assert_eq!(again.map(|h| *r.get(h).unwrap()), [70, 30]);
        assert_eq!(*r.get(live[9]).unwrap(), 9);
    }

    #[test]
    fn an_empty_table_owns_no_memory() {
        let r = Registry::new(Kind::Timers);
        let all: Vec<_> = (0..100).map(|i| r.insert(i).unwrap()).collect();
        all.iter().for_each(|h| drop(r.remove(*h)));
        assert_eq!(r.table.lock().slots.capacity(), 0);
    }

    #[test]
    fn a_million_at_once_is_the_limit() {
        let r = Registry::new(Kind::Counter);
        let count = 1 << INDEX_BITS;
        let first = r.insert(()).unwrap();
        (1..count).for_each(|_| assert!(r.insert(()).is_ok()));
        assert_eq!(r.insert(()), Err(Errno::EMFILE));
        r.remove(first).unwrap();
        assert!(r.insert(()).is_ok());
    }
}
