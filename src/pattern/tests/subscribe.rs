//! SUB and XSUB.
use super::*;
use crate::pattern::Attach;

#[test]
fn directions() {
    let mut sub = Bench::new(SocketType::Sub);
    assert!(!sub.has_out() && !sub.has_in());
    assert_eq!(sub.send(&["x"]), Err(Errno::ENOTSUP));
    assert_eq!(sub.recv(), Err(Errno::EAGAIN));
    let mut xsub = Bench::new(SocketType::Xsub);
    assert!(xsub.has_out());
    xsub.send(&["nobody", "there"]).unwrap();
    assert_eq!(xsub.subscribe("x", true), Err(Errno::EINVAL));
}

#[test]
fn sub_passes_every_subscription_on_but_only_the_last_end() {
    let mut b = Bench::new(SocketType::Sub);
    let mut peer = b.connect();
    b.subscribe("A", true).unwrap();
    b.subscribe("A", true).unwrap();
    b.subscribe("unknown", false).unwrap();
    b.subscribe("A", false).unwrap();
    assert_eq!(peer.recv_all(), ["sub:A", "sub:A"]);
    b.subscribe("A", false).unwrap();
    b.subscribe("A", false).unwrap();
    assert_eq!(peer.recv_all(), ["cancel:A"]);
}

#[test]
fn xsub_subscribes_by_messages() {
    let mut b = Bench::new(SocketType::Xsub);
    let (mut x, mut y) = (b.connect(), b.connect());
    b.send(&["\x01A"]).unwrap();
    b.send(&["\x01A"]).unwrap();
    b.send(&["\x00A"]).unwrap();
    b.send(&["\x00unknown"]).unwrap();
    b.send(&["\x01"]).unwrap();
    b.send(&["\x00A"]).unwrap();
    for peer in [&mut x, &mut y] {
        assert_eq!(peer.recv_all(), ["sub:A", "sub:A", "sub:", "cancel:A"]);
    }
}

#[test]
fn new_publishers_and_new_connections_get_every_topic() {
    for t in [SocketType::Sub, SocketType::Xsub] {
        let mut b = Bench::new(t);
        let subscribe = |b: &mut Bench, topic: &str, add: bool| {
            if t == SocketType::Sub {
                b.subscribe(topic, add).unwrap();
            } else {
                b.send(&[&format!("{}{topic}", if add { '\x01' } else { '\0' })]).unwrap();
            }
        };
        for topic in ["A", "B", "A", "C"] {
            subscribe(&mut b, topic, true);
        }
        subscribe(&mut b, "C", false);
        let mut peer = b.attach(0, Attach { connecting: true, ..Attach::default() });
        let mut topics = peer.recv_all();
        topics.sort();
        assert_eq!(topics, ["sub:A", "sub:B"]);
        let id = peer.id;
        b.call(|p, cx| p.reconnected(cx, id));
        let mut topics = peer.recv_all();
        topics.sort();
        assert_eq!(topics, ["sub:A", "sub:B"]);
    }
}

#[test]
fn subscriptions_are_never_lost_to_a_full_pipe() {
    let mut b = Bench::new(SocketType::Sub);
    for i in 0..10 {
        b.subscribe(&i.to_string(), true).unwrap();
    }
    let mut peer = b.connect_limited(1);
    for i in 10..20 {
        b.subscribe(&i.to_string(), true).unwrap();
    }
    assert_eq!(peer.recv_all().len(), 20);
}

#[test]
fn sub_hears_only_what_it_subscribed_to() {
    let mut b = Bench::new(SocketType::Sub);
    let mut peer = b.connect();
    peer.send(&["early"]);
    assert!(!b.has_in());
    b.subscribe("A", true).unwrap();
    peer.send(&["A", "B"]);
    peer.send(&["B", "A", "A"]);
    peer.send(&["", "A"]);
    peer.send(&["AB"]);
    assert!(b.has_in() && b.has_in());
    assert_eq!(b.recv().unwrap(), "A+");
    assert!(b.has_in());
    assert_eq!(b.recv_all(), ["B", "AB"]);
    assert!(!b.has_in());
    peer.send(&["B"]);
    assert!(!b.has_in());
    assert_eq!(b.recv(), Err(Errno::EAGAIN));
}

#[test]
fn what_was_on_its_way_when_the_subscription_ended_is_dropped() {
    let mut b = Bench::new(SocketType::Sub);
    let mut peer = b.connect();
    b.subscribe("A", true).unwrap();
    peer.send(&["A", "1"]);
    peer.send(&["A", "2"]);
    assert!(b.has_in());
    b.subscribe("A", false).unwrap();
    b.subscribe("B", true).unwrap();
    assert!(!b.has_in());
    peer.send(&["B"]);
    assert_eq!(b.recv_all(), ["B"]);
}

#[test]
fn a_message_being_received_outlives_its_subscription() {
    let mut b = Bench::new(SocketType::Sub);
    let mut peer = b.connect();
    b.subscribe("A", true).unwrap();
    peer.send(&["A", "1", "2"]);
    assert_eq!(b.recv().unwrap(), "A+");
    b.subscribe("A", false).unwrap();
    assert_eq!(b.recv_all(), ["1+", "2"]);
}

