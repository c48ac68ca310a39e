//! ROUTER.
use super::*;
use crate::message::{Metadata, Msg};
use crate::pattern::Attach;
use std::sync::Arc;

fn assigned(id: &str) -> Attach {
    Attach { assigned_id: Some(Arc::new(id.as_bytes().to_vec())), connecting: true, ..Attach::default() }
}

#[test]
fn messages_are_led_by_the_senders_id() {
    let mut b = Bench::new(SocketType::Router);
    let (mut x, mut y) = (b.connect_as("X"), b.connect_as("Y"));
    x.send(&["x1", "x2"]);
    y.send(&["y"]);
    assert!(b.has_in());
    assert_eq!(b.recv().unwrap(), "X+");
    assert!(b.has_in());
    assert_eq!(b.recv_all(), ["x1+", "x2", "Y+", "y"]);
    b.send(&["Y", "to y"]).unwrap();
    b.send(&["X", "to", "x"]).unwrap();
    assert_eq!(x.recv_all(), ["to+", "x"]);
    assert_eq!(y.recv_all(), ["to y"]);
}

#[test]
fn peers_without_an_id_get_distinct_ones() {
    let mut b = Bench::new(SocketType::Router);
    let mut ids = Vec::new();
    let long = "x".repeat(256);
    let mut peers: Vec<Peer> = ["", "", "\0abcd", "\0", &long].iter().map(|id| b.connect_as(id)).collect();
    for peer in &mut peers {
        peer.send(&["hello"]);
        ids.push(b.recv_msg().unwrap());
        b.recv().unwrap();
    }
    let number = |id: &Msg| {
        assert_eq!((id.len(), id.data()[0], id.more()), (5, 0, true));
        u32::from_be_bytes(id.data()[1..].try_into().unwrap())
    };
    for pair in ids.windows(2) {
        assert_eq!(number(&pair[1]), number(&pair[0]).wrapping_add(1));
    }
    for (id, peer) in ids.iter().zip(&mut peers) {
        let mut frame = Msg::from_slice(id.data()).unwrap();
        frame.set_more(true);
        b.send_msg(&mut frame).unwrap();
        b.part("reply", false).unwrap();
        assert_eq!(peer.recv_all(), ["reply"]);
    }
}

#[test]
fn an_id_of_255_bytes_is_a_peers_to_choose() {
    let mut b = Bench::new(SocketType::Router);
    let id = "x".repeat(255);
    let mut peer = b.connect_as(&id);
    peer.send(&["m"]);
    assert_eq!(b.recv().unwrap(), format!("{id}+"));
    b.recv().unwrap();
    b.send(&[&id, "r"]).unwrap();
    assert_eq!(peer.recv_all(), ["r"]);
}

#[test]
fn ids_in_use_are_skipped() {
    let mut b = Bench::new(SocketType::Router);
    let mut probe = b.connect();
    probe.send(&["m"]);
    let id = b.recv_msg().unwrap();
    b.recv().unwrap();
    let next = u32::from_be_bytes(id.data()[1..].try_into().unwrap()).wrapping_add(1);
    let mut taken = vec![0];
    taken.extend(next.to_be_bytes());
    let _assigned = b.attach(0, Attach { assigned_id: Some(Arc::new(taken.clone())), ..Attach::default() });
    let mut other = b.connect();
    other.send(&["m"]);
    let id = b.recv_msg().unwrap();
    assert_ne!(id.data(), taken);
}

#[test]
fn without_mandatory_unroutable_messages_are_dropped() {
    let mut b = Bench::new(SocketType::Router);
    assert!(b.has_out());
    b.send(&["nobody", "a", "b"]).unwrap();
    let mut peer = b.connect_as("X");
    b.send(&["X", "c"]).unwrap();
    assert_eq!(peer.recv_all(), ["c"]);
}

#[test]
fn with_mandatory_unroutable_messages_are_refused_and_an_id_comes_next() {
    let mut b = Bench::new(SocketType::Router);
    b.options.router_mandatory = true;
    assert!(!b.has_out());
    assert_eq!(b.send(&["nobody", "a"]), Err(Errno::EHOSTUNREACH));
    let mut peer = b.connect_as("X");
    assert!(b.has_out());
    b.send(&["X", "c"]).unwrap();
    assert_eq!(peer.recv_all(), ["c"]);
    // A lone id is swallowed even then.
    b.send(&["nobody"]).unwrap();
    b.send(&["X"]).unwrap();
    b.send(&["X", "d"]).unwrap();
    assert_eq!(peer.recv_all(), ["d"]);
}

