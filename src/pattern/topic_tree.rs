//! A compact radix tree of topics, each with a number. The socket's thread.
//!
//! Finding the topics that are prefixes of a message costs its length, whatever the number of topics; nothing recurses, so
//! a topic may be of any length. Nodes live in one vector, name each other by index, and keep their index for as long as
//! they hold a topic. A node is 24 bytes; a label that does not fit goes on in a child.
//!
//! Invariants: labels are never empty, but for the root's; siblings differ in their first byte; a node without a value has
//! children, and if it has only one, the two labels together would not fit into one node.

use super::children::Children;
use crate::errno::{Errno, Result};
use crate::sys::memory;

const LABEL: usize = 11;
const ROOT: u32 = 0;
/// In `len`: the node is free, and `parent` is the next free one.
const FREE: u8 = u8::MAX;
const NONE: u32 = u32::MAX;
/// In `children`: the rest is an only child, not a list.
const SINGLE: u32 = 1 << 31;

/// A topic's node, valid as long as the topic has a value.
pub(super) type NodeId = u32;

#[derive(Debug)]
struct Node {
    /// `NONE`, an only child with `SINGLE`, or a list.
    children: u32,
    parent: u32,
    /// What the topic that ends here has; 0 is no topic.
    value: u32,
    label: [u8; LABEL],
    len: u8,
}

const _: () = assert!(size_of::<Node>() == 24);

impl Node {
    fn new(parent: u32, label: &[u8]) -> Node {
        let mut node = Node { children: NONE, parent, value: 0, label: [0; LABEL], len: 0 };
        node.set_label(label);
        node
    }

    #[inline]
    fn label(&self) -> &[u8] {
        self.label.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn set_label(&mut self, label: &[u8]) {
        self.label[..label.len()].copy_from_slice(label);
        self.len = label.len() as u8;
    }

    #[cfg(test)]
    fn is_live(&self) -> bool {
        self.len != FREE
    }

    /// What follows the label at the start of `text`, which begins with the label's first byte.
    #[inline]
    fn strip<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        let label = self.label();
        let (start, rest) = text.split_at_checked(label.len())?;
        // The most are shorter than a call is worth.
        let same = match label {
            [] | [_] => true,
            [_, b] => start[1] == *b,
            _ => start == label,
        };
        same.then_some(rest)
    }

    /// The only child.
    #[inline]
    fn only_child(&self) -> Option<u32> {
        (self.children != NONE && self.children & SINGLE != 0).then_some(self.children & !SINGLE)
    }
}

/// Topics with a number each.
#[derive(Debug)]
pub(super) struct TopicTree {
    nodes: Vec<Node>,
    free: u32,
    lists: Children,
}

impl TopicTree {
    pub(super) fn new() -> TopicTree {
        TopicTree { nodes: vec![Node::new(NONE, &[])], free: NONE, lists: Children::new() }
    }

    #[inline]
    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    /// The child of a node whose label begins with `byte`.
    #[inline]
    fn child(&self, node: &Node, byte: u8) -> Option<u32> {
        match node.children {
            NONE => None,
            single if single & SINGLE != 0 => {
                let id = single & !SINGLE;
                (self.node(id).label[0] == byte).then_some(id)
            }
            list => self.lists.find(list, byte),
        }
    }

    fn insert_child(&mut self, parent: u32, byte: u8, id: u32) -> Result<()> {
        let node = self.node(parent);
        let children = match (node.children, node.only_child()) {
            (NONE, _) => id | SINGLE,
            (_, Some(other)) => {
                let first = self.node(other).label[0];
                self.lists.pair((first, other), (byte, id))?
            }
            (list, None) => self.lists.insert(list, byte, id)?,
        };
        self.node_mut(parent).children = children;
        Ok(())
    }

    fn replace_child(&mut self, parent: u32, byte: u8, id: u32) {
        let node = self.node_mut(parent);
        if node.only_child().is_some() {
            node.children = id | SINGLE;
        } else {
            let list = node.children;
            self.lists.replace(list, byte, id);
        }
    }