#[test]
fn inverted_matching_hears_the_rest() {
    let mut b = Bench::new(SocketType::Sub);
    b.options.invert_matching = true;
    let mut peer = b.connect();
    b.subscribe("A", true).unwrap();
    peer.send(&["A1", "x"]);
    peer.send(&["B1", "A"]);
    assert_eq!(b.recv_all(), ["B1+", "A"]);
}

#[test]
fn a_flood_of_foreign_messages_does_not_keep_a_call() {
    let mut b = Bench::new(SocketType::Sub);
    let mut peer = b.connect();
    b.subscribe("A", true).unwrap();
    for _ in 0..10_000 {
        peer.send(&["B"]);
    }
    peer.send(&["A"]);
    let mut calls = 0;
    let part = loop {
        calls += 1;
        match b.recv() {
            Ok(part) => break part,
            Err(e) => assert!(e == Errno::EAGAIN && b.again),
        }
    };
    assert_eq!(part, "A");
    assert!((2..=10).contains(&calls), "{calls} calls");
    assert_eq!(b.recv(), Err(Errno::EAGAIN));
    assert!(!b.again);
    for _ in 0..10_000 {
        peer.send(&["B"]);
    }
    // There may be something, until it is known that there is not.
    let mut polls = 0;
    while b.has_in() {
        polls += 1;
    }
    assert!((1..10).contains(&polls), "{polls} polls");
}

#[test]
fn xsub_does_not_filter() {
    let mut b = Bench::new(SocketType::Xsub);
    let mut peer = b.connect();
    peer.send(&["anything", "goes"]);
    assert!(b.has_in());
    assert_eq!(b.recv_all(), ["anything+", "goes"]);
}

#[test]
fn other_messages_of_xsub_go_to_all_publishers() {
    let mut b = Bench::new(SocketType::Xsub);
    let (mut x, mut full) = (b.connect(), b.connect_limited(1));
    b.send(&["\x02hello", "more", ""]).unwrap();
    b.send(&["again"]).unwrap();
    assert_eq!(x.recv_all(), ["\x02hello+", "more+", "", "again"]);
    assert_eq!(full.recv_all(), ["\x02hello+", "more+", ""]);
}

#[test]
fn subscriptions_amid_messages_leave_their_parts_in_order() {
    let mut b = Bench::new(SocketType::Xsub);
    let mut peer = b.connect();
    b.send(&["\x01A", "tail"]).unwrap();
    assert_eq!(peer.recv_all(), ["sub:A", "tail"]);
    b.send(&["head", "\x01B", "tail"]).unwrap();
    assert_eq!(peer.recv_all(), ["head+", "\x01B+", "tail"]);
    b.part("head", true).unwrap();
    let mut late = b.connect();
    late.recv_all();
    b.part("\x01C", false).unwrap();
    assert_eq!(peer.recv_all(), ["head+", "\x01C"]);
    assert_eq!(late.recv_all(), ["sub:C"]);
    // Nothing of an end that publishers must not see.
    b.send(&["head", "\x00unknown", "tail"]).unwrap();
    b.send(&["head", "\x00unknown"]).unwrap();
    assert_eq!(peer.recv_all(), ["head+", "tail", "head+", ""]);
    let mut fresh = b.connect();
    let mut topics = fresh.recv_all();
    topics.sort();
    assert_eq!(topics, ["sub:A", "sub:B", "sub:C"]);
}

#[test]
fn publishers_are_heard_in_turn_and_to_the_end() {
    let mut b = Bench::new(SocketType::Sub);
    b.subscribe("", true).unwrap();
    let (mut x, mut y) = (b.connect(), b.connect());
    for _ in 0..2 {
        x.send(&["x"]);
        y.send(&["y"]);
    }
    b.hang_up(x);
    assert_eq!(b.recv_all(), ["x", "y", "x", "y"]);
    assert_eq!(b.pipes.len(), 1);
    b.subscribe("new", true).unwrap();
    assert_eq!(y.recv_all(), ["sub:", "sub:new"]);
}

#[test]
fn only_the_first_part_subscribes_if_asked_for() {
    let mut b = Bench::new(SocketType::Xsub);
    b.options.only_first_subscribe = true;
    let mut full = b.connect_limited(1);
    b.send(&["\u{1}A", "\u{1}B", "u", "\0A"]).unwrap();
    b.send(&["u", "\u{1}C"]).unwrap();
    b.send(&["\u{1}D"]).unwrap();
    // The end of what nobody asked for is not passed on, but what is behind it stays behind something.
    b.send(&["\0E", "\u{1}F"]).unwrap();
    let first = ["\u{1}A+", "\u{1}B+", "u+", "\0A", "sub:D", "+", "\u{1}F"];
    assert_eq!(full.recv_all(), first, "a full publisher misses messages, but no subscription");
    let mut late = b.connect();
    let mut topics = late.recv_all();
    topics.sort();
    assert_eq!(topics, ["sub:A", "sub:D"]);
}
