//! The monitor's end: a PAIR socket of the library's own, bound to an inproc name (zmq_socket_monitor(3)).

use super::Socket;
use crate::endpoint::{Endpoint, Scheme};
use crate::errno::{Errno, Result};
use crate::message::Msg;
use crate::session::event;
use crate::socket_type::SocketType;

/// A registered monitor.
pub(super) struct Monitor {
    socket: Socket,
    events: u32,
}

impl Monitor {
    pub(super) fn events(&self) -> u32 {
        self.events
    }

    /// Writes an event if it is wanted and the consumer has room; never blocks.
    pub(super) fn emit(&mut self, event: u16, value: u32, endpoint: &str) {
        if self.events & u32::from(event) == 0 {
            return;
        }
        let mut head = [0; 6];
        head[..2].copy_from_slice(&event.to_ne_bytes());
        head[2..].copy_from_slice(&value.to_ne_bytes());
        let (Ok(mut first), Ok(mut second)) = (Msg::from_slice(&head), Msg::from_slice(endpoint.as_bytes())) else {
            return;
        };
        if self.socket.try_send(&mut first, true, true).is_ok() {
            let _ = self.socket.try_send(&mut second, false, true);
        }
    }

    /// Says that the monitor has stopped, and closes its end.
    pub(super) fn stop(mut self) {
        self.emit(event::MONITOR_STOPPED, 0, "");
        self.socket.close();
    }
}

impl Socket {
    /// Registers a monitor in the place of the present one; without an address there is none afterwards.
    ///
    /// # Errors
    /// `ETERM`; `EINVAL` and `EPROTONOSUPPORT` for the address; `EADDRINUSE`; `EMFILE`.
    pub fn set_monitor(&mut self, address: Option<&str>, events: u32) -> Result<()> {
        self.check_open()?;
        let Some(address) = address else {
            self.shared.set_monitor(None);
            return Ok(());
        };
        if Endpoint::parse_bind(address)?.scheme() != Scheme::Inproc {
            return Err(Errno::EPROTONOSUPPORT);
        }
        self.shared.set_monitor(None);
        let mut socket = Socket::open(self.shared.context(), SocketType::Pair)?;
        socket.options.linger = 0;
        if let Err(errno) = socket.bind(address) {
            socket.close();
            return Err(errno);
        }
        self.shared.set_monitor(Some(Monitor { socket, events }));
        Ok(())
    }
}
