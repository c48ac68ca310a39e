//! Peers for tests: a connection with its queue, scripted bytes, and ways to cut them up.

use super::super::*;
use crate::errno::Result;
use crate::message::Msg;
use crate::socket_type::SocketType;
use std::io::IoSlice;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that differ from call to call and are the same in every run of one test alone.
pub(super) fn counter_entropy(out: &mut [u8]) -> Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    for chunk in out.chunks_mut(8) {
        let mut x = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x ^= x >> 29;
        chunk.copy_from_slice(&x.wrapping_mul(0xbf58_476d_1ce4_e5b9).to_le_bytes()[..chunk.len()]);
    }
    Ok(())
}

pub(super) fn config(socket_type: SocketType) -> Config {
    Config {
        socket_type,
        routing_id: Vec::new(),
        mechanism: MechanismConfig::Null,
        zap_domain: false,
        zap_enforced: false,
        metadata: Vec::new(),
        max_msg_size: None,
        heartbeat: None,
        zero_copy: true,
        recv_capacity: 64 * 1024,
        raw: false,
        entropy: counter_entropy,
    }
}

/// What a peer saw, in a form that compares.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(super) enum Seen {
    Part(Vec<u8>, u8),
    Ready(Protocol, Vec<u8>),
    Zap(&'static str, Vec<Vec<u8>>),
    Refused,
    Failed(ProtocolError),
}

/// What a ZAP handler says to these credentials.
pub(super) type Judge = fn(&[Vec<u8>]) -> ZapReply;

/// A connection, what it wants to send and what it saw.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) conn: Connection,
    pub(super) out: OutQueue,
    pub(super) seen: Vec<Seen>,
    pub(super) info: Option<PeerInfo>,
    /// Answer to a ZAP request with these credentials.
    pub(super) zap: Option<Judge>,
}

impl Peer {
    pub(super) fn new(config: Config) -> Peer {
        Peer { conn: Connection::new(config), out: OutQueue::new(), seen: Vec::new(), info: None, zap: None }
    }

    /// Takes bytes in, as the descriptor would deliver them.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (n, room) = self.conn.fill(&mut bytes).unwrap();
            assert!(n > 0 && n <= room, "a fill without room");
            self.poll();
            self.conn.rest();
        }
        self.poll();
    }

    pub(super) fn poll(&mut self) {
        loop {
            let failed = match self.conn.poll_event() {
                Ok(None) => return,
                Ok(Some(Event::Message(m))) => {
                    self.seen.push(Seen::Part(m.data().to_vec(), m.flags()));
                    continue;
                }
                Ok(Some(Event::Ready(info))) => {
                    self.seen.push(Seen::Ready(info.protocol, info.routing_id.clone()));
                    self.info = Some(*info);
                    continue;
                }
                Ok(Some(Event::ZapRequest(r))) => {
                    self.seen.push(Seen::Zap(r.mechanism, r.credentials.clone()));
                    match self.zap {
                        Some(answer) => match self.conn.zap_reply(answer(&r.credentials)) {
                            Ok(()) => continue,
                            Err(e) => e,
                        },
                        None => continue,
                    }
                }
                Ok(Some(Event::Negotiate(step))) => match self.conn.negotiated(step.run()) {
                    Ok(()) => continue,
                    Err(e) => e,
                },
                Ok(Some(Event::Refused)) => {
                    self.seen.push(Seen::Refused);
                    continue;
                }
                Err(e) => e,
            };
            if !matches!(self.seen.last(), Some(Seen::Failed(_))) {
                self.seen.push(Seen::Failed(failed));
            }
            return;
        }
    }

    /// Everything that wants to go out.
    pub(super) fn drain(&mut self) -> Vec<u8> {
        self.conn.poll_output(&mut self.out).unwrap();
        drain(&mut self.out, usize::MAX)
    }

    pub(super) fn send(&mut self, body: &[u8], more: bool) {
        let mut m = Msg::from_slice(body).unwrap();
        m.set_more(more);
        self.encode(m);
    }

    /// As the engine does.
    fn encode(&mut self, m: Msg) {
        if !self.conn.encode_copy(&m, &mut self.out).unwrap() {
            self.conn.encode(m, &mut self.out).unwrap();
        }
    }

    pub(super) fn subscribe(&mut self, topic: &[u8], subscribe: bool) {
        self.encode(Msg::subscription(topic, subscribe).unwrap());
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        match self.seen.last() {
            Some(Seen::Failed(e)) => Some(e.failure),
            _ => None,
        }
    }
}

