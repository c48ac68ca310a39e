//! Every interleaving of a pipe's two threads, explored by loom: `RUSTFLAGS="--cfg loom" cargo test --profile quick --lib loom_tests`.
//! Chunks hold two messages here, so that the few there are cross chunks. At most three preemptions an execution are
//! explored; LOOM_MAX_PREEMPTIONS overrides that.
#![allow(unsafe_code, reason = "content that the test watches is handed over as a C caller does")]

use super::queue::queue;
use super::*;
use crate::message::{Msg, call_free_functions, flag};
use crate::sync::{Arc, UnsafeCell};
use loom::sync::Notify as Signal;
use loom::thread;
use std::ffi::c_void;

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(f);
}

fn msg(i: u8) -> Msg {
    Msg::from_slice(&[i]).unwrap()
}

/// What a pipe tells its owner; loom reports a wait that nothing ends.
#[derive(Default)]
struct Bell {
    readable: Option<Arc<Signal>>,
    writable: Option<Arc<Signal>>,
    closed: Option<Arc<Signal>>,
}

impl Notify for Bell {
    fn readable(&self) {
        if let Some(signal) = &self.readable {
            signal.notify();
        }
    }
    fn writable(&self) {
        if let Some(signal) = &self.writable {
            signal.notify();
        }
    }
    fn closed(&self) {
        if let Some(signal) = &self.closed {
            signal.notify();
        }
    }
}

#[test]
fn a_sleeping_reader_is_woken_for_what_is_published() {
    model(|| {
        let (mut producer, mut consumer) = queue();
        let signal = Arc::new(Signal::new());
        let bell = signal.clone();
        let writer = thread::spawn(move || {
            for batch in [&[1][..], &[2, 3, 4]] {
                for i in batch {
                    producer.write_with(|place| Ok(place.write(msg(*i)))).unwrap();
                }
                if !producer.flush() {
                    bell.notify();
                }
            }
        });
        let mut next = 1;
        while next <= 4 {
            match consumer.peek() {
                Some(m) => {
                    assert_eq!(m.data(), [next]);
                    consumer.skip();
                    next += 1;
                }
                None => signal.wait(),
            }
        }
        assert!(!consumer.check());
        writer.join().unwrap();
    });
}

#[test]
fn a_message_of_several_parts_is_seen_whole() {
    model(|| {
        let (mut producer, mut consumer) = queue();
        let writer = thread::spawn(move || {
            for (i, more) in [(1, true), (2, true), (3, false), (4, true)] {
                let mut part = msg(i);
                part.set_more(more);
                producer.write(part);
                producer.flush();
            }
        });
        if consumer.check() {
            for i in 1..=3 {
                assert_eq!(consumer.read().unwrap().data(), [i]);
            }
            assert!(consumer.read().is_none());
        }
        writer.join().unwrap();
    });
}

#[test]
fn a_message_is_taken_back_while_the_reader_reads() {
    model(|| {
        let drops = std::sync::Arc::new(crate::message::Metadata::new(None));
        let (mut producer, mut consumer) = queue();
        let watched = drops.clone();
        let part = move |i, more| {
            let mut part = msg(i);
            part.set_metadata(Some(watched.clone()));
            part.set_more(more);
            part
        };
        let writer = thread::spawn(move || {
            producer.write(part(1, false));
            producer.flush();
            // Begins in the chunk that the reader may be about to leave, and goes on in others.
            for i in 2..6 {
                producer.write(part(i, true));
            }
            producer.flush();
            producer.rollback();
            producer.write(part(6, true));
            producer.write(part(7, false));
            producer.flush();
            producer.write(part(8, true));
        });
        let mut seen = Vec::new();
        while seen.len() < 3
            && let Some(msg) = consumer.read()
        {
            seen.push(msg.data()[0]);
        }
        assert!([&[][..], &[1], &[1, 6, 7]].contains(&&seen[..]), "{seen:?}");
        drop(consumer);
        writer.join().unwrap();
        assert_eq!(std::sync::Arc::strong_count(&drops), 1);
    });
}

