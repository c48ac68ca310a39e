//! Messages that may go past the pipes: large ones, and short ones for who waits.
use super::*;
use crate::errno::Result;
use crate::message::SendSlab;
use crate::pattern::Attach;
use crate::pipe::{Notify, Passed};
use std::sync::{Arc, Mutex};

/// What was offered: bytes, and whether there is patience.
type Offered = Arc<Mutex<Vec<(usize, bool)>>>;

/// A connection that takes over what it is offered, or does not.
struct Connection(Offered, bool);

impl Notify for Connection {
    fn readable(&self) {}
    fn writable(&self) {}
    fn closed(&self) {}
    fn pass_on(&self, bytes: &[u8], patient: bool, _: &dyn Fn() -> bool) -> Passed {
        self.0.lock().unwrap().push((bytes.len(), patient));
        if self.1 { Passed::Whole } else { Passed::Not }
    }
    fn pass_short(&self, bytes: &[u8]) -> bool {
        self.0.lock().unwrap().push((bytes.len(), false));
        self.1
    }
}

fn connect(b: &mut Bench, takes: bool) -> (Peer, Offered) {
    connect_as(b, "", takes)
}

fn connect_as(b: &mut Bench, id: &str, takes: bool) -> (Peer, Offered) {
    let mut peer = b.attach(2, Attach { peer_id: Some(id.into()), ..Attach::default() });
    let offered = Offered::default();
    peer.end.set_notify(Box::new(Connection(offered.clone(), takes)));
    (peer, offered)
}

fn send(b: &mut Bench, size: usize) -> Result<()> {
    b.settle();
    b.call(|p, cx| p.send_copy(cx, &vec![b'x'; size], false, &mut SendSlab::default()))
}

const LARGE: usize = SendSlab::MAX + 1;

#[test]
fn large_messages_are_offered_first_and_count_as_read_if_taken() {
    for t in [SocketType::Push, SocketType::Dealer, SocketType::Pair] {
        let mut b = Bench::new(t);
        let (mut peer, offered) = connect(&mut b, true);
        for _ in 0..5 {
            send(&mut b, LARGE).unwrap();
        }
        send(&mut b, LARGE - 1).unwrap();
        assert_eq!(*offered.lock().unwrap(), [(LARGE, false); 5], "{t:?}");
        assert_eq!(peer.recv_all().len(), 1);
        b.dontwait = false;
        send(&mut b, 100_000).unwrap();
        assert_eq!(offered.lock().unwrap().last(), Some(&(100_000, true)));
    }
}

#[test]
fn what_is_not_taken_is_queued_up_to_the_limit() {
    let mut b = Bench::new(SocketType::Push);
    let (mut peer, offered) = connect(&mut b, false);
    send(&mut b, LARGE).unwrap();
    send(&mut b, LARGE).unwrap();
    assert_eq!(send(&mut b, LARGE), Err(Errno::EAGAIN));
    assert_eq!(offered.lock().unwrap().len(), 2);
    assert_eq!(peer.recv_all().len(), 2);
}

#[test]
fn each_of_several_peers_has_its_turn_and_none_is_waited_for() {
    let mut b = Bench::new(SocketType::Push);
    b.dontwait = false;
    let (_first, taken) = connect(&mut b, true);
    let (mut second, refused) = connect(&mut b, false);
    for _ in 0..4 {
        send(&mut b, LARGE).unwrap();
    }
    assert_eq!(
        (&*taken.lock().unwrap(), &*refused.lock().unwrap()),
        (&vec![(LARGE, false); 2], &vec![(LARGE, false); 2])
    );
    assert_eq!(second.recv_all().len(), 2);
}

#[test]
fn the_last_part_of_a_message_follows_the_others() {
    let mut b = Bench::new(SocketType::Dealer);
    let (mut peer, offered) = connect(&mut b, true);
    b.part("first", true).unwrap();
    send(&mut b, LARGE).unwrap();
    assert!(offered.lock().unwrap().is_empty());
    assert_eq!(peer.recv_all().len(), 2);
}

#[test]
fn short_messages_are_offered_to_a_peer_that_waits_for_some() {
    for t in [SocketType::Push, SocketType::Dealer, SocketType::Pair, SocketType::Router] {
        let mut b = Bench::new(t);
        let (mut peer, offered) = connect_as(&mut b, "peer", true);
        let address = |b: &mut Bench| {
            if t == SocketType::Router {
                b.part("peer", true).unwrap()
            }
        };
        // What finds the limit changed goes the long way.
        assert!(peer.recv_all().is_empty());
        address(&mut b);
        send(&mut b, 5).unwrap();
        offered.lock().unwrap().clear();
        peer.recv_all();
        for size in [0, 1, 20] {
            address(&mut b);
            send(&mut b, size).unwrap();
        }
        assert_eq!(*offered.lock().unwrap(), [(0, false), (1, false), (20, false)], "{t:?}");
        if t != SocketType::Push {
            address(&mut b);
            b.part("first", true).unwrap();
            send(&mut b, 1).unwrap();
            assert_eq!(peer.recv_all(), ["first+", "x"], "{t:?}");
        }
        assert_eq!(offered.lock().unwrap().len(), 3, "{t:?}: parts are not whole messages");
    }
}
