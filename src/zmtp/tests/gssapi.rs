//! GSSAPI over a security library made up here, against itself and against peers written out byte by byte, as libzmq was
//! seen to write them.

use super::super::*;
use super::harness::*;
use crate::errno::Errno;
use crate::message::flag;
use crate::socket_type::SocketType;
use std::time::{Duration, Instant};

const NAME: &str = "GSSAPI";

/// A security context of which everybody knows the key. Tokens are numbered, and the last one ends the negotiation.
#[derive(Clone, Debug)]
struct Fake {
    name: &'static [u8],
    /// Tokens altogether, both sides'.
    tokens: u8,
    /// The token that comes next, from either side.
    next: u8,
    peer: Vec<u8>,
    /// Numbers of the messages that come next.
    sent: u8,
    received: u8,
    refuses: Option<Refusal>,
}

fn sum(bytes: &[u8]) -> [u8; 4] {
    bytes.iter().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193)).to_be_bytes()
}

/// Adds a checksum.
fn signed(bytes: &[u8]) -> Vec<u8> {
    [bytes, &sum(bytes)].concat()
}

fn check(bytes: &[u8]) -> Result<&[u8], Refusal> {
    let (content, checksum) = bytes.split_last_chunk::<4>().ok_or(Refusal::Peer)?;
    if sum(content) == *checksum { Ok(content) } else { Err(Refusal::Peer) }
}

impl Fake {
    fn new(name: &'static [u8], tokens: u8) -> Fake {
        Fake { name, tokens, next: 0, peer: vec![], sent: 0, received: 0, refuses: None }
    }

    fn token(number: u8, name: &[u8]) -> Vec<u8> {
        signed(&[&[number], name].concat())
    }

    fn wrapped(number: u8, content: &[u8]) -> Vec<u8> {
        let hidden: Vec<u8> = content.iter().map(|b| b ^ 0x5a).collect();
        signed(&[&[number], &hidden[..]].concat())
    }
}

impl SecurityContext for Fake {
    fn step(&mut self, token: Option<&[u8]>) -> Result<Progress, Refusal> {
        if let Some(refusal) = self.refuses {
            return Err(refusal);
        }
        if let Some(token) = token {
            let (number, name) = check(token)?.split_first().ok_or(Refusal::Peer)?;
            if *number != self.next || self.next == self.tokens {
                return Err(Refusal::Peer);
            }
            self.peer = name.to_vec();
            self.next += 1;
        }
        if self.next == self.tokens {
            return Ok(Progress::Complete { token: vec![], peer: self.peer.clone() });
        }
        let token = Fake::token(self.next, self.name);
        self.next += 1;
        if self.next == self.tokens {
            Ok(Progress::Complete { token, peer: self.peer.clone() })
        } else {
            Ok(Progress::Continue(token))
        }
    }

