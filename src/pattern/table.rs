//! The constructors of the socket types. Any thread.

use super::Pattern;
use super::dealer::Dealer;
use super::pair::Pair;
use super::publish::Pub;
use super::pull::Pull;
use super::push::Push;
use super::rep::Rep;
use super::req::Req;
use super::router::Router;
use super::stream::Stream;
use super::subscribe::Sub;
use super::xpub::Xpub;
use super::xsub::Xsub;
use crate::socket_type::SocketType;

/// A new socket's behaviour.
pub fn new(socket_type: SocketType) -> Box<dyn Pattern> {
    match socket_type {
        SocketType::Pair => Box::new(Pair::default()),
        SocketType::Pub => Box::new(Pub::new()),
        SocketType::Sub => Box::new(Sub::new()),
        SocketType::Req => Box::new(Req::new()),
        SocketType::Rep => Box::new(Rep::new()),
        SocketType::Dealer => Box::new(Dealer::default()),
        SocketType::Router => Box::new(Router::new()),
        SocketType::Pull => Box::new(Pull::default()),
        SocketType::Push => Box::new(Push::default()),
        SocketType::Xpub => Box::new(Xpub::new(true)),
        SocketType::Xsub => Box::new(Xsub::new()),
        SocketType::Stream => Box::new(Stream::new()),
    }
}
