//! CURVE: against itself, and against a client and a server that are written here, from RFC 26, over another
//! implementation of the boxes.

use super::super::*;
use super::harness::*;
use crate::errno::Errno;
use crate::message::flag;
use crate::socket_type::SocketType;
use crypto_box::aead::AeadMut;
use crypto_box::{PublicKey, SalsaBox, SecretKey};
use std::time::{Duration, Instant};

fn key(seed: u8) -> SecretKey {
    SecretKey::from([seed; 32])
}

const SERVER: u8 = 11;
const CLIENT: u8 = 22;

fn server_config(kind: SocketType) -> Config {
    let mechanism = MechanismConfig::CurveServer { secret_key: key(SERVER).to_bytes() };
    Config { mechanism, routing_id: vec![b's'; 255], ..config(kind) }
}

fn client_config(kind: SocketType) -> Config {
    let mechanism = MechanismConfig::CurveClient {
        public_key: *key(CLIENT).public_key().as_bytes(),
        secret_key: key(CLIENT).to_bytes(),
        server_key: *key(SERVER).public_key().as_bytes(),
    };
    Config { mechanism, routing_id: vec![b'c'; 255], ..config(kind) }
}

fn server() -> Peer {
    let mut peer = Peer::new(server_config(SocketType::Router));
    peer.zap = Some(|_| ZapReply::NoHandler);
    peer
}

fn client() -> Peer {
    Peer::new(client_config(SocketType::Dealer))
}

fn protocol(c: u32) -> Option<Failure> {
    Some(Failure::Protocol(c))
}

