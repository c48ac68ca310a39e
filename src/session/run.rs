//! The session itself: its lock, its stages, how it starts and how it runs.

use super::connect::Connect;
use super::engine::{Engine, Input};
use super::host::Origin;
use super::negotiation::Pending;
use super::pipe_side::PipeSide;
use super::protocol::{self, ZapExchange};
use super::timers::TIMER_HANDSHAKE;
use crate::errno::Errno;
use crate::message::Offer;
use crate::pipe::{PipeEnd, PipeId};
use crate::runtime::{IoThread, TimerId, Token};
use crate::sys::lock::Mutex;
use crate::transport::Stream;
use crate::zmtp::ProtocolError;
use std::mem::offset_of;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

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
    pub(super) legacy: bool,
    pub(super) stage: Stage,
    pub(super) pipe: Option<PipeEnd>,
    /// The socket's id of its end; `None` until there is a pipe.
    pub(super) pipe_id: Option<PipeId>,
    pub(super) connect: Option<Box<Connect>>,
    pub(super) handshake: Option<TimerId>,
    pub(super) heartbeat: Option<TimerId>,
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
    pub(super) scheduled: AtomicBool,
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
    pub(super) fn pump_into(&self, inner: &mut Inner, offer: Option<&mut Offer<'_>>) {
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

    pub(super) fn is_raw(&self) -> bool {
        protocol::is_raw(&self.origin.options)
    }
}
