//! CURVE: the handshake of CurveZMQ (RFC 25, 26). I/O thread.
//!
//! Both sides have a long-term pair (C client, S server) and make a short-term one for each connection (C', S'); the
//! server proves that it is S by answering HELLO, the client that it is C by the vouch in INITIATE. Keys are wiped when
//! they are dropped. Public keys are compared as they are, secrets and boxes in constant time.

use super::boxes::{self, Key, Public};
use super::cipher::Cipher;
use super::plain::invalid_metadata;
use super::{Cx, Step};
use crate::util::secret::Secret;
use crate::zmtp::command;
use crate::zmtp::config::{Config, MechanismConfig};
use crate::zmtp::error::{ProtocolError, code};
use crate::zmtp::handshake;
use crate::zmtp::property;
use crate::zmtp::zap::ZapRequest;

const HELLO_LEN: usize = 200;
const WELCOME_LEN: usize = 168;
/// INITIATE and READY without metadata.
const INITIATE_MIN: usize = 257;
const READY_MIN: usize = 30;
const HELLO_NONCE: &[u8; 16] = b"CurveZMQHELLO---";
const INITIATE_NONCE: &[u8; 16] = b"CurveZMQINITIATE";
const READY_NONCE: &[u8; 16] = b"CurveZMQREADY---";
const WELCOME_NONCE: &[u8; 8] = b"WELCOME-";
const COOKIE_NONCE: &[u8; 8] = b"COOKIE--";
const VOUCH_NONCE: &[u8; 8] = b"VOUCH---";
const VERSION: [u8; 2] = [1, 0];

const CRYPTOGRAPHIC: ProtocolError = ProtocolError::protocol(code::ZMTP_CRYPTOGRAPHIC);

/// Reads fixed parts off the front of a command.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (part, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(part)
    }

    fn count(&mut self) -> Option<u64> {
        self.take().map(|b| u64::from_be_bytes(*b))
    }
}

fn random16(cx: &Cx<'_>) -> Result<[u8; 16], ProtocolError> {
    let mut bytes = [0; 16];
    (cx.config.entropy)(&mut bytes)?;
    Ok(bytes)
}

/// The side that connections are made to, in the sense of the protocol.
#[derive(Debug)]
pub(in crate::zmtp) enum Server {
    AwaitHello,
    AwaitInitiate(Box<Opened>),
    AwaitZap(Box<Cipher>),
    Ready(Box<Cipher>),
    Failed,
}

/// What the server knows between WELCOME and INITIATE.
#[derive(Debug)]
pub(in crate::zmtp) struct Opened {
    cookie_key: Key,
    short_secret: Key,
    client_short: Public,
    /// The count of HELLO; that of INITIATE is higher.
    hello_count: u64,
}

impl Server {
    pub(super) fn command(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        match std::mem::replace(self, Server::Failed) {
            Server::AwaitHello => self.hello(body, cx),
            Server::AwaitInitiate(opened) => self.initiate(body, &opened, cx),
            Server::AwaitZap(_) | Server::Ready(_) | Server::Failed => {
                Err(ProtocolError::protocol(code::ZMTP_UNSPECIFIED))
            }
        }
    }

    fn hello(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        let MechanismConfig::CurveServer { secret_key } = &cx.config.mechanism else {
            return Err(handshake::UNEXPECTED);
        };
        let mut data = Reader(handshake::expect_whole(body, b"HELLO")?);
        let malformed = ProtocolError::protocol(code::ZMTP_MALFORMED_COMMAND_HELLO);
        if body.len() != HELLO_LEN || data.take() != Some(&VERSION) {
            return Err(malformed);
        }
        let (_, client_short, count) =
            (data.take::<72>(), *data.take().ok_or(malformed)?, data.count().ok_or(malformed)?);
        let key = boxes::shared(&client_short, secret_key).ok_or(CRYPTOGRAPHIC)?;
        let zeros = boxes::open(data.0, &boxes::counted(HELLO_NONCE, count), &key).ok_or(CRYPTOGRAPHIC)?;
        if zeros.iter().any(|b| *b != 0) {
            return Err(CRYPTOGRAPHIC);
        }

        let (short_secret, cookie_key) = (boxes::secret(cx.config.entropy)?, boxes::secret(cx.config.entropy)?);
        let (cookie_nonce, nonce) = (random16(cx)?, random16(cx)?);
        let cookie =
            boxes::seal(&[&client_short, &*short_secret], &boxes::random(COOKIE_NONCE, &cookie_nonce), &cookie_key);
        let content: [&[u8]; 3] = [&boxes::public(&short_secret), &cookie_nonce, &cookie];
        let sealed = boxes::seal(&content, &boxes::random(WELCOME_NONCE, &nonce), &key);
        handshake::send(cx.out, b"WELCOME", &[&nonce, &sealed]);
        *self = Server::AwaitInitiate(Box::new(Opened { cookie_key, short_secret, client_short, hello_count: count }));
        Ok(Step::Wait)
    }

