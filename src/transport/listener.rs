//! Waiting for connections. Made and closed by the socket's thread, accepts on an I/O thread.

use super::ipc::{self, PrivateDirectory};
use super::stream::{Stream, endpoint_text};
use super::{resolve, tune};
use crate::endpoint::{Endpoint, IpcAddress, TcpAddress};
use crate::errno::{Errno, Result};
use crate::options::{AcceptFilter, Options};
use crate::sys::lock::Mutex;
use crate::sys::sockaddr::{Family, SockAddr};
use crate::sys::socket::{self, Kind};
use crate::sys::sockopt;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// A bound socket that connections come from.
#[derive(Debug)]
pub struct Listener {
    fd: OwnedFd,
    kind: Kind,
    // Behind the descriptor, so that it is closed first.
    adopted: Option<Adopted>,
    endpoint: String,
    directory: Option<PrivateDirectory>,
    options: Options,
}

/// Why a bind failed, and what its monitor events say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BindError {
    /// The error.
    pub errno: Errno,
    /// The number of the socket that was opened and is closed again, for the event CLOSED.
    pub fd: Option<RawFd>,
    /// The endpoint of the event CLOSED.
    pub closed_endpoint: String,
    /// The endpoint of the event BIND_FAILED: the address without its transport.
    pub address: String,
}

/// Why a connection was not accepted, though one was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AcceptError {
    /// A filter did not let it in; it is closed.
    Rejected,
    /// The system failed: for `EMFILE`, `ENFILE`, `ENOBUFS` and `ENOMEM` the connection still waits, and nothing will
    /// announce it again.
    Failed(Errno),
}

impl AcceptError {
    /// The value of the event ACCEPT_FAILED.
    pub fn errno(self) -> Errno {
        match self {
            AcceptError::Rejected => Errno::EPERM,
            AcceptError::Failed(errno) => errno,
        }
    }
}

impl From<Errno> for AcceptError {
    fn from(errno: Errno) -> AcceptError {
        AcceptError::Failed(errno)
    }
}

impl Listener {
    /// Binds and listens. Looks a host name up in the calling thread.
    ///
    /// # Errors
    /// tcp: `EINVAL` for the port or the zone, `ENODEV` for the host or BINDTODEVICE, `EADDRNOTAVAIL`, `EADDRINUSE`,
    /// `EACCES`, `EPERM`. ipc: `EINVAL`, `ENAMETOOLONG`, `ENOENT`, `EACCES`, `EADDRINUSE`. USE_FD: `EBADF`, `ENOTSOCK`,
    /// `EINVAL` for what is no listening socket of that kind, `EADDRINUSE` for one that another bind has taken. inproc: `EPROTONOSUPPORT`. Always: `EMFILE`, `ENFILE`, `ENOMEM`, `ENOBUFS`.
    pub fn bind(endpoint: &Endpoint, options: &Options) -> Result<Listener, BindError> {
        let mut opened = None;
        let result = match endpoint {
            Endpoint::Inproc(_) => Err(Errno::EPROTONOSUPPORT),
            Endpoint::Tcp(address) => bind_tcp(address, options, &mut opened),
            Endpoint::Ipc(address) => bind_ipc(address, options, &mut opened),
        };
        result.map_err(|errno| BindError {
            errno,
            fd: opened,
            closed_endpoint: match endpoint {
                Endpoint::Ipc(_) => endpoint.to_string(),
                _ => String::new(),
            },
            address: endpoint.address().to_owned(),
        })
    }

    fn new(fd: OwnedFd, kind: Kind, directory: Option<PrivateDirectory>, options: &Options) -> Result<Listener> {
        let endpoint = endpoint_text(&socket::local_address(fd.as_fd())?);
        Ok(Listener { fd, kind, adopted: None, endpoint, directory, options: options.clone() })
    }

    /// A listener on the socket that USE_FD names.
    fn adopt(kind: Kind, options: &Options) -> Result<Listener> {
        let adopted = Adopted::new(options.use_fd)?;
        let mut listener = Listener::new(socket::adopt_listener(options.use_fd, kind)?, kind, None, options)?;
        listener.adopted = Some(adopted);
        Ok(listener)
    }

    /// The address in force, as ZMQ_LAST_ENDPOINT tells it.
    pub fn local_endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Takes the next connection; `None` when there is none now.
    ///
    /// # Errors
    /// The connection that was next is not accepted; go on with the following one, see [`AcceptError`].
    pub fn accept(&self) -> Result<Option<Stream>, AcceptError> {
        loop {
            match socket::accept(self.fd.as_fd()) {
                Ok((fd, peer)) => return self.admit(fd, peer).map(Some),
                Err(Errno::EAGAIN) => return Ok(None),
                Err(e) if is_lost_connection(e) => {}
                Err(e) => return Err(AcceptError::Failed(e)),
            }
        }
    }

