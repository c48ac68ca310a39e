//! An I/O thread: readiness of descriptors, timers and work asked for by other threads, dispatched to [`IoObject`]s.
//!
//! Every method may be called from any thread; only `run` is the thread's own. The dispatching is done in turns by whoever
//! leads (see [`lead`](super::lead)): the thread itself, or an application thread that waits. Tokens carry a generation, so
//! that an event or a timer of an object that is gone finds nothing.

use super::lead::Leadership;
use super::waiter::Waiter;
use crate::errno::{Errno, Result};
use crate::message::{Offer, call_free_functions};
use crate::sync::{AtomicBool, AtomicUsize, Ordering, total_order};
use crate::sys::epoll::{EDGE, Event, Events, READABLE, WRITABLE};
use crate::sys::modelled::{Epoll, JoinHandle, Mutex, WakeFd, spawn};
use crate::sys::thread;
use crate::util::prefetch::prefetch_span;
use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Names an object of an I/O thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Token(u64);

const WAKE: u64 = u64::MAX;

/// Names a timer, for its cancellation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct TimerId(Instant, u64);

/// What a descriptor is ready for. Edge-triggered: said once, until the object has met `EAGAIN`.
#[derive(Clone, Copy, Debug)]
pub struct Readiness {
    /// Reading, or finding the end or an error.
    pub readable: bool,
    /// Writing, or the end of connecting.
    pub writable: bool,
    /// The peer has ended the stream: reading goes on until the end is found, whatever a short read suggests.
    pub hangup: bool,
}

/// What an I/O thread drives. Calls for one object never overlap each other, but may overlap other threads' calls of the
/// object's own methods.
pub trait IoObject: Send + Sync {
    /// The watched descriptor is ready. The calling thread offers memory for a message of one of its sockets.
    fn ready(&self, readiness: Readiness, offer: &mut Offer<'_>);
    /// A timer of this kind expired.
    fn timer(&self, kind: u32);
    /// Work was asked for with [`IoThread::schedule`] or [`IoThread::defer`]. The calling thread offers memory as above.
    fn scheduled(&self, offer: &mut Offer<'_>);
    /// The addresses and sizes of what each call works on in the object itself, to be asked for first.
    fn memory(&self) -> [(usize, usize); 2] {
        [((&raw const *self).addr(), size_of_val(self)), (0, 0)]
    }
    /// One of the calls above is a few other objects' calls away, and the object itself is near: what else they will need may
    /// be asked for now. Overlaps any other call.
    fn prefetch(&self) {}
}

struct Object {
    generation: u32,
    object: Option<Arc<dyn IoObject>>,
}

#[derive(Default)]
struct State {
    objects: Vec<Object>,
    free: Vec<u32>,
    timers: BTreeMap<TimerId, (Token, u32)>,
    timer_counter: u64,
    scheduled: Vec<Token>,
    /// Work that nobody has to be woken for.
    deferred: Vec<Token>,
}

/// How many calls ahead an object is asked for, and what belongs to it: an access to memory takes as long as some of them.
const FAR: usize = 6;
pub(super) const NEAR: usize = 3;
/// Fewer objects stay near by themselves.
pub(super) const MANY: usize = 64;

impl State {
    /// The object whose turn it is; `look_ahead` is for the turns after it.
    #[inline]
    fn come_to(&self, token: Token, look_ahead: impl Fn(&State)) -> Option<Arc<dyn IoObject>> {
        if self.objects.len() >= MANY {
            look_ahead(self);
        }
        self.get(token)
    }

    /// Asks for the memory of the objects that come after the place `at` in the order that `token` tells. At the first place
    /// for all of them, then for the one more that has come into reach.
    #[inline]
    fn look_ahead(&self, at: usize, token: impl Fn(usize) -> Option<Token>) {
        let object = |ahead| self.objects.get(token(at + ahead)?.0 as u32 as usize)?.object.as_deref();
        let from = |reach| if at == 0 { 1 } else { reach };
        for object in (from(FAR)..=FAR).map_while(object) {
            object.memory().into_iter().for_each(|(at, size)| prefetch_span(at, size));
        }
        (from(NEAR)..=NEAR).map_while(object).for_each(IoObject::prefetch);
    }

    fn get(&self, token: Token) -> Option<Arc<dyn IoObject>> {
        let slot = self.objects.get(token.0 as u32 as usize)?;
        if slot.generation != (token.0 >> 32) as u32 {
            return None;
        }
        slot.object.clone()
    }
}

/// What one turn needs; whoever leads holds its lock.
pub(super) struct Turn {
    events: Events,
    work: Vec<Token>,
    /// What the turns before left.
    late: Vec<Token>,
    /// Turns since the last look at the descriptors.
    blind: u32,
}

/// Most turns without a look at the descriptors, while the caller is served by what the turn before has left.
const BLIND_MAX: u32 = 8;

/// The handle of an I/O thread.
pub struct IoThread {
    index: usize,
    epoll: Epoll,
    wake: WakeFd,
    /// The leader sleeps or is about to.
    sleeping: AtomicBool,
    stopping: AtomicBool,
    load: AtomicUsize,
    /// The user gave the thread priority or processors of its own: nobody else does its work.
    exclusive: bool,
    pub(super) leadership: Leadership,
    pub(super) turn: Mutex<Turn>,
    state: Mutex<State>,
    join: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for IoThread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IoThread").field("index", &self.index).field("load", &self.load).finish_non_exhaustive()
    }
}

impl IoThread {
    /// Starts a thread.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`, `ENOMEM`, `EAGAIN` when the system has no more of what it needs.
    pub fn start(index: usize, settings: &thread::Settings) -> Result<Arc<IoThread>> {
        // Looks at files, which is better done here than in the middle of the first wait.
        thread::several_processors();
        let epoll = Epoll::new()?;
        let wake = WakeFd::new()?;
        epoll.add(wake.fd(), WAKE, READABLE)?;
        let io = Arc::new(IoThread {
            index,
            epoll,
            wake,
            sleeping: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            exclusive: settings.is_special(),
            leadership: Leadership::default(),
            turn: Mutex::new(Turn { events: Events::new(256), work: Vec::new(), late: Vec::new(), blind: 0 }),
            load: AtomicUsize::new(0),
            state: Mutex::new(State::default()),
            join: Mutex::new(None),
        });
        let own = io.clone();
        let name = format!("ZMQbg/IO/{index}");
        *io.join.lock() = Some(spawn(&name, settings, move || own.run())?);
        Ok(io)
    }

