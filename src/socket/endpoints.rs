//! Binding, connecting and their reversal (zmq_bind(3), zmq_connect(3), zmq_unbind(3), zmq_disconnect(3)). The socket's
//! thread.

use super::Socket;
use crate::context::{Bound, Connected, Pending};
use crate::endpoint::Endpoint;
use crate::errno::{Errno, Result};
use crate::pattern::Attach;
use crate::pipe::{Hwm, PipeOptions, pair};
use crate::session::{Listener, Origin, Role, Session};
use crate::transport;
use std::sync::Arc;

/// What stands behind an endpoint.
#[derive(Debug)]
enum Kind {
    Listener(Arc<Listener>),
    Connection,
    InprocBind(String),
    InprocConnection,
}

#[derive(Debug)]
struct Entry {
    /// What unbind or disconnect must name: the address on the binding side, else the user's text.
    key: String,
    number: u64,
    kind: Kind,
}

/// The endpoints of a socket, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    entries: Vec<Entry>,
    counter: u64,
}

impl Endpoints {
    pub(super) fn contains(&self, number: u64) -> bool {
        self.entries.iter().any(|e| e.number == number)
    }

    /// Takes out an endpoint that has ended by itself.
    pub(super) fn forget(&mut self, number: u64) {
        self.entries.retain(|e| e.number != number);
    }

    /// A pipe of the endpoint has ended. An inproc connection is its pipe; nothing would make it anew.
    pub(super) fn pipe_ended(&mut self, number: u64) {
        let ended = |e: &Entry| e.number == number && matches!(e.kind, Kind::InprocConnection);
        if let Some(index) = self.entries.iter().position(ended) {
            self.entries.remove(index);
        }
    }

    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn add(&mut self, key: String, number: u64, kind: Kind) {
        self.entries.push(Entry { key, number, kind });
    }

    fn is_connected(&self, key: &str) -> bool {
        self.entries.iter().any(|e| e.key == key && matches!(e.kind, Kind::Connection | Kind::InprocConnection))
    }

    /// Whether an I/O thread accepts or makes connections for the socket.
    pub(super) fn is_wired(&self) -> bool {
        self.entries.iter().any(|e| matches!(e.kind, Kind::Connection | Kind::Listener(_)))
    }

    fn take(&mut self, keys: &[String]) -> Vec<Entry> {
        let (taken, kept) = self.entries.drain(..).partition(|e| keys.contains(&e.key));
        self.entries = kept;
        taken
    }
}

impl Socket {
    /// Accepts connections on an endpoint.
    ///
    /// # Errors
    /// See zmq_bind(3).
    pub fn bind(&mut self, text: &str) -> Result<()> {
        self.process_commands()?;
        let endpoint = Endpoint::parse_bind(text)?;
        let number = self.endpoints.next();
        if let Endpoint::Inproc(name) = &endpoint {
            // Entered first: peers that wait for the name come as commands for this endpoint.
            self.endpoints.add(text.to_owned(), number, Kind::InprocBind(name.clone()));
            let bound = Bound {
                mailbox: self.mailbox.clone(),
                socket: self.shared.id(),
                socket_type: self.options.socket_type,
                endpoint: number,
                limits: self.shared.limits().clone(),
                routing_id: self.options.routing_id.clone(),
            };
            if let Err(errno) = self.shared.context().inproc().bind(name.as_bytes(), bound) {
                self.endpoints.entries.pop();
                return Err(errno);
            }
            // Peers that waited for the name join at once.
            self.process_commands()?;
            text.clone_into(&mut self.last_endpoint);
            return Ok(());
        }
        let listener = Listener::start(self.origin(number), &endpoint)?;
        listener.address().clone_into(&mut self.last_endpoint);
        self.endpoints.add(listener.address().to_owned(), number, Kind::Listener(listener));
        Ok(())
    }

    /// Connects to an endpoint, now or as soon as it is there.
    ///
    /// # Errors
    /// See zmq_connect(3).
    pub fn connect(&mut self, text: &str) -> Result<()> {
        self.process_commands()?;
        let endpoint = Endpoint::parse_connect(text)?;
        let repeated = self.options.socket_type.row().unique_connects && self.endpoints.is_connected(text);
        let inproc = matches!(endpoint, Endpoint::Inproc(_));
        if repeated && !inproc {
            return Ok(());
        }
        if let Some(id) = &self.options.connect_routing_id {
            let mut cx = crate::pattern::Cx::new(&mut self.pipes, &self.options);
            if self.pattern.has_route(&mut cx, id) {
                return Err(Errno::EADDRINUSE);
            }
        }
        match endpoint {
            Endpoint::Inproc(name) => self.connect_inproc(text, &name),
            endpoint => self.connect_wire(text, endpoint)?,
        }
        text.clone_into(&mut self.last_endpoint);
        Ok(())
    }

