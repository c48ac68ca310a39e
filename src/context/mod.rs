//! A context: its options, I/O threads, open sockets and inproc names; shutdown and termination. Any thread.
//!
//! States: open -> shut down (every call on its sockets but close fails) -> ended, once every socket was closed and has
//! sent what it lingers for. I/O threads start with the first endpoint that needs one.

mod inproc;

pub use inproc::{Bound, Connected, Inproc, Limits, Pending};

use crate::errno::{Errno, Result};
use crate::options::context::ContextOptions;
use crate::pipe;
use crate::runtime::{IoThread, Mailbox};
use crate::sys::fork;
use crate::sys::futex::{self, Waited};
use crate::sys::lock::Mutex;
use crate::sys::{membarrier, thread};
use crate::transport::Resolver;
use crate::util::background::Background;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

#[derive(Debug, Default)]
struct State {
    /// Open sockets' mailboxes, by the socket's number.
    sockets: HashMap<u64, Arc<Mailbox>>,
    counter: u64,
    /// Open sockets and those that still linger.
    used_slots: usize,
    /// These, and those of which connections are not finished.
    alive: usize,
    /// MAX_SOCKETS and IO_THREADS when the first socket was made.
    limits: Option<(usize, usize)>,
    shut_down: bool,
    io_threads: Vec<Arc<IoThread>>,
}

/// A context.
#[derive(Debug)]
pub struct Context {
    options: Mutex<ContextOptions>,
    state: Mutex<State>,
    inproc: Inproc,
    /// Made by the first name that must be looked up.
    resolver: OnceLock<Resolver>,
    /// Made by the first socket that a security library has to do something for: initiating, accepting.
    negotiations: [OnceLock<Background>; 2],
    /// Counts changes of `alive`, for whoever waits in `terminate`.
    changes: AtomicU32,
    /// The process, as [`fork::generation`] counts them, that opened the first socket.
    home: OnceLock<u32>,
}

impl Default for Context {
    fn default() -> Context {
        Context::new()
    }
}

impl Context {
    /// A context with the default options; starts nothing.
    pub fn new() -> Context {
        membarrier::register_early();
        Context {
            options: Mutex::new(ContextOptions::default()),
            state: Mutex::new(State::default()),
            inproc: Inproc::default(),
            resolver: OnceLock::new(),
            negotiations: [const { OnceLock::new() }; 2],
            changes: AtomicU32::new(0),
            home: OnceLock::new(),
        }
    }

    /// The options (zmq_ctx_set(3)).
    pub fn options(&self) -> &Mutex<ContextOptions> {
        &self.options
    }

    /// The inproc names.
    pub fn inproc(&self) -> &Inproc {
        &self.inproc
    }

    /// Where host names are looked up.
    pub fn resolver(&self) -> &Resolver {
        self.resolver.get_or_init(|| Resolver::new(self.thread_settings()))
    }

    /// Where security libraries are asked, for those who accept and for those who initiate.
    pub fn negotiations(&self, accepting: bool) -> &Background {
        let [initiating, accept] = &self.negotiations;
        let (queue, name) = if accepting { (accept, "GSSa") } else { (initiating, "GSSi") };
        queue.get_or_init(|| Background::new(name, self.thread_settings()))
    }

    /// Whether this process inherited the context by fork(2): its sockets and threads are the parent's. One without a
    /// socket belongs to whoever opens the first.
    pub fn is_inherited(&self) -> bool {
        self.home.get().is_some_and(|home| *home != fork::generation())
    }

    /// Takes a slot for a socket with this mailbox; the number names the socket in this context.
    ///
    /// # Errors
    /// `ETERM` after shutdown and in a child that inherited the context, `EMFILE` when MAX_SOCKETS are in use.
    pub fn open_socket(&self, mailbox: &Arc<Mailbox>) -> Result<u64> {
        if self.is_inherited() {
            return Err(Errno::ETERM);
        }
        let mut state = self.state.lock();
        if state.shut_down {
            return Err(Errno::ETERM);
        }
        let (max_sockets, _) = *state.limits.get_or_insert_with(|| {
            let options = self.options.lock();
            (options.max_sockets as usize, options.io_threads as usize)
        });
        if state.used_slots >= max_sockets {
            return Err(Errno::EMFILE);
        }
        self.home.get_or_init(fork::generation);
        state.used_slots += 1;
        state.alive += 1;
        state.counter += 1;
        let id = state.counter;
        state.sockets.insert(id, mailbox.clone());
        Ok(id)
    }

