//! Endpoint texts, "transport://address", taken apart. Any thread; nothing here asks the system.
//!
//! Binding and connecting differ in what they check at once: a bind resolves its address before it returns, a connect
//! only looks at the characters, because its address is resolved again at each attempt.

use crate::errno::{Errno, Result};
use std::fmt;

/// A transport that this library has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scheme {
    /// Between sockets of one context.
    Inproc,
    /// Unix domain sockets.
    Ipc,
    /// TCP over IPv4 and IPv6.
    Tcp,
}

/// One row per transport: its name, and how the address of a connect is checked. What is absent is not supported.
struct Row {
    name: &'static str,
    scheme: Scheme,
    make: fn(&str) -> Endpoint,
    check_connect: fn(&Endpoint) -> Result<()>,
}

const SCHEMES: [Row; 3] = [
    Row {
        name: "inproc",
        scheme: Scheme::Inproc,
        make: |address| Endpoint::Inproc(address.to_owned()),
        check_connect: |_| Ok(()),
    },
    Row {
        name: "ipc",
        scheme: Scheme::Ipc,
        make: |address| Endpoint::Ipc(IpcAddress(address.to_owned())),
        check_connect: |endpoint| match endpoint {
            Endpoint::Ipc(address) => address.name().map(drop),
            _ => Ok(()),
        },
    },
    Row {
        name: "tcp",
        scheme: Scheme::Tcp,
        make: |address| Endpoint::Tcp(TcpAddress(address.to_owned())),
        check_connect: |endpoint| match endpoint {
            Endpoint::Tcp(address) => address.check_characters(),
            _ => Ok(()),
        },
    },
];

impl Scheme {
    /// The word before "://".
    pub fn name(self) -> &'static str {
        SCHEMES.iter().find(|row| row.scheme == self).map_or("", |row| row.name)
    }
}

/// An endpoint, split into transport and address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Endpoint {
    /// A name within the context.
    Inproc(String),
    /// A Unix address.
    Ipc(IpcAddress),
    /// A TCP address.
    Tcp(TcpAddress),
}

/// Transports that exist, but that no socket type of this library can use (zmq_udp(7)).
const FOR_OTHER_TYPES: [&str; 1] = ["udp"];

/// Takes the transport off an endpoint.
fn split(text: &str) -> Result<(&'static Row, &str)> {
    let (name, address) = text.split_once("://").ok_or(Errno::EINVAL)?;
    if name.is_empty() || address.is_empty() {
        return Err(Errno::EINVAL);
    }
    if FOR_OTHER_TYPES.contains(&name) {
        return Err(Errno::ENOCOMPATPROTO);
    }
    let row = SCHEMES.iter().find(|row| row.name == name).ok_or(Errno::EPROTONOSUPPORT)?;
    Ok((row, address))
}

impl Endpoint {
    /// An endpoint to bind, unbind or disconnect. The address is looked at when it is bound, so that a wrong one is
    /// reported as a failed bind.
    ///
    /// # Errors
    /// `EINVAL` without "://", transport or address; `EPROTONOSUPPORT` for a transport that is not in this library,
    /// `ENOCOMPATPROTO` for one that is for other socket types.
    pub fn parse_bind(text: &str) -> Result<Endpoint> {
        let (row, address) = split(text)?;
        Ok((row.make)(address))
    }

    /// An endpoint to connect to.
    ///
    /// # Errors
    /// As [`Endpoint::parse_bind`]; `EINVAL` for a TCP address with a wrong character or without a port, and for the
    /// abstract ipc name ""; `ENAMETOOLONG` for a long ipc path.
    pub fn parse_connect(text: &str) -> Result<Endpoint> {
        let (row, address) = split(text)?;
        let endpoint = (row.make)(address);
        (row.check_connect)(&endpoint)?;
        Ok(endpoint)
    }

    /// The transport.
    pub fn scheme(&self) -> Scheme {
        match self {
            Endpoint::Inproc(_) => Scheme::Inproc,
            Endpoint::Ipc(_) => Scheme::Ipc,
            Endpoint::Tcp(_) => Scheme::Tcp,
        }
    }

