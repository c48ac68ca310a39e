//! The one error type that travels: an `errno` value of the C library or of ZeroMQ's own range. Any thread.

use core::fmt;
use libc::c_int;

/// Base of ZeroMQ's own error numbers (`ZMQ_HAUSNUMERO` in zmq.h).
pub const HAUSNUMERO: c_int = 156_384_712;

/// An error number, as C callers see it in `errno`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub c_int);

/// Result of an operation that fails with an error number.
pub type Result<T, E = Errno> = core::result::Result<T, E>;

macro_rules! from_libc {
    ($($name:ident)*) => { impl Errno { $(#[doc = concat!("`", stringify!($name), "` of the C library.")] pub const $name: Errno = Errno(libc::$name);)* } };
}
from_libc! {
    EPERM ENOENT EINTR EAGAIN ENOMEM EACCES EFAULT EINVAL ENODEV ENFILE EMFILE EPIPE ENAMETOOLONG ENOTSOCK EMSGSIZE EPROTO
    EPROTONOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETUNREACH ECONNABORTED ECONNRESET ENOBUFS ENOTCONN ETIMEDOUT
    ECONNREFUSED EHOSTUNREACH EINPROGRESS ENOTSUP EBADF EISDIR ENOSYS
}

impl Errno {
    /// The call is not allowed in the socket's current state.
    pub const EFSM: Errno = Errno(HAUSNUMERO + 51);
    /// The transport does not fit the socket type.
    pub const ENOCOMPATPROTO: Errno = Errno(HAUSNUMERO + 52);
    /// The context was terminated.
    pub const ETERM: Errno = Errno(HAUSNUMERO + 53);
    /// No I/O thread is available.
    pub const EMTHREAD: Errno = Errno(HAUSNUMERO + 54);

    /// The calling thread's `errno`, after a system call failed.
    pub fn last() -> Errno {
        Errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Errno({}: {self})", self.0)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Errno::EFSM => f.write_str("Operation cannot be accomplished in current state"),
            Errno::ENOCOMPATPROTO => f.write_str("The protocol is not compatible with the socket type"),
            Errno::ETERM => f.write_str("Context was terminated"),
            Errno::EMTHREAD => f.write_str("No thread available"),
            Errno::EHOSTUNREACH => f.write_str("Host unreachable"),
            Errno(code) => fmt::Display::fmt(&std::io::Error::from_raw_os_error(code), f),
        }
    }
}

impl std::error::Error for Errno {}

impl From<std::io::Error> for Errno {
    fn from(e: std::io::Error) -> Errno {
        Errno(e.raw_os_error().unwrap_or(libc::EIO))
    }
}
