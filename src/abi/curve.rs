//! Keys: zmq_z85_encode(3), zmq_z85_decode(3), zmq_curve_keypair(3), zmq_curve_public(3). Any thread.

use super::arg::{pointer, status, text};
use crate::errno::{Errno, Result};
use crate::util::{random, z85};
use crate::zmtp::curve_public_key;
use libc::{c_char, c_int};
use zeroize::Zeroizing;

/// A key as text has 40 characters and a NUL.
const KEY_TEXT: usize = 41;

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
    let text = z85::encode(bytes).ok_or(Errno::EINVAL)?;
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

/// Makes a new pair of keys for CURVE, each as 40 characters and a NUL.
///
/// # Errors
/// `EINVAL`: a pointer is NULL. What getrandom(2) says if the system has no randomness.
///
/// # Safety
/// Both have room for 41 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_keypair(z85_public_key_: *mut c_char, z85_secret_key_: *mut c_char) -> c_int {
    let make = || {
        if z85_public_key_.is_null() || z85_secret_key_.is_null() {
            return Err(Errno::EINVAL);
        }
        let mut secret = Zeroizing::new([0; 32]);
        random::fill(&mut *secret)?;
        // SAFETY: as the caller promises.
        unsafe { write_key(z85_public_key_, &curve_public_key(&secret)) }?;
        // SAFETY: as the caller promises.
        unsafe { write_key(z85_secret_key_, &secret) }
    };
    status(make())
}

/// Writes the public key that belongs to a secret one.
///
/// # Errors
/// `EINVAL`: the secret key is not 40 characters of Z85, or a pointer is NULL. The buffer is untouched then.
///
/// # Safety
/// The buffer has room for 41 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_public(z85_public_key_: *mut c_char, z85_secret_key_: *const c_char) -> c_int {
    let derive = || {
        if z85_public_key_.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: as the caller promises.
        let secret = unsafe { text(z85_secret_key_) }.map_err(|_| Errno::EINVAL)?;
        let secret = Zeroizing::new(z85::decode_key(secret.to_bytes()).ok_or(Errno::EINVAL)?);
        // SAFETY: as the caller promises.
        unsafe { write_key(z85_public_key_, &curve_public_key(&secret)) }
    };
    status(derive())
}

/// Writes a key as text.
///
/// # Safety
/// `place` has room for 41 bytes.
unsafe fn write_key(place: *mut c_char, key: &[u8; 32]) -> Result<()> {
    let mut text = Zeroizing::new(z85::encode(key).ok_or(Errno::EINVAL)?);
    text.push(0);
    debug_assert_eq!(text.len(), KEY_TEXT);
    // SAFETY: as the caller promises.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), place, text.len()) };
    Ok(())
}
