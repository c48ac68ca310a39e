//! The end of the handshake: the socket learns of the peer, and gets a pipe to it. Whoever holds the session's lock.

use super::host::event;
use super::loss::endpoint_text;
use super::pipe_side::PipeSide;
use super::run::{Inner, Session, Stage};
use crate::message::Msg;
use crate::pattern::Attach;
use crate::pipe::{Hwm, PipeEnd, PipeOptions, pair};
use crate::runtime::{Attachment, Command};
use crate::socket_type::SocketType;
use crate::zmtp::PeerInfo;

impl Session {
    /// The handshake is over: the socket learns of the peer.
    pub(super) fn greet(&self, inner: &mut Inner, peer: Box<PeerInfo>) {
        if let Some(timer) = inner.handshake.take() {
            self.io.cancel_timer(timer);
        }
        let Stage::Running(engine) = &mut inner.stage else { return };
        let announced = (!peer.is_legacy() && !self.is_raw() && self.origin.host.wants(event::HANDSHAKE_SUCCEEDED))
            .then(|| endpoint_text(inner.connect.as_deref(), &engine.stream));
        inner.legacy = peer.is_legacy();
        let metadata = engine.metadata(&peer);
        let subscribe_all = peer.subscribe_all();
        match (&inner.pipe, inner.pipe_id) {
            (Some(_), Some(id)) => {
                self.origin.host.mailbox().send(Command::Identified(id, peer.routing_id));
            }
            _ => inner.pipe = Some(self.attach(inner.connect.is_some(), *peer)),
        }
        // Said after the socket knows of the peer, so that who waits for the event can count on it, and before anything
        // that the peer sends.
        if let Some(text) = announced {
            self.origin.host.emit(event::HANDSHAKE_SUCCEEDED, 0, &text);
        }
        if let Some(pipe) = &mut inner.pipe {
            pipe.write_metadata(metadata);
            let publishes = matches!(self.origin.options.socket_type, SocketType::Pub | SocketType::Xpub);
            if subscribe_all
                && publishes
                && let Ok(everything) = Msg::subscription(b"", true)
            {
                pipe.write_unchecked(everything);
                pipe.flush();
            }
            if self.is_raw() && self.origin.options.stream_notify {
                pipe.write_unchecked(Msg::new());
                pipe.flush();
            }
        }
    }

    /// Makes a pipe and gives the socket its end.
    fn attach(&self, connecting: bool, peer: PeerInfo) -> PipeEnd {
        let options = &self.origin.options;
        let conflate = options.conflate && options.socket_type.row().can_conflate;
        let (mut mine, mut theirs) = pair(PipeOptions { conflate });
        theirs.set_hwm(Hwm::from_option(options.sndhwm), Hwm::from_option(options.rcvhwm));
        mine.set_notify(PipeSide::new(self));
        let assigned_id = if connecting { options.connect_routing_id.clone() } else { None };
        let info = Attach { peer_id: Some(peer.routing_id), assigned_id, connecting, ..Attach::default() };
        let joining = Attachment { pipe: theirs, info, endpoint: self.origin.endpoint };
        self.origin.host.mailbox().send(Command::Attach(Box::new(joining)));
        mine
    }
}
