//! A lock that costs its usual thread no atomic operation. Any thread.
//!
//! A thread that took the lock often enough in a row becomes its owner, and then takes it by marking it as held and looking
//! whether it still is the owner. Any other thread takes the ownership away first, with a fence for both sides, and then
//! waits until the mark is gone. A lock that changes hands too often has no owner any more.
//!
//! Each time that the lock gets an owner is a turn, with a mark of its own: a thread may have seen that it is the owner, and
//! come to mark the lock only when it is not any more and another thread is. That must not touch the other's mark.
//!
//! Invariant: a thread has the lock if it has `inner` and nobody owns, or if it owns and has marked its turn. `inner`
//! protects `owner` from everybody but readers. `fast`, `last` and `streak` belong to whoever has the lock.
#![allow(
    unsafe_code,
    reason = "implements a lock for lock_api, which asks for exclusion that the compiler cannot check"
)]

use super::membarrier;
use super::modelled::RawLock;
use super::thread::{self, NOBODY};
use crate::sync::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use lock_api::RawMutex;

/// So many times in a row, and a thread becomes the owner.
const STREAK: u32 = if cfg!(loom) { 1 } else { 16 };
/// So many turns, and the lock is like any other.
const TURNS: usize = 8;
/// Looks at a held mark before the thread lets others run.
const SPINS: u32 = 100;
/// The lock was taken with `inner`.
const SLOW: u32 = u32::MAX;

/// The lock's words.
#[derive(Debug)]
pub struct RawBiasedLock {
    inner: RawLock,
    /// The owner's number and, in the bits that are zero in it, its turn; or nobody.
    owner: AtomicUsize,
    /// For each turn: the owner has the lock, or is about to find that it is not the owner any more.
    held: [AtomicBool; TURNS],
    /// The turn in which the owner took the lock, or [`SLOW`].
    fast: AtomicU32,
    /// The thread that had the lock last, and how often in a row.
    last: AtomicUsize,
    streak: AtomicU32,
    /// Turns that ended.
    turns: AtomicU32,
}

/// A mutex around it, without poisoning.
pub type BiasedMutex<T> = lock_api::Mutex<RawBiasedLock, T>;
/// Exclusive use of what a [`BiasedMutex`] holds.
pub type BiasedGuard<'a, T> = lock_api::MutexGuard<'a, RawBiasedLock, T>;
/// Exclusive use of a part of it.
pub type MappedBiasedGuard<'a, T> = lock_api::MappedMutexGuard<'a, RawBiasedLock, T>;

#[cfg(not(loom))]
const fn unmarked() -> [AtomicBool; TURNS] {
    [const { AtomicBool::new(false) }; TURNS]
}

#[cfg(loom)]
fn unmarked() -> [AtomicBool; TURNS] {
    std::array::from_fn(|_| AtomicBool::new(false))
}

/// A free lock that nobody owns. Loom's atomics cannot be made in a constant.
macro_rules! free {
    () => {
        RawBiasedLock {
            inner: RawLock::INIT,
            owner: AtomicUsize::new(NOBODY),
            held: unmarked(),
            fast: AtomicU32::new(SLOW),
            last: AtomicUsize::new(NOBODY),
            streak: AtomicU32::new(0),
            turns: AtomicU32::new(0),
        }
    };
}

impl Default for RawBiasedLock {
    fn default() -> RawBiasedLock {
        free!()
    }
}

impl RawBiasedLock {
    #[inline]
    fn take_as_owner(&self, me: usize) -> bool {
        let owner = self.owner.load(Ordering::Relaxed);
        let turn = owner ^ me;
        let Some(held) = self.held.get(turn) else { return false };
        // A lock that is held already is waited for like anybody's.
        if held.load(Ordering::Relaxed) {
            return false;
        }
        held.store(true, Ordering::Relaxed);
        membarrier::light();
        if self.owner.load(Ordering::Relaxed) != owner {
            held.store(false, Ordering::Release);
            return false;
        }
        self.fast.store(turn as u32, Ordering::Relaxed);
        true
    }

    /// With `inner` taken: makes sure that no owner has the lock or can take it.
    fn dispossess(&self) {
        let owner = self.owner.load(Ordering::Relaxed);
        if owner == NOBODY {
            return;
        }
        self.owner.store(NOBODY, Ordering::Relaxed);
        self.turns.fetch_add(1, Ordering::Relaxed);
        self.streak.store(0, Ordering::Relaxed);
        membarrier::barrier();
        let mut looks = 0;
        while self.held[owner % TURNS].load(Ordering::Acquire) {
            looks += 1;
            if looks < SPINS && !cfg!(loom) {
                std::hint::spin_loop();
            } else {
                yield_now();
            }
        }
    }

    #[inline]
    fn lock_by(&self, me: usize) {
        if !self.take_as_owner(me) {
            self.take(me);
        }
    }

    #[cold]
    fn take(&self, me: usize) {
        self.inner.lock();
        self.dispossess();
        self.note(me);
    }

