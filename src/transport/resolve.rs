//! From an endpoint's text to an address that the kernel takes. Any thread; only [`bind_address`] may block.

use super::ipc;
use super::stream::endpoint_text;
use crate::endpoint::{Endpoint, HostPort, TcpAddress};
use crate::errno::{Errno, Result};
use crate::options::Options;
use crate::sys::sockaddr::{Family, SockAddr};
use crate::sys::{interfaces, lookup, socket};
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::sync::OnceLock;

/// Where a connection goes, and where it comes from.
#[derive(Clone, Debug)]
pub enum ResolvedAddr {
    /// A TCP connection.
    Tcp {
        /// The peer's address.
        target: SocketAddr,
        /// The address to bind first.
        source: Option<SocketAddr>,
    },
    /// A Unix connection.
    Ipc(SockAddr),
}

/// What is known of a connect's address without asking a name server.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// The address.
    Ready(ResolvedAddr),
    /// A host name is to be looked up first: give it to [`super::Resolver::submit`].
    NeedsLookup(Lookup),
}

/// A name to look up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lookup {
    /// The host's name.
    pub host: String,
    /// The port to connect to.
    pub port: u16,
    /// The number of the interface that a link-local address belongs to; 0 for none.
    pub scope: u32,
    /// Whether IPv6 addresses are wanted; IPv4 ones are mapped then.
    pub ipv6: bool,
    /// The address to bind first.
    pub source: Option<SocketAddr>,
}

impl Lookup {
    /// Asks the system. May block for many seconds.
    ///
    /// # Errors
    /// `EINVAL` for an unknown host, `EAGAIN` when no name server answers, `ENOMEM`.
    pub(super) fn run(&self) -> Result<ResolvedAddr> {
        let family = if self.ipv6 { Family::V6 } else { Family::V4 };
        let ip = lookup::name(&self.host, family)?;
        Ok(ResolvedAddr::Tcp { target: with_scope(ip, self.port, self.scope), source: self.source })
    }
}

/// The address family that the option IPV6 asks for, as far as the kernel has it.
fn family(options: &Options) -> Family {
    static IPV6: OnceLock<bool> = OnceLock::new();
    let kernel_has = || socket::tcp(Family::V6).err() != Some(Errno::EAFNOSUPPORT);
    if options.ipv6 && *IPV6.get_or_init(kernel_has) { Family::V6 } else { Family::V4 }
}

/// Resolves the address of a connect, once for each attempt.
///
/// With SOCKS_PROXY set, the result is the proxy's address; see [`super::socks`].
///
/// # Errors
/// `EINVAL` for an address without meaning, `ENODEV` for an unknown source, `ENAMETOOLONG`; `EPROTONOSUPPORT` for
/// inproc, whose connections have no socket.
pub fn resolve(endpoint: &Endpoint, options: &Options) -> Result<Resolution> {
    match endpoint {
        Endpoint::Inproc(_) => Err(Errno::EPROTONOSUPPORT),
        Endpoint::Ipc(address) => Ok(Resolution::Ready(ResolvedAddr::Ipc(ipc::address(address)?))),
        Endpoint::Tcp(address) if options.socks_proxy.is_empty() => tcp(address, address.source()?, options),
        Endpoint::Tcp(address) => {
            let proxy = TcpAddress::proxy(&text_of(&options.socks_proxy));
            let source = proxy.source()?.map_or_else(|| address.source(), |source| Ok(Some(source)))?;
            tcp(&proxy, source, options)
        }
    }
}

/// An option's bytes as text; callers may have counted the terminator.
pub(super) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

fn tcp(address: &TcpAddress, source: Option<HostPort>, options: &Options) -> Result<Resolution> {
    let family = family(options);
    let source = source.map(|source| local(&source, family)).transpose()?;
    let target = address.target()?;
    let scope = scope(&target)?;
    if let Some(ip) = lookup::numeric(&target.host, family) {
        let target = with_scope(ip, target.port, scope);
        return Ok(Resolution::Ready(ResolvedAddr::Tcp { target, source }));
    }
    if !may_be_name(&target.host) {
        return Err(Errno::EINVAL);
    }
    let HostPort { host, port, .. } = target;
    Ok(Resolution::NeedsLookup(Lookup { host, port, scope, ipv6: family == Family::V6, source }))
}

