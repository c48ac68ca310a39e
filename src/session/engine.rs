//! One live connection: a stream, the protocol on it, and what is half received or half sent. Whoever holds the
//! session's lock.

use super::lending::Lending;
use super::lent;
use super::patience::Patience;
use super::reply_filter::ReplyFilter;
use crate::errno::{Errno, Result};
use crate::message::{Metadata, Msg, Offer};
use crate::options::Options;
use crate::pipe::PipeEnd;
use crate::transport::Stream;
use crate::zmtp::{Connection, Event, Negotiation, OutQueue, PeerInfo, ProtocolError, ZapRequest};
use std::io::IoSlice;
use std::mem::offset_of;
use std::sync::Arc;

/// Bytes that are encoded ahead of the kernel: enough for one full write, so that little is lost with a connection.
const OUT_BATCH: usize = 64 * 1024;
/// How much one call reads before the other connections of the thread get their turn.
const READ_BUDGET: usize = 1024 * 1024;
const MAX_SLICES: usize = 64;

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Input {
    /// The kernel has nothing more now.
    Drained,
    /// The pipe is full; what was received waits.
    Blocked,
    /// The thread's other connections are due; there is more to read.
    Again,
    /// The same, and large messages are coming, or one has come to the memory offered: there may be more to read, best by the
    /// thread that wants it.
    Large,
    /// The peer finished the handshake.
    Ready(Box<PeerInfo>),
    /// The handshake waits for the authentication handler.
    Zap(Box<ZapRequest>),
    /// The handshake waits for a security library.
    Negotiate(Box<Negotiation>),
    /// The handler refused the peer, which is not told.
    Refused,
    /// The connection is lost.
    Lost(Errno),
    /// The peer broke the protocol.
    Failed(ProtocolError),
}

/// A stream with its protocol. What every message takes comes first, up to the beginning of the protocol: where there are
/// thousands of connections, each cache line has to be fetched.
#[repr(C)]
pub(super) struct Engine {
    /// Received, but the pipe had no room.
    parked: Option<Msg>,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer ended the stream: a short read does not mean that nothing is left to find.
    hangup: bool,
    /// The last part that was taken from the pipe has more to follow.
    mid_message: bool,
    /// Messages arrived since the calling thread last wrote by itself.
    pub(super) heard: bool,
    /// The last message received was a large one.
    pub(super) large: bool,
    /// The application was seen to offer memory for large messages.
    pub(super) offered: bool,
    /// Who sends large messages waits for room in the kernel by itself: nobody else has to be told of it.
    pub(super) waits_itself: bool,
    /// The reactor tells of room.
    pub(super) room_watched: bool,
    /// Everything that was received has been handed on: nothing comes before the next edge.
    idle_in: bool,
    /// The pipe was found empty: its writer calls when there is more.
    idle_out: bool,
    pub(super) filter: Option<ReplyFilter>,
    /// The stream ended; said once everything received has been handed on.
    lost: Option<Errno>,
    pub(super) stream: Stream,
    pub(super) out: OutQueue,
    pub(super) protocol: Connection,
    /// With room in the kernel, and with the rest of a message.
    pub(super) patience_out: Patience,
    pub(super) patience_in: Patience,
}

impl Engine {
    /// Bytes at the start that every message takes.
    pub(super) const FRONT: usize = offset_of!(Engine, protocol) + Connection::FRONT;

    pub(super) fn new(stream: Stream, protocol: Connection, options: &Options) -> Engine {
        let strict = options.socket_type.row().strict_replies;
        Engine {
            stream,
            protocol,
            out: OutQueue::new(),
            readable: true,
            writable: true,
            hangup: false,
            parked: None,
            mid_message: false,
            filter: strict.then(ReplyFilter::default),
            lost: None,
            heard: true,
            patience_out: Patience::default(),
            patience_in: Patience::default(),
            large: false,
            offered: false,
            waits_itself: false,
            room_watched: true,
            idle_in: false,
            idle_out: false,
        }
    }

    pub(super) fn set_readable(&mut self, hangup: bool) {
        self.readable = true;
        self.hangup |= hangup;
    }

    pub(super) fn set_writable(&mut self) {
        self.writable = true;
    }

    /// Whether reading would find nothing.
    pub(super) fn has_nothing_in(&self) -> bool {
        self.idle_in && !self.readable
    }

    /// Whether writing would find nothing, if the pipe's writer has not called.
    pub(super) fn has_nothing_out(&self) -> bool {
        self.idle_out && self.out.is_empty() && !self.protocol.has_output()
    }

    /// The pipe's writer may have called.
    pub(super) fn look_at_pipe(&mut self) {
        self.idle_out = false;
    }

    /// Whether everything that was taken from the pipe is in the kernel.
    pub(super) fn is_flushed(&self) -> bool {
        self.out.is_empty() && !self.mid_message
    }

