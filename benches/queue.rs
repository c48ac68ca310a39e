//! What a message costs in a pipe: written and read by one thread, and passed between two.
#![allow(missing_docs, reason = "criterion_group! makes a function without")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use zmq_rs::message::Msg;
use zmq_rs::pipe::{Hwm, PipeEnd, PipeOptions, pair};

fn ends() -> (PipeEnd, PipeEnd) {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    for end in [&mut a, &mut b] {
        end.set_hwm(Hwm::Messages(1000), Hwm::Messages(1000));
    }
    (a, b)
}

/// A message that is stored inline, and one whose content is shared.
fn message(size: usize) -> Msg {
    Msg::from_slice(&vec![7; size]).unwrap_or_default()
}

fn one_thread(c: &mut Criterion) {
    let mut group = c.benchmark_group("pipe, one thread");
    for (name, burst) in [("flush each", 1), ("flush every 100", 100)] {
        group.throughput(Throughput::Elements(burst));
        group.bench_function(name, |bench| {
            let (mut a, mut b) = ends();
            let mut msg = message(32);
            bench.iter(|| {
                for _ in 0..burst {
                    assert!(a.write_from(&mut msg));
                    msg = Msg::new();
                }
                a.flush();
                for _ in 0..burst {
                    black_box(b.read_into(&mut msg));
                }
            });
        });
    }
    group.finish();
}

fn two_threads(c: &mut Criterion) {
    const COUNT: u64 = 100_000;
    let mut group = c.benchmark_group("pipe, two threads");
    group.throughput(Throughput::Elements(COUNT)).sample_size(20);
    for size in [32, 1024] {
        group.bench_function(format!("{size} bytes"), |bench| {
            let pass = |(mut a, mut b): (PipeEnd, PipeEnd)| {
                let writer = std::thread::spawn(move || {
                    let mut content = message(size);
                    for _ in 0..COUNT {
                        while !a.check_write() {
                            a.credit_arrived();
                            std::thread::yield_now();
                        }
                        assert!(a.write_from(&mut content.share()));
                        a.flush();
                    }
                });
                let mut msg = Msg::new();
                let mut left = COUNT;
                while left > 0 {
                    if b.read_into(&mut msg) {
                        left -= 1;
                    } else {
                        std::thread::yield_now();
                    }
                }
                writer.join().is_ok()
            };
            bench.iter_batched(ends, pass, BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(benches, one_thread, two_threads);
criterion_main!(benches);
