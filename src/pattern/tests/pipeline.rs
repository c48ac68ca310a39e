//! PUSH, PULL, DEALER, PAIR.
use super::*;
use crate::pattern::Attach;
use crate::pipe::Hwm;
use std::iter::repeat_n;

#[test]
fn sending_without_peers_would_block() {
    for t in [SocketType::Push, SocketType::Dealer, SocketType::Pair, SocketType::Req] {
        let mut b = Bench::new(t);
        assert!(!b.has_out() && !b.has_in(), "{t:?}");
        assert_eq!(b.send(&["x"]), Err(Errno::EAGAIN), "{t:?}");
    }
    for t in [SocketType::Pull, SocketType::Dealer, SocketType::Pair, SocketType::Rep, SocketType::Router] {
        assert_eq!(Bench::new(t).recv(), Err(Errno::EAGAIN), "{t:?}");
    }
}

#[test]
fn wrong_direction_is_not_supported() {
    assert_eq!(Bench::new(SocketType::Pull).send(&["x"]), Err(Errno::ENOTSUP));
    assert_eq!(Bench::new(SocketType::Push).recv(), Err(Errno::ENOTSUP));
    for t in [SocketType::Push, SocketType::Pull, SocketType::Dealer, SocketType::Pair, SocketType::Router] {
        assert_eq!(Bench::new(t).subscribe("x", true), Err(Errno::EINVAL));
    }
}

#[test]
fn messages_go_round_robin_in_the_order_of_connection() {
    for t in [SocketType::Push, SocketType::Dealer] {
        let mut b = Bench::new(t);
        let mut peers: Vec<Peer> = (0..5).map(|_| b.connect()).collect();
        for i in 0..10 {
            b.send(&[&format!("{i}a"), &format!("{i}b")]).unwrap();
        }
        for (n, peer) in peers.iter_mut().enumerate() {
            let second = n + 5;
            let expected = [format!("{n}a+"), format!("{n}b"), format!("{second}a+"), format!("{second}b")];
            assert_eq!(peer.recv_all(), expected);
        }
    }
}

#[test]
fn a_full_pipe_is_skipped_and_joins_again_with_credit() {
    let mut b = Bench::new(SocketType::Push);
    let mut small = b.connect_limited(2);
    let mut large = b.connect();
    for i in 0..6 {
        b.send(&[&i.to_string()]).unwrap();
    }
    assert_eq!(small.recv_all(), ["0", "2"]);
    assert_eq!(large.recv_all(), ["1", "3", "4", "5"]);
    b.send(&["6"]).unwrap();
    b.send(&["7"]).unwrap();
    assert_eq!((small.recv_all().len(), large.recv_all().len()), (1, 1));
}

#[test]
fn with_all_pipes_full_sending_would_block_until_half_is_read() {
    let mut b = Bench::new(SocketType::Dealer);
    let mut peer = b.connect_limited(4);
    for i in 0..4 {
        b.send(&[&i.to_string()]).unwrap();
    }
    assert!(!b.has_out());
    assert_eq!(b.send(&["x"]), Err(Errno::EAGAIN));
    peer.recv().unwrap();
    assert!(!b.has_out());
    peer.recv().unwrap();
    assert!(b.has_out());
    b.send(&["4", "4b", "4c"]).unwrap();
    b.send(&["5"]).unwrap();
    assert_eq!(b.send(&["6"]), Err(Errno::EAGAIN));
}

#[test]
fn parts_are_invisible_until_the_last_and_lost_with_the_pipe() {
    let mut b = Bench::new(SocketType::Push);
    let mut peer = b.connect();
    b.part("1", true).unwrap();
    b.part("2", true).unwrap();
    assert!(peer.recv().is_none());
    b.disconnect(&peer);
    assert!(peer.recv().is_none() && peer.end.is_ended());
}

#[test]
fn a_blocking_sender_is_not_told_that_the_pipe_died_amid_its_message() {
    let mut b = Bench::new(SocketType::Push);
    b.dontwait = false;
    let first = b.connect();
    let mut second = b.connect();
    b.part("a1", true).unwrap();
    b.hang_up(first);
    b.part("a2", true).unwrap();
    b.part("a3", false).unwrap();
    b.send(&["b1", "b2"]).unwrap();
    assert_eq!(second.recv_all(), ["b1+", "b2"]);
}

