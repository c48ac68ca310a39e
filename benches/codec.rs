//! What it costs to make a message, and to bring one through ZMTP's frames: encoded, and decoded from what was encoded.
#![allow(missing_docs, reason = "criterion_group! makes a function without")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::io::IoSlice;
use zmq_rs::message::{Msg, SendSlab};
use zmq_rs::socket_type::SocketType;
use zmq_rs::zmtp::{Config, Connection, Event, MechanismConfig, OutQueue};

const SIZES: [usize; 5] = [1, 32, 256, 1024, 8192];

fn creation(c: &mut Criterion) {
    let mut group = c.benchmark_group("message creation");
    for size in SIZES {
        let bytes = vec![7; size];
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("of its own", size), |bench| {
            bench.iter(|| black_box(Msg::from_slice(&bytes).is_ok()));
        });
        group.bench_function(BenchmarkId::new("from a socket's slab", size), |bench| {
            let mut slab = SendSlab::default();
            bench.iter(|| black_box(slab.message(&bytes).is_ok()));
        });
    }
    group.finish();
}

/// One side of a connection, and what it has to send.
struct Side {
    connection: Connection,
    out: OutQueue,
}

impl Side {
    fn new(socket_type: SocketType) -> Side {
        let config = Config {
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
            entropy: |_| Ok(()),
        };
        Side { connection: Connection::new(config), out: OutQueue::new() }
    }

    /// Takes what is to be sent.
    fn output(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        assert!(self.connection.poll_output(&mut self.out).is_ok());
        while !self.out.is_empty() {
            let mut slices = [IoSlice::new(&[]); 16];
            let count = self.out.io_slices(&mut slices);
            let before = bytes.len();
            slices[..count].iter().for_each(|slice| bytes.extend_from_slice(slice));
            let written = bytes.len() - before;
            self.out.advance(written);
        }
        bytes
    }

    /// Takes bytes in; how many messages they held.
    fn input(&mut self, mut bytes: &[u8]) -> usize {
        let mut messages = 0;
        while !bytes.is_empty() {
            assert!(self.connection.fill(&mut bytes).is_ok());
            while let Ok(Some(event)) = self.connection.poll_event() {
                messages += usize::from(matches!(black_box(event), Event::Message(_)));
            }
        }
        self.connection.rest();
        messages
    }
}

/// Two sides after their handshake.
fn connected() -> (Side, Side) {
    let (mut a, mut b) = (Side::new(SocketType::Push), Side::new(SocketType::Pull));
    while !(a.connection.is_ready() && b.connection.is_ready()) {
        let bytes = a.output();
        b.input(&bytes);
        let bytes = b.output();
        a.input(&bytes);
    }
    (a, b)
}

fn codec(c: &mut Criterion) {
    const BURST: usize = 64;
    let mut group = c.benchmark_group("codec, 64 messages");
    for size in SIZES {
        let (mut a, mut b) = connected();
        group.throughput(Throughput::Elements(BURST as u64));
        let mut msg = Msg::from_slice(&vec![7; size]).unwrap_or_default();
        group.bench_function(BenchmarkId::new("encode", size), |bench| {
            bench.iter(|| {
                for _ in 0..BURST {
                    assert!(a.connection.encode(msg.share(), &mut a.out).is_ok());
                }
                let waiting = a.out.len();
                a.out.advance(waiting);
            });
        });
        for _ in 0..BURST {
            assert!(a.connection.encode(msg.share(), &mut a.out).is_ok());
        }
        let bytes = a.output();
        group.bench_function(BenchmarkId::new("decode", size), |bench| {
            bench.iter(|| assert_eq!(b.input(&bytes), BURST));
        });
    }
    group.finish();
}

criterion_group!(benches, creation, codec);
criterion_main!(benches);
