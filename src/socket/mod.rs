//! A socket: what the application calls, on the application's thread, under the socket's lock.
//!
//! Every call first carries out the commands that wait in the mailbox, then asks the pattern, then takes out the pipes
//! that have ended. Blocking is done around these calls, in `blocking`, with the lock released.

pub mod blocking;
mod commands;
mod endpoints;
#[cfg(all(test, loom))]
mod loom_tests;
mod monitor;
mod options;
mod shared;
mod transfer;

use crate::context::Context;
use crate::errno::{Errno, Result};
use crate::message::SendSlab;
use crate::options::Options;
use crate::pattern::{self, Pattern};
use crate::pipe::PipeSet;
use crate::runtime::{Command, IoThread, Mailbox};
use crate::session::Sessions;
use crate::socket_type::SocketType;
use crate::sys::lock::Mutex;
use endpoints::Endpoints;
use shared::Shared;
use std::collections::VecDeque;
use std::sync::Arc;

pub use transfer::{POLLIN, POLLOUT};

/// Sockets that a forked child closed: kept as they are.
static INHERITED: Mutex<Vec<Socket>> = Mutex::new(Vec::new());

/// A socket.
pub struct Socket {
    options: Options,
    /// A copy as of the last endpoint, for those that follow while no option changes.
    shared_options: Option<Arc<Options>>,
    pattern: Box<dyn Pattern>,
    pipes: PipeSet,
    mailbox: Arc<Mailbox>,
    shared: Arc<Shared>,
    sessions: Arc<Sessions>,
    endpoints: Endpoints,
    last_endpoint: String,
    rcvmore: bool,
    /// The last `try_recv` gave up although there may be more to receive: to be asked again, not waited for.
    again: bool,
    slab: SendSlab,
    /// Commands being carried out.
    commands: VecDeque<Command>,
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket")
            .field("type", &self.options.socket_type)
            .field("pipes", &self.pipes.len())
            .finish_non_exhaustive()
    }
}

impl Socket {
    /// A new socket of a context.
    ///
    /// # Errors
    /// `ETERM` after shutdown, `EMFILE` when all slots are in use.
    pub fn open(context: &Arc<Context>, socket_type: SocketType) -> Result<Socket> {
        let mailbox = Arc::new(Mailbox::default());
        let id = context.open_socket(&mailbox)?;
        let inherited = context.options().lock().inherited();
        let options = Options::new(socket_type, inherited);
        let shared = Shared::new(context.clone(), mailbox.clone(), id, &options);
        Ok(Socket {
            pattern: pattern::new(socket_type),
            options,
            shared_options: None,
            pipes: PipeSet::default(),
            mailbox,
            shared,
            sessions: Arc::default(),
            endpoints: Endpoints::default(),
            last_endpoint: String::new(),
            rcvmore: false,
            again: false,
            slab: SendSlab::default(),
            commands: VecDeque::new(),
        })
    }

    /// The mailbox, to wait on.
    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// The I/O thread on which all its connections depend, if there are or may come any and it is one.
    pub fn io_thread(&self) -> Option<Arc<IoThread>> {
        let depends = self.endpoints.is_wired() || !self.sessions.is_empty();
        if depends { self.shared.context().sole_io_thread() } else { None }
    }

    /// The socket's type.
    pub fn socket_type(&self) -> SocketType {
        self.options.socket_type
    }

    /// How long a send may block, in milliseconds; -1 is for ever.
    pub fn send_timeout_ms(&self) -> i32 {
        self.options.sndtimeo
    }

    /// How long a receive may block.
    pub fn receive_timeout_ms(&self) -> i32 {
        self.options.rcvtimeo
    }

    /// Whether the last part received has more to follow.
    pub fn rcvmore(&self) -> bool {
        self.rcvmore
    }

    /// Fails if the context has been shut down.
    ///
    /// # Errors
    /// `ETERM`.
    pub fn check_open(&self) -> Result<()> {
        if self.mailbox.is_terminated() { Err(Errno::ETERM) } else { Ok(()) }
    }

    /// Ends the socket. Endpoints are closed when this returns; what lingers is finished by the I/O threads, and the
    /// socket's slot in the context is free once that is done, which may be now.
    pub fn close(mut self) {
        if self.shared.context().is_inherited() {
            // The parent's threads were using what this points to; a child must not touch it.
            INHERITED.lock().push(self);
            return;
        }
        self.shared.context().socket_closed(self.shared.id());
        let _ = self.process_commands();
        self.close_endpoints();
        self.mailbox.close();
        for id in self.pipes.ids().collect::<Vec<_>>() {
            drop(self.pipes.remove(id));
        }
        let (idle, gone) = (self.shared.clone(), self.shared.clone());
        let linger = self.options.linger;
        for session in self.sessions.close(Box::new(move || idle.finished()), Box::new(move || gone.gone())) {
            session.stop(linger);
        }
        self.sessions.settle();
    }
}