    /// The application closed the socket; its slot may stay in use.
    pub fn socket_closed(&self, id: u64) {
        self.state.lock().sockets.remove(&id);
    }

    /// The socket is closed and has nothing left to send: the slot is free.
    pub fn slot_released(&self) {
        self.state.lock().used_slots -= 1;
    }

    /// Everything of the socket is finished.
    pub fn socket_gone(&self) {
        self.state.lock().alive -= 1;
        self.changes.fetch_add(1, Ordering::SeqCst);
        futex::wake_all(&self.changes);
    }

    /// The least loaded I/O thread among those that the mask allows (0: all). Starts the threads at the first call.
    ///
    /// # Errors
    /// `EMTHREAD` if there is none; what starting says.
    pub fn choose_io_thread(&self, affinity: u64) -> Result<Arc<IoThread>> {
        let mut state = self.state.lock();
        let wanted = match state.limits {
            Some((_, io_threads)) => io_threads,
            None => self.options.lock().io_threads as usize,
        };
        if state.io_threads.len() < wanted {
            state.io_threads = self.start_io_threads(wanted)?;
        }
        let allowed = |io: &&Arc<IoThread>| affinity == 0 || (io.index() < 64 && affinity & 1 << io.index() != 0);
        state.io_threads.iter().filter(allowed).min_by_key(|io| io.load()).cloned().ok_or(Errno::EMTHREAD)
    }

    /// The I/O thread, if the context has one and no more.
    pub fn sole_io_thread(&self) -> Option<Arc<IoThread>> {
        match self.state.lock().io_threads.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// All or none: those of a failed start would keep descriptors that the application is short of.
    fn start_io_threads(&self, count: usize) -> Result<Vec<Arc<IoThread>>> {
        let settings = self.thread_settings();
        let mut started: Vec<Arc<IoThread>> = Vec::new();
        for index in 0..count {
            match IoThread::start(index, &settings) {
                Ok(io) => started.push(io),
                Err(errno) => {
                    started.iter().for_each(|io| io.stop());
                    return Err(errno);
                }
            }
        }
        Ok(started)
    }

    fn thread_settings(&self) -> thread::Settings {
        let options = self.options.lock();
        thread::Settings {
            name_prefix: options.thread_name_prefix.clone(),
            policy: options.thread_sched_policy,
            priority: options.thread_priority,
            cpus: options.thread_affinity.iter().filter_map(|cpu| usize::try_from(*cpu).ok()).collect(),
        }
    }

    /// Ends every blocking call on the context's sockets, and all later ones but close. Idempotent.
    pub fn shutdown(&self) {
        if self.is_inherited() {
            return;
        }
        let mailboxes: Vec<_> = {
            let mut state = self.state.lock();
            state.shut_down = true;
            state.sockets.values().cloned().collect()
        };
        for mailbox in mailboxes {
            mailbox.terminate();
        }
    }

    /// Whether [`Context::shutdown`] was called.
    pub fn is_shut_down(&self) -> bool {
        self.state.lock().shut_down
    }

    /// Waits until every socket is closed and finished, then ends the threads. In a child that inherited the context
    /// there is nothing to wait for.
    ///
    /// # Errors
    /// `EINTR` when a signal handler ran; the context is then still there.
    pub fn terminate(&self) -> Result<()> {
        if self.is_inherited() {
            return Ok(());
        }
        self.shutdown();
        // Nobody can bind any more: messages to names that were never bound are lost, by definition.
        self.inproc.clear();
        // What is left to do would otherwise wait until the I/O thread notices that no application thread leads.
        self.state.lock().io_threads.iter().for_each(|io| io.hand_over());
        loop {
            let seen = self.changes.load(Ordering::SeqCst);
            if self.state.lock().alive == 0 {
                break;
            }
            if futex::wait(&self.changes, seen, None) == Waited::Interrupted {
                return Err(Errno::EINTR);
            }
        }
        let threads = std::mem::take(&mut self.state.lock().io_threads);
        for io in threads {
            io.stop();
        }
        pipe::release_kept();
        Ok(())
    }
}
