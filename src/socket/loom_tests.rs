//! Every interleaving of a socket's mailbox with the threads that sleep at it, explored by loom:
//! `RUSTFLAGS="--cfg loom" cargo test --profile quick --lib loom_tests`. At most three preemptions an execution are explored, two where
//! it is said; LOOM_MAX_PREEMPTIONS overrides both.
//!
//! The socket here is the smallest one that has what matters: a lock that is not held while its thread sleeps, commands
//! that whoever holds the lock carries out for all, and `rest`. Nothing of how that sleeps is assumed.

use crate::errno::Errno;
use crate::pipe::{Hwm, PipeEnd, PipeId, PipeOptions, pair};
use crate::runtime::{Attachment, Command, Mailbox, PipeOwner, Sources, current_waiter, rest};
use crate::sys::modelled::{Mutex, wait_readable};
use loom::thread::{self, JoinHandle};
use std::collections::VecDeque;
use std::sync::Arc;

fn model(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.check(f);
}

/// The number of a command, which is all that it means here.
fn command(number: u64) -> Command {
    Command::Readable(PipeId::from_bits(number))
}

#[derive(Default)]
struct Inner {
    arrived: VecDeque<u64>,
    closed: bool,
}

#[derive(Default)]
struct Socket {
    mailbox: Arc<Mailbox>,
    inner: Mutex<Inner>,
}

impl Socket {
    /// As `Socket::process_commands`.
    fn process_commands(&self, inner: &mut Inner) -> Result<(), Errno> {
        if !self.mailbox.is_pending() {
            return Ok(());
        }
        let mut commands = VecDeque::new();
        self.mailbox.take_all(&mut commands);
        for command in commands {
            if let Command::Readable(id) = command {
                inner.arrived.push_back(id.to_bits());
            }
        }
        if self.mailbox.is_terminated() {
            self.mailbox.terminate();
            return Err(Errno::ETERM);
        }
        Ok(())
    }

    fn try_recv(&self) -> Result<u64, Errno> {
        let mut inner = self.inner.lock();
        if inner.closed {
            return Err(Errno::ENOTSOCK);
        }
        self.process_commands(&mut inner)?;
        inner.arrived.pop_front().ok_or(Errno::EAGAIN)
    }

    /// As `blocking::recv`.
    fn recv(&self) -> Result<u64, Errno> {
        loop {
            let mut inner = self.inner.lock();
            if inner.closed {
                return Err(Errno::ENOTSOCK);
            }
            self.process_commands(&mut inner)?;
            if let Some(number) = inner.arrived.pop_front() {
                return Ok(number);
            }
            let taken = self.mailbox.times_taken();
            drop(inner);
            let mailboxes = vec![self.mailbox.clone()];
            rest(&Sources { mailboxes, io: Vec::new(), receiving: true }, taken, None).unwrap();
        }
    }

    fn close(&self) {
        let mut inner = self.inner.lock();
        inner.closed = true;
        self.mailbox.close();
    }
}

fn sender(mailbox: &Arc<Mailbox>, numbers: &'static [u64]) -> JoinHandle<()> {
    let mailbox = mailbox.clone();
    thread::spawn(move || numbers.iter().for_each(|n| mailbox.send(command(*n))))
}

#[test]
fn a_sleeper_is_woken_for_each_command() {
    model(3, || {
        let socket = Socket::default();
        let other = sender(&socket.mailbox, &[1, 2, 3]);
        for n in 1..=3 {
            assert_eq!(socket.recv(), Ok(n));
        }
        assert_eq!(socket.try_recv(), Err(Errno::EAGAIN));
        other.join().unwrap();
    });
}

