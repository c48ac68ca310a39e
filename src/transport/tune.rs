//! Which of a ZeroMQ socket's options become options of a kernel socket. Any thread.

use crate::errno::{Errno, Result};
use crate::options::Options;
use crate::sys::sockaddr::Family;
use crate::sys::sockopt;
use std::os::fd::BorrowedFd;

/// What has to be set before a TCP socket is bound or connected.
pub(super) fn tcp_before(fd: BorrowedFd<'_>, family: Family, options: &Options) -> Result<()> {
    if family == Family::V6 {
        sockopt::set_v6_only(fd, 0)?;
    }
    type_of_service(fd, family, options)?;
    if !options.bind_to_device.is_empty() {
        sockopt::set_device(fd, &super::resolve::text_of(&options.bind_to_device))?;
    }
    buffers(fd, options)
}

/// The mark on packets; an IPv6 socket sends IPv4 ones, too.
pub(super) fn type_of_service(fd: BorrowedFd<'_>, family: Family, options: &Options) -> Result<()> {
    if options.tos != 0 {
        sockopt::set_tos(fd, options.tos)?;
        if family == Family::V6 {
            sockopt::set_traffic_class(fd, options.tos)?;
        }
    }
    Ok(())
}

/// Sizes of the kernel's buffers; before a TCP connection is made, as they decide on its window scale.
pub(super) fn buffers(fd: BorrowedFd<'_>, options: &Options) -> Result<()> {
    if options.sndbuf >= 0 {
        sockopt::set_send_buffer(fd, options.sndbuf)?;
    }
    if options.rcvbuf >= 0 {
        sockopt::set_receive_buffer(fd, options.rcvbuf)?;
    }
    Ok(())
}

/// What is set on a TCP socket that carries data.
pub(super) fn tcp_data(fd: BorrowedFd<'_>, options: &Options) -> Result<()> {
    sockopt::set_no_delay(fd, 1)?;
    if options.tcp_maxrt > 0 {
        sockopt::set_user_timeout(fd, options.tcp_maxrt)?;
    }
    if options.tcp_keepalive == -1 {
        return Ok(());
    }
    sockopt::set_keepalive(fd, options.tcp_keepalive)?;
    keepalive_detail(options.tcp_keepalive_cnt, |value| sockopt::set_keepalive_count(fd, value))?;
    keepalive_detail(options.tcp_keepalive_idle, |value| sockopt::set_keepalive_idle(fd, value))?;
    keepalive_detail(options.tcp_keepalive_intvl, |value| sockopt::set_keepalive_interval(fd, value))
}

/// The option takes values that the kernel does not, 0 for instance; the connection then keeps the system's default.
fn keepalive_detail(value: i32, set: impl FnOnce(i32) -> Result<()>) -> Result<()> {
    match value {
        -1 => Ok(()),
        _ => match set(value) {
            Err(Errno::EINVAL) => Ok(()),
            other => other,
        },
    }
}
