//! Options of the kernel's sockets, one function each. Any thread.

use super::check;
use super::credentials::PeerCredentials;
use crate::errno::{Errno, Result};
use std::os::fd::{AsRawFd, BorrowedFd};

fn set<T>(fd: BorrowedFd<'_>, level: libc::c_int, name: libc::c_int, value: &T) -> Result<()> {
    let pointer = std::ptr::from_ref(value).cast();
    // SAFETY: the value is valid for its size.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, pointer, super::size_of::<T>()) })?;
    Ok(())
}

fn get(fd: BorrowedFd<'_>, level: libc::c_int, name: libc::c_int) -> Result<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut len = super::size_of::<libc::c_int>();
    let pointer = std::ptr::from_mut(&mut value).cast();
    // SAFETY: value and length are local variables.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, pointer, &mut len) })?;
    Ok(value)
}

macro_rules! integers {
    ($($(#[$doc:meta])* $set:ident $get:ident: $level:ident $name:ident;)*) => { $(
        $(#[$doc])*
        ///
        /// # Errors
        /// See setsockopt(2).
        pub fn $set(fd: BorrowedFd<'_>, value: i32) -> Result<()> {
            set(fd, libc::$level, libc::$name, &libc::c_int::from(value))
        }

        /// The value in force.
        ///
        /// # Errors
        /// See getsockopt(2).
        pub fn $get(fd: BorrowedFd<'_>) -> Result<i32> {
            get(fd, libc::$level, libc::$name)
        }
    )* };
}

integers! {
    /// Whether the local address may be in use by closed connections.
    set_reuse_address reuse_address: SOL_SOCKET SO_REUSEADDR;
    /// Size of the send buffer; the kernel doubles it.
    set_send_buffer send_buffer: SOL_SOCKET SO_SNDBUF;
    /// Size of the receive buffer; the kernel doubles it.
    set_receive_buffer receive_buffer: SOL_SOCKET SO_RCVBUF;
    /// Whether idle connections are probed.
    set_keepalive keepalive: SOL_SOCKET SO_KEEPALIVE;
    /// Whether small segments are sent at once.
    set_no_delay no_delay: IPPROTO_TCP TCP_NODELAY;
    /// Probes before an idle connection is given up.
    set_keepalive_count keepalive_count: IPPROTO_TCP TCP_KEEPCNT;
    /// Seconds of silence before the first probe.
    set_keepalive_idle keepalive_idle: IPPROTO_TCP TCP_KEEPIDLE;
    /// Seconds between probes.
    set_keepalive_interval keepalive_interval: IPPROTO_TCP TCP_KEEPINTVL;
    /// Milliseconds that sent data may stay unacknowledged.
    set_user_timeout user_timeout: IPPROTO_TCP TCP_USER_TIMEOUT;
    /// Type of service of IPv4 packets.
    set_tos tos: IPPROTO_IP IP_TOS;
    /// Traffic class of IPv6 packets.
    set_traffic_class traffic_class: IPPROTO_IPV6 IPV6_TCLASS;
    /// Whether an IPv6 socket refuses IPv4.
    set_v6_only v6_only: IPPROTO_IPV6 IPV6_V6ONLY;
}

/// Ties the socket to a network interface.
///
/// # Errors
/// `EPERM` without the privilege, `ENODEV` for an unknown interface, `EINVAL` for a name that is too long.
pub fn set_device(fd: BorrowedFd<'_>, interface: &str) -> Result<()> {
    let len = libc::socklen_t::try_from(interface.len()).map_err(|_| Errno::EINVAL)?;
    let pointer = interface.as_ptr().cast();
    // SAFETY: the name is valid for its length; the kernel takes it without a NUL.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_BINDTODEVICE, pointer, len) })?;
    Ok(())
}

/// The interface that the socket is tied to; empty for none.
///
/// # Errors
/// See getsockopt(2).
pub fn device(fd: BorrowedFd<'_>) -> Result<String> {
    let mut name = [0_u8; libc::IFNAMSIZ];
    let mut len = super::size_of::<[u8; libc::IFNAMSIZ]>();
    let pointer = name.as_mut_ptr().cast();
    // SAFETY: name and length are local variables.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_BINDTODEVICE, pointer, &mut len) })?;
    let text = name.split(|b| *b == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// Makes closing drop the connection at once, without lingering in the kernel.
///
/// # Errors
/// See setsockopt(2).
pub fn set_abort_on_close(fd: BorrowedFd<'_>) -> Result<()> {
    set(fd, libc::SOL_SOCKET, libc::SO_LINGER, &libc::linger { l_onoff: 1, l_linger: 0 })
}

/// The pending error, which is cleared: how a connection attempt ended.
///
/// # Errors
/// That error, or why it cannot be known.
pub fn take_error(fd: BorrowedFd<'_>) -> Result<()> {
    match get(fd, libc::SOL_SOCKET, libc::SO_ERROR)? {
        0 => Ok(()),
        code => Err(Errno(code)),
    }
}

/// Who is at the other end of a Unix socket.
///
/// # Errors
/// See getsockopt(2).
pub fn peer_credentials(fd: BorrowedFd<'_>) -> Result<PeerCredentials> {
    let mut who = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut len = super::size_of::<libc::ucred>();
    let pointer = std::ptr::from_mut(&mut who).cast();
    // SAFETY: value and length are local variables.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, pointer, &mut len) })?;
    Ok(PeerCredentials { pid: who.pid, uid: who.uid, gid: who.gid })
}
