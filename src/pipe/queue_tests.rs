//! Parts of unfinished messages in the queue: seen by nobody, and gone without a trace when their message is dropped.
use super::queue::{Consumer, Producer, queue};
use crate::errno::Errno;
use crate::message::{Metadata, Msg, Shares};
use std::collections::VecDeque;
use std::sync::Arc;

/// Parts whose life can be counted.
struct Maker(Arc<Metadata>);

impl Maker {
    fn new() -> Maker {
        Maker(Arc::new(Metadata::new(None)))
    }

    fn part(&self, i: u32, more: bool) -> Msg {
        let mut msg = Msg::from_slice(&i.to_ne_bytes()).unwrap();
        msg.set_metadata(Some(self.0.clone()));
        msg.set_more(more);
        msg
    }

    fn alive(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

fn write(producer: &mut Producer, msg: &mut Msg, how: u64) -> bool {
    match how % 3 {
        0 => producer.write_from(msg),
        1 => {
            let more = msg.more();
            producer.write_part_with(more, |place| Ok(place.write(msg.take()))).is_ok()
        }
        _ => producer.write_share(&mut Shares::new(msg, 1)),
    }
}

fn value(msg: &Msg) -> (u32, bool) {
    (u32::from_ne_bytes(msg.data().try_into().unwrap()), msg.more())
}

fn read_all(consumer: &mut Consumer) -> Vec<(u32, bool)> {
    std::iter::from_fn(|| consumer.read()).map(|msg| value(&msg)).collect()
}

#[test]
fn a_message_is_taken_back_from_wherever_it_began() {
    let maker = Maker::new();
    for before in [0, 1, 6, 7, 8, 69, 70, 71] {
        for parts in [1, 2, 6, 7, 8, 63, 64, 200] {
            for read_first in [false, true] {
                let (mut producer, mut consumer) = queue();
                let mut expected = Vec::new();
                for i in 0..before {
                    assert!(producer.write_from(&mut maker.part(i, false)));
                    expected.push((i, false));
                }
                producer.flush();
                if read_first {
                    assert_eq!(read_all(&mut consumer), expected);
                    expected.clear();
                }
                for round in 0..3 {
                    for i in 0..parts {
                        assert!(write(&mut producer, &mut maker.part(i, true), u64::from(i)));
                    }
                    producer.flush();
                    assert!(producer.is_unfinished());
                    producer.rollback();
                    assert!(!producer.is_unfinished());
                    assert_eq!(maker.alive(), expected.len());
                    assert!(producer.write_from(&mut maker.part(1000 + round, true)));
                    assert!(producer.write_from(&mut maker.part(2000, false)));
                    expected.extend([(1000 + round, true), (2000, false)]);
                }
                producer.flush();
                assert_eq!(read_all(&mut consumer), expected);
                for i in 0..parts {
                    assert!(producer.write_from(&mut maker.part(i, true)));
                }
                // Whichever side goes first.
                if read_first {
                    drop(consumer);
                    drop(producer);
                } else {
                    drop(producer);
                    assert!(consumer.read().is_none());
                    drop(consumer);
                }
                assert_eq!(maker.alive(), 0);
            }
        }
    }
}

#[test]
fn any_mix_of_messages_and_rollbacks_comes_out_in_order() {
    let maker = Maker::new();
    let mut seed = 88_172_645_463_325_252u64;
    let mut below = |n: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % n
    };
    let (mut producer, mut consumer) = queue();
    let (mut unfinished, mut written, mut published) = (Vec::new(), VecDeque::new(), VecDeque::new());
    for i in 0..if cfg!(miri) { 2_000 } else { 200_000u32 } {
        match below(40) {
            0 => {
                producer.rollback();
                unfinished.clear();
            }
            1..=6 => {
                producer.flush();
                published.append(&mut written);
            }
            7..=20 => {
                let msg = consumer.read();
                assert_eq!(msg.as_ref().map(value), published.pop_front());
            }
            _ => {
                let more = below(8) > 0;
                assert!(write(&mut producer, &mut maker.part(i, more), below(3)));
                unfinished.push((i, more));
                if !more {
                    written.extend(unfinished.drain(..));
                }
            }
        }
        assert_eq!(producer.is_unfinished(), !unfinished.is_empty());
        assert_eq!(maker.alive(), unfinished.len() + written.len() + published.len());
    }
}

#[test]
fn without_memory_a_message_is_dropped_up_to_its_end() {
    let maker = Maker::new();
    for how in 0..3 {
        let (mut producer, mut consumer) = queue();
        assert!(producer.write_from(&mut maker.part(0, false)));
        producer.starve(true);
        let mut parts = 0;
        while write(&mut producer, &mut maker.part(1, true), how) {
            parts += 1;
        }
        assert_eq!(parts, 6, "what the chunk had room for");
        assert_eq!(maker.alive(), 1);
        assert!(producer.is_unfinished());
        // Memory that comes back does not bring back what was dropped.
        producer.starve(false);
        assert!(!write(&mut producer, &mut maker.part(2, true), how));
        let mut last = maker.part(3, false);
        assert!(!producer.write_from(&mut last));
        assert_eq!((value(&last), producer.is_unfinished()), ((3, false), false));
        // The last part itself finds no memory; one alone; and what must be written.
        for i in 4..10 {
            assert!(producer.write_from(&mut maker.part(i, true)));
        }
        producer.starve(true);
        assert!(!producer.write_from(&mut last));
        assert!(!producer.is_unfinished());
        for i in 10..16 {
            assert!(producer.write_from(&mut maker.part(i, false)));
        }
        assert!(!producer.write_from(&mut last));
        assert_eq!(value(&last), (3, false));
        let made = producer.write_with(|place| Ok(place.write(maker.part(16, false))));
        assert_eq!(made, Err(Errno::ENOMEM));
        assert!(producer.write(maker.part(17, false)));
        producer.flush();
        let expected: Vec<_> = [0].into_iter().chain(10..16).chain([17]).map(|i| (i, false)).collect();
        assert_eq!(read_all(&mut consumer), expected);
        drop(last);
        assert_eq!(maker.alive(), 0);
    }
}

#[test]
fn a_part_that_cannot_be_made_leaves_its_message_as_it_was() {
    let maker = Maker::new();
    let (mut producer, mut consumer) = queue();
    for i in 0..200 {
        for more in [true, false] {
            assert_eq!(producer.write_part_with(more, |_| Err(Errno::ENOMEM)), Err(Errno::ENOMEM));
            assert!(producer.write_from(&mut maker.part(i, more)));
        }
    }
    producer.flush();
    let expected: Vec<_> = (0..200).flat_map(|i| [(i, true), (i, false)]).collect();
    assert_eq!(read_all(&mut consumer), expected);
}