    fn remove_child(&mut self, parent: u32, byte: u8) {
        let node = self.node(parent);
        let children = match node.only_child() {
            Some(_) => NONE,
            None => match self.lists.remove(node.children, byte) {
                Ok(list) => list,
                Err(only) => only | SINGLE,
            },
        };
        self.node_mut(parent).children = children;
    }

    /// A topic's value; 0 for the number of no topic.
    pub(super) fn value(&self, id: NodeId) -> u32 {
        self.nodes.get(id as usize).map_or(0, |node| node.value)
    }

    /// Sets a topic's value; after 0 the node is gone.
    pub(super) fn set_value(&mut self, id: NodeId, value: u32) {
        self.node_mut(id).value = value;
        if value == 0 {
            self.prune(id);
        }
    }

    /// The topic's node, which must be given a value before anything else is done to the tree.
    ///
    /// # Errors
    /// `ENOMEM`; the tree is as it was.
    pub(super) fn insert(&mut self, topic: &[u8]) -> Result<NodeId> {
        let mut current = ROOT;
        let mut rest = topic;
        while let Some(first) = rest.first() {
            let Some(child) = self.child(self.node(current), *first) else {
                return self.append(current, rest);
            };
            let common = common_prefix(self.node(child).label(), rest);
            rest = &rest[common..];
            current = if common == self.node(child).label().len() { child } else { self.split(child, common)? };
        }
        Ok(current)
    }

    fn append(&mut self, mut parent: u32, rest: &[u8]) -> Result<u32> {
        // All at once: the length is somebody else's choice.
        let nodes = rest.len().div_ceil(LABEL);
        if self.free == NONE && self.nodes.capacity() - self.nodes.len() < nodes {
            self.grow(nodes).inspect_err(|_| self.prune(parent))?;
        }
        for label in rest.chunks(LABEL) {
            let added = self.allocate(Node::new(parent, label)).and_then(|id| {
                self.insert_child(parent, label[0], id).inspect_err(|_| self.release(id))?;
                Ok(id)
            });
            match added {
                Ok(id) => parent = id,
                Err(errno) => {
                    self.prune(parent);
                    return Err(errno);
                }
            }
        }
        Ok(parent)
    }

    /// Puts a new node above `child`, with the first `at` bytes of its label.
    fn split(&mut self, child: u32, at: usize) -> Result<u32> {
        let label = self.node(child).label;
        let len = self.node(child).label().len();
        let parent = self.node(child).parent;
        let mut node = Node::new(parent, &label[..at]);
        node.children = child | SINGLE;
        let upper = self.allocate(node)?;
        self.replace_child(parent, label[0], upper);
        let lower = self.node_mut(child);
        lower.parent = upper;
        lower.set_label(&label[at..len]);
        // Labels that did not fit together before may fit now.
        self.merge(child);
        self.merge(parent);
        Ok(upper)
    }

    /// The node of a topic that has a value.
    pub(super) fn find(&self, topic: &[u8]) -> Option<NodeId> {
        let mut current = ROOT;
        let mut rest = topic;
        while let Some(first) = rest.first() {
            current = self.child(self.node(current), *first)?;
            rest = self.node(current).strip(rest)?;
        }
        (self.node(current).value != 0).then_some(current)
    }

    /// Gives `visit` the value of each topic that is a prefix of `text`, shortest first, until it returns false.
    #[inline]
    pub(super) fn prefixes(&self, text: &[u8], mut visit: impl FnMut(u32) -> bool) {
        let mut node = self.node(ROOT);
        let mut rest = text;
        loop {
            if node.value != 0 && !visit(node.value) {
                return;
            }
            let Some(child) = rest.first().and_then(|first| self.child(node, *first)) else { return };
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
            len += node.label().len();
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
            if self.node(id).value != 0 && self.topic(id, &mut topic).is_ok() {
                visit(&topic);
            }
            next = self.following(id);
        }
    }

    /// The node after this one: its first child, or what follows it or a node above it among their siblings.
    fn following(&self, id: NodeId) -> Option<NodeId> {
        let first = self.child_from(self.node(id), 0);
        if first.is_some() {
            return first;
        }
        let mut current = id;
        while current != ROOT {
            let (parent, first) = (self.node(current).parent, self.node(current).label[0]);
            let sibling = first.checked_add(1).and_then(|next| self.child_from(self.node(parent), next));
            if sibling.is_some() {
                return sibling;
            }
            current = parent;
        }
        None
    }

