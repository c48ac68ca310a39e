//! Networks of TCP_ACCEPT_FILTER: the text and the comparison. The socket's thread parses, a listener's thread compares.

use crate::errno::{Errno, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network that TCP_ACCEPT_FILTER admits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AcceptFilter {
    /// An address of the network; IPv4 as it is.
    pub network: IpAddr,
    /// Length of the prefix in bits.
    pub prefix: u8,
}

impl AcceptFilter {
    /// Whether the peer is in the network. An IPv4 peer of a dual-stack listener may be given either way.
    pub fn admits(&self, peer: IpAddr) -> bool {
        let prefix = if self.network.is_ipv4() { self.prefix.saturating_add(96) } else { self.prefix };
        let differ = bits(self.network) ^ bits(peer);
        u32::from(prefix) <= differ.leading_zeros()
    }

    /// `address` or `address/bits`, up to the first NUL. Only numeric addresses, and only IPv4 unless `ipv6` is on.
    ///
    /// With IPV6 on, libzmq counts the bits of an IPv4 network from the start of the mapped address, so that 10.0.0.0/8
    /// admits every IPv4 peer. Here up to 32 bits count within the IPv4 address (test `accept_filter_admits`).
    pub(super) fn parse(value: &[u8], ipv6: bool) -> Result<AcceptFilter> {
        let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
        let text = str::from_utf8(&value[..end]).map_err(|_| Errno::EINVAL)?;
        let (address, bits) = match text.rsplit_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let network = match parse_address(address).ok_or(Errno::EINVAL)? {
            IpAddr::V6(v6) if !ipv6 => IpAddr::V4(v6.to_ipv4_mapped().ok_or(Errno::EINVAL)?),
            network => network,
        };
        let own_bits = if network.is_ipv4() { 32 } else { 128 };
        let prefix = bits.map_or(Some(own_bits), parse_bits).ok_or(Errno::EINVAL)?;
        match network {
            network if prefix <= own_bits => Ok(AcceptFilter { network, prefix }),
            IpAddr::V4(v4) if ipv6 && prefix <= 128 => Ok(AcceptFilter { network: v4.to_ipv6_mapped().into(), prefix }),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// The address as 128 bits, IPv4 in its mapped form.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The number of bits, read as `atoi` does: leading blanks and a sign are skipped, the rest ends at the first character
/// that is no digit. Zero must be exactly "0", since every text without a number gives that too.
fn parse_bits(text: &str) -> Option<u8> {
    if text == "0" {
        return Some(0);
    }
    let text = text.trim_ascii_start();
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok().filter(|bits| *bits != 0)
}

/// A numeric address, which may stand in brackets.
fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    match parse_v4(text) {
        Some(v4) => Some(v4.into()),
        None => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
    }
}

/// The numeric forms that `inet_aton` takes: one to four parts, decimal, octal or hexadecimal; the last part fills what the
/// others leave of the 32 bits.
fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let (init, last) = match text.rsplit_once('.') {
        Some((init, last)) => (Some(init), last),
        None => (None, text),
    };
    let mut address = 0u32;
    let mut left = 32;
    for part in init.into_iter().flat_map(|init| init.split('.')) {
        left -= 8;
        if left == 0 {
            return None;
        }
        address |= parse_part(part, 8)? << left;
    }
    Some(Ipv4Addr::from_bits(address | parse_part(last, left)?))
}

fn parse_part(text: &str, bits: u32) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok().filter(|value| u64::from(*value) < 1 << bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, ipv6: bool) -> Result<AcceptFilter> {
        AcceptFilter::parse(text.as_bytes(), ipv6)
    }

    #[test]
    fn accept_filter_texts() {
        // What is accepted without IPV6 is accepted with it too.
        for good in [
            "127.0.0.1",
            "0.0.0.0",
            "0.0.0.0/0",
            "0.0.0.0/32",
            "127.0.0.1/8",
            "[127.0.0.1]/8",
            "127.0.0.1/8\n",
            "1.2.3.4/ 8",
            "1.2.3.4/+8",
            "1.2.3.4/08",
            "127.1",
            "1.2.3",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "00.0.0.0",
            "0xffffffff",
            "1.16777215",
            "1.2.65535",
            "0000000000001.2.3.4",
            "::ffff:127.0.0.1",
            "127.0.0.1\0junk",
        ] {
            assert!(parse(good, false).is_ok() && parse(good, true).is_ok(), "{good}");
        }
        for only_with_ipv6 in [
            "::1",
            "::",
            "[::1]",
            "[::]/0",
            "::1/128",
            "[::1]/128",
            "::1/64",
            "fe80::1/10",
            "::1.2.3.4",
            "0.0.0.0/33",
            "0.0.0.0/128",
            "::ffff:127.0.0.0/104",
        ] {
            assert_eq!(parse(only_with_ipv6, false), Err(Errno::EINVAL), "{only_with_ipv6}");
            assert!(parse(only_with_ipv6, true).is_ok(), "{only_with_ipv6}");
        }
        for bad in [
            "",
            "foo",
            "0.0.0.0foo",
            "0.0.0.0/foo",
            "0.0.0.0/",
            "0.0.0.0/-1",
            "0.0.0.0/129",
            "0.0.0.0/00",
            "0.0.0.0/-0",
            "0.0.0.0/+0",
            "0.0.0.0/+-8",
            "0.0.0.0/0x8",
            "0.0.0.0/8/8",
            "0.0.0.0/4294967296",
            "0.0.0.0/18446744073709551624",
            "/8",
            "/",
            "//8",
            "localhost",
            "lo",
            "*",
            "*/8",
            "127.0.0.1:80",
            "127.0.0.1:*",
            " 127.0.0.1",
            "127.0.0.1 ",
            "127.0.0.1\n",
            "256.0.0.1",
            "1.2.3.256",
            "1.2.3.4.5",
            "1.2.3.4.",
            "1.",
            ".1",
            "1..1",
            "0x.1",
            "08.1.1.1",
            "4294967296",
            "1.16777216",
            "256.1",
            "1.2.65536",
            "+1.2.3.4",
            "1.2.3.-4",
            "0x",
            "1.2.3.0x",
            "0x+1",
            "[::1",
            "::1]",
            "[]",
            "[",
            "]",
            "[127.0.0.1",
            "127.0.0.1]",
            "1::2::3",
            "::1/129",
            "::1%lo",
            "::1%0",
        ] {
            assert_eq!(parse(bad, false), Err(Errno::EINVAL), "{bad}");
            assert_eq!(parse(bad, true), Err(Errno::EINVAL), "{bad}");
        }
        assert_eq!(AcceptFilter::parse(b"\xff", true), Err(Errno::EINVAL));
    }

    #[test]
    fn accept_filter_admits() {
        for (text, ipv6, peer, expected) in [
            ("127.0.0.1", false, "127.0.0.1", true),
            ("127.0.0.1", false, "127.0.0.2", false),
            ("127.9.9.9/8", false, "127.0.0.1", true),
            ("10.0.0.0/8", false, "127.0.0.1", false),
            ("126.0.0.0/7", false, "127.0.0.1", true),
            ("124.0.0.0/7", false, "127.0.0.1", false),
            ("127.0.0.0/31", false, "127.0.0.1", true),
            ("127.0.0.0/31", false, "127.0.0.2", false),
            ("0.0.0.0/0", false, "203.0.113.9", true),
            ("0.0.0.0/0", false, "::1", false),
            ("127.1", false, "127.0.0.1", true),
            ("0177.0.0.1", false, "127.0.0.1", true),
            ("0x7f000001", false, "127.0.0.1", true),
            ("10.1.513", false, "10.1.2.1", true),
            // A dual-stack listener sees IPv4 peers in their mapped form.
            ("127.0.0.1", true, "::ffff:127.0.0.1", true),
            ("127.0.0.1", false, "::ffff:127.0.0.1", true),
            ("10.0.0.0/8", true, "::ffff:10.1.2.3", true),
            ("10.0.0.0/8", true, "::ffff:127.0.0.1", false),
            ("10.0.0.0/8", true, "::1", false),
            ("10.0.0.0/104", true, "::ffff:10.1.2.3", true),
            ("10.0.0.0/104", true, "::ffff:11.1.2.3", false),
            ("::ffff:10.0.0.0/104", true, "10.1.2.3", true),
            ("::1", true, "::1", true),
            ("::2", true, "::1", false),
            ("::1", true, "::ffff:127.0.0.1", false),
            ("::/0", true, "::ffff:127.0.0.1", true),
            ("fe80::/10", true, "febf::1", true),
            ("fe80::/10", true, "fec0::1", false),
        ] {
            let filter = parse(text, ipv6).unwrap();
            assert_eq!(filter.admits(peer.parse().unwrap()), expected, "{text} and {peer}");
        }
    }
}