#[test]
fn a_full_peer_loses_the_message_or_blocks_under_mandatory() {
    let mut b = Bench::new(SocketType::Router);
    let mut peer = b.attach(2, Attach { peer_id: Some(b"X".to_vec()), ..Attach::default() });
    for i in 0..4 {
        b.send(&["X", &i.to_string(), "end"]).unwrap();
    }
    assert!(b.has_out());
    b.options.router_mandatory = true;
    assert!(!b.has_out());
    assert_eq!(b.send(&["X", "no"]), Err(Errno::EAGAIN));
    assert_eq!(peer.recv_all(), ["0+", "end", "1+", "end"]);
    assert!(b.has_out());
    b.send(&["X", "yes"]).unwrap();
    assert_eq!(peer.recv_all(), ["yes"]);
}

#[test]
fn a_closing_peer_is_unreachable_and_still_heard() {
    let mut b = Bench::new(SocketType::Router);
    b.options.router_mandatory = true;
    let mut peer = b.connect_as("X");
    peer.send(&["1", "2"]);
    peer.send(&["3"]);
    b.hang_up(peer);
    assert!(!b.has_out());
    assert_eq!(b.send(&["X", "no"]), Err(Errno::EHOSTUNREACH));
    assert_eq!(b.recv_all(), ["X+", "1+", "2", "X+", "3"]);
}

#[test]
fn the_rest_of_a_message_to_a_dead_peer_is_swallowed() {
    let mut b = Bench::new(SocketType::Router);
    b.options.router_mandatory = true;
    let x = b.connect_as("X");
    let mut y = b.connect_as("Y");
    b.part("X", true).unwrap();
    b.part("1", true).unwrap();
    b.hang_up(x);
    b.part("2", true).unwrap();
    b.part("3", false).unwrap();
    b.send(&["Y", "4"]).unwrap();
    assert_eq!(y.recv_all(), ["4"]);
}

#[test]
fn a_duplicate_id_is_ignored_while_its_owner_lives() {
    for (t, request) in [(SocketType::Router, &["hi"][..]), (SocketType::Rep, &["", "hi"])] {
        let mut b = Bench::new(t);
        let mut first = b.connect_as("X");
        let mut second = b.connect_as("X");
        second.send(request);
        assert!(!b.has_in());
        first.send(request);
        assert!(b.has_in());
        while b.recv().is_ok() {}
        assert_eq!(b.pipes.len(), 2);
        assert!(second.end.check_write());
        b.hang_up(second);
        assert_eq!(b.pipes.len(), 1);
    }
}

#[test]
fn the_id_of_a_peer_that_went_away_is_free() {
    let mut b = Bench::new(SocketType::Router);
    let mut first = b.connect_as("X");
    first.send(&["old"]);
    b.hang_up(first);
    // What the first one sent is not read yet.
    let mut second = b.connect_as("X");
    second.send(&["new"]);
    assert_eq!(b.recv_all(), ["X+", "old", "X+", "new"]);
    b.send(&["X", "reply"]).unwrap();
    assert_eq!(second.recv_all(), ["reply"]);
}

#[test]
fn handover_gives_the_id_to_the_newcomer() {
    for t in [SocketType::Router, SocketType::Rep] {
        let mut b = Bench::new(t);
        b.options.router_handover = true;
        let mut first = b.connect_as("X");
        let _second = b.connect_as("X");
        assert!(first.recv().is_none() && first.end.is_ended());
        assert_eq!(b.pipes.len(), 1);
    }
    let mut b = Bench::new(SocketType::Router);
    b.options.router_handover = true;
    let _first = b.connect_as("X");
    let mut second = b.connect_as("X");
    b.send(&["X", "m"]).unwrap();
    assert_eq!(second.recv_all(), ["m"]);
}

#[test]
fn handover_waits_for_the_message_being_received() {
    for parts_before in 1..=2 {
        let mut b = Bench::new(SocketType::Router);
        b.options.router_handover = true;
        let mut first = b.connect_as("X");
        first.send(&["1", "2"]);
        first.send(&["dropped"]);
        for _ in 0..parts_before {
            b.recv().unwrap();
        }
        let mut second = b.connect_as("X");
        second.send(&["new"]);
        b.send(&["X", "m"]).unwrap();
        assert_eq!(second.recv_all(), ["m"]);
        assert_eq!(b.recv_all(), ["X+", "1+", "2", "X+", "new"][parts_before..]);
        assert_eq!(b.pipes.len(), 1);
        b.send(&["X", "m"]).unwrap();
        assert_eq!(second.recv_all(), ["m"]);
    }
}

