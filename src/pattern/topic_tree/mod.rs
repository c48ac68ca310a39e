//! A compact radix tree of topics, each with a number. The socket's thread.
//!
//! Finding the topics that are prefixes of a message costs its length, whatever the number of topics; nothing recurses, so
//! a topic may be of any length. Nodes live in one vector, name each other by index, and keep their index for as long as
//! they hold a topic. A node is 16 bytes, so that a large tree's last steps miss the cache as little as they can; a label
//! that does not fit goes on in a child.
//!
//! Invariants: labels are never empty, but for the root's; siblings differ in their first byte; a node without a value has
//! children, and if it has only one, the two labels together would not fit into one node.

mod change;
#[cfg(test)]
mod check;

use super::children::Children;
use super::finger::Finger;
use super::topic_node::{BOTH, DIRECT, INNER, LEAF, NONE, Node, SINGLE, only};
use crate::errno::{Errno, Result};

const ROOT: u32 = 0;

/// A topic's node, valid as long as the topic has a value.
pub(super) type NodeId = u32;

/// Topics with a number each.
#[derive(Debug)]
pub(super) struct TopicTree {
    nodes: Vec<Node>,
    free: u32,
    lists: Children,
    /// The last insertion.
    finger: Finger,
}

impl TopicTree {
    pub(super) fn new() -> TopicTree {
        let nodes = vec![Node::new(NONE, &[])];
        TopicTree { nodes, free: NONE, lists: Children::new(), finger: Finger::new() }
    }

    #[inline]
    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    #[inline]
    fn children(&self, id: u32) -> u32 {
        let node = self.node(id);
        match node.kind() {
            INNER => node.link,
            BOTH => self.node(node.link).link,
            _ => NONE,
        }
    }

    /// The child whose label begins with `byte`, or its list of children; of an only child, only its label tells.
    #[inline]
    fn step(&self, children: u32, byte: u8) -> Option<u32> {
        match children {
            NONE => None,
            single if single & SINGLE != 0 => Some(single & !SINGLE),
            list => self.lists.find(list, byte),
        }
    }

    /// The node that an entry of a list stands for.
    fn listed(&self, entry: u32) -> u32 {
        if entry & DIRECT == 0 { entry } else { self.lists.owner(entry & !DIRECT) }
    }

    /// A node's entry in a list.
    fn entry(&self, id: u32) -> u32 {
        let node = self.node(id);
        let direct = node.kind() == INNER && node.label_len() == 1 && node.link & SINGLE == 0;
        if direct { node.link | DIRECT } else { id }
    }

    /// A topic's value; 0 for the number of no topic.
    #[inline]
    pub(super) fn value(&self, id: NodeId) -> u32 {
        let Some(node) = self.nodes.get(id as usize) else { return 0 };
        match node.kind() {
            LEAF => node.link,
            BOTH => self.node(node.link).parent,
            _ => 0,
        }
    }

    /// The node of a topic that has a value.
    pub(super) fn find(&self, topic: &[u8]) -> Option<NodeId> {
        let mut current = ROOT;
        let mut rest = topic;
        while let Some(first) = rest.first() {
            current = self.listed(self.step(self.children(current), *first)?);
            rest = self.node(current).strip(rest)?;
        }
        (self.value(current) != 0).then_some(current)
    }

    /// Gives `visit` the value of each topic that is a prefix of `text`, shortest first, until it returns false.
    #[inline]
    pub(super) fn prefixes(&self, text: &[u8], mut visit: impl FnMut(u32) -> bool) {
        let mut node = self.node(ROOT);
        let mut rest = text;
        loop {
            let mut children = node.link;
            if node.kind() != INNER {
                let mut value = node.link;
                children = NONE;
                if node.kind() == BOTH {
                    let extension = self.node(node.link);
                    (value, children) = (extension.parent, extension.link);
                }
                if value != 0 && !visit(value) {
                    return;
                }
            }
            let child = loop {
                let Some((first, behind)) = rest.split_first() else { return };
                let Some(entry) = self.step(children, *first) else { return };
                if entry & DIRECT == 0 {
                    break entry;
                }
                (children, rest) = (entry & !DIRECT, behind);
            };
            node = self.node(child);
            let Some(behind) = node.strip(rest) else { return };
            rest = behind;
        }
    }

    /// Whether any topic is a prefix of `text`.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let mut found = false;
        self.prefixes(text, |_| {
            found = true;
            false
        });
        found
    }

    /// Writes a node's topic into `topic`.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub(super) fn topic(&self, id: NodeId, topic: &mut Vec<u8>) -> Result<()> {
        topic.clear();
        let mut len = 0;
        let mut current = id;
        while current != ROOT {
            let node = self.node(current);
            len += node.label_len();
            current = node.parent;
        }
        topic.try_reserve(len).map_err(|_| Errno::ENOMEM)?;
        let mut current = id;
        while current != ROOT {
            let node = self.node(current);
            topic.extend(node.label().iter().rev());
            current = node.parent;
        }
        topic.reverse();
        Ok(())
    }

    /// Visits every topic in the order of bytes, but for those that there is no memory to write down.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&[u8])) {
        let mut topic = Vec::new();
        let mut next = Some(ROOT);
        while let Some(id) = next {
            if self.value(id) != 0 && self.topic(id, &mut topic).is_ok() {
                visit(&topic);
            }
            next = self.following(id);
        }
    }

    /// The node after this one: its first child, or what follows it or a node above it among their siblings.
    fn following(&self, id: NodeId) -> Option<NodeId> {
        let first = self.child_from(self.children(id), 0);
        if first.is_some() {
            return first;
        }
        let mut current = id;
        while current != ROOT {
            let (parent, first) = (self.node(current).parent, self.node(current).label[0]);
            let sibling = first.checked_add(1).and_then(|next| self.child_from(self.children(parent), next));
            if sibling.is_some() {
                return sibling;
            }
            current = parent;
        }
        None
    }

    /// The first child whose label begins with `byte` or a higher one.
    fn child_from(&self, children: u32, byte: u8) -> Option<NodeId> {
        match (children, only(children)) {
            (NONE, _) => None,
            (_, Some(only)) => (self.node(only).label[0] >= byte).then_some(only),
            (list, None) => self.lists.find_from(list, byte).map(|entry| self.listed(entry)),
        }
    }
}
