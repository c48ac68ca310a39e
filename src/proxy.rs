//! Forwarding between two sockets (zmq_proxy(3), zmq_proxy_steerable(3)). The calling thread.

use crate::errno::{Errno, Result};
use crate::message::{Msg, call_free_functions};
use crate::poll::{self, Item, POLLIN, POLLOUT};
use crate::socket::blocking;

/// Most messages that go one way before the other way is looked at.
const BURST: usize = 1000;

/// Numbers of one direction, frames and bytes, as STATISTICS reports them.
#[derive(Clone, Copy, Default, Debug)]
struct Count {
    frames: u64,
    bytes: u64,
}

#[derive(Clone, Copy, Default, Debug)]
struct Traffic {
    received: Count,
    sent: Count,
}

#[derive(PartialEq, Eq)]
enum Mode {
    Active,
    Paused,
    Terminated,
}

/// The sockets of a proxy, by handle.
#[derive(Clone, Copy, Debug)]
pub struct Proxy {
    /// One side.
    pub frontend: usize,
    /// The other side, which may be the same socket.
    pub backend: usize,
    /// Gets a copy of every frame.
    pub capture: Option<usize>,
    /// Steers.
    pub control: Option<usize>,
}

impl Proxy {
    /// Forwards until the context ends or TERMINATE comes.
    ///
    /// # Errors
    /// `ETERM`, `EINTR`, `ENOTSOCK`, and whatever a send or receive says.
    pub fn run(&self) -> Result<()> {
        let mut mode = Mode::Active;
        let mut front = Traffic::default();
        let mut back = Traffic::default();
        loop {
            if let Some(control) = self.control {
                while poll::events(control)? & POLLIN != 0 {
                    self.obey(control, &mut mode, &front, &back)?;
                }
                if mode == Mode::Terminated {
                    return Ok(());
                }
            }
            let paused = mode == Mode::Paused;
            let front_events = poll::events(self.frontend)?;
            let back_events = poll::events(self.backend)?;
            let mut moved = 0;
            // A single socket may have to receive before it can send, so its room says nothing.
            let single = self.frontend == self.backend;
            if !paused && front_events & POLLIN != 0 && (single || back_events & POLLOUT != 0) {
                moved += self.forward(self.frontend, self.backend, &mut front.received, &mut back.sent)?;
            }
            if !paused && !single && back_events & POLLIN != 0 && front_events & POLLOUT != 0 {
                moved += self.forward(self.backend, self.frontend, &mut back.received, &mut front.sent)?;
            }
            if moved == 0 {
                self.wait(paused, front_events, back_events)?;
            }
        }
    }

    /// Waits for what keeps a direction from moving: input, or where that is there, room.
    fn wait(&self, paused: bool, front: i16, back: i16) -> Result<()> {
        let lacking = |mine: i16, other: i16| {
            let input = if mine & POLLIN == 0 { POLLIN } else { 0 };
            let full = other & POLLIN != 0 && mine & POLLOUT == 0 && self.frontend != self.backend;
            let room = if full { POLLOUT } else { 0 };
            input | room
        };
        let (front, back) = if paused { (0, 0) } else { (lacking(front, back), lacking(back, front)) };
        let mut items = vec![Item::socket(self.frontend, front), Item::socket(self.backend, back)];
        items.extend(self.control.map(|control| Item::socket(control, POLLIN)));
        poll::poll(&mut items, -1).map(|_| ())
    }

    /// Moves whole messages while both sides allow it.
    fn forward(&self, from: usize, to: usize, received: &mut Count, sent: &mut Count) -> Result<usize> {
        let mut moved = 0;
        while moved < BURST && (moved == 0 || from == to || poll::events(to)? & POLLOUT != 0) {
            if !self.forward_message(from, to, received, sent)? {
                break;
            }
            moved += 1;
        }
        Ok(moved)
    }

    /// Moves one message; false if there was none after all.
    fn forward_message(&self, from: usize, to: usize, received: &mut Count, sent: &mut Count) -> Result<bool> {
        let mut msg = Msg::new();
        let mut first = true;
        loop {
            match blocking::recv(from, &mut msg, first, false) {
                Err(Errno::EAGAIN) if first => return Ok(false),
                result => result?,
            }
            first = false;
            let more = msg.more();
            let size = msg.len() as u64;
            if let Some(capture) = self.capture {
                blocking::send(capture, &mut msg.share(), more, false)?;
            }
            blocking::send(to, &mut msg, more, false)?;
            for count in [&mut *received, &mut *sent] {
                count.frames += 1;
                count.bytes += size;
            }
            if !more {
                call_free_functions();
                return Ok(true);
            }
        }
    }

    /// Carries out one command; unknown ones do nothing.
    fn obey(&self, control: usize, mode: &mut Mode, front: &Traffic, back: &Traffic) -> Result<()> {
        let mut msg = Msg::new();
        match blocking::recv(control, &mut msg, true, false) {
            Err(Errno::EAGAIN) => return Ok(()),
            result => result?,
        }
        let single = !msg.more();
        let mut rest = Msg::new();
        let mut more = msg.more();
        while more {
            blocking::recv(control, &mut rest, false, false)?;
            more = rest.more();
        }
        match msg.data() {
            b"STATISTICS" if single => return self.report(control, front, back),
            b"PAUSE" if single => *mode = Mode::Paused,
            b"RESUME" if single => *mode = Mode::Active,
            b"TERMINATE" if single => *mode = Mode::Terminated,
            _ => {}
        }
        // A replier owes an answer to whatever was asked.
        if blocking::lock(control)?.socket_type() == crate::socket_type::SocketType::Rep {
            blocking::send(control, &mut Msg::new(), false, false)?;
        }
        Ok(())
    }

    fn report(&self, control: usize, front: &Traffic, back: &Traffic) -> Result<()> {
        let counts = [front.received, front.sent, back.received, back.sent];
        let numbers: Vec<u64> = counts.iter().flat_map(|c| [c.frames, c.bytes]).collect();
        for (i, number) in numbers.iter().enumerate() {
            let mut msg = Msg::from_slice(&number.to_ne_bytes())?;
            blocking::send(control, &mut msg, i + 1 < numbers.len(), false)?;
        }
        Ok(())
    }
}
