//! What other threads ask of a socket; carried out when its application thread next enters the library.

use crate::pattern::Attach;
use crate::pipe::{PipeEnd, PipeId};

/// A peer that joins a socket.
#[derive(Debug)]
pub struct Attachment {
    /// The socket's end.
    pub pipe: PipeEnd,
    /// What is known of the peer.
    pub info: Attach,
    /// Which of the socket's endpoints the peer came through.
    pub endpoint: u64,
}

/// A request to a socket, with everything it needs.
#[derive(Debug)]
pub enum Command {
    /// A peer is there: its pipe joins the socket.
    Attach(Box<Attachment>),
    /// The pipe has something to read again.
    Readable(PipeId),
    /// The pipe has room again.
    Writable(PipeId),
    /// The pipe's peer closed.
    Closed(PipeId),
    /// The peer of a pipe has announced its routing id.
    Identified(PipeId, Vec<u8>),
    /// The connection behind the pipe was lost; the pipe goes on with the next one.
    Reconnected(PipeId),
    /// The endpoint with this number was given up.
    EndpointGone(u64),
}
