//! Every interleaving of an I/O thread with application threads that wait, take its lead and give it back, explored by loom:
//! `RUSTFLAGS="--cfg loom" cargo test --profile quick --lib loom_tests`. At most two preemptions an execution are explored, one where
//! it is said; LOOM_MAX_PREEMPTIONS overrides both.
//!
//! The I/O thread is the real one, with [`rest`]; only the kernel is loom's, and the messages come from objects that do as
//! they are told: when they are scheduled, which sees to a leader itself, or when their descriptor is readable, which sees
//! to nothing. Whoever is not woken sleeps for ever here: leases run out only as often as a model lets them. What a lease
//! makes good, such as a handing over that came too late, is no failure to these models.

use super::rendezvous::Rendezvous;
use super::{Command, IoObject, IoThread, Mailbox, PipeOwner, Readiness, Sources, Token, glance, rest, rest_offering};
use crate::message::{Msg, Offer, SendSlab};
use crate::pipe::{Passed, PipeEnd, PipeId, PipeOptions, pair};
use crate::sync::{AtomicU32, Ordering};
use crate::sys::modelled::{Mutex, WakeFd, futex};
use crate::sys::thread::Settings;
use loom::thread;
use std::cell::Cell;
use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::sync::Arc;

fn model(preemptions: usize, leases: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.check(move || {
        futex::let_expire(leases);
        f();
    });
}

/// A connection of which each time that it is scheduled a message arrives.
struct Source(Arc<Mailbox>);

impl IoObject for Source {
    fn ready(&self, _: Readiness, _: &mut Offer<'_>) {}
    fn timer(&self, _: u32) {}
    fn scheduled(&self, _: &mut Offer<'_>) {
        self.0.send(Command::Readable(PipeId::from_bits(0)));
    }
}

/// A connection whose messages come through its descriptor.
struct Stream {
    mailbox: Arc<Mailbox>,
    descriptor: WakeFd,
    arrived: AtomicU32,
}

impl Stream {
    fn new(io: &Arc<IoThread>) -> Arc<Stream> {
        let stream = Stream { mailbox: Arc::default(), descriptor: WakeFd::new().unwrap(), arrived: AtomicU32::new(0) };
        io.add(|token| {
            io.watch(token, stream.descriptor.fd()).unwrap();
            Arc::new(stream)
        })
    }

    /// Sleeps, outside of the library, until so many messages have been fetched.
    fn wait_for(&self, count: u32) {
        loop {
            let arrived = self.arrived.load(Ordering::SeqCst);
            if arrived >= count {
                return;
            }
            futex::wait(&self.arrived, arrived, None);
        }
    }
}

impl IoObject for Stream {
    fn ready(&self, _: Readiness, _: &mut Offer<'_>) {
        if self.descriptor.drain() {
            self.mailbox.send(Command::Readable(PipeId::from_bits(0)));
            self.arrived.fetch_add(1, Ordering::SeqCst);
            futex::wake_all(&self.arrived);
        }
    }
    fn timer(&self, _: u32) {}
    fn scheduled(&self, _: &mut Offer<'_>) {}
}

/// A socket with one connection.
struct Socket {
    mailbox: Arc<Mailbox>,
    io: Arc<IoThread>,
    token: Token,
}

impl Socket {
    fn new(io: &Arc<IoThread>) -> Arc<Socket> {
        let mailbox = Arc::<Mailbox>::default();
        let mut token = None;
        io.add(|t| {
            token = Some(t);
            Arc::new(Source(mailbox.clone()))
        });
        Arc::new(Socket { mailbox, io: io.clone(), token: token.unwrap() })
    }

    /// Has a message arrive.
    fn feed(&self) {
        self.io.schedule(self.token);
    }

