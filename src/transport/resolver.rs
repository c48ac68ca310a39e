//! Looking host names up without making anybody wait. Any thread submits; a few background threads, started when there is
//! work and gone when there was none for a while, ask the system, which may take many seconds.
//!
//! Invariants: `threads` counts the threads that will still look at the queue, `idle` those of them that wait; a job is in
//! the queue only while a thread will look at it. Nobody waits for the threads to end.

use super::resolve::{Lookup, ResolvedAddr};
use crate::errno::{Errno, Result};
use crate::sys::{fork, thread};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Most lookups at a time.
const MAX_THREADS: usize = 4;
/// How long a thread waits for more work.
const IDLE: Duration = Duration::from_secs(10);

/// What is done with the result, on a resolver thread.
type Callback = Box<dyn FnOnce(Result<ResolvedAddr, Errno>) + Send>;

/// A context's lookups. Costs nothing until one is needed.
pub struct Resolver {
    shared: Arc<Shared>,
    settings: thread::Settings,
    generation: u32,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Lookup, Callback)>,
    threads: usize,
    idle: usize,
    started: usize,
    closed: bool,
}

impl Resolver {
    /// A resolver whose threads will run with these settings.
    pub fn new(settings: thread::Settings) -> Resolver {
        let shared = Arc::new(Shared { state: Mutex::new(State::default()), work: Condvar::new() });
        Resolver { shared, settings, generation: fork::generation() }
    }

    /// Looks a name up; `callback` gets the result on another thread: the address, or the error of [`super::resolve`].
    /// When the resolver is dropped first, the callback may be dropped without a call.
    ///
    /// # Errors
    /// `EAGAIN` when no thread can be started; the callback is dropped then.
    pub fn submit(
        &self,
        lookup: Lookup,
        callback: impl FnOnce(Result<ResolvedAddr, Errno>) + Send + 'static,
    ) -> Result<()> {
        let mut state = self.shared.state.lock();
        state.queue.push_back((lookup, Box::new(callback)));
        if state.idle >= state.queue.len() {
            self.shared.work.notify_one();
        } else if state.threads < MAX_THREADS
            && let Err(e) = self.start_thread(&mut state)
            && state.threads == 0
        {
            let refused = state.queue.pop_back();
            // What the callback owns may be anything, so it is dropped without the lock.
            drop(state);
            drop(refused);
            return Err(e);
        }
        Ok(())
    }

    fn start_thread(&self, state: &mut State) -> Result<()> {
        let name = format!("ZMQbg/DNS/{}", state.started % 100);
        let worker = Worker { shared: Arc::clone(&self.shared) };
        state.threads += 1;
        match thread::spawn(&name, &self.settings, move || worker.run()) {
            Ok(_detached) => {
                state.started += 1;
                Ok(())
            }
            Err(e) => {
                state.threads -= 1;
                Err(e)
            }
        }
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        // In a forked child the threads do not exist, and one of them may have held the lock.
        if self.generation != fork::generation() {
            return;
        }
        let mut state = self.shared.state.lock();
        state.closed = true;
        let dropped = std::mem::take(&mut state.queue);
        self.shared.work.notify_all();
        drop(state);
        drop(dropped);
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

/// A thread's right to look at the queue.
struct Worker {
    shared: Arc<Shared>,
}

impl Worker {
    fn run(self) {
        let mut state = self.shared.state.lock();
        while let Some((lookup, callback)) = next(&mut state, &self.shared.work) {
            MutexGuard::unlocked(&mut state, || callback(lookup.run()));
        }
        state.threads -= 1;
    }
}

/// The next job; `None` when the thread is to end.
fn next(state: &mut MutexGuard<'_, State>, work: &Condvar) -> Option<(Lookup, Callback)> {
    loop {
        if state.closed {
            return None;
        }
        if let Some(job) = state.queue.pop_front() {
            return Some(job);
        }
        state.idle += 1;
        let waited = work.wait_for(state, IDLE);
        state.idle -= 1;
        if waited.timed_out() && state.queue.is_empty() {
            return None;
        }
    }
}
