//! A socket's mailbox: commands from any thread, taken by the socket's own. `ZMQ_FD` is readable while there are any.
//!
//! The sender marks `pending` and then looks for sleepers; a sleeper registers and then looks at `pending`: one of them
//! sees the other. Only the mark's edge wakes.

use super::command::Command;
use super::rendezvous::Rendezvous;
use super::waiter::Waiter;
use crate::errno::Result;
use crate::message::SendSlab;
use crate::pipe::{Notify, Passed, PipeId};
use crate::sync::{AtomicBool, AtomicUsize, Ordering, total_order};
use crate::sys::modelled::{Mutex, WakeFd};
use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::sync::{Arc, OnceLock};

#[derive(Debug, Default)]
struct Queue {
    commands: VecDeque<Command>,
    closed: bool,
}

/// The mailbox; any thread may hold it.
#[derive(Debug, Default)]
pub struct Mailbox {
    pending: AtomicBool,
    terminated: AtomicBool,
    sleepers: AtomicUsize,
    /// Counts the calls of `take_all`.
    taken: AtomicUsize,
    queue: Mutex<Queue>,
    waiters: Mutex<Vec<Arc<Waiter>>>,
    /// Made, signalled and drained under the queue's lock.
    fd: OnceLock<WakeFd>,
    rendezvous: Rendezvous,
}

impl Mailbox {
    /// Delivers a command. A closed mailbox drops it, with everything in it.
    pub fn send(&self, command: Command) {
        let mut queue = self.queue.lock();
        if queue.closed {
            drop(queue);
            drop(command);
            return;
        }
        queue.commands.push_back(command);
        let edge = self.mark();
        drop(queue);
        if edge {
            self.wake_sleepers();
        }
    }

    /// Marks that there is something to look at; whether nobody had. Under the queue's lock, as the reverse in `take_all`:
    /// else the descriptor could become readable for what was taken already, and stay so.
    fn mark(&self) -> bool {
        let edge = !self.pending.swap(true, Ordering::SeqCst);
        if edge && let Some(fd) = self.fd.get() {
            fd.signal();
        }
        edge
    }

    fn wake_sleepers(&self) {
        total_order();
        if self.sleepers.load(Ordering::SeqCst) == 0 {
            return;
        }
        // Woken without the lock, which the woken thread takes next.
        let waiters = self.waiters.lock();
        if let [only] = waiters.as_slice() {
            let only = only.clone();
            drop(waiters);
            only.wake();
        } else {
            let all = waiters.clone();
            drop(waiters);
            all.iter().for_each(|waiter| waiter.wake());
        }
    }

    /// Where senders of this process meet the socket.
    #[inline]
    pub fn rendezvous(&self) -> &Rendezvous {
        &self.rendezvous
    }

    /// Whether commands wait.
    #[inline]
    pub fn is_pending(&self) -> bool {
        self.pending.load(Ordering::Acquire)
    }

    /// Takes out all commands, and makes the descriptor unreadable.
    pub fn take_all(&self, into: &mut VecDeque<Command>) {
        self.taken.fetch_add(1, Ordering::Relaxed);
        let mut queue = self.queue.lock();
        if let Some(fd) = self.fd.get() {
            let _ = fd.drain();
        }
        // Not a mere store: what was done before the mark that it takes off, say by `terminate`, is seen afterwards.
        self.pending.swap(false, Ordering::SeqCst);
        into.append(&mut queue.commands);
    }

    /// How often commands were taken out. A thread that is about to sleep compares: what another thread took since may be
    /// what it waits for.
    pub fn times_taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Ends the mailbox: what it holds and what will come is dropped. Threads that sleep here are woken, to find that the
    /// socket is gone.
    pub fn close(&self) {
        let rest = {
            let mut queue = self.queue.lock();
            queue.closed = true;
            self.mark();
            std::mem::take(&mut queue.commands)
        };
        self.wake_sleepers();
        drop(rest);
    }

    /// The context is ending: every call on the socket but close fails from now on.
    pub fn terminate(&self) {
        self.terminated.store(true, Ordering::SeqCst);
        let queue = self.queue.lock();
        self.mark();
        drop(queue);
        self.wake_sleepers();
    }

    /// Whether [`Mailbox::terminate`] was called.
    #[inline]
    pub fn is_terminated(&self) -> bool {
        self.terminated.load(Ordering::Relaxed)
    }

    /// Adds a thread to wake on the next command. Returns whether there is one already.
    pub fn register(&self, waiter: &Arc<Waiter>) -> bool {
        self.waiters.lock().push(waiter.clone());
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        total_order();
        self.pending.load(Ordering::SeqCst)
    }

    /// Takes the thread out again.
    pub fn unregister(&self, waiter: &Arc<Waiter>) {
        let mut waiters = self.waiters.lock();
        if let Some(at) = waiters.iter().position(|w| Arc::ptr_eq(w, waiter)) {
            waiters.swap_remove(at);
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// The descriptor behind `ZMQ_FD`, made on first use.
    ///
    /// # Errors
    /// `EMFILE` and the like when it cannot be made.
    pub fn fd(&self) -> Result<i32> {
        if let Some(fd) = self.fd.get() {
            return Ok(fd.fd().as_raw_fd());
        }
        let fresh = WakeFd::new()?;
        let queue = self.queue.lock();
        let fd = self.fd.get_or_init(|| fresh);
        if self.pending.load(Ordering::SeqCst) {
            fd.signal();
        }
        drop(queue);
        Ok(fd.fd().as_raw_fd())
    }
}

/// A pipe's owner that is a socket: what happens to the pipe becomes a command.
#[derive(Debug)]
pub struct PipeOwner {
    mailbox: Arc<Mailbox>,
    pipe: PipeId,
}

impl PipeOwner {
    /// The owner of the pipe with this id in the socket with this mailbox.
    pub fn new(mailbox: Arc<Mailbox>, pipe: PipeId) -> PipeOwner {
        PipeOwner { mailbox, pipe }
    }
}

impl Notify for PipeOwner {
    fn readable(&self) {
        self.mailbox.send(Command::Readable(self.pipe));
    }

    fn writable(&self) {
        self.mailbox.send(Command::Writable(self.pipe));
    }

    fn closed(&self) {
        self.mailbox.send(Command::Closed(self.pipe));
    }

    fn pass_on(&self, bytes: &[u8], _: bool, read_out: &dyn Fn() -> bool) -> Passed {
        if bytes.len() <= SendSlab::MAX {
            return Passed::Not;
        }
        // What others sent before, from this thread or with its knowledge, is announced by a command: it comes first.
        let first = || read_out() && !self.mailbox.is_pending();
        let passed = self.mailbox.rendezvous.deliver(bytes, &first);
        if passed == Passed::Whole {
            self.mailbox.wake_sleepers();
        }
        passed
    }
}
