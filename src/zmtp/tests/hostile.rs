//! Damaged and random input: whatever comes in, an event or an error comes out, and memory stays bounded.

use super::super::*;
use super::harness::*;
use crate::socket_type::SocketType;

/// Peers that wait for a greeting, one for each mechanism and some types.
fn victims() -> Vec<fn() -> Peer> {
    fn accept(_: &[Vec<u8>]) -> ZapReply {
        ZapReply::Answer { status: 200, user_id: b"u".to_vec(), metadata: vec![] }
    }
    fn null() -> Peer {
        Peer::new(config(SocketType::Xpub))
    }
    fn guarded() -> Peer {
        let mut peer = Peer::new(Config { zap_domain: true, ..config(SocketType::Router) });
        peer.zap = Some(accept);
        peer
    }
    fn plain_server() -> Peer {
        let mut peer = Peer::new(Config { mechanism: MechanismConfig::PlainServer, ..config(SocketType::Router) });
        peer.zap = Some(accept);
        peer
    }
    fn plain_client() -> Peer {
        let mechanism = MechanismConfig::PlainClient { username: b"name".to_vec(), password: b"word".to_vec() };
        Peer::new(Config { mechanism, ..config(SocketType::Dealer) })
    }
    vec![null, guarded, plain_server, plain_client]
}

/// What a proper peer would send to each of them.
fn recordings() -> Vec<Vec<u8>> {
    let dealer = [property("Socket-Type", b"DEALER"), property("Identity", b"me")].concat();
    let tail = [frame(1, b"a"), command("PING", b"\0\x05ctx"), frame(0, &[b'x'; 300])].concat();
    vec![
        [greeting(1, "NULL"), ready("SUB"), command("SUBSCRIBE", b"abc"), tail.clone()].concat(),
        [greeting(0, "NULL"), command("READY", &dealer), tail.clone()].concat(),
        [greeting(1, "PLAIN"), command("HELLO", b"\x04name\x04word"), command("INITIATE", &dealer), tail.clone()]
            .concat(),
        [greeting(1, "PLAIN"), command("WELCOME", b""), ready("ROUTER"), tail].concat(),
        b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x02\0\0\0\x02\x01a".to_vec(),
        b"\x01\0\x03\0\x01a\xff\0\0\0\0\0\0\0\x02\0b".to_vec(),
    ]
}

/// The one thing that must hold whatever happened.
fn settled(peer: &mut Peer) {
    let failed = peer.seen.iter().position(|s| matches!(s, Seen::Failed(_)));
    assert!(failed.is_none_or(|i| i + 1 == peer.seen.len()), "something happened after the end");
    assert!(peer.conn.is_ready() || !peer.seen.iter().any(|s| matches!(s, Seen::Part(..))) || failed.is_some());
    assert!(peer.drain().len() < 100_000);
}

#[test]
fn truncations_wait_and_bit_flips_end_well() {
    for make in victims() {
        for recording in recordings() {
            for end in 0..=recording.len() {
                let mut peer = make();
                peer.feed(&recording[..end]);
                settled(&mut peer);
            }
            for bit in 0..recording.len() * 8 {
                let mut damaged = recording.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                let mut peer = make();
                peer.feed(&damaged);
                settled(&mut peer);
            }
        }
    }
}

/// A small generator with a fixed start (xorshift), so that every run is the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

#[test]
fn random_edits_and_cuts() {
    let mut random = Random(0x5eed_5eed_5eed_5eed);
    let (victims, recordings) = (victims(), recordings());
    for _ in 0..4000 {
        let mut bytes = recordings[random.below(recordings.len())].clone();
        for _ in 0..random.below(6) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.next() as u8,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, random.next() as u8),
                _ => {
                    let other = &recordings[random.below(recordings.len())];
                    let from = random.below(other.len());
                    bytes.splice(at..at, other[from..].iter().copied());
                }
            }
        }
        let mut peer = victims[random.below(victims.len())]();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(1 + random.below(rest.len()));
            peer.feed(now);
            rest = later;
        }
        settled(&mut peer);
    }
}

#[test]
fn two_peers_exchange_random_messages() {
    let mut random = Random(77);
    for zero_copy in [true, false] {
        let mut a = Peer::new(config(SocketType::Pair));
        let mut b = Peer::new(Config { zero_copy, ..config(SocketType::Pair) });
        talk(&mut a, &mut b, usize::MAX);
        let mut sent = Vec::new();
        for _ in 0..300 {
            for _ in 0..random.below(20) {
                let magnitude = random.below(18);
                let size = random.below((1 << magnitude) + 1);
                let (byte, more) = (random.next() as u8, random.below(3) == 0);
                a.send(&vec![byte; size], more);
                sent.push(Seen::Part(vec![byte; size], more as u8));
            }
            let step = 1 + random.below(100_000);
            talk(&mut a, &mut b, step);
        }
        assert!(b.seen[1..] == sent[..]);
    }
}
