//! Heartbeats in simulated time.

use super::super::*;
use super::harness::*;
use crate::socket_type::SocketType;
use std::time::{Duration, Instant};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A ready DEALER with heartbeats, at time zero.
fn beating(ivl: u64, timeout: Option<u64>, ttl_ds: u16, minor: u8) -> (Peer, Instant) {
    let heartbeat = Heartbeat { ivl: ms(ivl), timeout: timeout.map(ms), ttl_ds };
    let mut peer = Peer::new(Config { heartbeat: Some(heartbeat), ..config(SocketType::Dealer) });
    peer.feed(&[greeting(minor, "NULL"), ready("ROUTER")].concat());
    peer.drain();
    assert!(peer.conn.timers_changed());
    (peer, Instant::now())
}

#[test]
fn pings_go_out_and_silence_ends_it() {
    for minor in [0, 1] {
        let (mut peer, t0) = beating(100, Some(250), 15, minor);
        assert_eq!(peer.conn.update_timers(t0), Some(t0 + ms(100)));
        assert!(!peer.conn.timers_changed());
        assert_eq!(peer.conn.handle_timeout(t0 + ms(99)), Ok(Some(t0 + ms(100))));
        assert!(peer.drain().is_empty());
        assert_eq!(peer.conn.handle_timeout(t0 + ms(100)), Ok(Some(t0 + ms(200))));
        assert_eq!(peer.drain(), b"\x04\x07\x04PING\0\x0f");
        // The answer's time runs from the first PING, whatever follows.
        assert_eq!(peer.conn.handle_timeout(t0 + ms(200)), Ok(Some(t0 + ms(300))));
        assert_eq!(peer.conn.handle_timeout(t0 + ms(300)), Ok(Some(t0 + ms(350))));
        let end = peer.conn.handle_timeout(t0 + ms(350)).unwrap_err();
        assert!(end.failure == Failure::TimedOut && end.reconnect());
        assert_eq!(peer.conn.poll_event().unwrap_err(), end);
    }
}

#[test]
fn any_traffic_keeps_it_alive() {
    for bytes in [frame(0, b"x"), command("PONG", b""), vec![0]] {
        let (mut peer, t0) = beating(100, Some(100), 0, 1);
        peer.conn.update_timers(t0);
        for i in 1..10 {
            peer.conn.handle_timeout(t0 + ms(100 * i)).unwrap();
            assert_eq!(peer.drain(), b"\x04\x07\x04PING\0\0");
            if bytes.len() > 1 || i == 1 {
                peer.feed(&bytes);
            } else {
                // The body of the frame that began: a long transfer counts.
                peer.feed(&[0]);
            }
        }
    }
}

#[test]
fn a_silence_of_our_own_making_is_excused() {
    let (mut peer, t0) = beating(100, Some(100), 0, 1);
    peer.conn.update_timers(t0);
    peer.conn.handle_timeout(t0 + ms(100)).unwrap();
    peer.conn.excuse_silence();
    peer.conn.handle_timeout(t0 + ms(200)).unwrap();
    peer.conn.handle_timeout(t0 + ms(300)).unwrap_err();
}

#[test]
fn without_a_timeout_it_waits_for_ever() {
    let (mut peer, t0) = beating(100, None, 0, 1);
    peer.conn.update_timers(t0);
    for i in 1..100 {
        assert_eq!(peer.conn.handle_timeout(t0 + ms(100 * i)), Ok(Some(t0 + ms(100 * (i + 1)))));
    }
}

/// A ready DEALER without heartbeats of its own.
fn still() -> (Peer, Instant) {
    let mut peer = Peer::new(config(SocketType::Dealer));
    peer.feed(&[greeting(1, "NULL"), ready("ROUTER")].concat());
    peer.drain();
    assert!(!peer.conn.timers_changed());
    (peer, Instant::now())
}

#[test]
fn a_promise_is_held_against_the_peer() {
    // 6553.5 s is more than fits into 16 bits of milliseconds.
    for (ttl, time) in [(1, 100), (656, 65_600), (65_535, 6_553_500)] {
        let (mut peer, t0) = still();
        peer.feed(&command("PING", &u16::to_be_bytes(ttl)));
        assert_eq!(peer.drain(), command("PONG", b""));
        assert!(peer.conn.timers_changed());
        assert_eq!(peer.conn.update_timers(t0), Some(t0 + ms(time)));
        assert_eq!(peer.conn.handle_timeout(t0 + ms(time - 1)), Ok(Some(t0 + ms(time))));
        assert_eq!(peer.conn.handle_timeout(t0 + ms(time)).unwrap_err().failure, Failure::TimedOut);
    }
}

#[test]
fn a_promise_is_kept_by_any_frame() {
    let (mut peer, t0) = still();
    peer.feed(&command("PING", b"\0\x01"));
    peer.conn.update_timers(t0);
    peer.feed(&frame(0, b"x"));
    assert_eq!(peer.conn.handle_timeout(t0 + ms(100)), Ok(None));
    // The frame may even come in the same read as the PING.
    peer.feed(&[command("PING", b"\0\x01"), frame(0, b"x")].concat());
    assert!(!peer.conn.timers_changed());
    // Each PING renews the promise.
    for i in 1..10 {
        peer.feed(&command("PING", b"\0\x01"));
        let now = t0 + ms(1000 + 90 * i);
        assert_eq!(peer.conn.update_timers(now), Some(now + ms(100)));
        assert_eq!(peer.conn.handle_timeout(now + ms(50)), Ok(Some(now + ms(100))));
    }
}

#[test]
fn contexts_are_echoed_up_to_sixteen_bytes() {
    for (context, echo) in [(&b""[..], &b""[..]), (b"c", b"c"), (&[1; 16], &[1; 16]), (&[1; 20], &[1; 16])] {
        let (mut peer, _) = still();
        peer.feed(&command("PING", &[b"\0\0", context].concat()));
        assert_eq!(peer.drain(), command("PONG", echo));
    }
}

#[test]
fn a_short_ping_is_an_error() {
    for data in [&b""[..], b"\0"] {
        let (mut peer, _) = still();
        peer.feed(&command("PING", data));
        assert!(matches!(peer.failure(), Some(Failure::Silent(_))));
        assert!(peer.drain().is_empty());
    }
}

#[test]
fn old_peers_get_no_heartbeats() {
    let heartbeat = Heartbeat { ivl: ms(1), timeout: Some(ms(1)), ttl_ds: 1 };
    let mut peer = Peer::new(Config { heartbeat: Some(heartbeat), ..config(SocketType::Pull) });
    peer.feed(b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x08\0\0");
    assert!(peer.conn.is_ready() && !peer.conn.timers_changed());
}
