//! Network interfaces: addresses, numbers, names. Any thread.

use super::check;
use super::sockaddr::{Family, SockAddr};
use crate::errno::Result;
use std::ffi::{CStr, CString};
use std::net::SocketAddr;

/// The list that getifaddrs(3) makes.
struct List(*mut libc::ifaddrs);

impl List {
    fn new() -> Result<List> {
        let mut first = std::ptr::null_mut();
        // SAFETY: the result is a local variable.
        check(unsafe { libc::getifaddrs(&mut first) })?;
        Ok(List(first))
    }

    fn iter(&self) -> impl Iterator<Item = &libc::ifaddrs> {
        // SAFETY: the list lives until `self` is dropped, and each entry points to the next or is the last.
        let entry = |p: *mut libc::ifaddrs| unsafe { p.as_ref() };
        std::iter::successors(entry(self.0), move |e| entry(e.ifa_next))
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: the list came from getifaddrs and is not used any more.
        unsafe { libc::freeifaddrs(self.0) };
    }
}

/// The first address of a family that the interface called `name` has; the port is 0.
///
/// # Errors
/// See getifaddrs(3).
pub fn first_address(name: &str, family: Family) -> Result<Option<SocketAddr>> {
    let list = List::new()?;
    Ok(list.iter().find_map(|entry| {
        // SAFETY: names in the list are C strings.
        let entry_name = unsafe { CStr::from_ptr(entry.ifa_name) };
        if entry_name.to_bytes() != name.as_bytes() {
            return None;
        }
        // SAFETY: addresses in the list are null or whole.
        let address = unsafe { SockAddr::from_ptr(entry.ifa_addr) }?.inet()?;
        (address.is_ipv6() == (family == Family::V6)).then_some(address)
    }))
}

/// The number of the interface called `name`.
pub fn index_of(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: the name is a C string.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (index != 0).then_some(index)
}

/// The name of the interface with this number.
pub fn name_of(index: u32) -> Option<String> {
    let mut name = [0 as libc::c_char; libc::IFNAMSIZ];
    // SAFETY: the buffer has the size that the call requires.
    let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr()) };
    if found.is_null() {
        return None;
    }
    // SAFETY: on success the buffer holds a C string.
    Some(unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface() {
        assert_eq!(first_address("lo", Family::V4), Ok(Some("127.0.0.1:0".parse().unwrap())));
        let index = index_of("lo").unwrap();
        assert_eq!(name_of(index).as_deref(), Some("lo"));
    }

    #[test]
    fn unknown_interfaces() {
        for name in ["", "nosuch0", "lo\0", "l"] {
            assert_eq!(first_address(name, Family::V4), Ok(None), "{name:?}");
            assert_eq!(index_of(name), None, "{name:?}");
        }
        assert_eq!(name_of(u32::MAX), None);
    }
}
