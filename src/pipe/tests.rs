//! Pipes without sockets: order, atomicity, limits, credit, ends.
use super::*;
use crate::errno::Errno;
use crate::message::Msg;

fn msg(i: u32) -> Msg {
    Msg::from_slice(&i.to_ne_bytes()).unwrap()
}

fn part(i: u32) -> Msg {
    let mut m = msg(i);
    m.set_more(true);
    m
}

fn value(m: &Msg) -> u32 {
    u32::from_ne_bytes(m.data().try_into().unwrap())
}

fn limited(send: u32, receive: u32) -> (PipeEnd, PipeEnd) {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    let hwm = |n| Hwm::from_option(n as i32);
    a.set_hwm(hwm(send), Hwm::Unlimited);
    b.set_hwm(Hwm::Unlimited, hwm(receive));
    (a, b)
}

fn fill(a: &mut PipeEnd) -> u32 {
    let mut n = 0;
    while n < 20_000 && a.write(msg(n)).is_ok() {
        n += 1;
    }
    a.flush();
    n
}

#[test]
fn the_limit_is_the_sum_and_credit_comes_at_half() {
    for (send, receive, total, reads) in
        [(1, 1, 2, 1), (2, 2, 4, 2), (5, 1, 6, 3), (3, 4, 7, 4), (1000, 1000, 2000, 1000)]
    {
        let (mut a, mut b) = limited(send, receive);
        assert_eq!(fill(&mut a), total);
        for i in 0..reads {
            assert!(!a.check_write());
            assert_eq!(value(&b.read().unwrap()), i);
        }
        a.credit_arrived();
        assert_eq!(fill(&mut a), reads, "({send},{receive})");
    }
    let (mut a, _b) = limited(0, 5);
    assert_eq!(fill(&mut a), 20_000);
}

#[test]
fn many_messages_in_order_across_chunks() {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    let mut next = 0;
    for round in 1..200u32 {
        for i in 0..round {
            a.write_unchecked(msg(round * 1000 + i));
        }
        a.flush();
        for i in 0..round {
            assert_eq!(value(&b.read().unwrap()), round * 1000 + i);
            next += 1;
        }
        assert!(b.read().is_none() && !b.is_ended());
    }
    assert_eq!(next, 199 * 200 / 2);
}

#[test]
fn a_message_is_visible_whole_or_not_at_all() {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    a.write(part(1)).unwrap();
    a.flush();
    assert!(!b.check_read());
    a.write(msg(2)).unwrap();
    assert!(!b.check_read());
    a.flush();
    assert_eq!((value(&b.read().unwrap()), value(&b.read().unwrap())), (1, 2));
    a.write(part(3)).unwrap();
    a.close(false);
    assert!(!b.check_read());
    assert!(b.is_ended());
}

#[test]
fn what_was_written_before_the_close_is_read() {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    a.write(msg(1)).unwrap();
    drop(a);
    assert!(b.peer_closed() && !b.check_write());
    assert_eq!(value(&b.read().unwrap()), 1);
    assert!(b.read().is_none() && b.is_ended());
}

#[test]
fn conflation_keeps_the_newest() {
    let (mut a, mut b) = pair(PipeOptions { conflate: true });
    for i in 0..10 {
        a.write(msg(i)).unwrap();
    }
    a.close(false);
    assert_eq!(value(&b.read().unwrap()), 9);
    assert!(b.read().is_none() && b.is_ended());
}

#[test]
fn conflation_loses_no_subscription() {
    let (mut a, mut b) = pair(PipeOptions { conflate: true });
    for topic in [b"A", b"B"] {
        a.write_unchecked(Msg::subscription(topic, true).unwrap());
    }
    a.write(msg(1)).unwrap();
    a.write_unchecked(Msg::subscription(b"A", false).unwrap());
    a.write(msg(2)).unwrap();
    a.close(false);
    for topic in [b"A", b"B", b"A"] {
        assert!(b.check_read());
        assert_eq!(b.read().unwrap().data(), topic);
    }
    assert_eq!(value(&b.read().unwrap()), 2);
    assert!(!b.check_read() && b.is_ended());
}

