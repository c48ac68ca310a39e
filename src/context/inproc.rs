//! The inproc names of a context: who is bound to which, and who waits for a name to be bound. Any thread, under one
//! lock, so that binding takes over the waiting connections at once.

use crate::errno::{Errno, Result};
use crate::pattern::Attach;
use crate::pipe::{Hwm, PipeEnd, PipeId};
use crate::runtime::{Attachment, Command, Mailbox};
use crate::sys::lock::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// A socket's present high-water marks, for peers that connect to it.
#[derive(Debug)]
pub struct Limits {
    /// SNDHWM.
    pub send: AtomicI32,
    /// RCVHWM.
    pub receive: AtomicI32,
}

/// A bound name.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The bound socket's mailbox.
    pub mailbox: Arc<Mailbox>,
    /// Its number in the context.
    pub socket: u64,
    /// Its type.
    pub socket_type: crate::socket_type::SocketType,
    /// Its endpoint number for the name.
    pub endpoint: u64,
    /// Its limits.
    pub limits: Arc<Limits>,
    /// Its routing id.
    pub routing_id: Vec<u8>,
}

/// A connection that waits for its name to be bound.
#[derive(Debug)]
pub struct Pending {
    /// The end for the socket that will bind.
    pub pipe: PipeEnd,
    /// The connecting socket's routing id.
    pub routing_id: Vec<u8>,
    /// Where to tell the binder's routing id.
    pub connecter: (Arc<Mailbox>, PipeId),
}

/// How a connect went.
#[derive(Debug)]
pub enum Connected {
    /// The name is bound: the binder's routing id.
    Now(Vec<u8>),
    /// Some socket will bind it later, or none.
    Later,
}

#[derive(Debug, Default)]
struct Names {
    bound: HashMap<Vec<u8>, Bound>,
    pending: HashMap<Vec<u8>, Vec<Pending>>,
    /// How many connections wait, under all names, and how many may before the dead ones among them are taken out.
    waiting: usize,
    tolerated: usize,
}

/// Dead connections that are not worth a search.
const TOLERATED: usize = 64;

impl Names {
    fn add_pending(&mut self, name: &[u8], pending: Pending) {
        if self.waiting >= self.tolerated.max(TOLERATED) {
            // Whoever closed without having sent anything leaves nothing for the binder.
            self.pending.retain(|_, list| {
                list.retain_mut(|p| !p.pipe.peer_closed() || p.pipe.check_read());
                !list.is_empty()
            });
            self.waiting = self.pending.values().map(Vec::len).sum();
            self.tolerated = 2 * self.waiting;
        }
        self.pending.entry(name.to_vec()).or_default().push(pending);
        self.waiting += 1;
    }
}

/// The names.
#[derive(Debug, Default)]
pub struct Inproc {
    names: Mutex<Names>,
}

impl Bound {
    /// Gives the bound socket its end of a pipe whose limits are set.
    pub fn attach(&self, pipe: PipeEnd, info: Attach) {
        self.mailbox.send(Command::Attach(Box::new(Attachment { pipe, info, endpoint: self.endpoint })));
    }

    /// Gives the bound socket its end of a connection. The socket learns of it with its next command.
    fn join(&self, mut pipe: PipeEnd, peer_id: Vec<u8>) {
        let hwm = |v: &AtomicI32| Hwm::from_option(v.load(Ordering::Relaxed));
        pipe.set_hwm(hwm(&self.limits.send), hwm(&self.limits.receive));
        let info = Attach { peer_id: Some(peer_id), ..Attach::default() };
        self.attach(pipe, info);
    }
}

impl Inproc {
    /// Binds a name and takes over the connections that wait for it.
    ///
    /// # Errors
    /// `EADDRINUSE` if it is bound.
    pub fn bind(&self, name: &[u8], bound: Bound) -> Result<()> {
        let mut names = self.names.lock();
        if names.bound.contains_key(name) {
            return Err(Errno::EADDRINUSE);
        }
        let list = names.pending.remove(name).unwrap_or_default();
        names.waiting -= list.len();
        for waiting in list {
            let (mailbox, pipe) = waiting.connecter;
            mailbox.send(Command::Identified(pipe, bound.routing_id.clone()));
            bound.join(waiting.pipe, waiting.routing_id);
        }
        names.bound.insert(name.to_vec(), bound);
        Ok(())
    }

    /// Connects to a name: `pending` is the binder's side of the connection.
    pub fn connect(&self, name: &[u8], pending: Pending) -> Connected {
        let mut names = self.names.lock();
        match names.bound.get(name) {
            Some(bound) => {
                let id = bound.routing_id.clone();
                bound.join(pending.pipe, pending.routing_id);
                Connected::Now(id)
            }
            None => {
                names.add_pending(name, pending);
                Connected::Later
            }
        }
    }

    /// Who is bound to a name.
    pub fn find(&self, name: &[u8]) -> Option<Bound> {
        self.names.lock().bound.get(name).cloned()
    }

    /// Gives a name up, if the socket has it.
    pub fn unbind(&self, name: &[u8], socket: u64) -> bool {
        let mut names = self.names.lock();
        let held = names.bound.get(name).is_some_and(|b| b.socket == socket);
        held && names.bound.remove(name).is_some()
    }

    /// Drops the connections that wait for a bind which cannot come any more.
    pub fn clear(&self) {
        let mut names = self.names.lock();
        names.waiting = 0;
        let pending = std::mem::take(&mut names.pending);
        drop(names);
        drop(pending);
    }
}