    fn initiate(&mut self, body: &[u8], opened: &Opened, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        let MechanismConfig::CurveServer { secret_key } = &cx.config.mechanism else {
            return Err(handshake::UNEXPECTED);
        };
        let mut data = Reader(handshake::expect_whole(body, b"INITIATE")?);
        let malformed = ProtocolError::protocol(code::ZMTP_MALFORMED_COMMAND_INITIATE);
        if body.len() < INITIATE_MIN {
            return Err(malformed);
        }
        let (cookie_nonce, cookie) = (data.take().ok_or(malformed)?, data.take::<80>().ok_or(malformed)?);
        let count = data.count().ok_or(malformed)?;
        if count <= opened.hello_count {
            return Err(ProtocolError::protocol(code::ZMTP_INVALID_SEQUENCE));
        }

        // The cookie is ours, and of this connection.
        let cookie = boxes::open(cookie, &boxes::random(COOKIE_NONCE, cookie_nonce), &opened.cookie_key);
        let mut cookie = Reader(cookie.as_deref().ok_or(CRYPTOGRAPHIC)?);
        let (client_short, short_secret) = (cookie.take().ok_or(CRYPTOGRAPHIC)?, cookie.take().ok_or(CRYPTOGRAPHIC)?);
        if *client_short != opened.client_short || !boxes::same(short_secret, &opened.short_secret) {
            return Err(CRYPTOGRAPHIC);
        }

        let key = boxes::shared(&opened.client_short, &opened.short_secret).ok_or(CRYPTOGRAPHIC)?;
        let content = boxes::open(data.0, &boxes::counted(INITIATE_NONCE, count), &key).ok_or(CRYPTOGRAPHIC)?;
        let mut content = Reader(&content);
        let client: Public = *content.take().ok_or(malformed)?;
        let (vouch_nonce, vouch) = (content.take().ok_or(malformed)?, content.take::<80>().ok_or(malformed)?);

        // Whoever has the client's secret key vouches for C', towards us alone.
        let vouch_key = boxes::shared(&client, &opened.short_secret).ok_or(CRYPTOGRAPHIC)?;
        let vouch = boxes::open(vouch, &boxes::random(VOUCH_NONCE, vouch_nonce), &vouch_key);
        let mut vouch = Reader(vouch.as_deref().ok_or(CRYPTOGRAPHIC)?);
        if vouch.take() != Some(&opened.client_short) || vouch.take() != Some(&boxes::public(secret_key)) {
            return Err(ProtocolError::protocol(code::ZMTP_KEY_EXCHANGE));
        }

        cx.peer.announce(content.0, cx.config)?;
        *self = Server::AwaitZap(Box::new(Cipher::new(key, true, 1, count)));
        let Config { zap_domain, zap_enforced, .. } = *cx.config;
        if zap_enforced && !zap_domain {
            return self.accepted(cx);
        }
        let credentials = vec![client.to_vec()];
        Ok(Step::AskZap(ZapRequest { mechanism: "CURVE", credentials, optional: !zap_enforced }))
    }

    pub(super) fn accepted(&mut self, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        let Server::AwaitZap(cipher) = std::mem::replace(self, Server::Failed) else {
            return Err(ProtocolError::protocol(code::ZMTP_UNSPECIFIED));
        };
        let sealed = cipher.seal_command(READY_NONCE, 1, &[&property::local(cx.config)]);
        handshake::send(cx.out, b"READY", &[&1_u64.to_be_bytes(), &sealed]);
        *self = Server::Ready(cipher);
        Ok(Step::Done)
    }
}

/// The side that knows the other's long-term key beforehand.
#[derive(Debug)]
pub(in crate::zmtp) enum Client {
    Start,
    AwaitWelcome(Box<Asked>),
    AwaitReady(Box<Cipher>),
    Ready(Box<Cipher>),
    Failed,
}

/// What the client knows between HELLO and WELCOME.
#[derive(Debug)]
pub(in crate::zmtp) struct Asked {
    short_secret: Key,
    short_public: Public,
    /// Shared by C' and S.
    hello_key: Key,
}

