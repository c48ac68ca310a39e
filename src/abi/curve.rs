//! Keys: zmq_curve_keypair(3), zmq_curve_public(3), zmq_z85_encode(3), zmq_z85_decode(3). Any thread.

use super::arg::{pointer, status, text};
use crate::errno::{Errno, Result};
use crate::util::{random, z85};
use libc::{c_char, c_int};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// Bytes of a key, and characters of its text.
const KEY: usize = 32;
const KEY_TEXT: usize = 40;

/// Writes a new pair of keys as text.
///
/// # Errors
/// `EINVAL`: a pointer is NULL. `ENOSYS` and the like: the system has no random numbers.
///
/// # Safety
/// Each pointer has room for 41 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_keypair(z85_public_key_: *mut c_char, z85_secret_key_: *mut c_char) -> c_int {
    if z85_public_key_.is_null() || z85_secret_key_.is_null() {
        return status(Err(Errno::EINVAL));
    }
    let mut secret = Zeroizing::new([0; KEY]);
    if let Err(e) = random::fill(&mut *secret) {
        return status(Err(e));
    }
    // SAFETY: not NULL, with the room that the caller promises.
    let public = unsafe { write_text(z85_public_key_, &public_key(&secret)) };
    // SAFETY: as above.
    status(public.and_then(|()| unsafe { write_text(z85_secret_key_, &*secret) }))
}

/// Writes the public key of a secret key, both as text.
///
/// # Errors
/// `EINVAL`: a pointer is NULL, or the secret key is not 40 characters of Z85. Nothing is written then.
///
/// # Safety
/// `z85_public_key_` has room for 41 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_public(z85_public_key_: *mut c_char, z85_secret_key_: *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    let Some(secret) = (unsafe { read_key(z85_secret_key_) }).filter(|_| !z85_public_key_.is_null()) else {
        return status(Err(Errno::EINVAL));
    };
    // SAFETY: not NULL, with the room that the caller promises.
    status(unsafe { write_text(z85_public_key_, &public_key(&secret)) })
}

fn public_key(secret: &[u8; KEY]) -> [u8; KEY] {
    PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
}

/// The key that 40 characters stand for.
unsafe fn read_key(string: *const c_char) -> Option<Zeroizing<[u8; KEY]>> {
    // SAFETY: as the caller promises.
    let text = unsafe { text(string) }.ok()?.to_bytes();
    let bytes = Zeroizing::new(z85::decode(text).filter(|_| text.len() == KEY_TEXT)?);
    let mut key = Zeroizing::new([0; KEY]);
    key.copy_from_slice(bytes.get(..KEY)?);
    Some(key)
}

/// Writes the Z85 text of `size_` bytes, and a NUL, to `dest_`, which it returns.
///
/// # Errors
/// `EINVAL`: `size_` does not divide by four, or a pointer is NULL.
///
/// # Safety
/// `dest_` has room for `size_ * 5 / 4 + 1` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_encode(dest_: *mut c_char, data_: *const u8, size_: usize) -> *mut c_char {
    // SAFETY: as the caller promises.
    pointer(unsafe { encode(dest_, data_, size_) }.map(|()| dest_))
}

unsafe fn encode(dest: *mut c_char, data: *const u8, size: usize) -> Result<()> {
    if dest.is_null() || (data.is_null() && size != 0) || isize::try_from(size).is_err() {
        return Err(Errno::EINVAL);
    }
    // SAFETY: the caller's bytes, or none.
    let bytes = if size == 0 { &[] } else { unsafe { std::slice::from_raw_parts(data, size) } };
    // SAFETY: not NULL, with the room that the caller promises.
    unsafe { write_text(dest, bytes) }
}

/// Writes the text of `bytes` and a NUL, or nothing.
unsafe fn write_text(dest: *mut c_char, bytes: &[u8]) -> Result<()> {
    let text = Zeroizing::new(z85::encode(bytes).ok_or(Errno::EINVAL)?);
    // SAFETY: the caller left room for the text and its end.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), dest, text.len()) };
    // SAFETY: as above.
    let end = unsafe { dest.add(text.len()) };
    // SAFETY: as above.
    unsafe { *end = 0 };
    Ok(())
}

/// Writes the bytes of a Z85 text to `dest_`, which it returns.
///
/// # Errors
/// `EINVAL`: the text is no Z85 or its length does not divide by five, or a pointer is NULL. `dest_` is untouched then.
///
/// # Safety
/// `dest_` has room for four bytes for every five characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_decode(dest_: *mut u8, string_: *const c_char) -> *mut u8 {
    // SAFETY: as the caller promises.
    let bytes = unsafe { text(string_) }.ok().filter(|_| !dest_.is_null()).and_then(|t| z85::decode(t.to_bytes()));
    pointer(bytes.ok_or(Errno::EINVAL).map(|bytes| {
        // SAFETY: the caller left room for them.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), dest_, bytes.len()) };
        dest_
    }))
}