    /// Whether input waits for room in the pipe.
    pub(super) fn is_blocked(&self) -> bool {
        self.parked.is_some()
    }

    /// Whether there may be more to read.
    pub(super) fn is_readable(&self) -> bool {
        self.readable
    }

    /// Whether the kernel would take more.
    pub(super) fn is_writable(&self) -> bool {
        self.writable
    }

    /// Reads and hands on until there is nothing more, the pipe is full, a message was put in the memory offered, or the
    /// session must act. `alone` allows to wait for the rest of that message for a moment.
    pub(super) fn read(&mut self, pipe: &mut Option<PipeEnd>, mut offer: Option<&mut Offer<'_>>, alone: bool) -> Input {
        let mut budget = READ_BUDGET;
        let mut wait = self.patience_in.begin(alone && offer.is_some());
        let mut nothing_yet = self.idle_in;
        let mut outcome = loop {
            if !std::mem::take(&mut nothing_yet) {
                match self.deliver(pipe) {
                    Ok(None) => {}
                    Ok(Some(input)) => break input,
                    Err(error) => break Input::Failed(error),
                }
            }
            if let Some(errno) = self.lost {
                break Input::Lost(errno);
            }
            if !self.readable {
                break Input::Drained;
            }
            if budget == 0 {
                break if self.large { Input::Large } else { Input::Again };
            }
            let lending = offer.as_deref_mut().map_or(Lending::No, |offer| self.lend(pipe, offer));
            let read = match (lending, offer.as_deref_mut()) {
                (Lending::Later, _) => break Input::Large,
                (Lending::Yes, Some(offer)) => self.protocol.fill_offer(offer, &mut self.stream),
                _ => self.protocol.fill(&mut self.stream),
            };
            match read {
                Ok((0, 0)) => {}
                Ok((0, _)) => self.lost = Some(Errno::EPIPE),
                Ok((_, _)) if offer.as_ref().is_some_and(|offer| offer.received().is_some()) => {
                    self.heard = true;
                    self.large = true;
                    break Input::Large;
                }
                Ok(_) | Err(Errno::EAGAIN) if offer.as_ref().is_some_and(|offer| offer.is_taken()) => {
                    // After a hangup the end is still to be found, and there is nothing to wait for.
                    let ended = self.hangup && read.is_ok();
                    self.readable = ended || self.wait_for_rest(offer.as_deref_mut(), &mut wait);
                }
                Ok((got, room)) => {
                    budget = budget.saturating_sub(got);
                    if got < room && !self.hangup {
                        // Less than asked for: the kernel had no more, and a new edge will come.
                        self.readable = false;
                    }
                }
                Err(Errno::EAGAIN) => self.readable = false,
                Err(errno) => self.lost = Some(errno),
            }
        };
        if let Some(offer) = offer
            && offer.is_taken()
            && let Err(errno) = self.protocol.end_offer(offer)
        {
            outcome = Input::Failed(errno.into());
        }
        if let Some(pipe) = pipe {
            pipe.flush();
        }
        let drained = matches!(outcome, Input::Drained);
        if drained {
            self.protocol.rest();
        }
        // A handshake may go on without the peer's saying anything.
        self.idle_in = drained && self.protocol.is_ready();
        outcome
    }

    /// Hands on everything that is decoded.
    fn deliver(&mut self, pipe: &mut Option<PipeEnd>) -> Result<Option<Input>, ProtocolError> {
        if let (Some(msg), Some(pipe)) = (self.parked.take(), pipe.as_mut())
            && let Some(back) = hand_on(pipe, msg)?
        {
            self.parked = Some(back);
            return Ok(Some(Input::Blocked));
        }
        if self.filter.is_none()
            && let Some(pipe) = pipe
        {
            self.deliver_plain(pipe)?;
            if self.protocol.is_read_out() {
                return Ok(None);
            }
        }
        while let Some(event) = self.protocol.poll_event()? {
            match event {
                Event::Message(msg) => {
                    self.heard = true;
                    self.large = msg.len() >= Offer::MIN;
                    if let Some(filter) = &mut self.filter
                        && !filter.admit(&msg)
                    {
                        return Err(ProtocolError::BROKEN_REPLY);
                    }
                    let Some(pipe) = pipe.as_mut() else { continue };
                    if let Some(back) = hand_on(pipe, msg)? {
                        self.parked = Some(back);
                        return Ok(Some(Input::Blocked));
                    }
                }
                Event::Ready(peer) => return Ok(Some(Input::Ready(peer))),
                Event::ZapRequest(request) => return Ok(Some(Input::Zap(request))),
                Event::Negotiate(step) => return Ok(Some(Input::Negotiate(step))),
                Event::Refused => return Ok(Some(Input::Refused)),
            }
        }
        Ok(None)
    }

