//! One connection's protocol: bytes to events, messages to bytes. Driven by whoever holds the session.
//!
//! The order of work after the descriptor became readable: `fill` once, `poll_event` until it has nothing more,
//! `poll_output`, and `update_timers` if `timers_changed`. A connection that returned an error only has output left.
//!
//! Life: greeting -> (identity | handshake) -> ready; or raw from the start; or, after the ZAP handler answered 300, idle.
//! Any of them -> failed.

mod encode;
mod offer;
mod opening;

use super::command::{self, Command};
use super::config::{Config, Heartbeat};
use super::error::{Failure, ProtocolError};
use super::event::{Event, PeerInfo, Protocol};
use super::frame::{self, COMMAND, Framing, MORE};
use super::greeting::{self, Stage};
use super::handshake::{Handshake, ROUTING_ID_MAX};
use super::heartbeat::{Due, Timers};
use super::mechanism::{BOXED_COMMAND, BOXED_MORE, OVERHEAD, Protection};
use super::raw;
use crate::errno::Result;
use crate::message::{Incoming, Limited, Msg, RecvBuffer, Source, flag};
use crate::socket_type::SocketType;
use std::mem::{MaybeUninit, offset_of};
use std::time::Instant;

/// First size of the receive buffer, and most bytes read at once while large frames arrive: what is read beyond the header
/// of a large frame has to be copied.
const READ_MIN: usize = 8192;
/// The same when the next frame is likely to be large too: hardly more than a header.
const READ_HEADER: usize = 64;
/// The same until the peer is known: greeting and handshake commands of the usual length.
const READ_STRANGER: usize = 1024;
/// An incomplete frame with a body above this size is read into a message of its own.
const DIRECT_MIN: usize = 16 * 1024;
/// Longest handshake command: what a stranger may make us keep.
const HANDSHAKE_MAX: u64 = 64 * 1024;
/// Answers that are held back before further ones are dropped.
const CONTROL_HIGH: usize = 4096;

/// The state machine of one connection. What plain messages take comes first, together.
#[derive(Debug)]
#[repr(C)]
pub struct Connection {
    /// Short frames may be taken straight from the buffer.
    fast_in: bool,
    /// Encrypted frames may be.
    boxed_in: bool,
    /// Plain messages may be framed straight into the queue; only when ready.
    fast_out: bool,
    /// Subscriptions are for us.
    publishes: bool,
    /// The last message was large, and went to the memory of its caller.
    expects_large: bool,
    framing: Framing,
    protocol: Protocol,
    /// Greeting, handshake commands, PING and PONG that are not in the queue yet.
    control: Vec<u8>,
    read_limit: usize,
    limit: u64,
    /// A large frame's flags and body.
    incoming: Option<(u8, Incoming)>,
    recv: RecvBuffer,
    timers: Timers,
    state: State,
    queued: Option<Event>,
    heartbeat: Option<Heartbeat>,
    /// Frames are encrypted.
    cipher: Option<Protection>,
    read_max: usize,
}

#[derive(Debug)]
enum State {
    Greeting(Box<Config>, Stage),
    /// The identity frame of an old peer is awaited.
    Identity,
    Handshake(Box<(Handshake, Config)>),
    Ready,
    Raw,
    Idle,
    Failed(ProtocolError),
}

/// A whole frame that is a part of a message, or a subscription, at the start of the receive buffer.
#[derive(Debug)]
pub struct PlainFrame {
    /// The message's.
    flags: u8,
    /// What comes before its content.
    header: usize,
    len: usize,
}

impl PlainFrame {
    /// Whether its content fits into a message.
    #[inline]
    pub fn is_short(&self) -> bool {
        self.len <= Msg::INLINE_MAX
    }

    /// Whether it ends its message.
    #[inline]
    pub fn is_last(&self) -> bool {
        self.flags & flag::MORE == 0
    }
}

/// Where a whole frame's body is.
#[derive(Debug)]
enum Body {
    /// At the start of the receive buffer.
    Buffered(usize),
    Large(Incoming),
}

impl Connection {
    /// Bytes at the start that every plain message takes.
    pub const FRONT: usize = offset_of!(Connection, timers) + Timers::FRONT;

    /// The state at the moment when the transport is connected.
    pub fn new(config: Config) -> Connection {
        let read_max = config.recv_capacity.max(READ_MIN);
        let mut this = Connection {
            recv: RecvBuffer::new(if config.raw { READ_MIN } else { READ_STRANGER }, config.zero_copy),
            fast_in: false,
            boxed_in: false,
            fast_out: false,
            publishes: config.socket_type.row().peers.contains(&SocketType::Sub),
            cipher: None,
            framing: Framing::V2,
            protocol: Protocol::Raw,
            state: State::Raw,
            incoming: None,
            control: Vec::new(),
            queued: None,
            timers: Timers::default(),
            heartbeat: config.heartbeat,
            limit: frame::body_limit(config.max_msg_size),
            read_limit: READ_MIN,
            read_max,
            expects_large: false,
        };
        if config.raw {
            this.read_max = READ_MIN;
            this.queued = Some(Event::Ready(Box::new(PeerInfo::unknown(Protocol::Raw))));
        } else {
            this.control.extend_from_slice(&greeting::signature(&config));
            this.state = State::Greeting(Box::new(config), Stage::Signature);
        }
        this
    }

