//! The way out of a [`Connection`]: messages, and what the connection itself has to say, into the queue as frames. On
//! whichever thread drives the connection.

use super::{Connection, State};
use crate::message::{Msg, flag};
use crate::zmtp::error::ProtocolError;
use crate::zmtp::event::Protocol;
use crate::zmtp::frame::{self, COMMAND, Framing, HeaderBytes};
use crate::zmtp::mechanism::BOXED_COMMAND;
use crate::zmtp::out::OutQueue;

/// Output that waits in the queue before answers to the peer are held back.
const OUT_HIGH: usize = 64 * 1024;

/// Short messages that are framed in one go: those of a chunk of their queue.
const SHORTS: usize = 64;

impl Connection {
    /// Frames one part for this peer, behind everything else that is to be sent. Only when ready.
    ///
    /// # Errors
    /// Memory ran out; the connection has to be closed.
    #[inline]
    pub fn encode(&mut self, msg: Msg, out: &mut OutQueue) -> Result<(), ProtocolError> {
        if self.fast_out && self.control.is_empty() && !msg.has(flag::SUBSCRIBE | flag::CANCEL) {
            let more = msg.flags() & flag::MORE;
            return Ok(out.push_frame(HeaderBytes::new(Framing::V2, more, msg.len()).as_slice(), msg)?);
        }
        self.encode_slow(msg, out)
    }

    /// The same from where the message stands, if its content is copied and that is all it takes; else false. To be asked
    /// first.
    ///
    /// # Errors
    /// As [`Connection::encode`].
    #[inline(always)]
    pub fn encode_copy(&mut self, msg: &Msg, out: &mut OutQueue) -> Result<bool, ProtocolError> {
        if !self.fast_out || !self.control.is_empty() {
            return Ok(false);
        }
        if msg.has(flag::SUBSCRIBE | flag::CANCEL) {
            return self.encode_subscription(msg, out);
        }
        let more = msg.flags() & flag::MORE;
        let Ok(len) = u8::try_from(msg.len()) else { return Ok(out.push_copy(more, msg)?) };
        out.push_short(&[more, len], msg)?;
        Ok(true)
    }

    /// How many short messages of one part may be put in the queue with [`OutQueue::push_reserved`]: none if they take more
    /// than a copy.
    ///
    /// # Errors
    /// As [`Connection::encode`].
    #[inline]
    pub fn reserve_shorts(&mut self, out: &mut OutQueue) -> Result<usize, ProtocolError> {
        if !self.fast_out || !self.control.is_empty() {
            return Ok(0);
        }
        out.reserve_shorts(SHORTS)?;
        Ok(SHORTS)
    }

    /// Subscribers have thousands of these.
    #[inline(never)]
    fn encode_subscription(&self, msg: &Msg, out: &mut OutQueue) -> Result<bool, ProtocolError> {
        if self.protocol != Protocol::V3_1 {
            return Ok(false);
        }
        if msg.has(flag::SUBSCRIBE) {
            let Ok(len) = u8::try_from(msg.len().saturating_add(10)) else { return Ok(false) };
            let [a, b, c, d, e, f, g, h, i] = *b"SUBSCRIBE";
            out.push_short(&[COMMAND, len, 9, a, b, c, d, e, f, g, h, i], msg)?;
        } else {
            let Ok(len) = u8::try_from(msg.len().saturating_add(7)) else { return Ok(false) };
            let [a, b, c, d, e, f] = *b"CANCEL";
            out.push_short(&[COMMAND, len, 6, a, b, c, d, e, f], msg)?;
        }
        Ok(true)
    }

    /// The header of a frame for a message of one part and so many bytes, for who writes both by itself; if the connection
    /// has nothing of its own to say first, and a header is all that it takes.
    pub fn header(&self, len: usize) -> Option<HeaderBytes> {
        (self.fast_out && self.control.is_empty()).then(|| HeaderBytes::new(Framing::V2, 0, len))
    }

    #[inline(never)]
    fn encode_slow(&mut self, msg: Msg, out: &mut OutQueue) -> Result<(), ProtocolError> {
        self.flush_control(out)?;
        let more = msg.flags() & flag::MORE;
        if matches!(self.state, State::Raw) {
            return Ok(out.push_frame(&[], msg)?);
        }
        let subscribe = msg.has(flag::SUBSCRIBE);
        let (flags, prefix): (u8, &[u8]) = match (subscribe || msg.has(flag::CANCEL), self.protocol) {
            (false, _) => (more, b""),
            (true, Protocol::V3_1) if subscribe => (COMMAND, b"\x09SUBSCRIBE"),
            (true, Protocol::V3_1) => (COMMAND, b"\x06CANCEL"),
            (true, _) if subscribe => (0, b"\x01"),
            (true, _) => (0, b"\x00"),
        };
        if let Some(cipher) = &mut self.cipher {
            let size = cipher.sealed_len(msg.len().saturating_add(prefix.len()));
            let boxed = if flags == COMMAND { BOXED_COMMAND } else { flags };
            return out.push_with(size, |buf| cipher.seal(boxed, prefix, msg.data(), buf));
        }
        let header = HeaderBytes::new(self.framing, flags, msg.len().saturating_add(prefix.len()));
        let mut head = [0; 20];
        let mut len = 0_usize;
        for (to, from) in head.iter_mut().zip(header.as_slice().iter().chain(prefix)) {
            *to = *from;
            len = len.saturating_add(1);
        }
        Ok(out.push_frame(head.get(..len).unwrap_or_default(), msg)?)
    }

    /// Whether `poll_output` has something.
    #[inline]
    pub fn has_output(&self) -> bool {
        !self.control.is_empty()
    }

    /// Moves greeting, handshake commands, PINGs and PONGs to the queue, unless much is waiting there.
    ///
    /// # Errors
    /// Memory ran out; the connection has to be closed.
    #[inline]
    pub fn poll_output(&mut self, out: &mut OutQueue) -> Result<(), ProtocolError> {
        if self.control.is_empty() || out.len() > OUT_HIGH { Ok(()) } else { self.flush_control(out) }
    }

    fn flush_control(&mut self, out: &mut OutQueue) -> Result<(), ProtocolError> {
        if !self.control.is_empty() {
            out.push_bytes(&self.control)?;
            self.control = Vec::new();
        }
        Ok(())
    }

    pub(super) fn send_command(&mut self, body: &[u8]) -> Result<(), ProtocolError> {
        match &mut self.cipher {
            Some(cipher) => cipher.seal(BOXED_COMMAND, &[], body, &mut self.control),
            None => {
                frame::append(&mut self.control, Framing::V2, COMMAND, body);
                Ok(())
            }
        }
    }
}