#[test]
fn a_message_made_in_its_place_is_like_any_other() {
    for conflate in [false, true] {
        let (mut a, mut b) = pair(PipeOptions { conflate });
        assert_eq!(a.write_with(|_| Err(Errno::ENOMEM)), Err(Errno::ENOMEM));
        a.flush();
        assert!(!b.check_read());
        for i in 0..200 {
            a.write_with(|place| Ok(place.write(msg(i)))).unwrap();
        }
        a.flush();
        for i in if conflate { 199..200 } else { 0..200 } {
            assert_eq!(value(&b.read().unwrap()), i);
        }
        assert!(b.read().is_none());
    }
}

#[test]
fn what_is_made_in_its_place_counts_for_the_limit_and_where_it_stood_is_read() {
    let (mut a, mut b) = limited(2, 2);
    let mut next = 0;
    for round in 0..50 {
        while a.check_write() {
            a.write_with(|place| Ok(place.write(msg(next)))).unwrap();
            next += 1;
        }
        a.flush();
        assert_eq!(next, 4 + 2 * round);
        for _ in 0..2 {
            let read = value(b.peek().unwrap());
            assert_eq!(b.peek().map(value), Some(read));
            b.skip();
            assert_eq!(read + 4 - read % 2, next);
        }
        a.credit_arrived();
    }
}

#[test]
fn only_parts_can_be_looked_at() {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    let meta = std::sync::Arc::new(crate::message::Metadata::new(Some(4)));
    assert!(b.peek().is_none() && b.was_empty());
    b.skip();
    a.write_metadata(meta.clone());
    a.write_unchecked(part(1));
    a.write_unchecked(msg(2));
    a.close(false);
    assert!(b.peek().is_none() && !b.was_empty(), "there is a mark");
    assert_eq!(value(&b.read().unwrap()), 1);
    assert!(b.metadata().is_some());
    assert_eq!(b.peek().map(value), Some(2));
    b.skip();
    assert!(b.peek().is_none() && !b.was_empty() && b.read().is_none() && b.is_ended());
    assert!(b.peek().is_none() && !b.was_empty(), "nobody calls any more");

    let (mut a, mut b) = pair(PipeOptions { conflate: true });
    a.write(msg(1)).unwrap();
    assert!(b.peek().is_none() && !b.was_empty(), "it cannot be looked at");
    assert_eq!(value(&b.read().unwrap()), 1);
}

#[test]
fn what_is_skipped_is_dropped() {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    let meta = std::sync::Arc::new(crate::message::Metadata::new(None));
    let mut m = Msg::from_slice(&[7; 100]).unwrap();
    m.set_metadata(Some(meta.clone()));
    a.write(m).unwrap();
    a.flush();
    assert_eq!(b.peek().map(Msg::len), Some(100));
    assert_eq!(std::sync::Arc::strong_count(&meta), 2);
    b.skip();
    assert_eq!(std::sync::Arc::strong_count(&meta), 1);
}

#[test]
fn reading_into_a_message_is_reading() {
    for conflate in [false, true] {
        let (mut a, mut b) = pair(PipeOptions { conflate });
        let meta = std::sync::Arc::new(crate::message::Metadata::new(Some(4)));
        a.write_metadata(meta.clone());
        let mut m = msg(7);
        assert!(a.write_from(&mut m));
        assert!(m.is_empty() && m.is_valid());
        a.flush();
        let mut old = msg(1);
        old.set_metadata(Some(meta.clone()));
        assert!(b.read_into(&mut old));
        assert_eq!(value(&old), 7);
        if !conflate {
            assert_eq!(b.metadata().and_then(|m| m.fd()), Some(4));
        }
        assert!(!b.read_into(&mut old) && !b.is_ended());
        assert_eq!(value(&old), 7);
        a.close(false);
        assert!(!b.read_into(&mut old) && b.is_ended());
        assert_eq!(value(&old), 7);
        drop((a, b, old));
        assert_eq!(std::sync::Arc::strong_count(&meta), 1);
    }
}

