//! What publishing costs by number of subscriptions and of subscribers, and what a subscription costs, over PUB's pattern
//! with pipes in memory.
#![allow(missing_docs, reason = "criterion_group! makes a function without")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use zmq_rs::message::Msg;
use zmq_rs::options::{Inherited, Options};
use zmq_rs::pattern::{Attach, Cx, Pattern, new};
use zmq_rs::pipe::{PipeEnd, PipeId, PipeOptions, PipeSet, pair};
use zmq_rs::socket_type::SocketType;

/// A PUB and its subscribers.
struct Publisher {
    pattern: Box<dyn Pattern>,
    pipes: PipeSet,
    options: Options,
    subscribers: Vec<(PipeId, PipeEnd)>,
}

impl Publisher {
    fn new(subscribers: usize) -> Publisher {
        let inherited = Inherited { ipv6: false, blocky: true, zero_copy_recv: true };
        let mut publisher = Publisher {
            pattern: new(SocketType::Pub),
            pipes: PipeSet::default(),
            options: Options::new(SocketType::Pub, inherited),
            subscribers: Vec::new(),
        };
        for _ in 0..subscribers {
            let (near, far) = pair(PipeOptions { conflate: false });
            let id = publisher.pipes.insert(near, 0);
            let info = Attach { peer_id: Some(Vec::new()), ..Attach::default() };
            publisher.pattern.attach(&mut Cx::new(&mut publisher.pipes, &publisher.options), id, info);
            publisher.subscribers.push((id, far));
        }
        publisher
    }

    fn subscribe(&mut self, who: usize, topic: &[u8], add: bool) {
        let (id, end) = &mut self.subscribers[who];
        if let Ok(msg) = Msg::subscription(topic, add) {
            end.write_unchecked(msg);
            end.flush();
        }
        self.pattern.readable(&mut Cx::new(&mut self.pipes, &self.options), *id);
    }

    fn send(&mut self, text: &[u8]) {
        let mut msg = Msg::from_slice(text).unwrap_or_default();
        let sent = self.pattern.send(&mut Cx::new(&mut self.pipes, &self.options), &mut msg);
        assert!(sent.is_ok());
    }

    fn drain(&mut self, who: usize) -> usize {
        let mut msg = Msg::new();
        let end = &mut self.subscribers[who].1;
        std::iter::from_fn(|| end.read_into(&mut msg).then_some(())).count()
    }
}

fn topic(i: usize) -> String {
    format!("topic.{:08x}", (i as u32).wrapping_mul(0x9e37_79b1))
}

fn matching(c: &mut Criterion) {
    let mut group = c.benchmark_group("send to the one subscriber of a topic");
    group.sample_size(30);
    for (subscribers, subscriptions) in [(1, 1), (1, 1000), (1000, 1000), (1, 1_000_000), (1000, 1_000_000)] {
        let mut publisher = Publisher::new(subscribers);
        for i in 0..subscriptions {
            publisher.subscribe(i % subscribers, topic(i).as_bytes(), true);
        }
        let id = BenchmarkId::from_parameter(format!("{subscriptions} topics of {subscribers}"));
        group.bench_function(id, |bench| {
            let mut i = 0;
            bench.iter(|| {
                i = (i + 7919) % subscriptions;
                publisher.send(topic(i).as_bytes());
                assert_eq!(publisher.drain(i % subscribers), 1);
            });
        });
    }
    group.finish();
}

fn fan_out(c: &mut Criterion) {
    let mut group = c.benchmark_group("send to all subscribers");
    for subscribers in [1, 10, 100, 1000] {
        group.throughput(Throughput::Elements(subscribers as u64));
        let mut publisher = Publisher::new(subscribers);
        for i in 0..subscribers {
            publisher.subscribe(i, b"", true);
        }
        let text = [7; 200];
        group.bench_function(BenchmarkId::from_parameter(subscribers), |bench| {
            bench.iter(|| {
                publisher.send(&text);
                for i in 0..subscribers {
                    assert_eq!(publisher.drain(i), 1);
                }
            });
        });
    }
    group.finish();
}

fn subscribing(c: &mut Criterion) {
    let mut group = c.benchmark_group("subscribe and unsubscribe");
    group.sample_size(30);
    for present in [0, 1000, 1_000_000] {
        let mut publisher = Publisher::new(1);
        for i in 0..present {
            publisher.subscribe(0, topic(i).as_bytes(), true);
        }
        group.bench_function(BenchmarkId::from_parameter(format!("beside {present}")), |bench| {
            let mut i = present;
            bench.iter(|| {
                i += 1;
                let topic = topic(i);
                publisher.subscribe(0, topic.as_bytes(), true);
                publisher.subscribe(0, topic.as_bytes(), false);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, matching, fan_out, subscribing);
criterion_main!(benches);
