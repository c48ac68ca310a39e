//! Work that may take many seconds, without making anybody wait. Any thread submits; a few background threads, started when
//! there is work and gone when there was none for a while, do it.
//!
//! Invariants: `threads` counts the threads that will still look at the queue, `idle` those of them that wait; a job is in
//! the queue only while a thread will look at it. Nobody waits for the threads to end.

use crate::errno::Result;
use crate::sys::{fork, thread};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most jobs at a time.
const MAX_THREADS: usize = 4;
const IDLE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// A queue of jobs with its threads. Costs nothing until there is a job.
pub struct Background {
    shared: Arc<Shared>,
    /// What the threads are called, before their number.
    name: &'static str,
    settings: thread::Settings,
    generation: u32,
}

struct Shared {
    // The standard library's, as there is something to wait for.
    state: Mutex<State>,
    work: Condvar,
    /// How long a thread waits for more work.
    idle: Duration,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
    started: usize,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Background {
    /// A queue whose threads will be called `ZMQbg/name/0` and so on, and run with these settings.
    pub fn new(name: &'static str, settings: thread::Settings) -> Background {
        Background::with(name, settings, IDLE)
    }

    fn with(name: &'static str, settings: thread::Settings, idle: Duration) -> Background {
        let shared = Arc::new(Shared { state: Mutex::new(State::default()), work: Condvar::new(), idle });
        Background { shared, name, settings, generation: fork::generation() }
    }

    /// Has the job done on another thread, after those submitted before. When the queue is dropped first, the job may be
    /// dropped undone.
    ///
    /// # Errors
    /// `EAGAIN` when no thread can be started; the job is dropped then.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) -> Result<()> {
        let mut state = self.shared.lock();
        state.queue.push_back(Box::new(job));
        if state.idle >= state.queue.len() {
            self.shared.work.notify_one();
        } else if state.threads < MAX_THREADS
            && let Err(e) = self.start_thread(&mut state)
            && state.threads == 0
        {
            let refused = state.queue.pop_back();
            // What the job owns may be anything, so it is dropped without the lock.
            drop(state);
            drop(refused);
            return Err(e);
        }
        Ok(())
    }

    fn start_thread(&self, state: &mut State) -> Result<()> {
        let name = format!("ZMQbg/{}/{}", self.name, state.started % 100);
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

impl Drop for Background {
    fn drop(&mut self) {
        // In a forked child the threads do not exist, and one of them may have held the lock.
        if self.generation != fork::generation() {
            return;
        }
        let mut state = self.shared.lock();
        state.closed = true;
        let dropped = std::mem::take(&mut state.queue);
        self.shared.work.notify_all();
        drop(state);
        drop(dropped);
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A thread's right to look at the queue.
struct Worker {
    shared: Arc<Shared>,
}

impl Worker {
    fn run(self) {
        while let Some(job) = next(&self.shared) {
            job();
        }
    }
}

/// The next job; `None` when the thread is to end, and is not counted any more.
fn next(shared: &Shared) -> Option<Job> {
    let mut state = shared.lock();
    loop {
        if state.closed {
            break;
        }
        if let Some(job) = state.queue.pop_front() {
            return Some(job);
        }
        state.idle += 1;
        let (back, waited) = shared.work.wait_timeout(state, shared.idle).unwrap_or_else(PoisonError::into_inner);
        state = back;
        state.idle -= 1;
        if waited.timed_out() && state.queue.is_empty() {
            break;
        }
    }
    state.threads -= 1;
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    fn background(idle: Duration) -> Background {
        Background::with("test", thread::Settings::default(), idle)
    }

    #[test]
    fn works_on_another_thread() {
        let settings = thread::Settings { name_prefix: "me".to_owned(), ..thread::Settings::default() };
        let background = Background::new("job", settings);
        let (send, receive) = mpsc::channel();
        let job = move || {
            let comm = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
            send.send((comm, std::thread::current().id())).unwrap();
        };
        background.submit(job).unwrap();
        let (comm, thread) = receive.recv().unwrap();
        assert_eq!(comm.trim_end(), "me/ZMQbg/job/0");
        assert_ne!(thread, std::thread::current().id());
    }

    #[test]
    fn jobs_are_bounded_and_threads_go_away() {
        let background = background(Duration::from_millis(1));
        // Jobs that are being done now, the most there ever were, and the gate that keeps them from ending.
        let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(())));
        let (send, receive) = mpsc::channel();
        let closed = counts.2.lock();
        for _ in 0..20 {
            let (send, counts) = (send.clone(), Arc::clone(&counts));
            let job = move || {
                let (working, most, gate) = &*counts;
                most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                drop(gate.lock());
                working.fetch_sub(1, Ordering::SeqCst);
                send.send(()).unwrap();
            };
            background.submit(job).unwrap();
        }
        while counts.0.load(Ordering::SeqCst) < MAX_THREADS {
            std::thread::yield_now();
        }
        drop(closed);
        for _ in 0..20 {
            receive.recv().unwrap();
        }
        assert_eq!(counts.1.load(Ordering::SeqCst), MAX_THREADS);
        while background.shared.lock().threads > 0 {
            std::thread::yield_now();
        }
        background.submit(move || send.send(()).unwrap()).unwrap();
        receive.recv().unwrap();
    }

    #[test]
    fn an_idle_thread_is_used_again() {
        let background = background(IDLE);
        for _ in 0..50 {
            let (send, receive) = mpsc::channel();
            background.submit(move || send.send(()).unwrap()).unwrap();
            receive.recv().unwrap();
            while background.shared.lock().idle == 0 {
                std::thread::yield_now();
            }
        }
        assert_eq!(background.shared.lock().started, 1);
    }

    #[test]
    fn dropping_does_not_wait_and_ends_the_threads() {
        let gate = Arc::new(Mutex::new(()));
        let background = background(IDLE);
        let (send, receive) = mpsc::channel();
        let held = gate.lock();
        for _ in 0..2 * MAX_THREADS {
            let (send, gate) = (send.clone(), Arc::clone(&gate));
            let job = move || {
                drop(gate.lock());
                send.send(()).unwrap();
            };
            background.submit(job).unwrap();
        }
        drop(send);
        let shared = Arc::downgrade(&background.shared);
        drop(background);
        drop(held);
        let done = receive.iter().count();
        assert!(done <= MAX_THREADS, "what nobody had begun is dropped, not done");
        while shared.strong_count() > 0 {
            std::thread::yield_now();
        }
    }
}
