//! A node of a topic tree: 16 bytes, so that a large tree's last steps miss the cache as little as they can.

/// The longest label.
pub(super) const LABEL: usize = 7;
/// The part of `len` that is the label's length.
const LEN: u8 = 7;
/// The other part: what `link` is. A topic's value, 0 for a node that is being made.
pub(super) const LEAF: u8 = 0;
/// Children: `NONE`, an only child with `SINGLE`, or a list.
pub(super) const INNER: u8 = 1 << 3;
/// An extension, whose `parent` is the topic's value and whose `link` the children.
pub(super) const BOTH: u8 = 2 << 3;
pub(super) const EXTENSION: u8 = 3 << 3;
/// The node is free, and `parent` is the next free one.
pub(super) const FREE: u8 = 4 << 3;

/// No node.
pub(super) const NONE: u32 = u32::MAX;
/// Of a node's children: an only child, not a list.
pub(super) const SINGLE: u32 = 1 << 31;

/// In a list of children: instead of the number of a child whose label is one byte and that has no value, but a list of
/// children itself, the number of that list. Steps through such nodes, which are most steps among digits, need not look at
/// them.
pub(super) const DIRECT: u32 = 1 << 31;

/// A node. What its fields mean, its kind says.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: u32,
    pub(super) link: u32,
    pub(super) label: [u8; LABEL],
    len: u8,
}

const _: () = assert!(size_of::<Node>() == 16);

impl Node {
    #[inline]
    pub(super) fn new(parent: u32, label: &[u8]) -> Node {
        let mut node = Node { parent, link: 0, label: [0; LABEL], len: LEAF };
        node.set_label(label);
        node
    }

    #[inline]
    pub(super) fn label_len(&self) -> usize {
        usize::from(self.len & LEN)
    }

    #[inline]
    pub(super) fn label(&self) -> &[u8] {
        self.label.get(..self.label_len()).unwrap_or_default()
    }

    #[inline]
    pub(super) fn set_label(&mut self, label: &[u8]) {
        debug_assert!(label.len() <= LABEL);
        let [a, b, c, d, e, f, g, _] = first_eight(label).to_le_bytes();
        self.label = [a, b, c, d, e, f, g];
        self.len = self.len & !LEN | label.len() as u8;
    }

    #[inline]
    pub(super) fn kind(&self) -> u8 {
        self.len & !LEN
    }

    pub(super) fn set(&mut self, kind: u8, link: u32) {
        self.len = self.len & LEN | kind;
        self.link = link;
    }

    #[cfg(test)]
    pub(super) fn is_live(&self) -> bool {
        self.kind() < EXTENSION
    }

    /// What follows the label at the start of `text`. Not for the root.
    #[inline]
    pub(super) fn strip<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        let [a, b, c, d, e, f, g] = self.label;
        let label = u64::from_le_bytes([a, b, c, d, e, f, g, 0]);
        let len = self.label_len();
        let rest = text.get(len..)?;
        // What is behind the label is shifted out.
        ((label ^ first_eight(text)) << (64 - 8 * len as u32) == 0).then_some(rest)
    }
}

/// The first eight bytes, the first one lowest; 0 for those that are not there.
#[inline]
pub(super) fn first_eight(text: &[u8]) -> u64 {
    if let Some(eight) = text.first_chunk() {
        return u64::from_le_bytes(*eight);
    }
    if let (Some(low), Some(high)) = (text.first_chunk(), text.last_chunk()) {
        // They overlap in bytes that are the same.
        return u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << (8 * (text.len() - 4));
    }
    text.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The only child among a node's children.
#[inline]
pub(super) fn only(children: u32) -> Option<u32> {
    (children != NONE && children & SINGLE != 0).then_some(children & !SINGLE)
}
