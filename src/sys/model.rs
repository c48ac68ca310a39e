//! What loom sees in the place of the kernel's futex, eventfd and epoll, of its threads, and of the lock built on them. Any
//! thread of a model.
//!
//! A wait without an end is what a lost wake-up looks like, and loom reports it: no wait here ends without a cause, and
//! none times out, but for as many waits for a word as a model lets ([`futex::let_expire`]).

use super::epoll::{Events, READABLE};
use super::thread::Settings;
use crate::errno::Result;
use crate::sync::{Arc, AtomicU32, Ordering};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

pub use loom::sync::MutexGuard;
pub use loom::thread::JoinHandle;

/// A mutex with the interface of [`super::lock::Mutex`].
#[derive(Debug, Default)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap()
    }
}

/// A mutex with the interface of [`super::lock::RawLock`]: whether it is taken, and a bell for when it is not any more.
#[derive(Debug)]
pub struct RawLock(std::sync::OnceLock<(loom::sync::Mutex<bool>, loom::sync::Condvar)>);

impl RawLock {
    fn parts(&self) -> &(loom::sync::Mutex<bool>, loom::sync::Condvar) {
        self.0.get_or_init(Default::default)
    }

    pub fn open_after_fork(&self) -> bool {
        std::mem::take(&mut *self.parts().0.lock().unwrap())
    }
}

// SAFETY: the word is set only where it was not, by one thread at a time.
unsafe impl lock_api::RawMutex for RawLock {
    const INIT: RawLock = RawLock(std::sync::OnceLock::new());

    type GuardMarker = lock_api::GuardNoSend;

    fn lock(&self) {
        let (taken, bell) = self.parts();
        let mut taken = taken.lock().unwrap();
        while *taken {
            taken = bell.wait(taken).unwrap();
        }
        *taken = true;
    }

    fn try_lock(&self) -> bool {
        !std::mem::replace(&mut *self.parts().0.lock().unwrap(), true)
    }

    unsafe fn unlock(&self) {
        self.open_after_fork();
        self.parts().1.notify_one();
    }
}

/// The interface of [`super::futex`].
pub mod futex {
    use super::{AtomicU32, Ordering};
    use crate::sys::futex::Waited;
    use loom::sync::{Arc, Condvar, Mutex};
    use std::time::Duration;

    loom::lazy_static! {
        /// Who sleeps. Its lock makes the kernel's look at the words and the sleep one.
        static ref SLEEPERS: Mutex<Vec<Sleeper>> = Mutex::new(Vec::new());
        /// How many more waits with a time find that it is over. Not a lock of loom's.
        static ref EXPIRING: std::sync::Mutex<usize> = std::sync::Mutex::new(0);
    }

    struct Sleeper {
        /// The addresses of the words.
        words: Vec<usize>,
        /// Sleeps for a time only.
        timed: bool,
        alarm: Arc<Condvar>,
    }

    /// From now on so many waits with a time end at once, and then no more.
    pub fn let_expire(waits: usize) {
        *EXPIRING.lock().unwrap() = waits;
    }

    /// Much time passes: every wait with a time ends, those that have begun and those to come.
    pub fn let_all_expire() {
        let mut sleepers = SLEEPERS.lock().unwrap();
        let_expire(usize::MAX);
        wake(&mut sleepers, |sleeper| sleeper.timed);
    }

    fn wake(sleepers: &mut Vec<Sleeper>, wanted: impl Fn(&Sleeper) -> bool) -> usize {
        let (woken, rest): (Vec<_>, Vec<_>) = sleepers.drain(..).partition(wanted);
        *sleepers = rest;
        woken.iter().for_each(|sleeper| sleeper.alarm.notify_one());
        woken.len()
    }

    fn expires() -> bool {
        let mut left = EXPIRING.lock().unwrap();
        let expires = *left > 0;
        *left = left.saturating_sub(1);
        expires
    }

    fn address(word: &AtomicU32) -> usize {
        std::ptr::from_ref(word).addr()
    }

    pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> Waited {
        let mut sleepers = SLEEPERS.lock().unwrap();
        if word.load(Ordering::SeqCst) == expected {
            if timeout.is_some() && expires() {
                return Waited::TimedOut;
            }
            let alarm = Arc::new(Condvar::new());
            sleepers.push(Sleeper { words: vec![address(word)], timed: timeout.is_some(), alarm: alarm.clone() });
            drop(alarm.wait(sleepers));
        }
        Waited::Woken
    }

    /// Sleeps while all words are zero.
    pub(super) fn wait_for_any(words: &[Arc<AtomicU32>]) {
        let mut sleepers = SLEEPERS.lock().unwrap();
        while words.iter().all(|word| word.load(Ordering::SeqCst) == 0) {
            let alarm = Arc::new(Condvar::new());
            let words = words.iter().map(|word| address(word)).collect();
            sleepers.push(Sleeper { words, timed: false, alarm: alarm.clone() });
            sleepers = alarm.wait(sleepers).unwrap();
        }
    }

    pub fn wake_all(word: &AtomicU32) -> usize {
        let mut sleepers = SLEEPERS.lock().unwrap();
        wake(&mut sleepers, |sleeper| sleeper.words.contains(&address(word)))
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
        self.real.signal();
        futex::wake_all(&self.count);
    }

    pub fn drain(&self) -> bool {
        let was = self.count.swap(0, Ordering::SeqCst) != 0;
        self.real.drain();
        was
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.real.fd()
    }
}

/// The interface of [`super::epoll::Epoll`], for descriptors of [`WakeFd`]s, which are reported for as long as they are
/// readable. What the counters say is what the kernel says: loom lets nobody come between the two.
#[derive(Debug)]
pub struct Epoll {
    real: super::epoll::Epoll,
    watched: std::sync::Mutex<Vec<Arc<AtomicU32>>>,
}

impl Epoll {
    pub fn new() -> Result<Epoll> {
        Ok(Epoll { real: super::epoll::Epoll::new()?, watched: std::sync::Mutex::default() })
    }

    pub fn add(&self, fd: BorrowedFd<'_>, token: u64, _flags: u32) -> Result<()> {
        self.watched.lock().unwrap().push(counter(fd.as_raw_fd()).unwrap());
        self.real.add(fd, token, READABLE)
    }

    pub fn modify(&self, fd: BorrowedFd<'_>, token: u64, flags: u32) -> Result<()> {
        self.real.modify(fd, token, flags)
    }

    pub fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> Result<()> {
        let watched = self.watched.lock().unwrap().clone();
        if timeout == Some(Duration::ZERO) {
            watched.iter().for_each(|count| drop(count.load(Ordering::SeqCst)));
        } else {
            futex::wait_for_any(&watched);
        }
        self.real.wait(events, Some(Duration::ZERO))
    }
}

/// The interface of [`super::thread::spawn`].
pub fn spawn(_name: &str, _settings: &Settings, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    Ok(loom::thread::spawn(body))
}

fn counter(fd: i32) -> Option<Arc<AtomicU32>> {
    COUNTERS.lock().unwrap().iter().rfind(|(number, _)| *number == fd).map(|(_, count)| count.clone())
}

/// What poll(2) does with the descriptor of a [`WakeFd`]: sleeps until it is readable.
pub fn wait_readable(fd: i32) {
    let count = counter(fd).unwrap();
    while count.load(Ordering::SeqCst) == 0 {
        futex::wait(&count, 0, None);
    }
}