#[test]
fn acknowledgements_follow_a_limit_that_changes() {
    let (mut a, mut b) = limited(10, 10);
    assert_eq!(fill(&mut a), 20);
    for _ in 0..7 {
        b.read().unwrap();
    }
    a.set_hwm(Hwm::Messages(1), Hwm::Absent);
    b.set_hwm(Hwm::Absent, Hwm::Messages(3));
    // Limit 4: told at each second message.
    b.read().unwrap();
    a.credit_arrived();
    assert!(!a.check_write());
    let mut left = 12;
    while b.read().is_some() {
        left -= 1;
    }
    assert_eq!(left, 0);
    a.credit_arrived();
    assert_eq!(fill(&mut a), 4);
}

#[test]
fn unread_messages_are_dropped_with_the_pipe() {
    let meta = std::sync::Arc::new(crate::message::Metadata::default());
    for n in [0, 1, 63, 64, 65, 128, 129, 200] {
        let (mut a, mut b) = pair(PipeOptions { conflate: false });
        for i in 0..n {
            let mut m = msg(i);
            m.set_metadata(Some(meta.clone()));
            a.write(m).unwrap();
        }
        a.flush();
        for _ in 0..n / 2 {
            b.read().unwrap();
        }
        b.check_read();
        drop((a, b));
        assert_eq!(std::sync::Arc::strong_count(&meta), 1, "{n}");
    }
}

#[test]
fn stale_ids_find_nothing() {
    let mut set = PipeSet::default();
    let (a, _b) = pair(PipeOptions { conflate: false });
    let id = set.insert(a, 7);
    assert_eq!(set.tag(id), Some(7));
    assert_eq!(PipeId::from_bits(id.to_bits()), id);
    set.remove(id).unwrap();
    let (a, _b2) = pair(PipeOptions { conflate: false });
    let id2 = set.insert(a, 8);
    assert_ne!(id, id2);
    assert!(set.get(id).is_none() && set.get(id2).is_some());
    assert_eq!(set.ids().collect::<Vec<_>>(), [id2]);
}

#[test]
fn two_threads_pass_a_million() {
    let (mut a, mut b) = limited(100, 100);
    let n = if cfg!(miri) { 500 } else { 200_000u32 };
    let writer = std::thread::spawn(move || {
        for i in 0..n {
            while !a.check_write() {
                a.credit_arrived();
                std::thread::yield_now();
            }
            a.write_with(|place| Ok(place.write(msg(i)))).unwrap();
            a.flush();
        }
    });
    let mut next = 0;
    while next < n {
        match b.peek() {
            Some(m) => {
                assert_eq!(value(m), next);
                b.skip();
                next += 1;
            }
            None => {
                // Lets a writer that waits go on.
                b.check_read();
                std::thread::yield_now();
            }
        }
    }
    writer.join().unwrap();
}

#[test]
fn the_writer_knows_when_all_was_read() {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    // A reader that never looked is not known to have nothing to read.
    assert!(!a.is_read_out() && !a.is_unpublished());
    assert!(!b.check_read());
    assert!(a.is_read_out());
    a.write(msg(1)).unwrap();
    assert!(a.is_unpublished() && !a.is_read_out());
    a.flush();
    assert!(!a.is_unpublished() && !a.is_read_out());
    assert_eq!(value(&b.read().unwrap()), 1);
    assert!(!a.is_read_out());
    assert!(b.read().is_none());
    assert!(a.is_read_out());
    let (mut a, mut b) = pair(PipeOptions { conflate: true });
    assert!(b.read().is_none());
    a.write(msg(1)).unwrap();
    assert!(!a.is_read_out() && !a.is_unpublished());
}