    fn recv(&self, receiving: bool) {
        recv(&self.mailbox, &self.io, receiving);
    }
}

fn try_recv(mailbox: &Mailbox) -> bool {
    let mut commands = VecDeque::new();
    if mailbox.is_pending() {
        mailbox.take_all(&mut commands);
    }
    !commands.is_empty()
}

/// As `blocking::recv`, or if it may not serve connections, as a call that sends.
fn recv(mailbox: &Arc<Mailbox>, io: &Arc<IoThread>, receiving: bool) {
    while !try_recv(mailbox) {
        let taken = mailbox.times_taken();
        let sources = Sources { mailboxes: vec![mailbox.clone()], io: vec![io.clone()], receiving };
        rest(&sources, taken, None).unwrap();
    }
}

fn start() -> Arc<IoThread> {
    IoThread::start(0, &Settings::default()).unwrap()
}

/// The end may take a lease.
fn stop(io: &IoThread) {
    futex::let_all_expire();
    io.stop();
}

/// One thread waits, another has messages come, whoever leads by then.
fn one_waits(preemptions: usize, leases: usize) {
    model(preemptions, leases, || {
        let io = start();
        let socket = Socket::new(&io);
        let feeding = {
            let socket = socket.clone();
            thread::spawn(move || socket.feed())
        };
        socket.recv(true);
        feeding.join().unwrap();
        stop(&io);
    });
}

#[test]
fn a_message_reaches_the_thread_that_waits() {
    one_waits(2, 0);
}

#[test]
fn a_message_reaches_the_thread_that_waits_also_when_leases_run_out() {
    one_waits(2, 1);
}

/// The second message comes when the thread that led is about to stop, and is waited for by one that may not lead.
#[test]
fn what_comes_while_the_lead_is_given_back_is_not_forgotten() {
    model(2, 0, || {
        let io = start();
        let (first, second) = (Socket::new(&io), Socket::new(&io));
        let feeding = {
            let (first, second) = (first.clone(), second.clone());
            thread::spawn(move || {
                first.feed();
                second.feed();
            })
        };
        first.recv(true);
        second.recv(false);
        feeding.join().unwrap();
        stop(&io);
    });
}

/// Two threads wait for each other's messages: when one leads, it serves the other too, or hands over.
fn two_wait(preemptions: usize, leases: usize) {
    model(preemptions, leases, || {
        let io = start();
        let (ping, pong) = (Socket::new(&io), Socket::new(&io));
        let answering = {
            let (ping, pong) = (ping.clone(), pong.clone());
            thread::spawn(move || {
                ping.recv(true);
                pong.feed();
            })
        };
        ping.feed();
        pong.recv(true);
        answering.join().unwrap();
        stop(&io);
    });
}

#[test]
fn two_threads_that_answer_each_other_both_get_theirs() {
    two_wait(2, 0);
}

#[test]
fn two_threads_that_answer_each_other_both_get_theirs_also_when_leases_run_out() {
    two_wait(1, 2);
}

/// A call that may not wait takes the lead for a moment, beside a thread that waits.
#[test]
fn a_glance_takes_nothing_from_a_thread_that_waits() {
    model(2, 0, || {
        let io = start();
        let socket = Socket::new(&io);
        let other = {
            let (socket, io) = (socket.clone(), io.clone());
            thread::spawn(move || {
                socket.feed();
                glance(&io);
            })
        };
        socket.recv(true);
        other.join().unwrap();
        stop(&io);
    });
}

/// A message that comes when no thread waits in a call: the I/O thread has to come back for it by itself.
#[test]
fn what_comes_when_nobody_waits_is_fetched() {
    model(2, 1, || {
        let io = start();
        let stream = Stream::new(&io);
        let feeding = {
            let stream = stream.clone();
            thread::spawn(move || stream.descriptor.signal())
        };
        recv(&stream.mailbox, &io, true);
        feeding.join().unwrap();
        stream.descriptor.signal();
        futex::let_all_expire();
        stream.wait_for(2);
        stop(&io);
    });
}

/// A thread stops leading while another waits that may not lead: that one's message comes without a call.
#[test]
fn a_thread_that_may_not_lead_is_served_when_the_leader_goes() {
    model(2, 0, || {
        let io = start();
        let (stream, socket) = (Stream::new(&io), Socket::new(&io));
        let waiting = {
            let (stream, io) = (stream.clone(), io.clone());
            thread::spawn(move || recv(&stream.mailbox, &io, false))
        };
        socket.feed();
        socket.recv(true);
        stream.descriptor.signal();
        futex::let_all_expire();
        waiting.join().unwrap();
        stop(&io);
    });
}

/// Large messages from `writer`'s pipe to a socket: each goes to the memory of whoever waits, or through the queue.
fn send_large(writer: &mut PipeEnd, sizes: &[usize]) {
    for size in sizes {
        let bytes = vec![0; *size];
        if !writer.pass_on(&bytes, false) {
            writer.write(Msg::from_slice(&bytes).unwrap()).unwrap();
            writer.flush();
        }
    }
}

/// As `blocking::recv_bytes`, into memory of its own; the message's size.
fn recv_large(reader: &Mutex<PipeEnd>, mailbox: &Arc<Mailbox>) -> usize {
    let memory = vec![Cell::new(MaybeUninit::uninit()); LARGE + 2];
    loop {
        let mut socket = reader.lock();
        try_recv(mailbox);
        if let Some(msg) = socket.read() {
            return msg.len();
        }
        let taken = mailbox.times_taken();
        drop(socket);
        let sources = Sources { mailboxes: vec![mailbox.clone()], io: Vec::new(), receiving: true };
        let mut offer = Offer::new(1, &memory);
        let result = rest_offering(&sources, taken, None, &mut offer);
        if let Some(size) = offer.received() {
            return size;
        }
        result.unwrap();
    }
}

/// Least size of a message that goes past a queue within the process.
const LARGE: usize = SendSlab::MAX + 1;

fn connect_large() -> (PipeEnd, Arc<Mutex<PipeEnd>>, Arc<Mailbox>) {
    let (writer, mut reader) = pair(PipeOptions { conflate: false });
    let mailbox = Arc::<Mailbox>::default();
    reader.set_notify(Box::new(PipeOwner::new(mailbox.clone(), PipeId::from_bits(0))));
    (writer, Arc::new(Mutex::new(reader)), mailbox)
}

/// In order, whichever way each of them takes.
#[test]
fn what_goes_past_the_queue_overtakes_nothing() {
    model(3, 0, || {
        let (mut writer, reader, mailbox) = connect_large();
        let sending = thread::spawn(move || {
            send_large(&mut writer, &[LARGE, LARGE + 1, LARGE + 2]);
            writer
        });
        for size in [LARGE, LARGE + 1, LARGE + 2] {
            assert_eq!(recv_large(&reader, &mailbox), size);
        }
        sending.join().unwrap();
    });
}

/// Nor what its thread, or another before it, sent to the same socket through another pipe.
#[test]
fn what_goes_past_the_queues_overtakes_nothing_of_others() {
    model(3, 0, || {
        let (mut writer, reader, mailbox) = connect_large();
        let (mut other, mut second) = pair(PipeOptions { conflate: false });
        second.set_notify(Box::new(PipeOwner::new(mailbox.clone(), PipeId::from_bits(1))));
        // The reader has been here.
        assert!(!second.check_read());
        let sending = thread::spawn(move || {
            other.write(Msg::from_slice(b"before").unwrap()).unwrap();
            other.flush();
            send_large(&mut writer, &[LARGE]);
            (writer, other)
        });
        let memory = vec![Cell::new(MaybeUninit::uninit()); LARGE];
        let mut received = 0;
        let mut others = 0;
        while received + others < 2 {
            try_recv(&mailbox);
            if second.read().is_some() {
                others += 1;
                continue;
            }
            // Through the queues there is no order.
            if reader.lock().read().is_some() {
                received += 1;
                continue;
            }
            let sources = Sources { mailboxes: vec![mailbox.clone()], io: Vec::new(), receiving: true };
            let mut offer = Offer::new(1, &memory);
            rest_offering(&sources, mailbox.times_taken(), None, &mut offer).unwrap();
            if offer.received().is_some() {
                assert_eq!(others, 1);
                received += 1;
            }
        }
        sending.join().unwrap();
    });
}

/// Two threads receive from the same socket: one of them has the place.
#[test]
fn of_two_receivers_each_gets_a_message() {
    model(2, 0, || {
        let (mut writer, reader, mailbox) = connect_large();
        let other = {
            let (reader, mailbox) = (reader.clone(), mailbox.clone());
            thread::spawn(move || recv_large(&reader, &mailbox))
        };
        send_large(&mut writer, &[LARGE, LARGE + 1]);
        let mut sizes = [recv_large(&reader, &mailbox), other.join().unwrap()];
        sizes.sort_unstable();
        assert_eq!(sizes, [LARGE, LARGE + 1]);
    });
}

/// A receiver that was called for something else comes back while a sender writes.
#[test]
fn a_receiver_that_leaves_knows_of_a_message_that_is_there() {
    model(3, 0, || {
        let place = Arc::new(Rendezvous::default());
        let memory = vec![Cell::new(MaybeUninit::uninit()); LARGE];
        let opened = place.open(&memory).unwrap();
        let sending = {
            let place = place.clone();
            thread::spawn(move || place.deliver(&[1; LARGE], &|| true))
        };
        let received = opened.withdraw();
        let passed = sending.join().unwrap();
        assert_eq!(received, (passed == Passed::Whole).then_some(LARGE));
    });
}
