//! Properties of the application's own, with every mechanism.

use super::super::*;
use super::harness::*;
use crate::socket_type::SocketType;
use crypto_box::SecretKey;

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn pair(name: &str, value: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (name.into(), value.to_vec())
}

/// The properties of its own that a peer was told.
fn told(peer: Peer) -> Pairs {
    let mut properties = peer.info.unwrap().properties;
    properties.retain(|(name, _)| name.starts_with(b"X-"));
    properties
}

#[test]
fn follow_those_of_the_protocol() {
    let config = |kind| Config { metadata: vec![pair("X-a", b"1"), pair("X-b", b"2:3")], ..config(kind) };
    let own = [property("X-a", b"1"), property("X-b", b"2:3")].concat();
    let mut dealer = Peer::new(config(SocketType::Dealer));
    dealer.feed(&greeting(1, "NULL"));
    let expected = [property("Socket-Type", b"DEALER"), property("Identity", b""), own.clone()].concat();
    assert_eq!(dealer.drain()[64..], command("READY", &expected));
    let mut publisher = Peer::new(config(SocketType::Pub));
    publisher.feed(&greeting(1, "NULL"));
    let expected = [property("Socket-Type", b"PUB"), own].concat();
    assert_eq!(publisher.drain()[64..], command("READY", &expected));
}

#[test]
fn both_sides_are_told_with_every_mechanism() {
    let (server, client) = (SecretKey::from([11; 32]), SecretKey::from([22; 32]));
    let mechanisms = [
        (MechanismConfig::Null, MechanismConfig::Null),
        (
            MechanismConfig::PlainServer,
            MechanismConfig::PlainClient { username: b"u".to_vec(), password: b"p".to_vec() },
        ),
        (
            MechanismConfig::CurveServer { secret_key: server.to_bytes() },
            MechanismConfig::CurveClient {
                public_key: *client.public_key().as_bytes(),
                secret_key: client.to_bytes(),
                server_key: *server.public_key().as_bytes(),
            },
        ),
    ];
    let long = vec![b'v'; 5000];
    for (theirs, mine) in mechanisms {
        let peer = |mechanism, metadata: Pairs| {
            let mut peer = Peer::new(Config { mechanism, metadata, ..config(SocketType::Dealer) });
            peer.zap = Some(|_| ZapReply::Answer { status: 200, user_id: vec![], metadata: vec![] });
            peer
        };
        let mut a = peer(theirs, vec![pair("X-side", b"server"), pair("X-long", &long)]);
        let mut b = peer(mine, vec![pair("X-side", b"client")]);
        talk(&mut a, &mut b, 1000);
        assert_eq!(told(a), [pair("X-side", b"client")]);
        assert_eq!(told(b), [pair("X-side", b"server"), pair("X-long", &long)]);
    }
}
