//! The topic tree and the subscriptions, against plain maps.
use super::Numbers;
use crate::pattern::subscriptions::{Added, Removed, Subscriptions};
use crate::pattern::topic_tree::TopicTree;
use crate::pipe::PipeId;
use std::collections::{BTreeMap, BTreeSet, HashMap};

impl Numbers {
    /// A text of few different bytes, so that prefixes are common; sometimes longer than a node's label, sometimes of so many
    /// bytes that lists of children grow and shrink.
    fn topic(&mut self) -> Vec<u8> {
        let (len, kinds) = match self.below(8) {
            0 => (80, 1),
            1 | 2 => (4, 40),
            _ => (6, 4),
        };
        (0..self.below(len)).map(|_| self.below(kinds) as u8).collect()
    }
}

fn topics_of(tree: &TopicTree) -> BTreeSet<Vec<u8>> {
    let mut topics = BTreeSet::new();
    tree.for_each(|topic| assert!(topics.insert(topic.to_vec())));
    topics
}

#[test]
fn the_tree_agrees_with_a_map() {
    let mut numbers = Numbers(42);
    let mut tree = TopicTree::new();
    let mut model: HashMap<Vec<u8>, u32> = HashMap::new();
    for step in 0..20_000u32 {
        let topic = numbers.topic();
        // Grows for a while, then shrinks.
        let add = numbers.below(10) < if step % 4000 < 2500 { 7 } else { 2 };
        if add {
            let node = tree.insert(&topic).unwrap();
            tree.set_value(node, step + 1);
            model.insert(topic, step + 1);
        } else if let Some(node) = tree.find(&topic) {
            assert_eq!(model.remove(&topic), Some(tree.value(node)));
            tree.set_value(node, 0);
        } else {
            assert!(!model.contains_key(&topic));
        }
        let text = numbers.topic();
        let mut found = Vec::new();
        tree.prefixes(&text, |value| {
            found.push(value);
            true
        });
        let expected: Vec<u32> = (0..=text.len()).filter_map(|n| model.get(&text[..n]).copied()).collect();
        assert_eq!(found, expected);
        assert_eq!(tree.matches(&text), !expected.is_empty());
        if step % 500 == 0 {
            tree.check();
            assert_eq!(topics_of(&tree), model.keys().cloned().collect());
        }
    }
    for topic in model.into_keys() {
        let node = tree.find(&topic).unwrap();
        tree.set_value(node, 0);
    }
    assert_eq!(tree.check(), 1);
}

/// Orders in which topics come, each with the next topic of its kind.
fn next_topic(order: u64, at: u64, numbers: &mut Numbers) -> Vec<u8> {
    match order {
        // Sorted, reversed, in no order.
        0 => format!("a.topic/{at:05}/").into_bytes(),
        1 => format!("a.topic/{:05}/", 99_999 - at).into_bytes(),
        2 => format!("a.topic/{:05}/", numbers.below(100_000)).into_bytes(),
        // Clusters, whose topics are prefixes of each other, too.
        3 => format!("{:03}.{}", numbers.below(4), "ab".repeat(numbers.below(40) as usize)).into_bytes(),
        // The same few again and again.
        4 => format!("a.topic/{:02}", numbers.below(12)).into_bytes(),
        // Longer than what is remembered of a topic, and different before and behind that.
        5 => {
            let mut topic = vec![b'x'; 40 + numbers.below(30) as usize];
            topic.extend(numbers.below(300).to_string().bytes());
            topic
        }
        _ => numbers.topic(),
    }
}

#[test]
fn topics_in_any_order_are_found_again_between_removals() {
    const ORDERS: u64 = 7;
    let mut numbers = Numbers(99);
    for round in 0..if cfg!(miri) { 2 } else { 40u64 } {
        let mut tree = TopicTree::new();
        let mut model: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        let (mut order, mut last) = (round % ORDERS, Vec::new());
        for step in 0..if cfg!(miri) { 60 } else { 1500u32 } {
            if numbers.below(50) == 0 {
                order = numbers.below(ORDERS);
            }
            match numbers.below(10) {
                // The last one, any other, or one that is not there.
                kind @ (0 | 1) if !model.is_empty() => {
                    let any = numbers.below(model.len() as u64) as usize;
                    let topic = if kind == 0 { last.clone() } else { model.keys().nth(any).unwrap().clone() };
                    assert_eq!(tree.find(&topic).map(|node| tree.value(node)), model.remove(&topic));
                    if let Some(node) = tree.find(&topic) {
                        tree.set_value(node, 0);
                    }
                }
                2 => {
                    let topic = next_topic(numbers.below(ORDERS), u64::from(step), &mut numbers);
                    assert_eq!(tree.find(&topic).map(|node| tree.value(node)), model.get(&topic).copied());
                }
                _ => {
                    last = next_topic(order, u64::from(step), &mut numbers);
                    let node = tree.insert(&last).unwrap();
                    assert_eq!(tree.value(node), model.get(&last).copied().unwrap_or(0));
                    tree.set_value(node, step + 1);
                    model.insert(last.clone(), step + 1);
                }
            }
            tree.check_finger();
            if numbers.below(100) == 0 {
                tree.check();
                assert_eq!(topics_of(&tree), model.keys().cloned().collect());
            }
        }
        tree.check();
        for (topic, value) in &model {
            let node = tree.find(topic).unwrap();
            assert_eq!(tree.value(node), *value);
            tree.set_value(node, 0);
        }
        assert_eq!(tree.check(), 1);
    }
}

