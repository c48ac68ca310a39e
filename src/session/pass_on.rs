//! Messages on their way out, from the caller's memory to the kernel, past the pipe. Whoever holds the session's lock; the
//! thread that sends.
//!
//! Large ones: what the kernel takes is copied once, and a queue of them is memory that no cache holds: it costs more to fill
//! and to empty than the wait for a peer that keeps up. So a caller that may wait is patient for a moment when the kernel is
//! full, unless that was in vain lately.
//!
//! Short ones, to a connection that has nothing else to send: neither a place in the queue nor the reader's state is touched,
//! which for thousands of connections are as many cache lines to be fetched.

use super::engine::Engine;
use super::patience::Wait;
use super::run::{Session, Stage};
use crate::errno::Errno;
use crate::message::{Incoming, Msg};
use crate::pipe::PipeEnd;
use std::io::IoSlice;

/// The longest short message, and what goes before it.
const SHORT_FRAME_MAX: usize = 2 + Msg::INLINE_MAX;

impl Session {
    /// A large message is there to be sent: the calling thread writes it, behind what is there already.
    pub(super) fn pass_on(&self, bytes: &[u8], patient: bool) -> bool {
        let Some(mut inner) = self.inner.try_lock() else { return false };
        let inner = &mut *inner;
        match (&mut inner.stage, &mut inner.pipe) {
            (Stage::Running(engine), pipe @ Some(_)) if !inner.stopping => {
                let passed = engine.pass_on(pipe, bytes, patient);
                self.follow_room(engine);
                passed
            }
            _ => false,
        }
    }
}

impl Engine {
    /// Writes a whole message of one part, after all that waits. False if it is to be queued: nothing of it has gone then.
    pub(super) fn pass_on(&mut self, pipe: &mut Option<PipeEnd>, bytes: &[u8], patient: bool) -> bool {
        let Some(header) = self.protocol.header(bytes.len()) else { return false };
        let mut wait = self.patience_out.begin(patient);
        while !self.is_drained(pipe) {
            if !patient || (!self.writable && !self.wait(&mut wait)) || self.write(pipe).is_err() {
                return false;
            }
        }
        // For what the kernel may leave: once a part of the message has gone, it is too late to have no memory.
        let Ok(rest) = Incoming::reusing(bytes.len()) else { return false };
        self.write_through(header.as_slice(), bytes, rest, &mut wait)
    }

    /// The same for a short message when nothing is in the pipe, and without patience.
    pub(super) fn pass_short(&mut self, bytes: &[u8]) -> bool {
        let mut frame = [0; SHORT_FRAME_MAX];
        let Some(header) = self.protocol.header(bytes.len()) else { return false };
        let header = header.as_slice();
        let total = header.len() + bytes.len();
        if !self.is_flushed() || !self.writable || total > frame.len() {
            return false;
        }
        frame[..header.len()].copy_from_slice(header);
        frame[header.len()..total].copy_from_slice(bytes);
        match self.stream.write_vectored(&[IoSlice::new(&frame[..total])]) {
            Ok(sent) if sent == total => return true,
            Ok(sent) => return self.keep_rest_of_short(&frame[sent..total]),
            Err(Errno::EAGAIN) => self.writable = false,
            Err(_) => self.broken(),
        }
        false
    }

    #[cold]
    fn keep_rest_of_short(&mut self, rest: &[u8]) -> bool {
        let kept = Msg::from_slice(rest).and_then(|rest| self.out.push_rest(&[], rest)).is_ok();
        if kept {
            self.flush_all();
        } else {
            self.break_off();
        }
        kept
    }

    /// Whether everything that was written to the pipe is in the kernel, and that takes more.
    fn is_drained(&self, pipe: &mut Option<PipeEnd>) -> bool {
        self.writable && self.is_flushed() && pipe.as_mut().is_some_and(|pipe| !pipe.check_read())
    }

    /// Waits for room in the kernel, if that is allowed.
    fn wait(&mut self, wait: &mut Wait) -> bool {
        let stream = &self.stream;
        self.writable = self.patience_out.wait(wait, |limit| stream.wait_writable(limit) == Ok(true));
        self.waits_itself |= self.writable;
        self.writable
    }

    fn write_through(&mut self, header: &[u8], bytes: &[u8], rest: Incoming, wait: &mut Wait) -> bool {
        let mut sent = 0;
        let total = header.len() + bytes.len();
        while sent < total {
            let head = header.get(sent..).unwrap_or_default();
            let body = bytes.get(sent.saturating_sub(header.len())..).unwrap_or_default();
            let slices = [IoSlice::new(head), IoSlice::new(body)];
            let slices = if head.is_empty() { &slices[1..] } else { &slices[..] };
            match self.stream.write_vectored(slices) {
                Ok(n) => {
                    sent += n;
                    continue;
                }
                Err(Errno::EAGAIN) => self.writable = false,
                Err(_) => {
                    // The peer never sees the end of the frame; the message goes to the next connection.
                    self.broken();
                    return false;
                }
            }
            if !self.wait(wait) {
                return self.keep_rest(head, body, rest, sent > 0);
            }
        }
        true
    }

    /// Queues what the kernel did not take, if it took anything.
    fn keep_rest(&mut self, head: &[u8], mut body: &[u8], mut rest: Incoming, begun: bool) -> bool {
        if !begun {
            return false;
        }
        rest.shrink(body.len());
        let keep = || {
            while !body.is_empty() {
                rest.fill(&mut body)?;
            }
            self.out.push_rest(head, rest.finish(0)?)
        };
        let kept = keep().is_ok();
        if !kept {
            self.break_off();
        }
        kept
    }

    /// There is no memory after all for the rest of a message: the peer must not take what follows for it.
    fn break_off(&mut self) {
        let _ = self.stream.shutdown_write();
        self.broken();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Inherited, Options};
    use crate::session::protocol;
    use crate::socket_type::SocketType;
    use crate::transport::Stream;
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    fn engine() -> (Engine, UnixStream) {
        let (near, far) = UnixStream::pair().unwrap();
        let options = Options::new(SocketType::Push, Inherited { ipv6: false, blocky: true, zero_copy_recv: true });
        (Engine::new(Stream::of_unix(near), protocol::connection(&options), &options), far)
    }

    #[test]
    fn the_rest_of_a_short_message_follows_at_once_or_when_there_is_room() {
        for size in [1, Msg::INLINE_MAX, SHORT_FRAME_MAX - 1] {
            let rest: Vec<u8> = (0..size as u8).collect();
            let (mut engine, mut far) = engine();
            assert!(engine.keep_rest_of_short(&rest) && engine.is_flushed() && engine.writable);
            let mut got = vec![0; size];
            far.read_exact(&mut got).unwrap();
            assert_eq!(got, rest);

            let before = vec![0xee; 1024];
            let mut filled = 0;
            while let Ok(n) = engine.stream.write_vectored(&[IoSlice::new(&before)]) {
                filled += n;
            }
            assert!(engine.keep_rest_of_short(&rest) && !engine.is_flushed() && !engine.writable);
            let mut got = vec![0; filled];
            far.read_exact(&mut got).unwrap();
            engine.set_writable();
            engine.flush_all();
            assert!(engine.is_flushed());
            drop(engine);
            got.clear();
            far.read_to_end(&mut got).unwrap();
            assert_eq!(got, rest);
        }
    }

    #[test]
    fn nothing_passes_before_the_peer_is_known() {
        let (mut engine, mut far) = engine();
        assert!(!engine.pass_short(b"early"));
        drop(engine);
        assert_eq!(far.read(&mut [0; 8]).unwrap(), 0);
    }
}
