//! PUB and XPUB.
use super::*;
use crate::message::{Metadata, Msg};
use crate::pattern::Attach;
use std::sync::Arc;

fn both() -> [Bench; 2] {
    [Bench::new(SocketType::Pub), Bench::new(SocketType::Xpub)]
}

/// What XPUB received: `+topic`, `-topic`, or the text of a peer's message.
fn reports(b: &mut Bench) -> Vec<String> {
    let text = |part: String| match part.as_bytes().first() {
        Some(1) => format!("+{}", &part[1..]),
        Some(0) => format!("-{}", &part[1..]),
        _ => part,
    };
    b.recv_all().into_iter().map(text).collect()
}

#[test]
fn sending_without_subscribers_succeeds() {
    for mut b in both() {
        assert!(b.has_out() && !b.has_in());
        b.send(&["a", "b"]).unwrap();
        let mut peer = b.connect();
        b.send(&["a", "b"]).unwrap();
        assert!(peer.recv_all().is_empty());
        assert_eq!(b.subscribe("x", true), Err(Errno::EINVAL));
    }
    assert_eq!(Bench::new(SocketType::Pub).recv(), Err(Errno::ENOTSUP));
    assert_eq!(Bench::new(SocketType::Xpub).recv(), Err(Errno::EAGAIN));
}

#[test]
fn the_first_part_is_matched_by_prefix_and_decides_for_the_rest() {
    for mut b in both() {
        let (mut a, mut ab, mut all) = (b.connect(), b.connect(), b.connect());
        a.subscribe("A", true);
        ab.subscribe("AB", true);
        all.subscribe("", true);
        b.send(&["A", "AB"]).unwrap();
        b.send(&["ABC", "1", "2"]).unwrap();
        b.send(&["B"]).unwrap();
        b.send(&[""]).unwrap();
        assert_eq!(a.recv_all(), ["A+", "AB", "ABC+", "1+", "2"]);
        assert_eq!(ab.recv_all(), ["ABC+", "1+", "2"]);
        assert_eq!(all.recv_all(), ["A+", "AB", "ABC+", "1+", "2", "B", ""]);
    }
}

#[test]
fn overlapping_subscriptions_give_one_copy() {
    for mut b in both() {
        let mut peer = b.connect();
        for topic in ["", "A", "AB", "AB"] {
            peer.subscribe(topic, true);
        }
        b.send(&["ABC"]).unwrap();
        peer.subscribe("AB", false);
        b.send(&["ABC"]).unwrap();
        peer.subscribe("", false);
        peer.subscribe("A", false);
        b.send(&["ABC"]).unwrap();
        assert_eq!(peer.recv_all(), ["ABC", "ABC"]);
    }
}

#[test]
fn subscriptions_of_older_peers_are_plain_messages() {
    for mut b in both() {
        let mut peer = b.connect();
        peer.send(&["\x01A"]);
        b.send(&["A"]).unwrap();
        peer.send(&["\x00A"]);
        b.send(&["A"]).unwrap();
        assert_eq!(peer.recv_all(), ["A"]);
    }
}

#[test]
fn a_peer_that_cannot_subscribe_gets_everything() {
    let mut b = Bench::new(SocketType::Xpub);
    let mut peer = b.attach(0, Attach { peer_id: Some(Vec::new()), subscribe_all: true, ..Attach::default() });
    b.send(&["anything"]).unwrap();
    assert_eq!(peer.recv_all(), ["anything"]);
    assert!(!b.has_in());
}

#[test]
fn a_full_subscriber_loses_whole_messages_and_holds_up_nobody() {
    for mut b in both() {
        let (mut slow, mut fast) = (b.connect_limited(2), b.connect());
        slow.subscribe("", true);
        fast.subscribe("", true);
        for i in 0..5 {
            assert!(b.has_out());
            b.send(&[&i.to_string(), "end"]).unwrap();
        }
        assert_eq!(slow.recv_all(), ["0+", "end", "1+", "end"]);
        assert_eq!(fast.recv_all().len(), 10);
        b.send(&["5", "end"]).unwrap();
        assert_eq!(slow.recv_all(), ["5+", "end"]);
    }
}

