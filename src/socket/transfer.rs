//! Sending and receiving one part without blocking, and the events of the socket. The socket's thread.

use super::Socket;
use crate::errno::Result;
use crate::message::{Destination, Msg, Offer, SendSlab, flag};
use crate::pattern::Cx;

/// `ZMQ_POLLIN`.
pub const POLLIN: i16 = 1;
/// `ZMQ_POLLOUT`.
pub const POLLOUT: i16 = 2;

const INTERNAL: u8 = !(flag::MORE | flag::SHARED);

impl Socket {
    /// Sends one part; on success `msg` is left empty, on failure as it was, but for its metadata.
    ///
    /// # Errors
    /// `EAGAIN` if it would block; else what the type says (zmq_send(3)); `ETERM`.
    #[inline]
    pub fn try_send(&mut self, msg: &mut Msg, more: bool, dontwait: bool) -> Result<()> {
        self.process_commands()?;
        msg.set_more(more);
        msg.clear_flags(INTERNAL);
        if msg.metadata().is_some() {
            msg.set_metadata(None);
        }
        let mut cx = Cx::new(&mut self.pipes, &self.options);
        cx.dontwait = dontwait;
        let result = self.pattern.send(&mut cx, msg);
        self.remove_ended();
        result
    }

    /// Sends a copy of `bytes` as a part; see [`Socket::try_send`].
    ///
    /// # Errors
    /// As [`Socket::try_send`], and `ENOMEM`.
    #[inline]
    pub fn try_send_copy(&mut self, bytes: &[u8], more: bool, dontwait: bool) -> Result<()> {
        self.process_commands()?;
        let mut cx = Cx::new(&mut self.pipes, &self.options);
        cx.dontwait = dontwait;
        let result = self.pattern.send_copy(&mut cx, bytes, more, &mut self.slab);
        self.remove_ended();
        result
    }

    /// Receives one part into `buf`, as much of it as there is room for; returns its whole size.
    ///
    /// # Errors
    /// As [`Socket::try_recv`].
    #[inline]
    pub fn try_recv_copy(&mut self, buf: &Destination) -> Result<usize> {
        self.process_commands()?;
        let mut cx = Cx::new(&mut self.pipes, &self.options);
        let result = self.pattern.recv_copy(&mut cx, buf);
        self.again = cx.again;
        self.remove_ended();
        let received = result?;
        self.rcvmore = received.more;
        Ok(received.size)
    }

    /// Whether a message that comes while nothing is there to be received may be put in the memory of the caller that waits
    /// for it, and is so large sometimes that this pays.
    pub fn takes_offer(&self, size: usize) -> bool {
        size > SendSlab::MAX
            && self.pattern.receives_as_is()
            && if self.io_thread().is_some() { size >= Offer::MIN } else { self.mailbox.rendezvous().is_wanted() }
    }

    /// A message without MORE was put in the caller's memory.
    pub fn received_past_pipes(&mut self) {
        self.rcvmore = false;
    }

    /// Receives one part in the place of `msg`.
    ///
    /// # Errors
    /// `EAGAIN` if it would block; else what the type says (zmq_recv(3)); `ETERM`.
    #[inline]
    pub fn try_recv(&mut self, msg: &mut Msg) -> Result<()> {
        self.process_commands()?;
        let mut cx = Cx::new(&mut self.pipes, &self.options);
        let result = self.pattern.recv(&mut cx, msg);
        self.again = cx.again;
        self.remove_ended();
        if result.is_ok() {
            msg.clear_flags(INTERNAL);
            self.rcvmore = msg.more();
        }
        result
    }

    /// Puts the properties of the connection that the part came over on it, for `zmq_msg_gets`.
    pub fn stamp(&mut self, msg: &mut Msg) {
        if msg.metadata().is_none()
            && let Some(id) = self.pipes.last_read()
        {
            let metadata = self.pipes.metadata(id);
            msg.set_metadata(metadata);
        }
    }

    /// `ZMQ_EVENTS`: what can be done now without blocking.
    ///
    /// # Errors
    /// `ETERM`.
    pub fn events(&mut self) -> Result<i16> {
        self.process_commands()?;
        let mut cx = Cx::new(&mut self.pipes, &self.options);
        let mut events = 0;
        if self.pattern.has_in(&mut cx) {
            events |= POLLIN;
        }
        if self.pattern.has_out(&mut cx) {
            events |= POLLOUT;
        }
        self.remove_ended();
        Ok(events)
    }
}
