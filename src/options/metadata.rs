//! The text of METADATA: a property that this side announces when it shakes hands. Any thread.

use crate::errno::{Errno, Result};

/// Names begin so, to stand apart from those of the protocol (RFC 23).
const PREFIX: &[u8] = b"X-";
/// Longest name; its length is one byte on the wire.
const NAME_MAX: usize = 255;

/// Name and value of `X-name:value`; the first colon divides them.
///
/// # Errors
/// `EINVAL`: no colon, another beginning, a name without anything behind `X-` or above 255 bytes, or an empty value.
pub(super) fn parse(text: &[u8]) -> Result<(&[u8], &[u8])> {
    let colon = text.iter().position(|byte| *byte == b':').ok_or(Errno::EINVAL)?;
    let (name, value) = (&text[..colon], &text[colon + 1..]);
    let named = name.starts_with(PREFIX) && name.len() > PREFIX.len() && name.len() <= NAME_MAX;
    if named && !value.is_empty() { Ok((name, value)) } else { Err(Errno::EINVAL) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties() {
        let good: [(&[u8], &[u8], &[u8]); 6] = [
            (b"X-a:b", b"X-a", b"b"),
            (b"X-a:b:c", b"X-a", b"b:c"),
            (b"X-a::", b"X-a", b":"),
            (b"X- : ", b"X- ", b" "),
            (b"X-a\0b:c", b"X-a\0b", b"c"),
            (b"X-a:b\0", b"X-a", b"b\0"),
        ];
        for (text, name, value) in good {
            assert_eq!(parse(text), Ok((name, value)), "{text:?}");
        }
        for bad in ["", ":", "X", "X-", "X-a", "X-a:", "X-:b", "X:b", "a:b", "x-a:b", "Hello:b", " X-a:b", ":X-a:b"] {
            assert_eq!(parse(bad.as_bytes()), Err(Errno::EINVAL), "{bad}");
        }
        let named = |len: usize| [&b"X-"[..], &vec![b'n'; len - 2], b":v"].concat();
        assert_eq!(parse(&named(255)).map(|(name, _)| name.len()), Ok(255));
        assert_eq!(parse(&named(256)), Err(Errno::EINVAL));
        let long = [&b"X-a:"[..], &[b'v'; 100_000]].concat();
        assert_eq!(parse(&long).map(|(_, value)| value.len()), Ok(100_000));
    }
}
