//! A part that is sent as bytes goes the way of one that is sent as a message.
use super::*;
use crate::message::{Msg, SendSlab};

/// A pattern, its peers, and how it is sent to.
struct Side {
    bench: Bench,
    peers: Vec<Peer>,
    slab: Option<SendSlab>,
}

impl Side {
    fn new(socket_type: SocketType, slab: Option<SendSlab>) -> Side {
        Side { bench: Bench::new(socket_type), peers: Vec::new(), slab }
    }

    fn send(&mut self, text: &str, more: bool) -> Result<(), Errno> {
        let Some(slab) = &mut self.slab else { return self.bench.part(text, more) };
        self.bench.settle();
        let result = self.bench.call(|p, cx| p.send_copy(cx, text.as_bytes(), more, slab));
        self.bench.settle();
        result
    }
}

fn agree(socket_type: SocketType, seed: u64) {
    let mut numbers = Numbers(seed);
    let mut sides = [Side::new(socket_type, None), Side::new(socket_type, Some(SendSlab::default()))];
    let text = "a text of more bytes than fit into a message itself, by far";
    for step in 0..if cfg!(miri) { 60 } else { 3000 } {
        let what = numbers.below(40);
        let (which, len, more) =
            (numbers.below(8) as usize, numbers.below(text.len() as u64) as usize, numbers.below(3));
        let (limit, nodrop) = (numbers.below(6) as i32, numbers.below(2) == 0);
        let dontwait = numbers.below(2) == 0;
        let results = sides.each_mut().map(|side| {
            let peers = side.peers.len();
            match what {
                0 if peers < 4 => {
                    let mut peer = side.bench.connect_limited(limit);
                    if matches!(socket_type, SocketType::Pub | SocketType::Xpub) {
                        peer.subscribe(&text[..which.min(2)], true);
                    }
                    side.peers.push(peer);
                }
                1 if which < peers => {
                    let peer = side.peers.remove(which);
                    side.bench.hang_up(peer);
                }
                2 if which < peers => side.bench.disconnect(&side.peers[which]),
                3 => {
                    side.bench.options.xpub_nodrop = nodrop;
                    side.bench.dontwait = dontwait;
                }
                4..=9 if which < peers => return (Ok(()), side.peers[which].recv_all()),
                _ => return (side.send(&text[..len], more > 0), Vec::new()),
            }
            (Ok(()), Vec::new())
        });
        let [message, copy] = results;
        assert_eq!(message, copy, "{socket_type:?}, step {step}");
    }
}

#[test]
fn bytes_go_the_way_of_messages() {
    let types =
        [SocketType::Push, SocketType::Dealer, SocketType::Pair, SocketType::Pub, SocketType::Xpub, SocketType::Router];
    for socket_type in types {
        for seed in 1..if cfg!(miri) { 2 } else { 20 } {
            agree(socket_type, seed * 7919);
        }
    }
}

#[test]
fn an_unfinished_message_of_copies_goes_with_its_pipe() {
    let mut b = Bench::new(SocketType::Push);
    let mut slab = SendSlab::default();
    let mut send = |b: &mut Bench, text: &str, more| {
        b.settle();
        let result = b.call(|p, cx| p.send_copy(cx, text.as_bytes(), more, &mut slab));
        b.settle();
        result
    };
    let (x, mut y) = (b.connect(), b.connect());
    send(&mut b, "1", true).unwrap();
    b.hang_up(x);
    assert_eq!(send(&mut b, "2", true), Err(Errno::EAGAIN));
    b.dontwait = false;
    send(&mut b, "3", false).unwrap();
    send(&mut b, "4", true).unwrap();
    assert_eq!(y.recv(), None, "nothing of a message before its end");
    send(&mut b, "5", false).unwrap();
    assert_eq!(y.recv_all(), ["4+", "5"]);
    let mut whole = Msg::from_slice(b"6").unwrap();
    b.send_msg(&mut whole).unwrap();
    assert_eq!(y.recv_all(), ["6"]);
}
