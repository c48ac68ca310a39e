//! A lock that costs its usual thread no atomic operation. Any thread.
//!
//! A thread that took the lock often enough in a row becomes its owner, and then takes it by marking it as held and looking
//! whether it still is the owner. Any other thread takes the ownership away first, with a fence for both sides, and then
//! waits until the mark is gone. A lock that changes hands too often has no owner any more.
//!
//! Invariant: a thread has the lock if it has `inner` and nobody owns, or if it owns and has set `held`. `inner` protects
//! `owner` from everybody but readers. `fast`, `last` and `streak` belong to whoever has the lock.
#![allow(
    unsafe_code,
    reason = "implements a lock for lock_api, which asks for exclusion that the compiler cannot check"
)]

use super::lock::RawLock;
use super::membarrier;
use super::thread::{self, NOBODY};
use lock_api::RawMutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

/// So many times in a row, and a thread becomes the owner.
const STREAK: u32 = 16;
/// So many changes of owner, and the lock is like any other.
const CHANGES_MAX: u32 = 8;
/// Looks at a held mark before the thread lets others run.
const SPINS: u32 = 100;

/// The lock's words.
#[derive(Debug)]
pub struct RawBiasedLock {
    inner: RawLock,
    owner: AtomicUsize,
    /// The owner has the lock, or is about to find that it is not the owner any more.
    held: AtomicBool,
    /// The lock was taken by the owner, without `inner`.
    fast: AtomicBool,
    /// The thread that had the lock last, and how often in a row.
    last: AtomicUsize,
    streak: AtomicU32,
    /// How often an owner lost it.
    changes: AtomicU32,
}

/// A mutex around it, without poisoning.
pub type BiasedMutex<T> = lock_api::Mutex<RawBiasedLock, T>;
/// Exclusive use of what a [`BiasedMutex`] holds.
pub type BiasedGuard<'a, T> = lock_api::MutexGuard<'a, RawBiasedLock, T>;
/// Exclusive use of a part of it.
pub type MappedBiasedGuard<'a, T> = lock_api::MappedMutexGuard<'a, RawBiasedLock, T>;

impl RawBiasedLock {
    #[inline]
    fn take_as_owner(&self, me: usize) -> bool {
        // A lock that is held already is waited for like anybody's.
        if self.owner.load(Ordering::Relaxed) != me || self.held.load(Ordering::Relaxed) {
            return false;
        }
        self.held.store(true, Ordering::Relaxed);
        membarrier::light();
        if self.owner.load(Ordering::Relaxed) != me {
            self.held.store(false, Ordering::Release);
            return false;
        }
        self.fast.store(true, Ordering::Relaxed);
        true
    }

