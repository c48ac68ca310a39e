//! Addresses in the kernel's form. Plain data.

use crate::errno::{Errno, Result};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// Bytes in the path of a Unix address, the terminating NUL included.
pub const UNIX_PATH_ROOM: usize = 108;

/// An address as bind(2) and connect(2) take it.
#[derive(Clone, Copy)]
pub struct SockAddr {
    storage: libc::sockaddr_storage,
    len: libc::socklen_t,
}

impl SockAddr {
    /// Room for an address that the kernel fills in.
    pub(super) fn empty() -> SockAddr {
        // SAFETY: all-zero bytes are a valid sockaddr_storage, of family AF_UNSPEC.
        let storage = unsafe { std::mem::zeroed() };
        SockAddr { storage, len: super::size_of::<libc::sockaddr_storage>() }
    }

    pub(super) fn as_ptr(&self) -> *const libc::sockaddr {
        std::ptr::from_ref(&self.storage).cast()
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        std::ptr::from_mut(&mut self.storage).cast()
    }

    pub(super) fn len(&self) -> libc::socklen_t {
        self.len
    }

    pub(super) fn len_mut(&mut self) -> &mut libc::socklen_t {
        &mut self.len
    }

    /// A copy of an address that the C library made; `None` for a null pointer or a family that is neither IPv4 nor IPv6.
    ///
    /// # Safety
    /// `address` is null or points to a whole address of the family that it names.
    pub(super) unsafe fn from_ptr(address: *const libc::sockaddr) -> Option<SockAddr> {
        if address.is_null() {
            return None;
        }
        // SAFETY: every address starts with its family; by the caller it is whole.
        let size = match i32::from(unsafe { (*address).sa_family }) {
            libc::AF_INET => super::size_of::<libc::sockaddr_in>(),
            libc::AF_INET6 => super::size_of::<libc::sockaddr_in6>(),
            _ => return None,
        };
        let mut result = SockAddr::empty();
        result.len = size;
        // SAFETY: the source has `size` bytes by its family, the target is larger.
        unsafe { std::ptr::copy_nonoverlapping(address.cast::<u8>(), result.as_mut_ptr().cast(), size as usize) };
        Some(result)
    }

    /// The address of a file.
    ///
    /// # Errors
    /// `ENAMETOOLONG`; `EINVAL` for an empty path or one with a NUL byte.
    pub fn unix_path(path: &[u8]) -> Result<SockAddr> {
        if path.len() >= UNIX_PATH_ROOM {
            return Err(Errno::ENAMETOOLONG);
        }
        if path.is_empty() || path.contains(&0) {
            return Err(Errno::EINVAL);
        }
        Ok(SockAddr::unix(path, 0, 1))
    }

    /// An address in the abstract namespace.
    ///
    /// # Errors
    /// `ENAMETOOLONG`; `EINVAL` for an empty name.
    pub fn unix_abstract(name: &[u8]) -> Result<SockAddr> {
        if name.len() + 1 >= UNIX_PATH_ROOM {
            return Err(Errno::ENAMETOOLONG);
        }
        if name.is_empty() {
            return Err(Errno::EINVAL);
        }
        Ok(SockAddr::unix(name, 1, 0))
    }

    /// `bytes` at `offset` of the path, which goes on for `tail` NUL bytes.
    fn unix(bytes: &[u8], offset: usize, tail: usize) -> SockAddr {
        // SAFETY: all-zero bytes are a valid sockaddr_un.
        let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
        address.sun_family = libc::AF_UNIX as libc::sa_family_t;
        for (to, from) in address.sun_path.iter_mut().skip(offset).zip(bytes) {
            *to = libc::c_char::from_ne_bytes([*from]);
        }
        let used = std::mem::offset_of!(libc::sockaddr_un, sun_path) + offset + bytes.len() + tail;
        let mut result = SockAddr::empty();
        result.len = libc::socklen_t::try_from(used).unwrap_or(0);
        // SAFETY: a storage holds every kind of address, and both are plain data.
        unsafe { result.as_mut_ptr().cast::<libc::sockaddr_un>().write(address) };
        result
    }

    /// The address family (`AF_*`).
    pub fn family(&self) -> i32 {
        i32::from(self.storage.ss_family)
    }

