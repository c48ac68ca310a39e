//! Errors and the version: zmq_errno(3), zmq_strerror(3), zmq_version(3). The calling thread.

use super::constants::{EFSM, EMTHREAD, ENOCOMPATPROTO, ETERM, ZMQ_HAUSNUMERO};
use super::constants::{ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH};
use crate::errno::Errno;
use crate::sys::lock::Mutex;
use libc::{c_char, c_int};
use std::cell::UnsafeCell;
use std::ffi::CStr;
use std::sync::atomic::{AtomicUsize, Ordering};

// The numbers of zmq.h are those of the engine.
const _: () = {
    assert!(ZMQ_HAUSNUMERO == crate::errno::HAUSNUMERO && EFSM == Errno::EFSM.0 && ETERM == Errno::ETERM.0);
    assert!(ENOCOMPATPROTO == Errno::ENOCOMPATPROTO.0 && EMTHREAD == Errno::EMTHREAD.0);
};

/// Sets the C library's `errno`.
#[inline]
pub(crate) fn set_errno(errno: Errno) {
    // SAFETY: the C library returns the calling thread's errno, which is always there.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    unsafe { *place = errno.0 };
}

/// The calling thread's `errno`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_errno() -> c_int {
    // SAFETY: the C library returns the calling thread's errno, which is always there.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    unsafe { *place }
}

/// The text of an error number; it stays valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_strerror(errnum_: c_int) -> *const c_char {
    let saved = Errno(zmq_errno());
    let text = match Errno(errnum_) {
        Errno::EFSM => c"Operation cannot be accomplished in current state",
        Errno::ENOCOMPATPROTO => c"The protocol is not compatible with the socket type",
        Errno::ETERM => c"Context was terminated",
        Errno::EMTHREAD => c"No thread available",
        Errno::EHOSTUNREACH => c"Host unreachable",
        errno => libc_text(errno),
    };
    set_errno(saved);
    text.as_ptr()
}

/// The version that the library is compatible with.
///
/// # Safety
/// Each pointer may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_version(major_: *mut c_int, minor_: *mut c_int, patch_: *mut c_int) {
    for (place, number) in [(major_, ZMQ_VERSION_MAJOR), (minor_, ZMQ_VERSION_MINOR), (patch_, ZMQ_VERSION_PATCH)] {
        // SAFETY: NULL or the caller's integer.
        if let Some(place) = unsafe { place.as_mut() } {
            *place = number;
        }
    }
}

/// The C library's text. What it returns for a number that it knows is part of its own data; for others it writes into a
/// buffer that the next call reuses, so those are kept here.
fn libc_text(errno: Errno) -> &'static CStr {
    let mut buffer = [0u8; Text::SIZE];
    // SAFETY: the buffer is as long as said; the function ends the text with NUL within it.
    let rc = unsafe { libc::strerror_r(errno.0, buffer.as_mut_ptr().cast(), Text::SIZE - 1) };
    if rc == 0 {
        // SAFETY: never NULL, and constant for a known number.
        let text = unsafe { libc::strerror(errno.0) };
        // SAFETY: as above, and ends with NUL.
        return unsafe { CStr::from_ptr(text) };
    }
    UNKNOWN.text(errno, buffer)
}

/// Texts of unknown numbers: static, so that they outlive every thread and are no heap memory.
static UNKNOWN: UnknownTexts = UnknownTexts {
    writer: Mutex::new(()),
    filled: AtomicUsize::new(0),
    texts: [const { Text(UnsafeCell::new((0, [0; Text::SIZE]))) }; UnknownTexts::COUNT],
};

/// A number and its text.
struct Text(UnsafeCell<(c_int, [u8; Text::SIZE])>);

impl Text {
    const SIZE: usize = 48;
}

/// Written by whoever holds `writer`, at the place `filled` only; read by anyone below `filled`.
struct UnknownTexts {
    writer: Mutex<()>,
    filled: AtomicUsize,
    texts: [Text; UnknownTexts::COUNT],
}

// SAFETY: a text is written once, under the lock, before `filled` is raised past it, and never again.
unsafe impl Sync for UnknownTexts {}

impl UnknownTexts {
    const COUNT: usize = 64;

    fn text(&'static self, errno: Errno, text: [u8; Text::SIZE]) -> &'static CStr {
        self.find(errno).or_else(|| self.add(errno, text)).unwrap_or(c"Unknown error")
    }

    fn find(&'static self, errno: Errno) -> Option<&'static CStr> {
        self.texts.iter().take(self.filled.load(Ordering::Acquire)).find_map(|t| {
            // SAFETY: below `filled`, so nobody writes it any more; the only object of this type is static.
            let (number, text) = unsafe { &*t.0.get() };
            (*number == errno.0).then(|| CStr::from_bytes_until_nul(text).unwrap_or_default())
        })
    }

    fn add(&'static self, errno: Errno, text: [u8; Text::SIZE]) -> Option<&'static CStr> {
        let writer = self.writer.lock();
        let filled = self.filled.load(Ordering::Relaxed);
        if self.find(errno).is_none() {
            let place = self.texts.get(filled)?.0.get();
            // SAFETY: this thread holds the lock and nobody reads at `filled`.
            unsafe { *place = (errno.0, text) };
            self.filled.store(filled + 1, Ordering::Release);
        }
        drop(writer);
        self.find(errno)
    }
}
