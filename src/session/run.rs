//! The session itself: its lock, its stages, how it starts and how it runs.

use super::connect::Connect;
use super::engine::{Engine, Input};
use super::host::{Origin, event};
use super::negotiation::Pending;
use super::pipe_side::PipeSide;
use super::protocol::{self, ZapExchange};
use crate::errno::Errno;
use crate::message::{Msg, Offer};
use crate::options::stop;
use crate::pattern::Attach;
use crate::pipe::{Hwm, PipeEnd, PipeId, PipeOptions, pair};
use crate::runtime::{Attachment, Command, IoObject, IoThread, Readiness, TimerId, Token};
use crate::socket_type::SocketType;
use crate::sys::lock::Mutex;
use crate::transport::Stream;
use crate::zmtp::{Failure, PeerInfo, ProtocolError};
use std::mem::offset_of;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

pub(super) const TIMER_HANDSHAKE: u32 = 1;
pub(super) const TIMER_RECONNECT: u32 = 2;
pub(super) const TIMER_LINGER: u32 = 3;
const TIMER_HEARTBEAT: u32 = 4;
pub(super) const TIMER_CONNECT: u32 = 5;
pub(super) const TIMER_CLOSE: u32 = 6;

/// An I/O thread with so many objects has one connection, with or without its listener: nobody minds if it is waited for.
const ALONE: usize = 2;

/// How a session came to be.
#[derive(Debug)]
pub enum Role {
    /// By a listener.
    Accepted,
    /// By `zmq_connect` to this endpoint, whose text is the user's.
    Connecting(crate::endpoint::Endpoint, String),
}

#[allow(clippy::large_enum_variant, reason = "what every message takes is in one piece of memory, most of it here")]
pub(super) enum Stage {
    Idle,
    Resolving,
    Connecting(Stream),
    Proxy(Stream, Box<crate::transport::socks::Client>),
    Running(Engine),
    Waiting,
    /// Everything is written; the peer's kernel has not confirmed so many bytes yet.
    Closing(Stream, usize),
    Done,
}

/// What the lock guards. What every message takes comes first, as in [`Session`].
#[repr(C)]
pub(super) struct Inner {
    /// `stop` was called, or the socket closed its end of the pipe.
    pub(super) stopping: bool,
    /// The peer speaks a protocol before ZMTP 3.0.
    legacy: bool,
    pub(super) stage: Stage,
    pub(super) pipe: Option<PipeEnd>,
    /// The socket's id of its end; `None` until there is a pipe.
    pipe_id: Option<PipeId>,
    pub(super) connect: Option<Box<Connect>>,
    pub(super) handshake: Option<TimerId>,
    heartbeat: Option<TimerId>,
    pub(super) linger: Option<TimerId>,
    /// A handshake that waits for the authentication handler.
    pub(super) zap: Option<Box<ZapExchange>>,
    /// A handshake that waits for a security library.
    pub(super) negotiation: Pending,
}

