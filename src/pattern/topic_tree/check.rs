//! What tests ask of a [`TopicTree`].

use super::TopicTree;
use crate::pattern::topic_node::{BOTH, LABEL, NONE, Node, only};

impl TopicTree {
    /// The last insertion is remembered as it was, or not at all.
    pub(in crate::pattern) fn check_finger(&self) {
        let Some((node, len, start)) = self.finger.target() else { return };
        let mut topic = Vec::new();
        self.topic(node, &mut topic).unwrap();
        assert_ne!(self.value(node), 0);
        assert_eq!((topic.len(), &topic[..start.len()]), (len, start));
    }

    /// Live nodes, with the invariants checked.
    pub(in crate::pattern) fn check(&self) -> usize {
        self.check_finger();
        let mut live = 0;
        for (id, node) in self.nodes.iter().enumerate().filter(|(_, n)| n.is_live()) {
            live += 1;
            let children = self.children(id as u32);
            let only = only(children);
            let keys = match (children, only) {
                (NONE, _) => Vec::new(),
                (_, Some(child)) => vec![self.node(child).label[0]],
                (list, None) => self.lists.keys(list).to_vec(),
            };
            assert!(keys.is_sorted() && (keys.len() == 1) == only.is_some());
            if keys.len() > 1 {
                assert_eq!(self.lists.owner(children) as usize, id);
            }
            for key in &keys {
                let child = self.listed(self.step(children, *key).unwrap());
                assert!(only.is_some() || self.lists.find(children, *key) == Some(self.entry(child)));
                let child = self.node(child);
                assert_eq!((child.parent as usize, child.label()[0]), (id, *key));
            }
            assert_eq!(node.kind() == BOTH, self.value(id as u32) != 0 && children != NONE);
            if id != 0 && self.value(id as u32) == 0 {
                assert!(!keys.is_empty());
                assert!(only.is_none_or(|c| self.node(c).label().len() + node.label().len() > LABEL));
            }
        }
        live
    }

    pub(in crate::pattern) fn memory(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.lists.memory()
    }
}
