//! PLAIN: the handshake, and the error that each deviation gives.

use super::super::*;
use super::harness::*;
use crate::errno::Errno;
use crate::socket_type::SocketType;

fn accept(_: &[Vec<u8>]) -> ZapReply {
    ZapReply::Answer {
        status: 200,
        user_id: b"someone".to_vec(),
        metadata: vec![(b"Hello".to_vec(), b"World".to_vec())],
    }
}

fn client() -> Peer {
    let mechanism = MechanismConfig::PlainClient { username: b"u".to_vec(), password: b"pass".to_vec() };
    Peer::new(Config { mechanism, ..config(SocketType::Push) })
}

fn server(zap: Option<Judge>) -> Peer {
    let mut peer = Peer::new(Config { mechanism: MechanismConfig::PlainServer, ..config(SocketType::Pull) });
    peer.zap = zap;
    peer
}

const HELLO: &[u8] = b"\x04\x0d\x05HELLO\x01u\x04pass";
const WELCOME: &[u8] = b"\x04\x08\x07WELCOME";

fn initiate() -> Vec<u8> {
    command("INITIATE", &property("Socket-Type", b"PUSH"))
}

#[test]
fn client_and_server_meet() {
    for step in [usize::MAX, 5, 1] {
        let (mut c, mut s) = (client(), server(Some(accept)));
        talk(&mut c, &mut s, step);
        assert_eq!(c.seen, [Seen::Ready(Protocol::V3_1, vec![])]);
        let credentials = vec![b"u".to_vec(), b"pass".to_vec()];
        assert_eq!(s.seen, [Seen::Zap("PLAIN", credentials), Seen::Ready(Protocol::V3_1, vec![])]);
        let properties = s.info.unwrap().properties;
        assert_eq!(properties[0], (b"User-Id".to_vec(), b"someone".to_vec()));
        assert_eq!(properties[1], (b"Hello".to_vec(), b"World".to_vec()));
        assert_eq!(properties[2], (b"Socket-Type".to_vec(), b"PUSH".to_vec()));
    }
}

#[test]
fn bytes_of_both_sides() {
    let input = [greeting(1, "PLAIN"), HELLO.to_vec(), initiate(), frame(0, b"hi")].concat();
    let (seen, out) = feed_every_way(|| server(Some(accept)), &input);
    assert_eq!(seen.last(), Some(&Seen::Part(b"hi".to_vec(), 0)));
    assert_eq!(out[64..], [WELCOME, &ready("PULL")].concat());
    let input = [greeting(1, "PLAIN"), WELCOME.to_vec(), ready("PULL"), frame(0, b"hi")].concat();
    let (seen, out) = feed_every_way(client, &input);
    assert_eq!(seen.last(), Some(&Seen::Part(b"hi".to_vec(), 0)));
    assert_eq!(out[64..], [HELLO, &initiate()].concat());
}

/// What a fresh peer says to these commands after the greeting.
fn verdict(mut peer: Peer, commands: &[&[u8]]) -> Option<Failure> {
    peer.feed(&greeting(1, "PLAIN"));
    for c in commands {
        peer.feed(c);
    }
    peer.failure()
}

