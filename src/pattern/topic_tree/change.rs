//! What changes a [`TopicTree`]. The socket's thread.

use super::{NodeId, ROOT, TopicTree};
use crate::errno::{Errno, Result};
use crate::pattern::topic_node::{BOTH, DIRECT, EXTENSION, FREE, INNER, LABEL, LEAF, NONE, Node, SINGLE, only};
use crate::sys::memory;

impl TopicTree {
    /// What a node links to has changed: its entry may have, too.
    fn renew_entry(&mut self, id: u32) {
        let node = self.node(id);
        if node.label_len() != 1 {
            return;
        }
        let list = self.children(node.parent);
        if list & SINGLE == 0 {
            self.lists.replace(list, node.label[0], self.entry(id));
        }
    }

    /// Changes the children of a node that has some already, or no value.
    fn set_children(&mut self, id: u32, children: u32) {
        let (kind, link) = (self.node(id).kind(), self.node(id).link);
        match (kind, children) {
            (BOTH, NONE) => {
                let value = self.node(link).parent;
                self.release(link);
                self.node_mut(id).set(LEAF, value);
            }
            (BOTH, _) => self.node_mut(link).link = children,
            (INNER, _) if link == children => {}
            (_, NONE) => {
                self.node_mut(id).set(LEAF, 0);
                self.renew_entry(id);
            }
            _ => {
                self.node_mut(id).set(INNER, children);
                self.renew_entry(id);
            }
        }
    }

    /// Makes room for a value beside children.
    fn extend(&mut self, id: u32, value: u32, children: u32) -> Result<()> {
        let mut extension = Node::new(value, &[]);
        extension.set(EXTENSION, children);
        let extension = self.allocate(extension)?;
        self.node_mut(id).set(BOTH, extension);
        self.renew_entry(id);
        Ok(())
    }

    fn insert_child(&mut self, parent: u32, byte: u8, id: u32) -> Result<()> {
        let children = self.children(parent);
        let children = match (children, only(children)) {
            (NONE, _) => {
                let value = self.value(parent);
                if value != 0 {
                    return self.extend(parent, value, id | SINGLE);
                }
                id | SINGLE
            }
            (_, Some(other)) => {
                let first = self.node(other).label[0];
                self.lists.pair(parent, (first, self.entry(other)), (byte, id))?
            }
            (list, None) => self.lists.insert(list, byte, id)?,
        };
        self.set_children(parent, children);
        Ok(())
    }

    fn replace_child(&mut self, parent: u32, byte: u8, id: u32) {
        let children = self.children(parent);
        if only(children).is_some() {
            self.set_children(parent, id | SINGLE);
        } else {
            self.lists.replace(children, byte, id);
        }
    }

    fn remove_child(&mut self, parent: u32, byte: u8) {
        let children = self.children(parent);
        let children = match only(children) {
            Some(_) => NONE,
            None => match self.lists.remove(children, byte) {
                Ok(list) => list,
                Err(only) => self.listed(only) | SINGLE,
            },
        };
        self.set_children(parent, children);
    }

    /// Sets a topic's value; after 0 the node is gone.
    pub(in crate::pattern) fn set_value(&mut self, id: NodeId, value: u32) {
        let node = self.node_mut(id);
        let (kind, link) = (node.kind(), node.link);
        match (kind, value) {
            (LEAF, _) => node.link = value,
            (BOTH, 0) => {
                let children = self.node(link).link;
                self.node_mut(id).set(INNER, children);
                self.renew_entry(id);
                self.release(link);
            }
            (BOTH, _) => self.node_mut(link).parent = value,
            _ => {}
        }
        if value == 0 {
            self.finger.forget(id);
            self.prune(id);
        }
    }

    /// The topic's node, which must be given a value before anything else is done to the tree.
    ///
    /// # Errors
    /// `ENOMEM`; the tree is as it was.
    pub(in crate::pattern) fn insert(&mut self, topic: &[u8]) -> Result<NodeId> {
        let (start, rest) = self.start(topic);
        let node = self.insert_below(start, rest)?;
        self.finger.set(node, topic);
        Ok(node)
    }

    /// A node on a topic's way that is not far above the last topic, and what follows there.
    #[inline]
    fn start<'a>(&self, topic: &'a [u8]) -> (NodeId, &'a [u8]) {
        let Some((mut node, mut len, common)) = self.finger.near(topic) else { return (ROOT, topic) };
        while len > common {
            len -= self.node(node).label_len();
            node = self.node(node).parent;
        }
        (node, &topic[len..])
    }

    fn insert_below(&mut self, mut current: NodeId, mut rest: &[u8]) -> Result<NodeId> {
        while let Some((first, behind)) = rest.split_first() {
            let Some(entry) = self.step(self.children(current), *first) else { return self.append(current, rest) };
            if entry & DIRECT != 0 {
                (current, rest) = (self.listed(entry), behind);
            } else if let Some(behind) = self.node(entry).strip(rest) {
                (current, rest) = (entry, behind);
            } else {
                let common = common_prefix(self.node(entry).label(), rest);
                if common == 0 {
                    return self.append(current, rest);
                }
                rest = &rest[common..];
                current = self.split(entry, common)?;
            }
        }
        if self.node(current).kind() == INNER {
            self.extend(current, 0, self.children(current)).inspect_err(|_| self.prune(current))?;
        }
        Ok(current)
    }

    fn append(&mut self, mut parent: u32, rest: &[u8]) -> Result<u32> {
        // All at once: the length is somebody else's choice. The parent may need an extension.
        let nodes = rest.len().div_ceil(LABEL) + 1;
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
        let len = self.node(child).label_len();
        let parent = self.node(child).parent;
        let mut node = Node::new(parent, &label[..at]);
        node.set(INNER, child | SINGLE);
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

    /// Removes what is there only for a node that has no value any more.
    fn prune(&mut self, id: NodeId) {
        let mut current = id;
        while current != ROOT && self.value(current) == 0 {
            if self.children(current) != NONE {
                self.merge(current);
                return;
            }
            let (parent, first) = (self.node(current).parent, self.node(current).label[0]);
            self.remove_child(parent, first);
            self.release(current);
            current = parent;
        }
        if current == ROOT && self.children(ROOT) == NONE {
            // Nothing is left but, perhaps, the empty topic.
            self.nodes.truncate(1);
            self.nodes.shrink_to_fit();
            self.lists.clear();
            self.free = NONE;
        }
    }

    /// Removes a node without value that has one child, if that has room for both labels.
    fn merge(&mut self, id: u32) {
        let node = self.node(id);
        if id == ROOT || node.kind() != INNER {
            return;
        }
        let (parent, first) = (node.parent, node.label[0]);
        let Some(child) = only(node.link) else { return };
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
        node.set(FREE, 0);
        node.parent = free;
        self.free = id;
    }
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}
