//! One end of a pipe: high-water marks, credit, life cycle.
//!
//! Credit (zmq_setsockopt(3), ZMQ_SNDHWM): whole messages count. The writer is full when `written - acknowledged >= limit`;
//! the reader acknowledges each time its count reaches a multiple of half the limit. A full writer marks itself blocked
//! and looks again; the reader acknowledges and then looks at the mark: with a sequentially consistent fence on each
//! side one of them sees the other.

mod read;
mod write;

use super::conflate::Slot;
use super::credit::{Direction, Hwm, Limit};
use super::patience::Eagerness;
use super::queue::{Consumer, Producer, queue};
use crate::message::{Metadata, Msg};
use crate::sync::{Arc, Ordering, fence};
use std::mem::offset_of;
use std::sync::{Arc as StdArc, OnceLock};

/// How a pipe's end reaches its owner, from the peer's thread.
pub trait Notify: Send + Sync {
    /// There is something to read again.
    fn readable(&self);
    /// There is credit to write again.
    fn writable(&self);
    /// The peer closed its end.
    fn closed(&self);
    /// The address and size of what `readable` works on, to be prefetched.
    fn memory(&self) -> (usize, usize) {
        (0, 0)
    }
    /// The peer has a whole short message of one part, and all that it wrote before was read. Whether it was taken over at
    /// once: if not, it is to be written like any other.
    fn pass_short(&self, _bytes: &[u8]) -> bool {
        false
    }
    /// The peer has a whole message of one part that may be too large to be copied for nothing. Whether it was taken over at
    /// once, behind all that was written before: if not, it is to be written like any other. `patient` allows to wait for a
    /// moment; `read_out` says whether all that was written was read.
    fn pass_on(&self, _bytes: &[u8], _patient: bool, _read_out: &dyn Fn() -> bool) -> Passed {
        Passed::Not
    }
}

/// What became of a message that might go past the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passed {
    /// The owner has taken it over.
    Whole,
    /// It belongs in the queue.
    Not,
    /// The same, unless the writer has the patience to try again.
    NotYet,
}

struct Shared {
    /// Indexed by the side that writes.
    directions: [Direction; 2],
    /// Indexed by the side that is told.
    notify: [OnceLock<Box<dyn Notify>>; 2],
}

enum Writer {
    Queue(Producer),
    Slot(Slot),
}

enum Reader {
    Queue(Consumer),
    Slot(Slot),
}

/// How a pipe is made.
#[derive(Clone, Copy, Debug)]
pub struct PipeOptions {
    /// Both directions keep the newest message only.
    pub conflate: bool,
}

/// One end of a pipe. What each message takes comes first, in as few cache lines as possible: where there are thousands of
/// pipes, each line has to be fetched.
#[repr(C)]
pub struct PipeEnd {
    /// The first end's is false.
    side: bool,
    /// False from finding the pipe full until told that there is credit.
    writable: bool,
    ended: bool,
    closed: bool,
    shared: Arc<Shared>,
    write_limit: Limit,
    written: u64,
    acknowledged: u64,
    /// Once it was needed.
    peer_place: PeerPlace,
    writer: Writer,
    reader: Reader,
    read: u64,
    /// The count of messages read at which the writer is told, as long as the limit stays.
    acknowledge_at: u64,
    read_limit: Limit,
    /// Of the connection that the last part read came over.
    metadata: Option<StdArc<Metadata>>,
    /// What a conflating writer, which has no room for a mark, puts on each message.
    stamp: Option<StdArc<Metadata>>,
    eagerness: Eagerness,
}

/// Where a peer is: the way there leads through memory that has to be fetched itself.
#[derive(Clone, Copy, Default)]
struct PeerPlace {
    notify: usize,
    /// What the notice is for, and its size.
    behind: usize,
    size: usize,
}

impl PeerPlace {
    /// Remembers it, the first time.
    #[inline]
    fn note(&mut self, peer: &dyn Notify) {
        if self.notify == 0 {
            self.ask(peer);
        }
    }