    fn wrap(&mut self, content: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Refusal> {
        take(&Fake::wrapped(self.sent, content));
        self.sent = self.sent.wrapping_add(1);
        Ok(())
    }

    fn unwrap(&mut self, wrapped: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Refusal> {
        let (number, hidden) = check(wrapped)?.split_first().ok_or(Refusal::Peer)?;
        if *number != self.received {
            return Err(Refusal::Peer);
        }
        self.received = self.received.wrapping_add(1);
        take(&hidden.iter().map(|b| b ^ 0x5a).collect::<Vec<u8>>());
        Ok(())
    }
}

fn with(kind: SocketType, is_server: bool, plaintext: bool, fake: Fake) -> Config {
    let mechanism = MechanismConfig::Gssapi { is_server, plaintext, context: Some(Box::new(fake)) };
    Config { mechanism, ..config(kind) }
}

fn server_config(kind: SocketType, plaintext: bool) -> Config {
    Config { routing_id: vec![b's'; 255], ..with(kind, true, plaintext, Fake::new(b"server", 2)) }
}

fn client_config(kind: SocketType, plaintext: bool) -> Config {
    Config { routing_id: b"cli".to_vec(), ..with(kind, false, plaintext, Fake::new(b"client", 2)) }
}

fn server(plaintext: bool) -> Peer {
    let mut peer = Peer::new(server_config(SocketType::Router, plaintext));
    peer.zap = Some(|_| ZapReply::NoHandler);
    peer
}

fn client(plaintext: bool) -> Peer {
    Peer::new(client_config(SocketType::Dealer, plaintext))
}

fn protocol(c: u32) -> Option<Failure> {
    Some(Failure::Protocol(c))
}

/// INITIATE's data.
fn sized(token: &[u8]) -> Vec<u8> {
    [&(token.len() as u32).to_be_bytes(), token].concat()
}

fn initiate(number: u8, name: &[u8]) -> Vec<u8> {
    command("INITIATE", &sized(&Fake::token(number, name)))
}

/// A frame with the n-th MESSAGE of a side.
fn message(frame_flags: u8, number: u8, content: &[u8]) -> Vec<u8> {
    frame(frame_flags, &[b"\x07MESSAGE", &sized(&Fake::wrapped(number, content))[..]].concat())
}

/// READY's body for a type without an identity.
fn ready_body(kind: &str) -> Vec<u8> {
    ready(kind)[2..].to_vec()
}

/// READY in MESSAGE.
fn wrapped_ready(kind: &str) -> Vec<u8> {
    message(4, 0, &[b"\0", &ready_body(kind)[..]].concat())
}

const EMPTY: [u8; 2] = [4, 0];

#[test]
fn both_sides_meet_and_talk() {
    for (plaintext, tokens, step) in
        [false, true].into_iter().flat_map(|p| (1..=5).flat_map(move |t| [usize::MAX, 1000, 3].map(|s| (p, t, s))))
    {
        let mut s = Peer::new(with(SocketType::Router, true, plaintext, Fake::new(b"server", tokens)));
        s.zap = Some(|_| ZapReply::NoHandler);
        let mut c = Peer::new(with(SocketType::Dealer, false, plaintext, Fake::new(b"client", tokens)));
        talk(&mut c, &mut s, step);
        assert_eq!(c.seen, [Seen::Ready(Protocol::V3_1, vec![])], "{tokens} tokens");
        assert_eq!(s.seen, [Seen::Zap(NAME, vec![b"client".to_vec()]), Seen::Ready(Protocol::V3_1, vec![])]);
        let sizes = [0, 1, 33, 222, 250, 255, 256, 5000, 16_000, 17_000, 200_000, 1_100_000];
        for (i, size) in sizes.into_iter().enumerate().filter(|(_, size)| step > 100 && tokens == 2 || *size < 1000) {
            let body: Vec<u8> = (0..size).map(|j| (i + j) as u8).collect();
            c.send(&body, true);
            c.send(b"last", false);
            s.send(&body, false);
            talk(&mut c, &mut s, step);
            let [.., Seen::Part(first, flag::MORE), Seen::Part(last, 0)] = &s.seen[..] else { panic!() };
            assert!(*first == body && last == b"last", "{size}");
            assert!(c.seen.last() == Some(&Seen::Part(body, 0)), "{size}");
        }
    }
}

#[test]
fn metadata_and_the_users_name() {
    let mut s = Peer::new(server_config(SocketType::Router, false));
    s.zap = Some(|_| ZapReply::Answer { status: 200, user_id: b"me".to_vec(), metadata: vec![] });
    let mut c = client(false);
    talk(&mut c, &mut s, usize::MAX);
    assert_eq!(c.info.as_ref().unwrap().properties[1], (b"Identity".to_vec(), vec![b's'; 255]));
    assert_eq!(s.seen[1], Seen::Ready(Protocol::V3_1, b"cli".to_vec()));
    assert_eq!(s.info.unwrap().properties[0], (b"User-Id".to_vec(), b"me".to_vec()));
}

/// What libzmq's client was seen to send, up to a message in two parts.
fn client_recording(plaintext: bool) -> Vec<u8> {
    let start = [&greeting(1, NAME)[..], &initiate(0, b"client"), &EMPTY].concat();
    if plaintext {
        return [&start[..], &ready("DEALER"), &frame(1, b"a"), &frame(0, b"b")].concat();
    }
    [&start[..], &wrapped_ready("DEALER"), &message(0, 1, b"\x01a"), &message(0, 2, b"\0b")].concat()
}

/// The same of libzmq's server.
fn server_recording(plaintext: bool) -> Vec<u8> {
    let start = [greeting(1, NAME), initiate(1, b"server")].concat();
    if plaintext {
        return [&start[..], &ready("ROUTER"), &frame(1, b"a"), &frame(0, b"b")].concat();
    }
    [&start[..], &wrapped_ready("ROUTER"), &message(0, 1, b"\x01a"), &message(0, 2, b"\0b")].concat()
}

fn router(plaintext: bool) -> Peer {
    let mut peer = Peer::new(with(SocketType::Router, true, plaintext, Fake::new(b"server", 2)));
    peer.zap = Some(|_| ZapReply::NoHandler);
    peer
}

fn dealer(plaintext: bool) -> Peer {
    Peer::new(with(SocketType::Dealer, false, plaintext, Fake::new(b"client", 2)))
}

/// READY as a type with an identity sends it.
fn own_ready(kind: &str, plaintext: bool) -> Vec<u8> {
    let body = [ready_body(kind), property("Identity", b"")].concat();
    if plaintext { frame(4, &body) } else { message(4, 0, &[b"\0", &body[..]].concat()) }
}

#[test]
fn recordings_in_every_split() {
    let heard =
        [Seen::Ready(Protocol::V3_1, vec![]), Seen::Part(b"a".to_vec(), flag::MORE), Seen::Part(b"b".to_vec(), 0)];
    for plaintext in [false, true] {
        let (seen, said) = feed_every_way(|| router(plaintext), &client_recording(plaintext));
        assert_eq!(seen, [&[Seen::Zap(NAME, vec![b"client".to_vec()])], &heard[..]].concat());
        let expected = [greeting(1, NAME), initiate(1, b"server"), own_ready("ROUTER", plaintext)].concat();
        assert_eq!(said, expected);

        let (seen, said) = feed_every_way(|| dealer(plaintext), &server_recording(plaintext));
        assert_eq!(seen, heard);
        let expected =
            [&greeting(1, NAME)[..], &initiate(0, b"client"), &EMPTY, &own_ready("DEALER", plaintext)].concat();
        assert_eq!(said, expected);
    }
}

#[test]
fn recordings_cut_short_and_damaged() {
    for plaintext in [false, true] {
        for (is_server, bytes) in [(true, client_recording(plaintext)), (false, server_recording(plaintext))] {
            let make = if is_server { router } else { dealer };
            let parts = |p: &Peer| p.seen.iter().filter(|s| matches!(s, Seen::Part(..))).count();
            for end in 0..bytes.len() {
                let mut peer = make(plaintext);
                peer.feed(&bytes[..end]);
                assert!(peer.failure().is_none() && parts(&peer) < 2, "{end} bytes");
            }
            let mut sound = make(plaintext);
            sound.feed(&bytes);
            for bit in greeting(1, NAME).len() * 8..bytes.len() * 8 {
                let mut damaged = bytes.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                let mut peer = make(plaintext);
                peer.feed(&damaged);
                // What is not protected may change: everything after the tokens if PLAINTEXT is set, otherwise flags that
                // mean nothing.
                assert!(plaintext || peer.seen == sound.seen || parts(&peer) < 2, "bit {bit}: {:?}", peer.seen);
                let ready = peer.seen.iter().any(|s| matches!(s, Seen::Ready(..)));
                let in_token = bit / 8 < greeting(1, NAME).len() + initiate(0, b"client").len();
                assert!(!ready || !in_token || peer.seen == sound.seen, "bit {bit}: {:?}", peer.seen);
            }
        }
    }
}

#[test]
fn what_the_wire_carries_after_the_handshake() {
    let (mut c, mut s) = (dealer(false), router(false));
    talk(&mut c, &mut s, usize::MAX);
    c.send(b"x", true);
    assert_eq!(c.drain(), message(0, 1, b"\x01x"));
    s.send(&[0; 300], false);
    assert_eq!(s.drain(), message(0, 1, &[0; 301]));
    s.send(b"y", false);
    s.drain();
    c.feed(&message(0, 1, b"\x02\x04PING\0\0hi"));
    assert_eq!(c.drain(), message(0, 2, b"\x02\x04PONGhi"));
    // The flags inside count, not those of the frame.
    c.feed(&[message(5, 2, b"\0\x04PING\0\0hi"), message(1, 3, b"\xf9")].concat());
    let [.., first, second] = &c.seen[..] else { panic!() };
    assert_eq!((first, second), (&Seen::Part(b"\x04PING\0\0hi".to_vec(), 0), &Seen::Part(vec![], flag::MORE)));
}

#[test]
fn subscriptions_and_heartbeats_are_wrapped() {
    let heartbeat = Some(Heartbeat { ivl: Duration::from_millis(10), timeout: None, ttl_ds: 7 });
    for plaintext in [false, true] {
        let mut s = Peer::new(server_config(SocketType::Xpub, plaintext));
        s.zap = Some(|_| ZapReply::NoHandler);
        let mut c = Peer::new(Config { heartbeat, ..client_config(SocketType::Sub, plaintext) });
        talk(&mut c, &mut s, usize::MAX);
        s.seen.clear();
        c.subscribe(b"topic", true);
        c.subscribe(b"topic", false);
        let t0 = Instant::now();
        let first = c.conn.update_timers(t0).unwrap();
        c.conn.handle_timeout(first).unwrap();
        talk(&mut c, &mut s, 1);
        let expected = [Seen::Part(b"topic".to_vec(), flag::SUBSCRIBE), Seen::Part(b"topic".to_vec(), flag::CANCEL)];
        assert_eq!(s.seen, expected);
        assert!(s.conn.timers_changed(), "the PING promised more");
    }
}

#[test]
fn the_handlers_verdicts() {
    let verdict = |answer: Judge, domain: bool, enforced: bool| {
        let config = server_config(SocketType::Router, false);
        let mut s = Peer::new(Config { zap_domain: domain, zap_enforced: enforced, ..config });
        s.zap = Some(answer);
        let mut c = client(false);
        talk(&mut c, &mut s, usize::MAX);
        assert_eq!(s.seen[0], Seen::Zap(NAME, vec![b"client".to_vec()]), "always asked");
        (c.failure(), s.seen[1].clone(), c.conn.is_ready())
    };
    let ready = Seen::Ready(Protocol::V3_1, b"cli".to_vec());
    for (domain, enforced) in [(false, false), (true, false), (false, true)] {
        assert_eq!(verdict(|_| ZapReply::NoHandler, domain, enforced), (None, ready.clone(), true));
    }
    let required = ProtocolError { failure: Failure::NoDetail(Errno::EFAULT), flush: false };
    assert_eq!(verdict(|_| ZapReply::NoHandler, true, true), (None, Seen::Failed(required), false));

    let denied = ProtocolError { failure: Failure::Auth(400), flush: true };
    let answer: Judge = |_| ZapReply::Answer { status: 400, user_id: vec![], metadata: vec![] };
    assert_eq!(verdict(answer, false, false), (Some(Failure::Auth(400)), Seen::Failed(denied), false));
    let answer: Judge = |_| ZapReply::Answer { status: 300, user_id: vec![], metadata: vec![] };
    assert_eq!(verdict(answer, false, false), (None, Seen::Refused, false));
}

#[test]
fn what_a_library_refuses() {
    for (refusal, failure) in
        [(Refusal::Local, Failure::Local(Errno::EACCES)), (Refusal::Peer, Failure::Protocol(code::ZMTP_CRYPTOGRAPHIC))]
    {
        for is_server in [false, true] {
            let fake = Fake { refuses: Some(refusal), ..Fake::new(b"x", 2) };
            let mut peer = Peer::new(with(SocketType::Dealer, is_server, false, fake));
            peer.feed(&greeting(1, NAME));
            if is_server {
                assert_eq!(peer.failure(), None);
                peer.feed(&initiate(0, b"client"));
            }
            assert_eq!(peer.failure(), Some(failure));
            let Some(Seen::Failed(e)) = peer.seen.last() else { panic!() };
            assert_eq!(e.reconnect(), refusal == Refusal::Local);
        }
    }
    // A negotiation without an end.
    let mut s = Peer::new(with(SocketType::Router, true, false, Fake::new(b"server", 255)));
    let mut c = Peer::new(with(SocketType::Dealer, false, false, Fake::new(b"client", 255)));
    talk(&mut c, &mut s, usize::MAX);
    assert_eq!(c.failure(), protocol(code::ZMTP_UNSPECIFIED));
}

#[test]
fn what_is_refused_instead_of_a_token() {
    for make in [server as fn(bool) -> Peer, client] {
        let says = |bytes: &[u8]| {
            let mut peer = make(false);
            peer.feed(&[&greeting(1, NAME), bytes].concat());
            peer.failure()
        };
        for short in [&b""[..], b"\x08", b"\x08INITIAT", b"hello"] {
            assert_eq!(says(&frame(4, short)), protocol(code::ZMTP_MALFORMED_COMMAND_UNSPECIFIED));
        }
        for other in [command("READY", b""), command("HELLO", b""), command("INITIATX", b""), wrapped_ready("ROUTER")] {
            assert_eq!(says(&other), protocol(code::ZMTP_UNEXPECTED_COMMAND));
        }
        for data in [&b""[..], b"\0\0\0", b"\0\0\0\x04abc", b"\0\0\0\x02abc", b"\xff\xff\xff\xffabc"] {
            assert_eq!(says(&command("INITIATE", data)), protocol(code::ZMTP_MALFORMED_COMMAND_INITIATE));
        }
        for token in [&b""[..], b"abc", &[0; 300]] {
            assert_eq!(says(&command("INITIATE", &sized(token))), protocol(code::ZMTP_CRYPTOGRAPHIC));
        }
    }
    let says = |bytes: &[u8]| {
        let mut c = client(false);
        c.feed(&[&greeting(1, NAME), bytes].concat());
        c.failure()
    };
    assert_eq!(says(&command("ERROR", b"\x03400")), Some(Failure::Auth(400)));
    assert_eq!(says(&command("ERROR", b"\x04400")), protocol(code::ZMTP_MALFORMED_COMMAND_ERROR));
    let mut s = server(false);
    s.feed(&[greeting(1, NAME), command("ERROR", b"\x03400")].concat());
    assert_eq!(s.failure(), protocol(code::ZMTP_UNEXPECTED_COMMAND));
}

#[test]
fn what_is_refused_after_the_tokens() {
    let says = |bytes: &[u8]| {
        let mut s = server(false);
        s.feed(&[&greeting(1, NAME)[..], &initiate(0, b"client"), bytes].concat());
        assert!(!s.conn.is_ready());
        s.failure()
    };
    assert_eq!(says(&EMPTY), None);
    assert_eq!(says(&frame(4, b"zzz")), protocol(code::ZMTP_MALFORMED_COMMAND_UNSPECIFIED));
    assert_eq!(says(&initiate(0, b"client")), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    assert_eq!(says(&wrapped_ready("DEALER")), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    assert_eq!(says(&command("ERROR", b"\x03400")), protocol(code::ZMTP_UNEXPECTED_COMMAND));
}

/// What either side says to this instead of READY.
fn instead_of_ready(is_server: bool, plaintext: bool, bytes: &[u8]) -> Option<Failure> {
    let (mut peer, first) = match is_server {
        true => (server(plaintext), [&initiate(0, b"client")[..], &EMPTY].concat()),
        false => (client(plaintext), initiate(1, b"server")),
    };
    peer.feed(&[greeting(1, NAME), first].concat());
    assert_eq!(peer.failure(), None);
    peer.feed(bytes);
    assert_eq!(peer.conn.is_ready(), peer.failure().is_none());
    peer.failure()
}

#[test]
fn what_is_refused_as_ready() {
    for is_server in [false, true] {
        let other = if is_server { "DEALER" } else { "ROUTER" };
        let says = |bytes: &[u8]| instead_of_ready(is_server, false, bytes);
        let unexpected = protocol(code::ZMTP_UNEXPECTED_COMMAND);
        let malformed = protocol(code::ZMTP_MALFORMED_COMMAND_UNSPECIFIED);
        let cryptographic = protocol(code::ZMTP_CRYPTOGRAPHIC);
        assert_eq!(says(&wrapped_ready(other)), None);
        assert_eq!(says(&message(0, 0, &[b"\xff", &ready_body(other)[..]].concat())), None, "flags are ignored");
        for bytes in [ready(other), initiate(0, b"x"), message(4, 0, b"\0\x05READX"), message(4, 0, b"\0\x04PING")] {
            assert_eq!(says(&bytes), unexpected);
        }
        for bytes in [&b""[..], b"\x07MESS", b"\x07"] {
            assert_eq!(says(&frame(4, bytes)), malformed);
        }
        for content in [&b"\0"[..], b"\0\x05READ"] {
            assert_eq!(says(&message(4, 0, content)), malformed);
        }
        assert_eq!(says(&command("MESSAGE", b"\0\0\0")), protocol(code::ZMTP_MALFORMED_COMMAND_MESSAGE));
        assert_eq!(says(&message(4, 0, b"")), protocol(code::ZMTP_MALFORMED_COMMAND_MESSAGE), "no flags");
        for data in [&b"\0\0\0\x03abc"[..], b"\0\0\0\0", b"\0\0\0\x02abc", b"\0\0\0\x04abc"] {
            assert_eq!(says(&command("MESSAGE", data)), cryptographic);
        }
        assert_eq!(says(&message(4, 1, b"\0\x05READY")), cryptographic, "not the first");
        let invalid = protocol(code::ZMTP_INVALID_METADATA);
        for metadata in [b"\x0bSock".to_vec(), property("Socket-Type", b"PUB")] {
            let content = [&b"\0\x05READY"[..], &metadata].concat();
            assert_eq!(says(&message(4, 0, &content)), invalid);
            assert_eq!(instead_of_ready(is_server, true, &command("READY", &metadata)), invalid);
        }
        assert_eq!(instead_of_ready(is_server, true, &ready(other)), None);
        assert_eq!(instead_of_ready(is_server, true, &wrapped_ready(other)), unexpected);
        for plaintext in [false, true] {
            let told = instead_of_ready(is_server, plaintext, &command("ERROR", b"\x03500"));
            assert_eq!(told, if is_server { unexpected } else { Some(Failure::Auth(500)) });
        }
    }
}

#[test]
fn what_is_refused_as_message() {
    let says = |bytes: &[u8]| {
        let mut s = router(false);
        s.feed(&[&greeting(1, NAME)[..], &initiate(0, b"client"), &EMPTY, &wrapped_ready("DEALER")].concat());
        assert!(s.conn.is_ready());
        s.feed(bytes);
        s.failure()
    };
    assert_eq!(says(&message(0, 1, b"\0hello")), None);
    for body in [&b""[..], b"hello", b"\x07MESSAG"] {
        assert_eq!(says(&frame(0, body)), protocol(code::ZMTP_MALFORMED_COMMAND_UNSPECIFIED));
    }
    for body in [&b"\x05READY"[..], b"\x07MESSAGX\0\0\0\0", b"\0"] {
        assert_eq!(says(&frame(0, body)), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    }
    for len in 0..4 {
        assert_eq!(says(&command("MESSAGE", &vec![0; len])), protocol(code::ZMTP_MALFORMED_COMMAND_MESSAGE));
    }
    assert_eq!(says(&message(0, 1, b"")), protocol(code::ZMTP_MALFORMED_COMMAND_MESSAGE));
    assert_eq!(says(&message(0, 0, b"\0hello")), protocol(code::ZMTP_CRYPTOGRAPHIC), "a repetition");
    assert_eq!(says(&message(0, 2, b"\0hello")), protocol(code::ZMTP_CRYPTOGRAPHIC), "a gap");
    let good = message(0, 1, b"\0hello");
    for bit in 2 * 8..good.len() * 8 {
        let mut damaged = good.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(matches!(says(&damaged), Some(Failure::Protocol(_))), "bit {bit}");
    }
}

#[test]
fn nothing_is_taken_while_the_library_or_the_handler_thinks() {
    // The client's first step is not taken yet.
    let mut c = Connection::new(client_config(SocketType::Dealer, false));
    let bytes = [greeting(1, NAME), initiate(1, b"server")].concat();
    c.fill(&mut &bytes[..]).unwrap();
    let Ok(Some(Event::Negotiate(step))) = c.poll_event() else { panic!() };
    assert_eq!(c.poll_event().unwrap_err().failure, Failure::Protocol(code::ZMTP_UNSPECIFIED));
    assert_eq!(c.negotiated(step.run()), Ok(()), "too late to matter");
    assert!(c.poll_event().is_err());

    let mut s = server(false);
    s.zap = None;
    s.feed(&[&greeting(1, NAME)[..], &initiate(0, b"client"), &EMPTY].concat());
    assert_eq!(s.failure(), None);
    s.feed(&wrapped_ready("DEALER"));
    assert_eq!(s.failure(), protocol(code::ZMTP_UNSPECIFIED));
}

#[test]
fn sides_that_do_not_fit() {
    // Encryption on one side only.
    for (on_client, on_server) in [(false, true), (true, false)] {
        let (mut c, mut s) = (client(on_client), server(on_server));
        talk(&mut c, &mut s, usize::MAX);
        assert!(c.failure().or(s.failure()) == protocol(code::ZMTP_UNEXPECTED_COMMAND));
        assert!(!c.conn.is_ready() && !s.conn.is_ready());
    }
    // Two servers wait for each other, two clients take each other's token for a server's.
    let (mut a, mut b) = (server(false), server(false));
    talk(&mut a, &mut b, usize::MAX);
    assert_eq!((a.seen.len(), b.seen.len()), (0, 0));
    let (mut a, mut b) = (client(false), client(false));
    talk(&mut a, &mut b, usize::MAX);
    assert_eq!((a.failure(), b.failure()), (protocol(code::ZMTP_CRYPTOGRAPHIC), protocol(code::ZMTP_CRYPTOGRAPHIC)));
}
