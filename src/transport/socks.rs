//! The client's side of SOCKS 5 (RFC 1928), without authentication: what goes to the proxy and comes from it before the
//! connection belongs to ZMTP. No descriptor, no clock; whichever thread drives the session.

use crate::endpoint::{HostPort, TcpAddress};
use crate::errno::{Errno, Result};
use std::net::{Ipv4Addr, Ipv6Addr};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The choice of a method is awaited.
    Method,
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
    request: Vec<u8>,
    output: Vec<u8>,
    sent: usize,
    input: Vec<u8>,
}

impl Client {
    /// A conversation that asks for a connection to this address. Names are left to the proxy to look up.
    ///
    /// # Errors
    /// `EINVAL` for an address without host or port, for a name above 255 bytes, and for an IPv6 zone.
    pub fn new(destination: &TcpAddress) -> Result<Client> {
        let request = request(&destination.target()?)?;
        let output = vec![VERSION, 1, NO_AUTHENTICATION];
        Ok(Client { state: State::Method, request, output, sent: 0, input: Vec::new() })
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
    /// `EPROTO` for what is not SOCKS 5, `EACCES` when the proxy wants authentication or forbids the connection;
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

    fn advance(&mut self) -> Result<()> {
        match self.state {
            State::Method => {
                if method_chosen(&self.input)? {
                    self.input.clear();
                    self.output = std::mem::take(&mut self.request);
                    self.sent = 0;
                    self.state = State::Reply;
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

/// Whether the answer to the greeting is there; it is looked at byte by byte.
fn method_chosen(input: &[u8]) -> Result<bool> {
    match *input {
        [] | [VERSION] => Ok(false),
        [VERSION, NO_AUTHENTICATION, ..] => Ok(true),
        [VERSION, 0xff, ..] => Err(Errno::EACCES),
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
