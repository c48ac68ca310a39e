//! The boxes of CURVE: X25519, XSalsa20 and Poly1305, as NaCl combines them, by way of one crate. Pure functions.

use crate::errno::Result;
use crate::util::secret::Secret;
use crate::zmtp::config::Entropy;
use dryoc::classic::crypto_box;
use dryoc::classic::crypto_core::crypto_scalarmult_base;
use subtle::ConstantTimeEq;

/// Bytes that a box is longer than its content.
pub(super) const MAC: usize = 16;

/// A secret key, or one that two sides share.
pub(super) type Key = Secret<[u8; 32]>;

/// A public key.
pub(in crate::zmtp) type Public = [u8; 32];

/// A nonce: a prefix that says what the box is for, and a part that is used once.
pub(super) type Nonce = [u8; 24];

/// The nonce of a command with a counter.
pub(super) fn counted(prefix: &[u8; 16], count: u64) -> Nonce {
    let mut nonce = [0; 24];
    nonce[..16].copy_from_slice(prefix);
    nonce[16..].copy_from_slice(&count.to_be_bytes());
    nonce
}

/// The nonce of a command with random bytes.
pub(super) fn random(prefix: &[u8; 8], bytes: &[u8; 16]) -> Nonce {
    let mut nonce = [0; 24];
    nonce[..8].copy_from_slice(prefix);
    nonce[8..].copy_from_slice(bytes);
    nonce
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub(super) fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}

/// A fresh secret key.
pub(super) fn secret(entropy: Entropy) -> Result<Key> {
    let mut key = Key::default();
    entropy(&mut *key)?;
    Ok(key)
}

/// The public key that goes with a secret one.
pub(in crate::zmtp) fn public(secret: &[u8; 32]) -> Public {
    let mut key = [0; 32];
    crypto_scalarmult_base(&mut key, secret);
    key
}

/// The key that two pairs share; `None` for a public key that would make it the same for everybody.
pub(super) fn shared(public: &Public, secret: &[u8; 32]) -> Option<Key> {
    crypto_box::crypto_box_beforenm(public, secret).ok().map(Secret::new)
}

/// Turns the bytes of `out` from `start` on into a box: room for the MAC, then the content.
pub(super) fn seal_in_place(out: &mut [u8], start: usize, nonce: &Nonce, key: &Key) {
    if let Some((mac, content)) = out.get_mut(start..).and_then(<[u8]>::split_first_chunk_mut) {
        crypto_box::crypto_box_detached_afternm_inplace(content, mac, nonce, key);
    }
}

/// Opens a box in place; whether it is genuine. The content starts behind the MAC.
pub(super) fn open_in_place(sealed: &mut [u8], nonce: &Nonce, key: &Key) -> bool {
    sealed.split_first_chunk_mut().is_some_and(|(mac, content)| {
        crypto_box::crypto_box_open_detached_afternm_inplace(content, mac, nonce, key).is_ok()
    })
}

/// A box of these parts.
pub(super) fn seal(parts: &[&[u8]], nonce: &Nonce, key: &Key) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|p| p.len()).sum::<usize>().saturating_add(MAC));
    out.extend_from_slice(&[0; MAC]);
    for part in parts {
        out.extend_from_slice(part);
    }
    seal_in_place(&mut out, 0, nonce, key);
    out
}

/// What is in a box, if it is genuine.
pub(super) fn open(sealed: &[u8], nonce: &Nonce, key: &Key) -> Option<Secret<Vec<u8>>> {
    let mut content = Secret::new(sealed.to_vec());
    open_in_place(&mut content, nonce, key).then(|| {
        content.drain(..MAC);
        content
    })
}
