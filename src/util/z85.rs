//! Z85 (RFC 32): binary data as printable text, four bytes to five characters. Any thread; pure functions.

const ALPHABET: &[u8; 85] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const NO_DIGIT: u8 = 0xff;

/// Digit of each byte, or `NO_DIGIT`.
static DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut i = 0;
    while i < ALPHABET.len() {
        digits[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    digits
};

/// The text of `data`, or `None` if its length is not a multiple of four.
pub fn encode(data: &[u8]) -> Option<String> {
    if !data.len().is_multiple_of(4) {
        return None;
    }
    let mut text = String::with_capacity(data.len() / 4 * 5);
    for group in data.chunks_exact(4) {
        let word = group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        let mut divisor = 85u32.pow(4);
        while divisor != 0 {
            text.push(char::from(ALPHABET[(word / divisor % 85) as usize]));
            divisor /= 85;
        }
    }
    Some(text)
}

/// The data that `text` stands for, or `None` if its length is not a multiple of five, a character is not of the
/// alphabet, or a group exceeds 32 bits.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(5) {
        return None;
    }
    let mut data = Vec::with_capacity(text.len() / 5 * 4);
    for group in text.chunks_exact(5) {
        let mut word = 0u32;
        for byte in group {
            let digit = DIGITS[usize::from(*byte)];
            if digit == NO_DIGIT {
                return None;
            }
            word = word.checked_mul(85)?.checked_add(u32::from(digit))?;
        }
        data.extend_from_slice(&word.to_be_bytes());
    }
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_the_specification() {
        let data = [0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b];
        assert_eq!(encode(&data).as_deref(), Some("HelloWorld"));
        assert_eq!(decode(b"HelloWorld").as_deref(), Some(&data[..]));
    }

    #[test]
    fn largest_group_and_beyond() {
        assert_eq!(encode(&[0xff; 4]).as_deref(), Some("%nSc0"));
        assert_eq!(decode(b"%nSc0").as_deref(), Some(&[0xff; 4][..]));
        assert_eq!(decode(b"%nSc1"), None);
        assert_eq!(decode(b"#####"), None);
    }

    #[test]
    fn lengths_and_characters() {
        assert_eq!(encode(b"").as_deref(), Some(""));
        assert_eq!(decode(b"").as_deref(), Some(&b""[..]));
        assert_eq!(encode(b"abc"), None);
        assert_eq!(decode(b"abcd"), None);
        for bad in [0u8, b' ', b'"', b'\'', b',', b';', b'\\', b'_', b'`', b'|', b'~', 0x7f, 0x80, 0xff] {
            assert_eq!(decode(&[b'0', b'0', bad, b'0', b'0']), None, "{bad:#x}");
        }
    }

    #[test]
    fn every_digit_survives() {
        for digit in ALPHABET {
            let text = [b'0', b'0', b'0', b'0', *digit];
            assert_eq!(encode(&decode(&text).unwrap()).unwrap().as_bytes(), text);
        }
    }
}
