//! Recorded handshakes of every mechanism: cut up in every way, cut off everywhere, and with every bit changed; and CURVE
//! byte for byte against a conversation that another library computed.

use super::super::*;
use super::harness::*;
use crate::errno::Result;
use crate::message::flag;
use crate::socket_type::SocketType;
use std::cell::Cell;
use std::collections::HashMap;

thread_local! {
    static CLIENT: Cell<usize> = const { Cell::new(0) };
    static SERVER: Cell<usize> = const { Cell::new(0) };
}

/// The streams that `tests/vectors/curve.py` describes.
fn draw(out: &mut [u8], at: &'static std::thread::LocalKey<Cell<usize>>, step: usize, start: usize) -> Result<()> {
    let from = at.get();
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = (step * (from + i) + start) as u8;
    }
    at.set(from + out.len());
    Ok(())
}

fn client_entropy(out: &mut [u8]) -> Result<()> {
    draw(out, &CLIENT, 7, 1)
}

fn server_entropy(out: &mut [u8]) -> Result<()> {
    draw(out, &SERVER, 11, 5)
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    text.as_bytes().chunks(2).map(digit).collect()
}

fn vectors() -> HashMap<&'static str, Vec<u8>> {
    let lines = include_str!("../../../tests/vectors/curve.txt").lines();
    lines.map(|line| line.split_once(' ').unwrap()).map(|(name, text)| (name, unhex(text))).collect()
}

/// A mechanism's two sides, always the same from the first byte on.
struct Kind {
    name: &'static str,
    client: fn() -> MechanismConfig,
    server: fn() -> MechanismConfig,
    zap: Judge,
}

/// A handler who knows the right credentials.
fn judge(right: bool) -> ZapReply {
    ZapReply::Answer { status: if right { 200 } else { 400 }, user_id: b"u".to_vec(), metadata: vec![] }
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "NULL",
        client: || MechanismConfig::Null,
        server: || MechanismConfig::Null,
        zap: |shown| judge(shown.is_empty()),
    },
    Kind {
        name: "PLAIN",
        client: || MechanismConfig::PlainClient { username: b"admin".to_vec(), password: b"secret".to_vec() },
        server: || MechanismConfig::PlainServer,
        zap: |shown| judge(shown == [b"admin".to_vec(), b"secret".to_vec()]),
    },
    Kind {
        name: "CURVE",
        client: || MechanismConfig::CurveClient {
            public_key: vectors()["client_public"][..].try_into().unwrap(),
            secret_key: [0x21; 32],
            server_key: vectors()["server_public"][..].try_into().unwrap(),
        },
        server: || MechanismConfig::CurveServer { secret_key: [0x42; 32] },
        zap: |shown| judge(shown == [vectors()["client_public"].clone()]),
    },
];

impl Kind {
    fn client(&self) -> Peer {
        CLIENT.set(0);
        let routing_id = b"vector".to_vec();
        let mechanism = (self.client)();
        Peer::new(Config { mechanism, routing_id, entropy: client_entropy, ..config(SocketType::Dealer) })
    }

    fn server(&self) -> Peer {
        SERVER.set(0);
        let mechanism = (self.server)();
        let config = Config { mechanism, zap_domain: true, entropy: server_entropy, ..config(SocketType::Router) };
        Peer { zap: Some(self.zap), ..Peer::new(config) }
    }

    /// A whole handshake: what the client says and what the server says.
    fn record(&self) -> [Vec<u8>; 2] {
        let (mut c, mut s) = (self.client(), self.server());
        let mut said = [Vec::new(), Vec::new()];
        for _ in 0..6 {
            let from_c = c.drain();
            s.feed(&from_c);
            let from_s = s.drain();
            c.feed(&from_s);
            said[0].extend(from_c);
            said[1].extend(from_s);
        }
        assert!(c.conn.is_ready() && s.conn.is_ready(), "{}", self.name);
        said
    }

    /// What a fresh peer makes of one side's bytes, in pieces that end at the cuts.
    fn replay(&self, to_server: bool, bytes: &[u8], cuts: &[usize]) -> (Vec<Seen>, Vec<u8>, bool) {
        let mut peer = if to_server { self.server() } else { self.client() };
        let mut out = peer.drain();
        let mut start = 0;
        for &cut in cuts.iter().chain([&bytes.len()]) {
            peer.feed(&bytes[start..cut]);
            out.extend(peer.drain());
            start = cut;
        }
        let ready = peer.conn.is_ready();
        (peer.seen, out, ready)
    }
}

#[test]
fn every_split_means_the_same() {
    for kind in KINDS {
        for (said, to_server) in kind.record().iter().zip([true, false]) {
            let whole = kind.replay(to_server, said, &[]);
            assert!(whole.2, "{} {to_server}", kind.name);
            let single: Vec<usize> = (1..said.len()).collect();
            assert_eq!(kind.replay(to_server, said, &single), whole, "{} byte by byte", kind.name);
            for cut in 1..said.len() {
                assert_eq!(kind.replay(to_server, said, &[cut]), whole, "{} cut at {cut}", kind.name);
            }
        }
    }
}