    /// The first child whose label begins with `byte` or a higher one.
    fn child_from(&self, node: &Node, byte: u8) -> Option<NodeId> {
        match (node.children, node.only_child()) {
            (NONE, _) => None,
            (_, Some(only)) => (self.node(only).label[0] >= byte).then_some(only),
            (list, None) => self.lists.find_from(list, byte),
        }
    }

    /// Removes what is there only for a node that has no value any more.
    fn prune(&mut self, id: NodeId) {
        let mut current = id;
        while current != ROOT && self.node(current).value == 0 {
            let node = self.node(current);
            let parent = node.parent;
            let first = node.label[0];
            if node.children != NONE {
                self.merge(current);
                return;
            }
            self.remove_child(parent, first);
            self.release(current);
            current = parent;
        }
    }

    /// Removes a node without value that has one child, if that has room for both labels.
    fn merge(&mut self, id: u32) {
        let node = self.node(id);
        if id == ROOT || node.value != 0 {
            return;
        }
        let (parent, first) = (node.parent, node.label[0]);
        let Some(child) = node.only_child() else { return };
        let (upper, below) = (node.label(), self.node(child).label());
        let len = upper.len() + below.len();
        if len > LABEL {
            return;
        }
        let mut label = [0; LABEL];
        label[..upper.len()].copy_from_slice(upper);
        label[upper.len()..len].copy_from_slice(below);
        self.replace_child(parent, first, child);
        let lower = self.node_mut(child);
        lower.parent = parent;
        lower.set_label(&label[..len]);
        self.release(id);
    }

    fn allocate(&mut self, node: Node) -> Result<u32> {
        if self.free != NONE {
            let id = self.free;
            self.free = self.node(id).parent;
            *self.node_mut(id) = node;
            return Ok(id);
        }
        if self.nodes.len() == self.nodes.capacity() {
            self.grow(1)?;
        }
        self.nodes.push(node);
        Ok((self.nodes.len() - 1) as u32)
    }

    /// Makes room for so many nodes and some more. Doubling would leave up to half of a large tree's memory unused.
    fn grow(&mut self, nodes: usize) -> Result<()> {
        if self.nodes.len() + nodes >= SINGLE as usize - 1 {
            return Err(Errno::ENOMEM);
        }
        let more = nodes.max(self.nodes.len() / 8).max(8);
        // With their children's lists. Few cost less than the question.
        if more > 1024 && !memory::has_room(more * 2 * size_of::<Node>()) {
            return Err(Errno::ENOMEM);
        }
        self.nodes.try_reserve_exact(more).map_err(|_| Errno::ENOMEM)
    }

    fn release(&mut self, id: u32) {
        let free = self.free;
        let node = self.node_mut(id);
        node.children = NONE;
        node.len = FREE;
        node.parent = free;
        self.free = id;
        if self.node(ROOT).children == NONE {
            // Nothing is left but, perhaps, the empty topic.
            self.nodes.truncate(1);
            self.nodes.shrink_to_fit();
            self.lists.clear();
            self.free = NONE;
        }
    }
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

#[cfg(test)]
impl TopicTree {
    /// Live nodes, with the invariants checked.
    pub(super) fn check(&self) -> usize {
        let mut live = 0;
        for (id, node) in self.nodes.iter().enumerate().filter(|(_, n)| n.is_live()) {
            live += 1;
            let only = node.only_child();
            let keys = match (node.children, only) {
                (NONE, _) => Vec::new(),
                (_, Some(child)) => vec![self.node(child).label[0]],
                (list, None) => self.lists.keys(list).to_vec(),
            };
            assert!(keys.is_sorted() && (keys.len() == 1) == only.is_some());
            for key in &keys {
                let child = self.node(self.child(node, *key).unwrap());
                assert_eq!((child.parent as usize, child.label()[0]), (id, *key));
            }
            if id != 0 && node.value == 0 {
                assert!(!keys.is_empty());
                assert!(only.is_none_or(|c| self.node(c).label().len() + node.label().len() > LABEL));
            }
        }
        live
    }

    pub(super) fn memory(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.lists.memory()
    }
}
