//! A large message of a [`Connection`] on its way into the memory of a caller that waits for it. On whichever thread drives the
//! connection.

use super::{Connection, READ_MIN, State};
use crate::errno::Result;
use crate::message::{Offer, Source};

impl Connection {
    /// Whether a large message of one part, as it is, has just begun: most of it is still to be read.
    pub fn has_large(&self) -> bool {
        matches!(&self.incoming, Some((0, incoming)) if incoming.missing() > 0 && incoming.filled() <= READ_MIN)
            && self.cipher.is_none()
            && matches!(self.state, State::Ready)
    }

    /// The memory offered takes over from the large message that has begun, if there is room for it.
    pub fn begin_offer(&mut self, offer: &mut Offer<'_>) -> bool {
        self.incoming.as_mut().is_some_and(|(_, incoming)| offer.take_over(incoming))
    }

    /// The same as [`Connection::fill`], into the memory offered, until that holds the whole message.
    ///
    /// # Errors
    /// What the source says.
    pub fn fill_offer(&mut self, offer: &mut Offer<'_>, source: &mut (impl Source + ?Sized)) -> Result<(usize, usize)> {
        let result = offer.fill(source)?;
        if result.0 > 0 {
            self.timers.heard();
        }
        if offer.received().is_some() {
            self.incoming = None;
            self.expects_large = true;
            if self.timers.has_promise() {
                self.timers.frame();
            }
            self.set_fast_in();
        }
        Ok(result)
    }

    /// The connection is left alone for now: what has come of a message is kept here.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn end_offer(&mut self, offer: &mut Offer<'_>) -> Result<()> {
        self.incoming.as_mut().map_or(Ok(()), |(_, incoming)| offer.give_back(incoming))
    }
}
