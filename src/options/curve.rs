//! CURVE keys as CURVE_PUBLICKEY and its like take them. The socket's thread.

use crate::errno::{Errno, Result};
use crate::util::secret::Secret;
use crate::util::z85;

/// The key in 32 bytes as they are, 40 characters of Z85, or these and a terminator.
///
/// libzmq also takes a Z85 text that a NUL ends after 30 or 35 of its 40 characters, and leaves the rest of the old key in
/// place. That makes a key nobody chose, so it is refused here (test `curve_keys`).
pub(super) fn parse_key(value: &[u8], key: &mut [u8; 32]) -> Result<()> {
    let text = match value {
        raw if raw.len() == key.len() => {
            key.copy_from_slice(raw);
            return Ok(());
        }
        [text @ .., 0] if text.len() == 40 => text,
        text if text.len() == 40 => text,
        _ => return Err(Errno::EINVAL),
    };
    let bytes = Secret::new(z85::decode(text).ok_or(Errno::EINVAL)?);
    key.copy_from_slice(&bytes);
    Ok(())
}
