//! The client's side of SOCKS 5 (RFC 1928), without authentication or with a user name and a password (RFC 1929): what
//! goes to the proxy and comes from it before the connection belongs to ZMTP. No descriptor, no clock; whichever thread
//! drives the session.

use crate::endpoint::{HostPort, TcpAddress};
use crate::errno::{Errno, Result};
use std::net::{Ipv4Addr, Ipv6Addr};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const PASSWORD: u8 = 2;
const PASSWORD_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The choice of a method is awaited.
    Method,
    /// The verdict on user name and password is awaited.
    Verdict,
    /// The answer to the request is awaited.
    Reply,
    /// The connection is through.
    Connected,
    /// The proxy refused or broke the protocol.
    Failed,
}

/// One conversation with a proxy.
#[derive(Debug)]
pub struct Client {
    state: State,
    /// User name and password, each behind its length; without them the proxy must ask for none.
    credentials: Option<Vec<u8>>,
    request: Vec<u8>,
    output: Vec<u8>,
    sent: usize,
    input: Vec<u8>,
}

impl Client {
    /// A conversation that asks for a connection to this address. Names are left to the proxy to look up. An empty user
    /// name stands for no authentication.
    ///
    /// # Errors
    /// `EINVAL` for an address without host or port, for a name above 255 bytes, and for an IPv6 zone; for a user name or
    /// a password above 255 bytes.
    pub fn new(destination: &TcpAddress, username: &[u8], password: &[u8]) -> Result<Client> {
        let request = request(&destination.target()?)?;
        let credentials = if username.is_empty() { None } else { Some(credentials(username, password)?) };
        let method = if credentials.is_some() { PASSWORD } else { NO_AUTHENTICATION };
        let output = vec![VERSION, 1, method];
        Ok(Client { state: State::Method, credentials, request, output, sent: 0, input: Vec::new() })
    }

    /// What is to be written to the proxy now; empty when there is nothing.
    pub fn output(&self) -> &[u8] {
        self.output.get(self.sent..).unwrap_or_default()
    }

    /// Notes that the first `n` bytes of the output were written.
    pub fn written(&mut self, n: usize) {
        self.sent = self.sent.saturating_add(n).min(self.output.len());
    }

    /// Takes bytes that came from the proxy; returns how many belong to the conversation. Those behind are ZMTP's.
    ///
    /// # Errors
    /// `EPROTO` for what is not SOCKS 5, `EACCES` when the proxy wants another authentication, refuses the user or forbids
    /// the connection;
    /// `ENETUNREACH`, `EHOSTUNREACH`, `ECONNREFUSED`, `ETIMEDOUT`, `EAFNOSUPPORT`, `ENOTSUP` or `EPROTO` as the proxy
    /// says why it failed. The conversation is over then.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut used = 0;
        for byte in bytes {
            if self.is_connected() {
                break;
            }
            self.input.push(*byte);
            used += 1;
            if let Err(e) = self.advance() {
                self.state = State::Failed;
                return Err(e);
            }
        }
        Ok(used)
    }

    /// Whether the proxy has connected, and all that follows is ZMTP's.
    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    fn say(&mut self, output: Vec<u8>, next: State) {
        self.input.clear();
        self.output = output;
        self.sent = 0;
        self.state = next;
    }

    fn ask(&mut self) {
        let request = std::mem::take(&mut self.request);
        self.say(request, State::Reply);
    }

    fn advance(&mut self) -> Result<()> {
        match self.state {
            State::Method => {
                let method = if self.credentials.is_some() { PASSWORD } else { NO_AUTHENTICATION };
                if method_chosen(&self.input, method)? {
                    match self.credentials.take() {
                        Some(credentials) => self.say(credentials, State::Verdict),
                        None => self.ask(),
                    }
                }
            }
            State::Verdict => {
                if admitted(&self.input)? {
                    self.ask();
                }
            }
            State::Reply => {
                if reply_complete(&self.input)? {
                    self.input = Vec::new();
                    self.state = State::Connected;
                }
            }
            State::Connected => {}
            State::Failed => return Err(Errno::EPROTO),
        }
        Ok(())
    }
}

fn request(target: &HostPort) -> Result<Vec<u8>> {
    if target.port == 0 || target.zone.is_some() {
        return Err(Errno::EINVAL);
    }
    let host = target.host.as_str();
    let mut request = vec![VERSION, CONNECT, 0];
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        request.push(IPV4);
        request.extend(ip.octets());
    } else if let Ok(ip) = host.parse::<Ipv6Addr>() {
        request.push(IPV6);
        request.extend(ip.octets());
    } else {
        let length = u8::try_from(host.len()).ok().filter(|length| *length > 0).ok_or(Errno::EINVAL)?;
        request.extend([NAME, length]);
        request.extend(host.as_bytes());
    }
    request.extend(target.port.to_be_bytes());
    Ok(request)
}