    /// The internet address, if it is one.
    pub fn inet(&self) -> Option<SocketAddr> {
        match self.family() {
            libc::AF_INET => {
                // SAFETY: by its family and the size of a storage, it can be read as such an address.
                let a = unsafe { &*self.as_ptr().cast::<libc::sockaddr_in>() };
                let ip = Ipv4Addr::from(u32::from_be(a.sin_addr.s_addr));
                Some(SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(a.sin_port))))
            }
            libc::AF_INET6 => {
                // SAFETY: by its family and the size of a storage, it can be read as such an address.
                let a = unsafe { &*self.as_ptr().cast::<libc::sockaddr_in6>() };
                let ip = Ipv6Addr::from(a.sin6_addr.s6_addr);
                Some(SocketAddr::V6(SocketAddrV6::new(ip, u16::from_be(a.sin6_port), a.sin6_flowinfo, a.sin6_scope_id)))
            }
            _ => None,
        }
    }

    /// The Unix address, if it is one.
    pub fn unix_name(&self) -> Option<UnixName<'_>> {
        if self.family() != libc::AF_UNIX {
            return None;
        }
        let start = std::mem::offset_of!(libc::sockaddr_un, sun_path);
        let end = (self.len as usize).clamp(start, size_of::<libc::sockaddr_un>());
        // SAFETY: a storage is longer than a Unix address, and all its bytes are initialised.
        let bytes = unsafe { std::slice::from_raw_parts(self.as_ptr().cast::<u8>(), end) };
        let path = &bytes[start..];
        Some(match path {
            [] => UnixName::Unnamed,
            [0, name @ ..] => UnixName::Abstract(name),
            _ => UnixName::Path(path.split(|b| *b == 0).next().unwrap_or(path)),
        })
    }
}

/// What a Unix address names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnixName<'a> {
    /// The socket was never bound.
    Unnamed,
    /// A name in the abstract namespace.
    Abstract(&'a [u8]),
    /// A file.
    Path(&'a [u8]),
}

impl From<SocketAddr> for SockAddr {
    fn from(address: SocketAddr) -> SockAddr {
        let mut result = SockAddr::empty();
        match address {
            SocketAddr::V4(v4) => {
                // SAFETY: all-zero bytes are a valid sockaddr_in.
                let mut a: libc::sockaddr_in = unsafe { std::mem::zeroed() };
                a.sin_family = libc::AF_INET as libc::sa_family_t;
                a.sin_port = v4.port().to_be();
                a.sin_addr.s_addr = u32::from(*v4.ip()).to_be();
                result.len = super::size_of::<libc::sockaddr_in>();
                // SAFETY: a storage holds every kind of address, and both are plain data.
                unsafe { result.as_mut_ptr().cast::<libc::sockaddr_in>().write(a) };
            }
            SocketAddr::V6(v6) => {
                // SAFETY: all-zero bytes are a valid sockaddr_in6.
                let mut a: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
                a.sin6_family = libc::AF_INET6 as libc::sa_family_t;
                a.sin6_port = v6.port().to_be();
                a.sin6_flowinfo = v6.flowinfo();
                a.sin6_scope_id = v6.scope_id();
                a.sin6_addr.s6_addr = v6.ip().octets();
                result.len = super::size_of::<libc::sockaddr_in6>();
                // SAFETY: a storage holds every kind of address, and both are plain data.
                unsafe { result.as_mut_ptr().cast::<libc::sockaddr_in6>().write(a) };
            }
        }
        result
    }
}

impl fmt::Debug for SockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.inet(), self.unix_name()) {
            (Some(address), _) => write!(f, "{address}"),
            (None, Some(name)) => write!(f, "{name:?}"),
            (None, None) => write!(f, "family {}", self.family()),
        }
    }
}

/// Address family of the internet protocol in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6, which reaches IPv4 through mapped addresses.
    V6,
}

impl Family {
    pub(super) fn number(self) -> libc::c_int {
        match self {
            Family::V4 => libc::AF_INET,
            Family::V6 => libc::AF_INET6,
        }
    }

    /// The family of an address.
    pub fn of(address: SocketAddr) -> Family {
        match address {
            SocketAddr::V4(_) => Family::V4,
            SocketAddr::V6(_) => Family::V6,
        }
    }

    /// The address that stands for all of this machine's.
    pub fn any(self) -> IpAddr {
        match self {
            Family::V4 => Ipv4Addr::UNSPECIFIED.into(),
            Family::V6 => Ipv6Addr::UNSPECIFIED.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internet_addresses_round_trip() {
        for text in ["127.0.0.1:80", "[::1]:65535", "[fe80::1%3]:1", "0.0.0.0:0"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(SockAddr::from(address).inet(), Some(address));
            assert_eq!(SockAddr::from(address).unix_name(), None);
        }
    }

    #[test]
    fn unix_addresses_round_trip() {
        let path = [b'a'; 107];
        assert_eq!(SockAddr::unix_path(&path).unwrap().unix_name(), Some(UnixName::Path(&path)));
        assert_eq!(SockAddr::unix_path(&[b'a'; 108]).unwrap_err(), Errno::ENAMETOOLONG);
        assert_eq!(SockAddr::unix_path(b"").unwrap_err(), Errno::EINVAL);
        assert_eq!(SockAddr::unix_path(b"a\0b").unwrap_err(), Errno::EINVAL);
        let name = [b'n'; 106];
        assert_eq!(SockAddr::unix_abstract(&name).unwrap().unix_name(), Some(UnixName::Abstract(&name)));
        assert_eq!(SockAddr::unix_abstract(&[b'n'; 107]).unwrap_err(), Errno::ENAMETOOLONG);
        assert_eq!(SockAddr::unix_abstract(b"").unwrap_err(), Errno::EINVAL);
    }
}
