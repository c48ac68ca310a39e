//! In which order an I/O thread comes to its objects.

use super::io_thread::{IoObject, IoThread, MANY, NEAR, Readiness, Token};
use crate::message::Offer;
use crate::sys::thread;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

#[derive(Clone, Copy, PartialEq, Debug)]
enum Call {
    Prefetch(usize),
    Scheduled(usize),
}

/// One of many, which says what is asked of it.
struct Member {
    number: usize,
    calls: Mutex<Sender<Call>>,
}

impl IoObject for Member {
    fn ready(&self, _: Readiness, _: &mut Offer<'_>) {}
    fn timer(&self, _: u32) {}
    fn scheduled(&self, _: &mut Offer<'_>) {
        self.calls.lock().unwrap().send(Call::Scheduled(self.number)).unwrap();
    }
    fn prefetch(&self) {
        self.calls.lock().unwrap().send(Call::Prefetch(self.number)).unwrap();
    }
}

/// Has them all called in one turn.
struct Caller(Arc<IoThread>, Vec<Token>);

impl IoObject for Caller {
    fn ready(&self, _: Readiness, _: &mut Offer<'_>) {}
    fn timer(&self, _: u32) {}
    fn scheduled(&self, _: &mut Offer<'_>) {
        self.1.iter().for_each(|token| self.0.schedule(*token));
    }
}

fn calls(members: usize) -> Vec<Call> {
    let io = IoThread::start(0, &thread::Settings::default()).unwrap();
    let (send, receive) = channel();
    let mut tokens = Vec::new();
    for number in 0..members {
        io.add(|token| {
            tokens.push(token);
            Arc::new(Member { number, calls: Mutex::new(send.clone()) })
        });
    }
    let mut caller = None;
    io.add(|token| {
        caller = Some(token);
        Arc::new(Caller(io.clone(), tokens.clone()))
    });
    io.schedule(caller.unwrap());
    let mut calls = Vec::new();
    while calls.last() != Some(&Call::Scheduled(members - 1)) {
        calls.push(receive.recv().unwrap());
    }
    tokens.into_iter().chain(caller).for_each(|token| io.remove(token));
    io.stop();
    calls
}

#[test]
fn of_many_objects_the_next_ones_are_asked_for_ahead() {
    let mut expected = Vec::new();
    expected.extend((1..=NEAR).map(Call::Prefetch));
    for at in 0..MANY {
        if at > 0 && at + NEAR < MANY {
            expected.push(Call::Prefetch(at + NEAR));
        }
        expected.push(Call::Scheduled(at));
    }
    assert_eq!(calls(MANY), expected);
}

#[test]
fn few_objects_are_only_called() {
    assert_eq!(calls(MANY - 2), (0..MANY - 2).map(Call::Scheduled).collect::<Vec<_>>());
}