    #[cold]
    fn ask(&mut self, peer: &dyn Notify) {
        let (behind, size) = peer.memory();
        *self = PeerPlace { notify: (&raw const *peer).addr(), behind, size };
    }
}

/// A new pipe's two ends.
pub fn pair(options: PipeOptions) -> (PipeEnd, PipeEnd) {
    let shared = Arc::new(Shared {
        directions: [Direction::new(), Direction::new()],
        notify: [OnceLock::new(), OnceLock::new()],
    });
    let make = || {
        if options.conflate {
            let slot = Slot::new();
            (Writer::Slot(slot.clone()), Reader::Slot(slot))
        } else {
            let (p, c) = queue();
            (Writer::Queue(p), Reader::Queue(c))
        }
    };
    let (writer0, reader1) = make();
    let (writer1, reader0) = make();
    let end = |side, writer, reader| PipeEnd {
        shared: shared.clone(),
        side,
        writer,
        reader,
        written: 0,
        acknowledged: 0,
        read: 0,
        acknowledge_at: Limit::new().batch(),
        write_limit: Limit::new(),
        read_limit: Limit::new(),
        writable: true,
        ended: false,
        closed: false,
        metadata: None,
        stamp: None,
        eagerness: Eagerness::default(),
        peer_place: PeerPlace::default(),
    };
    (end(false, writer0, reader0), end(true, writer1, reader1))
}

impl PipeEnd {
    /// Bytes at the start that every message takes.
    pub const FRONT: usize = offset_of!(PipeEnd, metadata);

    #[inline]
    fn outbound(&self) -> &Direction {
        &self.shared.directions[usize::from(self.side)]
    }

    #[inline]
    fn inbound(&self) -> &Direction {
        &self.shared.directions[usize::from(!self.side)]
    }

    /// Names the owner; once, before the first use of the end.
    pub fn set_notify(&mut self, notify: Box<dyn Notify>) {
        let _ = self.shared.notify[usize::from(self.side)].set(notify);
    }

    fn peer(&self) -> Option<&dyn Notify> {
        self.shared.notify[usize::from(!self.side)].get().map(AsRef::as_ref)
    }

    /// Sets this end's share of both limits; has effect at once.
    pub fn set_hwm(&mut self, send: Hwm, receive: Hwm) {
        self.outbound().set_write_share(send);
        let arrived = self.inbound().set_read_share(receive);
        // A limit that changes while messages are under way leaves counts that fit the old one: what was read may be more
        // than the writer may now have outstanding, or it waits for an acknowledgement that is not due any more.
        fence(Ordering::SeqCst);
        self.settle_credit();
        if arrived {
            // The reader is here at last, with room of its own for a writer that was up to its own limit.
            self.unblock_writer();
        }
        if self.written > 0
            && let Some(peer) = self.peer()
        {
            peer.readable();
        }
    }

    /// The peer's last message was read.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// The peer closed its end; what it wrote before may still be there to read.
    #[inline]
    pub fn peer_closed(&self) -> bool {
        self.inbound().closed.load(Ordering::Relaxed)
    }

    /// The peer closed its end and does not want what it left to be used.
    pub fn peer_abandoned(&self) -> bool {
        self.inbound().abandoned.load(Ordering::Acquire)
    }

    /// Closes this end. What was written before stays readable for the peer, unless `abandon` says that it is not wanted.
    pub fn close(&mut self, abandon: bool) {
        if self.closed {
            return;
        }
        self.closed = true;
        self.rollback();
        if abandon {
            self.outbound().abandoned.store(true, Ordering::Release);
        }
        self.write_unchecked(Msg::delimiter());
        self.flush();
        self.outbound().closed.store(true, Ordering::Release);
        if let Some(peer) = self.peer() {
            peer.closed();
        }
    }
}

impl Drop for PipeEnd {
    fn drop(&mut self) {
        self.close(false);
    }
}

impl std::fmt::Debug for PipeEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PipeEnd")
            .field("side", &self.side)
            .field("written", &self.written)
            .field("read", &self.read)
            .field("ended", &self.ended)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