#[test]
fn a_sender_that_does_not_wait_gets_one_error_when_the_pipe_died_amid_its_message() {
    let mut b = Bench::new(SocketType::Push);
    let first = b.connect();
    let mut second = b.connect();
    b.part("a1", true).unwrap();
    b.hang_up(first);
    assert_eq!(b.part("a2", true), Err(Errno::EAGAIN));
    b.part("a3", true).unwrap();
    b.part("a4", false).unwrap();
    b.send(&["b"]).unwrap();
    assert_eq!(second.recv_all(), ["b"]);
    let third = b.connect();
    b.part("c1", true).unwrap();
    b.part("c2", false).unwrap();
    b.part("d1", true).unwrap();
    b.hang_up(second);
    b.hang_up(third);
    assert_eq!(b.part("d2", false), Err(Errno::EAGAIN));
    let mut fourth = b.connect();
    b.send(&["e"]).unwrap();
    assert_eq!(fourth.recv_all(), ["e"]);
}

#[test]
fn a_message_that_was_begun_can_be_finished_whatever_the_limit() {
    let mut b = Bench::new(SocketType::Push);
    let mut peer = b.connect_limited(2);
    b.send(&["0"]).unwrap();
    b.part("1", true).unwrap();
    b.pipes.get(peer.id).unwrap().set_hwm(Hwm::Messages(1), Hwm::Messages(1));
    b.send(&["2", "3"]).unwrap();
    assert_eq!(b.send(&["full"]), Err(Errno::EAGAIN));
    assert_eq!(peer.recv_all(), ["0", "1+", "2+", "3"]);
}

#[test]
fn one_message_of_each_peer_per_round() {
    for t in [SocketType::Pull, SocketType::Dealer] {
        let mut b = Bench::new(t);
        let mut peers: Vec<Peer> = (0..3).map(|_| b.connect()).collect();
        for (n, peer) in peers.iter_mut().enumerate() {
            for i in 0..3 {
                peer.send(&[&format!("{n}{i}a"), &format!("{n}{i}b")]);
            }
        }
        let expected: Vec<String> =
            (0..3).flat_map(|i| (0..3).flat_map(move |n| [format!("{n}{i}a+"), format!("{n}{i}b")])).collect();
        assert_eq!(b.recv_all(), expected);
        assert!(!b.has_in());
    }
}

#[test]
fn a_pipe_that_becomes_ready_joins_the_end() {
    let mut b = Bench::new(SocketType::Pull);
    let mut peers: Vec<Peer> = (0..3).map(|_| b.connect()).collect();
    assert_eq!(b.recv(), Err(Errno::EAGAIN));
    for n in [2, 0] {
        for _ in 0..3 {
            peers[n].send(&[&n.to_string()]);
        }
    }
    assert_eq!(b.recv().unwrap(), "2");
    peers[1].send(&["1"]);
    peers[1].send(&["1"]);
    // It is the turn of 0; the newcomer stands behind it.
    assert_eq!(b.recv_all(), ["0", "1", "2", "0", "1", "2", "0"]);
}

#[test]
fn a_new_pipe_comes_after_those_connected_before() {
    let mut b = Bench::new(SocketType::Push);
    let mut peers = vec![b.connect(), b.connect()];
    b.send(&["0"]).unwrap();
    peers.push(b.connect());
    for i in 1..6 {
        b.send(&[&i.to_string()]).unwrap();
    }
    for (n, peer) in peers.iter_mut().enumerate() {
        assert_eq!(peer.recv_all(), [n.to_string(), (n + 3).to_string()]);
    }
}

#[test]
fn parts_of_one_message_are_never_interleaved() {
    let mut b = Bench::new(SocketType::Pull);
    let (mut x, mut y) = (b.connect(), b.connect());
    x.send(&["x1", "x2", "x3"]);
    assert_eq!(b.recv().unwrap(), "x1+");
    y.send(&["y1", "y2"]);
    assert!(b.has_in());
    assert_eq!(b.recv_all(), ["x2+", "x3", "y1+", "y2"]);
}