    /// With `inner` taken: makes sure that no owner has the lock or can take it.
    fn dispossess(&self) {
        if self.owner.load(Ordering::Relaxed) == NOBODY {
            return;
        }
        self.owner.store(NOBODY, Ordering::Relaxed);
        self.changes.fetch_add(1, Ordering::Relaxed);
        self.streak.store(0, Ordering::Relaxed);
        membarrier::barrier();
        let mut looks = 0;
        while self.held.load(Ordering::Acquire) {
            looks += 1;
            if looks < SPINS {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }

    #[cold]
    fn take(&self, me: usize) {
        self.inner.lock();
        self.dispossess();
        self.note(me);
    }

    /// With the lock: remembers who has it; whether that thread is to own it.
    fn note(&self, me: usize) {
        self.fast.store(false, Ordering::Relaxed);
        if self.last.swap(me, Ordering::Relaxed) == me {
            self.streak.fetch_add(1, Ordering::Relaxed);
        } else {
            self.streak.store(0, Ordering::Relaxed);
        }
    }

    /// Gives the lock up that was taken with `inner`.
    #[cold]
    fn give(&self) {
        if self.streak.load(Ordering::Relaxed) >= STREAK
            && self.changes.load(Ordering::Relaxed) < CHANGES_MAX
            && membarrier::is_available()
        {
            self.owner.store(self.last.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        // SAFETY: taken in `take` or `try_lock`.
        unsafe { self.inner.unlock() };
    }

    /// Opens the lock in a forked child, where the thread that held it does not exist.
    pub fn open_after_fork(&self) {
        self.owner.store(NOBODY, Ordering::Relaxed);
        self.held.store(false, Ordering::Relaxed);
        self.inner.open_after_fork();
    }
}

// SAFETY: `inner` excludes everybody but the owner, and the owner excludes itself from what others take: both announce
// themselves (`held`, `owner`) and then look for the other, with fences on both sides of which one is the kernel's.
unsafe impl RawMutex for RawBiasedLock {
    #[allow(clippy::declare_interior_mutable_const, reason = "lock_api wants a constant to start from")]
    const INIT: RawBiasedLock = RawBiasedLock {
        inner: RawLock::INIT,
        owner: AtomicUsize::new(NOBODY),
        held: AtomicBool::new(false),
        fast: AtomicBool::new(false),
        last: AtomicUsize::new(NOBODY),
        streak: AtomicU32::new(0),
        changes: AtomicU32::new(0),
    };

    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    fn lock(&self) {
        let me = thread::current();
        if !self.take_as_owner(me) {
            self.take(me);
        }
    }

    fn try_lock(&self) -> bool {
        let me = thread::current();
        if self.take_as_owner(me) {
            return true;
        }
        if self.owner.load(Ordering::Relaxed) != NOBODY || !self.inner.try_lock() {
            return false;
        }
        self.dispossess();
        self.note(me);
        true
    }

    #[inline]
    unsafe fn unlock(&self) {
        if self.fast.load(Ordering::Relaxed) {
            self.held.store(false, Ordering::Release);
        } else {
            self.give();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excludes_whoever_owns_it() {
        let counter = BiasedMutex::new((0_u64, 0_u64));
        std::thread::scope(|s| {
            for t in 0..4 {
                let counter = &counter;
                s.spawn(move || {
                    for i in 0..20_000 {
                        let mut value = counter.lock();
                        assert_eq!(value.0, value.1);
                        value.0 += 1;
                        if i % 1000 == t {
                            std::thread::yield_now();
                        }
                        value.1 += 1;
                    }
                });
            }
        });
        assert_eq!(counter.into_inner(), (80_000, 80_000));
    }

    #[test]
    fn an_owner_loses_it_and_waits_in_turn() {
        let lock = BiasedMutex::new(0);
        for _ in 0..2 * STREAK {
            *lock.lock() += 1;
        }
        // SAFETY: only looked at.
        let raw = unsafe { lock.raw() };
        assert_eq!(raw.owner.load(Ordering::Relaxed) == thread::current(), membarrier::is_available());
        let held = lock.lock();
        std::thread::scope(|s| {
            let other = s.spawn(|| *lock.lock() += 100);
            while membarrier::is_available() && raw.owner.load(Ordering::Relaxed) != NOBODY {
                std::thread::yield_now();
            }
            assert!(!other.is_finished());
            drop(held);
        });
        assert_eq!(*lock.lock(), 2 * STREAK + 100);
    }

    #[test]
    fn changing_hands_too_often_ends_ownership() {
        let lock = BiasedMutex::new(());
        for _ in 0..2 * CHANGES_MAX {
            std::thread::scope(|s| {
                s.spawn(|| (0..2 * STREAK).for_each(|_| drop(lock.lock())));
            });
            (0..2 * STREAK).for_each(|_| drop(lock.lock()));
        }
        // SAFETY: only looked at.
        assert_eq!(unsafe { lock.raw() }.owner.load(Ordering::Relaxed), NOBODY);
    }

    #[test]
    fn opens_after_a_fork() {
        let lock = BiasedMutex::new(());
        (0..2 * STREAK).for_each(|_| drop(lock.lock()));
        std::mem::forget(lock.lock());
        // SAFETY: nobody uses the guard that was forgotten.
        unsafe { lock.raw() }.open_after_fork();
        drop(lock.lock());
        assert!(lock.try_lock().is_some());
    }
}
