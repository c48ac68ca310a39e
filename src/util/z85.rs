//! Z85 (ZeroMQ RFC 32): four bytes as five printable characters, big-endian in base 85. Any thread, pure.

const ALPHABET: &[u8; 85] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// What is not a digit.
const NONE: u8 = 255;

const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut i = 0;
    while i < ALPHABET.len() {
        values[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    values
};

/// The text of four bytes.
pub fn encode_group(bytes: [u8; 4]) -> [u8; 5] {
    let mut value = u32::from_be_bytes(bytes);
    let mut text = [0; 5];
    for c in text.iter_mut().rev() {
        *c = ALPHABET[(value % 85) as usize];
        value /= 85;
    }
    text
}

/// The bytes of five characters, unless one is no digit or the number is above 32 bits.
pub fn decode_group(text: [u8; 5]) -> Option<[u8; 4]> {
    let mut value = 0u64;
    for c in text {
        match VALUES[usize::from(c)] {
            NONE => return None,
            digit => value = value * 85 + u64::from(digit),
        }
    }
    u32::try_from(value).ok().map(u32::to_be_bytes)
}

/// The text of `bytes`, whose length must divide by four.
pub fn encode(bytes: &[u8]) -> Option<Vec<u8>> {
    let (groups, rest) = bytes.as_chunks();
    rest.is_empty().then(|| groups.iter().flat_map(|g| encode_group(*g)).collect())
}

/// The bytes of `text`, whose length must divide by five and not be zero.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (groups, rest) = text.as_chunks();
    if groups.is_empty() || !rest.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(groups.len() * 4);
    for group in groups {
        bytes.extend(decode_group(*group)?);
    }
    Some(bytes)
}

/// The 32 bytes of a key written as 40 characters.
pub fn decode_key(text: &[u8]) -> Option<[u8; 32]> {
    decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_the_rfc() {
        let bytes = [0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b];
        assert_eq!(encode(&bytes).unwrap(), b"HelloWorld");
        assert_eq!(decode(b"HelloWorld").unwrap(), bytes);
    }

    #[test]
    fn lengths() {
        assert_eq!(encode(b"").unwrap(), b"");
        for n in [1, 2, 3, 5, 7] {
            assert!(encode(&vec![0; n]).is_none());
        }
        for n in [0, 1, 4, 6, 9] {
            assert!(decode(&vec![b'0'; n]).is_none());
        }
        assert_eq!(decode_key(&[b'0'; 40]), Some([0; 32]));
        for n in [35, 41, 45] {
            assert!(decode_key(&vec![b'0'; n]).is_none());
        }
    }

    #[test]
    fn the_largest_number_and_one_more() {
        assert_eq!(encode(&[255; 4]).unwrap(), b"%nSc0");
        assert_eq!(decode(b"%nSc0").unwrap(), [255; 4]);
        for bad in [b"%nSc1", b"#####"] {
            assert!(decode(bad).is_none());
        }
    }

    #[test]
    fn every_other_byte_is_refused() {
        for c in 0..=255 {
            let valid = ALPHABET.contains(&c);
            assert_eq!(decode(&[b'0', b'0', c, b'0', b'0']).is_some(), valid, "{c}");
        }
    }
}
