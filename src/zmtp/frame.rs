//! Frame headers: v1 of ZMTP 1.0 (RFC 13), v2 of ZMTP 2.0 and 3.x (RFC 15, 23, 37). Pure functions.

use super::error::ProtocolError;

/// More parts of the message follow (v1 and v2).
pub(super) const MORE: u8 = 1;
/// The length has eight bytes (v2).
pub(super) const LONG: u8 = 2;
/// The body is a command (v2).
pub(super) const COMMAND: u8 = 4;
/// Longest header that a frame can have.
pub(super) const HEADER_MAX: usize = 10;

/// Largest body that any address space can hold; what is allocated is bounded by what arrives.
const BODY_MAX: u64 = isize::MAX as u64 >> 16;

/// How frames look on this connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Framing {
    /// Length, flags, body.
    V1,
    /// Flags, length, body.
    V2,
}

/// A frame's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    /// MORE and COMMAND as received; v1 has only MORE.
    pub(super) flags: u8,
    /// Bytes of the header.
    pub(super) len: usize,
    /// Bytes of the body.
    pub(super) body: usize,
}

/// Largest body accepted under the option MAXMSGSIZE.
pub(super) fn body_limit(max_msg_size: Option<u64>) -> u64 {
    max_msg_size.unwrap_or(BODY_MAX).min(BODY_MAX)
}

/// The header at the start of `bytes`; `None` while it is incomplete.
pub(super) fn parse(framing: Framing, bytes: &[u8], limit: u64) -> Result<Option<Header>, ProtocolError> {
    match framing {
        Framing::V1 => parse_v1(bytes, limit),
        Framing::V2 => parse_v2(bytes, limit),
    }
}

fn parse_v1(bytes: &[u8], limit: u64) -> Result<Option<Header>, ProtocolError> {
    let (length, len) = match bytes {
        [0xff, rest @ ..] => {
            let Some(length) = rest.first_chunk::<8>() else {
                return Ok(None);
            };
            (u64::from_be_bytes(*length), 10)
        }
        [length, ..] => (u64::from(*length), 2),
        [] => return Ok(None),
    };
    let Some(body) = length.checked_sub(1) else {
        return Err(ProtocolError::silent("v1 frame without flags"));
    };
    let body = checked(body, limit)?;
    let flags = bytes.get(usize::saturating_sub(len, 1));
    Ok(flags.map(|flags| Header { flags: flags & MORE, len, body }))
}

fn parse_v2(bytes: &[u8], limit: u64) -> Result<Option<Header>, ProtocolError> {
    let (flags, length, len) = match bytes {
        [flags, rest @ ..] if flags & LONG != 0 => {
            let Some(length) = rest.first_chunk::<8>() else {
                return Ok(None);
            };
            (*flags, u64::from_be_bytes(*length), 9)
        }
        [flags, length, ..] => (*flags, u64::from(*length), 2),
        _ => return Ok(None),
    };
    Ok(Some(Header { flags: flags & (MORE | COMMAND), len, body: checked(length, limit)? }))
}

/// Flags, length of the header and length of the body, if a v2 header starts here that has no other flags than MORE and
/// LONG: the path of most frames.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> Option<(u8, usize, u64)> {
    match bytes {
        [flags @ 0..=MORE, len, ..] => Some((*flags, 2, u64::from(*len))),
        [flags @ LONG..=3, a, b, c, d, e, f, g, h, ..] => {
            Some((*flags, 9, u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h])))
        }
        _ => None,
    }
}

fn checked(body: u64, limit: u64) -> Result<usize, ProtocolError> {
    usize::try_from(body).ok().filter(|_| body <= limit).ok_or(ProtocolError::silent("frame above the size limit"))
}

/// A header's bytes.
#[derive(Clone, Copy, Debug)]
pub struct HeaderBytes {
    bytes: [u8; HEADER_MAX],
    len: usize,
}

impl HeaderBytes {
    /// The header of a frame with these flags (MORE, COMMAND) and `body` bytes.
    pub(super) fn new(framing: Framing, flags: u8, body: usize) -> HeaderBytes {
        let mut this = HeaderBytes { bytes: [0; HEADER_MAX], len: 0 };
        let length = body as u64;
        match framing {
            Framing::V1 => {
                let length = length.saturating_add(1);
                match u8::try_from(length) {
                    Ok(short) if short != 0xff => this.put(&[short]),
                    _ => {
                        this.put(&[0xff]);
                        this.put(&length.to_be_bytes());
                    }
                }
                this.put(&[flags & MORE]);
            }
            Framing::V2 => match u8::try_from(length) {
                Ok(short) => this.put(&[flags, short]),
                Err(_) => {
                    this.put(&[flags | LONG]);
                    this.put(&length.to_be_bytes());
                }
            },
        }
        this
    }

    fn put(&mut self, bytes: &[u8]) {
        for (to, from) in self.bytes.iter_mut().skip(self.len).zip(bytes) {
            *to = *from;
        }
        self.len = self.len.saturating_add(bytes.len());
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Appends a whole frame to a buffer of control traffic.
pub(super) fn append(out: &mut Vec<u8>, framing: Framing, flags: u8, body: &[u8]) {
    out.extend_from_slice(HeaderBytes::new(framing, flags, body.len()).as_slice());
    out.extend_from_slice(body);
}