#[test]
fn what_was_sent_before_the_end_is_received() {
    for t in [SocketType::Pull, SocketType::Dealer, SocketType::Pair] {
        let mut b = Bench::new(t);
        let mut peer = b.connect();
        peer.send(&["1", "2"]);
        peer.send(&["3"]);
        b.hang_up(peer);
        assert_eq!(b.pipes.len(), 1);
        assert!(!b.has_out(), "{t:?}");
        assert_eq!(b.recv_all(), ["1+", "2", "3"]);
        assert!(b.pipes.is_empty());
    }
}

#[test]
fn a_pipe_that_ends_empty_goes_at_once() {
    for t in [
        SocketType::Push,
        SocketType::Pull,
        SocketType::Dealer,
        SocketType::Pair,
        SocketType::Req,
        SocketType::Rep,
        SocketType::Router,
    ] {
        let mut b = Bench::new(t);
        for _ in 0..3 {
            let peer = b.connect();
            b.hang_up(peer);
            assert!(b.pipes.is_empty(), "{t:?}");
        }
    }
}

#[test]
fn a_message_being_received_ends_with_its_pipe() {
    let mut b = Bench::new(SocketType::Pull);
    let (mut x, mut y) = (b.connect(), b.connect());
    x.send(&["x1", "x2"]);
    y.send(&["y"]);
    assert_eq!(b.recv().unwrap(), "x1+");
    b.disconnect(&x);
    assert_eq!(b.recv_all(), ["y"]);
}

#[test]
fn a_probe_is_the_first_message_of_a_new_pipe() {
    for t in [SocketType::Dealer, SocketType::Router, SocketType::Req] {
        let mut b = Bench::new(t);
        let mut quiet = b.connect();
        b.options.probe_router = true;
        let mut peer = b.connect();
        let mut connecting = b.attach(0, Attach { connecting: true, ..Attach::default() });
        assert!(quiet.recv_all().is_empty());
        assert_eq!(peer.recv_all(), [""]);
        assert_eq!(connecting.recv_all(), [""]);
    }
}

#[test]
fn a_connection_being_made_takes_part_in_the_rotation() {
    let mut b = Bench::new(SocketType::Push);
    let mut connecting = b.attach(0, Attach { connecting: true, ..Attach::default() });
    let mut live = b.connect();
    for _ in 0..10 {
        b.send(&["x"]).unwrap();
    }
    assert_eq!((connecting.recv_all().len(), live.recv_all().len()), (5, 5));
}

#[test]
fn pair_has_one_peer_at_a_time() {
    let mut b = Bench::new(SocketType::Pair);
    let mut first = b.connect();
    let mut second = b.connect();
    assert!(second.recv().is_none() && second.end.is_ended());
    second.send(&["lost"]);
    b.settle();
    first.send(&["hello"]);
    assert_eq!(b.recv_all(), ["hello"]);
    b.send(&["a", "b"]).unwrap();
    assert_eq!(first.recv_all(), ["a+", "b"]);
    b.hang_up(first);
    assert_eq!(b.send(&["x"]), Err(Errno::EAGAIN));
    let mut third = b.connect();
    b.send(&["y"]).unwrap();
    assert_eq!(third.recv_all(), ["y"]);
}

#[test]
fn pair_never_sends_the_rest_of_a_message_to_the_next_peer() {
    let mut b = Bench::new(SocketType::Pair);
    b.dontwait = false;
    let first = b.connect();
    b.part("1", true).unwrap();
    b.hang_up(first);
    assert!(!b.has_out());
    assert_eq!(b.part("2", true), Err(Errno::EAGAIN));
    let mut second = b.connect();
    b.part("2", true).unwrap();
    b.part("3", false).unwrap();
    b.send(&["4"]).unwrap();
    assert_eq!(second.recv_all(), ["4"]);
}

#[test]
fn thousands_of_pipes_come_and_go() {
    let mut b = Bench::new(SocketType::Dealer);
    let mut peers: Vec<Peer> = (0..2000).map(|_| b.connect()).collect();
    for peer in &mut peers {
        peer.send(&["x"]);
    }
    assert_eq!(b.recv_all(), repeat_n("x", 2000).collect::<Vec<_>>());
    while peers.len() > 1 {
        let victim = peers.swap_remove(peers.len() / 2);
        b.hang_up(victim);
    }
    b.send(&["last"]).unwrap();
    assert_eq!(peers[0].recv_all(), ["last"]);
    assert_eq!(b.pipes.len(), 1);
}
