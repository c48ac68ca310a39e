//! Short messages that go to their place in the queue, and from there to the caller's buffer, without a detour.
#![allow(unsafe_code, reason = "buffers of the caller")]
use super::{Hwm, Notify, PipeEnd, PipeOptions, pair};
use crate::message::{Destination, Metadata, Msg, flag};
use std::sync::{Arc, Mutex};

fn msg(i: u32) -> Msg {
    Msg::from_slice(&i.to_ne_bytes()).unwrap()
}

/// What `read_short` stores in a buffer of `room` bytes, and the size that it says.
fn read_short(end: &mut PipeEnd, room: usize) -> Option<(usize, Vec<u8>)> {
    let mut memory = vec![0xee_u8; 64];
    // SAFETY: cells over bytes that nothing else uses meanwhile.
    let buf: &Destination = unsafe { std::slice::from_raw_parts(memory.as_mut_ptr().cast(), room) };
    let size = end.read_short(buf)?;
    assert!(memory[room.min(size)..].iter().all(|b| *b == 0xee), "{size} bytes into {room}");
    memory.truncate(room.min(size));
    Some((size, memory))
}

#[test]
fn short_messages_of_every_size_go_the_direct_way() {
    let content: Vec<u8> = (1..=64).collect();
    for size in 0..=Msg::INLINE_MAX + 1 {
        for room in [0, 1, size.saturating_sub(1), size, 64] {
            let (mut a, mut b) = pair(PipeOptions { conflate: false });
            assert!(!a.write_short(&content[..size]), "a chunk has to be found");
            a.write(msg(0)).unwrap();
            a.flush();
            assert_eq!(a.write_short(&content[..size]), size <= Msg::INLINE_MAX, "{size}");
            assert!(read_short(&mut b, 4).is_none(), "nothing was seen to be there");
            assert!(b.read().is_some());
            if size <= Msg::INLINE_MAX {
                assert_eq!(read_short(&mut b, room), Some((size, content[..size.min(room)].to_vec())));
            }
            assert!(read_short(&mut b, room).is_none() && b.read().is_none());
        }
    }
}

#[test]
fn the_direct_way_keeps_order_limit_and_credit() {
    for limit in [1, 2, 7, 70, 1000] {
        let (mut a, mut b) = pair(PipeOptions { conflate: false });
        a.set_hwm(Hwm::from_option(limit), Hwm::Unlimited);
        b.set_hwm(Hwm::Unlimited, Hwm::from_option(limit));

        let (mut sent, mut received) = (0_u32, 0);
        while received < 5000 {
            a.credit_arrived();
            while a.write_short(&sent.to_ne_bytes()) || a.write(msg(sent)).is_ok() {
                a.flush();
                sent += 1;
            }
            assert!(sent - received <= 2 * limit as u32 && !a.write_short(b"full"));
            for _ in 0..1 + received % 5 {
                let next = match read_short(&mut b, 4) {
                    Some((4, bytes)) => u32::from_ne_bytes(bytes.try_into().unwrap()),
                    Some(other) => panic!("{other:?}"),
                    None => match b.read() {
                        Some(message) => u32::from_ne_bytes(message.data().try_into().unwrap()),
                        None => break,
                    },
                };
                assert_eq!(next, received);
                received += 1;
            }
        }
    }
}

#[test]
fn the_direct_way_is_for_nothing_else() {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    let with = |flags: u8| {
        let mut message = msg(1);
        message.set_flags(flags);
        message
    };
    let mut described = msg(2);
    described.set_metadata(Some(Arc::new(Metadata::new(None))));
    let long = Msg::from_slice(&[7; Msg::INLINE_MAX + 1]).unwrap();
    for message in [with(flag::MORE), with(0), with(flag::SUBSCRIBE), with(flag::COMMAND), described, long] {
        a.write(message).unwrap();
    }
    a.write_metadata(Arc::new(Metadata::new(None)));
    a.write(msg(3)).unwrap();
    a.flush();
    assert!(b.check_read());
    let mut direct = Vec::new();
    for place in 0..7 {
        if read_short(&mut b, 64).is_some() {
            direct.push(place);
        } else {
            assert!(b.read().is_some());
        }
    }
    // Plain, and the one that the mark was taken before.
    assert_eq!(direct, [1]);
    assert!(!b.check_read());
    b.close(false);
    assert!(!a.write_short(b"closed"));
    a.close(false);
    assert!(!a.write_short(b"closed"));
    let (mut c, mut d) = pair(PipeOptions { conflate: true });
    assert!(!c.write_short(b"newest"));
    c.write(msg(1)).unwrap();
    c.flush();
    assert!(d.check_read() && read_short(&mut d, 64).is_none());
}

