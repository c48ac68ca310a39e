//! Large messages on their way in, from the kernel to the memory of the caller that waits for one: they are copied once. Whoever
//! holds the session's lock; the thread that waits, in its turn.

use super::engine::Engine;
use super::patience::Wait;
use crate::errno::Errno;
use crate::message::Offer;
use crate::pipe::PipeEnd;

/// Whether a message that is being received may go to the memory of a caller that waits for one.
pub(super) enum Lending {
    No,
    Yes,
    /// Others come first; once the caller has them it may offer its memory again.
    Later,
}

impl Engine {
    /// Whether the message that is being received goes to the memory offered: it is the next one that the caller gets.
    pub(super) fn lend(&mut self, pipe: &mut Option<PipeEnd>, offer: &mut Offer<'_>) -> Lending {
        if offer.is_taken() {
            return Lending::Yes;
        }
        let Some(pipe) = pipe else { return Lending::No };
        if !self.protocol.has_large() || self.filter.is_some() || pipe.is_unfinished() || !pipe.check_write() {
            return Lending::No;
        }
        // What this call has handed on, the caller is told of.
        let told = pipe.is_unpublished();
        pipe.flush();
        if !pipe.is_read_out() {
            return if told { Lending::Later } else { Lending::No };
        }
        if self.protocol.begin_offer(offer) { Lending::Yes } else { Lending::No }
    }

    /// A message that has begun to come to the memory offered is likely to go on at once: waits for more of it, if that is
    /// allowed. Whether there is more.
    pub(super) fn wait_for_rest(&mut self, offer: Option<&mut Offer<'_>>, wait: &mut Wait) -> bool {
        let stream = &self.stream;
        let mut found = Ok(false);
        let more = self.patience_in.wait(wait, |limit| {
            found = stream.wait_readable(limit);
            found == Ok(true)
        });
        if let (Err(Errno::EINTR), Some(offer)) = (found, offer) {
            offer.interrupt();
        }
        more
    }
}