#[test]
fn a_connection_being_made_is_anonymous_until_identified() {
    let mut b = Bench::new(SocketType::Router);
    let mut peer = b.attach(0, Attach { connecting: true, ..Attach::default() });
    b.send(&["X", "early"]).unwrap();
    peer.send(&["hello"]);
    assert!(!b.has_in());
    let id = peer.id;
    b.call(|p, cx| p.identified(cx, id, b"X"));
    assert_eq!(b.recv_all(), ["X+", "hello"]);
    // It keeps the id over later connections.
    b.call(|p, cx| p.identified(cx, id, b"Y"));
    b.send(&["X", "m"]).unwrap();
    assert_eq!(peer.recv_all(), ["m"]);
    let unnamed = b.attach(0, Attach { connecting: true, ..Attach::default() });
    b.hang_up(unnamed);
    assert_eq!(b.pipes.len(), 1);
}

#[test]
fn an_assigned_id_is_of_use_at_once() {
    let mut b = Bench::new(SocketType::Router);
    b.options.router_mandatory = true;
    let mut peer = b.attach(0, assigned("\0given"));
    b.send(&["\0given", "early"]).unwrap();
    assert_eq!(peer.recv_all(), ["early"]);
    let id = peer.id;
    b.call(|p, cx| p.identified(cx, id, b"own"));
    peer.send(&["hi"]);
    assert_eq!(b.recv_all(), ["\0given+", "hi"]);
    assert!(b.call(|p, cx| p.has_route(cx, b"\0given")));
    assert!(!b.call(|p, cx| p.has_route(cx, b"own")));
    // A second one with a live id is a duplicate.
    let mut second = b.attach(0, assigned("\0given"));
    b.send(&["\0given", "m"]).unwrap();
    assert_eq!((peer.recv_all().len(), second.recv_all().len()), (1, 0));
    b.hang_up(peer);
    assert!(!b.call(|p, cx| p.has_route(cx, b"\0given")));
}

#[test]
fn raw_peers_get_an_id_and_are_closed_by_an_empty_message() {
    let mut b = Bench::new(SocketType::Router);
    b.options.router_raw = true;
    b.options.router_mandatory = true;
    let mut peer = b.attach(0, Attach::default());
    peer.send(&["bytes"]);
    let id = b.recv_msg().unwrap();
    assert_eq!((id.len(), id.data()[0]), (5, 0));
    assert_eq!(b.recv().unwrap(), "bytes");
    let address = |b: &mut Bench| {
        let mut frame = Msg::from_slice(id.data()).unwrap();
        frame.set_more(true);
        b.send_msg(&mut frame)
    };
    address(&mut b).unwrap();
    b.part("answer", true).unwrap();
    assert_eq!(peer.recv_all(), ["answer"]);
    address(&mut b).unwrap();
    b.part("", false).unwrap();
    assert!(peer.recv().is_none() && peer.end.is_ended());
    assert_eq!(address(&mut b), Err(Errno::EHOSTUNREACH));
}

#[test]
fn the_id_frame_has_the_metadata_of_its_message() {
    let mut b = Bench::new(SocketType::Router);
    let mut peer = b.connect_as("X");
    let metadata = Arc::new(Metadata::new(Some(7)));
    peer.end.write_metadata(metadata);
    peer.send(&["m"]);
    assert_eq!(b.recv_msg().unwrap().metadata().and_then(Metadata::fd), Some(7));
}

#[test]
fn the_hint_never_leads_to_a_former_owner() {
    let mut b = Bench::new(SocketType::Router);
    let mut peers: Vec<Peer> = (0..20).map(|i| b.connect_as(&format!("peer{i}"))).collect();
    for round in 0..3 {
        for (i, peer) in peers.iter_mut().enumerate() {
            peer.send(&["q"]);
            let id = b.recv().unwrap();
            assert_eq!(id, format!("peer{i}+"));
            b.recv().unwrap();
            b.send(&[&id[..id.len() - 1], &round.to_string()]).unwrap();
            assert_eq!(peer.recv_all(), [round.to_string()]);
        }
    }
}
