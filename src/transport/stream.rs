//! One connection's bytes. Whichever thread drives the session; the descriptor may be used from several threads, but
//! reads are up to one at a time, and writes are too.
#![allow(unsafe_code, reason = "vouches for what the system call has read")]

use super::ipc;
use crate::errno::{Errno, Result};
use crate::message::Source;
use crate::sys::poll::{PollFd, poll};
use crate::sys::sockaddr::SockAddr;
use crate::sys::{interfaces, socket, sockopt};
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

/// A connected stream socket, or one that is being connected; non-blocking.
#[derive(Debug)]
pub struct Stream {
    fd: OwnedFd,
    /// Who the peer is, or is to be; the kernel forgets it when the connection breaks.
    peer: Peer,
}

/// An address in less room than the kernel's form takes.
#[derive(Debug)]
enum Peer {
    Inet(SocketAddr),
    Other(Box<SockAddr>),
}

impl Peer {
    fn of(address: SockAddr) -> Peer {
        address.inet().map_or_else(|| Peer::Other(Box::new(address)), Peer::Inet)
    }
}

impl Stream {
    pub(super) fn new(fd: OwnedFd, peer: SockAddr) -> Stream {
        Stream { fd, peer: Peer::of(peer) }
    }

    /// One end of a pair, for tests.
    #[cfg(test)]
    pub fn of_unix(end: std::os::unix::net::UnixStream) -> Stream {
        end.set_nonblocking(true).unwrap();
        let peer = socket::peer_address(end.as_fd()).unwrap();
        Stream::new(end.into(), peer)
    }

    /// Reads once; 0 at the end of the stream.
    ///
    /// # Errors
    /// `EAGAIN` when nothing is there now; else the connection is lost.
    #[inline]
    pub fn read(&self, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
        socket::read(self.fd.as_fd(), buffer)
    }

    /// Writes once; returns how many bytes of the slices went.
    ///
    /// # Errors
    /// `EAGAIN` when there is no room now; else the connection is lost.
    #[inline]
    pub fn write_vectored(&self, slices: &[IoSlice<'_>]) -> Result<usize> {
        socket::write_vectored(self.fd.as_fd(), slices)
    }

    /// Waits until there is room for more to write, or something to read, for at most `limit`; whether there is room. Never on
    /// a broken connection.
    ///
    /// # Errors
    /// `EINTR` when a signal handler ran.
    pub fn wait_writable(&self, limit: Duration) -> Result<bool> {
        let found = self.wait(libc::POLLOUT | libc::POLLIN, limit)?;
        Ok(found & !libc::POLLIN == libc::POLLOUT)
    }

    /// Waits until there is more to read, or the end, for at most `limit`; whether there is.
    ///
    /// # Errors
    /// `EINTR` when a signal handler ran.
    pub fn wait_readable(&self, limit: Duration) -> Result<bool> {
        Ok(self.wait(libc::POLLIN, limit)? != 0)
    }

    fn wait(&self, events: i16, limit: Duration) -> Result<i16> {
        let mut fds = [PollFd { fd: self.raw_fd(), events, revents: 0 }];
        poll(&mut fds, Some(limit), None)?;
        Ok(fds[0].revents)
    }

    /// Tells the peer that nothing follows what was written.
    ///
    /// # Errors
    /// `ENOTCONN`.
    pub fn shutdown_write(&self) -> Result<()> {
        socket::shutdown_write(self.fd.as_fd())
    }

    /// Bytes that the kernel holds because the peer has not taken them yet.
    ///
    /// # Errors
    /// `EINVAL` when not connected.
    pub fn unsent_bytes(&self) -> Result<usize> {
        socket::unsent_bytes(self.fd.as_fd())
    }

    /// How many bytes the peer's kernel has not confirmed yet. None on a Unix socket, whose bytes are with the peer once
    /// they are written.
    pub fn unsent(&self) -> usize {
        if self.peer().inet().is_some() { self.unsent_bytes().unwrap_or(0) } else { 0 }
    }

    /// Reads and drops what is there; whether the stream has ended.
    pub fn discard_input(&self) -> bool {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(errno) => return errno != Errno::EAGAIN,
            }
        }
    }

    /// Reads one byte; `None` at the end.
    ///
    /// # Errors
    /// As [`Stream::read`].
    pub fn read_byte(&self) -> Result<Option<u8>> {
        let mut byte = [MaybeUninit::new(0)];
        let n = self.read(&mut byte)?;
        // SAFETY: initialised above, whatever the read wrote.
        Ok((n > 0).then_some(unsafe { byte[0].assume_init() }))
    }

    /// The descriptor's number.
    pub fn raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// The "Peer-Address" of messages: a numeric address without port, or "localhost:uid:gid:pid" for ipc.
    pub fn peer_address(&self) -> String {
        match self.peer().inet() {
            Some(address) => numeric_ip(address),
            None => sockopt::peer_credentials(self.as_fd())
                .map(|who| format!("localhost:{}:{}:{}", who.uid, who.gid, who.pid))
                .unwrap_or_default(),
        }
    }

    /// This side's address as an endpoint; empty if the kernel does not tell.
    pub fn local_endpoint(&self) -> String {
        socket::local_address(self.as_fd()).map(|address| endpoint_text(&address)).unwrap_or_default()
    }

    /// The peer's address as an endpoint.
    pub fn remote_endpoint(&self) -> String {
        endpoint_text(&self.peer())
    }

    /// Learns who the peer is now that there is one: not always who was asked for, as 0.0.0.0 is this machine.
    ///
    /// # Errors
    /// `ENOTCONN` when there is none.
    pub(super) fn learn_peer(&mut self) -> Result<()> {
        self.peer = Peer::of(socket::peer_address(self.as_fd())?);
        Ok(())
    }

    /// Whether a TCP socket is connected to itself, as can happen when a free port of this machine is connected to.
    pub(super) fn is_own_peer(&self) -> bool {
        let Peer::Inet(peer) = self.peer else { return false };
        socket::local_address(self.as_fd()).is_ok_and(|local| local.inet() == Some(peer))
    }

    fn peer(&self) -> SockAddr {
        match &self.peer {
            Peer::Inet(address) => SockAddr::from(*address),
            Peer::Other(address) => **address,
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

// SAFETY: the system call counts the bytes that it wrote.
unsafe impl Source for Stream {
    #[inline]
    fn read(&mut self, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
        Stream::read(self, buffer)
    }
}

// SAFETY: the system call counts the bytes that it wrote.
unsafe impl Source for &Stream {
    #[inline]
    fn read(&mut self, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
        Stream::read(self, buffer)
    }
}

/// An address as an endpoint.
pub(super) fn endpoint_text(address: &SockAddr) -> String {
    match (address.inet(), address.unix_name()) {
        (Some(inet @ SocketAddr::V4(_)), _) => format!("tcp://{}:{}", numeric_ip(inet), inet.port()),
        (Some(inet @ SocketAddr::V6(_)), _) => format!("tcp://[{}]:{}", numeric_ip(inet), inet.port()),
        (None, Some(name)) => ipc::endpoint_text(name),
        (None, None) => String::new(),
    }
}

/// The address in numbers; that of one link carries the link's name, without which nobody can connect to it.
fn numeric_ip(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 && v6.ip().is_unicast_link_local() => {
            let scope = v6.scope_id();
            let zone = interfaces::name_of(scope).unwrap_or_else(|| scope.to_string());
            format!("{}%{zone}", v6.ip())
        }
        _ => address.ip().to_string(),
    }
}