/// A connection's life.
#[repr(C)]
pub struct Session {
    pub(super) io: Arc<IoThread>,
    pub(super) token: Token,
    scheduled: AtomicBool,
    pub(super) inner: Mutex<Inner>,
    pub(super) origin: Origin,
    pub(super) id: u64,
    pub(super) me: Weak<Session>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Session {
    /// Starts a session. A connecting one gets its end of the pipe at once, unless IMMEDIATE is set; `pipe` names the
    /// socket's end of it.
    pub fn start(
        origin: &Origin,
        io: Arc<IoThread>,
        role: Role,
        pipe: Option<(PipeEnd, PipeId)>,
        stream: Option<Stream>,
    ) -> Option<Arc<Session>> {
        let connect = match role {
            Role::Accepted => None,
            Role::Connecting(endpoint, text) => Some(Box::new(Connect::new(endpoint, text, &origin.options))),
        };
        let (pipe, pipe_id) = pipe.unzip();
        let inner = Inner {
            stage: Stage::Idle,
            pipe,
            pipe_id,
            connect,
            handshake: None,
            heartbeat: None,
            linger: None,
            stopping: false,
            legacy: false,
            zap: None,
            negotiation: Pending::default(),
        };
        let session = origin.sessions.add(|id| {
            io.add(|token| {
                Arc::new_cyclic(|me| Session {
                    io: io.clone(),
                    token,
                    scheduled: AtomicBool::new(false),
                    origin: origin.clone(),
                    id,
                    me: me.clone(),
                    inner: Mutex::new(inner),
                })
            })
        })?;
        let mut inner = session.inner.lock();
        if let Some(pipe) = &mut inner.pipe {
            pipe.set_notify(PipeSide::new(&session));
        }
        match stream {
            Some(stream) => session.begin(&mut inner, stream, true),
            None => session.schedule(),
        }
        drop(inner);
        Some(session)
    }

    /// The socket's number of the endpoint that the session belongs to.
    pub fn endpoint(&self) -> u64 {
        self.origin.endpoint
    }

    /// What offers of memory for this socket's messages name.
    fn owner(&self) -> usize {
        Arc::as_ptr(self.origin.host.mailbox()).addr()
    }

    /// Address and size of what every message takes, without the pipe.
    pub(super) fn front(&self) -> (usize, usize) {
        let start = (&raw const *self).addr();
        (start, self.inner.data_ptr().addr() - start + offset_of!(Inner, stage) + Engine::FRONT)
    }

    /// Asks for the I/O thread's attention.
    pub(super) fn schedule(&self) {
        if !self.scheduled.swap(true, Ordering::SeqCst) {
            self.io.schedule(self.token);
        }
    }

    /// Writes what there is to write; see [`Engine::write`].
    pub(super) fn write(&self, engine: &mut Engine, pipe: &mut Option<PipeEnd>) -> Result<(), ProtocolError> {
        let result = engine.write(pipe);
        self.follow_room(engine);
        result
    }

    /// Has the reactor tell of room in the kernel if anybody has to be told.
    pub(super) fn follow_room(&self, engine: &mut Engine) {
        engine.waits_itself &= engine.is_writable();
        let watch = !engine.waits_itself;
        if watch != engine.room_watched && self.io.watch_room(self.token, engine.stream.as_fd(), watch).is_ok() {
            engine.room_watched = watch;
        }
    }

    /// A stream is connected or accepted: the protocol starts. `watch` says that the reactor does not know it yet.
    pub(super) fn begin(&self, inner: &mut Inner, stream: Stream, watch: bool) {
        if watch && self.io.watch(self.token, stream.as_fd()).is_err() {
            self.lose(inner, Errno::ENOMEM);
            return;
        }
        let options = &self.origin.options;
        let connection = protocol::connection(options);
        if !protocol::is_raw(options) && options.handshake_ivl > 0 {
            let after = Duration::from_millis(options.handshake_ivl as u64);
            inner.handshake = Some(self.io.add_timer(self.token, after, TIMER_HANDSHAKE));
        }
        inner.stage = Stage::Running(Engine::new(stream, connection, options));
        self.pump(inner);
    }

    /// Moves everything that can move now, both ways.
    pub(super) fn pump(&self, inner: &mut Inner) {
        if let Stage::Running(engine) = &mut inner.stage {
            engine.look_at_pipe();
        }
        self.pump_into(inner, None);
    }

    /// The same. The thread that leads, in its turn, has an offer: a large message for this socket may go to its memory.
    fn pump_into(&self, inner: &mut Inner, offer: Option<&mut Offer<'_>>) {
        let in_turn = offer.is_some();
        let (mut offer, served) = match offer.filter(|offer| offer.is_any() && offer.is_by(self.owner())) {
            Some(offer) if offer.received().is_some() => (None, true),
            offer => (offer, false),
        };
        let mine = offer.is_some() || served;
        loop {
            let Stage::Running(engine) = &mut inner.stage else { return };
            engine.offered |= mine;
            // Once the socket is gone nobody reads; the peer's end is found by writing or by the linger time.
            let input = match served && engine.large {
                // The application has something to do, and may offer memory for what follows.
                true => Input::Large,
                false if engine.has_nothing_in() => Input::Drained,
                false => engine.read(&mut inner.pipe, offer.as_deref_mut(), self.io.load() <= ALONE),
            };
            let written = match input {
                Input::Drained if engine.has_nothing_out() => Ok(()),
                // The next connection is to have what is in the pipe.
                Input::Lost(_) if inner.connect.is_some() && self.keeps_pipe() => self.write(engine, &mut None),
                _ => self.write(engine, &mut inner.pipe),
            };
            if let Err(error) = written {
                return self.fail(inner, error);
            }
            match input {
                // A broken write asks for the end to be looked for.
                Input::Drained if engine.is_readable() => {}
                Input::Drained | Input::Blocked => break,
                // Whoever waits for messages leads from here on, or goes on.
                Input::Large if in_turn && engine.offered => {
                    self.io.defer(self.token);
                    break;
                }
                Input::Large | Input::Again => {
                    self.schedule();
                    break;
                }
                Input::Ready(peer) => self.greet(inner, peer),
                Input::Zap(request) => self.ask_zap(inner, *request),
                Input::Negotiate(step) => self.negotiate(inner, *step),
                Input::Refused => self.refused(inner),
                Input::Lost(errno) => return self.lose(inner, errno),
                Input::Failed(error) => return self.fail(inner, error),
            }
        }
        self.arm_heartbeat(inner);
        if inner.stopping || inner.pipe.as_ref().is_some_and(PipeEnd::peer_closed) {
            self.wind_up(inner);
        }
    }

    /// The handshake is over: the socket learns of the peer.
    fn greet(&self, inner: &mut Inner, peer: Box<PeerInfo>) {
        if let Some(timer) = inner.handshake.take() {
            self.io.cancel_timer(timer);
        }
        let Stage::Running(engine) = &mut inner.stage else { return };
        let announced =
            (!peer.is_legacy() && !self.is_raw()).then(|| endpoint_text(inner.connect.as_deref(), &engine.stream));
        inner.legacy = peer.is_legacy();
        let metadata = engine.metadata(&peer);
        let subscribe_all = peer.subscribe_all();
        match (&inner.pipe, inner.pipe_id) {
            (Some(_), Some(id)) => {
                self.origin.host.mailbox().send(Command::Identified(id, peer.routing_id));
            }
            _ => inner.pipe = Some(self.attach(inner.connect.is_some(), *peer)),
        }
        // Said after the socket knows of the peer, so that who waits for the event can count on it, and before anything
        // that the peer sends.
        if let Some(text) = announced {
            self.origin.host.emit(event::HANDSHAKE_SUCCEEDED, 0, &text);
        }
        if let Some(pipe) = &mut inner.pipe {
            pipe.write_metadata(metadata);
            let publishes = matches!(self.origin.options.socket_type, SocketType::Pub | SocketType::Xpub);
            if subscribe_all
                && publishes
                && let Ok(everything) = Msg::subscription(b"", true)
            {
                pipe.write_unchecked(everything);
                pipe.flush();
            }
            if self.is_raw() && self.origin.options.stream_notify {
                pipe.write_unchecked(Msg::new());
                pipe.flush();
            }
        }
    }

    /// Makes a pipe and gives the socket its end.
    fn attach(&self, connecting: bool, peer: PeerInfo) -> PipeEnd {
        let options = &self.origin.options;
        let conflate = options.conflate && options.socket_type.row().can_conflate;
        let (mut mine, mut theirs) = pair(PipeOptions { conflate });
        theirs.set_hwm(Hwm::from_option(options.sndhwm), Hwm::from_option(options.rcvhwm));
        mine.set_notify(PipeSide::new(self));
        let assigned_id = if connecting { options.connect_routing_id.clone() } else { None };
        let info = Attach { peer_id: Some(peer.routing_id), assigned_id, connecting, ..Attach::default() };
        let joining = Attachment { pipe: theirs, info, endpoint: self.origin.endpoint };
        self.origin.host.mailbox().send(Command::Attach(Box::new(joining)));
        mine
    }

    /// Follows the protocol's timers. Reads the clock only when they have changed.
    fn arm_heartbeat(&self, inner: &mut Inner) {
        let Stage::Running(engine) = &mut inner.stage else { return };
        if !engine.protocol.timers_changed() {
            return;
        }
        let now = Instant::now();
        let next = engine.protocol.update_timers(now);
        self.set_heartbeat(inner, next, now);
    }

    fn set_heartbeat(&self, inner: &mut Inner, next: Option<Instant>, now: Instant) {
        if let Some(timer) = inner.heartbeat.take() {
            self.io.cancel_timer(timer);
        }
        inner.heartbeat =
            next.map(|at| self.io.add_timer(self.token, at.saturating_duration_since(now), TIMER_HEARTBEAT));
    }

    fn heartbeat(&self, inner: &mut Inner) {
        inner.heartbeat = None;
        let Stage::Running(engine) = &mut inner.stage else { return };
        if engine.is_blocked() {
            engine.protocol.excuse_silence();
        }
        let now = Instant::now();
        match engine.protocol.handle_timeout(now) {
            Ok(next) => {
                self.set_heartbeat(inner, next, now);
                self.pump(inner);
            }
            Err(error) => self.fail(inner, error),
        }
    }

    /// The peer broke the protocol, or refused this side.
    pub(super) fn fail(&self, inner: &mut Inner, error: ProtocolError) {
        let Stage::Running(engine) = &mut inner.stage else { return };
        // What is to be said before closing (an ERROR command) was queued by the protocol.
        if error.flush {
            let _ = self.write(engine, &mut None);
        }
        let text = endpoint_text(inner.connect.as_deref(), &engine.stream);
        let host = &self.origin.host;
        match error.failure {
            Failure::Protocol(code) => host.emit(event::HANDSHAKE_FAILED_PROTOCOL, code, &text),
            Failure::Auth(status) => host.emit(event::HANDSHAKE_FAILED_AUTH, u32::from(status), &text),
            Failure::NoDetail(errno) | Failure::Local(errno) => {
                host.emit(event::HANDSHAKE_FAILED_NO_DETAIL, errno.0 as u32, &text)
            }
            Failure::Silent(_) | Failure::TimedOut | Failure::Expired => {}
        }
        host.emit(event::DISCONNECTED, engine.stream.raw_fd() as u32, &text);
        let stops = matches!(error.failure, Failure::Local(_)) && self.stops_at(stop::HANDSHAKE_FAILED);
        if !error.reconnect() || stops {
            return self.finish(inner);
        }
        if let Some(pipe) = &mut inner.pipe {
            engine.abandon(pipe);
        }
        self.disconnected(inner);
    }

    /// The connection is lost.
    pub(super) fn lose(&self, inner: &mut Inner, errno: Errno) {
        let mut last = false;
        if let Stage::Running(engine) = &mut inner.stage {
            last = !engine.protocol.is_ready() && self.stops_at(stop::HANDSHAKE_FAILED);
            let text = endpoint_text(inner.connect.as_deref(), &engine.stream);
            let host = &self.origin.host;
            if !engine.protocol.is_ready() || inner.legacy || self.is_raw() {
                host.emit(event::HANDSHAKE_FAILED_NO_DETAIL, errno.0 as u32, &text);
            }
            host.emit(event::DISCONNECTED, engine.stream.raw_fd() as u32, &text);
            if let Some(pipe) = &mut inner.pipe {
                engine.abandon(pipe);
                if self.is_raw() && self.origin.options.stream_notify {
                    pipe.write_unchecked(Msg::new());
                    pipe.flush();
                }
            }
        }
        if last { self.finish(inner) } else { self.disconnected(inner) }
    }

    /// What follows the end of a connection: another attempt, or the session's end.
    fn disconnected(&self, inner: &mut Inner) {
        self.cancel_timers(inner);
        inner.zap = None;
        inner.negotiation.cancel();
        inner.stage = Stage::Idle;
        if inner.connect.is_none() {
            return self.finish(inner);
        }
        if !self.keeps_pipe() {
            inner.pipe = None;
            inner.pipe_id = None;
        } else if let Some(id) = inner.pipe_id {
            self.origin.host.mailbox().send(Command::Reconnected(id));
        }
        self.retry(inner);
    }

    /// Whether the messages of one connection that `zmq_connect` asked for wait for the next.
    fn keeps_pipe(&self) -> bool {
        !self.origin.options.immediate && !self.is_raw()
    }

    fn is_raw(&self) -> bool {
        protocol::is_raw(&self.origin.options)
    }

    pub(super) fn cancel_timers(&self, inner: &mut Inner) {
        for timer in [inner.handshake.take(), inner.heartbeat.take()].into_iter().flatten() {
            self.io.cancel_timer(timer);
        }
    }
}

/// The endpoint in monitor events: the user's text on the connecting side, the actual address on the other.
pub(super) fn endpoint_text(connect: Option<&Connect>, stream: &Stream) -> String {
    connect.map_or_else(|| stream.local_endpoint(), |c| c.text().to_owned())
}

impl IoObject for Session {
    fn ready(&self, readiness: Readiness, offer: &mut Offer<'_>) {
        let mut inner = self.inner.lock();
        match &mut inner.stage {
            Stage::Running(engine) => {
                if readiness.readable {
                    engine.set_readable(readiness.hangup);
                }
                if readiness.writable {
                    engine.set_writable();
                }
                self.pump_into(&mut inner, Some(offer));
            }
            Stage::Connecting(_) if readiness.writable || readiness.hangup => self.finish_connecting(&mut inner),
            Stage::Proxy(..) => self.continue_proxy(&mut inner),
            Stage::Closing(..) => self.watch_closing(&mut inner),
            _ => {}
        }
    }

