//! A sleeping application thread. One per thread, reused; mailboxes hold it while the thread waits.

use super::io_thread::IoThread;
use crate::errno::{Errno, Result};
use crate::sync::{AtomicU32, Ordering};
use crate::sys::fork;
use crate::sys::futex::Waited;
use crate::sys::lock::Mutex;
use crate::sys::modelled::{WakeFd, futex};
use std::cell::RefCell;
use std::os::fd::AsRawFd;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

const IDLE: u32 = 0;
const NOTIFIED: u32 = 1;
const SLEEPING: u32 = 2;
const POLLING: u32 = 3;
const LEADING: u32 = 4;

/// Where a thread sleeps.
#[derive(Debug, Default)]
pub struct Waiter {
    state: AtomicU32,
    /// Made when the thread first waits for descriptors besides.
    fd: OnceLock<WakeFd>,
    /// Whose connections the thread serves while it waits.
    leads: Mutex<Weak<IoThread>>,
}

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Somebody called [`Waiter::wake`].
    Woken,
    /// The time is over.
    TimedOut,
}

impl Waiter {
    /// To be called before the last look at what is waited for.
    pub fn prepare(&self) {
        // An exchange, as every change of the state is: what others do then has its place before this or after it.
        self.state.swap(IDLE, Ordering::SeqCst);
    }

    /// Ends the current or the next wait; from any thread.
    pub fn wake(&self) {
        match self.state.swap(NOTIFIED, Ordering::SeqCst) {
            SLEEPING => {
                futex::wake_all(&self.state);
            }
            POLLING => {
                if let Some(fd) = self.fd.get() {
                    fd.signal();
                }
            }
            LEADING => {
                if let Some(io) = self.leads.lock().upgrade() {
                    io.signal();
                }
            }
            _ => {}
        }
    }

    /// Whether [`Waiter::wake`] was called since [`Waiter::prepare`].
    pub fn is_notified(&self) -> bool {
        self.state.load(Ordering::Acquire) == NOTIFIED
    }

    /// Sleeps until woken.
    ///
    /// # Errors
    /// `EINTR` when a signal handler ran.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait> {
        if self.state.compare_exchange(IDLE, SLEEPING, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            return Ok(Wait::Woken);
        }
        let result = futex::wait(&self.state, SLEEPING, timeout);
        if self.state.swap(IDLE, Ordering::SeqCst) == NOTIFIED {
            return Ok(Wait::Woken);
        }
        match result {
            // A wake without cause: the caller looks again.
            Waited::Woken => Ok(Wait::Woken),
            Waited::TimedOut => Ok(Wait::TimedOut),
            Waited::Interrupted => Err(Errno::EINTR),
        }
    }

    /// The descriptor that becomes readable on [`Waiter::wake`], for a wait with poll(2); `None` if woken already.
    ///
    /// # Errors
    /// `EMFILE` and the like when the descriptor cannot be made.
    pub fn start_polling(&self) -> Result<Option<i32>> {
        let fd = match self.fd.get() {
            Some(fd) => fd,
            None => {
                let fresh = WakeFd::new()?;
                self.fd.get_or_init(|| fresh)
            }
        };
        let _ = fd.drain();
        if self.state.compare_exchange(IDLE, POLLING, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            return Ok(None);
        }
        Ok(Some(fd.fd().as_raw_fd()))
    }

    /// Says whose connections the thread will serve while it waits.
    pub(super) fn will_lead(&self, io: &Arc<IoThread>) {
        let mut leads = self.leads.lock();
        if !std::ptr::eq(leads.as_ptr(), Arc::as_ptr(io)) {
            *leads = Arc::downgrade(io);
        }
    }

    /// Before the thread waits for the descriptors of an I/O thread; false if woken already.
    pub(super) fn start_leading(&self) -> bool {
        self.state.compare_exchange(IDLE, LEADING, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// After that wait. Whether the thread was woken stays known.
    pub(super) fn stop_leading(&self) {
        let _ = self.state.compare_exchange(LEADING, IDLE, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Ends a wait begun with [`Waiter::start_polling`].
    pub fn stop_polling(&self) {
        self.state.swap(IDLE, Ordering::SeqCst);
    }
}

#[cfg(not(loom))]
thread_local! {
    static CURRENT: RefCell<Option<(u32, Arc<Waiter>)>> = const { RefCell::new(None) };
}
#[cfg(loom)]
loom::thread_local! {
    static CURRENT: RefCell<Option<(u32, Arc<Waiter>)>> = RefCell::new(None);
}

/// The calling thread's waiter; a fresh one while the thread is being torn down, and in a forked child, which shares the
/// descriptor of the old one with its parent.
pub fn current_waiter() -> Arc<Waiter> {
    let process = fork::generation();
    let find = |current: &RefCell<Option<(u32, Arc<Waiter>)>>| {
        let mut current = current.borrow_mut();
        match &*current {
            Some((owner, waiter)) if *owner == process => waiter.clone(),
            _ => current.insert((process, Arc::default())).1.clone(),
        }
    };
    CURRENT.try_with(find).unwrap_or_default()
}
