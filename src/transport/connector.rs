//! One attempt to connect. An I/O thread; nothing blocks.

use super::resolve::ResolvedAddr;
use super::stream::Stream;
use super::tune;
use crate::errno::{Errno, Result};
use crate::options::Options;
use crate::sys::sockaddr::{Family, SockAddr};
use crate::sys::{socket, sockopt};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

/// The two steps of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Connector;

/// An attempt that has not failed yet.
#[derive(Debug)]
pub struct Connecting {
    /// The connection.
    pub stream: Stream,
    /// It is not made yet: when the descriptor is writable, call [`Connector::finish`].
    pub in_progress: bool,
}

/// An attempt that failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConnectError {
    /// The error.
    pub errno: Errno,
    /// The number of the socket that was opened and is closed again, for the event CLOSED.
    pub fd: Option<RawFd>,
}

impl Connector {
    /// Starts an attempt. Unix connections are made or refused at once.
    ///
    /// # Errors
    /// What the kernel says; before there is a socket, `fd` is `None`.
    pub fn start(address: &ResolvedAddr, options: &Options) -> Result<Connecting, ConnectError> {
        let mut opened = None;
        let result = match address {
            ResolvedAddr::Tcp { target, source } => tcp(*target, *source, options, &mut opened),
            ResolvedAddr::Ipc(target) => ipc(target, options, &mut opened),
        };
        result.map_err(|errno| ConnectError { errno, fd: opened })
    }

    /// Learns how an attempt has ended. On failure the caller drops the stream.
    ///
    /// # Errors
    /// `EINPROGRESS` when it has not ended: wait on. Else what the kernel says, `ECONNREFUSED` and `ETIMEDOUT` for
    /// instance.
    pub fn finish(stream: &mut Stream) -> Result<()> {
        sockopt::take_error(stream.as_fd())?;
        match stream.learn_peer() {
            Ok(()) => refuse_oneself(stream),
            // Without a peer and without an error, the attempt goes on.
            Err(Errno::ENOTCONN) => Err(Errno::EINPROGRESS),
            Err(e) => Err(e),
        }
    }
}

fn tcp(
    target: SocketAddr,
    source: Option<SocketAddr>,
    options: &Options,
    opened: &mut Option<RawFd>,
) -> Result<Connecting> {
    let family = Family::of(target);
    let fd = socket::tcp(family)?;
    tune::tcp_before(fd.as_fd(), family, options)?;
    *opened = Some(fd.as_raw_fd());
    tune::tcp_data(fd.as_fd(), options)?;
    if let Some(source) = source {
        // Several connections may share a source port if their targets differ.
        sockopt::set_reuse_address(fd.as_fd(), 1)?;
        socket::bind(fd.as_fd(), &source.into())?;
    }
    let mut connecting = connect(fd, &target.into())?;
    if !connecting.in_progress {
        connecting.stream.learn_peer()?;
        refuse_oneself(&connecting.stream)?;
    }
    Ok(connecting)
}

fn ipc(target: &SockAddr, options: &Options, opened: &mut Option<RawFd>) -> Result<Connecting> {
    let fd = socket::unix()?;
    *opened = Some(fd.as_raw_fd());
    tune::buffers(fd.as_fd(), options)?;
    connect(fd, target)
}

fn connect(fd: OwnedFd, target: &SockAddr) -> Result<Connecting> {
    let made = socket::connect(fd.as_fd(), target)?;
    Ok(Connecting { stream: Stream::new(fd, *target), in_progress: !made })
}

/// A connection of a socket to itself would keep the port that a listener of this machine is expected at.
fn refuse_oneself(stream: &Stream) -> Result<()> {
    if !stream.is_own_peer() {
        return Ok(());
    }
    // Without an orderly close the port is free again at once.
    sockopt::set_abort_on_close(stream.as_fd())?;
    Err(Errno::ECONNREFUSED)
}