    fn connect_inproc(&mut self, text: &str, name: &str) {
        let conflate = self.options.conflate && self.options.socket_type.row().can_conflate;
        let (mine, theirs) = pair(PipeOptions { conflate });
        let number = self.endpoints.next();
        self.endpoints.add(text.to_owned(), number, Kind::InprocConnection);
        let id = self.pipes.next_id();
        let assigned_id = self.options.connect_routing_id.take();
        let own_id = self.options.routing_id.clone();
        // The pipe must know its limits and its owner before the peer does.
        let info = Attach { assigned_id, connecting: true, ..Attach::default() };
        let mut mine = mine;
        mine.set_hwm(Hwm::from_option(self.options.sndhwm), Hwm::from_option(self.options.rcvhwm));
        let pending = Pending { pipe: theirs, routing_id: own_id, connecter: (self.mailbox.clone(), id) };
        let context = self.shared.context().clone();
        // Attached before the name is looked up, so that what the binder says of itself finds the pipe.
        self.attach(mine, info, number);
        if let Connected::Now(peer_id) = context.inproc().connect(name.as_bytes(), pending) {
            let mut cx = crate::pattern::Cx::new(&mut self.pipes, &self.options);
            if cx.pipes.get(id).is_some() {
                self.pattern.identified(&mut cx, id, &peer_id);
            }
        }
        self.remove_ended();
    }

    fn connect_wire(&mut self, text: &str, endpoint: Endpoint) -> Result<()> {
        let io = self.shared.context().choose_io_thread(self.options.affinity)?;
        let number = self.endpoints.next();
        let origin = self.origin(number);
        let assigned_id = self.options.connect_routing_id.take();
        if assigned_id.is_some() {
            // It was for this connection alone.
            self.shared_options = None;
        }
        self.endpoints.add(text.to_owned(), number, Kind::Connection);
        let pipe = if self.options.immediate {
            None
        } else {
            let conflate = self.options.conflate && self.options.socket_type.row().can_conflate;
            let (mine, theirs) = pair(PipeOptions { conflate });
            let id = self.attach(mine, Attach { assigned_id, connecting: true, ..Attach::default() }, number);
            Some((theirs, id))
        };
        Session::start(&origin, io, Role::Connecting(endpoint, text.to_owned()), pipe, None);
        self.remove_ended();
        Ok(())
    }

    fn origin(&mut self, number: u64) -> Origin {
        let shared = &mut self.shared_options;
        Origin {
            host: self.shared.clone(),
            sessions: self.sessions.clone(),
            options: shared.get_or_insert_with(|| Arc::new(self.options.clone())).clone(),
            endpoint: number,
        }
    }

    /// Takes back a bind or a connect: all endpoints under this name.
    ///
    /// # Errors
    /// `EINVAL` and `EPROTONOSUPPORT` for the text, `ENOENT` if there is no such endpoint, `ETERM`.
    pub fn unbind(&mut self, text: &str) -> Result<()> {
        self.process_commands()?;
        let endpoint = Endpoint::parse_bind(text)?;
        let mut taken = self.endpoints.take(&[text.to_owned()]);
        if taken.is_empty() {
            taken = self.endpoints.take(&transport::resolved_forms(&endpoint, &self.options));
        }
        if taken.is_empty() {
            return Err(Errno::ENOENT);
        }
        for entry in taken {
            self.end_endpoint(&entry);
        }
        self.remove_ended();
        Ok(())
    }

    fn end_endpoint(&mut self, entry: &Entry) {
        match &entry.kind {
            // Connections that were made through the name stay.
            Kind::InprocBind(name) => {
                self.shared.context().inproc().unbind(name.as_bytes(), self.shared.id());
                return;
            }
            Kind::Listener(listener) => listener.close(),
            Kind::Connection | Kind::InprocConnection => {}
        }
        let ids: Vec<_> = self.pipes.ids().filter(|id| self.pipes.tag(*id) == Some(entry.number)).collect();
        for id in ids {
            self.pipes.close(id);
        }
        self.remove_ended();
        for session in self.sessions.of_endpoint(entry.number) {
            session.disconnect(self.options.linger);
        }
    }

    /// Ends all endpoints, for the close of the socket; its connections are ended by the caller.
    pub(super) fn close_endpoints(&mut self) {
        for entry in std::mem::take(&mut self.endpoints.entries) {
            match entry.kind {
                Kind::Listener(listener) => listener.close(),
                Kind::InprocBind(name) => {
                    self.shared.context().inproc().unbind(name.as_bytes(), self.shared.id());
                }
                Kind::Connection | Kind::InprocConnection => {}
            }
        }
    }
}
