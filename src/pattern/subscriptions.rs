//! Which pipes want which topics. The socket's thread.

use super::pipe_map::{PipeMap, slot};
use super::topic_tree::{NodeId, TopicTree};
use crate::errno::{Errno, Result};
use crate::pipe::PipeId;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// What came of adding a subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Added {
    /// Nobody had the topic before.
    First,
    /// Other pipes have it.
    Another,
    /// The pipe itself has it already.
    Already,
}

/// What came of removing a subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Removed {
    /// Nobody has the topic any more.
    Last,
    /// Others still have it.
    Remains,
    /// The pipe did not have it, others do.
    NotYours,
    /// Nobody had it.
    Unknown,
}

/// Topics, and the pipes that want them.
///
/// A topic's value in the tree is 0 for none, a pipe's slot plus one for one pipe, and `MANY` with the number of a set
/// for more.
#[derive(Debug)]
pub(super) struct Subscriptions {
    tree: TopicTree,
    sets: Vec<Vec<u32>>,
    free_sets: Vec<u32>,
    /// The topics of each pipe that has any.
    topics: PipeMap<Nodes>,
}

type Nodes = HashSet<NodeId, BuildHasherDefault<NodeHasher>>;

const MANY: u32 = 1 << 31;

impl Subscriptions {
    pub(super) fn new() -> Subscriptions {
        Subscriptions { tree: TopicTree::new(), sets: Vec::new(), free_sets: Vec::new(), topics: PipeMap::default() }
    }

    /// Subscribes a pipe to a topic.
    ///
    /// # Errors
    /// `ENOMEM`; nothing has changed.
    pub(super) fn add(&mut self, pipe: PipeId, topic: &[u8]) -> Result<Added> {
        if !self.topics.contains(pipe) {
            self.topics.insert(pipe, Nodes::default());
        }
        let Some(nodes) = self.topics.get_mut(pipe) else { return Err(Errno::ENOMEM) };
        nodes.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        let node = self.tree.insert(topic)?;
        if nodes.contains(&node) {
            return Ok(Added::Already);
        }
        let member = slot(pipe) as u32;
        let value = self.tree.value(node);
        let added = match value {
            0 => {
                self.tree.set_value(node, member + 1);
                Added::First
            }
            one if one & MANY == 0 => {
                let set = new_set(&mut self.sets, &mut self.free_sets, [one - 1, member])?;
                self.tree.set_value(node, MANY | set);
                Added::Another
            }
            many => {
                let set = &mut self.sets[(many & !MANY) as usize];
                set.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
                set.push(member);
                Added::Another
            }
        };
        nodes.insert(node);
        Ok(added)
    }

    /// Ends a pipe's subscription to a topic.
    pub(super) fn remove(&mut self, pipe: PipeId, topic: &[u8]) -> Removed {
        let Some(node) = self.tree.find(topic) else { return Removed::Unknown };
        let Some(nodes) = self.topics.get_mut(pipe) else { return Removed::NotYours };
        if !nodes.remove(&node) {
            return Removed::NotYours;
        }
        if nodes.is_empty() {
            self.topics.remove(pipe);
        }
        if self.take_out(node, slot(pipe) as u32) { Removed::Last } else { Removed::Remains }
    }

    /// Takes a pipe out of a topic's value. Whether it was the last.
    fn take_out(&mut self, node: NodeId, member: u32) -> bool {
        let value = self.tree.value(node);
        if value & MANY == 0 {
            self.tree.set_value(node, 0);
            return true;
        }
        let at = value & !MANY;
        let set = &mut self.sets[at as usize];
        if let Some(position) = set.iter().position(|m| *m == member) {
            set.swap_remove(position);
        }
        if let [only] = set[..] {
            *set = Vec::new();
            self.free_sets.push(at);
            self.tree.set_value(node, only + 1);
        }
        false
    }

    /// Ends all of a pipe's subscriptions, about in the order they were made; `ended` gets each topic, and whether nobody
    /// has it any more.
    pub(super) fn remove_pipe(&mut self, pipe: PipeId, mut ended: impl FnMut(&[u8], bool)) {
        let Some(nodes) = self.topics.remove(pipe) else { return };
        let mut topic = Vec::new();
        let mut end = |node| {
            let known = self.tree.topic(node, &mut topic);
            let last = self.take_out(node, slot(pipe) as u32);
            // Out of memory, one that cannot be written down ends unsaid.
            if known.is_ok() {
                ended(&topic, last);
            }
        };
        let mut sorted = Vec::new();
        if sorted.try_reserve_exact(nodes.len()).is_ok() {
            sorted.extend(nodes);
            sorted.sort_unstable();
            sorted.into_iter().for_each(end);
        } else {
            nodes.into_iter().for_each(&mut end);
        }
    }

    /// Gives `visit` the slot of each pipe that wants a message which begins so; a pipe may come up several times.
    #[inline]
    pub(super) fn matching(&self, text: &[u8], mut visit: impl FnMut(usize)) {
        self.tree.prefixes(text, |value| {
            if value & MANY == 0 {
                visit(value as usize - 1);
            } else {
                for member in &self.sets[(value & !MANY) as usize] {
                    visit(*member as usize);
                }
            }
            true
        });
    }
}

fn new_set(sets: &mut Vec<Vec<u32>>, free: &mut Vec<u32>, members: [u32; 2]) -> Result<u32> {
    if let Some(at) = free.pop() {
        sets[at as usize].extend(members);
        return Ok(at);
    }
    // The place that it will have among the free ones is made now: its end must not need memory.
    free.try_reserve(sets.len() + 1).map_err(|_| Errno::ENOMEM)?;
    let mut set = Vec::new();
    set.try_reserve_exact(members.len()).map_err(|_| Errno::ENOMEM)?;
    set.extend(members);
    sets.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
    sets.push(set);
    Ok((sets.len() - 1) as u32)
}

/// Spreads node numbers, which nobody outside chooses.
#[derive(Debug, Default)]
struct NodeHasher(u64);

impl Hasher for NodeHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    #[inline]
    fn write_u32(&mut self, node: u32) {
        self.0 = (self.0 ^ u64::from(node)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