fn credentials(username: &[u8], password: &[u8]) -> Result<Vec<u8>> {
    let length = |text: &[u8]| u8::try_from(text.len()).map_err(|_| Errno::EINVAL);
    Ok([&[PASSWORD_VERSION, length(username)?], username, &[length(password)?], password].concat())
}

/// Whether the answer to the greeting is there; it is looked at byte by byte.
fn method_chosen(input: &[u8], offered: u8) -> Result<bool> {
    match *input {
        [] | [VERSION] => Ok(false),
        [VERSION, method, ..] if method == offered => Ok(true),
        [VERSION, 0xff, ..] => Err(Errno::EACCES),
        _ => Err(Errno::EPROTO),
    }
}

/// Whether the verdict on user name and password is there.
fn admitted(input: &[u8]) -> Result<bool> {
    match *input {
        [] | [PASSWORD_VERSION] => Ok(false),
        [PASSWORD_VERSION, 0, ..] => Ok(true),
        [PASSWORD_VERSION, ..] => Err(Errno::EACCES),
        _ => Err(Errno::EPROTO),
    }
}

/// Whether the answer to the request is there as a whole; the address in it does not matter, but its length does.
fn reply_complete(input: &[u8]) -> Result<bool> {
    let address = match *input {
        [] | [VERSION] | [VERSION, 0] | [VERSION, 0, 0] => return Ok(false),
        [VERSION, status, ..] if status != 0 => return Err(failure(status)),
        [VERSION, 0, 0, IPV4, ..] => 4,
        [VERSION, 0, 0, IPV6, ..] => 16,
        [VERSION, 0, 0, NAME] => return Ok(false),
        [VERSION, 0, 0, NAME, length, ..] => 1 + usize::from(length),
        _ => return Err(Errno::EPROTO),
    };
    Ok(input.len() >= 4 + address + 2)
}