/// Resolves the address of a bind. Looks names up, so it may block.
///
/// # Errors
/// `EINVAL` for a wrong port or zone, here or in the source part, which otherwise does not count; `ENODEV` for an unknown
/// host or interface.
pub(super) fn bind_address(address: &TcpAddress, options: &Options) -> Result<SocketAddr> {
    let family = family(options);
    if let Some(source) = address.source()? {
        local(&source, family)?;
    }
    let target = address.target()?;
    match local(&target, family) {
        Err(Errno::ENODEV) => by_name(&target, family),
        other => other,
    }
}

/// The text under which a bind to this place is known, if it is not this text: for unbinding and disconnecting. Looks
/// names up in the calling thread. Wildcards and interfaces name no place.
pub fn resolved_forms(endpoint: &Endpoint, options: &Options) -> Vec<String> {
    let Endpoint::Tcp(address) = endpoint else { return Vec::new() };
    place(address, family(options)).map(|place| endpoint_text(&place.into())).into_iter().collect()
}

fn place(address: &TcpAddress, family: Family) -> Result<SocketAddr> {
    let target = address.target()?;
    if target.port == 0 || target.host == "*" {
        return Err(Errno::EINVAL);
    }
    match lookup::numeric(&target.host, family) {
        Some(ip) => Ok(with_scope(ip, target.port, scope(&target)?)),
        None => by_name(&target, family),
    }
}

/// Asks the name service. May block for many seconds.
fn by_name(address: &HostPort, family: Family) -> Result<SocketAddr> {
    if !may_be_name(&address.host) {
        return Err(Errno::ENODEV);
    }
    let ip = lookup::name(&address.host, family).map_err(|e| if e == Errno::ENOMEM { e } else { Errno::ENODEV })?;
    Ok(with_scope(ip, address.port, scope(address)?))
}

/// Whether a name service is worth asking: no host's name has the characters of addresses in it.
fn may_be_name(host: &str) -> bool {
    !host.is_empty() && !host.contains([':', '[', ']', '*', '%'])
}

/// An address of this machine: any, an interface's first, or a numeric one.
fn local(address: &HostPort, family: Family) -> Result<SocketAddr> {
    let scope = scope(address)?;
    if address.host == "*" {
        return Ok(with_scope(family.any(), address.port, scope));
    }
    // Listing the interfaces costs as much as all else that a bind does; none is called like an address.
    let numeric = address.host.parse::<IpAddr>().is_ok();
    if !numeric && let Some(mut found) = interfaces::first_address(&address.host, family)? {
        found.set_port(address.port);
        return Ok(found);
    }
    let ip = lookup::numeric(&address.host, family).ok_or(Errno::ENODEV)?;
    Ok(with_scope(ip, address.port, scope))
}

/// IPv4 addresses have no scope.
fn with_scope(ip: IpAddr, port: u16, scope: u32) -> SocketAddr {
    match ip {
        IpAddr::V6(ip) => SocketAddr::V6(SocketAddrV6::new(ip, port, 0, scope)),
        IpAddr::V4(_) => SocketAddr::new(ip, port),
    }
}

/// The scope that the address names; 0 for none.
fn scope(address: &HostPort) -> Result<u32> {
    address.zone.as_deref().map_or(Ok(0), zone_index)
}

/// The number of the interface that a zone names.
fn zone_index(zone: &str) -> Result<u32> {
    let digits = zone.find(|c: char| !c.is_ascii_digit()).map_or(zone, |end| &zone[..end]);
    let index = interfaces::index_of(zone).or_else(|| digits.parse().ok());
    index.filter(|index| *index != 0).ok_or(Errno::EINVAL)
}