#[test]
fn a_node_may_have_a_child_for_every_byte() {
    let mut tree = TopicTree::new();
    for byte in (0..=255u8).rev() {
        let node = tree.insert(&[byte, byte]).unwrap();
        tree.set_value(node, u32::from(byte) + 1);
    }
    assert_eq!(tree.check(), 257);
    for byte in 0..=255u8 {
        let mut found = 0;
        tree.prefixes(&[byte, byte, 0], |value| {
            found = value;
            true
        });
        assert_eq!(found, u32::from(byte) + 1);
        assert!(!tree.matches(&[byte, byte.wrapping_add(1)]));
    }
}

#[test]
fn a_very_long_topic_is_like_any_other() {
    let long = vec![7u8; 1 << 20];
    let mut tree = TopicTree::new();
    let node = tree.insert(&long).unwrap();
    tree.set_value(node, 1);
    assert!(tree.matches(&long) && !tree.matches(&long[1..]));
    let mut back = Vec::new();
    tree.topic(node, &mut back).unwrap();
    assert_eq!(back, long);
    // Branches all along it.
    for at in (1..long.len()).step_by(1 << 16) {
        let mut topic = long[..at].to_vec();
        topic.push(8);
        let node = tree.insert(&topic).unwrap();
        tree.set_value(node, 2);
    }
    tree.set_value(node, 0);
    assert!(!tree.matches(&long));
    tree.check();
}

#[test]
fn short_topics_take_less_than_60_bytes_each() {
    let n = if cfg!(miri) { 500 } else { 50_000u32 };
    for scramble in [false, true] {
        let topic = |i: u32| {
            let i = if scramble { i.wrapping_mul(0x9e37_79b1) } else { i };
            format!("topic.{i:08x}").into_bytes()
        };
        let mut tree = TopicTree::new();
        for i in 0..n {
            let node = tree.insert(&topic(i)).unwrap();
            tree.set_value(node, 1);
        }
        // The tree's other user keeps the node numbers of each pipe: at most five bytes an entry.
        let per_topic = tree.memory() / n as usize + 5;
        assert!(per_topic < 60 || cfg!(miri), "{per_topic} bytes a topic");
        for i in 0..n {
            let node = tree.find(&topic(i)).unwrap();
            tree.set_value(node, 0);
        }
        assert_eq!(tree.check(), 1);
    }
}

fn pipe(n: u64) -> PipeId {
    PipeId::from_bits(n)
}

#[test]
fn subscriptions_agree_with_a_map() {
    let mut numbers = Numbers(7);
    let mut subscriptions = Subscriptions::new();
    let mut model: BTreeMap<Vec<u8>, BTreeSet<u64>> = BTreeMap::new();
    for step in 0..20_000u64 {
        let topic = numbers.topic();
        let who = numbers.below(6);
        match numbers.below(200) {
            0 => {
                let mut ended = BTreeMap::new();
                subscriptions.remove_pipe(pipe(who), |topic, last| {
                    assert!(ended.insert(topic.to_vec(), last).is_none());
                });
                let mut expected = BTreeMap::new();
                model.retain(|topic, pipes| {
                    if pipes.remove(&who) {
                        expected.insert(topic.clone(), pipes.is_empty());
                    }
                    !pipes.is_empty()
                });
                assert_eq!(ended, expected);
            }
            n if n < 120 => {
                let pipes = model.entry(topic.clone()).or_default();
                let first = pipes.is_empty();
                let expected = match (pipes.insert(who), first) {
                    (false, _) => Added::Already,
                    (true, true) => Added::First,
                    (true, false) => Added::Another,
                };
                assert_eq!(subscriptions.add(pipe(who), &topic).unwrap(), expected);
            }
            _ => {
                let pipes = model.entry(topic.clone()).or_default();
                let expected = match (pipes.remove(&who), pipes.is_empty()) {
                    (false, true) => Removed::Unknown,
                    (false, false) => Removed::NotYours,
                    (true, true) => Removed::Last,
                    (true, false) => Removed::Remains,
                };
                if pipes.is_empty() {
                    model.remove(&topic);
                }
                assert_eq!(subscriptions.remove(pipe(who), &topic), expected, "step {step}");
            }
        }
        let text = numbers.topic();
        let mut found: Vec<usize> = Vec::new();
        subscriptions.matching(&text, |slot| found.push(slot));
        let mut expected: Vec<usize> =
            (0..=text.len()).filter_map(|n| model.get(&text[..n])).flatten().map(|n| *n as usize).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
