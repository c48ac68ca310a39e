//! Where a topic tree was changed last. The socket's thread.
//!
//! Topics come sorted or in clusters more often than not: what one has in common with the topic before need not be walked
//! again from the root. A finger names a node that holds a topic, which keeps its place and the bytes above it until that
//! topic's end, whatever becomes of other topics; so it is only the end of a topic that can make it wrong.

use super::topic_node::{NONE, first_eight};

/// So much of a topic is remembered.
const ROOM: usize = 48;

/// A node with a topic, and the topic.
#[derive(Debug)]
pub(super) struct Finger {
    node: u32,
    len: u32,
    start: [u8; ROOM],
}

impl Finger {
    pub(super) fn new() -> Finger {
        Finger { node: NONE, len: 0, start: [0; ROOM] }
    }

    /// Points to a topic's node.
    #[inline]
    pub(super) fn set(&mut self, node: u32, topic: &[u8]) {
        let Ok(len) = u32::try_from(topic.len()) else { return self.clear() };
        (self.node, self.len) = (node, len);
        match topic.first_chunk() {
            Some(start) => self.start = *start,
            None => self.start[..topic.len()].copy_from_slice(topic),
        }
    }

    /// Points to nothing.
    pub(super) fn clear(&mut self) {
        (self.node, self.len) = (NONE, 0);
    }

    /// The node's topic has ended.
    #[inline]
    pub(super) fn forget(&mut self, node: u32) {
        if self.node == node {
            self.clear();
        }
    }

    /// The node, the length of its topic, and how much a topic has in common with that. `None` if the way from there is no
    /// shorter than that from the root.
    #[inline]
    pub(super) fn near(&self, topic: &[u8]) -> Option<(u32, usize, usize)> {
        let len = self.len as usize;
        let common = self.common(topic);
        (common > len / 2).then_some((self.node, len, common))
    }

    #[cfg(test)]
    pub(super) fn target(&self) -> Option<(u32, usize, &[u8])> {
        let len = self.len as usize;
        (self.node != NONE).then(|| (self.node, len, &self.start[..len.min(ROOM)]))
    }

    #[inline]
    fn common(&self, topic: &[u8]) -> usize {
        let most = topic.len().min(self.len as usize).min(ROOM);
        let (ours, theirs) = (&self.start[..most], &topic[..most]);
        let mut at = 0;
        while at < most {
            let differences = first_eight(&ours[at..]) ^ first_eight(&theirs[at..]);
            if differences != 0 {
                return at + (differences.trailing_zeros() / 8) as usize;
            }
            at += 8;
        }
        most
    }
}