    /// The thread's number in its context.
    pub fn index(&self) -> usize {
        self.index
    }

    /// How many objects it drives.
    pub fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    /// Ends the thread once it has nothing more to do at once, and waits for it.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        total_order();
        self.interrupt();
        self.ring();
        let join = self.join.lock().take();
        if let Some(join) = join {
            let _ = join.join();
        }
    }

    /// Adds an object; `make` gets the token that it will have.
    pub fn add<T: IoObject + 'static>(&self, make: impl FnOnce(Token) -> Arc<T>) -> Arc<T> {
        let mut state = self.state.lock();
        let index = state.free.pop().unwrap_or_else(|| {
            state.objects.push(Object { generation: 0, object: None });
            (state.objects.len() - 1) as u32
        });
        let slot = &mut state.objects[index as usize];
        let object = make(Token(u64::from(slot.generation) << 32 | u64::from(index)));
        slot.object = Some(object.clone());
        self.load.fetch_add(1, Ordering::Relaxed);
        object
    }

    /// Takes an object out: no event or timer reaches it any more. Its descriptor must be closed by its owner.
    pub fn remove(&self, token: Token) {
        let mut state = self.state.lock();
        let index = token.0 as u32;
        let generation = (token.0 >> 32) as u32;
        let Some(slot) = state.objects.get_mut(index as usize).filter(|s| s.generation == generation) else { return };
        let object = slot.object.take();
        slot.generation = slot.generation.wrapping_add(1);
        state.free.push(index);
        self.load.fetch_sub(1, Ordering::Relaxed);
        drop(state);
        drop(object);
    }

    /// Reports the descriptor's readiness, by edges, until it is closed.
    ///
    /// # Errors
    /// `ENOMEM`, `ENOSPC` from epoll_ctl(2).
    pub fn watch(&self, token: Token, fd: BorrowedFd<'_>) -> Result<()> {
        self.epoll.add(fd, token.0, READABLE | WRITABLE | EDGE)
    }

    /// Reports readiness for writing too, or no more. Says at once what the descriptor is ready for.
    ///
    /// # Errors
    /// `ENOMEM` from epoll_ctl(2).
    pub fn watch_room(&self, token: Token, fd: BorrowedFd<'_>, watch: bool) -> Result<()> {
        self.epoll.modify(fd, token.0, READABLE | EDGE | if watch { WRITABLE } else { 0 })
    }

    /// Calls the object's `scheduled` soon, on this thread.
    pub fn schedule(&self, token: Token) {
        self.state.lock().scheduled.push(token);
        self.wake_up();
    }

    /// Calls the object's `scheduled` in the next turn, whoever leads then; for work that is left over in this turn. If the
    /// leader does not go on, it is done when the I/O thread comes back by itself.
    pub fn defer(&self, token: Token) {
        let mut state = self.state.lock();
        if !state.deferred.contains(&token) {
            state.deferred.push(token);
        }
    }

    /// Has the leader look again.
    pub(super) fn interrupt(&self) {
        if self.sleeping.swap(false, Ordering::SeqCst) {
            self.wake.signal();
        }
    }

    /// The same, and sees to it that there is a leader.
    fn wake_up(&self) {
        if self.is_unled() {
            self.hand_over();
        } else {
            self.interrupt();
        }
    }

    /// Ends the wait of a leader that is not this thread.
    pub(super) fn signal(&self) {
        self.wake.signal();
    }

    /// Whether application threads may do the thread's work.
    pub(super) fn is_shareable(&self) -> bool {
        !self.exclusive
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Whether work was asked for that nobody has done yet.
    pub(super) fn has_work(&self) -> bool {
        !self.state.lock().scheduled.is_empty()
    }

    /// Sets a timer.
    pub fn add_timer(&self, token: Token, after: Duration, kind: u32) -> TimerId {
        let mut state = self.state.lock();
        state.timer_counter += 1;
        let id = TimerId(Instant::now() + after, state.timer_counter);
        let first = state.timers.first_key_value().is_none_or(|(next, _)| id < *next);
        state.timers.insert(id, (token, kind));
        drop(state);
        if first {
            self.wake_up();
        }
        id
    }

    /// Cancels a timer that may have expired.
    pub fn cancel_timer(&self, id: TimerId) {
        self.state.lock().timers.remove(&id);
    }

    /// The thread's body.
    fn run(&self) {
        while !self.is_stopping() {
            let mut turn = self.turn.lock();
            // An interruption is a signal at most; the next turn looks at everything anyway.
            let _ = self.turn(&mut turn, None, None, &mut Offer::none());
            drop(turn);
            call_free_functions();
            self.give_way();
        }
    }

    /// Waits until a descriptor is ready, a timer expires, work is asked for, `limit` is over or `sleeper` is woken; then
    /// does what there is to do. The leader only, which offers memory.
    ///
    /// # Errors
    /// `EINTR` when a signal handler ran instead.
    pub(super) fn turn(
        &self,
        turn: &mut Turn,
        limit: Option<Duration>,
        sleeper: Option<&Waiter>,
        offer: &mut Offer<'_>,
    ) -> Result<()> {
        self.sleeping.swap(true, Ordering::SeqCst);
        total_order();
        let mut timeout = {
            let mut state = self.state.lock();
            std::mem::swap(&mut turn.late, &mut state.deferred);
            if state.scheduled.is_empty() {
                state.timers.first_key_value().map(|(id, _)| id.0.saturating_duration_since(Instant::now()))
            } else {
                Some(Duration::ZERO)
            }
        };
        if !turn.late.is_empty() {
            self.work_off(&mut turn.late, offer);
            if offer.received().is_some() && turn.blind < BLIND_MAX {
                turn.blind += 1;
                self.sleeping.swap(false, Ordering::SeqCst);
                return Ok(());
            }
            timeout = Some(Duration::ZERO);
        }
        turn.blind = 0;
        if let Some(limit) = limit {
            timeout = Some(timeout.map_or(limit, |t| t.min(limit)));
        }
        // Whoever stops the thread, or asks for the lead, says so first and then looks whether it sleeps.
        let told = sleeper.map_or_else(|| self.is_asked(), |sleeper| !sleeper.start_leading());
        if told || self.is_stopping() {
            timeout = Some(Duration::ZERO);
        }
        let result = self.epoll.wait(&mut turn.events, timeout);
        self.sleeping.swap(false, Ordering::SeqCst);
        if let Some(sleeper) = sleeper {
            sleeper.stop_leading();
        }
        for (at, event) in turn.events.iter().enumerate() {
            self.dispatch(event, offer, |state| state.look_ahead(at, |at| turn.events.get(at).map(|e| Token(e.token))));
        }
        self.expire_timers();
        std::mem::swap(&mut turn.work, &mut self.state.lock().scheduled);
        self.work_off(&mut turn.work, offer);
        match result {
            Err(Errno::EINTR) => Err(Errno::EINTR),
            _ => Ok(()),
        }
    }

    fn work_off(&self, work: &mut Vec<Token>, offer: &mut Offer<'_>) {
        for (at, token) in work.iter().enumerate() {
            let object = self.state.lock().come_to(*token, |state| state.look_ahead(at, |at| work.get(at).copied()));
            if let Some(object) = object {
                object.scheduled(offer);
            }
        }
        work.clear();
    }

    fn dispatch(&self, event: Event, offer: &mut Offer<'_>, look_ahead: impl Fn(&State)) {
        if event.token == WAKE {
            self.wake.drain();
            return;
        }
        let object = self.state.lock().come_to(Token(event.token), look_ahead);
        if let Some(object) = object {
            let readiness =
                Readiness { readable: event.readable(), writable: event.writable(), hangup: event.hung_up() };
            object.ready(readiness, offer);
        }
    }

    fn expire_timers(&self) {
        let mut now = None;
        loop {
            let mut state = self.state.lock();
            let Some((id, _)) = state.timers.first_key_value() else { return };
            let id = *id;
            if id.0 > *now.get_or_insert_with(Instant::now) {
                return;
            }
            let due = state.timers.remove(&id);
            let object = due.and_then(|(token, kind)| state.get(token).map(|o| (o, kind)));
            drop(state);
            if let Some((object, kind)) = object {
                object.timer(kind);
            }
        }
    }
}