#[test]
fn a_flood_of_subscriptions_is_in_force_before_it_is_received() {
    const COUNT: usize = 10_000;
    let mut b = Bench::new(SocketType::Xpub);
    let (mut peer, mut other) = (b.connect(), b.connect());
    let topic = |i: usize| format!("T{i:05}");
    for i in 0..COUNT {
        peer.subscribe(&topic(i), true);
        other.subscribe(&format!("O{i}"), true);
    }
    // Before and after the application has received some.
    for received in [0, 100, 5000] {
        for _ in 0..received {
            assert!(b.has_in() && b.recv().is_ok());
        }
        b.send(&[&topic(COUNT - 1)]).unwrap();
        assert_eq!(peer.recv_all(), [topic(COUNT - 1)]);
    }
    peer.subscribe(&topic(0), false);
    let rest = b.recv_all();
    assert_eq!(rest.len(), 2 * COUNT + 1 - 5100);
    assert_eq!(rest.iter().filter(|r| r.starts_with("\0")).count(), 1);
    assert!(!b.has_in());
    // Without a send, portion by portion, each in the order of its pipe.
    for i in 0..COUNT {
        peer.subscribe(&format!("N{i:05}"), true);
    }
    let rest: Vec<String> = b.recv_all();
    assert!(rest.len() == COUNT && rest.is_sorted());
    b.hang_up(peer);
    assert_eq!(b.recv_all().len(), 2 * COUNT - 1);
}

#[test]
fn nodrop_sends_to_nobody_while_a_matching_subscriber_is_full() {
    for mut b in both() {
        b.options.xpub_nodrop = true;
        let (mut slow, mut fast) = (b.connect_limited(1), b.connect());
        slow.subscribe("A", true);
        fast.subscribe("", true);
        b.send(&["A1", "end"]).unwrap();
        assert_eq!(b.send(&["A2"]), Err(Errno::EAGAIN));
        b.send(&["B"]).unwrap();
        assert!(b.has_out());
        assert_eq!(fast.recv_all(), ["A1+", "end", "B"]);
        assert_eq!(slow.recv_all(), ["A1+", "end"]);
        b.send(&["A2"]).unwrap();
        assert_eq!(slow.recv_all(), ["A2"]);
        b.send(&["A3"]).unwrap();
        b.hang_up(slow);
        b.send(&["A4"]).unwrap();
        assert_eq!(fast.recv_all(), ["A2", "A3", "A4"]);
    }
}

#[test]
fn a_pipe_that_joins_or_subscribes_amid_a_message_waits_for_the_next() {
    for mut b in both() {
        let (mut first, mut late) = (b.connect(), b.connect());
        first.subscribe("", true);
        b.part("1", true).unwrap();
        late.subscribe("", true);
        let mut later = b.connect();
        later.subscribe("", true);
        first.subscribe("", false);
        b.part("2", false).unwrap();
        b.send(&["3"]).unwrap();
        assert_eq!(first.recv_all(), ["1+", "2"]);
        assert_eq!(late.recv_all(), ["3"]);
        assert_eq!(later.recv_all(), ["3"]);
    }
}

#[test]
fn a_subscriber_that_goes_amid_a_message() {
    for mut b in both() {
        let (mut stays, mut goes) = (b.connect(), b.connect());
        stays.subscribe("", true);
        goes.subscribe("", true);
        b.part("1", true).unwrap();
        b.hang_up(goes);
        b.part("2", false).unwrap();
        assert_eq!(stays.recv_all(), ["1+", "2"]);
        assert_eq!(b.pipes.len(), 1);
    }
}

#[test]
fn inverted_matching_sends_to_those_who_did_not_subscribe() {
    for mut b in both() {
        b.options.invert_matching = true;
        let (mut a, mut none) = (b.connect(), b.connect());
        a.subscribe("A", true);
        b.send(&["A1"]).unwrap();
        b.send(&["B1"]).unwrap();
        assert_eq!(a.recv_all(), ["B1"]);
        assert_eq!(none.recv_all(), ["A1", "B1"]);
    }
}

#[test]
fn large_content_is_shared_not_copied() {
    let mut b = Bench::new(SocketType::Pub);
    let mut peers: Vec<Peer> = (0..3).map(|_| b.connect()).collect();
    for peer in &mut peers {
        peer.subscribe("", true);
    }
    let mut msg = Msg::from_slice(&[7; 1000]).unwrap();
    let data = msg.data_ptr();
    b.send_msg(&mut msg).unwrap();
    for peer in &mut peers {
        assert_eq!(peer.end.read().unwrap().data_ptr(), data);
    }
}