#[test]
fn both_sides_meet_and_talk() {
    for step in [usize::MAX, 1000, 3] {
        let (mut c, mut s) = (client(), server());
        talk(&mut c, &mut s, step);
        assert_eq!(c.seen, [Seen::Ready(Protocol::V3_1, vec![])], "a DEALER has no use for the id");
        assert_eq!(c.info.as_ref().unwrap().properties[1], (b"Identity".to_vec(), vec![b's'; 255]));
        let asked = Seen::Zap("CURVE", vec![key(CLIENT).public_key().as_bytes().to_vec()]);
        assert_eq!(s.seen, [asked, Seen::Ready(Protocol::V3_1, vec![b'c'; 255])]);
        let sizes = [0, 1, 33, 34, 222, 223, 300, 5000, 16_000, 17_000, 200_000, 1_100_000];
        for (i, size) in sizes.into_iter().enumerate().filter(|(_, size)| step > 100 || *size < 20_000) {
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
fn frames_carry_no_flags_outside_the_box() {
    let (mut c, mut s) = (client(), server());
    talk(&mut c, &mut s, usize::MAX);
    c.send(b"x", true);
    let out = c.drain();
    assert_eq!(out[..10], *b"\x00\x22\x07MESSAGE");
    assert_eq!(out[10..18], 3_u64.to_be_bytes(), "after HELLO and INITIATE");
    s.send(&[0; 300], false);
    let out = s.drain();
    assert_eq!(out[..9], [&[2][..], &333_u64.to_be_bytes()].concat());
    assert_eq!(out[17..25], 2_u64.to_be_bytes(), "after READY");
}

#[test]
fn subscriptions_and_heartbeats_travel_in_boxes() {
    let heartbeat = Some(Heartbeat { ivl: Duration::from_millis(10), timeout: None, ttl_ds: 7 });
    let mut s = Peer::new(server_config(SocketType::Xpub));
    s.zap = Some(|_| ZapReply::NoHandler);
    let mut c = Peer::new(Config { heartbeat, ..client_config(SocketType::Sub) });
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

#[test]
fn the_handlers_verdicts() {
    let mut s = Peer::new(server_config(SocketType::Router));
    s.zap = Some(|_| ZapReply::Answer { status: 400, user_id: vec![], metadata: vec![] });
    let mut c = client();
    talk(&mut c, &mut s, usize::MAX);
    assert_eq!((c.failure(), s.failure()), (Some(Failure::Auth(400)), Some(Failure::Auth(400))));

    let mut s = Peer::new(server_config(SocketType::Router));
    s.zap = Some(|_| ZapReply::Answer { status: 300, user_id: vec![], metadata: vec![] });
    let mut c = client();
    talk(&mut c, &mut s, usize::MAX);
    assert_eq!((c.seen.len(), s.seen.last()), (0, Some(&Seen::Refused)));

    let mut s = Peer::new(server_config(SocketType::Router));
    s.zap = Some(|_| ZapReply::Answer { status: 200, user_id: b"me".to_vec(), metadata: vec![] });
    let mut c = client();
    talk(&mut c, &mut s, usize::MAX);
    assert_eq!(s.info.unwrap().properties[0], (b"User-Id".to_vec(), b"me".to_vec()));
}

#[test]
fn wrong_and_empty_keys() {
    let right = || client_config(SocketType::Dealer).mechanism;
    let with = |change: fn(&mut [u8; 32], &mut [u8; 32], &mut [u8; 32])| {
        let mut mechanism = right();
        if let MechanismConfig::CurveClient { public_key, secret_key, server_key } = &mut mechanism {
            change(public_key, secret_key, server_key);
        }
        let mut c = Peer::new(Config { mechanism, ..config(SocketType::Dealer) });
        let mut s = server();
        talk(&mut c, &mut s, usize::MAX);
        (s.failure(), c.conn.is_ready() || s.conn.is_ready())
    };
    assert_eq!(with(|_, _, _| ()), (None, true));
    let refused = (protocol(code::ZMTP_CRYPTOGRAPHIC), false);
    assert_eq!(with(|public, _, _| *public = [0; 32]), refused);
    assert_eq!(with(|_, secret, _| *secret = [0; 32]), refused);
    assert_eq!(with(|_, _, server| *server = [0; 32]), refused);
    assert_eq!(with(|public, _, _| public[0] ^= 4), refused);
    assert_eq!(with(|_, secret, _| secret[9] ^= 4), refused);
    assert_eq!(with(|_, _, server| server[5] ^= 1), refused);
}

/// A nonce with a counter.
fn counted(prefix: &[u8; 16], count: u64) -> crypto_box::Nonce {
    let mut n = prefix.to_vec();
    n.extend(count.to_be_bytes());
    *crypto_box::Nonce::from_slice(&n)
}

fn long(prefix: &[u8; 8], rest: &[u8]) -> crypto_box::Nonce {
    *crypto_box::Nonce::from_slice(&[prefix, rest].concat())
}

/// A CURVE client by the book, with knobs.
struct Mock {
    short: SecretKey,
    long: SecretKey,
    server_short: Option<PublicKey>,
    cookie: Vec<u8>,
}

impl Mock {
    fn new() -> Mock {
        Mock { short: key(33), long: key(CLIENT), server_short: None, cookie: vec![] }
    }

    fn hello(&self, count: u64) -> Vec<u8> {
        let mut b = SalsaBox::new(&key(SERVER).public_key(), &self.short);
        let sealed = b.encrypt(&counted(b"CurveZMQHELLO---", count), &[0; 64][..]).unwrap();
        [&[1, 0][..], &[0; 72], self.short.public_key().as_bytes(), &count.to_be_bytes(), &sealed].concat()
    }

    /// Reads the frame with WELCOME.
    fn welcome(&mut self, frame: &[u8]) {
        assert_eq!(frame[..10], *b"\x04\xa8\x07WELCOME");
        let mut b = SalsaBox::new(&key(SERVER).public_key(), &self.short);
        let content = b.decrypt(&long(b"WELCOME-", &frame[10..26]), &frame[26..]).unwrap();
        self.server_short = Some(PublicKey::from_slice(&content[..32]).unwrap());
        self.cookie = content[32..].to_vec();
    }

    fn initiate(&self, count: u64, vouched: &[u8; 32], vouched_for: &[u8; 32], metadata: &[u8]) -> Vec<u8> {
        let server_short = self.server_short.as_ref().unwrap();
        let mut vouch_box = SalsaBox::new(server_short, &self.long);
        let vouch = vouch_box.encrypt(&long(b"VOUCH---", &[5; 16]), &[&vouched[..], vouched_for].concat()[..]).unwrap();
        let content = [self.long.public_key().as_bytes(), &[5; 16][..], &vouch, metadata].concat();
        let sealed = self.short_box().encrypt(&counted(b"CurveZMQINITIATE", count), &content[..]).unwrap();
        [&self.cookie[..], &count.to_be_bytes(), &sealed].concat()
    }

    fn proper_initiate(&self, metadata: &[u8]) -> Vec<u8> {
        self.initiate(2, self.short.public_key().as_bytes(), key(SERVER).public_key().as_bytes(), metadata)
    }

    fn short_box(&self) -> SalsaBox {
        SalsaBox::new(self.server_short.as_ref().unwrap(), &self.short)
    }

    fn message(&self, count: u64, content: &[u8]) -> Vec<u8> {
        let sealed = self.short_box().encrypt(&counted(b"CurveZMQMESSAGEC", count), content).unwrap();
        [&count.to_be_bytes(), &sealed[..]].concat()
    }
}

/// A server and a mock between WELCOME and INITIATE.
fn welcomed(hello_count: u64) -> (Peer, Mock) {
    let (mut s, mut mock) = (server(), Mock::new());
    s.feed(&greeting(1, "CURVE"));
    s.drain();
    s.feed(&command("HELLO", &mock.hello(hello_count)));
    mock.welcome(&s.drain());
    (s, mock)
}

/// A server and a mock after the handshake.
fn met() -> (Peer, Mock) {
    let (mut s, mock) = welcomed(1);
    let metadata = [property("Socket-Type", b"DEALER"), property("Identity", b"mock")].concat();
    s.feed(&command("INITIATE", &mock.proper_initiate(&metadata)));
    assert_eq!(s.seen.last(), Some(&Seen::Ready(Protocol::V3_1, b"mock".to_vec())));
    assert_eq!(s.drain()[9..15], *b"\x05READY");
    s.seen.clear();
    (s, mock)
}

#[test]
fn a_client_by_the_book() {
    let (mut s, mock) = welcomed(0);
    s.feed(&command("INITIATE", &mock.proper_initiate(&property("Socket-Type", b"DEALER"))));
    assert!(s.conn.is_ready());
    let ready = s.drain();
    let body = &ready[ready.windows(6).position(|w| w == b"\x05READY").unwrap()..];
    let metadata = mock.short_box().decrypt(&counted(b"CurveZMQREADY---", 1), &body[14..]).unwrap();
    assert_eq!(metadata, [property("Socket-Type", b"ROUTER"), property("Identity", &[b's'; 255])].concat());

    s.feed(&frame(0, &[b"\x07MESSAGE", &mock.message(3, b"\x01first")[..]].concat()));
    // Gaps are allowed, and so are any flags outside.
    s.feed(&frame(5, &[b"\x07MESSAGE", &mock.message(9, b"\x00second")[..]].concat()));
    s.feed(&frame(0, &[b"\x07MESSAGE", &mock.message(10, b"\x02\x04PING\0\0hi")[..]].concat()));
    let parts = &s.seen[s.seen.len() - 2..];
    assert_eq!(parts, [Seen::Part(b"first".to_vec(), flag::MORE), Seen::Part(b"second".to_vec(), 0)]);
    let pong = s.drain();
    let opened = mock.short_box().decrypt(&counted(b"CurveZMQMESSAGES", 2), &pong[18..]).unwrap();
    assert_eq!(opened, b"\x02\x04PONGhi");
}

#[test]
fn what_the_server_refuses_as_hello() {
    let says = |bytes: &[u8]| {
        let mut s = server();
        s.feed(&[&greeting(1, "CURVE"), bytes].concat());
        s.failure()
    };
    let good = Mock::new().hello(1);
    assert_eq!(says(&command("HELLO", &good)), None);
    for short in [&b""[..], b"\x05", b"\x05HEL"] {
        assert_eq!(says(&frame(4, short)), protocol(code::ZMTP_MALFORMED_COMMAND_UNSPECIFIED));
    }
    for other in
        [command("READY", b""), command("HELLX", &good), command("INITIATE", b""), command("ERROR", b"\x03400")]
    {
        assert_eq!(says(&other), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    }
    let malformed = protocol(code::ZMTP_MALFORMED_COMMAND_HELLO);
    assert_eq!(says(&command("HELLO", b"")), malformed);
    assert_eq!(says(&command("HELLO", &good[..193])), malformed);
    assert_eq!(says(&command("HELLO", &[&good[..], b"x"].concat())), malformed);
    let changed = |at: usize| {
        let mut hello = good.clone();
        hello[at] ^= 1;
        says(&command("HELLO", &hello))
    };
    assert_eq!((changed(0), changed(1)), (malformed, malformed));
    assert_eq!(changed(40), None, "padding");
    for at in [75, 113, 120, 193] {
        assert_eq!(changed(at), protocol(code::ZMTP_CRYPTOGRAPHIC), "byte {at}");
    }
}

#[test]
fn what_the_server_refuses_as_initiate() {
    let says = |change: &dyn Fn(&Mock, Vec<u8>) -> Vec<u8>| {
        let (mut s, mock) = welcomed(1);
        let good = command("INITIATE", &mock.proper_initiate(&property("Socket-Type", b"DEALER")));
        s.feed(&change(&mock, good));
        s.failure()
    };
    let initiate = |mock: &Mock, vouched: u8, vouched_for: u8| {
        command(
            "INITIATE",
            &mock.initiate(2, key(vouched).public_key().as_bytes(), key(vouched_for).public_key().as_bytes(), b""),
        )
    };
    assert_eq!(says(&|_, good| good), None);
    assert_eq!(says(&|m, _| initiate(m, 33, SERVER)), None, "metadata may be empty");
    assert_eq!(says(&|m, _| initiate(m, 34, SERVER)), protocol(code::ZMTP_KEY_EXCHANGE));
    assert_eq!(says(&|m, _| initiate(m, 33, 12)), protocol(code::ZMTP_KEY_EXCHANGE));
    assert_eq!(
        says(&|m, _| command("INITIATE", &m.proper_initiate(b"")[..247])),
        protocol(code::ZMTP_MALFORMED_COMMAND_INITIATE)
    );
    assert_eq!(says(&|_, _| command("HELLO", &Mock::new().hello(1))), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    for short in [&b""[..], b"\x08", b"\x08INIT"] {
        assert_eq!(says(&|_, _| frame(4, short)), protocol(code::ZMTP_MALFORMED_COMMAND_UNSPECIFIED));
    }
    // The cookie's nonce and box, the count, the box.
    for at in [0, 20, 95, 100, 104, 200] {
        let damaged = says(&|m, _| {
            let mut data = m.proper_initiate(b"");
            data[at] ^= 1;
            command("INITIATE", &data)
        });
        assert_eq!(damaged, protocol(code::ZMTP_CRYPTOGRAPHIC), "byte {at}");
    }
    for bad in [b"x".to_vec(), property("Socket-Type", b"SUB")] {
        let refused = says(&|m, _| command("INITIATE", &m.proper_initiate(&bad)));
        assert!(matches!(refused, Some(Failure::Silent(_))));
    }
    let (mut s, mock) = welcomed(2);
    s.feed(&command("INITIATE", &mock.proper_initiate(b"")));
    assert_eq!(s.failure(), protocol(code::ZMTP_INVALID_SEQUENCE), "INITIATE counts on from HELLO");
    // A cookie of another connection.
    let (mut s, mut mock) = welcomed(1);
    mock.cookie = welcomed(1).1.cookie;
    s.feed(&command("INITIATE", &mock.proper_initiate(b"")));
    assert_eq!(s.failure(), protocol(code::ZMTP_CRYPTOGRAPHIC));
}

#[test]
fn commands_while_the_handler_thinks_are_an_error() {
    let (mut s, mock) = welcomed(1);
    s.zap = None;
    s.feed(&command("INITIATE", &mock.proper_initiate(b"")));
    assert_eq!(s.failure(), None);
    s.feed(&frame(0, &[b"\x07MESSAGE", &mock.message(3, b"\0x")[..]].concat()));
    assert_eq!(s.failure(), protocol(code::ZMTP_UNSPECIFIED));
}

#[test]
fn what_is_refused_as_message() {
    let says = |bytes: &dyn Fn(&Mock) -> Vec<u8>| {
        let (mut s, mock) = met();
        s.feed(&frame(0, &bytes(&mock)));
        s.failure()
    };
    let message = |m: &Mock, count: u64| [b"\x07MESSAGE", &m.message(count, b"\0hello")[..]].concat();
    assert_eq!(says(&|m| message(m, 3)), None);
    for count in [0, 1, 2] {
        assert_eq!(says(&|m| message(m, count)), protocol(code::ZMTP_INVALID_SEQUENCE), "count {count}");
    }
    assert_eq!(says(&|m| message(m, 3).replace_name()), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    // A name that is longer than the frame is none.
    for torn in [&b"plain text"[..], b"\x07", b""] {
        assert_eq!(says(&|_| torn.to_vec()), protocol(code::ZMTP_MALFORMED_COMMAND_UNSPECIFIED), "{torn:?}");
    }
    assert_eq!(says(&|m| message(m, 3)[..32].to_vec()), protocol(code::ZMTP_MALFORMED_COMMAND_MESSAGE));
    assert_eq!(says(&|m| message(m, 3)[..33].to_vec()), protocol(code::ZMTP_CRYPTOGRAPHIC));
    for at in [15, 16, 32, 37] {
        let damaged = says(&|m| {
            let mut bytes = message(m, 3);
            bytes[at] ^= 0x80;
            bytes
        });
        assert_eq!(damaged, protocol(code::ZMTP_CRYPTOGRAPHIC), "byte {at}");
    }
    let (mut s, mock) = met();
    s.feed(&[frame(0, &message(&mock, 3)), frame(0, &message(&mock, 3))].concat());
    assert_eq!(s.failure(), protocol(code::ZMTP_INVALID_SEQUENCE), "a repetition");
}

trait ReplaceName {
    fn replace_name(self) -> Self;
}

impl ReplaceName for Vec<u8> {
    fn replace_name(mut self) -> Vec<u8> {
        self[7] = b'X';
        self
    }
}

/// What a client says to this instead of WELCOME.
fn client_says(bytes: &[u8]) -> Option<Failure> {
    let mut c = client();
    c.feed(&[&greeting(1, "CURVE"), bytes].concat());
    c.failure()
}

#[test]
fn what_the_client_refuses() {
    for other in [frame(4, b""), frame(4, b"\x07"), frame(4, b"\x07WELC"), command("HELLO", &[0; 194])] {
        assert_eq!(client_says(&other), protocol(code::ZMTP_UNEXPECTED_COMMAND));
    }
    for len in [0, 159, 160, 161] {
        assert_eq!(client_says(&command("WELCOME", &vec![0; len])), protocol(code::ZMTP_CRYPTOGRAPHIC));
    }
    assert_eq!(client_says(&command("READY", b"")), protocol(code::ZMTP_MALFORMED_COMMAND_READY));
    assert_eq!(client_says(&command("READY", &[0; 34])), protocol(code::ZMTP_CRYPTOGRAPHIC));
    assert_eq!(client_says(&command("ERROR", b"\x03400")), Some(Failure::Auth(400)));
    assert_eq!(client_says(&command("ERROR", b"\x03400x")), Some(Failure::Auth(400)));
    assert!(matches!(client_says(&command("ERROR", b"\x03foo")), Some(Failure::Silent(_))));
    assert_eq!(client_says(&command("ERROR", b"")), protocol(code::ZMTP_MALFORMED_COMMAND_ERROR));
    assert_eq!(client_says(&command("ERROR", b"\x04400")), protocol(code::ZMTP_MALFORMED_COMMAND_ERROR));
}

#[test]
fn a_server_by_the_book() {
    let says = |ready: &dyn Fn(&mut SalsaBox) -> Vec<u8>| {
        let mut c = client();
        c.feed(&greeting(1, "CURVE"));
        let out = c.drain();
        let hello = &out[64 + 2..];
        assert_eq!((hello.len(), &hello[..8], &hello[80..80]), (200, &b"\x05HELLO\x01\x00"[..], &[][..]));
        let client_short = PublicKey::from_slice(&hello[80..112]).unwrap();
        let mut long_box = SalsaBox::new(&client_short, &key(SERVER));
        assert_eq!(hello[112..120], 1_u64.to_be_bytes());
        assert_eq!(long_box.decrypt(&counted(b"CurveZMQHELLO---", 1), &hello[120..]).unwrap(), [0; 64]);

        let short = key(44);
        let content = [short.public_key().as_bytes(), &[9; 96][..]].concat();
        let sealed = long_box.encrypt(&long(b"WELCOME-", &[1; 16]), &content[..]).unwrap();
        c.feed(&command("WELCOME", &[&[1; 16][..], &sealed].concat()));
        let out = c.drain();
        let initiate = &out[out.windows(9).position(|w| w == b"\x08INITIATE").unwrap()..];
        assert_eq!(initiate[9..105], [9; 96]);
        assert_eq!(initiate[105..113], 2_u64.to_be_bytes());
        let mut short_box = SalsaBox::new(&client_short, &short);
        let content = short_box.decrypt(&counted(b"CurveZMQINITIATE", 2), &initiate[113..]).unwrap();
        assert_eq!(content[..32], *key(CLIENT).public_key().as_bytes());
        let mut vouch_box = SalsaBox::new(&key(CLIENT).public_key(), &short);
        let vouch = vouch_box.decrypt(&long(b"VOUCH---", &content[32..48]), &content[48..128]).unwrap();
        assert_eq!(vouch, [&client_short.as_bytes()[..], key(SERVER).public_key().as_bytes()].concat());
        assert_eq!(content[128..], [property("Socket-Type", b"DEALER"), property("Identity", &[b'c'; 255])].concat());

        c.feed(&ready(&mut short_box));
        (c.failure(), c.conn.is_ready())
    };
    let ready = |b: &mut SalsaBox, metadata: &[u8]| {
        let sealed = b.encrypt(&counted(b"CurveZMQREADY---", 1), metadata).unwrap();
        command("READY", &[&1_u64.to_be_bytes()[..], &sealed].concat())
    };
    assert_eq!(says(&|b| ready(b, &property("Socket-Type", b"ROUTER"))), (None, true));
    assert_eq!(says(&|b| ready(b, b"")), (None, true));
    assert_eq!(says(&|b| ready(b, b"x")).0, protocol(code::ZMTP_INVALID_METADATA));
    assert_eq!(says(&|b| ready(b, &property("Socket-Type", b"PUB"))).0, protocol(code::ZMTP_INVALID_METADATA));
    assert_eq!(says(&|_| command("READY", &[0; 23])).0, protocol(code::ZMTP_MALFORMED_COMMAND_READY));
    assert_eq!(says(&|_| command("READY", &[0; 24])).0, protocol(code::ZMTP_CRYPTOGRAPHIC));
    assert_eq!(says(&|_| command("WELCOME", &[0; 160])).0, protocol(code::ZMTP_UNEXPECTED_COMMAND));
    assert_eq!(says(&|_| command("ERROR", b"\x03500")).0, Some(Failure::Auth(500)));
}

#[test]
fn a_damaged_conversation_ends_well() {
    // The client's whole side, replayed with single bits changed: never ready on other bytes than it sent, never a panic.
    let (mut s, mock) = welcomed(1);
    let data = mock.proper_initiate(&property("Socket-Type", b"DEALER"));
    s.feed(&command("INITIATE", &data));
    assert!(s.conn.is_ready());
    for bit in 0..data.len() * 8 {
        let (mut s, mock) = welcomed(1);
        let mut data = mock.proper_initiate(&property("Socket-Type", b"DEALER"));
        data[bit / 8] ^= 1 << (bit % 8);
        s.feed(&command("INITIATE", &data));
        // Count 2 became 0.
        let due = if bit == 103 * 8 + 1 { code::ZMTP_INVALID_SEQUENCE } else { code::ZMTP_CRYPTOGRAPHIC };
        assert_eq!(s.failure(), protocol(due), "bit {bit}");
    }
    for end in 0..200 {
        let mut s = server();
        s.feed(&greeting(1, "CURVE"));
        s.feed(&command("HELLO", &Mock::new().hello(1))[..end]);
        assert_eq!(s.seen, []);
    }
}

#[test]
fn without_entropy_nothing_starts() {
    let mut c = Peer::new(Config { entropy: |_| Err(Errno::ENOSYS), ..client_config(SocketType::Dealer) });
    c.feed(&greeting(1, "CURVE"));
    assert!(matches!(c.failure(), Some(Failure::Silent(_))));
}

#[test]
fn secrets_stay_out_of_texts() {
    let text = format!("{:?}", client_config(SocketType::Dealer));
    assert!(text.contains("CURVE") && !text.contains("22, 22"));
}

#[test]
fn an_enforced_domain_decides_whether_the_handler_is_asked() {
    for (zap_domain, asks, meets) in [(false, false, true), (true, true, false)] {
        let mut s = Peer::new(Config { zap_domain, zap_enforced: true, ..server_config(SocketType::Router) });
        s.zap = Some(|_| ZapReply::NoHandler);
        let mut c = client();
        talk(&mut c, &mut s, usize::MAX);
        assert_eq!(matches!(s.seen[0], Seen::Zap(..)), asks);
        assert_eq!(c.conn.is_ready() && s.conn.is_ready(), meets);
        assert_eq!(s.failure(), (!meets).then_some(Failure::NoDetail(Errno::EFAULT)));
    }
}