    /// The text behind "://".
    pub fn address(&self) -> &str {
        match self {
            Endpoint::Inproc(name) => name,
            Endpoint::Ipc(address) => &address.0,
            Endpoint::Tcp(address) => &address.0,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme().name(), self.address())
    }
}

/// The address of an ipc endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IpcAddress(String);

/// What an ipc address names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IpcName<'a> {
    /// A file.
    Path(&'a str),
    /// A name in Linux' abstract namespace, without the "@".
    Abstract(&'a str),
}

impl IpcAddress {
    /// Longest address, the "@" of an abstract name included.
    pub const MAX: usize = 107;

    /// An address for this file.
    pub fn from_path(path: &str) -> IpcAddress {
        IpcAddress(path.to_owned())
    }

    /// Whether a bind is to choose a file of its own: "*", whatever follows it. For a connect it is a file like any other.
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with('*')
    }

    /// What the address names.
    ///
    /// # Errors
    /// `ENAMETOOLONG`; `EINVAL` for "@" alone and for a NUL byte in a path.
    pub fn name(&self) -> Result<IpcName<'_>> {
        if self.0.len() > IpcAddress::MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        match self.0.strip_prefix('@') {
            Some("") => Err(Errno::EINVAL),
            Some(name) => Ok(IpcName::Abstract(name)),
            None if self.0.contains('\0') => Err(Errno::EINVAL),
            None => Ok(IpcName::Path(&self.0)),
        }
    }
}

/// The address of a tcp endpoint, `[source;]host:port`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TcpAddress(String);

/// `host:port`, not resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostPort {
    /// Host name, address, interface or "*"; outermost brackets and the zone are removed.
    pub host: String,
    /// What follows "%": an interface's name or number.
    pub zone: Option<String>,
    /// The port; 0 for any.
    pub port: u16,
}

impl TcpAddress {
    /// Checks a connect's characters only.
    fn check_characters(&self) -> Result<()> {
        let text = &self.0;
        let port = text.rsplit_once(':').map_or("", |(_, port)| port);
        if !port.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(Errno::EINVAL);
        }
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[' || c == ':') {
            return Err(Errno::EINVAL);
        }
        // A wildcard has a meaning in the source part alone.
        let (source, target) = text.rsplit_once(';').unwrap_or(("", text));
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-:%;[]_".contains(c);
        if source.chars().all(|c| allowed(c) || c == '*') && target.chars().all(allowed) {
            Ok(())
        } else {
            Err(Errno::EINVAL)
        }
    }

    /// The address of a proxy, in the same grammar.
    pub fn proxy(text: &str) -> TcpAddress {
        TcpAddress(text.to_owned())
    }

    /// The part before the last ";": where a connection comes from.
    ///
    /// # Errors
    /// `EINVAL` for a wrong port.
    pub fn source(&self) -> Result<Option<HostPort>> {
        self.0.rsplit_once(';').map(|(source, _)| HostPort::parse(source)).transpose()
    }

    /// Where to bind, or to connect to.
    ///
    /// # Errors
    /// `EINVAL` for a wrong port or a wrong zone.
    pub fn target(&self) -> Result<HostPort> {
        HostPort::parse(self.0.rsplit_once(';').map_or(self.0.as_str(), |(_, target)| target))
    }
}

impl HostPort {
    /// Takes `host:port` apart at the last colon.
    ///
    /// # Errors
    /// `EINVAL` without a colon, for a port that is no number, and for an empty zone or the zone 0.
    pub fn parse(text: &str) -> Result<HostPort> {
        let (host, port) = text.rsplit_once(':').ok_or(Errno::EINVAL)?;
        let port = match port {
            "*" | "0" => 0,
            number => match leading_integer(number) {
                0 => return Err(Errno::EINVAL),
                port => port,
            },
        };
        // Brackets that do not embrace the host stay, and no host has such a name.
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let (host, zone) = match host.rsplit_once('%') {
            Some((_, "" | "0")) => return Err(Errno::EINVAL),
            Some((host, zone)) => (host, Some(zone.to_owned())),
            None => (host, None),
        };
        Ok(HostPort { host: host.to_owned(), zone, port })
    }
}