    fn timer(&self, kind: u32) {
        let mut inner = self.inner.lock();
        match kind {
            TIMER_HANDSHAKE if inner.handshake.is_some() => {
                inner.handshake = None;
                self.lose(&mut inner, Errno::ETIMEDOUT);
            }
            TIMER_HEARTBEAT if inner.heartbeat.is_some() => self.heartbeat(&mut inner),
            TIMER_RECONNECT if matches!(inner.stage, Stage::Waiting) => self.resolve(&mut inner),
            TIMER_CONNECT => self.connect_timed_out(&mut inner),
            TIMER_LINGER if inner.linger.is_some() => {
                inner.linger = None;
                inner.stopping = false;
                self.finish(&mut inner);
            }
            TIMER_CLOSE if inner.linger.is_some() => {
                inner.linger = None;
                self.closing_timed_out(&mut inner);
            }
            _ => {}
        }
    }

    fn memory(&self) -> [(usize, usize); 2] {
        [self.front(), (self.inner.data_ptr().addr() + offset_of!(Inner, pipe), PipeEnd::FRONT)]
    }

    fn prefetch(&self) {
        let Some(inner) = self.inner.try_lock() else { return };
        if let Some(pipe) = &inner.pipe {
            pipe.prefetch();
            pipe.prefetch_reader();
        }
    }

    fn scheduled(&self, offer: &mut Offer<'_>) {
        self.scheduled.store(false, Ordering::SeqCst);
        let mut inner = self.inner.lock();
        if let Some(pipe) = &mut inner.pipe {
            pipe.credit_arrived();
        }
        if let Stage::Running(engine) = &mut inner.stage {
            engine.look_at_pipe();
        }
        self.poll_zap(&mut inner);
        self.poll_negotiation(&mut inner);
        match inner.stage {
            Stage::Idle if inner.connect.is_some() => self.resolve(&mut inner),
            Stage::Running(_) => self.pump_into(&mut inner, Some(offer)),
            Stage::Done | Stage::Closing(..) => {}
            _ => {
                if inner.pipe.as_ref().is_some_and(PipeEnd::peer_closed) {
                    self.wind_up(&mut inner);
                }
            }
        }
    }
}