#[test]
fn xpub_reports_the_first_subscription_and_the_last_end() {
    let mut b = Bench::new(SocketType::Xpub);
    let (mut x, mut y) = (b.connect(), b.connect());
    x.subscribe("A", true);
    x.subscribe("A", true);
    y.subscribe("A", true);
    y.subscribe("", true);
    assert_eq!(reports(&mut b), ["+A", "+"]);
    x.subscribe("A", false);
    x.subscribe("A", false);
    assert!(!b.has_in());
    y.subscribe("unknown", false);
    assert_eq!(reports(&mut b), ["-unknown"]);
    x.subscribe("A", false);
    assert!(!b.has_in(), "another still has it");
    y.subscribe("A", false);
    assert!(b.has_in());
    assert_eq!(reports(&mut b), ["-A"]);
}

#[test]
fn xpub_reports_the_ends_that_a_pipes_death_brings() {
    let mut b = Bench::new(SocketType::Xpub);
    let (mut x, mut y) = (b.connect(), b.connect());
    for topic in ["A", "B", "C"] {
        x.subscribe(topic, true);
    }
    y.subscribe("B", true);
    assert_eq!(reports(&mut b), ["+A", "+B", "+C"]);
    b.hang_up(x);
    let mut ended = reports(&mut b);
    ended.sort();
    assert_eq!(ended, ["-A", "-C"]);
    b.disconnect(&y);
    assert_eq!(reports(&mut b), ["-B"]);
}

#[test]
fn verbose_reports_every_subscription_and_verboser_every_end_too() {
    let mut b = Bench::new(SocketType::Xpub);
    b.options.xpub_verbose = true;
    let (mut x, mut y) = (b.connect(), b.connect());
    x.subscribe("A", true);
    x.subscribe("A", true);
    y.subscribe("A", true);
    assert_eq!(reports(&mut b), ["+A", "+A", "+A"]);
    x.subscribe("A", false);
    assert!(!b.has_in());
    b.options.xpub_verboser = true;
    x.subscribe("A", true);
    x.subscribe("A", false);
    y.subscribe("A", false);
    assert_eq!(reports(&mut b), ["+A", "-A", "-A"]);
    x.subscribe("B", true);
    y.subscribe("B", true);
    b.hang_up(x);
    b.hang_up(y);
    assert_eq!(reports(&mut b), ["+B", "+B", "-B", "-B"]);
}

#[test]
fn other_messages_of_subscribers_are_the_applications() {
    let mut b = Bench::new(SocketType::Xpub);
    let mut peer = b.connect();
    peer.end.write_metadata(Arc::new(Metadata::new(Some(3))));
    peer.send(&["\x02a", "b", ""]);
    peer.send(&[""]);
    peer.send(&["\x01A", "tail"]);
    peer.send(&["head", "\x01B"]);
    let first = b.recv_msg().unwrap();
    assert_eq!((first.data(), first.more()), (&b"\x02a"[..], true));
    assert_eq!(first.metadata().and_then(Metadata::fd), Some(3));
    assert_eq!(reports(&mut b), ["b+", "", "", "+A", "tail", "head+", "+B"]);
    let mut b = Bench::new(SocketType::Pub);
    let mut peer = b.connect();
    peer.send(&["ignored"]);
    peer.subscribe("", true);
    b.send(&["x"]).unwrap();
    assert_eq!(peer.recv_all(), ["x"]);
}

#[test]
fn messages_of_subscribers_wait_in_their_pipe_when_the_application_does_not_receive() {
    let mut b = Bench::new(SocketType::Xpub);
    b.options.rcvhwm = 10;
    let (mut chatty, mut other) = (b.connect(), b.connect());
    for i in 0..100 {
        chatty.send(&[&format!("m{i}")]);
    }
    other.subscribe("A", true);
    b.send(&["A"]).unwrap();
    assert_eq!(other.recv_all(), ["A"]);
    let unread = b.pipes.get(chatty.id).is_some_and(|p| p.check_read());
    assert!(unread, "the rest stays in the pipe");
    let expected: Vec<String> = (0..100).map(|i| format!("m{i}")).collect();
    let mut received = reports(&mut b);
    received.retain(|m| m != "+A");
    assert_eq!(received, expected);
    chatty.send(&["again"]);
    assert_eq!(reports(&mut b), ["again"]);
}