    /// The same for what is there as it is, each part made in its place in the pipe.
    fn deliver_plain(&mut self, pipe: &mut PipeEnd) -> Result<(), ProtocolError> {
        let mut unfinished = pipe.is_unfinished();
        while pipe.check_write()
            && let Some(frame) = self.protocol.plain_frame()
        {
            self.heard = true;
            self.large = false;
            let more = !frame.is_last();
            if more || unfinished {
                pipe.write_part_with(more, |place| self.protocol.take_plain(&frame, place))?;
                unfinished = more;
                continue;
            }
            pipe.write_with(|place| self.protocol.take_plain(&frame, place))?;
            if frame.is_short() && pipe.check_write() {
                // Others like it are likely to follow.
                pipe.write_shorts(|place| self.protocol.take_short(place));
            }
        }
        Ok(())
    }

    /// Encodes and writes until the pipe is empty or the kernel is full.
    ///
    /// A broken stream is not reported here: what the peer sent before is still to be read, and reading finds the end.
    ///
    /// # Errors
    /// Memory ran out.
    pub(super) fn write(&mut self, pipe: &mut Option<PipeEnd>) -> Result<(), ProtocolError> {
        lent::borrow(&mut self.out);
        let result = self.write_out(pipe);
        lent::give_back(&mut self.out);
        result
    }

    fn write_out(&mut self, pipe: &mut Option<PipeEnd>) -> Result<(), ProtocolError> {
        loop {
            self.protocol.poll_output(&mut self.out)?;
            self.idle_out = match pipe {
                Some(pipe) if self.protocol.is_ready() => self.take_from(pipe)?,
                _ => false,
            };
            if self.out.is_empty() || !self.writable {
                return Ok(());
            }
            self.flush();
        }
    }

    /// Encodes until the pipe is empty, which is said, or there is enough for one write.
    fn take_from(&mut self, pipe: &mut PipeEnd) -> Result<bool, ProtocolError> {
        while self.out.len() < OUT_BATCH {
            if let Some(msg) = pipe.peek()
                && self.protocol.encode_copy(msg, &mut self.out)?
            {
                let is_short = msg.is_short();
                self.mid_message = msg.more();
                pipe.skip();
                if is_short {
                    // Others like it are likely to follow.
                    let most = self.protocol.reserve_shorts(&mut self.out)?;
                    pipe.read_shorts(most, |msg| self.out.push_reserved(msg));
                }
                continue;
            }
            if pipe.was_empty() {
                return Ok(true);
            }
            let Some(msg) = pipe.read() else { break };
            self.mid_message = msg.more();
            self.protocol.encode(msg, &mut self.out)?;
        }
        Ok(false)
    }

    /// Writes what is encoded, as much as the kernel takes.
    pub(super) fn flush_all(&mut self) {
        while !self.out.is_empty() && self.writable {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let written = match self.out.only_slice() {
            Some(bytes) => self.stream.write_vectored(&[IoSlice::new(bytes)]),
            None => {
                let mut slices = [IoSlice::new(&[]); MAX_SLICES];
                let count = self.out.io_slices(&mut slices);
                self.stream.write_vectored(&slices[..count])
            }
        };
        match written {
            Ok(n) => self.out.advance(n),
            Err(Errno::EAGAIN) => self.writable = false,
            Err(_) => self.broken(),
        }
    }

    /// Nothing more can be written; reading finds the end of the stream.
    pub(super) fn broken(&mut self) {
        self.writable = false;
        self.readable = true;
        self.out.clear();
    }

    /// After the loss of a connection: drops the rest of a message that went out in part.
    pub(super) fn abandon(&mut self, pipe: &mut PipeEnd) {
        while self.mid_message {
            match pipe.read() {
                Some(msg) => self.mid_message = msg.more(),
                None => break,
            }
        }
        pipe.rollback();
    }

    /// What `zmq_msg_gets` and `ZMQ_SRCFD` say of messages from this connection.
    pub(super) fn metadata(&self, peer: &PeerInfo) -> Arc<Metadata> {
        let mut metadata = Metadata::new(Some(self.stream.raw_fd()));
        for (name, value) in &peer.properties {
            let _ = metadata.insert(name, value);
        }
        let _ = metadata.insert(b"Peer-Address", self.stream.peer_address().as_bytes());
        Arc::new(metadata)
    }
}

/// Writes a message from the peer to the pipe; gives it back if there is no room yet.
///
/// # Errors
/// Memory ran out: the connection ends, and with it what its peer has not sent yet.
#[inline]
fn hand_on(pipe: &mut PipeEnd, mut msg: Msg) -> Result<Option<Msg>, ProtocolError> {
    if !pipe.check_write() {
        return Ok((!pipe.peer_closed()).then_some(msg));
    }
    if pipe.write_from(&mut msg) { Ok(None) } else { Err(Errno::ENOMEM.into()) }
}
