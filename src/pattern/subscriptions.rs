//! Which pipes want which topics. The socket's thread.

use super::pipe_map::{PipeMap, slot};
use super::topic_tree::{NodeId, TopicTree};
use crate::errno::{Errno, Result};
use crate::pipe::PipeId;

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
    /// Slots of pipes, in order.
    sets: Vec<Vec<u32>>,
    free_sets: Vec<u32>,
    /// The topics of each pipe that has any.
    topics: PipeMap<Topics>,
}

/// What a pipe subscribed to. Who asks whether it has a topic looks at the topic; this is for the pipe's end.
#[derive(Debug, Default)]
struct Topics {
    /// The nodes, and some that were, or that are there twice.
    nodes: Vec<NodeId>,
    /// How many topics there are.
    live: usize,
}

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
            self.topics.insert(pipe, Topics::default());
        }
        let member = slot(pipe) as u32;
        self.make_place(pipe)?;
        let node = self.tree.insert(topic)?;
        let added = match self.tree.value(node) {
            0 => {
                self.tree.set_value(node, member + 1);
                Added::First
            }
            one if one & MANY == 0 => {
                if one - 1 == member {
                    return Ok(Added::Already);
                }
                let members = [member.min(one - 1), member.max(one - 1)];
                let set = new_set(&mut self.sets, &mut self.free_sets, members)?;
                self.tree.set_value(node, MANY | set);
                Added::Another
            }
            many => {
                let set = &mut self.sets[(many & !MANY) as usize];
                let Err(at) = set.binary_search(&member) else { return Ok(Added::Already) };
                set.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
                set.insert(at, member);
                Added::Another
            }
        };
        if let Some(topics) = self.topics.get_mut(pipe) {
            topics.nodes.push(node);
            topics.live += 1;
        }
        Ok(added)
    }

    /// Room for one more topic of the pipe. Drops those that are gone when they are as many as the others.
    fn make_place(&mut self, pipe: PipeId) -> Result<()> {
        let Some(topics) = self.topics.get_mut(pipe) else { return Err(Errno::ENOMEM) };
        if topics.nodes.len() < topics.nodes.capacity() {
            return Ok(());
        }
        if topics.nodes.len() >= 2 * topics.live + 16 {
            let mut nodes = std::mem::take(&mut topics.nodes);
            nodes.sort_unstable();
            nodes.dedup();
            nodes.retain(|node| self.has(*node, slot(pipe) as u32));
            if let Some(topics) = self.topics.get_mut(pipe) {
                topics.nodes = nodes;
            }
            return Ok(());
        }
        let more = topics.nodes.len() / 4 + 4;
        topics.nodes.try_reserve_exact(more).map_err(|_| Errno::ENOMEM)
    }

    /// Whether a topic is a pipe's.
    fn has(&self, node: NodeId, member: u32) -> bool {
        match self.tree.value(node) {
            0 => false,
            one if one & MANY == 0 => one - 1 == member,
            many => self.sets[(many & !MANY) as usize].binary_search(&member).is_ok(),
        }
    }

    /// Ends a pipe's subscription to a topic.
    pub(super) fn remove(&mut self, pipe: PipeId, topic: &[u8]) -> Removed {
        let Some(node) = self.tree.find(topic) else { return Removed::Unknown };
        let member = slot(pipe) as u32;
        let has = self.has(node, member);
        let Some(topics) = self.topics.get_mut(pipe).filter(|_| has) else { return Removed::NotYours };
        topics.live -= 1;
        if topics.live == 0 {
            self.topics.remove(pipe);
        }
        if self.take_out(node, member) { Removed::Last } else { Removed::Remains }
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
        if let Ok(position) = set.binary_search(&member) {
            set.remove(position);
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
        let Some(Topics { mut nodes, .. }) = self.topics.remove(pipe) else { return };
        let member = slot(pipe) as u32;
        let mut topic = Vec::new();
        nodes.sort_unstable();
        for node in nodes {
            if !self.has(node, member) {
                continue;
            }
            let known = self.tree.topic(node, &mut topic);
            let last = self.take_out(node, member);
            // Out of memory, one that cannot be written down ends unsaid.
            if known.is_ok() {
                ended(&topic, last);
            }
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
