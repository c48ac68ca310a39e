//! Keys as text: zmq_z85_encode(3), zmq_z85_decode(3). Any thread.

use super::arg::{pointer, text};
use crate::errno::{Errno, Result};
use crate::util::z85;
use libc::c_char;

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