/// The proxy's reason as the error that a direct connection would have had.
fn failure(status: u8) -> Errno {
    match status {
        2 => Errno::EACCES,
        3 => Errno::ENETUNREACH,
        4 => Errno::EHOSTUNREACH,
        5 => Errno::ECONNREFUSED,
        6 => Errno::ETIMEDOUT,
        7 => Errno::ENOTSUP,
        8 => Errno::EAFNOSUPPORT,
        _ => Errno::EPROTO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOSEN: [u8; 2] = [5, 0];
    const REPLIES: [&[u8]; 4] = [
        &[5, 0, 0, 1, 127, 0, 0, 1, 0x12, 0x34],
        &[5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x12, 0x34],
        &[5, 0, 0, 3, 4, b'h', b'o', b's', b't', 0x12, 0x34],
        &[5, 0, 0, 3, 0, 0, 0],
    ];

    fn client(destination: &str) -> Result<Client> {
        Client::new(&TcpAddress::proxy(destination), b"", b"ignored without a user")
    }

    /// A client that has sent its greeting and got an answer.
    fn asked(destination: &str) -> Client {
        let mut client = client(destination).unwrap();
        assert_eq!(client.output(), [5, 1, 0]);
        client.written(3);
        assert_eq!(client.output(), []);
        assert_eq!(client.receive(&CHOSEN), Ok(2));
        client
    }

    #[test]
    fn requests() {
        let long = "a".repeat(255);
        let mut long_request = vec![5, 1, 0, 3, 255];
        long_request.extend(long.as_bytes());
        long_request.extend([0, 1]);
        let cases: [(&str, &[u8]); 6] = [
            ("127.0.0.1:5555", &[5, 1, 0, 1, 127, 0, 0, 1, 0x15, 0xb3]),
            ("lo:0;127.0.0.1:5555", &[5, 1, 0, 1, 127, 0, 0, 1, 0x15, 0xb3]),
            ("[::1]:80", &[5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80]),
            ("::1:80", &[5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80]),
            ("host:1", &[5, 1, 0, 3, 4, b'h', b'o', b's', b't', 0, 1]),
            (&format!("{long}:1"), &long_request),
        ];
        for (destination, request) in cases {
            let mut client = asked(destination);
            assert_eq!(client.output(), request, "{destination}");
            client.written(2);
            assert_eq!(client.output(), &request[2..], "a short write");
            client.written(usize::MAX);
            assert_eq!(client.output(), []);
        }
    }

    #[test]
    fn destinations_that_cannot_be_asked_for() {
        let long = format!("{}:1", "a".repeat(256));
        for destination in ["host:0", "host:*", "host:x", "host", ":1", "fe80::1%lo:1", long.as_str()] {
            assert_eq!(client(destination).unwrap_err(), Errno::EINVAL, "{destination}");
        }
    }

    #[test]
    fn replies_split_anywhere_leave_the_rest() {
        for reply in REPLIES {
            let mut stream = [&CHOSEN, reply, b"greeting"].concat();
            stream.truncate(CHOSEN.len() + reply.len() + 3);
            let conversation = CHOSEN.len() + reply.len();
            for cut in 0..=stream.len() {
                let mut client = client("host:1").unwrap();
                let first = client.receive(&stream[..cut]).unwrap();
                assert_eq!(first, cut.min(conversation));
                let second = client.receive(&stream[first..]).unwrap();
                assert_eq!(first + second, conversation, "what follows is not the proxy's: {reply:?}");
                assert!(client.is_connected());
            }
            let mut client = client("host:1").unwrap();
            for (i, byte) in stream.iter().take(conversation).enumerate() {
                assert!(!client.is_connected(), "connected after {i} bytes");
                assert_eq!(client.receive(&[*byte]), Ok(1));
            }
            assert!(client.is_connected());
        }
    }

    #[test]
    fn refusals() {
        for answer in [[4, 0], [5, 1], [5, 2], [0, 0], [b'H', b'T']] {
            assert_eq!(client("host:1").unwrap().receive(&answer), Err(Errno::EPROTO), "{answer:?}");
        }
        assert_eq!(client("host:1").unwrap().receive(&[5, 0xff]), Err(Errno::EACCES));
        let cases = [
            (1, Errno::EPROTO),
            (2, Errno::EACCES),
            (3, Errno::ENETUNREACH),
            (4, Errno::EHOSTUNREACH),
            (5, Errno::ECONNREFUSED),
            (6, Errno::ETIMEDOUT),
            (7, Errno::ENOTSUP),
            (8, Errno::EAFNOSUPPORT),
            (9, Errno::EPROTO),
            (255, Errno::EPROTO),
        ];
        for (status, errno) in cases {
            let mut client = asked("host:1");
            assert_eq!(client.receive(&[5, status, 0, 1, 0, 0, 0, 0, 0, 0]), Err(errno), "{status}");
            assert!(!client.is_connected());
            assert_eq!(client.receive(&[5]), Err(Errno::EPROTO), "the conversation is over");
        }
        for reply in [[4, 0, 0, 1], [5, 0, 1, 1], [5, 0, 0, 2], [5, 0, 0, 0]] {
            assert_eq!(asked("host:1").receive(&reply), Err(Errno::EPROTO), "{reply:?}");
        }
    }

    #[test]
    fn user_and_password() {
        let address = TcpAddress::proxy("host:1");
        let long = [b'x'; 255];
        for (user, password) in [(&b"user"[..], &b"secret"[..]), (b"u", b""), (&long, &long), (b"\0", b"\xff")] {
            let mut client = Client::new(&address, user, password).unwrap();
            assert_eq!(client.output(), [5, 1, 2]);
            client.written(3);
            assert_eq!(client.receive(&[5]), Ok(1));
            assert_eq!(client.output(), []);
            assert_eq!(client.receive(&[2]), Ok(1));
            let length = |text: &[u8]| text.len() as u8;
            let expected = [&[1, length(user)], user, &[length(password)], password].concat();
            assert_eq!(client.output(), expected);
            client.written(expected.len());
            assert_eq!(client.receive(&[1, 0]), Ok(2));
            assert_eq!(client.output(), [5, 1, 0, 3, 4, b'h', b'o', b's', b't', 0, 1]);
            assert!(!client.is_connected());
            assert_eq!(client.receive(REPLIES[0]), Ok(10));
            assert!(client.is_connected());
        }
        let greeted = || Client::new(&address, b"user", b"secret").unwrap();
        assert_eq!(greeted().receive(&[5, 0]), Err(Errno::EPROTO), "not what was offered");
        assert_eq!(greeted().receive(&[5, 0xff]), Err(Errno::EACCES));
        for (verdict, errno) in [([1, 1], Errno::EACCES), ([1, 255], Errno::EACCES), ([5, 0], Errno::EPROTO)] {
            let mut client = greeted();
            client.receive(&[5, 2]).unwrap();
            assert_eq!(client.receive(&verdict), Err(errno));
            assert_eq!(client.receive(&[1, 0]), Err(Errno::EPROTO), "the conversation is over");
        }
        for (user, password) in [(256, 0), (1, 256)] {
            let result = Client::new(&address, &vec![b'u'; user], &vec![b'p'; password]);
            assert_eq!(result.err(), Some(Errno::EINVAL));
        }
    }
}
