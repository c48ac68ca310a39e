//! The question to the ZAP handler, its answer, and NULL with a domain.

use super::super::*;
use super::harness::*;
use crate::message::Msg;
use crate::socket_type::SocketType;

fn reply(parts: &[&[u8]]) -> Vec<Msg> {
    let mut msgs: Vec<Msg> = parts.iter().map(|p| Msg::from_slice(p).unwrap()).collect();
    let last = msgs.len() - 1;
    msgs[..last].iter_mut().for_each(|m| m.set_more(true));
    msgs
}

#[test]
fn the_request() {
    let r = ZapRequest { mechanism: "PLAIN", credentials: vec![b"u".to_vec(), b"p".to_vec()], optional: false };
    let parts = r.into_parts(b"", b"127.0.0.1", b"id").unwrap();
    let bytes: Vec<&[u8]> = parts.iter().map(Msg::data).collect();
    assert_eq!(bytes, [&b""[..], b"1.0", b"1", b"", b"127.0.0.1", b"id", b"PLAIN", b"u", b"p"]);
    let more: Vec<bool> = parts.iter().map(Msg::more).collect();
    assert_eq!(more, [true, true, true, true, true, true, true, true, false]);
}

#[test]
fn replies_are_checked_in_order() {
    let good: [&[u8]; 7] = [b"", b"1.0", b"1", b"200", b"OK", b"user", b"\x01a\0\0\0\x01b"];
    let expected =
        ZapReply::Answer { status: 200, user_id: b"user".to_vec(), metadata: vec![(b"a".to_vec(), b"b".to_vec())] };
    assert_eq!(ZapReply::parse(&reply(&good)), Ok(expected));
    // What is wrong with a part, from the last to the first: the first wrong part decides.
    let mut parts = good;
    for (i, bad, error) in [
        (6, &b"\x01a\0\0\0\x02b"[..], code::ZAP_INVALID_METADATA),
        (3, b"201", code::ZAP_INVALID_STATUS_CODE),
        (2, b"2", code::ZAP_BAD_REQUEST_ID),
        (1, b"1.1", code::ZAP_BAD_VERSION),
        (0, b"x", code::ZAP_UNSPECIFIED),
    ] {
        parts[i] = bad;
        let e = ZapReply::parse(&reply(&parts)).unwrap_err();
        assert!(e.failure == Failure::Protocol(error) && !e.flush, "part {i}");
    }
    let malformed =
        |msgs: &[Msg]| ZapReply::parse(msgs).unwrap_err().failure == Failure::Protocol(code::ZAP_MALFORMED_REPLY);
    assert!(malformed(&reply(&good[..6])));
    assert!(malformed(&reply(&[&good[..], &[b"more"]].concat())));
    assert!(malformed(&[]));
    let mut broken = reply(&good);
    broken[3].set_more(false);
    assert!(malformed(&broken));
    broken[3].set_more(true);
    broken[6].set_more(true);
    assert!(malformed(&broken));
    for status in [b"", &b"20"[..], b"2000", b"100", b"abc"] {
        let mut parts = good;
        parts[3] = status;
        assert!(ZapReply::parse(&reply(&parts)).is_err());
    }
}

/// A PULL socket with NULL and a domain.
fn guarded(zap: Option<Judge>) -> Peer {
    let mut peer = Peer::new(Config { zap_domain: true, ..config(SocketType::Pull) });
    peer.zap = zap;
    peer
}

#[test]
fn null_with_a_domain_asks_before_ready() {
    let mut peer = guarded(None);
    peer.feed(&[greeting(1, "NULL"), ready("PUSH")].concat());
    assert_eq!(peer.seen, [Seen::Zap("NULL", vec![])]);
    assert_eq!(peer.drain().len(), 64);
    peer.conn.zap_reply(ZapReply::NoHandler).unwrap();
    peer.poll();
    assert_eq!(peer.seen.last(), Some(&Seen::Ready(Protocol::V3_1, vec![])));
    assert_eq!(peer.drain(), ready("PULL"));
    // An answer that nobody waits for changes nothing.
    peer.conn.zap_reply(ZapReply::Answer { status: 400, user_id: vec![], metadata: vec![] }).unwrap();
    assert!(peer.conn.is_ready() && peer.drain().is_empty());
}

#[test]
fn a_second_ready_while_the_handler_thinks_is_an_error() {
    let mut peer = guarded(None);
    peer.feed(&[greeting(1, "NULL"), ready("PUSH"), ready("PUSH")].concat());
    assert_eq!(peer.failure(), Some(Failure::Protocol(code::ZMTP_UNEXPECTED_COMMAND)));
}

#[test]
fn denial_is_told_to_the_peer() {
    let (mut a, mut b) = (
        guarded(Some(|_| ZapReply::Answer { status: 500, user_id: vec![], metadata: vec![] })),
        Peer::new(config(SocketType::Push)),
    );
    talk(&mut a, &mut b, usize::MAX);
    assert_eq!(a.failure(), Some(Failure::Auth(500)));
    assert_eq!(b.failure(), Some(Failure::Auth(500)));
}

#[test]
fn peers_cannot_announce_what_this_side_finds_out() {
    let forged = [property("Socket-Type", b"PUSH"), property("User-Id", b"root"), property("X-y", b"z")].concat();
    let mut peer = Peer::new(config(SocketType::Pull));
    peer.feed(&[greeting(1, "NULL"), command("READY", &forged)].concat());
    let names: Vec<Vec<u8>> = peer.info.unwrap().properties.into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, [b"Socket-Type".to_vec(), b"X-y".to_vec()]);
}

#[test]
fn an_enforced_domain_needs_a_handler() {
    let failure = Some(Failure::NoDetail(crate::errno::Errno::EFAULT));
    let ask = |domain: bool, mechanism: MechanismConfig, greeted: &[u8]| {
        let config = Config { zap_domain: domain, zap_enforced: true, mechanism, ..config(SocketType::Pull) };
        let mut peer = Peer::new(config);
        peer.zap = Some(|_| ZapReply::NoHandler);
        peer.feed(greeted);
        peer
    };
    let null = [greeting(1, "NULL"), ready("PUSH")].concat();
    let guarded = ask(true, MechanismConfig::Null, &null);
    assert_eq!(guarded.seen[0], Seen::Zap("NULL", vec![]));
    assert_eq!(guarded.failure(), failure);
    // Without a domain there is nothing to enforce.
    assert_eq!(ask(false, MechanismConfig::Null, &null).seen, [Seen::Ready(Protocol::V3_1, vec![])]);

    let plain = [greeting(1, "PLAIN"), command("HELLO", b"\x01u\x01p")].concat();
    let guarded = ask(true, MechanismConfig::PlainServer, &plain);
    assert!(matches!(guarded.seen[0], Seen::Zap("PLAIN", _)));
    assert_eq!(guarded.failure(), failure);
    // PLAIN without a domain has nobody that could let the peer in, and does not ask.
    let open = ask(false, MechanismConfig::PlainServer, &plain);
    assert_eq!(open.seen.len(), 1);
    assert_eq!(open.failure(), failure);
}

#[test]
fn an_enforced_domain_lets_a_handler_decide() {
    let mut peer = Peer::new(Config { zap_domain: true, zap_enforced: true, ..config(SocketType::Pull) });
    peer.zap = Some(|_| ZapReply::Answer { status: 200, user_id: b"u".to_vec(), metadata: vec![] });
    peer.feed(&[greeting(1, "NULL"), ready("PUSH")].concat());
    assert_eq!(peer.seen, [Seen::Zap("NULL", vec![]), Seen::Ready(Protocol::V3_1, vec![])]);
}
