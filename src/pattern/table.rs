//! The constructors of the socket types. Any thread.

use super::dealer::Dealer;
use super::pair::Pair;
use super::pull::Pull;
use super::push::Push;
use super::rep::Rep;
use super::req::Req;
use super::router::Router;
use super::{Attach, Cx, Pattern};
use crate::socket_type::SocketType;

/// A new socket's behaviour.
pub fn new(socket_type: SocketType) -> Box<dyn Pattern> {
    match socket_type {
        SocketType::Pair => Box::new(Pair::default()),
        SocketType::Req => Box::new(Req::new()),
        SocketType::Rep => Box::new(Rep::new()),
        SocketType::Dealer => Box::new(Dealer::default()),
        SocketType::Router => Box::new(Router::new()),
        SocketType::Pull => Box::new(Pull::default()),
        SocketType::Push => Box::new(Push::default()),
        SocketType::Pub | SocketType::Sub | SocketType::Xpub | SocketType::Xsub | SocketType::Stream => {
            Box::new(Absent)
        }
    }
}

/// Types whose file is not there yet: no peers, no messages.
struct Absent;

impl Pattern for Absent {
    fn attach(&mut self, cx: &mut Cx<'_>, pipe: crate::pipe::PipeId, _info: Attach) {
        cx.pipes.close(pipe);
    }
    fn peer_closed(&mut self, cx: &mut Cx<'_>, pipe: crate::pipe::PipeId) {
        cx.pipes.close(pipe);
    }
    fn terminated(&mut self, _cx: &mut Cx<'_>, _pipe: crate::pipe::PipeId) {}
}
