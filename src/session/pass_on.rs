//! Large messages on their way out, from the caller's memory to the kernel: what the kernel takes is copied once. Whoever
//! holds the session's lock; the thread that sends.
//!
//! A queue of large messages is memory that no cache holds: it costs more to fill and to empty than the wait for a peer that
//! keeps up. So a caller that may wait is patient for a moment when the kernel is full, unless that was in vain lately.

use super::engine::Engine;
use super::patience::Wait;
use super::run::{Session, Stage};
use crate::errno::Errno;
use crate::message::Incoming;
use crate::pipe::PipeEnd;
use std::io::IoSlice;

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
            // There is no memory after all: the peer must not take what follows for the rest.
            let _ = self.stream.shutdown_write();
            self.broken();
        }
        kept
    }
}