#[test]
fn every_truncation_leaves_the_handshake_open() {
    for kind in KINDS {
        for (said, to_server) in kind.record().iter().zip([true, false]) {
            for end in 0..said.len() {
                let (seen, _, ready) = kind.replay(to_server, &said[..end], &[]);
                assert!(!ready, "{} ready after {end} of {} bytes", kind.name, said.len());
                let harmless = seen.iter().all(|s| matches!(s, Seen::Zap(..)));
                assert!(harmless, "{} after {end} bytes: {seen:?}", kind.name);
            }
        }
    }
}

/// Where the frames of a recording start, behind the greeting, and what they hold.
fn frames(said: &[u8]) -> Vec<(usize, usize, usize)> {
    let (mut at, mut all) = (64, Vec::new());
    while at < said.len() {
        let (header, body) = match said[at] & 2 {
            0 => (2, usize::from(said[at + 1])),
            _ => (9, u64::from_be_bytes(said[at + 1..at + 9].try_into().unwrap()) as usize),
        };
        all.push((at, header, body));
        at += header + body;
    }
    all
}

/// Bits that carry nothing that a handshake stands or falls with: the greeting's length, minor revision and filler, the
/// flags of frames (RFC 23 gives them no meaning in a handshake), and what is announced in the clear.
fn means_nothing(kind: &Kind, said: &[u8], at: usize, mask: u8) -> bool {
    if at < 64 {
        return match at {
            1..=8 | 11 | 32..=63 => true,
            // Bit 0 of the signature's last byte, and the revision: anything above 1 is 3.x.
            9 => mask & 1 == 0,
            10 => (said[at] ^ mask) > 1,
            _ => false,
        };
    }
    let (start, header, body) = *frames(said).iter().rfind(|f| f.0 <= at).unwrap();
    let name = &said[start + header..][..9.min(body)];
    let inside = at.checked_sub(start + header);
    match inside {
        None => at == start && mask & 2 == 0,
        // HELLO of CURVE: padding.
        Some(i) if kind.name == "CURVE" => name.starts_with(b"\x05HELLO") && (8..80).contains(&i),
        // READY and INITIATE in the clear: the names and values of properties.
        Some(i) => (name.starts_with(b"\x05READY") && i > 5) || (name.starts_with(b"\x08INITIATE") && i > 8),
    }
}

#[test]
fn every_changed_bit_is_refused() {
    for kind in KINDS {
        for (said, to_server) in kind.record().iter().zip([true, false]) {
            let mut refused = 0;
            for at in 0..said.len() {
                for bit in 0..8 {
                    let mut bytes = said.clone();
                    bytes[at] ^= 1 << bit;
                    let (seen, out, ready) = kind.replay(to_server, &bytes, &[]);
                    // Without security a peer may be of an older version, and say what it likes.
                    if kind.name == "NULL" && !to_server && [0, 9, 10].contains(&at) {
                        continue;
                    }
                    refused += usize::from(!ready);
                    let allowed = means_nothing(&kind, said, at, 1 << bit);
                    assert!(!ready || allowed, "{} to server {to_server}: bit {bit} of byte {at}: {seen:?}", kind.name);
                    assert!(!seen.iter().any(|s| matches!(s, Seen::Part(..))), "nobody sent anything");
                    assert!(out.len() < 1024, "{} bytes in answer", out.len());
                }
            }
            assert!(refused > said.len() * 2, "{}: {refused}", kind.name);
        }
    }
}

#[test]
fn every_changed_bit_of_a_message_is_refused() {
    let kind = &KINDS[2];
    let [said, _] = kind.record();
    let message = &vectors()["client_messages"][..2 + 8 + 8 + 16 + 6];
    for at in 0..message.len() {
        for bit in 0..8 {
            let mut bytes = said.clone();
            bytes.extend_from_slice(message);
            bytes[said.len() + at] ^= 1 << bit;
            let (seen, _, ready) = kind.replay(true, &bytes, &[said.len()]);
            let delivered = seen.iter().any(|s| matches!(s, Seen::Part(..)));
            // The flags outside the box mean nothing, but LONG.
            assert_eq!(delivered, at == 0 && bit != 1, "bit {bit} of byte {at}: {seen:?}");
            assert!(!ready || at < 2, "a damaged box leaves the connection open");
        }
    }
}

/// Against `tests/vectors/curve.txt`.
#[test]
fn curve_byte_for_byte() {
    let (kind, v) = (&KINDS[2], vectors());
    let [client, server] = kind.record();
    assert_eq!(client[64..], [&v["hello"][..], &v["initiate"]].concat());
    assert_eq!(server[64..], [&v["welcome"][..], &v["ready"]].concat());

    let counting: Vec<u8> = (0..1000).map(|i| i as u8).collect();
    for (to_server, said, ours, theirs) in
        [(true, &client, "server_messages", "client_messages"), (false, &server, "client_messages", "server_messages")]
    {
        let mut peer = if to_server { kind.server() } else { kind.client() };
        peer.drain();
        peer.feed(said);
        peer.drain();
        peer.send(b"hello", true);
        peer.send(&counting, false);
        assert_eq!(peer.drain(), v[ours]);
        peer.seen.clear();
        peer.feed(&v[theirs]);
        assert_eq!(peer.seen, [Seen::Part(b"hello".to_vec(), flag::MORE), Seen::Part(counting.clone(), 0)]);
    }
}
