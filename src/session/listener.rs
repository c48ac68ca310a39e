//! A bound endpoint: accepts connections and starts a session for each. Driven by an I/O thread; closed by the socket's.

use super::host::{Origin, event};
use super::{Role, Session};
use crate::endpoint::Endpoint;
use crate::errno::{Errno, Result};
use crate::message::Offer;
use crate::runtime::{IoObject, IoThread, Readiness, Token};
use crate::sys::lock::Mutex;
use crate::transport::{AcceptError, Listener as Bound};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long accepting rests when descriptors or memory are short: a new connection gives no new edge.
const RETRY: Duration = Duration::from_millis(50);
const TIMER_RETRY: u32 = 1;
/// Connections that are accepted before the thread's other objects get their turn.
const BURST: usize = 64;

/// A listening socket and what its connections start from.
pub struct Listener {
    io: Arc<IoThread>,
    token: Token,
    origin: Origin,
    address: String,
    bound: Mutex<Option<Bound>>,
    /// A timer for the next attempt is set.
    resting: AtomicBool,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Listener {
    /// Binds and begins to accept.
    ///
    /// # Errors
    /// `EMTHREAD` without an I/O thread; else what binding says (zmq_tcp(7), zmq_ipc(7)).
    pub fn start(origin: Origin, endpoint: &Endpoint) -> Result<Arc<Listener>> {
        let io = origin.host.choose_io_thread(origin.options.affinity)?;
        let host = origin.host.clone();
        let bound = Bound::bind(endpoint, &origin.options).map_err(|error| {
            if let Some(fd) = error.fd {
                host.emit(event::CLOSED, fd as u32, &error.closed_endpoint);
            }
            host.emit(event::BIND_FAILED, error.errno.0 as u32, &error.address);
            error.errno
        })?;
        let fd = bound.raw_fd();
        let address = bound.local_endpoint().to_owned();
        host.emit(event::LISTENING, fd as u32, &address);
        let bound = Mutex::new(Some(bound));
        let resting = AtomicBool::new(false);
        let listener = io.add(|token| Arc::new(Listener { io: io.clone(), token, origin, address, bound, resting }));
        let watched = listener.bound.lock().as_ref().map_or(Ok(()), |b| io.watch(listener.token, b.as_fd()));
        if let Err(errno) = watched {
            listener.close();
            return Err(errno);
        }
        Ok(listener)
    }

    /// The endpoint in the form that `ZMQ_LAST_ENDPOINT` reports.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Stops accepting; the descriptor is closed when this returns.
    pub fn close(&self) {
        let Some(bound) = self.bound.lock().take() else { return };
        self.io.remove(self.token);
        let fd = bound.raw_fd();
        match bound.close() {
            Ok(()) => self.origin.host.emit(event::CLOSED, fd as u32, &self.address),
            Err(errno) => self.origin.host.emit(event::CLOSE_FAILED, errno.0 as u32, &self.address),
        }
    }

    fn accept_some(&self) {
        let guard = self.bound.lock();
        let Some(bound) = guard.as_ref() else { return };
        for _ in 0..BURST {
            match bound.accept() {
                Ok(Some(stream)) => {
                    self.origin.host.emit(event::ACCEPTED, stream.raw_fd() as u32, &self.address);
                    let Ok(io) = self.origin.host.choose_io_thread(self.origin.options.affinity) else { continue };
                    Session::start(&self.origin, io, Role::Accepted, None, Some(stream));
                }
                Ok(None) => return,
                Err(AcceptError::Rejected) => {
                    self.origin.host.emit(event::ACCEPT_FAILED, Errno::EPERM.0 as u32, &self.address)
                }
                Err(AcceptError::Failed(errno)) => {
                    self.origin.host.emit(event::ACCEPT_FAILED, errno.0 as u32, &self.address);
                    // One timer, however many connections announce themselves meanwhile.
                    if !self.resting.swap(true, Ordering::Relaxed) {
                        self.io.add_timer(self.token, RETRY, TIMER_RETRY);
                    }
                    return;
                }
            }
        }
        self.io.schedule(self.token);
    }
}

impl IoObject for Listener {
    fn ready(&self, _: Readiness, _: &mut Offer<'_>) {
        // While accepting rests, the timer looks at what has come.
        if !self.resting.load(Ordering::Relaxed) {
            self.accept_some();
        }
    }

    fn timer(&self, _: u32) {
        self.resting.store(false, Ordering::Relaxed);
        self.accept_some();
    }

    fn scheduled(&self, _: &mut Offer<'_>) {
        self.accept_some();
    }
}
