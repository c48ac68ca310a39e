//! Host names and numeric addresses through the C library. Numeric forms never block, names may for long.

use super::sockaddr::{Family, SockAddr};
use crate::errno::{Errno, Result};
use std::ffi::CString;
use std::net::{IpAddr, SocketAddr};

/// The address that `host` writes in numbers, in any form that inet_aton(3) or RFC 4291 knows. IPv4 becomes a mapped
/// address where IPv6 is wanted. Never blocks.
pub fn numeric(host: &str, family: Family) -> Option<IpAddr> {
    query(host, family, libc::AI_NUMERICHOST).ok().map(|a| a.ip())
}

/// The first address that the system knows for `host`. May block for many seconds.
///
/// # Errors
/// `EINVAL` for an unknown host, `EAGAIN` when the name service does not answer, `ENOMEM`.
pub fn name(host: &str, family: Family) -> Result<IpAddr> {
    query(host, family, 0).map(|a| a.ip())
}

fn query(host: &str, family: Family, flags: libc::c_int) -> Result<SocketAddr> {
    if host.is_empty() {
        return Err(Errno::EINVAL);
    }
    let host = CString::new(host).map_err(|_| Errno::EINVAL)?;
    // SAFETY: all-zero bytes are a valid addrinfo.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = family.number();
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_flags = flags | if family == Family::V6 { libc::AI_V4MAPPED } else { 0 };
    let mut list = std::ptr::null_mut();
    // SAFETY: the host is a C string, the rest are local variables.
    let code = unsafe { libc::getaddrinfo(host.as_ptr(), std::ptr::null(), &hints, &mut list) };
    match code {
        0 => {}
        libc::EAI_MEMORY => return Err(Errno::ENOMEM),
        libc::EAI_AGAIN => return Err(Errno::EAGAIN),
        libc::EAI_SYSTEM => return Err(Errno::last()),
        _ => return Err(Errno::EINVAL),
    }
    // SAFETY: on success the list is null or has a first entry.
    let first = unsafe { list.as_ref() };
    // SAFETY: an entry's address is whole.
    let address = first.and_then(|entry| unsafe { SockAddr::from_ptr(entry.ai_addr) });
    // SAFETY: the list came from getaddrinfo; the address above is a copy.
    unsafe { libc::freeaddrinfo(list) };
    address.and_then(|a| a.inet()).ok_or(Errno::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numeric_forms() {
        let four = |s| numeric(s, Family::V4).map(|a| a.to_string());
        assert_eq!(four("127.0.0.1").as_deref(), Some("127.0.0.1"));
        assert_eq!(four("127.1").as_deref(), Some("127.0.0.1"));
        for bad in ["", "::1", "localhost", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "a\0b"] {
            assert_eq!(four(bad), None, "{bad:?}");
        }
        let six = |s| numeric(s, Family::V6).map(|a| a.to_string());
        assert_eq!(six("::1").as_deref(), Some("::1"));
        assert_eq!(six("127.0.0.1").as_deref(), Some("::ffff:127.0.0.1"));
        assert_eq!(six("[::1]"), None);
    }

    #[test]
    fn names() {
        assert_eq!(name("localhost", Family::V4), Ok(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)));
        assert_eq!(name("", Family::V4), Err(Errno::EINVAL));
    }
}
