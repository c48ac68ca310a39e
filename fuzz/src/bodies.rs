//! The bodies of the fuzz targets: ordinary functions, which a test also runs over the corpus.
//!
//! What they check of the protocol: no input panics; an input means the same however it is cut into reads; nothing is said
//! after an error; the answers to an input stay within a multiple of its size.

use zmq_rs::errno;
use zmq_rs::message::Msg;
use zmq_rs::socket_type::SocketType;
use zmq_rs::zmtp::{
    Config, Connection, Event, MechanismConfig, OutQueue, Progress, Refusal, SecurityContext, ZapReply,
};

/// Most bytes of a connection's own handshake.
const OWN_OUTPUT: usize = 2048;

/// Runs a target by its name.
pub(crate) fn run(target: &str, data: &[u8]) {
    match target {
        "handshake_null" => handshake_null(data),
        "handshake_plain" => handshake_plain(data),
        "handshake_curve" => handshake_curve(data),
        "handshake_gssapi" => handshake_gssapi(data),
        "exchange" => exchange(data),
        "metadata" => metadata(data),
        "frames_v1" => frames_v1(data),
        "frames_v2" => frames_v2(data),
        "commands" => commands(data),
        "boxed_messages" => boxed_messages(data),
        "zap_reply" => zap_reply(data),
        _ => panic!("no target {target}"),
    }
}

/// Everything from the first byte on, without security.
fn handshake_null(data: &[u8]) {
    check(|| config(SocketType::Router, MechanismConfig::Null), &[], data);
    check(|| Config { zap_domain: true, ..config(SocketType::Xpub, MechanismConfig::Null) }, &[], data);
}

/// What follows the greeting under PLAIN, to either side.
fn handshake_plain(data: &[u8]) {
    let client = || MechanismConfig::PlainClient { username: b"user".to_vec(), password: b"secret".to_vec() };
    check(|| config(SocketType::Dealer, client()), &greeting(1, b"PLAIN"), data);
    check(|| config(SocketType::Router, MechanismConfig::PlainServer), &greeting(1, b"PLAIN"), data);
}

/// What follows the greeting under CURVE, to either side.
fn handshake_curve(data: &[u8]) {
    check(|| config(SocketType::Dealer, curve_client()), &greeting(1, b"CURVE"), data);
    check(|| config(SocketType::Router, curve_server()), &greeting(1, b"CURVE"), data);
}

/// What follows the greeting under GSSAPI, to either side, without and with PLAINTEXT.
fn handshake_gssapi(data: &[u8]) {
    for (is_server, plaintext) in [(false, false), (false, true), (true, false), (true, true)] {
        let context = || MechanismConfig::Gssapi { is_server, plaintext, context: Some(Box::new(Open { is_server })) };
        check(|| config(SocketType::Dealer, context()), &greeting(1, b"GSSAPI"), data);
    }
}

/// A security library without secrets: a first byte says what becomes of a token, and whether a message is genuine.
#[derive(Debug)]
struct Open {
    is_server: bool,
}

impl SecurityContext for Open {
    fn step(&mut self, token: Option<&[u8]>) -> Result<Progress, Refusal> {
        match token {
            None | Some([b'c', ..]) => Ok(Progress::Continue(b"c".to_vec())),
            Some([b'e', peer @ ..]) if self.is_server => {
                Ok(Progress::Complete { token: b"e".to_vec(), peer: peer.to_vec() })
            }
            Some([b'e' | b'n', peer @ ..]) => Ok(Progress::Complete { token: Vec::new(), peer: peer.to_vec() }),
            Some(_) => Err(Refusal::Peer),
        }
    }

