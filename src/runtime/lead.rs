//! Who drives an I/O thread's connections: the thread itself, or an application thread that would otherwise only wait for
//! it. A message then wakes the thread that wants it, and no other before that.
//!
//! `who` says who leads. An application thread that is about to wait leads if nobody does and nobody else waits, and asks
//! the I/O thread to step aside if that leads; when it stops waiting, nobody leads. The I/O thread is parked meanwhile. It
//! leads again when it is told to, because there is work or somebody waits without leading, and by itself when no
//! application thread has led for the length of the lease: connections are never left alone for longer than two of those.
//!
//! Whoever leads holds the lock of the [`Turn`]. `who` is changed by the leader, and from NOBODY by
//! anybody.

use super::io_thread::{IoThread, Turn};
use super::waiter::Waiter;
use crate::errno::Result;
use crate::message::Offer;
use crate::sync::{AtomicBool, AtomicU32, AtomicUsize, Ordering, total_order};
use crate::sys::membarrier;
use crate::sys::modelled::{Mutex, MutexGuard, futex};
use std::sync::Arc;
use std::time::Duration;

const BACKGROUND: u32 = 0;
const FOREGROUND: u32 = 1;
const NOBODY: u32 = 2;

/// How long the parked I/O thread lets pass between two looks at who leads.
const LEASE: Duration = Duration::from_millis(1);

/// The words about who leads. Every change of one is an exchange: what others do then has its place before this or after it.
#[derive(Debug, Default)]
pub(super) struct Leadership {
    who: AtomicU32,
    /// How often an application thread has begun to lead.
    leads: AtomicU32,
    /// Application threads that wait and do not lead.
    followers: AtomicUsize,
    /// The I/O thread sleeps until `bell` changes, without a look in between.
    parked: AtomicBool,
    bell: AtomicU32,
    asked: AtomicBool,
    asker: Mutex<Option<Arc<Waiter>>>,
}

/// The lead of an application thread, until it is dropped.
pub(super) struct Lead<'a> {
    io: &'a Arc<IoThread>,
    turn: Option<MutexGuard<'a, Turn>>,
}

impl Lead<'_> {
    /// Waits for at most `limit`, unless `sleeper` is woken before, and carries out what is to be done then. A message may be
    /// put in the memory offered.
    ///
    /// # Errors
    /// `EINTR` when a signal handler ran.
    pub(super) fn turn(
        &mut self,
        limit: Option<Duration>,
        sleeper: Option<&Waiter>,
        offer: &mut Offer<'_>,
    ) -> Result<()> {
        match &mut self.turn {
            Some(turn) => self.io.turn(turn, limit, sleeper, offer),
            None => Ok(()),
        }
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.turn = None;
        self.io.step_down();
    }
}

/// A thread that waits and does not lead, for as long as it lives.
pub(super) struct Follower<'a>(&'a IoThread);

impl Drop for Follower<'_> {
    fn drop(&mut self) {
        self.0.leadership.followers.fetch_sub(1, Ordering::SeqCst);
    }
}

