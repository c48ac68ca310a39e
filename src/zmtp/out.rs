//! The outgoing byte stream of one connection: what was encoded and not yet written. I/O thread.
//!
//! Small frames are coalesced in one buffer; large payloads stay where they are and are written by reference. Invariant:
//! `parts` is ordered by `at`; the stream is `buf[start..at0] part0 buf[at0..at1] part1 ... buf[at_last..]`.

use super::error::ProtocolError;
use super::frame::{Framing, HeaderBytes};
use crate::errno::{Errno, Result};
use crate::message::Msg;
use std::collections::VecDeque;
use std::io::IoSlice;

/// Largest payload that is copied into the buffer.
const COPY_MAX: usize = 4096;
/// Room for a short frame.
const SHORT_MAX: usize = 2 + 255;
/// First size of the buffer: a handshake fits, and many connections never say more.
const FIRST: usize = 512;
/// Least that it grows by after that.
const NEXT: usize = 4096;
/// A drained buffer above this size is given back, unless much of it was in use.
const KEEP: usize = 256 * 1024;
/// Above this size it is given back in any case.
const KEEP_MAX: usize = 4 * 1024 * 1024;
/// Consumed bytes at the start of the buffer that are worth moving the rest.
const COMPACT: usize = 64 * 1024;

/// Bytes on their way out. What tells whether there are any stands together.
#[derive(Debug, Default)]
#[repr(C)]
pub struct OutQueue {
    by_reference: usize,
    buf: Vec<u8>,
    start: usize,
    parts: VecDeque<Part>,
}

/// A payload that is not copied.
#[derive(Debug)]
struct Part {
    /// Index in the buffer of the first byte that follows it.
    at: usize,
    sent: usize,
    msg: Msg,
}

impl OutQueue {
    /// An empty queue, without memory.
    pub fn new() -> OutQueue {
        OutQueue::default()
    }

    /// Bytes that wait.
    #[inline]
    pub fn len(&self) -> usize {
        self.buf.len().saturating_sub(self.start).saturating_add(self.by_reference)
    }