    fn wrap(&mut self, content: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Refusal> {
        take(&[b"w", content].concat());
        Ok(())
    }

    fn unwrap(&mut self, wrapped: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Refusal> {
        take(wrapped.strip_prefix(b"w").ok_or(Refusal::Peer)?);
        Ok(())
    }
}

/// A handshake between two sides, which somebody on the way has changed, and whose announced properties are the input's.
///
/// The first byte chooses mechanism and direction, the second how many of the following bytes are names and values of
/// properties; the rest is laid over the bytes of that direction.
fn exchange(data: &[u8]) {
    let [choice, announced, rest @ ..] = data else { return };
    let (announced, changes) = rest.split_at(usize::from(*announced).min(rest.len()));
    let mut metadata = Vec::new();
    for pair in announced.chunks(8) {
        let (name, value) = pair.split_at(pair.len() / 2);
        metadata.push((name.to_vec(), value.to_vec()));
    }
    let (client, server) = match choice % 3 {
        0 => (MechanismConfig::Null, MechanismConfig::Null),
        1 => {
            let client = MechanismConfig::PlainClient { username: b"user".to_vec(), password: b"secret".to_vec() };
            (client, MechanismConfig::PlainServer)
        }
        _ => (curve_client(), curve_server()),
    };
    let mut client = Side::new(Config { metadata: metadata.clone(), ..config(SocketType::Dealer, client) });
    let zap_domain = choice & 64 != 0;
    let mut server = Side::new(Config { metadata, zap_domain, ..config(SocketType::Router, server) });
    let mut changes = changes.iter();
    let mut change = |bytes: Vec<u8>, wanted: bool| -> Vec<u8> {
        let mut change = || if wanted { changes.next().copied().unwrap_or(0) } else { 0 };
        bytes.into_iter().map(|byte| byte ^ change()).collect()
    };
    for _ in 0..6 {
        let bytes = change(client.output(), choice & 128 == 0);
        server.feed(&bytes);
        let bytes = change(server.output(), choice & 128 != 0);
        client.feed(&bytes);
    }
    if choice % 3 == 2 {
        let parts = |side: &Side| side.seen.iter().any(|s| matches!(s, Seen::Part(..)));
        assert!(!parts(&client) && !parts(&server), "a part that nobody sent");
        let asked = server.seen.iter().any(|s| matches!(s, Seen::Asked(keys) if keys[0] == SERVER_PUBLIC));
        assert!(asked || !server.conn.is_ready(), "a client that nobody knows");
    }
}

/// The metadata of READY.
fn metadata(data: &[u8]) {
    check(|| config(SocketType::Router, MechanismConfig::Null), &greeting(1, b"NULL"), &command(b"READY", data));
}

/// Frames of a peer of ZMTP 1.0.
fn frames_v1(data: &[u8]) {
    check(|| config(SocketType::Xpub, MechanismConfig::Null), b"\x01\0", data);
    let limited = || Config { max_msg_size: Some(100), ..config(SocketType::Pull, MechanismConfig::Null) };
    check(limited, b"\x01\0", data);
}

/// Frames and commands of a peer of ZMTP 3.0 and 3.1.
fn frames_v2(data: &[u8]) {
    for minor in [0, 1] {
        let mut prefix = greeting(minor, b"NULL");
        prefix.extend(command(b"READY", b""));
        check(|| config(SocketType::Xpub, MechanismConfig::Null), &prefix, data);
        let limited = || Config { max_msg_size: Some(100), ..config(SocketType::Pull, MechanismConfig::Null) };
        check(limited, &prefix, data);
    }
}

/// Commands after the handshake, each a length and as many bytes.
fn commands(data: &[u8]) {
    let mut prefix = greeting(1, b"NULL");
    prefix.extend(command(b"READY", b""));
    let (mut frames, mut rest) = (Vec::new(), data);
    while let Some((len, more)) = rest.split_first() {
        let (body, more) = more.split_at(usize::from(*len).min(more.len()));
        frames.extend([4, body.len() as u8]);
        frames.extend(body);
        rest = more;
    }
    for kind in [SocketType::Xpub, SocketType::Dealer] {
        check(|| config(kind, MechanismConfig::Null), &prefix, &frames);
    }
}

/// Frames of a CURVE client after the handshake, which it has changed a little: the input is laid over them.
fn boxed_messages(data: &[u8]) {
    let mut client = Side::new(config(SocketType::Dealer, curve_client()));
    let mut server = Side::new(config(SocketType::Router, curve_server()));
    for _ in 0..6 {
        let bytes = client.output();
        server.feed(&bytes);
        let bytes = server.output();
        client.feed(&bytes);
    }
    assert!(client.conn.is_ready() && server.conn.is_ready());
    for part in [&b"first"[..], &[7; 300], b""] {
        let msg = Msg::from_slice(part).expect("memory");
        client.conn.encode(msg, &mut client.out).expect("memory");
    }
    let mut bytes = client.output();
    for (at, change) in data.iter().enumerate() {
        match bytes.get_mut(at) {
            Some(byte) => *byte ^= change,
            None => bytes.push(*change),
        }
    }
    server.feed(&bytes);
    let parts = server.seen.iter().filter(|s| matches!(s, Seen::Part(..))).count();
    let untouched = data.iter().all(|b| *b == 0) && data.len() <= bytes.len();
    assert!(parts <= 3 || untouched, "a forged part");
}

/// The parts of a ZAP handler's reply: each is a length and as many bytes.
fn zap_reply(mut data: &[u8]) {
    let mut parts = Vec::new();
    while let Some((len, rest)) = data.split_first() {
        let (part, rest) = rest.split_at(usize::from(*len).min(rest.len()));
        let mut msg = Msg::from_slice(part).expect("memory");
        msg.set_more(!rest.is_empty());
        parts.push(msg);
        data = rest;
    }
    if let Ok(ZapReply::Answer { status, .. }) = ZapReply::parse(&parts) {
        assert!(matches!(status, 200 | 300 | 400 | 500) && parts.len() == 7);
    }
}

fn entropy(out: &mut [u8]) -> errno::Result<()> {
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = (i as u8).wrapping_mul(37) ^ 0x5a;
    }
    Ok(())
}

fn config(socket_type: SocketType, mechanism: MechanismConfig) -> Config {
    Config {
        socket_type,
        routing_id: b"id".to_vec(),
        mechanism,
        zap_domain: false,
        zap_enforced: false,
        metadata: Vec::new(),
        max_msg_size: None,
        heartbeat: None,
        zero_copy: true,
        recv_capacity: 64 * 1024,
        raw: false,
        entropy,
    }
}

/// The secret key is 32 times 1; this is the public key that goes with it.
const SERVER_PUBLIC: [u8; 32] = [
    0xa4, 0xe0, 0x92, 0x92, 0xb6, 0x51, 0xc2, 0x78, 0xb9, 0x77, 0x2c, 0x56, 0x9f, 0x5f, 0xa9, 0xbb, 0x13, 0xd9, 0x06,
    0xb4, 0x6a, 0xb6, 0x8c, 0x9d, 0xf9, 0xdc, 0x2b, 0x44, 0x09, 0xf8, 0xa2, 0x09,
];

fn curve_server() -> MechanismConfig {
    MechanismConfig::CurveServer { secret_key: [1; 32] }
}

/// A client with the server's own pair, for want of another.
fn curve_client() -> MechanismConfig {
    MechanismConfig::CurveClient { public_key: SERVER_PUBLIC, secret_key: [1; 32], server_key: SERVER_PUBLIC }
}

fn greeting(minor: u8, mechanism: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, minor];
    bytes.extend_from_slice(mechanism);
    bytes.resize(64, 0);
    bytes
}

