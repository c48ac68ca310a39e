//! Whole conversations with NULL: bytes on the wire, events, errors.

use super::super::*;
use super::harness::*;
use crate::message::flag;
use crate::socket_type::SocketType;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|d| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap()).collect()
}

/// What a fresh socket of a type sends to a 3.1 peer.
fn opening(kind: SocketType) -> Vec<u8> {
    let mut peer = Peer::new(config(kind));
    let mut out = peer.drain();
    assert_eq!(out, hex("ff 0000000000000001 7f"));
    peer.feed(&greeting(1, "NULL"));
    out.extend(peer.drain());
    out
}

#[test]
fn reference_bytes_of_greeting_and_ready() {
    let dealer = opening(SocketType::Dealer);
    assert_eq!(dealer.len(), 107);
    let mut expected = hex("ff 0000000000000001 7f 03 01 4e554c4c");
    expected.resize(64, 0);
    expected.extend(hex(
        "04 29 05 5245414459 0b 536f636b65742d54797065 00000006 4445414c4552 08 4964656e74697479 00000000",
    ));
    assert_eq!(dealer, expected);
    let sub = opening(SocketType::Sub);
    assert_eq!(&sub[64..], hex("04 19 05 52454144 59 0b 536f636b65742d54797065 00000003 535542"));
    assert_eq!(opening(SocketType::Req)[65], 0x26);
    assert_eq!(opening(SocketType::Router)[65], 0x29);
}

#[test]
fn every_pair_of_types_meets_as_the_table_says() {
    let types = (0..11).map(|c| SocketType::from_code(c).unwrap());
    for a in types.clone() {
        for b in types.clone() {
            let (mut x, mut y) = (Peer::new(config(a)), Peer::new(config(b)));
            talk(&mut x, &mut y, usize::MAX);
            if a.row().peers.contains(&b) {
                assert_eq!(x.info.as_ref().unwrap().socket_type, Some(b));
                assert!(x.conn.is_ready() && y.conn.is_ready());
            } else {
                assert!(matches!(x.failure(), Some(Failure::Silent(_))), "{a:?} and {b:?}");
                assert!(matches!(y.failure(), Some(Failure::Silent(_))));
            }
        }
    }
}

#[test]
fn messages_of_all_sizes_cross() {
    for step in [usize::MAX, 1000, 7] {
        let mut a = Peer::new(config(SocketType::Push));
        let mut b = Peer::new(config(SocketType::Pull));
        talk(&mut a, &mut b, step);
        let sizes = [0, 1, 33, 34, 253, 254, 255, 256, 4096, 4097, 8191, 16384, 16385, 70_000, 1_100_000];
        let mut expected = vec![Seen::Ready(Protocol::V3_1, vec![])];
        for (i, size) in sizes.into_iter().enumerate() {
            if step < 100 && size > 20_000 {
                continue;
            }
            let body: Vec<u8> = (0..size).map(|j| (i + j) as u8).collect();
            a.send(&body, i % 2 == 0);
            expected.push(Seen::Part(body, if i % 2 == 0 { flag::MORE } else { 0 }));
            talk(&mut a, &mut b, step);
        }
        assert!(b.seen == expected);
    }
}
