//! REQ (RFC 28): one request out, its reply in, in turn. The socket's thread.
//!
//! Idle -> (first part sent) Sending -> (last part) Waiting -> (a reply's envelope was found) Found -> (first part read)
//! Reading -> (last part) Idle. With REQ_RELAXED a new request may start from Waiting on; it abandons the old one.
//! On the pipe a request is `[id, with REQ_CORRELATE] [empty] [body...]`, and so is its reply.

use super::fair_queue::FairQueue;
use super::load_balancer::LoadBalancer;
use super::{Attach, Cx, Pattern, probe};
use crate::errno::{Errno, Result};
use crate::message::Msg;
use crate::pipe::{PipeEnd, PipeId};
use crate::util::random;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    Sending,
    Waiting,
    Found,
    Reading,
}

/// The requester.
#[derive(Debug)]
pub(super) struct Req {
    out: LoadBalancer,
    input: FairQueue,
    state: State,
    /// Where the request went: replies of others do not count, for as long as this pipe lives.
    asked: Option<PipeId>,
    /// The id that the reply must carry.
    expected: Option<u32>,
    next_id: u32,
}

impl Req {
    pub(super) fn new() -> Req {
        Req {
            out: LoadBalancer::default(),
            input: FairQueue::default(),
            state: State::Idle,
            asked: None,
            expected: None,
            next_id: random::u32(),
        }
    }

    fn start(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        if !self.out.has_out(cx) {
            return Err(Errno::EAGAIN);
        }
        // Before the request is visible: afterwards, its own reply may be among what is queued.
        self.discard_input(cx);
        let id = cx.options.req_correlate.then_some(self.next_id);
        let more = msg.more();
        let pipe = self.out.send_first(cx, msg, |pipe| write_envelope(pipe, id))?;
        self.next_id = self.next_id.wrapping_add(u32::from(id.is_some()));
        self.asked = Some(pipe);
        self.expected = id;
        self.state = if more { State::Sending } else { State::Waiting };
        Ok(())
    }

    fn proceed(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        let result = self.out.send_rest(cx, msg);
        if !self.out.is_unfinished() {
            // A request that was swallowed will have no reply.
            self.state = if result == Ok(true) { State::Waiting } else { State::Idle };
        }
        result.map(|_| ())
    }

    fn discard_input(&mut self, cx: &mut Cx<'_>) {
        self.input.skip_rest(cx);
        let mut part = Msg::new();
        while self.input.recv(cx, &mut part).is_some() {}
    }

    /// Skips to the body of the reply. Whether there is one.
    fn find_reply(&mut self, cx: &mut Cx<'_>) -> bool {
        let mut part = Msg::new();
        while let Some(pipe) = self.input.recv(cx, &mut part) {
            if self.asked.is_none_or(|asked| asked == pipe) && self.strip_envelope(cx, &mut part) {
                self.state = State::Found;
                return true;
            }
            self.input.skip_rest(cx);
        }
        false
    }

    fn strip_envelope(&mut self, cx: &mut Cx<'_>, part: &mut Msg) -> bool {
        if let Some(id) = self.expected {
            if !part.more() || part.data() != id.to_ne_bytes() {
                return false;
            }
            self.input.recv(cx, part);
        }
        part.more() && part.is_empty()
    }

    /// The body is gone if its pipe was taken away.
    fn notice_loss(&mut self) {
        if self.input.current().is_none() {
            match self.state {
                State::Found => self.state = State::Waiting,
                State::Reading => self.state = State::Idle,
                _ => {}
            }
        }
    }
}

fn write_envelope(pipe: &mut PipeEnd, id: Option<u32>) {
    if let Some(id) = id {
        // Four bytes are kept in the message itself, which cannot fail.
        let mut part = Msg::from_slice(&id.to_ne_bytes()).unwrap_or_default();
        part.set_more(true);
        pipe.write_unchecked(part);
    }
    let mut bottom = Msg::new();
    bottom.set_more(true);
    pipe.write_unchecked(bottom);
}

impl Pattern for Req {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: PipeId, _info: Attach) {
        probe(cx, pipe);
        self.out.attach(pipe);
        self.input.attach(pipe);
    }

    fn readable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.input.readable(pipe);
    }

    fn writable(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.writable(pipe);
    }

    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.detach(pipe);
        cx.pipes.check_read(pipe);
    }

    fn terminated(&mut self, _cx: &mut Cx<'_>, pipe: PipeId) {
        self.out.detach(pipe);
        self.input.detach(pipe);
        if self.asked == Some(pipe) {
            self.asked = None;
        }
    }

    fn send(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        match self.state {
            State::Idle => self.start(cx, msg),
            State::Sending => self.proceed(cx, msg),
            _ if cx.options.req_relaxed => self.start(cx, msg),
            _ => Err(Errno::EFSM),
        }
    }

    fn recv(&mut self, cx: &mut Cx<'_>, msg: &mut Msg) -> Result<()> {
        self.notice_loss();
        match self.state {
            State::Idle | State::Sending => return Err(Errno::EFSM),
            State::Waiting => {
                if !self.find_reply(cx) {
                    return Err(Errno::EAGAIN);
                }
            }
            State::Found | State::Reading => {}
        }
        self.input.recv(cx, msg).ok_or(Errno::EAGAIN)?;
        self.state = if msg.more() { State::Reading } else { State::Idle };
        Ok(())
    }

    fn has_in(&mut self, cx: &mut Cx<'_>) -> bool {
        self.notice_loss();
        match self.state {
            State::Idle | State::Sending => false,
            State::Waiting => self.find_reply(cx),
            State::Found | State::Reading => true,
        }
    }

    fn has_out(&mut self, cx: &mut Cx<'_>) -> bool {
        match self.state {
            State::Idle => self.out.has_out(cx),
            State::Sending => true,
            _ => cx.options.req_relaxed && self.out.has_out(cx),
        }
    }
}