fn command(name: &[u8], data: &[u8]) -> Vec<u8> {
    let body = [&[name.len() as u8][..], name, data].concat();
    let mut bytes = vec![6];
    bytes.extend((body.len() as u64).to_be_bytes());
    bytes.extend(body);
    bytes
}

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Part(Vec<u8>, u8),
    Ready(Vec<u8>),
    Asked(Vec<Vec<u8>>),
    Refused,
    Failed,
}

/// One connection with its queue.
struct Side {
    conn: Connection,
    out: OutQueue,
    seen: Vec<Seen>,
}

impl Side {
    fn new(config: Config) -> Side {
        Side { conn: Connection::new(config), out: OutQueue::new(), seen: Vec::new() }
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (n, room) = self.conn.fill(&mut bytes).expect("memory");
            assert!(n > 0 && n <= room);
            self.poll();
        }
    }

    fn poll(&mut self) {
        loop {
            match self.conn.poll_event() {
                Ok(None) => return,
                Ok(Some(event)) => {
                    assert_ne!(self.seen.last(), Some(&Seen::Failed), "an event after an error");
                    match event {
                        Event::Message(m) => self.seen.push(Seen::Part(m.data().to_vec(), m.flags())),
                        Event::Ready(info) => self.seen.push(Seen::Ready(info.routing_id)),
                        Event::ZapRequest(r) => {
                            self.seen.push(Seen::Asked(r.credentials.clone()));
                            let reply = ZapReply::Answer { status: 200, user_id: Vec::new(), metadata: Vec::new() };
                            self.conn.zap_reply(reply).expect("the handler let the peer in");
                        }
                        // What fails here is said again by the next call.
                        Event::Negotiate(step) => drop(self.conn.negotiated(step.run())),
                        Event::Refused => self.seen.push(Seen::Refused),
                    }
                }
                Err(_) => {
                    if self.seen.last() != Some(&Seen::Failed) {
                        self.seen.push(Seen::Failed);
                    }
                    return;
                }
            }
        }
    }

    fn output(&mut self) -> Vec<u8> {
        self.conn.poll_output(&mut self.out).expect("memory");
        let mut all = Vec::new();
        while !self.out.is_empty() {
            let bytes = self.out.front().to_vec();
            self.out.advance(bytes.len());
            all.extend(bytes);
        }
        all
    }
}

/// Feeds the input whole and in small reads, and compares.
fn check(make: impl Fn() -> Config, prefix: &[u8], data: &[u8]) {
    let run = |step: usize| {
        let mut side = Side::new(make());
        side.feed(prefix);
        for bytes in data.chunks(step.max(1)) {
            side.feed(bytes);
        }
        let out = side.output();
        assert!(out.len() <= OWN_OUTPUT + 4 * data.len());
        side.seen
    };
    let whole = run(usize::MAX);
    for step in [1, 7] {
        assert_eq!(run(step), whole, "in steps of {step}");
    }
}
