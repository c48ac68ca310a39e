//! Stream sockets: making, connecting, reading and writing. Any thread; descriptors are borrowed for the call.

use super::sockaddr::{Family, SockAddr};
use super::{check, check_count, retry};
use crate::errno::{Errno, Result};
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

/// Most slices that one call passes to the kernel.
pub const MAX_SLICES: usize = 1024;

/// The kinds of stream sockets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// IPv4 or IPv6.
    Tcp,
    /// Unix domain.
    Unix,
}

/// A TCP socket.
///
/// # Errors
/// `EAFNOSUPPORT` if the kernel lacks the family; `EMFILE`, `ENFILE`, `ENOMEM`, `EACCES`.
pub fn tcp(family: Family) -> Result<OwnedFd> {
    stream(family.number())
}

/// A Unix stream socket.
///
/// # Errors
/// As [`tcp`].
pub fn unix() -> Result<OwnedFd> {
    stream(libc::AF_UNIX)
}

fn stream(family: libc::c_int) -> Result<OwnedFd> {
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: no pointer is passed.
    let fd = check(unsafe { libc::socket(family, kind, 0) })?;
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Takes over a listening stream socket that the application made: from here on it is non-blocking, close-on-exec and
/// closed with the value.
///
/// # Errors
/// `EBADF`, `ENOTSOCK`; `EINVAL` if it does not listen or is of another kind. The descriptor then stays the application's.
pub fn adopt_listener(fd: RawFd, kind: Kind) -> Result<OwnedFd> {
    if fd < 0 {
        return Err(Errno::EBADF);
    }
    let fits = match number(fd, libc::SO_DOMAIN)? {
        libc::AF_INET | libc::AF_INET6 => kind == Kind::Tcp,
        libc::AF_UNIX => kind == Kind::Unix,
        _ => false,
    };
    if !fits || number(fd, libc::SO_ACCEPTCONN)? == 0 {
        return Err(Errno::EINVAL);
    }
    // SAFETY: no pointer is passed.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    // SAFETY: no pointer is passed.
    check(unsafe { libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) })?;
    // SAFETY: no pointer is passed.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    // SAFETY: no pointer is passed.
    check(unsafe { libc::fcntl(fd, libc::F_SETFD, flags | libc::FD_CLOEXEC) })?;
    // SAFETY: the application gave the descriptor away with USE_FD.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A property of a descriptor that may not even be a socket.
fn number(fd: RawFd, name: libc::c_int) -> Result<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut len = super::size_of::<libc::c_int>();
    let pointer = ptr::from_mut(&mut value).cast();
    // SAFETY: value and length are local variables.
    check(unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, pointer, &mut len) })?;
    Ok(value)
}

/// Gives the socket an address.
///
/// # Errors
/// See bind(2).
pub fn bind(fd: BorrowedFd<'_>, address: &SockAddr) -> Result<()> {
    // SAFETY: the address is valid for its length.
    check(unsafe { libc::bind(fd.as_raw_fd(), address.as_ptr(), address.len()) })?;
    Ok(())
}

/// Starts to accept connections; the kernel holds at most about `backlog` of them.
///
/// # Errors
/// See listen(2).
pub fn listen(fd: BorrowedFd<'_>, backlog: i32) -> Result<()> {
    // SAFETY: no pointer is passed.
    check(unsafe { libc::listen(fd.as_raw_fd(), backlog) })?;
    Ok(())
}

/// Takes the next connection, with the peer's address.
///
/// # Errors
/// `EAGAIN` when there is none now; else see accept(2).
pub fn accept(fd: BorrowedFd<'_>) -> Result<(OwnedFd, SockAddr)> {
    let mut address = SockAddr::empty();
    let peer = address.as_mut_ptr();
    let len: *mut libc::socklen_t = address.len_mut();
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: the address is writable for its length.
    let new = retry(|| check(unsafe { libc::accept4(fd.as_raw_fd(), peer, len, flags) }))?;
    // SAFETY: the descriptor is new and nobody else's.
    Ok((unsafe { OwnedFd::from_raw_fd(new) }, address))
}

/// Starts to connect. `true` when the connection is made, `false` when the socket will become writable at the end.
///
/// # Errors
/// See connect(2).
pub fn connect(fd: BorrowedFd<'_>, address: &SockAddr) -> Result<bool> {
    // SAFETY: the address is valid for its length.
    match check(unsafe { libc::connect(fd.as_raw_fd(), address.as_ptr(), address.len()) }) {
        Ok(_) => Ok(true),
        // An interrupted attempt goes on in the background.
        Err(Errno::EINPROGRESS | Errno::EINTR) => Ok(false),
        Err(e) => Err(e),
    }
}

/// This side's address.
///
/// # Errors
/// `ENOTSOCK`, `ENOBUFS`.
pub fn local_address(fd: BorrowedFd<'_>) -> Result<SockAddr> {
    let mut address = SockAddr::empty();
    let pointer = address.as_mut_ptr();
    let len: *mut libc::socklen_t = address.len_mut();
    // SAFETY: the address is writable for its length.
    check(unsafe { libc::getsockname(fd.as_raw_fd(), pointer, len) })?;
    Ok(address)
}

/// The peer's address.
///
/// # Errors
/// `ENOTCONN`, also when the connection is already gone.
pub fn peer_address(fd: BorrowedFd<'_>) -> Result<SockAddr> {
    let mut address = SockAddr::empty();
    let pointer = address.as_mut_ptr();
    let len: *mut libc::socklen_t = address.len_mut();
    // SAFETY: the address is writable for its length.
    check(unsafe { libc::getpeername(fd.as_raw_fd(), pointer, len) })?;
    Ok(address)
}

