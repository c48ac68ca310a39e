//! The library's mutex: one word that threads sleep on, and nothing else. Any thread of one process.
//!
//! A lock with state elsewhere, such as a table of sleeping threads, may be caught in the middle by fork(2), and the child
//! would find it taken for ever. Here each lock stands for itself, and the child can open those that it needs.
#![allow(
    unsafe_code,
    reason = "implements a lock for lock_api, which asks for exclusion that the compiler cannot check"
)]

use super::futex;
use std::sync::atomic::{AtomicU32, Ordering};

const FREE: u32 = 0;
const TAKEN: u32 = 1;
/// Taken, and threads sleep.
const AWAITED: u32 = 2;
/// Looks at a taken lock before the thread sleeps: most are held for less than a sleep costs.
const SPINS: u32 = 100;

/// The word.
#[derive(Debug)]
pub struct RawLock(AtomicU32);

/// A mutex without poisoning: a panicking thread must not spread its failure.
pub type Mutex<T> = lock_api::Mutex<RawLock, T>;
/// Exclusive use of what a [`Mutex`] holds.
pub type MutexGuard<'a, T> = lock_api::MutexGuard<'a, RawLock, T>;
/// Exclusive use of a part of it.
pub type MappedMutexGuard<'a, T> = lock_api::MappedMutexGuard<'a, RawLock, T>;

impl RawLock {
    #[cold]
    fn wait(&self) {
        let mut state = self.spin();
        if state == FREE {
            match self.0.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => state = now,
            }
        }
        loop {
            // From here on the lock is marked as awaited even by this thread alone: one wake too many, never too few.
            if state != AWAITED && self.0.swap(AWAITED, Ordering::Acquire) == FREE {
                return;
            }
            futex::wait(&self.0, AWAITED, None);
            state = self.spin();
        }
    }

    fn spin(&self) -> u32 {
        for _ in 0..SPINS {
            let state = self.0.load(Ordering::Relaxed);
            if state != TAKEN {
                return state;
            }
            std::hint::spin_loop();
        }
        self.0.load(Ordering::Relaxed)
    }

    /// Opens the lock in a forked child, where the thread that held it does not exist; whether it was taken.
    pub fn open_after_fork(&self) -> bool {
        self.0.swap(FREE, Ordering::AcqRel) != FREE
    }
}

// SAFETY: only the thread that took the word from FREE leaves `lock` or gets true from `try_lock`, and the word is not
// FREE again before it unlocks.
unsafe impl lock_api::RawMutex for RawLock {
    #[allow(clippy::declare_interior_mutable_const, reason = "lock_api wants a constant to start from")]
    const INIT: RawLock = RawLock(AtomicU32::new(FREE));

    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    fn lock(&self) {
        if self.0.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        self.0.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[inline]
    unsafe fn unlock(&self) {
        if self.0.swap(FREE, Ordering::Release) == AWAITED {
            futex::wake_one(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excludes() {
        let counter = Mutex::new(0_u64);
        std::thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    for _ in 0..20_000 {
                        let mut value = counter.lock();
                        let seen = *value;
                        if seen % 1000 == 0 {
                            std::thread::yield_now();
                        }
                        *value = seen + 1;
                    }
                });
            }
        });
        assert_eq!(counter.into_inner(), 160_000);
    }

    #[test]
    fn tries() {
        let lock = Mutex::new(());
        let held = lock.lock();
        assert!(lock.try_lock().is_none());
        drop(held);
        assert!(lock.try_lock().is_some());
    }

    #[test]
    fn opens_after_a_fork() {
        let lock = Mutex::new(());
        std::mem::forget(lock.lock());
        // SAFETY: nobody uses the guard that was forgotten.
        let raw = unsafe { lock.raw() };
        assert!(raw.open_after_fork());
        assert!(!raw.open_after_fork());
        drop(lock.lock());
    }
}