/// The integer at the start of `text`, cut to 16 bits: blanks before and anything behind are ignored, as C's atoi(3) does
/// it, on which the accepted ports depend.
fn leading_integer(text: &str) -> u16 {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut value: i64 = 0;
    for digit in digits.iter().map_while(|c| char::from(*c).to_digit(10)) {
        let digit = i64::from(digit);
        let step = |v: i64| v.checked_mul(10)?.checked_add(if negative { -digit } else { digit });
        value = step(value).unwrap_or(if negative { i64::MIN } else { i64::MAX });
    }
    let [low, high, ..] = value.to_le_bytes();
    u16::from_le_bytes([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transport_and_address() {
        for text in ["", "tcp", "tcp:", "tcp:/a", "://a", "tcp://", "x://", "inproc://", "ipc://"] {
            assert_eq!(Endpoint::parse_bind(text), Err(Errno::EINVAL), "{text:?}");
            assert_eq!(Endpoint::parse_connect(text), Err(Errno::EINVAL), "{text:?}");
        }
        for name in ["TCP", "tcp:", "foo", "ws", "wss", "pgm", "epgm", "norm", "tipc", "vmci", "vsock", " tcp"] {
            let text = format!("{name}://127.0.0.1:1");
            assert_eq!(Endpoint::parse_bind(&text), Err(Errno::EPROTONOSUPPORT), "{text:?}");
            assert_eq!(Endpoint::parse_connect(&text), Err(Errno::EPROTONOSUPPORT), "{text:?}");
        }
        assert_eq!(Endpoint::parse_bind("udp://127.0.0.1:1"), Err(Errno::ENOCOMPATPROTO));
        assert_eq!(Endpoint::parse_connect("udp://127.0.0.1:1"), Err(Errno::ENOCOMPATPROTO));
        for text in ["inproc://a", "inproc://://", "ipc:///tmp/x", "tcp://127.0.0.1:5"] {
            let endpoint = Endpoint::parse_connect(text).unwrap();
            assert_eq!(endpoint.to_string(), text);
            assert_eq!(Endpoint::parse_bind(text).unwrap(), endpoint);
        }
        assert_eq!(Endpoint::parse_bind("inproc://a").unwrap(), Endpoint::Inproc("a".to_owned()));
    }

    #[test]
    fn tcp_connect_is_a_matter_of_characters() {
        let good = [
            "127.0.0.1:0",
            ":65536",
            "a:5x",
            ":5555",
            "lo:1",
            "[::1]:1",
            "::1:1",
            "nosuch.invalid:1",
            "a.b-c_d:5",
            "a:1;b:2",
            "a:*;b:1",
            "lo:*;127.0.0.1:1",
            "x;y:1",
            "127.0.0.1:5;6:1",
            "[:1",
            "a:b:1",
            ":;b:1",
            "[fe80::1%eth0]:1",
            "1:99999999999",
        ];
        for address in good {
            let text = format!("tcp://{address}");
            assert!(Endpoint::parse_connect(&text).is_ok(), "{text:?}");
        }
        let bad = [
            "*:*",
            "*:5555",
            "127.0.0.1:*",
            "127.0.0.1",
            "127.0.0.1:",
            "a:abc",
            "a :1",
            "a: 1",
            "a:1 ",
            "a/b:1",
            "-a:1",
            ".a:1",
            "_a:1",
            "%a:1",
            "]:1",
            ";a:1",
            "a+b:1",
            "a#:1",
            "é:1",
            "a:1/",
            "1:+5",
            "a:1;*:2",
            "a*:1",
            "127.0.0.1:*;127.0.0.1:*",
            "*:0;127.0.0.1:1",
            "a:\u{663}",
            "a:1\0",
        ];
        for address in bad {
            let text = format!("tcp://{address}");
            assert_eq!(Endpoint::parse_connect(&text), Err(Errno::EINVAL), "{text:?}");
            assert!(Endpoint::parse_bind(&text).is_ok(), "a bind looks at the address later: {text:?}");
        }
    }

    #[test]
    fn ports() {
        let good = [
            ("a:*", 0),
            ("a:0", 0),
            ("a:1", 1),
            ("a:65535", 65535),
            ("a:-1", 65535),
            ("a:70000", 4464),
            ("a: 45671", 45671),
            ("a:45672x", 45672),
            ("a:\t+7", 7),
            ("a:99999999999", 59391),
            ("a:999999999999999999999999", 65535),
            ("a:007", 7),
        ];
        for (text, port) in good {
            assert_eq!(HostPort::parse(text).unwrap().port, port, "{text:?}");
        }
        for text in
            ["a:abc", "a:", "a:65536", "a:* ", "a:*/x", "a:00", "a:+0", "a:0x", "a", "", "a:-", "a:- 5", "a:131072"]
        {
            assert_eq!(HostPort::parse(text), Err(Errno::EINVAL), "{text:?}");
        }
    }

    #[test]
    fn hosts_and_zones() {
        let cases = [
            ("127.0.0.1:1", "127.0.0.1", None),
            ("[127.0.0.1]:1", "127.0.0.1", None),
            ("[*]:*", "*", None),
            ("::1:1", "::1", None),
            ("[::1]:1", "::1", None),
            ("abcd:1234::1:0:234:123", "abcd:1234::1:0:234", None),
            ("addr%eth0:8080", "addr", Some("eth0")),
            ("[addr%eth0]:8080", "addr", Some("eth0")),
            ("[fe80::1%2]:8080", "fe80::1", Some("2")),
            (":5", "", None),
            ("[]:5", "", None),
            ("[1.2.3.4:5", "[1.2.3.4", None),
            ("1.2.3.4]:5", "1.2.3.4]", None),
            ("[1.2.128].129:5", "[1.2.128].129", None),
            ("[a:80]", "[a", None),
        ];
        for (text, host, zone) in cases {
            let parsed = HostPort::parse(text).unwrap();
            assert_eq!((parsed.host.as_str(), parsed.zone.as_deref()), (host, zone), "{text:?}");
        }
        for text in ["a%:1", "[a%]:1", "a%0:1"] {
            assert_eq!(HostPort::parse(text), Err(Errno::EINVAL), "{text:?}");
        }
    }

    #[test]
    fn source_and_target() {
        let parse = |text: &str| TcpAddress::proxy(text);
        assert_eq!(parse("a:1").source(), Ok(None));
        assert_eq!(parse("a:1").target().unwrap().host, "a");
        assert_eq!(parse("lo:*;b:2").source().unwrap().unwrap().host, "lo");
        assert_eq!(parse("lo:*;b:2").target().unwrap().host, "b");
        assert_eq!(parse("lo;b:2").source(), Err(Errno::EINVAL), "the source needs a port, too");
        assert_eq!(parse(";b:2").source(), Err(Errno::EINVAL));
        assert_eq!(parse("b:2;").target(), Err(Errno::EINVAL));
        assert_eq!(parse("a:1;b:2;c:3").source().unwrap().unwrap().host, "a:1;b");
    }

    #[test]
    fn ipc_names() {
        let parse = |address: &str| Endpoint::parse_connect(&format!("ipc://{address}"));
        let name = |address: &str| match parse(address).unwrap() {
            Endpoint::Ipc(address) => match address.name().unwrap() {
                IpcName::Path(path) => format!("path {path}"),
                IpcName::Abstract(name) => format!("abstract {name}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!(name("/tmp/x"), "path /tmp/x");
        assert_eq!(name("@x"), "abstract x");
        assert_eq!(name("@a@b"), "abstract a@b");
        assert_eq!(name("*"), "path *");
        assert!(parse(&"a".repeat(107)).is_ok());
        assert!(parse(&format!("@{}", "a".repeat(106))).is_ok());
        assert_eq!(parse(&"a".repeat(108)), Err(Errno::ENAMETOOLONG));
        assert_eq!(parse(&format!("@{}", "a".repeat(107))), Err(Errno::ENAMETOOLONG));
        assert_eq!(parse("@"), Err(Errno::EINVAL));
        assert_eq!(parse("a\0b"), Err(Errno::EINVAL));
    }
}
