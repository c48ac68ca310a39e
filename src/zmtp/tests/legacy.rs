//! Peers of ZMTP 1.0, 2.0 and 3.0, and revisions that do not exist: what is said to them and how they are understood.

use super::super::*;
use super::harness::*;
use crate::message::flag;
use crate::socket_type::SocketType;

const SIGNATURE: &[u8] = &[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f];

/// A peer of a revision that announces a type.
fn old(revision: u8, kind: u8) -> Vec<u8> {
    let mut g = SIGNATURE.to_vec();
    g.extend([revision, kind]);
    g
}

fn with_id(kind: SocketType) -> Config {
    Config { routing_id: b"abc".to_vec(), ..config(kind) }
}

#[test]
fn version_2_0() {
    let mut input = old(1, 8);
    input.extend(frame(0, b"peer"));
    input.extend(frame(1, b"a"));
    // The bit of a command is reserved; such a frame is nothing that this side knows.
    input.extend(frame(4, b"\x04PING\0\0"));
    input.extend(frame(0, &[7; 300]));
    let (seen, out) = feed_every_way(|| Peer::new(with_id(SocketType::Pull)), &input);
    assert_eq!(
        seen,
        [
            Seen::Ready(Protocol::V2, b"peer".to_vec()),
            Seen::Part(b"a".to_vec(), flag::MORE),
            Seen::Part(vec![7; 300], 0)
        ]
    );
    assert_eq!(out, [&[0xff, 0, 0, 0, 0, 0, 0, 0, 4, 0x7f, 3, 7, 0, 3][..], b"abc"].concat());
    let (_, out) = feed_every_way(|| Peer::new(config(SocketType::Xsub)), &old(1, 9));
    assert_eq!(out[10..], [3, 10, 0, 0]);
}

#[test]
fn version_1_0_announced() {
    let mut input = old(0, 8);
    input.extend(b"\x05\0peer\x02\x01a\xff\0\0\0\0\0\0\0\x02\0b\x01\0");
    let (seen, out) = feed_every_way(|| Peer::new(with_id(SocketType::Pull)), &input);
    assert_eq!(
        seen,
        [
            Seen::Ready(Protocol::V1, b"peer".to_vec()),
            Seen::Part(b"a".to_vec(), flag::MORE),
            Seen::Part(b"b".to_vec(), 0),
            Seen::Part(vec![], 0)
        ]
    );
    assert_eq!(out[10..], *b"\x03\x07\x04\0abc");
}

#[test]
fn version_1_0_unannounced() {
    for input in [&b"\x05\0peer\x02\0a"[..], b"\xff\0\0\0\0\0\0\0\x05\0peer\x02\0a"] {
        let (seen, out) = feed_every_way(|| Peer::new(with_id(SocketType::Pull)), input);
        assert_eq!(seen, [Seen::Ready(Protocol::Unversioned, b"peer".to_vec()), Seen::Part(b"a".to_vec(), 0)]);
        // The signature is the header of the identity frame, of which this is the body.
        assert_eq!(out, b"\xff\0\0\0\0\0\0\0\x04\x7fabc");
    }
    let mut peer = Peer::new(config(SocketType::Xpub));
    peer.feed(b"\x01\0");
    let info = peer.info.unwrap();
    assert!(info.subscribe_all() && info.is_legacy());
}

#[test]
fn junk_waits() {
    let mut peer = Peer::new(config(SocketType::Pull));
    peer.feed(b"GET / HTTP/1.1\r\n");
    assert_eq!((peer.seen.len(), peer.drain().len()), (0, 10));
}

#[test]
fn every_version_gets_its_own_framing() {
    let speak = |greeting: &[u8]| {
        let mut peer = Peer::new(config(SocketType::Xsub));
        peer.feed(greeting);
        peer.drain();
        peer.send(b"ab", true);
        peer.send(&[b'x'; 253], false);
        peer.send(&[b'x'; 254], false);
        peer.subscribe(b"t", true);
        peer.subscribe(b"t", false);
        peer.subscribe(&[b't'; 255], true);
        drain(&mut peer.out, usize::MAX)
    };
    let mut v1 = b"\x03\x01ab\xfe\0".to_vec();
    v1.extend([b'x'; 253]);
    v1.extend(b"\xff\0\0\0\0\0\0\0\xff\0");
    v1.extend([b'x'; 254]);
    v1.extend(b"\x03\0\x01t\x03\0\0t\xff\0\0\0\0\0\0\x01\x01\0\x01");
    v1.extend([b't'; 255]);
    assert_eq!(speak(b"\x01\0"), v1);
    assert_eq!(speak(&[old(0, 9), b"\x01\0".to_vec()].concat()), v1);

    let data = [frame(1, b"ab"), frame(0, &[b'x'; 253]), frame(0, &[b'x'; 254])].concat();
    let messages = [frame(0, b"\x01t"), frame(0, b"\0t"), frame(0, &[&[1][..], &[b't'; 255]].concat())].concat();
    let v2 = [data.clone(), messages].concat();
    assert_eq!(speak(&[old(1, 9), frame(0, b"")].concat()), v2);
    assert_eq!(speak(&[greeting(0, "NULL"), ready("XPUB")].concat()), v2);

    let commands = [command("SUBSCRIBE", b"t"), command("CANCEL", b"t"), command("SUBSCRIBE", &[b't'; 255])].concat();
    let v3 = [data, commands].concat();
    for (revision, minor) in [(3, 1), (3, 2), (3, 255), (2, 0), (4, 0), (255, 0)] {
        let mut g = greeting(minor, "NULL");
        g[10] = revision;
        assert_eq!(speak(&[g, ready("XPUB")].concat()), v3, "revision {revision}.{minor}");
    }
}

#[test]
fn old_peers_are_refused_where_security_is_wanted() {
    let plain = || Config { mechanism: MechanismConfig::PlainServer, ..config(SocketType::Pull) };
    let domain = || Config { zap_domain: true, ..config(SocketType::Pull) };
    for input in [b"\x01\0".to_vec(), old(0, 8), old(1, 8)] {
        for make in [plain as fn() -> Config, domain] {
            let mut peer = Peer::new(make());
            peer.feed(&input);
            assert!(matches!(peer.failure(), Some(Failure::Silent(_))));
            assert!(!peer.conn.is_ready());
        }
    }
}

#[test]
fn the_signature_counts_the_routing_id() {
    let mut peer = Peer::new(Config { routing_id: vec![b'i'; 255], ..config(SocketType::Dealer) });
    assert_eq!(peer.drain(), [0xff, 0, 0, 0, 0, 0, 0, 1, 0, 0x7f]);
}

#[test]
fn over_long_routing_ids_are_refused() {
    let long = [old(1, 5), frame(0, &[b'i'; 256])].concat();
    let mut peer = Peer::new(config(SocketType::Router));
    peer.feed(&long);
    assert!(matches!(peer.failure(), Some(Failure::Silent(_))));
    let mut peer = Peer::new(config(SocketType::Router));
    peer.feed(&[old(1, 5), frame(0, &[b'i'; 255])].concat());
    assert_eq!(peer.seen, [Seen::Ready(Protocol::V2, vec![b'i'; 255])]);
}