impl IoThread {
    /// Leads, if nobody does and nobody else waits.
    pub(super) fn try_lead(self: &Arc<IoThread>) -> Option<Lead<'_>> {
        let l = &self.leadership;
        if l.who.load(Ordering::Relaxed) != NOBODY || l.followers.load(Ordering::SeqCst) > 0 {
            return None;
        }
        l.who.compare_exchange(NOBODY, FOREGROUND, Ordering::SeqCst, Ordering::SeqCst).ok()?;
        l.leads.fetch_add(1, Ordering::SeqCst);
        Some(Lead { io: self, turn: Some(self.turn.lock()) })
    }

    /// Counts the calling thread among those that somebody else has to serve. With `ask`, and if it is the only one, the
    /// I/O thread steps aside when it can, and wakes it to lead.
    pub(super) fn follow(&self, waiter: &Arc<Waiter>, ask: bool) -> Follower<'_> {
        let l = &self.leadership;
        let others = l.followers.fetch_add(1, Ordering::SeqCst);
        total_order();
        match l.who.load(Ordering::SeqCst) {
            NOBODY => self.hand_over(),
            BACKGROUND if ask && others == 0 && self.is_shareable() => {
                *l.asker.lock() = Some(waiter.clone());
                l.asked.swap(true, Ordering::SeqCst);
                total_order();
                self.interrupt();
                // It may have stepped aside for somebody else just before, who does not lead yet, or never will.
                if l.who.load(Ordering::SeqCst) == NOBODY {
                    waiter.wake();
                }
            }
            _ => {}
        }
        Follower(self)
    }

    /// An application thread stops leading.
    fn step_down(&self) {
        let l = &self.leadership;
        l.who.swap(NOBODY, Ordering::SeqCst);
        total_order();
        if l.followers.load(Ordering::SeqCst) > 0 || self.has_work() {
            self.hand_over();
        } else if l.parked.load(Ordering::SeqCst) {
            self.ring();
        }
    }

    /// If nobody leads, the I/O thread does from now on.
    pub fn hand_over(&self) {
        let l = &self.leadership;
        if l.who.compare_exchange(NOBODY, BACKGROUND, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            self.ring();
        }
    }

    /// Whether a thread waits for the I/O thread to step aside.
    pub(super) fn is_asked(&self) -> bool {
        self.leadership.asked.load(Ordering::SeqCst)
    }

    /// Whether nobody leads at this moment.
    pub(super) fn is_unled(&self) -> bool {
        self.leadership.who.load(Ordering::SeqCst) == NOBODY
    }

    /// Whether the I/O thread leads, and no application thread in its place.
    pub fn leads_itself(&self) -> bool {
        self.leadership.who.load(Ordering::Relaxed) == BACKGROUND
    }

    /// Makes the parked I/O thread look.
    pub(super) fn ring(&self) {
        self.leadership.bell.fetch_add(1, Ordering::SeqCst);
        futex::wake_all(&self.leadership.bell);
    }

    /// Steps aside for the thread that asked for it, and comes back to lead; on the I/O thread, when it leads.
    pub(super) fn give_way(&self) {
        let l = &self.leadership;
        if !l.asked.load(Ordering::Relaxed) || !l.asked.swap(false, Ordering::SeqCst) {
            return;
        }
        let asker = l.asker.lock().take();
        if l.followers.load(Ordering::SeqCst) > 1 || self.has_work() {
            return;
        }
        l.who.swap(NOBODY, Ordering::SeqCst);
        total_order();
        // Whoever asked in between has seen this thread lead.
        let later = if l.asked.swap(false, Ordering::SeqCst) { l.asker.lock().take() } else { None };
        for asker in [asker, later].into_iter().flatten() {
            asker.wake();
        }
        membarrier::register();
        self.park();
    }

    /// Sleeps until it is this thread's turn to lead.
    fn park(&self) {
        let l = &self.leadership;
        let mut seen = l.leads.load(Ordering::SeqCst);
        loop {
            let bell = l.bell.load(Ordering::SeqCst);
            let leads = l.leads.load(Ordering::SeqCst);
            let mut limit = Some(LEASE);
            match l.who.load(Ordering::SeqCst) {
                BACKGROUND => return,
                // One application thread has been waiting all this time, and rings when it stops.
                FOREGROUND if leads == seen && !self.is_stopping() => {
                    l.parked.swap(true, Ordering::SeqCst);
                    limit = None;
                }
                _ => {}
            }
            total_order();
            let stays = l.who.load(Ordering::SeqCst) == FOREGROUND && leads == l.leads.load(Ordering::SeqCst);
            if limit.is_some() || stays {
                futex::wait(&l.bell, bell, limit);
            }
            l.parked.swap(false, Ordering::SeqCst);
            let unled = l.who.load(Ordering::SeqCst) == NOBODY && l.leads.load(Ordering::SeqCst) == seen;
            if (unled && limit.is_some()) || self.is_stopping() {
                let _ = l.who.compare_exchange(NOBODY, BACKGROUND, Ordering::SeqCst, Ordering::SeqCst);
            }
            seen = leads;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{IoObject, Mailbox, Readiness, Sources, Token, rest};
    use crate::sys::thread::Settings;
    use std::sync::atomic::AtomicUsize as Count;
    use std::sync::mpsc::{Sender, channel};
    use std::thread::ThreadId;

    /// Tells which thread does its work.
    struct Reporter(Mutex<Sender<ThreadId>>);

    impl IoObject for Reporter {
        fn ready(&self, _: Readiness, _: &mut Offer<'_>) {}
        fn timer(&self, _: u32) {
            self.scheduled(&mut Offer::none());
        }
        fn scheduled(&self, _: &mut Offer<'_>) {
            let _ = self.0.lock().send(std::thread::current().id());
        }
    }

    fn wait_for(condition: impl Fn() -> bool) {
        let start = std::time::Instant::now();
        while !condition() {
            assert!(start.elapsed() < Duration::from_secs(20));
            std::thread::yield_now();
        }
    }

    /// As an application thread that waits for a message until its socket ends; which thread that is.
    fn wait_for_end(mailbox: &Arc<Mailbox>, io: &Arc<IoThread>) -> ThreadId {
        let sources = Sources { mailboxes: vec![mailbox.clone()], io: vec![io.clone()], receiving: true };
        while !mailbox.is_terminated() {
            rest(&sources, mailbox.times_taken(), None).unwrap();
        }
        std::thread::current().id()
    }

    fn who(io: &IoThread) -> u32 {
        io.leadership.who.load(Ordering::SeqCst)
    }

    #[test]
    fn a_waiting_thread_leads_and_the_io_thread_comes_back() {
        let io = IoThread::start(0, &Settings::default()).unwrap();
        let (send, receive) = channel();
        let mut token = None;
        let _object = io.add(|t| {
            token = Some(t);
            Arc::new(Reporter(Mutex::new(send)))
        });
        let token = token.unwrap();
        io.schedule(token);
        let background = receive.recv().unwrap();
        let mailbox = Arc::new(Mailbox::default());
        std::thread::scope(|s| {
            let waiting = s.spawn(|| wait_for_end(&mailbox, &io));
            wait_for(|| who(&io) == FOREGROUND);
            io.schedule(token);
            let worker = receive.recv().unwrap();
            io.add_timer(token, Duration::from_millis(1), 0);
            assert_eq!(receive.recv().unwrap(), worker);
            mailbox.terminate();
            assert_eq!(waiting.join().unwrap(), worker);
            assert_ne!(worker, background);
        });
        // Without being told, as there is nothing to do.
        wait_for(|| who(&io) == BACKGROUND);
        io.schedule(token);
        assert_eq!(receive.recv().unwrap(), background);
        io.remove(token);
        io.stop();
    }

    /// Leaves a part of its second task for later, and ends the wait of whoever leads.
    struct Leaver {
        reports: Mutex<Sender<ThreadId>>,
        io: Arc<IoThread>,
        token: Token,
        tasks: Count,
        mailbox: Arc<Mailbox>,
    }

    impl IoObject for Leaver {
        fn ready(&self, _: Readiness, _: &mut Offer<'_>) {}
        fn timer(&self, _: u32) {}
        fn scheduled(&self, _: &mut Offer<'_>) {
            if self.tasks.fetch_add(1, Ordering::SeqCst) == 1 {
                self.io.defer(self.token);
                self.mailbox.terminate();
            }
            let _ = self.reports.lock().send(std::thread::current().id());
        }
    }

    #[test]
    fn what_a_leader_leaves_the_io_thread_finds_when_it_comes_back() {
        let io = IoThread::start(0, &Settings::default()).unwrap();
        let mailbox = Arc::new(Mailbox::default());
        let (send, receive) = channel();
        let object = io.add(|token| {
            let tasks = 0.into();
            Arc::new(Leaver { reports: Mutex::new(send), io: io.clone(), token, tasks, mailbox: mailbox.clone() })
        });
        io.schedule(object.token);
        let background = receive.recv().unwrap();
        std::thread::scope(|s| {
            let waiting = s.spawn(|| wait_for_end(&mailbox, &io));
            wait_for(|| who(&io) == FOREGROUND);
            io.schedule(object.token);
            let worker = receive.recv().unwrap();
            assert_eq!(waiting.join().unwrap(), worker);
        });
        assert_eq!(receive.recv().unwrap(), background);
        io.remove(object.token);
        io.stop();
    }

    #[test]
    fn one_of_two_that_wait_does_not_lead() {
        let io = IoThread::start(0, &Settings::default()).unwrap();
        let waiter = Arc::new(Waiter::default());
        let follower = io.follow(&waiter, false);
        let second = io.follow(&waiter, true);
        assert!(who(&io) == BACKGROUND && !io.is_asked());
        drop(second);
        drop(follower);
        // The I/O thread may come back before this one leads.
        let lead = loop {
            waiter.prepare();
            let asking = io.follow(&waiter, true);
            wait_for(|| waiter.is_notified() || who(&io) == NOBODY);
            assert!(io.try_lead().is_none());
            drop(asking);
            if let Some(lead) = io.try_lead() {
                break lead;
            }
        };
        assert!(io.try_lead().is_none());
        let late = io.follow(&waiter, true);
        drop(lead);
        assert_eq!(who(&io), BACKGROUND);
        drop(late);
        io.stop();
    }

    #[test]
    fn a_thread_with_settings_of_its_own_is_not_asked() {
        let settings = Settings { cpus: vec![0], ..Settings::default() };
        let io = IoThread::start(0, &settings).unwrap();
        let waiter = Arc::new(Waiter::default());
        drop(io.follow(&waiter, true));
        assert!(!io.is_asked() && who(&io) == BACKGROUND);
        io.stop();
    }
}
