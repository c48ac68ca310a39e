//! What loom sees in the place of the kernel's futex and eventfd, and of the lock built on them. Any thread of a model.
//!
//! A wait without an end is what a lost wake-up looks like, and loom reports it: no wait here times out or ends without a
//! cause.

use crate::errno::Result;
use crate::sync::{Arc, AtomicU32, Ordering};
use std::os::fd::{AsRawFd, BorrowedFd};

/// A mutex with the interface of [`super::lock::Mutex`].
#[derive(Debug, Default)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap()
    }
}

/// The interface of [`super::futex`].
pub mod futex {
    use super::{AtomicU32, Ordering};
    use crate::sys::futex::Waited;
    use loom::sync::{Arc, Condvar, Mutex};
    use std::time::Duration;

    loom::lazy_static! {
        /// Who sleeps, with the address of the word. Its lock is what makes the kernel's look at the word and the sleep one.
        static ref SLEEPERS: Mutex<Vec<(usize, Arc<Condvar>)>> = Mutex::new(Vec::new());
    }

    fn address(word: &AtomicU32) -> usize {
        std::ptr::from_ref(word).addr()
    }

    pub fn wait(word: &AtomicU32, expected: u32, _timeout: Option<Duration>) -> Waited {
        let mut sleepers = SLEEPERS.lock().unwrap();
        if word.load(Ordering::SeqCst) == expected {
            let own = Arc::new(Condvar::new());
            sleepers.push((address(word), own.clone()));
            drop(own.wait(sleepers));
        }
        Waited::Woken
    }

    pub fn wake_all(word: &AtomicU32) -> usize {
        let mut sleepers = SLEEPERS.lock().unwrap();
        let (woken, rest): (Vec<_>, Vec<_>) = sleepers.drain(..).partition(|(at, _)| *at == address(word));
        *sleepers = rest;
        woken.iter().for_each(|(_, own)| own.notify_one());
        woken.len()
    }
}

loom::lazy_static! {
    /// The counters by their descriptors. Not a lock of loom's: nothing is explored while it is held.
    static ref COUNTERS: std::sync::Mutex<Vec<(i32, Arc<AtomicU32>)>> = std::sync::Mutex::new(Vec::new());
}

/// The interface of [`super::wake::WakeFd`].
#[derive(Debug)]
pub struct WakeFd {
    count: Arc<AtomicU32>,
    /// For its number.
    real: super::wake::WakeFd,
}

impl WakeFd {
    pub fn new() -> Result<WakeFd> {
        let fresh = WakeFd { count: Arc::new(AtomicU32::new(0)), real: super::wake::WakeFd::new()? };
        COUNTERS.lock().unwrap().push((fresh.fd().as_raw_fd(), fresh.count.clone()));
        Ok(fresh)
    }

    pub fn signal(&self) {
        self.count.swap(1, Ordering::SeqCst);
        futex::wake_all(&self.count);
    }

    pub fn drain(&self) -> bool {
        self.count.swap(0, Ordering::SeqCst) != 0
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.real.fd()
    }
}

/// What poll(2) does with the descriptor of a [`WakeFd`]: sleeps until it is readable.
pub fn wait_readable(fd: i32) {
    let found = COUNTERS.lock().unwrap().iter().rfind(|(number, _)| *number == fd).map(|(_, count)| count.clone());
    let count = found.unwrap();
    while count.load(Ordering::SeqCst) == 0 {
        futex::wait(&count, 0, None);
    }
}