#[test]
fn manual_subscriptions_are_the_applications_decision() {
    let mut b = Bench::new(SocketType::Xpub);
    b.options.xpub_manual = true;
    b.subscribe("nobody", true).unwrap();
    let (mut x, mut y) = (b.connect(), b.connect());
    x.subscribe("A", true);
    b.send(&["A"]).unwrap();
    assert!(x.recv_all().is_empty());
    assert_eq!(b.recv().unwrap(), "\x01A");
    b.subscribe("XA", true).unwrap();
    y.subscribe("B", true);
    assert_eq!(b.recv().unwrap(), "\x01B");
    b.subscribe("XB", true).unwrap();
    for topic in ["A", "B", "XA", "XB"] {
        b.send(&[topic]).unwrap();
    }
    assert_eq!((x.recv_all(), y.recv_all()), (vec!["XA".into()], vec!["XB".into()]));
    x.subscribe("A", false);
    assert_eq!(b.recv().unwrap(), "\0A");
    b.send(&["XA"]).unwrap();
    assert_eq!(x.recv_all(), ["XA"]);
    b.subscribe("XA", false).unwrap();
    b.send(&["XA"]).unwrap();
    assert!(x.recv_all().is_empty());
    b.hang_up(x);
    b.subscribe("too late", true).unwrap();
}

#[test]
fn manual_reports_one_end_for_each_topic_that_was_asked_for() {
    let mut b = Bench::new(SocketType::Xpub);
    b.options.xpub_manual = true;
    let (mut x, mut y) = (b.connect(), b.connect());
    x.subscribe("A", true);
    y.subscribe("A", true);
    assert_eq!(b.recv().unwrap(), "\x01A");
    b.subscribe("other", true).unwrap();
    assert_eq!(b.recv().unwrap(), "\x01A");
    b.hang_up(x);
    b.hang_up(y);
    assert_eq!(reports(&mut b), ["-A", "-A"]);
    b.subscribe("late", true).unwrap();
}

#[test]
fn the_welcome_message_comes_first() {
    for mut b in both() {
        b.options.xpub_welcome = Some(Arc::new(b"welcome".to_vec()));
        let mut peer = b.connect();
        peer.subscribe("", true);
        b.send(&["x"]).unwrap();
        assert_eq!(peer.recv_all(), ["welcome", "x"]);
    }
}

#[test]
fn pub_forgets_pipes_at_once() {
    let mut b = Bench::new(SocketType::Pub);
    let mut peer = b.connect();
    peer.subscribe("A", true);
    b.hang_up(peer);
    assert!(b.pipes.is_empty());
    let mut peer = b.connect();
    b.send(&["A"]).unwrap();
    assert!(peer.recv_all().is_empty());
}

#[test]
fn a_message_finds_its_subscribers_among_a_thousand() {
    let mut b = Bench::new(SocketType::Pub);
    let mut peers: Vec<Peer> = (0..1000).map(|_| b.connect()).collect();
    for (i, peer) in peers.iter_mut().enumerate() {
        peer.subscribe(&format!("{i:03}"), true);
        peer.subscribe("all", true);
    }
    b.send(&["007 bond"]).unwrap();
    b.send(&["all"]).unwrap();
    for (i, peer) in peers.iter_mut().enumerate() {
        let expected = if i == 7 { vec!["007 bond", "all"] } else { vec!["all"] };
        assert_eq!(peer.recv_all(), expected);
    }
}

#[test]
fn the_last_subscriber_gets_the_last_value_alone() {
    for inverted in [false, true] {
        let mut b = Bench::new(SocketType::Xpub);
        (b.options.xpub_manual, b.options.xpub_last_value) = (true, true);
        b.options.invert_matching = inverted;
        let topic = if inverted { "B" } else { "A" };
        let (mut one, mut two) = (b.connect(), b.connect());
        one.subscribe(topic, true);
        b.recv().unwrap();
        b.subscribe(topic, true).unwrap();
        if inverted {
            two.subscribe("A", true);
            b.recv().unwrap();
            b.subscribe("A", true).unwrap();
            b.send(&["A0"]).unwrap();
            b.subscribe("other", true).unwrap();
            b.send(&["C1"]).unwrap();
            b.send(&["C2"]).unwrap();
            assert_eq!((one.recv_all(), two.recv_all()), (vec!["C2".to_owned()], vec!["C1".into(), "C2".into()]));
            continue;
        }
        b.send(&["A0"]).unwrap();
        two.subscribe("A", true);
        b.recv().unwrap();
        b.subscribe("A", true).unwrap();
        b.send(&["A1", "part"]).unwrap();
        b.send(&["A2", "part"]).unwrap();
        assert_eq!(one.recv_all(), ["A0", "A2+", "part"]);
        assert_eq!(two.recv_all(), ["A1+", "part", "A2+", "part"]);
        // The end of a subscription announces no value.
        b.subscribe("A", false).unwrap();
        b.send(&["A3"]).unwrap();
        assert_eq!((one.recv_all(), two.recv_all()), (vec!["A3".to_owned()], vec![]));
    }
}

