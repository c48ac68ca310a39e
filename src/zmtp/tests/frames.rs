//! Frames after the handshake: lengths, limits, reserved bits, commands between parts.

use super::super::*;
use super::harness::*;
use crate::message::flag;
use crate::socket_type::SocketType;

/// A PULL socket that a PUSH has greeted, under a limit.
fn pull(max_msg_size: Option<u64>) -> Peer {
    let mut peer = Peer::new(Config { max_msg_size, ..config(SocketType::Pull) });
    peer.feed(&[greeting(1, "NULL"), ready("PUSH")].concat());
    assert_eq!(peer.seen, [Seen::Ready(Protocol::V3_1, vec![])]);
    peer.seen.clear();
    peer.drain();
    peer
}

fn long(flags: u8, length: u64, body: &[u8]) -> Vec<u8> {
    [&[flags | 2][..], &length.to_be_bytes(), body].concat()
}

#[test]
fn forms_of_the_length() {
    let input =
        [long(0, 1, b"a"), long(1, 0, b""), frame(0xf8, b"reserved bits"), frame(0xf9, b"m"), frame(0, b"")].concat();
    let (seen, out) = feed_every_way(|| pull(None), &input);
    assert_eq!(
        seen,
        [
            Seen::Part(b"a".to_vec(), 0),
            Seen::Part(vec![], flag::MORE),
            Seen::Part(b"reserved bits".to_vec(), 0),
            Seen::Part(b"m".to_vec(), flag::MORE),
            Seen::Part(vec![], 0)
        ]
    );
    assert!(out.is_empty());
}

#[test]
fn commands_between_parts_and_unknown_ones() {
    let input = [
        frame(1, b"a"),
        command("PING", b"\0\0context"),
        frame(4, b""),
        frame(4, b"\x20short"),
        frame(5, b"\x05OTHER..."),
        ready("PUSH"),
        command("ERROR", b"\x03400"),
        command("SUBSCRIBE", b"to nobody"),
        command("PONG", b"?"),
        frame(0, b"b"),
    ]
    .concat();
    let (seen, out) = feed_every_way(|| pull(None), &input);
    assert_eq!(seen, [Seen::Part(b"a".to_vec(), flag::MORE), Seen::Part(b"b".to_vec(), 0)]);
    assert_eq!(out, command("PONG", b"context"));
}

#[test]
fn subscriptions_reach_publishers() {
    let make = |minor: u8| {
        let mut peer = Peer::new(config(SocketType::Xpub));
        peer.feed(&[greeting(minor, "NULL"), ready("SUB")].concat());
        peer.seen.clear();
        peer.drain();
        peer
    };
    let long_topic = vec![b't'; 246];
    let input = [
        command("SUBSCRIBE", b"abc"),
        command("CANCEL", b""),
        command("SUBSCRIBE", &long_topic),
        frame(0, b"\x01old form"),
    ]
    .concat();
    for minor in [0, 1] {
        let (seen, _) = feed_every_way(|| make(minor), &input);
        assert_eq!(
            seen,
            [
                Seen::Part(b"abc".to_vec(), flag::SUBSCRIBE),
                Seen::Part(vec![], flag::CANCEL),
                Seen::Part(long_topic.clone(), flag::SUBSCRIBE),
                Seen::Part(b"\x01old form".to_vec(), 0)
            ]
        );
    }
}

#[test]
fn frames_above_the_limit_end_the_connection() {
    let silent = |peer: &Peer| matches!(peer.failure(), Some(Failure::Silent(_)));
    for limit in [0, 1, 100, 254, 255, 256, 70_000] {
        let over = limit as usize + 1;
        for (size, ok) in [(limit as usize, true), (over, false)] {
            let mut peer = Peer::new(Config { max_msg_size: Some(limit.max(64)), ..config(SocketType::Pull) });
            peer.feed(&[greeting(1, "NULL"), ready("PUSH")].concat());
            if limit < 64 {
                continue;
            }
            peer.feed(&frame(0, &vec![1; size]));
            assert_eq!(silent(&peer), !ok, "{size} under {limit}");
        }
    }
    for length in [u64::MAX, i64::MAX as u64, 1 << 62, 1 << 48] {
        let mut peer = pull(None);
        peer.feed(&long(0, length, b""));
        assert!(silent(&peer), "{length:#x}");
    }
}

#[test]
fn the_limit_covers_the_handshake() {
    let mut peer = Peer::new(Config { max_msg_size: Some(10), ..config(SocketType::Pull) });
    peer.feed(&[greeting(1, "NULL"), ready("PUSH")].concat());
    assert!(matches!(peer.failure(), Some(Failure::Silent(_))));
    let mut peer = Peer::new(config(SocketType::Pull));
    peer.feed(&[greeting(1, "NULL"), long(4, 65_537, b"")].concat());
    assert!(matches!(peer.failure(), Some(Failure::Silent(_))));
}

#[test]
fn old_frames_without_flags_are_refused() {
    for input in [&b"\0"[..], b"\x01\0\0", b"\x01\0\xff\0\0\0\0\0\0\0\0"] {
        let mut peer = Peer::new(config(SocketType::Pull));
        peer.feed(input);
        assert!(matches!(peer.failure(), Some(Failure::Silent(_))), "{input:?}");
    }
    let mut peer = Peer::new(config(SocketType::Pull));
    peer.feed(b"\x01\0\xff\x7f\xff\xff\xff\xff\xff\xff\xff");
    assert!(matches!(peer.failure(), Some(Failure::Silent(_))));
}

#[test]
fn a_pong_flood_is_bounded() {
    let mut peer = pull(None);
    peer.out.push_bytes(&[0; 100_000]).unwrap();
    for _ in 0..10_000 {
        peer.feed(&command("PING", b"\0\0................"));
        peer.conn.poll_output(&mut peer.out).unwrap();
    }
    assert!(peer.out.len() == 100_000);
    peer.out.clear();
    assert!(peer.drain().len() < 8192);
}

#[test]
fn raw_connections_carry_bytes() {
    let mut peer = Peer::new(Config { raw: true, ..config(SocketType::Stream) });
    assert!(peer.conn.is_ready() && peer.drain().is_empty());
    let bytes: Vec<u8> = (0..20_000).map(|i| i as u8).collect();
    peer.feed(&bytes);
    assert_eq!(peer.seen[0], Seen::Ready(Protocol::Raw, vec![]));
    let mut all = Vec::new();
    for seen in &peer.seen[1..] {
        let Seen::Part(part, 0) = seen else { panic!("{seen:?}") };
        assert!(!part.is_empty() && part.len() <= 8192);
        all.extend_from_slice(part);
    }
    assert_eq!(all, bytes);
    peer.send(b"as it is", true);
    peer.send(&bytes, false);
    assert_eq!(peer.drain(), [b"as it is", &bytes[..]].concat());
}
