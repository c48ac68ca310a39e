//! What an XPUB's application is to receive: subscriptions, as reports, and messages of the peers. The socket's thread.
//!
//! Thousands of reports in a row tell of one connection: what they have in common is kept once. A report is kept as the
//! message that it was, and gets its first byte when it is received.

use super::Received;
use crate::message::{Destination, Metadata, Msg, flag};
use crate::pipe::PipeId;
use crate::sys::memory;
use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::sync::Arc;

/// Room for messages that is kept when the application has received them all.
const KEPT: usize = 4096;

/// Where messages came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// The pipe, if it is still there.
    pub(super) pipe: Option<PipeId>,
    /// Messages of the peer, not subscriptions.
    pub(super) plain: bool,
}

/// Messages one behind the other that came from the same connection.
#[derive(Debug)]
struct Run {
    from: Origin,
    metadata: Option<Arc<Metadata>>,
    left: usize,
}

/// Messages that wait.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    msgs: VecDeque<Msg>,
    runs: VecDeque<Run>,
}

impl Inbox {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.msgs.len()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.msgs.is_empty()
    }

    /// Adds a part of a peer's message, with its metadata.
    pub(super) fn push(&mut self, pipe: PipeId, msg: Msg) {
        self.extend_run(Origin { pipe: Some(pipe), plain: true }, None);
        self.msgs.push_back(msg);
    }

    /// Adds a report of a subscription or its end. Out of memory, the application misses it; nothing else depends on it.
    pub(super) fn report(&mut self, pipe: Option<PipeId>, metadata: Option<&Arc<Metadata>>, topic: &[u8], add: bool) {
        // The first byte fits in when it is time, without memory.
        let short = topic.len() < Msg::INLINE_MAX;
        let msg = if short { Msg::subscription(topic, add) } else { Msg::from_two(&[u8::from(add)], topic) };
        if let Ok(msg) = msg {
            self.push_report(pipe, metadata, msg);
        }
    }

    /// The same of a short subscription as it came, which is left empty; false if it is no such.
    #[inline]
    pub(super) fn pass_on(&mut self, pipe: PipeId, metadata: Option<&Arc<Metadata>>, part: &mut Msg) -> bool {
        let passed = part.has(flag::SUBSCRIBE | flag::CANCEL) && part.len() < Msg::INLINE_MAX;
        if passed {
            self.push_report(Some(pipe), metadata, part.take());
        }
        passed
    }

    #[inline]
    fn push_report(&mut self, pipe: Option<PipeId>, metadata: Option<&Arc<Metadata>>, msg: Msg) {
        if self.make_room() {
            self.extend_run(Origin { pipe, plain: false }, metadata);
            self.msgs.push_back(msg);
        }
    }

    /// Room for one more message and its run. How many there are, and how long, the peers decide.
    #[inline]
    fn make_room(&mut self) -> bool {
        (self.msgs.len() < self.msgs.capacity() || self.grow()) && self.runs.try_reserve(1).is_ok()
    }

    #[cold]
    fn grow(&mut self) -> bool {
        const ABOUT: usize = 256;
        let len = self.msgs.len();
        (len <= 1024 || memory::has_room(len * ABOUT)) && self.msgs.try_reserve(1).is_ok()
    }

    #[inline]
    fn extend_run(&mut self, from: Origin, metadata: Option<&Arc<Metadata>>) {
        if let Some(run) = self.runs.back_mut()
            && (run.from.pipe, run.from.plain) == (from.pipe, from.plain)
            && run.metadata.as_ref().map(Arc::as_ptr) == metadata.map(Arc::as_ptr)
        {
            run.left += 1;
        } else {
            self.runs.push_back(Run { from, metadata: metadata.cloned(), left: 1 });
        }
    }

    /// Takes the first message out.
    pub(super) fn pop(&mut self, msg: &mut Msg) -> Option<Origin> {
        let mut first = self.msgs.pop_front()?;
        if first.has(flag::SUBSCRIBE | flag::CANCEL) {
            // Short, so it takes no memory.
            first = Msg::from_two(&[u8::from(first.has(flag::SUBSCRIBE))], first.data()).unwrap_or_default();
        }
        let run = self.runs.front()?;
        if !run.from.plain {
            first.set_metadata(run.metadata.clone());
        }
        *msg = first;
        self.shorten_run()
    }

    /// The same, copied into `buf`, as much of it as there is room for.
    #[inline]
    pub(super) fn pop_copy(&mut self, buf: &Destination) -> Option<(Origin, Received)> {
        let first = self.msgs.front()?;
        let received = if first.has(flag::SUBSCRIBE | flag::CANCEL) {
            if let Some((head, topic)) = buf.split_first() {
                head.set(MaybeUninit::new(u8::from(first.has(flag::SUBSCRIBE))));
                first.copy_to(topic);
            }
            Received { size: first.len() + 1, more: false }
        } else {
            Received::copy(first, buf)
        };
        drop(self.msgs.pop_front());
        Some((self.shorten_run()?, received))
    }

    #[inline]
    fn shorten_run(&mut self) -> Option<Origin> {
        let run = self.runs.front_mut()?;
        let from = run.from;
        run.left -= 1;
        if run.left == 0 {
            self.runs.pop_front();
        }
        if self.msgs.is_empty() && self.msgs.capacity() > KEPT {
            *self = Inbox::default();
        }
        Some(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn metadata(fd: i32) -> Arc<Metadata> {
        Arc::new(Metadata::new(Some(fd)))
    }

    fn received(inbox: &mut Inbox) -> (Vec<u8>, Option<u64>, bool, Option<i32>) {
        let mut msg = Msg::new();
        let from = inbox.pop(&mut msg).unwrap();
        assert!(!msg.has(flag::SUBSCRIBE | flag::CANCEL));
        (msg.data().to_vec(), from.pipe.map(PipeId::to_bits), from.plain, msg.metadata().and_then(Metadata::fd))
    }

    #[test]
    fn each_message_has_the_metadata_of_its_own_connection() {
        let mut inbox = Inbox::default();
        let (x, y) = (PipeId::from_bits(1), PipeId::from_bits(2));
        let (before, after) = (metadata(3), metadata(4));
        inbox.report(Some(x), Some(&before), b"a", true);
        inbox.report(Some(x), Some(&before), b"b", false);
        inbox.report(Some(y), Some(&before), b"c", true);
        inbox.report(Some(x), Some(&after), b"d", true);
        let mut plain = Msg::from_slice(b"e").unwrap();
        plain.set_metadata(Some(before));
        inbox.push(x, plain);
        inbox.report(None, None, b"", false);
        drop(after);
        assert_eq!(received(&mut inbox), (b"\x01a".to_vec(), Some(1), false, Some(3)));
        assert_eq!(received(&mut inbox), (b"\x00b".to_vec(), Some(1), false, Some(3)));
        assert_eq!(received(&mut inbox), (b"\x01c".to_vec(), Some(2), false, Some(3)));
        assert_eq!(received(&mut inbox), (b"\x01d".to_vec(), Some(1), false, Some(4)));
        assert_eq!(received(&mut inbox), (b"e".to_vec(), Some(1), true, Some(3)));
        assert_eq!(received(&mut inbox), (b"\x00".to_vec(), None, false, None));
        assert!(inbox.pop(&mut Msg::new()).is_none() && inbox.pop_copy(&[]).is_none());
        assert!(inbox.is_empty() && inbox.runs.is_empty());
    }

    #[test]
    #[allow(unsafe_code, reason = "looks at a buffer that was initialised")]
    fn a_report_is_the_same_however_it_is_received() {
        for len in [0, 1, Msg::INLINE_MAX - 1, Msg::INLINE_MAX, Msg::INLINE_MAX + 1, 300] {
            for room in [0, 1, 2, len, len + 1, len + 9] {
                let topic: Vec<u8> = (0..len).map(|i| i as u8 | 0x40).collect();
                let mut inbox = Inbox::default();
                inbox.report(None, None, &topic, true);
                inbox.report(None, None, &topic, true);
                let mut whole = vec![1];
                whole.extend(&topic);
                let buf = vec![Cell::new(MaybeUninit::new(0xff)); room];
                let (_, copied) = inbox.pop_copy(&buf).unwrap();
                assert_eq!((copied.size, copied.more), (len + 1, false));
                // SAFETY: every byte was initialised above.
                let bytes: Vec<u8> = buf.iter().map(|byte| unsafe { byte.get().assume_init() }).collect();
                whole.resize(room.max(len + 1), 0xff);
                assert_eq!(bytes, whole[..room]);
                whole.truncate(len + 1);
                assert_eq!(received(&mut inbox).0, whole);
            }
        }
    }
}