    fn try_lock_by(&self, me: usize) -> bool {
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

    /// With the lock: remembers who has it, and how often in a row.
    fn note(&self, me: usize) {
        self.fast.store(SLOW, Ordering::Relaxed);
        if self.last.swap(me, Ordering::Relaxed) == me {
            self.streak.fetch_add(1, Ordering::Relaxed);
        } else {
            self.streak.store(0, Ordering::Relaxed);
        }
    }

    #[inline]
    fn release(&self) {
        match self.held.get(self.fast.load(Ordering::Relaxed) as usize) {
            Some(held) => held.store(false, Ordering::Release),
            None => self.give(),
        }
    }

    /// Gives the lock up that was taken with `inner`.
    #[cold]
    fn give(&self) {
        let (last, turn) = (self.last.load(Ordering::Relaxed), self.turns.load(Ordering::Relaxed) as usize);
        let is_settled = self.streak.load(Ordering::Relaxed) >= STREAK && turn < TURNS;
        if is_settled && last.is_multiple_of(TURNS) && (cfg!(loom) || membarrier::is_available()) {
            self.owner.store(last | turn, Ordering::Relaxed);
        }
        // SAFETY: taken in `take` or `try_lock_by`.
        unsafe { self.inner.unlock() };
    }

    /// Opens the lock in a forked child, where the thread that held it does not exist.
    pub fn open_after_fork(&self) {
        self.owner.store(NOBODY, Ordering::Relaxed);
        self.held.iter().for_each(|held| held.store(false, Ordering::Relaxed));
        self.inner.open_after_fork();
    }
}

/// Lets the thread run that has the lock.
fn yield_now() {
    #[cfg(not(loom))]
    std::thread::yield_now();
    #[cfg(loom)]
    loom::thread::yield_now();
}

// SAFETY: `inner` excludes everybody but the owner, and the owner excludes itself from what others take: both announce
// themselves (`held`, `owner`) and then look for the other, with fences on both sides of which one is the kernel's. No two
// turns have the same mark or the same word in `owner`, so that each announcement is of one turn only.
unsafe impl RawMutex for RawBiasedLock {
    #[cfg(not(loom))]
    #[allow(clippy::declare_interior_mutable_const, reason = "lock_api wants a constant to start from")]
    const INIT: RawBiasedLock = free!();
    #[cfg(loom)]
    const INIT: RawBiasedLock = panic!("made by default in a model");

    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    fn lock(&self) {
        self.lock_by(thread::current());
    }

    fn try_lock(&self) -> bool {
        self.try_lock_by(thread::current())
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.release();
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use crate::sync::{Arc, UnsafeCell};

    #[derive(Default)]
    struct Counter {
        lock: RawBiasedLock,
        times: UnsafeCell<u32>,
    }

    // SAFETY: counted with the lock only, which is what the model looks at.
    unsafe impl Sync for Counter {}

    impl Counter {
        fn count(&self) {
            // SAFETY: as above.
            self.times.with_mut(|times| unsafe { *times += 1 });
            self.lock.release();
        }

        fn add(&self, me: usize, times: u32) {
            for _ in 0..times {
                self.lock.lock_by(me);
                self.count();
            }
        }

        fn owned_by(me: usize) -> Arc<Counter> {
            let counter = Arc::new(Counter::default());
            counter.add(me, STREAK + 1);
            assert_eq!(counter.lock.owner.load(Ordering::Relaxed), me);
            counter
        }
    }

    const A: usize = 64;
    const B: usize = 128;
    const C: usize = 192;

    fn model(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
        builder.check(f);
    }

    /// The owner comes back when it has lost the lock, and while another thread is its owner.
    #[test]
    fn an_owner_that_comes_late() {
        model(3, || {
            let counter = Counter::owned_by(A);
            let other = {
                let counter = counter.clone();
                loom::thread::spawn(move || counter.add(B, STREAK + 2))
            };
            counter.add(A, 2);
            other.join().unwrap();
            counter.lock.lock_by(C);
            // SAFETY: with the lock.
            assert_eq!(counter.times.with(|times| unsafe { *times }), 2 * STREAK + 5);
        });
    }

    /// Two threads take the ownership away at once, one of them without waiting.
    #[test]
    fn two_that_dispossess_an_owner() {
        model(2, || {
            let counter = Counter::owned_by(A);
            let others = [(B, false), (C, true)].map(|(me, tries)| {
                let counter = counter.clone();
                loom::thread::spawn(move || {
                    if !tries {
                        counter.add(me, 1);
                    } else if counter.lock.try_lock_by(me) {
                        counter.count();
                    }
                })
            });
            counter.add(A, 1);
            others.map(|other| other.join().unwrap());
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn excludes_whoever_owns_it() {
        membarrier::register();
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
        membarrier::register();
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
        membarrier::register();
        let lock = BiasedMutex::new(());
        for _ in 0..2 * TURNS {
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
        membarrier::register();
        let lock = BiasedMutex::new(());
        (0..2 * STREAK).for_each(|_| drop(lock.lock()));
        std::mem::forget(lock.lock());
        // SAFETY: nobody uses the guard that was forgotten.
        unsafe { lock.raw() }.open_after_fork();
        drop(lock.lock());
        assert!(lock.try_lock().is_some());
    }
}