    /// Messages may be encoded.
    pub fn is_ready(&self) -> bool {
        self.fast_out || matches!(self.state, State::Ready | State::Raw)
    }

    /// Reads once from `source`. Returns how many bytes came, 0 at the end of the stream, and how many there was room for:
    /// a short read says that nothing more is there now.
    ///
    /// # Errors
    /// `ENOMEM`, or what the source says.
    #[inline]
    pub fn fill(&mut self, source: &mut (impl Source + ?Sized)) -> Result<(usize, usize)> {
        let result = match &mut self.incoming {
            Some((_, incoming)) if incoming.missing() > 0 => incoming.fill(source)?,
            _ => {
                // Behind a large message that went to its caller's memory comes the header of the next, which is all that is
                // wanted here.
                let limit = if std::mem::take(&mut self.expects_large) { READ_HEADER } else { self.read_limit };
                let (n, room) = self.recv.fill(&mut Limited { source, limit })?;
                let room = room.min(limit);
                // Who is not known yet gets no more than the smallest buffer.
                if n == room
                    && limit == self.read_limit
                    && limit < self.read_max
                    && matches!(self.state, State::Ready | State::Raw)
                {
                    self.read_limit = limit.saturating_mul(2).min(self.read_max);
                    self.recv.set_capacity(self.read_limit);
                }
                (n, room)
            }
        };
        if result.0 > 0 {
            self.timers.heard();
        }
        Ok(result)
    }

    /// The next thing that the peer did, from what has been read.
    ///
    /// # Errors
    /// The connection has to be closed; every later call says the same.
    #[inline]
    pub fn poll_event(&mut self) -> Result<Option<Event>, ProtocolError> {
        if let Some(frame) = self.plain_frame() {
            return Ok(Some(Event::Message(self.take_plain(&frame, &mut MaybeUninit::uninit())?.take())));
        }
        if self.boxed_in { self.poll_boxed() } else { self.poll_slow() }
    }

    /// Whether it is certain that [`Connection::poll_event`] has nothing until more is read.
    #[inline]
    pub fn is_read_out(&self) -> bool {
        self.fast_in && self.recv.unread().is_empty() && self.incoming.is_none()
    }

    /// The frame at the start of what was read, if it is there as a whole and is nothing but a part of a message, or a
    /// subscription: what [`Connection::poll_event`] would say next, but still to be taken.
    #[inline]
    pub fn plain_frame(&self) -> Option<PlainFrame> {
        if !self.fast_in {
            return None;
        }
        let bytes = self.recv.unread();
        let Some((flags, header, len)) = frame::plain(bytes) else { return self.subscription_frame(bytes) };
        (len <= bytes.len().saturating_sub(header) as u64 && len <= self.limit).then_some(PlainFrame {
            flags: flags & flag::MORE,
            header,
            len: len as usize,
        })
    }

    /// Subscribers come with thousands of these.
    #[inline(never)]
    fn subscription_frame(&self, bytes: &[u8]) -> Option<PlainFrame> {
        let [COMMAND, len, body @ ..] = bytes else { return None };
        let len = usize::from(*len);
        if !self.publishes || !self.protocol.has_commands() || len as u64 > self.limit {
            return None;
        }
        let (flags, before) = match command::parse(body.get(..len)?) {
            Command::Subscribe(before) => (flag::SUBSCRIBE, before),
            Command::Cancel(before) => (flag::CANCEL, before),
            _ => return None,
        };
        Some(PlainFrame { flags, header: before.saturating_add(2), len: len.saturating_sub(before) })
    }