impl Client {
    pub(super) fn start(&mut self, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        let MechanismConfig::CurveClient { server_key, .. } = &cx.config.mechanism else {
            return Err(handshake::UNEXPECTED);
        };
        let short_secret = boxes::secret(cx.config.entropy)?;
        let short_public = boxes::public(&short_secret);
        // Towards a server key that is none, any key does: the server cannot open the box, and reports that.
        let hello_key = match boxes::shared(server_key, &short_secret) {
            Some(key) => key,
            None => boxes::secret(cx.config.entropy)?,
        };
        let sealed = boxes::seal(&[&[0; 64]], &boxes::counted(HELLO_NONCE, 1), &hello_key);
        handshake::send(cx.out, b"HELLO", &[&VERSION, &[0; 72], &short_public, &1_u64.to_be_bytes(), &sealed]);
        *self = Client::AwaitWelcome(Box::new(Asked { short_secret, short_public, hello_key }));
        Ok(Step::Wait)
    }

    pub(super) fn command(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        let state = std::mem::replace(self, Client::Failed);
        match (command::split(body), state) {
            (Some((b"WELCOME", data)), Client::AwaitWelcome(asked)) => {
                if body.len() != WELCOME_LEN {
                    return Err(CRYPTOGRAPHIC);
                }
                self.welcome(data, &asked, cx)
            }
            (Some((b"READY", _)), Client::AwaitWelcome(_) | Client::AwaitReady(_)) if body.len() < READY_MIN => {
                Err(ProtocolError::protocol(code::ZMTP_MALFORMED_COMMAND_READY))
            }
            (Some((b"READY", data)), Client::AwaitReady(cipher)) => self.ready(data, cipher, cx),
            // Before WELCOME there is no key that could open it.
            (Some((b"READY", _)), Client::AwaitWelcome(_)) => Err(CRYPTOGRAPHIC),
            (Some((b"ERROR", data)), Client::AwaitWelcome(_) | Client::AwaitReady(_)) => {
                Err(handshake::peer_error(data))
            }
            _ => Err(handshake::UNEXPECTED),
        }
    }

    fn welcome(&mut self, data: &[u8], asked: &Asked, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        let MechanismConfig::CurveClient { public_key, secret_key, server_key } = &cx.config.mechanism else {
            return Err(handshake::UNEXPECTED);
        };
        let mut data = Reader(data);
        let nonce = boxes::random(WELCOME_NONCE, data.take().ok_or(CRYPTOGRAPHIC)?);
        let content = boxes::open(data.0, &nonce, &asked.hello_key).ok_or(CRYPTOGRAPHIC)?;
        let mut content = Reader(&content);
        let server_short: &Public = content.take().ok_or(CRYPTOGRAPHIC)?;
        let cookie = content.0;

        let vouch_nonce = random16(cx)?;
        let vouch_key = boxes::shared(server_short, secret_key).ok_or(CRYPTOGRAPHIC)?;
        let vouch =
            boxes::seal(&[&asked.short_public, server_key], &boxes::random(VOUCH_NONCE, &vouch_nonce), &vouch_key);
        let key = boxes::shared(server_short, &asked.short_secret).ok_or(CRYPTOGRAPHIC)?;
        let cipher = Cipher::new(key, false, 2, 0);
        let metadata = property::local(cx.config);
        let sealed = cipher.seal_command(INITIATE_NONCE, 2, &[public_key, &vouch_nonce, &vouch, &metadata]);
        handshake::send(cx.out, b"INITIATE", &[cookie, &2_u64.to_be_bytes(), &sealed]);
        *self = Client::AwaitReady(Box::new(cipher));
        Ok(Step::Wait)
    }

    fn ready(&mut self, data: &[u8], mut cipher: Box<Cipher>, cx: &mut Cx<'_>) -> Result<Step, ProtocolError> {
        let mut data = Reader(data);
        let count = data.count().ok_or(CRYPTOGRAPHIC)?;
        let metadata = cipher.open_command(READY_NONCE, count, data.0).ok_or(CRYPTOGRAPHIC)?;
        cx.peer.announce(&metadata, cx.config).map_err(invalid_metadata)?;
        *self = Client::Ready(cipher);
        Ok(Step::Done)
    }
}

/// The handshake's last commands are boxes under the connection's key too.
impl Cipher {
    fn seal_command(&self, prefix: &[u8; 16], count: u64, parts: &[&[u8]]) -> Vec<u8> {
        boxes::seal(parts, &boxes::counted(prefix, count), self.key())
    }

    fn open_command(&mut self, prefix: &[u8; 16], count: u64, sealed: &[u8]) -> Option<Secret<Vec<u8>>> {
        self.expect_above(count);
        boxes::open(sealed, &boxes::counted(prefix, count), self.key())
    }
}
