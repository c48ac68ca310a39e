//! STREAM.
use super::*;
use crate::message::Msg;
use crate::pattern::Attach;
use std::sync::Arc;

/// Sends an id frame.
fn address(b: &mut Bench, id: &[u8]) -> crate::errno::Result<()> {
    let mut frame = Msg::from_slice(id).unwrap();
    frame.set_more(true);
    b.send_msg(&mut frame)
}

/// Receives one message: id and data.
fn recv(b: &mut Bench) -> (Vec<u8>, String) {
    let id = b.recv_msg().unwrap();
    assert!(id.more());
    (id.data().to_vec(), b.recv().unwrap())
}

#[test]
fn data_is_led_by_a_five_byte_id() {
    let mut b = Bench::new(SocketType::Stream);
    assert!(b.has_out() && !b.has_in());
    let (mut x, mut y) = (b.connect(), b.connect());
    x.send(&[""]);
    x.send(&["hello"]);
    y.send(&["hi"]);
    assert!(b.has_in());
    let (x_id, connected) = recv(&mut b);
    let (y_id, hi) = recv(&mut b);
    assert_eq!((connected.as_str(), hi.as_str()), ("", "hi"));
    assert_eq!(recv(&mut b), (x_id.clone(), "hello".into()));
    assert!(x_id.len() == 5 && x_id[0] == 0 && x_id != y_id);
    for (id, peer) in [(&x_id, &mut x), (&y_id, &mut y)] {
        address(&mut b, id).unwrap();
        b.part("data", true).unwrap();
        assert_eq!(peer.recv_all(), ["data"]);
    }
}

#[test]
fn unknown_and_full_peers_are_errors() {
    let mut b = Bench::new(SocketType::Stream);
    assert_eq!(b.send(&["nobody", "x"]), Err(Errno::EHOSTUNREACH));
    let mut peer = b.connect_limited(1);
    peer.send(&["x"]);
    let (id, _) = recv(&mut b);
    address(&mut b, &id).unwrap();
    b.part("1", false).unwrap();
    assert_eq!(address(&mut b, &id), Err(Errno::EAGAIN));
    assert_eq!(peer.recv_all(), ["1"]);
    address(&mut b, &id).unwrap();
    b.hang_up(peer);
    b.part("lost", false).unwrap();
    assert_eq!(address(&mut b, &id), Err(Errno::EHOSTUNREACH));
}

#[test]
fn an_id_without_more_takes_the_next_part_down() {
    let mut b = Bench::new(SocketType::Stream);
    let mut peer = b.connect();
    peer.send(&["x"]);
    let (id, _) = recv(&mut b);
    b.part("whatever", false).unwrap();
    b.part("swallowed", false).unwrap();
    address(&mut b, &id).unwrap();
    b.part("heard", false).unwrap();
    assert_eq!(peer.recv_all(), ["heard"]);
}

#[test]
fn empty_data_closes_the_connection() {
    let mut b = Bench::new(SocketType::Stream);
    let mut peer = b.connect();
    peer.send(&["x"]);
    let (id, _) = recv(&mut b);
    address(&mut b, &id).unwrap();
    b.part("bye", false).unwrap();
    address(&mut b, &id).unwrap();
    b.part("", false).unwrap();
    assert_eq!(peer.recv_all(), ["bye"]);
    assert!(peer.end.is_ended() && b.pipes.is_empty());
    assert_eq!(address(&mut b, &id), Err(Errno::EHOSTUNREACH));
}

#[test]
fn what_came_before_the_end_is_received() {
    let mut b = Bench::new(SocketType::Stream);
    let mut peer = b.connect();
    peer.send(&["last words"]);
    peer.send(&[""]);
    b.hang_up(peer);
    assert_eq!(recv(&mut b).1, "last words");
    assert_eq!(recv(&mut b).1, "");
    assert!(!b.has_in() && b.pipes.is_empty());
}

#[test]
fn ids_of_connections_made_here() {
    let mut b = Bench::new(SocketType::Stream);
    assert!(b.pattern.local_routing_id().is_none());
    let _accepted = b.connect();
    assert!(b.pattern.local_routing_id().is_none());
    let mut made = b.attach(0, Attach { connecting: true, ..Attach::default() });
    let id = b.pattern.local_routing_id().unwrap().to_vec();
    assert_eq!((id.len(), id[0]), (5, 0));
    address(&mut b, &id).unwrap();
    b.part("early", false).unwrap();
    assert_eq!(made.recv_all(), ["early"]);
    let given = Attach { connecting: true, assigned_id: Some(Arc::new(b"given".to_vec())), ..Attach::default() };
    let mut named = b.attach(0, given);
    assert_eq!(b.pattern.local_routing_id(), Some(&b"given"[..]));
    assert!(b.call(|p, cx| p.has_route(cx, b"given")));
    b.send(&["given", "x"]).unwrap();
    assert_eq!(named.recv_all(), ["x"]);
}