    /// Whether nothing waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.start == self.buf.len() && self.parts.is_empty()
    }

    /// Adds a header and a copy of a message's content, for a frame with a body of 255 bytes at most.
    ///
    /// # Errors
    /// `ENOMEM`; nothing was added then.
    #[inline]
    pub(super) fn push_short<const N: usize>(&mut self, header: &[u8; N], msg: &Msg) -> Result<()> {
        self.reserve(SHORT_MAX)?;
        self.buf.extend_from_slice(header);
        let _ = msg.append_to(&mut self.buf);
        Ok(())
    }

    /// Has room for so many frames of short messages, for [`OutQueue::push_reserved`].
    ///
    /// # Errors
    /// `ENOMEM`.
    #[inline]
    pub(super) fn reserve_shorts(&mut self, messages: usize) -> Result<()> {
        self.reserve(messages.saturating_mul(2 + Msg::INLINE_COPY))
    }

    /// Adds the frame of a short message of one part, for which there is room.
    #[inline(always)]
    pub fn push_reserved(&mut self, msg: &Msg) {
        self.buf.extend_from_slice(&[0, msg.len() as u8]);
        let appended = msg.append_to(&mut self.buf);
        debug_assert!(appended);
    }

    /// Adds a long header and a copy of a message's content, if copying is cheaper than keeping it; else false.
    ///
    /// # Errors
    /// `ENOMEM`; nothing was added then.
    #[inline(never)]
    pub(super) fn push_copy(&mut self, more: u8, msg: &Msg) -> Result<bool> {
        let data = msg.data();
        if data.len() > COPY_MAX {
            return Ok(false);
        }
        self.copy(HeaderBytes::new(Framing::V2, more, data.len()).as_slice(), data)?;
        Ok(true)
    }

    #[inline]
    fn copy(&mut self, header: &[u8], data: &[u8]) -> Result<()> {
        self.reserve(header.len().saturating_add(data.len()))?;
        self.buf.extend_from_slice(header);
        self.buf.extend_from_slice(data);
        Ok(())
    }

    /// Adds a header and the payload that follows it; the payload is copied if that is cheaper than keeping it.
    ///
    /// # Errors
    /// `ENOMEM`; nothing was added then.
    pub(super) fn push_frame(&mut self, header: &[u8], msg: Msg) -> Result<()> {
        let data = msg.data();
        if data.len() <= COPY_MAX {
            return self.copy(header, data);
        }
        self.push_reference(header, msg)
    }

    /// Adds what the kernel did not take of a frame that was written past the queue: the rest of the header, and of the
    /// payload.
    ///
    /// # Errors
    /// `ENOMEM`; nothing was added then.
    pub fn push_rest(&mut self, header: &[u8], msg: Msg) -> Result<()> {
        self.push_reference(header, msg)
    }

    #[inline(never)]
    fn push_reference(&mut self, header: &[u8], msg: Msg) -> Result<()> {
        self.reserve(header.len())?;
        self.parts.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        self.buf.extend_from_slice(header);
        self.by_reference = self.by_reference.saturating_add(msg.len());
        self.parts.push_back(Part { at: self.buf.len(), sent: 0, msg });
        Ok(())
    }

    /// Adds at most `size` bytes, which `write` appends to the vector.
    ///
    /// # Errors
    /// `ENOMEM`, or what `write` says.
    pub(super) fn push_with(
        &mut self,
        size: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), ProtocolError>,
    ) -> Result<(), ProtocolError> {
        self.reserve(size)?;
        write(&mut self.buf)
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `ENOMEM`; nothing was added then.
    pub(super) fn push_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.reserve(bytes.len())?;
        self.buf.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn reserve(&mut self, size: usize) -> Result<()> {
        if self.buf.capacity().wrapping_sub(self.buf.len()) < size { self.grow(size) } else { Ok(()) }
    }

    #[cold]
    fn grow(&mut self, size: usize) -> Result<()> {
        let least = if self.buf.capacity() == 0 { FIRST } else { NEXT };
        self.buf.try_reserve(size.max(least)).map_err(|_| Errno::ENOMEM)
    }

    /// All bytes, if they stand in one piece.
    #[inline]
    pub fn only_slice(&self) -> Option<&[u8]> {
        if self.parts.is_empty() { self.buf.get(self.start..) } else { None }
    }

    /// The stream's next slices, as many as `out` has room for; returns how many were written there.
    pub fn io_slices<'a>(&'a self, out: &mut [IoSlice<'a>]) -> usize {
        let mut used = 0;
        let mut at = self.start;
        let mut rooms = out.iter_mut();
        let mut put = |bytes: &'a [u8]| {
            if bytes.is_empty() {
                return true;
            }
            let Some(room) = rooms.next() else {
                return false;
            };
            *room = IoSlice::new(bytes);
            used = usize::saturating_add(used, 1);
            true
        };
        for part in &self.parts {
            if !put(self.buf.get(at..part.at).unwrap_or_default()) || !put(part.unsent()) {
                return used;
            }
            at = part.at;
        }
        put(self.buf.get(at..).unwrap_or_default());
        used
    }

    /// The bytes at the front that lie together; for a plain write.
    pub fn front(&self) -> &[u8] {
        match self.parts.front() {
            Some(part) if part.at == self.start => part.unsent(),
            Some(part) => self.buf.get(self.start..part.at).unwrap_or_default(),
            None => self.buf.get(self.start..).unwrap_or_default(),
        }
    }

    /// `n` bytes were written; messages of which that was the rest are dropped.
    #[inline]
    pub fn advance(&mut self, n: usize) {
        if self.parts.is_empty() {
            self.start = self.start.saturating_add(n).min(self.buf.len());
            if self.start == self.buf.len() {
                self.reset();
            } else {
                self.compact();
            }
        } else {
            self.advance_parts(n);
        }
    }

    fn advance_parts(&mut self, mut n: usize) {
        while let Some(part) = self.parts.front_mut() {
            let before = part.at.saturating_sub(self.start).min(n);
            self.start = self.start.saturating_add(before);
            n = n.saturating_sub(before);
            if self.start < part.at {
                return;
            }
            let of_part = part.unsent().len().min(n);
            part.sent = part.sent.saturating_add(of_part);
            n = n.saturating_sub(of_part);
            self.by_reference = self.by_reference.saturating_sub(of_part);
            if !part.unsent().is_empty() {
                return self.compact();
            }
            self.parts.pop_front();
        }
        self.advance(n);
    }

    fn reset(&mut self) {
        let (used, capacity) = (self.buf.len(), self.buf.capacity());
        self.start = 0;
        self.buf.clear();
        if capacity > KEEP && (capacity > KEEP_MAX || used < capacity / 4) {
            self.buf = Vec::new();
        }
    }

    /// Moves what waits to the start of the buffer, when that is less than what is gone.
    #[inline]
    fn compact(&mut self) {
        if self.start >= COMPACT && self.start >= self.buf.len() / 2 {
            self.move_down();
        }
    }

    #[cold]
    fn move_down(&mut self) {
        self.buf.drain(..self.start);
        for part in &mut self.parts {
            part.at = part.at.saturating_sub(self.start);
        }
        self.start = 0;
    }

    /// Drops everything: the stream is broken.
    pub fn clear(&mut self) {
        *self = OutQueue::new();
    }

    /// Whether the queue has memory of its own.
    #[inline]
    pub fn has_memory(&self) -> bool {
        self.buf.capacity() > 0
    }
}

impl Part {
    fn unsent(&self) -> &[u8] {
        self.msg.data().get(self.sent..).unwrap_or_default()
    }
}

#[cfg(test)]
impl OutQueue {
    pub(super) fn capacity(&self) -> usize {
        self.buf.capacity()
    }

    pub(super) fn references(&self) -> usize {
        self.parts.len()
    }
}