#[test]
fn what_the_server_refuses() {
    let hello = |commands: &[&[u8]]| verdict(server(None), commands);
    let protocol = |c| Some(Failure::Protocol(c));
    for short in [&b""[..], b"\x05", b"\x05HEL", b"\0"] {
        assert_eq!(hello(&[&frame(4, short)]), protocol(code::ZMTP_MALFORMED_COMMAND_UNSPECIFIED), "{short:?}");
    }
    for other in [&b"\0HELLO"[..], b"\x05READY", b"\x08INITIATE", b"\x05hello\x01u\x01p", b"\x05ERROR\x03400"] {
        assert_eq!(hello(&[&frame(4, other)]), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    }
    for bad in [&b""[..], b"\x01", b"\x01u", b"\x01u\x02p", b"\x01u\x01px", b"\x02u", b"\0"] {
        assert_eq!(hello(&[&command("HELLO", bad)]), protocol(code::ZMTP_MALFORMED_COMMAND_HELLO), "{bad:?}");
    }
    assert_eq!(hello(&[HELLO]), None);
    assert_eq!(hello(&[HELLO, HELLO]), protocol(code::ZMTP_UNSPECIFIED), "while the handler is asked");
    let later = |c: &[u8]| verdict(server(Some(accept)), &[HELLO, c]);
    for other in [frame(4, b""), command("INITIATX", b""), HELLO.to_vec()] {
        assert_eq!(later(&other), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    }
    assert!(matches!(later(&command("INITIATE", b"x")), Some(Failure::Silent(_))));
    assert!(matches!(later(&command("INITIATE", &property("Socket-Type", b"SUB"))), Some(Failure::Silent(_))));
}

#[test]
fn what_the_client_refuses() {
    let protocol = |c| Some(Failure::Protocol(c));
    let of = |commands: &[&[u8]]| verdict(client(), commands);
    for other in [frame(4, b""), frame(4, b"\x07WELC"), ready("PULL"), HELLO.to_vec()] {
        assert_eq!(of(&[&other]), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    }
    assert_eq!(of(&[WELCOME, WELCOME]), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    assert_eq!(of(&[&command("WELCOME", b"x")]), protocol(code::ZMTP_MALFORMED_COMMAND_WELCOME));
    for bad in [command("READY", b"x"), ready("SUB"), ready("")] {
        assert_eq!(of(&[WELCOME, &bad]), protocol(code::ZMTP_INVALID_METADATA));
    }
    for before in [&[][..], &[WELCOME]] {
        let with = |c: &[u8]| of(&[before, &[c]].concat());
        for (reason, status) in [(b"300", 300), (b"400", 400), (b"500", 500)] {
            assert_eq!(with(&command("ERROR", &[&[3], &reason[..]].concat())), Some(Failure::Auth(status)));
        }
        assert!(matches!(with(&command("ERROR", b"\x02no")), Some(Failure::Silent(_))));
        assert_eq!(with(&command("ERROR", b"")), protocol(code::ZMTP_MALFORMED_COMMAND_ERROR));
        assert_eq!(with(&command("ERROR", b"\x04400")), protocol(code::ZMTP_MALFORMED_COMMAND_ERROR));
        // As libzmq 4.3.4 spells it.
        assert_eq!(with(b"\x04\x09\x5eRROR\x03400"), Some(Failure::Auth(400)));
    }
}

#[test]
fn the_handlers_verdicts() {
    fn deny(_: &[Vec<u8>]) -> ZapReply {
        ZapReply::Answer { status: 400, user_id: vec![], metadata: vec![] }
    }
    fn later(_: &[Vec<u8>]) -> ZapReply {
        ZapReply::Answer { status: 300, user_id: vec![], metadata: vec![] }
    }
    let (mut c, mut s) = (client(), server(Some(deny)));
    talk(&mut c, &mut s, 3);
    let Some(Seen::Failed(e)) = s.seen.last() else { panic!("{:?}", s.seen) };
    assert!(e.failure == Failure::Auth(400) && e.flush && !e.reconnect());
    assert_eq!(c.failure(), Some(Failure::Auth(400)));

    let (mut c, mut s) = (client(), server(Some(later)));
    talk(&mut c, &mut s, 3);
    assert_eq!(s.seen.last(), Some(&Seen::Refused));
    s.feed(&initiate());
    assert_eq!(s.seen.last(), Some(&Seen::Refused));
    assert!(c.seen.is_empty() && s.drain().is_empty());

    let (mut c, mut s) = (client(), server(Some(|_| ZapReply::NoHandler)));
    talk(&mut c, &mut s, 3);
    assert_eq!(s.failure(), Some(Failure::NoDetail(Errno::EFAULT)));
}

#[test]
fn mechanisms_must_agree() {
    let mut c = client();
    let mut n = Peer::new(config(SocketType::Pull));
    talk(&mut c, &mut n, 1);
    for peer in [&c, &n] {
        let Some(Seen::Failed(e)) = peer.seen.last() else { panic!("{:?}", peer.seen) };
        assert_eq!(e.failure, Failure::Protocol(code::ZMTP_MECHANISM_MISMATCH));
        assert!(e.flush && !e.reconnect());
    }
    for name in ["PLAINX", "PLAI", "plain", ""] {
        let mut c = client();
        c.feed(&greeting(1, name));
        assert_eq!(c.failure(), Some(Failure::Protocol(code::ZMTP_MECHANISM_MISMATCH)));
    }
}
