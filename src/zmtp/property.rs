//! Property lists: the metadata of READY and INITIATE and of ZAP replies (RFC 23, 27). Pure functions.

use super::config::Config;

/// Names and values, in the order received.
pub(super) type Properties = Vec<(Vec<u8>, Vec<u8>)>;

/// Most properties that one list may have: each costs more memory than its bytes on the wire.
const MAX: usize = 256;

/// Reads a list; `None` if it ends within a property or has too many.
pub(super) fn parse(mut bytes: &[u8]) -> Option<Properties> {
    let mut list = Vec::new();
    while let Some((name_len, rest)) = bytes.split_first() {
        let (name, rest) = rest.split_at_checked(usize::from(*name_len))?;
        let (value_len, rest) = rest.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*value_len)).ok()?)?;
        if list.len() == MAX {
            return None;
        }
        list.push((name.to_vec(), value.to_vec()));
        bytes = rest;
    }
    Some(list)
}

/// Appends a property.
pub(super) fn append(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(name.get(..usize::from(u8::MAX)).unwrap_or(name));
    out.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(value);
}

/// What this side announces.
pub(super) fn local(config: &Config) -> Vec<u8> {
    let mut out = Vec::new();
    let row = config.socket_type.row();
    append(&mut out, b"Socket-Type", row.wire_name.as_bytes());
    if row.sends_identity {
        append(&mut out, b"Identity", &config.routing_id);
    }
    for (name, value) in &config.metadata {
        append(&mut out, name, value);
    }
    out
}