#[test]
fn runs_of_short_messages_keep_order_limit_and_credit() {
    for limit in [1, 2, 7, 70, 1000] {
        let (mut a, mut b) = pair(PipeOptions { conflate: false });
        a.set_hwm(Hwm::from_option(limit), Hwm::Unlimited);
        b.set_hwm(Hwm::Unlimited, Hwm::from_option(limit));
        let (mut sent, mut received) = (0_u32, 0_u32);
        while received < 5000 {
            a.credit_arrived();
            while a.check_write() {
                let wanted = sent + 1 + sent % 90;
                a.write_shorts(|place| {
                    (sent < wanted).then(|| {
                        sent += 1;
                        Msg::put_inline(place, &(sent - 1).to_ne_bytes())
                    })
                });
                if a.check_write() {
                    a.write(msg(sent)).unwrap();
                    sent += 1;
                }
                a.flush();
            }
            assert_eq!(sent - received, 2 * limit as u32, "full, whichever way it went");
            // What was read may be acknowledged only in part; the rest is when nothing is left.
            while b.check_read() {
                let most = 1 + received as usize % 80;
                let before = received;
                let count = b.read_shorts(most, |message| {
                    assert_eq!(message.data(), received.to_ne_bytes());
                    received += 1;
                });
                assert!(count <= most && count as u32 == received - before);
                if count == 0 {
                    assert_eq!(b.read().unwrap().data(), received.to_ne_bytes());
                    received += 1;
                }
            }
        }
    }
}

#[test]
fn a_run_ends_before_what_is_not_short() {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    let mut first = msg(2);
    first.set_more(true);
    for message in [msg(0), msg(1), first, msg(3), Msg::from_slice(&[7; Msg::INLINE_MAX + 1]).unwrap(), msg(5)] {
        a.write(message).unwrap();
    }
    a.flush();
    assert_eq!(b.read_shorts(9, |_| ()), 0, "nothing was seen to be there");
    assert!(b.check_read());
    assert_eq!(b.read_shorts(1, |_| ()), 1);
    assert_eq!(b.read_shorts(9, |_| ()), 1);
    assert_eq!(b.read_shorts(9, |_| ()), 0);
    assert!(b.read().unwrap().more());
    assert_eq!(b.read_shorts(9, |_| ()), 1);
    assert_eq!(b.read().unwrap().len(), Msg::INLINE_MAX + 1);
    a.close(false);
    assert_eq!(b.read_shorts(9, |_| ()), 1);
    assert!(b.read().is_none() && b.is_ended());
    assert_eq!(b.read_shorts(9, |_| ()), 0);
    assert_eq!(b.write_shorts(|_| None), 0);
}

/// What the reader was offered, and whether it takes it.
#[derive(Clone, Default)]
struct Offers(Arc<Mutex<(Vec<Vec<u8>>, bool)>>);

impl Offers {
    fn taken(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.0.lock().unwrap().0)
    }

    fn takes(&self, takes: bool) {
        self.0.lock().unwrap().1 = takes;
    }
}

impl Notify for Offers {
    fn readable(&self) {}
    fn writable(&self) {}
    fn closed(&self) {}
    fn pass_short(&self, bytes: &[u8]) -> bool {
        let mut offers = self.0.lock().unwrap();
        offers.0.push(bytes.to_vec());
        offers.1
    }
}

#[test]
fn what_the_reader_takes_at_once_is_neither_queued_nor_counted() {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    a.set_hwm(Hwm::from_option(1), Hwm::Unlimited);
    let offers = Offers::default();
    offers.takes(true);
    b.set_notify(Box::new(offers.clone()));
    assert!(!a.write_short(b"early") && offers.taken().is_empty(), "the reader has not looked yet");
    assert!(!b.check_read());
    let content: Vec<u8> = (1..=64).collect();
    for size in 0..=Msg::INLINE_MAX {
        assert!(a.write_short(&content[..size]));
        assert_eq!(offers.taken(), [&content[..size]]);
    }
    assert!(!a.write_short(&content[..=Msg::INLINE_MAX]) && offers.taken().is_empty());
    assert!(b.read().is_none());
    // The one message that there is room for.
    a.write(msg(1)).unwrap();
    assert!(!a.write_short(b"behind it") && offers.taken().is_empty());
    a.flush();
    assert!(!a.write_short(b"behind it") && offers.taken().is_empty());
    assert_eq!(b.read().unwrap().data(), 1_u32.to_ne_bytes());
    b.close(false);
    assert!(!a.write_short(b"closed") && offers.taken().is_empty());
}

#[test]
fn what_the_reader_does_not_take_is_queued() {
    let (mut a, mut b) = pair(PipeOptions { conflate: false });
    let offers = Offers::default();
    b.set_notify(Box::new(offers.clone()));
    assert!(!b.check_read());
    a.write(msg(0)).unwrap();
    a.flush();
    assert!(b.read().is_some() && !b.check_read());
    assert!(a.write_short(b"1"));
    assert_eq!(offers.taken(), [b"1"]);
    offers.takes(true);
    assert!(a.write_short(b"2") && offers.taken().is_empty(), "another one is before it");
    assert_eq!(b.read().unwrap().data(), b"1");
    assert_eq!(b.read().unwrap().data(), b"2");
    assert!(!b.check_read());
    // It was awake when it was last looked at.
    assert!(a.write_short(b"3") && offers.taken().is_empty());
    assert_eq!(b.read().unwrap().data(), b"3");
    assert!(!b.check_read());
    assert!(a.write_short(b"4"));
    assert_eq!(offers.taken(), [b"4"]);
    assert!(!b.check_read());
}
