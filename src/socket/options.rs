//! zmq_setsockopt and zmq_getsockopt: the table's rows, and the few values that only the socket knows.

use super::Socket;
use crate::errno::{Errno, Result};
use crate::options::{self, Effect, Live};
use crate::pattern::Cx;
use crate::pipe::Hwm;
use libc::c_int;
use std::sync::atomic::Ordering;

const EVENTS: c_int = 15;

impl Socket {
    /// Sets an option; `None` stands for NULL with length 0.
    ///
    /// # Errors
    /// `EINVAL`, `ETERM` (zmq_setsockopt(3)).
    pub fn set_option(&mut self, id: c_int, value: Option<&[u8]>) -> Result<()> {
        self.process_commands()?;
        self.shared_options = None;
        match options::set(&mut self.options, id, value)? {
            Effect::None => Ok(()),
            Effect::Subscribe(topic) => self.subscribe(topic, true),
            Effect::Unsubscribe(topic) => self.subscribe(topic, false),
            Effect::HwmChanged => {
                self.apply_hwm();
                Ok(())
            }
        }
    }

    fn subscribe(&mut self, topic: &[u8], add: bool) -> Result<()> {
        let mut cx = Cx::new(&mut self.pipes, &self.options);
        let result = self.pattern.subscribe(&mut cx, topic, add);
        self.remove_ended();
        result
    }

    fn apply_hwm(&mut self) {
        let (send, receive) = (self.options.sndhwm, self.options.rcvhwm);
        let limits = self.shared.limits();
        limits.send.store(send, Ordering::Relaxed);
        limits.receive.store(receive, Ordering::Relaxed);
        for id in self.pipes.ids().collect::<Vec<_>>() {
            if let Some(pipe) = self.pipes.get(id) {
                pipe.set_hwm(Hwm::from_option(send), Hwm::from_option(receive));
                // A pipe that is full stays so until its reader gets on, as in libzmq, whatever the new limit.
            }
        }
    }

    /// Reads an option into the whole of the caller's buffer; returns the length to report.
    ///
    /// # Errors
    /// `EINVAL`, `ETERM` (zmq_getsockopt(3)).
    pub fn get_option(&mut self, id: c_int, out: &mut [u8]) -> Result<usize> {
        if self.mailbox.is_terminated() {
            return Err(Errno::ETERM);
        }
        let events = if id == EVENTS { c_int::from(self.events()?) } else { 0 };
        let stream_id = self.pattern.local_routing_id();
        let mailbox = &self.mailbox;
        let mut live = Live {
            rcvmore: self.rcvmore,
            fd: &mut || mailbox.fd(),
            events: &mut || Ok(events),
            last_endpoint: self.last_endpoint.as_bytes(),
            routing_id: stream_id,
        };
        options::get(&self.options, &mut live, id, out)
    }
}