    /// Makes a message of the frame that [`Connection::plain_frame`] has just found, at `place`.
    ///
    /// # Errors
    /// The connection has to be closed.
    #[inline]
    pub fn take_plain<'a>(&mut self, frame: &PlainFrame, place: &'a mut MaybeUninit<Msg>) -> Result<&'a mut Msg> {
        self.recv.consume(frame.header);
        let msg = self.recv.take_to(frame.len, place)?;
        msg.set_flags(frame.flags);
        Ok(msg)
    }

    /// Makes a message of the frame at the start of what was read, at `place`, if it is a short message of one part; else
    /// nothing is taken.
    #[inline(always)]
    pub fn take_short<'a>(&mut self, place: &'a mut MaybeUninit<Msg>) -> Option<&'a mut Msg> {
        let [0, len, rest @ ..] = self.recv.unread() else { return None };
        let len = usize::from(*len);
        if !self.fast_in || len > Msg::INLINE_MAX || len > rest.len() || len as u64 > self.limit {
            return None;
        }
        self.recv.consume(2);
        // Never without memory, as the content is in the message.
        self.recv.take_to(len, place).ok()
    }

    /// The same for an encrypted frame that is there as a whole.
    #[inline(never)]
    fn poll_boxed(&mut self) -> Result<Option<Event>, ProtocolError> {
        let bytes = self.recv.unread();
        if let Some((_, header, len)) = frame::plain(bytes)
            && len <= bytes.len().saturating_sub(header) as u64
            && len <= self.limit
        {
            self.recv.consume(header);
            match self.ready_frame(0, Body::Buffered(len as usize)) {
                Ok(None) => {}
                Ok(event) => return Ok(event),
                Err(e) => {
                    self.fail(e);
                    return Err(e);
                }
            }
        }
        self.poll_slow()
    }

    #[inline(never)]
    fn poll_slow(&mut self) -> Result<Option<Event>, ProtocolError> {
        let result = self.advance();
        if let Err(e) = result {
            self.fail(e);
        }
        result
    }

    fn fail(&mut self, e: ProtocolError) {
        self.fast_in = false;
        self.boxed_in = false;
        self.fast_out = false;
        self.incoming = None;
        self.queued = None;
        self.state = State::Failed(ProtocolError { flush: false, ..e });
    }

    fn advance(&mut self) -> Result<Option<Event>, ProtocolError> {
        loop {
            if let Some(event) = self.queued.take() {
                return Ok(Some(event));
            }
            match self.state {
                State::Failed(e) => return Err(e),
                State::Raw => return Ok(raw::chunk(&mut self.recv)?.map(Event::Message)),
                State::Idle => {
                    self.discard();
                    return Ok(None);
                }
                State::Greeting(..) => {
                    if !self.greet()? {
                        return Ok(None);
                    }
                }
                State::Identity | State::Handshake(_) => {
                    let Some((_, body)) = self.next_frame()? else {
                        return Ok(None);
                    };
                    self.handshake_frame(body)?;
                }
                State::Ready => {
                    let Some((flags, body)) = self.next_frame()? else {
                        return Ok(None);
                    };
                    if let Some(event) = self.ready_frame(flags, body)? {
                        return Ok(Some(event));
                    }
                }
            }
        }
    }

    /// The next whole frame: its flags, and where its body is. A header is consumed with it, a body is not.
    fn next_frame(&mut self) -> Result<Option<(u8, Body)>, ProtocolError> {
        if let Some((_, incoming)) = &self.incoming {
            if incoming.missing() > 0 {
                return Ok(None);
            }
            return Ok(self.incoming.take().map(|(flags, incoming)| (flags, Body::Large(incoming))));
        }
        let limit = match self.state {
            State::Ready => self.limit,
            State::Identity => self.limit.min(ROUTING_ID_MAX as u64),
            _ => self.limit.min(HANDSHAKE_MAX),
        };
        let bytes = self.recv.unread();
        let Some(header) = frame::parse(self.framing, bytes, limit)? else {
            return Ok(None);
        };
        let mut body = bytes.get(header.len..).unwrap_or_default();
        if body.len() >= header.body {
            self.recv.consume(header.len);
            return Ok(Some((header.flags, Body::Buffered(header.body))));
        }
        if header.body > DIRECT_MIN {
            let mut incoming = Incoming::reusing(header.body)?;
            while !body.is_empty() {
                incoming.fill(&mut body)?;
            }
            self.discard();
            self.incoming = Some((header.flags, incoming));
            self.read_limit = READ_MIN;
        }
        Ok(None)
    }

    /// Drops what has been read.
    fn discard(&mut self) {
        let n = self.recv.unread().len();
        self.recv.consume(n);
    }

    fn take_body(&mut self, body: Body) -> Result<Msg> {
        match body {
            Body::Buffered(len) => self.recv.take(len),
            Body::Large(incoming) => incoming.finish(0),
        }
    }

    /// The same of an encrypted frame, whose own flags mean nothing: those in the box do.
    fn open_body(&mut self, body: Body) -> Result<(u8, Msg), ProtocolError> {
        let (boxed, msg) = match (&mut self.cipher, body) {
            (None, body) => return Ok((0, self.take_body(body)?)),
            (Some(Protection::Curve(cipher)), Body::Buffered(len)) => {
                let flags = cipher.open(self.recv.unread_mut().get_mut(..len).unwrap_or_default())?;
                self.recv.consume(OVERHEAD);
                (flags, self.recv.take(len.saturating_sub(OVERHEAD))?)
            }
            (Some(Protection::Curve(cipher)), Body::Large(mut incoming)) => {
                (cipher.open(incoming.bytes_mut())?, incoming.finish(OVERHEAD)?)
            }
            (Some(Protection::Gssapi(wrapper)), Body::Buffered(len)) => {
                let opened = wrapper.open(self.recv.unread().get(..len).unwrap_or_default())?;
                self.recv.consume(len);
                opened
            }
            (Some(Protection::Gssapi(wrapper)), Body::Large(mut incoming)) => wrapper.open(incoming.bytes_mut())?,
        };
        let flag = |from: u8, to: u8| if boxed & from != 0 { to } else { 0 };
        Ok((flag(BOXED_MORE, MORE) | flag(BOXED_COMMAND, COMMAND), msg))
    }

    fn ready(&mut self, info: PeerInfo) {
        self.state = State::Ready;
        self.recv.set_capacity(READ_MIN);
        self.queued = Some(Event::Ready(Box::new(info)));
        self.fast_out = self.framing == Framing::V2 && self.cipher.is_none();
        self.set_fast_in();
    }

    fn set_fast_in(&mut self) {
        let plain = matches!(self.state, State::Ready) && self.queued.is_none() && !self.timers.has_promise();
        self.fast_in = plain && self.framing == Framing::V2 && self.cipher.is_none();
        self.boxed_in = plain && self.cipher.is_some();
    }

    fn ready_frame(&mut self, flags: u8, body: Body) -> Result<Option<Event>, ProtocolError> {
        if self.timers.has_promise() {
            self.timers.frame();
        }
        let (flags, mut msg) = match self.cipher {
            None => (flags, self.take_body(body)?),
            Some(_) => self.open_body(body)?,
        };
        let event = match (flags & COMMAND != 0, self.protocol) {
            (false, _) => {
                msg.set_more(flags & MORE != 0);
                Some(msg)
            }
            (true, protocol) if protocol.has_commands() => self.command(msg)?,
            // ZMTP 2.0 reserves the bit.
            (true, _) => None,
        };
        self.set_fast_in();
        Ok(event.map(Event::Message))
    }

    /// A command after the handshake: those that are subscriptions become messages.
    fn command(&mut self, msg: Msg) -> Result<Option<Msg>, ProtocolError> {
        let body = msg.data();
        let topic = |before: usize, subscribe: bool| {
            Msg::subscription(body.get(before..).unwrap_or_default(), subscribe).map(Some).map_err(ProtocolError::from)
        };
        match command::parse(body) {
            Command::Subscribe(before) if self.publishes => topic(before, true),
            Command::Cancel(before) if self.publishes => topic(before, false),
            Command::Ping { ttl_ds, context } => {
                self.timers.promise(ttl_ds);
                if self.control.len() < CONTROL_HIGH {
                    let pong = command::build(b"PONG", &[context]);
                    self.send_command(&pong)?;
                }
                Ok(None)
            }
            Command::Pong | Command::Unknown | Command::Subscribe(_) | Command::Cancel(_) => Ok(None),
            Command::Malformed => Err(ProtocolError::silent("malformed PING")),
        }
    }

    /// A timer waits for the time to be known: call `update_timers`.
    #[inline]
    pub fn timers_changed(&self) -> bool {
        self.timers.changed()
    }

    /// Arms timers that were waiting for the time; returns when `handle_timeout` is to be called.
    pub fn update_timers(&mut self, now: Instant) -> Option<Instant> {
        self.timers.update(now);
        self.set_fast_in();
        self.timers.next()
    }

    /// Says that silence is this side's doing: nothing was read for lack of room. Call before `handle_timeout`.
    pub fn excuse_silence(&mut self) {
        self.timers.heard();
    }

    /// The time that was asked for has come, or any other. Returns the next one.
    ///
    /// # Errors
    /// The peer was not heard of in time.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<Option<Instant>, ProtocolError> {
        if matches!(self.state, State::Ready) {
            match self.timers.fire(now) {
                Due::Nothing => {}
                Due::Ping(ttl_ds) => {
                    let ping = command::build(b"PING", &[&ttl_ds.to_be_bytes()]);
                    self.send_command(&ping).inspect_err(|e| self.fail(*e))?;
                }
                Due::Gone => {
                    let e = ProtocolError { failure: Failure::TimedOut, flush: false };
                    self.fail(e);
                    return Err(e);
                }
            }
        }
        self.set_fast_in();
        Ok(self.timers.next())
    }

    /// Nothing more is there to read now: the connection keeps no memory but for what has come of an unfinished frame.
    #[inline]
    pub fn rest(&mut self) {
        self.recv.rest();
    }
}