#[test]
fn what_is_left_in_the_queue_is_dropped_with_it() {
    model(|| {
        let drops = std::sync::Arc::new(crate::message::Metadata::new(None));
        let (mut producer, mut consumer) = queue();
        let watched = drops.clone();
        let writer = thread::spawn(move || {
            for i in 0..3 {
                let mut m = msg(i);
                m.set_metadata(Some(watched.clone()));
                producer.write(m);
                producer.flush();
            }
        });
        let _ = consumer.read();
        drop(consumer);
        writer.join().unwrap();
        assert_eq!(std::sync::Arc::strong_count(&drops), 1);
    });
}

#[test]
fn a_blocked_writer_is_told_of_new_credit() {
    model(|| {
        let (mut a, mut b) = pair(PipeOptions { conflate: false });
        a.set_hwm(Hwm::Messages(1), Hwm::Unlimited);
        b.set_hwm(Hwm::Unlimited, Hwm::Messages(1));
        let (readable, writable) = (Arc::new(Signal::new()), Arc::new(Signal::new()));
        a.set_notify(Box::new(Bell { writable: Some(writable.clone()), ..Bell::default() }));
        b.set_notify(Box::new(Bell { readable: Some(readable.clone()), ..Bell::default() }));
        let writer = thread::spawn(move || {
            for i in 0..4 {
                let mut m = msg(i);
                while let Err(back) = a.write(m) {
                    m = back;
                    writable.wait();
                    a.credit_arrived();
                }
                a.flush();
            }
            a
        });
        for i in 0..4 {
            let m = loop {
                match b.read() {
                    Some(m) => break m,
                    None => readable.wait(),
                }
            };
            assert_eq!(m.data(), [i]);
        }
        drop(writer.join().unwrap());
        assert!(b.read().is_none() && b.is_ended());
    });
}

#[test]
fn the_end_comes_after_what_was_written_and_is_told() {
    model(|| {
        let (mut a, mut b) = pair(PipeOptions { conflate: false });
        let (readable, closed) = (Arc::new(Signal::new()), Arc::new(Signal::new()));
        b.set_notify(Box::new(Bell {
            readable: Some(readable.clone()),
            closed: Some(closed.clone()),
            ..Bell::default()
        }));
        let writer = thread::spawn(move || {
            a.write(msg(1)).unwrap();
            let mut part = msg(2);
            part.set_flags(flag::MORE);
            a.write(part).unwrap();
        });
        while !b.peer_closed() {
            closed.wait();
        }
        // Told of the end, the reader finds it without waiting for anything else.
        assert!(!b.check_write());
        assert_eq!(b.read().unwrap().data(), [1]);
        assert!(b.read().is_none() && b.is_ended());
        writer.join().unwrap();
    });
}

#[test]
fn both_ends_may_close_at_once() {
    model(|| {
        let (mut a, mut b) = pair(PipeOptions { conflate: false });
        let other = thread::spawn(move || {
            let _ = a.write(msg(1));
            a.close(false);
            a.read().is_some()
        });
        let _ = b.write(msg(2));
        b.close(true);
        let _ = b.read();
        other.join().unwrap();
    });
}

/// Marks the content as given back; loom reports a reader that is not ordered before this.
unsafe extern "C" fn give_back(data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: the test keeps the cell until every message is gone.
    let cell = unsafe { &*data.cast::<UnsafeCell<u32>>() };
    // SAFETY: the last reference is gone, so nobody else looks at the content.
    cell.with_mut(|count| unsafe { *count += 1 });
}

#[test]
fn shared_content_is_given_back_once_after_its_last_use() {
    fn look(cell: &UnsafeCell<u32>) {
        // SAFETY: a message with this content lives.
        assert_eq!(cell.with(|count| unsafe { *count }), 0);
    }
    model(|| {
        let cell = Arc::new(UnsafeCell::new(0u32));
        let data = Arc::as_ptr(&cell).cast_mut().cast();
        // SAFETY: the cell outlives the messages.
        let made = unsafe { Msg::from_user(data, 4, Some(give_back), std::ptr::null_mut()) };
        let mut first = made.unwrap();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (msg, cell) = (first.share(), cell.clone());
                thread::spawn(move || {
                    look(&cell);
                    drop(msg);
                    call_free_functions();
                })
            })
            .collect();
        look(&cell);
        drop(first);
        call_free_functions();
        for reader in readers {
            reader.join().unwrap();
        }
        // SAFETY: all other threads are gone.
        assert_eq!(cell.with(|count| unsafe { *count }), 1);
    });
}