#[test]
fn a_last_value_that_the_subscriber_does_not_want_goes_to_nobody() {
    let mut b = Bench::new(SocketType::Xpub);
    (b.options.xpub_manual, b.options.xpub_last_value) = (true, true);
    let mut one = b.connect();
    one.subscribe("A", true);
    b.recv().unwrap();
    b.subscribe("A", true).unwrap();
    b.send(&["A0"]).unwrap();
    let mut two = b.connect();
    two.subscribe("B", true);
    b.recv().unwrap();
    b.subscribe("B", true).unwrap();
    b.send(&["A1"]).unwrap();
    b.send(&["A2"]).unwrap();
    assert_eq!((one.recv_all(), two.recv_all()), (vec!["A0".to_owned(), "A2".into()], vec![]));
    // Nor does one whose subscriber went away meanwhile, before or after the application heard of it.
    two.subscribe("A", true);
    b.recv().unwrap();
    b.subscribe("A", true).unwrap();
    b.hang_up(two);
    b.send(&["A3"]).unwrap();
    b.recv_all();
    let mut three = b.connect();
    three.subscribe("A", true);
    b.has_in();
    b.hang_up(three);
    assert_eq!(b.recv().unwrap(), "\u{1}A");
    b.subscribe("A", true).unwrap();
    b.send(&["A4"]).unwrap();
    b.send(&["A5"]).unwrap();
    assert_eq!(one.recv_all(), ["A5"]);
}

#[test]
fn a_full_last_subscriber_blocks_with_nodrop_until_it_has_room() {
    let mut b = Bench::new(SocketType::Xpub);
    (b.options.xpub_manual, b.options.xpub_last_value, b.options.xpub_nodrop) = (true, true, true);
    let (mut one, mut two) = (b.connect(), b.connect_limited(1));
    for peer in [&mut one, &mut two] {
        peer.subscribe("A", true);
        b.recv().unwrap();
        b.subscribe("A", true).unwrap();
        b.send(&["A0"]).unwrap();
    }
    assert_eq!(one.recv_all(), ["A0"]);
    b.subscribe("A", true).unwrap();
    assert_eq!(b.send(&["A1"]), Err(Errno::EAGAIN));
    assert_eq!(two.recv_all(), ["A0"]);
    b.send(&["A1"]).unwrap();
    assert_eq!((one.recv_all(), two.recv_all()), (vec![], vec!["A1".to_owned()]));
}

#[test]
fn only_the_first_part_subscribes_if_asked_for() {
    // What is no subscription keeps its mark that more follows.
    let cases: [(bool, &[&str], &[&str]); 2] = [
        (false, &["+A", "+B", "u+", "+C", "v", "-A"], &["Bx", "Cx"]),
        (true, &["+A", "+B", "u+", "+C+", "v", "-A"], &[]),
    ];
    for (only_first, reported, heard) in cases {
        for mut b in both() {
            b.options.only_first_subscribe = only_first;
            let mut peer = b.connect();
            peer.send(&["\u{1}A", "\u{1}B"]);
            peer.send(&["u", "\u{1}C", "v"]);
            peer.send(&["\0A"]);
            for text in ["Ax", "Bx", "Cx"] {
                b.send(&[text]).unwrap();
            }
            assert_eq!(peer.recv_all(), heard, "{only_first}");
            if b.options.socket_type == SocketType::Xpub {
                assert_eq!(reports(&mut b), reported, "{only_first}");
            }
        }
    }
}

#[test]
fn a_subscription_of_its_own_kind_counts_between_two_parts() {
    for mut b in both() {
        b.options.only_first_subscribe = true;
        let mut peer = b.connect();
        let mut part = Msg::from_slice(b"u").unwrap();
        part.set_more(true);
        peer.end.write_unchecked(part);
        peer.subscribe("A", true);
        peer.send(&["\u{1}B"]);
        b.send(&["A"]).unwrap();
        b.send(&["B"]).unwrap();
        assert_eq!(peer.recv_all(), ["A"]);
    }
}
