//! MESSAGE of CURVE: every frame after the handshake is a box in a command (RFC 26). I/O thread.

use super::boxes::{self, Key, MAC};
use crate::zmtp::error::{ProtocolError, code};
use crate::zmtp::frame::{Framing, HEADER_MAX, HeaderBytes};
use crate::zmtp::handshake;

const NAME: &[u8; 8] = b"\x07MESSAGE";
const FROM_CLIENT: &[u8; 16] = b"CurveZMQMESSAGEC";
const FROM_SERVER: &[u8; 16] = b"CurveZMQMESSAGES";

/// Bytes before the flags of what is in the box.
const BOX: usize = 16;
/// Bytes of a MESSAGE that are not content.
pub(in crate::zmtp) const OVERHEAD: usize = 33;
/// More parts follow.
pub(in crate::zmtp) const MORE: u8 = 1;
/// The content is a command.
pub(in crate::zmtp) const COMMAND: u8 = 2;

/// The state of an encrypted connection.
#[derive(Debug)]
pub(in crate::zmtp) struct Cipher {
    key: Key,
    is_server: bool,
    /// Count of the last command sent; each is used once.
    sent: u64,
    /// Count of the last command received; the next is higher.
    received: u64,
}

impl Cipher {
    pub(super) fn new(key: Key, is_server: bool, sent: u64, received: u64) -> Cipher {
        Cipher { key, is_server, sent, received }
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// Only commands with a higher count are accepted from now on.
    pub(super) fn expect_above(&mut self, count: u64) {
        self.received = count;
    }

    fn prefix(&self, by_server: bool) -> &'static [u8; 16] {
        if by_server { FROM_SERVER } else { FROM_CLIENT }
    }

    /// Bytes of a frame that `seal` appends for as much content.
    pub(in crate::zmtp) fn sealed_len(content: usize) -> usize {
        content.saturating_add(OVERHEAD).saturating_add(HEADER_MAX)
    }

    /// Appends a frame with the flags and the content, which is in two parts.
    ///
    /// # Errors
    /// The counter is used up.
    pub(in crate::zmtp) fn seal(
        &mut self,
        flags: u8,
        prefix: &[u8],
        content: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        self.sent = self.sent.checked_add(1).ok_or(ProtocolError::silent("nonces are used up"))?;
        let size = prefix.len().saturating_add(content.len()).saturating_add(OVERHEAD);
        let mut head = [0; OVERHEAD];
        head[..8].copy_from_slice(NAME);
        head[8..BOX].copy_from_slice(&self.sent.to_be_bytes());
        head[OVERHEAD - 1] = flags;
        match u8::try_from(size) {
            Ok(size) => out.extend_from_slice(&[0, size]),
            Err(_) => out.extend_from_slice(HeaderBytes::new(Framing::V2, 0, size).as_slice()),
        }
        let start = out.len().saturating_add(BOX);
        out.extend_from_slice(&head);
        out.extend_from_slice(prefix);
        out.extend_from_slice(content);
        boxes::seal_in_place(out, start, &boxes::counted(self.prefix(self.is_server), self.sent), &self.key);
        Ok(())
    }

    /// Opens a frame's body in place. Returns its flags; the content starts at [`OVERHEAD`].
    ///
    /// # Errors
    /// What RFC 26 forbids.
    pub(in crate::zmtp) fn open(&mut self, body: &mut [u8]) -> Result<u8, ProtocolError> {
        if !body.starts_with(NAME) {
            return Err(handshake::expect_whole(body, b"MESSAGE").err().unwrap_or(handshake::UNEXPECTED));
        }
        if body.len() < OVERHEAD {
            return Err(ProtocolError::protocol(code::ZMTP_MALFORMED_COMMAND_MESSAGE));
        }
        let count = body.get(NAME.len()..BOX).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_be_bytes(*b));
        if count <= self.received {
            return Err(ProtocolError::protocol(code::ZMTP_INVALID_SEQUENCE));
        }
        let nonce = boxes::counted(self.prefix(!self.is_server), count);
        let sealed = body.get_mut(BOX..).unwrap_or_default();
        if !boxes::open_in_place(sealed, &nonce, &self.key) {
            return Err(ProtocolError::protocol(code::ZMTP_CRYPTOGRAPHIC));
        }
        self.received = count;
        Ok(sealed.get(MAC).copied().unwrap_or(0))
    }
}