#[test]
fn two_senders_lose_nothing_and_keep_their_order() {
    model(3, || {
        let socket = Socket::default();
        let others = [sender(&socket.mailbox, &[1, 2]), sender(&socket.mailbox, &[11, 12])];
        let mut got: Vec<_> = (0..4).map(|_| socket.recv().unwrap()).collect();
        let small: Vec<_> = got.extract_if(.., |n| *n < 10).collect();
        assert_eq!((small, got), (vec![1, 2], vec![11, 12]));
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

/// What one thread's look at the mailbox found for the other must not be slept through.
#[test]
fn two_receivers_of_one_socket_both_get_theirs() {
    model(2, || {
        let socket = Arc::new(Socket::default());
        let receiver = {
            let socket = socket.clone();
            thread::spawn(move || socket.recv().unwrap())
        };
        let other = sender(&socket.mailbox, &[1, 2]);
        let sum = socket.recv().unwrap() + receiver.join().unwrap();
        assert_eq!(sum, 3);
        other.join().unwrap();
    });
}

#[test]
fn termination_ends_the_sleep_of_every_thread() {
    model(2, || {
        let socket = Arc::new(Socket::default());
        let receiver = {
            let socket = socket.clone();
            thread::spawn(move || socket.recv())
        };
        let mailbox = socket.mailbox.clone();
        let other = thread::spawn(move || mailbox.terminate());
        assert_eq!(socket.recv(), Err(Errno::ETERM));
        assert_eq!(receiver.join().unwrap(), Err(Errno::ETERM));
        assert_eq!(socket.try_recv(), Err(Errno::ETERM));
        other.join().unwrap();
    });
}

/// The command that comes first is taken or not, but the end is never missed.
#[test]
fn termination_is_seen_through_a_command() {
    model(3, || {
        let socket = Socket::default();
        let mailbox = socket.mailbox.clone();
        let ending = thread::spawn(move || mailbox.terminate());
        let other = sender(&socket.mailbox, &[1]);
        assert!(matches!((socket.recv(), socket.recv()), (Ok(1) | Err(Errno::ETERM), Err(Errno::ETERM))));
        ending.join().unwrap();
        other.join().unwrap();
        assert!(socket.mailbox.is_pending());
    });
}

/// What nobody will carry out is dropped: here a pipe, whose peer finds that out.
#[test]
fn closing_wakes_a_sleeper_and_drops_what_is_not_taken() {
    model(3, || {
        let socket = Arc::new(Socket::default());
        let (mine, theirs) = pair(PipeOptions { conflate: false });
        let receiver = {
            let socket = socket.clone();
            thread::spawn(move || socket.recv())
        };
        let mailbox = socket.mailbox.clone();
        let other = thread::spawn(move || {
            let joining = Attachment { pipe: theirs, info: Default::default(), endpoint: 1 };
            mailbox.send(Command::Attach(Box::new(joining)));
        });
        socket.close();
        other.join().unwrap();
        assert_eq!(receiver.join().unwrap(), Err(Errno::ENOTSOCK));
        assert!(mine.peer_closed());
    });
}

#[test]
fn the_descriptor_is_readable_while_commands_wait() {
    model(3, || {
        let socket = Socket::default();
        let other = sender(&socket.mailbox, &[1, 2, 3]);
        let fd = socket.mailbox.fd().unwrap();
        for n in 1..=3 {
            // The contract of ZMQ_FD: whoever found nothing more may wait for the descriptor.
            let got = loop {
                match socket.try_recv() {
                    Err(Errno::EAGAIN) => wait_readable(fd),
                    result => break result,
                }
            };
            assert_eq!(got, Ok(n));
        }
        other.join().unwrap();
    });
}

#[test]
fn the_descriptor_tells_of_the_end() {
    model(3, || {
        let socket = Socket::default();
        let mailbox = socket.mailbox.clone();
        let ending = thread::spawn(move || mailbox.terminate());
        let fd = socket.mailbox.fd().unwrap();
        while socket.try_recv() != Err(Errno::ETERM) {
            wait_readable(fd);
        }
        ending.join().unwrap();
        // And goes on telling.
        wait_readable(fd);
    });
}

/// As `zmq_poll` over two sockets: one waiter at two mailboxes, asleep on its word or on its descriptor.
fn poll_two(by_descriptor: bool) {
    model(2, move || {
        let sockets = [Socket::default(), Socket::default()];
        let others = [sender(&sockets[0].mailbox, &[1]), sender(&sockets[1].mailbox, &[2, 3])];
        let mut sum = 0;
        loop {
            sockets.iter().for_each(|s| sum += s.try_recv().unwrap_or(0));
            if sum == 6 {
                break;
            }
            let waiter = current_waiter();
            waiter.prepare();
            let pending = sockets.iter().fold(false, |found, s| s.mailbox.register(&waiter) || found);
            let arrived = sockets.iter().any(|s| !s.inner.lock().arrived.is_empty());
            if !pending && !arrived {
                if by_descriptor {
                    if let Some(fd) = waiter.start_polling().unwrap() {
                        wait_readable(fd);
                        waiter.stop_polling();
                    }
                } else {
                    waiter.wait(None).unwrap();
                }
            }
            sockets.iter().for_each(|s| s.mailbox.unregister(&waiter));
        }
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

#[test]
fn a_poll_of_two_sockets_is_woken_by_either() {
    poll_two(false);
}

#[test]
fn a_poll_with_descriptors_is_woken_by_either() {
    poll_two(true);
}

/// A socket with one pipe, whose end tells it through its mailbox.
struct Piped {
    mailbox: Arc<Mailbox>,
    pipe: PipeEnd,
}

impl Piped {
    fn new(mut pipe: PipeEnd, send: Hwm, receive: Hwm) -> Piped {
        let mailbox = Arc::<Mailbox>::default();
        pipe.set_notify(Box::new(PipeOwner::new(mailbox.clone(), PipeId::from_bits(0))));
        pipe.set_hwm(send, receive);
        Piped { mailbox, pipe }
    }

    fn process_commands(&mut self) {
        let mut commands = VecDeque::new();
        if self.mailbox.is_pending() {
            self.mailbox.take_all(&mut commands);
        }
        if commands.iter().any(|c| matches!(c, Command::Writable(_))) {
            self.pipe.credit_arrived();
        }
    }

    /// Repeats `attempt` and sleeps between.
    fn block<T>(&mut self, mut attempt: impl FnMut(&mut PipeEnd) -> Option<T>) -> T {
        loop {
            self.process_commands();
            if let Some(done) = attempt(&mut self.pipe) {
                return done;
            }
            let mailboxes = vec![self.mailbox.clone()];
            let taken = self.mailbox.times_taken();
            rest(&Sources { mailboxes, io: Vec::new(), receiving: true }, taken, None).unwrap();
        }
    }
}

/// Both ends of a full pipe sleep and wake each other: the whole way of a message over inproc.
#[test]
fn a_full_pipe_and_an_empty_one_end_the_sleep_of_two_sockets() {
    model(2, || {
        let (a, b) = pair(PipeOptions { conflate: false });
        let mut a = Piped::new(a, Hwm::Messages(1), Hwm::Unlimited);
        let mut b = Piped::new(b, Hwm::Unlimited, Hwm::Messages(1));
        let writer = thread::spawn(move || {
            for i in 0..3 {
                a.block(|pipe| {
                    let written = pipe.write(crate::message::Msg::from_slice(&[i]).unwrap()).is_ok();
                    pipe.flush();
                    written.then_some(())
                });
            }
            a
        });
        for i in 0..3 {
            assert_eq!(b.block(PipeEnd::read).data(), [i]);
        }
        drop(writer.join().unwrap());
        assert!(b.block(|pipe| (pipe.read().is_none() && pipe.is_ended()).then_some(true)));
    });
}
