//! Looking host names up without making anybody wait. Any thread submits; a few background threads, started when there is
//! work and gone when there was none for a while, ask the system, which may take many seconds.
//!
//! Invariants: `threads` counts the threads that will still look at the queue, `idle` those of them that wait; a job is in
//! the queue only while a thread will look at it. Nobody waits for the threads to end.

use super::resolve::{Lookup, ResolvedAddr};
use crate::errno::{Errno, Result};
use crate::sys::{fork, thread};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most lookups at a time.
const MAX_THREADS: usize = 4;
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
    // The standard library's, as there is something to wait for.
    state: Mutex<State>,
    work: Condvar,
    /// How long a thread waits for more work.
    idle: Duration,
    ask: fn(&Lookup) -> Result<ResolvedAddr>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Lookup, Callback)>,
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

impl Resolver {
    /// A resolver whose threads will run with these settings.
    pub fn new(settings: thread::Settings) -> Resolver {
        Resolver::with(settings, Lookup::run, IDLE)
    }

    fn with(settings: thread::Settings, ask: fn(&Lookup) -> Result<ResolvedAddr>, idle: Duration) -> Resolver {
        let shared = Arc::new(Shared { state: Mutex::new(State::default()), work: Condvar::new(), idle, ask });
        Resolver { shared, settings, generation: fork::generation() }
    }

    /// Looks a name up; `callback` gets the result on another thread: the address, or the error of [`super::resolve()`].
    /// When the resolver is dropped first, the callback may be dropped without a call.
    ///
    /// # Errors
    /// `EAGAIN` when no thread can be started; the callback is dropped then.
    pub fn submit(
        &self,
        lookup: Lookup,
        callback: impl FnOnce(Result<ResolvedAddr, Errno>) + Send + 'static,
    ) -> Result<()> {
        let mut state = self.shared.lock();
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
        let mut state = self.shared.lock();
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
        while let Some((lookup, callback)) = next(&self.shared) {
            callback((self.shared.ask)(&lookup));
        }
    }
}

/// The next job; `None` when the thread is to end, and is not counted any more.
fn next(shared: &Shared) -> Option<(Lookup, Callback)> {
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

    fn name(host: &str) -> Lookup {
        Lookup { host: host.to_owned(), port: 7, scope: 0, ipv6: false, source: None }
    }

    fn resolver(ask: fn(&Lookup) -> Result<ResolvedAddr>, idle: Duration) -> Resolver {
        Resolver::with(thread::Settings::default(), ask, idle)
    }

    #[test]
    fn answers_on_another_thread() {
        let resolver = Resolver::new(thread::Settings { name_prefix: "me".to_owned(), ..thread::Settings::default() });
        let (send, receive) = mpsc::channel();
        let answer = move |result| {
            let comm = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
            send.send((result, comm, std::thread::current().id())).unwrap();
        };
        resolver.submit(name("localhost"), answer).unwrap();
        let (result, comm, thread) = receive.recv().unwrap();
        let Ok(ResolvedAddr::Tcp { target, source: None }) = result else { panic!("{result:?}") };
        assert_eq!(target, "127.0.0.1:7".parse().unwrap());
        assert_eq!(comm.trim_end(), "me/ZMQbg/DNS/0");
        assert_ne!(thread, std::thread::current().id());
    }

    #[test]
    fn passes_errors_on() {
        let resolver = resolver(|_| Err(Errno::EAGAIN), IDLE);
        let (send, receive) = mpsc::channel();
        resolver.submit(name("x"), move |result| send.send(result.map(drop)).unwrap()).unwrap();
        assert_eq!(receive.recv().unwrap(), Err(Errno::EAGAIN));
    }

    /// Lookups that are being asked now, the most there ever were, and the gate that keeps them from ending.
    static ASKING: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    static GATE: Mutex<()> = Mutex::new(());

    fn ask_at_the_gate(_: &Lookup) -> Result<ResolvedAddr> {
        MOST.fetch_max(ASKING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        drop(GATE.lock());
        ASKING.fetch_sub(1, Ordering::SeqCst);
        Err(Errno::EINVAL)
    }

    #[test]
    fn lookups_are_bounded_and_threads_go_away() {
        let resolver = resolver(ask_at_the_gate, Duration::from_millis(1));
        let (send, receive) = mpsc::channel();
        let closed = GATE.lock();
        for _ in 0..20 {
            let send = send.clone();
            resolver.submit(name("x"), move |_| send.send(()).unwrap()).unwrap();
        }
        while ASKING.load(Ordering::SeqCst) < MAX_THREADS {
            std::thread::yield_now();
        }
        drop(closed);
        for _ in 0..20 {
            receive.recv().unwrap();
        }
        assert_eq!(MOST.load(Ordering::SeqCst), MAX_THREADS);
        while resolver.shared.lock().threads > 0 {
            std::thread::yield_now();
        }
        resolver.submit(name("x"), move |_| send.send(()).unwrap()).unwrap();
        receive.recv().unwrap();
    }

    #[test]
    fn an_idle_thread_is_used_again() {
        let resolver = resolver(|_| Err(Errno::EINVAL), IDLE);
        for _ in 0..50 {
            let (send, receive) = mpsc::channel();
            resolver.submit(name("x"), move |_| send.send(()).unwrap()).unwrap();
            receive.recv().unwrap();
            while resolver.shared.lock().idle == 0 {
                std::thread::yield_now();
            }
        }
        assert_eq!(resolver.shared.lock().started, 1);
    }

    #[test]
    fn dropping_does_not_wait_and_ends_the_threads() {
        static HELD: Mutex<()> = Mutex::new(());
        fn ask(_: &Lookup) -> Result<ResolvedAddr> {
            drop(HELD.lock());
            Err(Errno::EINVAL)
        }
        let resolver = resolver(ask, IDLE);
        let (send, receive) = mpsc::channel();
        let held = HELD.lock();
        for _ in 0..2 * MAX_THREADS {
            let send = send.clone();
            resolver.submit(name("x"), move |_| send.send(()).unwrap()).unwrap();
        }
        drop(send);
        let shared = Arc::downgrade(&resolver.shared);
        drop(resolver);
        drop(held);
        let answered = receive.iter().count();
        assert!(answered <= MAX_THREADS, "what nobody had begun is dropped, not asked");
        while shared.strong_count() > 0 {
            std::thread::yield_now();
        }
    }
}