/// Takes at most `step` bytes a time out of a queue.
pub(super) fn drain(out: &mut OutQueue, step: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while !out.is_empty() {
        let before = out.len();
        let mut slices = [IoSlice::new(&[]); 3];
        let used = out.io_slices(&mut slices);
        let chunk: Vec<u8> = slices[..used].iter().flat_map(|s| s.iter().copied()).take(step).collect();
        assert!(!chunk.is_empty(), "a queue that is not empty has bytes");
        assert!(out.front().starts_with(&chunk[..chunk.len().min(out.front().len())]));
        let n = chunk.len();
        all.extend(chunk);
        out.advance(n);
        assert_eq!(out.len(), before - n);
    }
    all
}

/// Lets two peers talk until both are silent, `step` bytes a time.
pub(super) fn talk(a: &mut Peer, b: &mut Peer, step: usize) {
    loop {
        let (from_a, from_b) = (a.drain(), b.drain());
        if from_a.is_empty() && from_b.is_empty() {
            return;
        }
        for bytes in from_a.chunks(step.max(1)) {
            b.feed(bytes);
        }
        for bytes in from_b.chunks(step.max(1)) {
            a.feed(bytes);
        }
    }
}

/// Feeds one recording to fresh peers in every way, and checks that all see the same and answer the same.
pub(super) fn feed_every_way(make: impl Fn() -> Peer, bytes: &[u8]) -> (Vec<Seen>, Vec<u8>) {
    let run = |cuts: &[usize]| {
        let mut peer = make();
        let mut out = peer.drain();
        let mut start = 0;
        for &cut in cuts.iter().chain([&bytes.len()]) {
            peer.feed(&bytes[start..cut]);
            out.extend(peer.drain());
            start = cut;
        }
        (peer.seen, out)
    };
    let whole = run(&[]);
    let single: Vec<usize> = (1..bytes.len()).collect();
    assert_eq!(run(&single), whole, "byte by byte");
    for cut in 1..bytes.len() {
        assert_eq!(run(&[cut]), whole, "cut at {cut}");
    }
    whole
}

/// A peer's 3.x greeting.
pub(super) fn greeting(minor: u8, mechanism: &str) -> Vec<u8> {
    let mut g = vec![0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, minor];
    g.extend_from_slice(mechanism.as_bytes());
    g.resize(64, 0);
    g
}

/// A v2 frame.
pub(super) fn frame(flags: u8, body: &[u8]) -> Vec<u8> {
    let mut f = Vec::new();
    match u8::try_from(body.len()) {
        Ok(n) => f.extend([flags, n]),
        Err(_) => {
            f.push(flags | 2);
            f.extend((body.len() as u64).to_be_bytes());
        }
    }
    f.extend_from_slice(body);
    f
}

/// A handshake command as a frame.
pub(super) fn command(name: &str, data: &[u8]) -> Vec<u8> {
    let mut body = vec![name.len() as u8];
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(data);
    frame(4, &body)
}

/// A property.
pub(super) fn property(name: &str, value: &[u8]) -> Vec<u8> {
    let mut p = vec![name.len() as u8];
    p.extend_from_slice(name.as_bytes());
    p.extend((value.len() as u32).to_be_bytes());
    p.extend_from_slice(value);
    p
}

/// READY with a socket type.
pub(super) fn ready(kind: &str) -> Vec<u8> {
    command("READY", &property("Socket-Type", kind.as_bytes()))
}
