//! Test bench of the patterns: a pattern with its pipes, whose other ends the test holds. No socket, no thread.

use super::{Attach, Cx, Pattern, new};
use crate::errno::{Errno, Result};
use crate::message::{Msg, flag};
use crate::options::{Inherited, Options};
use crate::pipe::{Hwm, Notify, PipeEnd, PipeId, PipeOptions, PipeSet, pair};
use crate::socket_type::SocketType;
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    Readable,
    Writable,
    Closed,
}

type Events = Arc<Mutex<Vec<(PipeId, Event)>>>;

/// Notes what a pipe tells its owner, as a socket's mailbox does.
struct Bell(PipeId, Events);

impl Bell {
    fn ring(&self, event: Event) {
        self.1.lock().unwrap().push((self.0, event));
    }
}

impl Notify for Bell {
    fn readable(&self) {
        self.ring(Event::Readable);
    }
    fn writable(&self) {
        self.ring(Event::Writable);
    }
    fn closed(&self) {
        self.ring(Event::Closed);
    }
}

/// The other end of a pipe.
pub(super) struct Peer {
    pub(super) id: PipeId,
    pub(super) end: PipeEnd,
}

impl Peer {
    /// Sends the parts as one message.
    pub(super) fn send(&mut self, parts: &[&str]) {
        for (i, part) in parts.iter().enumerate() {
            let mut msg = Msg::from_slice(part.as_bytes()).unwrap();
            msg.set_more(i + 1 < parts.len());
            self.end.write_unchecked(msg);
        }
        self.end.flush();
    }

    pub(super) fn send_msg(&mut self, msg: Msg) {
        self.end.write_unchecked(msg);
        self.end.flush();
    }

    /// Subscribes, or ends a subscription.
    pub(super) fn subscribe(&mut self, topic: &str, add: bool) {
        self.send_msg(Msg::subscription(topic.as_bytes(), add).unwrap());
    }

    /// The next part, written `text` or `text+` if more follow; subscriptions as `sub:topic` and `cancel:topic`.
    pub(super) fn recv(&mut self) -> Option<String> {
        self.end.read().map(|msg| show(&msg))
    }

    pub(super) fn recv_all(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.recv()).collect()
    }
}

/// A part as text.
pub(super) fn show(msg: &Msg) -> String {
    let kind = if msg.has(flag::SUBSCRIBE) {
        "sub:"
    } else if msg.has(flag::CANCEL) {
        "cancel:"
    } else {
        ""
    };
    format!("{kind}{}{}", String::from_utf8_lossy(msg.data()), if msg.more() { "+" } else { "" })
}

/// A pattern at work.
pub(super) struct Bench {
    pub(super) pattern: Box<dyn Pattern>,
    pub(super) pipes: PipeSet,
    pub(super) options: Options,
    pub(super) dontwait: bool,
    pub(super) again: bool,
    events: Events,
}

impl Bench {
    pub(super) fn new(socket_type: SocketType) -> Bench {
        let inherited = Inherited { ipv6: false, blocky: true, zero_copy_recv: true };
        Bench {
            pattern: new(socket_type),
            pipes: PipeSet::default(),
            options: Options::new(socket_type, inherited),
            dontwait: true,
            again: false,
            events: Events::default(),
        }
    }