/// Reads once; 0 at the end of the stream. The bytes counted are initialised.
///
/// # Errors
/// `EAGAIN` when nothing is there now; else see recv(2).
#[inline]
pub fn read(fd: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let (fd, flags) = (fd.as_raw_fd(), 0);
    // As in `Epoll::wait`, no point at which a thread may be cancelled.
    let (no_address, no_length) = (ptr::null_mut::<libc::sockaddr>(), ptr::null_mut::<libc::socklen_t>());
    retry(|| {
        let (buf, len) = (buffer.as_mut_ptr(), buffer.len());
        // SAFETY: the kernel writes at most the buffer's length.
        check_count(unsafe { libc::syscall(libc::SYS_recvfrom, fd, buf, len, flags, no_address, no_length) } as isize)
    })
}

/// Writes once from the first [`MAX_SLICES`] slices; returns how many bytes went.
///
/// # Errors
/// `EAGAIN` when there is no room now; `EPIPE`, without a signal, when the connection is closed; else see sendmsg(2).
#[inline]
pub fn write_vectored(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> Result<usize> {
    if let [only] = slices {
        // Nothing for the kernel to copy in but the bytes.
        let (fd, buf, len, flags) = (fd.as_raw_fd(), only.as_ptr(), only.len(), libc::MSG_NOSIGNAL);
        let (no_address, no_length) = (ptr::null::<libc::sockaddr>(), 0);
        // SAFETY: the slice is valid for its length through the call.
        let send = || unsafe { libc::syscall(libc::SYS_sendto, fd, buf, len, flags, no_address, no_length) };
        return retry(|| check_count(send() as isize));
    }
    // SAFETY: all-zero bytes are a valid msghdr.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    // An IoSlice has the layout of an iovec; sendmsg does not write through it.
    header.msg_iov = slices.as_ptr().cast_mut().cast();
    header.msg_iovlen = slices.len().min(MAX_SLICES) as _;
    // SAFETY: the slices are valid for their lengths through the call.
    retry(|| check_count(unsafe { libc::sendmsg(fd.as_raw_fd(), &header, libc::MSG_NOSIGNAL) }))
}

/// Ends the stream towards the peer, after what was written.
///
/// # Errors
/// `ENOTCONN`.
pub fn shutdown_write(fd: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: no pointer is passed.
    check(unsafe { libc::shutdown(fd.as_raw_fd(), libc::SHUT_WR) })?;
    Ok(())
}

/// Bytes that the peer has not acknowledged (TCP) or read (Unix) yet. The end of a TCP stream counts as a byte.
///
/// # Errors
/// `EINVAL` when not connected.
pub fn unsent_bytes(fd: BorrowedFd<'_>) -> Result<usize> {
    let mut count: libc::c_int = 0;
    // On Linux SIOCOUTQ is the same request as TIOCOUTQ.
    // SAFETY: the request writes one int.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::TIOCOUTQ, &mut count) })?;
    Ok(usize::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    fn pair() -> (OwnedFd, OwnedFd) {
        let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
        a.set_nonblocking(true).unwrap();
        b.set_nonblocking(true).unwrap();
        (a.into(), b.into())
    }

    #[test]
    fn reads_what_was_written_and_the_end() {
        let (a, b) = pair();
        let mut buffer = [MaybeUninit::uninit(); 16];
        assert_eq!(read(b.as_fd(), &mut buffer), Err(Errno::EAGAIN));
        assert_eq!(write_vectored(a.as_fd(), &[IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")]), Ok(5));
        assert!(unsent_bytes(a.as_fd()).unwrap() >= 5);
        assert_eq!(read(b.as_fd(), &mut buffer), Ok(5));
        assert_eq!(unsent_bytes(a.as_fd()), Ok(0));
        shutdown_write(a.as_fd()).unwrap();
        assert_eq!(read(b.as_fd(), &mut buffer), Ok(0));
    }

    #[test]
    fn a_closed_peer_is_an_error_and_not_a_signal() {
        let (a, b) = pair();
        drop(b);
        assert_eq!(write_vectored(a.as_fd(), &[IoSlice::new(b"x")]), Err(Errno::EPIPE));
    }

    #[test]
    fn more_slices_than_the_kernel_takes() {
        let (a, b) = pair();
        let slices = vec![IoSlice::new(b"x"); MAX_SLICES + 5];
        assert_eq!(write_vectored(a.as_fd(), &slices), Ok(MAX_SLICES));
        let mut buffer = [MaybeUninit::uninit(); 2 * MAX_SLICES];
        assert_eq!(read(b.as_fd(), &mut buffer), Ok(MAX_SLICES));
    }

    #[test]
    fn only_listening_sockets_are_adopted() {
        assert_eq!(adopt_listener(-1, Kind::Tcp).unwrap_err(), Errno::EBADF);
        let file = std::fs::File::open("/proc/self/exe").unwrap();
        assert_eq!(adopt_listener(file.as_raw_fd(), Kind::Tcp).unwrap_err(), Errno::ENOTSOCK);
        let idle = tcp(Family::V4).unwrap();
        assert_eq!(adopt_listener(idle.as_raw_fd(), Kind::Tcp).unwrap_err(), Errno::EINVAL);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(adopt_listener(listener.as_raw_fd(), Kind::Unix).unwrap_err(), Errno::EINVAL);
        let fd = adopt_listener(std::os::fd::IntoRawFd::into_raw_fd(listener), Kind::Tcp).unwrap();
        assert_eq!(accept(fd.as_fd()).unwrap_err(), Errno::EAGAIN);
    }
}