    fn admit(&self, fd: OwnedFd, peer: SockAddr) -> Result<Stream, AcceptError> {
        let options = &self.options;
        let admitted = match (self.kind, peer.inet()) {
            (Kind::Tcp, Some(address)) => {
                let filters = &options.tcp_accept_filters;
                filters.is_empty() || filters.iter().any(|filter| contains(filter, address.ip()))
            }
            (Kind::Tcp, None) => return Err(AcceptError::Failed(Errno::ECONNABORTED)),
            (Kind::Unix, _) => ipc::admits(options, sockopt::peer_credentials(fd.as_fd())?),
        };
        if !admitted {
            return Err(AcceptError::Rejected);
        }
        if let Some(address) = peer.inet() {
            tune::type_of_service(fd.as_fd(), Family::of(address), options)?;
            tune::tcp_data(fd.as_fd(), options)?;
        }
        tune::buffers(fd.as_fd(), options)?;
        Ok(Stream::new(fd, peer))
    }

    /// The descriptor's number.
    pub fn raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// Stops listening. The file of a wildcard bind is removed with its directory, any other stays.
    ///
    /// # Errors
    /// Why the file or the directory could not be removed, for the event CLOSE_FAILED; the socket is closed all the same.
    pub fn close(self) -> Result<()> {
        let Listener { fd, adopted, directory, .. } = self;
        drop(fd);
        drop(adopted);
        directory.map_or(Ok(()), |mut directory| directory.remove())
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// A descriptor number that a listener took over with USE_FD. The option stays set, and a second listener on the same
/// number would close it under the first.
#[derive(Debug)]
struct Adopted(RawFd);

static ADOPTED: Mutex<BTreeSet<RawFd>> = Mutex::new(BTreeSet::new());

impl Adopted {
    fn new(fd: RawFd) -> Result<Adopted> {
        if ADOPTED.lock().insert(fd) { Ok(Adopted(fd)) } else { Err(Errno::EADDRINUSE) }
    }
}

impl Drop for Adopted {
    fn drop(&mut self) {
        ADOPTED.lock().remove(&self.0);
    }
}

fn bind_tcp(address: &TcpAddress, options: &Options, opened: &mut Option<RawFd>) -> Result<Listener> {
    if options.use_fd != -1 {
        address.target()?;
        return Listener::adopt(Kind::Tcp, options);
    }
    let local = resolve::bind_address(address, options)?;
    let family = Family::of(local);
    let fd = socket::tcp(family)?;
    tune::tcp_before(fd.as_fd(), family, options)?;
    // Connections of a listener that was closed a moment ago must not keep the port.
    sockopt::set_reuse_address(fd.as_fd(), 1)?;
    *opened = Some(fd.as_raw_fd());
    socket::bind(fd.as_fd(), &local.into())?;
    socket::listen(fd.as_fd(), options.backlog)?;
    Listener::new(fd, Kind::Tcp, None, options)
}

fn bind_ipc(address: &IpcAddress, options: &Options, opened: &mut Option<RawFd>) -> Result<Listener> {
    if options.use_fd != -1 {
        address.name()?;
        return Listener::adopt(Kind::Unix, options);
    }
    let directory = if address.is_wildcard() { Some(PrivateDirectory::new()?) } else { None };
    let chosen = directory.as_ref().map(PrivateDirectory::socket);
    let address = chosen.as_ref().unwrap_or(address);
    let local = ipc::address(address)?;
    ipc::clear_the_way(address);
    let fd = socket::unix()?;
    *opened = Some(fd.as_raw_fd());
    tune::buffers(fd.as_fd(), options)?;
    socket::bind(fd.as_fd(), &local)?;
    socket::listen(fd.as_fd(), options.backlog)?;
    Listener::new(fd, Kind::Unix, directory, options)
}

/// Errors that accept(2) passes on from a connection that broke while it waited.
fn is_lost_connection(errno: Errno) -> bool {
    const LOST: [i32; 9] = [
        libc::ECONNABORTED,
        libc::EPROTO,
        libc::ENETDOWN,
        libc::ENOPROTOOPT,
        libc::EHOSTDOWN,
        libc::ENONET,
        libc::EHOSTUNREACH,
        libc::EOPNOTSUPP,
        libc::ENETUNREACH,
    ];
    LOST.contains(&errno.0)
}

/// Whether the peer is in the filter's network. IPv4 peers of a dual-stack listener count as what they are, and as their
/// mapped address.
fn contains(filter: &AcceptFilter, peer: IpAddr) -> bool {
    let same_start = |a: &[u8], b: &[u8]| {
        let whole = usize::from(filter.prefix / 8).min(a.len());
        let rest = filter.prefix % 8;
        let mask = !(0xff_u8.checked_shr(u32::from(rest)).unwrap_or(0));
        a[..whole] == b[..whole] && (whole == a.len() || rest == 0 || (a[whole] ^ b[whole]) & mask == 0)
    };
    match (filter.network, peer.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(peer)) => same_start(&network.octets(), &peer.octets()),
        (IpAddr::V6(network), IpAddr::V4(peer)) => same_start(&network.octets(), &peer.to_ipv6_mapped().octets()),
        (IpAddr::V6(network), IpAddr::V6(peer)) => same_start(&network.octets(), &peer.octets()),
        (IpAddr::V4(_), IpAddr::V6(_)) => false,
    }
}