    pub(super) fn call<R>(&mut self, f: impl FnOnce(&mut dyn Pattern, &mut Cx<'_>) -> R) -> R {
        let mut cx = Cx { pipes: &mut self.pipes, options: &self.options, dontwait: self.dontwait, again: false };
        let result = f(&mut *self.pattern, &mut cx);
        self.again = cx.again;
        result
    }

    /// Attaches a pipe without limits whose peer has no routing id.
    pub(super) fn connect(&mut self) -> Peer {
        self.attach(0, Attach { peer_id: Some(Vec::new()), ..Attach::default() })
    }

    /// Attaches a pipe that takes `limit` messages each way.
    pub(super) fn connect_limited(&mut self, limit: i32) -> Peer {
        self.attach(limit, Attach { peer_id: Some(Vec::new()), ..Attach::default() })
    }

    /// Attaches a peer with a routing id.
    pub(super) fn connect_as(&mut self, id: &str) -> Peer {
        self.attach(0, Attach { peer_id: Some(id.into()), ..Attach::default() })
    }

    pub(super) fn attach(&mut self, limit: i32, info: Attach) -> Peer {
        let (mut near, end) = pair(PipeOptions { conflate: false });
        near.set_hwm(Hwm::from_option(limit), Hwm::from_option(limit));
        let id = self.pipes.next_id();
        near.set_notify(Box::new(Bell(id, self.events.clone())));
        assert_eq!(self.pipes.insert(near, 0), id);
        self.call(|p, cx| p.attach(cx, id, info));
        self.settle();
        Peer { id, end }
    }

    /// What a socket does before each call: passes events on, and takes closed pipes out.
    pub(super) fn settle(&mut self) {
        loop {
            let events = std::mem::take(&mut *self.events.lock().unwrap());
            if events.is_empty() && !self.pipes.has_done() {
                return;
            }
            for (id, event) in events {
                let Some(pipe) = self.pipes.get(id) else { continue };
                match event {
                    Event::Readable => self.call(|p, cx| p.readable(cx, id)),
                    Event::Writable => {
                        pipe.credit_arrived();
                        self.call(|p, cx| p.writable(cx, id));
                    }
                    Event::Closed => self.call(|p, cx| p.peer_closed(cx, id)),
                }
            }
            while let Some(id) = self.pipes.pop_done() {
                let Some(mut pipe) = self.pipes.remove(id) else { continue };
                pipe.close(false);
                self.call(|p, cx| p.terminated(cx, id));
            }
        }
    }

    /// Takes a pipe away, as `zmq_disconnect` does.
    pub(super) fn disconnect(&mut self, peer: &Peer) {
        self.pipes.close(peer.id);
        self.settle();
    }

    /// Lets go of the other end.
    pub(super) fn hang_up(&mut self, peer: Peer) {
        drop(peer);
        self.settle();
    }

    pub(super) fn send_msg(&mut self, msg: &mut Msg) -> Result<()> {
        self.settle();
        let result = self.call(|p, cx| p.send(cx, msg));
        assert!(result.is_err() || msg.is_empty() && !msg.more(), "a sent message is left empty");
        self.settle();
        result
    }

    /// Sends one part; `more` says whether others follow.
    pub(super) fn part(&mut self, text: &str, more: bool) -> Result<()> {
        let mut msg = Msg::from_slice(text.as_bytes()).unwrap();
        msg.set_more(more);
        let result = self.send_msg(&mut msg);
        if result.is_err() {
            assert_eq!((msg.data(), msg.more()), (text.as_bytes(), more), "a message that failed is as it was");
        }
        result
    }

    /// Sends the parts as one message; stops at the first error.
    pub(super) fn send(&mut self, parts: &[&str]) -> Result<()> {
        parts.iter().enumerate().try_for_each(|(i, part)| self.part(part, i + 1 < parts.len()))
    }

    pub(super) fn recv_msg(&mut self) -> Result<Msg> {
        self.settle();
        let mut msg = Msg::from_slice(b"old content").unwrap();
        let result = self.call(|p, cx| p.recv(cx, &mut msg));
        self.settle();
        result.map(|()| msg)
    }

    /// The next part as [`show`] writes it.
    pub(super) fn recv(&mut self) -> Result<String> {
        self.recv_msg().map(|msg| show(&msg))
    }

    /// All parts that are there, until an error, which must be `EAGAIN`.
    pub(super) fn recv_all(&mut self) -> Vec<String> {
        let mut parts = Vec::new();
        loop {
            match self.recv() {
                Ok(part) => parts.push(part),
                Err(e) => {
                    assert_eq!(e, Errno::EAGAIN);
                    return parts;
                }
            }
        }
    }

    pub(super) fn has_in(&mut self) -> bool {
        self.settle();
        let result = self.call(|p, cx| p.has_in(cx));
        self.settle();
        result
    }

    pub(super) fn has_out(&mut self) -> bool {
        self.settle();
        self.call(|p, cx| p.has_out(cx))
    }

    pub(super) fn subscribe(&mut self, topic: &str, add: bool) -> Result<()> {
        self.settle();
        let result = self.call(|p, cx| p.subscribe(cx, topic.as_bytes(), add));
        self.settle();
        result
    }
}
