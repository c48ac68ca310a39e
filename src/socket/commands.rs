//! Carrying out what other threads asked of the socket, and taking out pipes that have ended. The socket's thread.

use super::Socket;
use crate::errno::{Errno, Result};
use crate::pattern::{Attach, Cx};
use crate::pipe::{Hwm, PipeEnd, PipeId};
use crate::runtime::{Attachment, Command, PipeOwner};

impl Socket {
    /// Carries out the waiting commands.
    ///
    /// # Errors
    /// `ETERM` once the context is shut down.
    #[inline]
    pub fn process_commands(&mut self) -> Result<()> {
        if self.mailbox.is_pending() { self.process_pending() } else { Ok(()) }
    }

    #[cold]
    fn process_pending(&mut self) -> Result<()> {
        let mut commands = std::mem::take(&mut self.commands);
        self.mailbox.take_all(&mut commands);
        for command in commands.drain(..) {
            self.carry_out(command);
        }
        self.commands = commands;
        self.remove_ended();
        if self.mailbox.is_terminated() {
            // Stays pending, so that the next call comes here too and ZMQ_FD stays readable.
            self.mailbox.terminate();
            return Err(Errno::ETERM);
        }
        Ok(())
    }

    fn carry_out(&mut self, command: Command) {
        let mut cx = Cx::new(&mut self.pipes, &self.options);
        match command {
            Command::Attach(joining) => {
                let Attachment { pipe, info, endpoint } = *joining;
                // The endpoint may have been taken back while its peer was on the way.
                if self.endpoints.contains(endpoint) {
                    self.attach(pipe, info, endpoint);
                }
            }
            Command::Readable(id) => {
                if cx.pipes.get(id).is_some() {
                    self.pattern.readable(&mut cx, id);
                }
            }
            Command::Writable(id) => {
                if let Some(pipe) = cx.pipes.get(id) {
                    pipe.credit_arrived();
                    self.pattern.writable(&mut cx, id);
                }
            }
            Command::Closed(id) => {
                if cx.pipes.get(id).is_some() {
                    self.pattern.peer_closed(&mut cx, id);
                }
            }
            Command::Identified(id, peer_id) => {
                if cx.pipes.get(id).is_some() {
                    self.pattern.identified(&mut cx, id, &peer_id);
                }
            }
            Command::EndpointGone(endpoint) => self.endpoints.forget(endpoint),
            Command::Reconnected(id) => {
                if cx.pipes.get(id).is_some() {
                    self.pattern.reconnected(&mut cx, id);
                }
            }
        }
    }

    /// Joins a pipe to the socket.
    pub(super) fn attach(&mut self, mut pipe: PipeEnd, info: Attach, endpoint: u64) -> PipeId {
        let id = self.pipes.next_id();
        pipe.set_notify(Box::new(PipeOwner::new(self.mailbox.clone(), id)));
        pipe.set_hwm(Hwm::from_option(self.options.sndhwm), Hwm::from_option(self.options.rcvhwm));
        // What happened before the pipe knew its owner made no command.
        let closed = pipe.peer_closed();
        self.pipes.insert(pipe, endpoint);
        let mut cx = Cx::new(&mut self.pipes, &self.options);
        self.pattern.attach(&mut cx, id, info);
        if closed && cx.pipes.get(id).is_some() {
            self.pattern.peer_closed(&mut cx, id);
        }
        id
    }

    /// Takes out the pipes that have ended or that the pattern gave up.
    #[inline]
    pub(super) fn remove_ended(&mut self) {
        if self.pipes.has_done() {
            self.remove_done();
        }
    }

    #[cold]
    fn remove_done(&mut self) {
        while let Some(id) = self.pipes.pop_done() {
            if let Some(endpoint) = self.pipes.tag(id) {
                self.endpoints.pipe_ended(endpoint);
            }
            if let Some(pipe) = self.pipes.remove(id) {
                let mut cx = Cx::new(&mut self.pipes, &self.options);
                self.pattern.terminated(&mut cx, id);
                drop(pipe);
            }
        }
    }
}
