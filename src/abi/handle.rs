//! Handles of contexts and sockets. The application's threads.

use crate::context::Context;
use crate::errno::{Errno, Result};
use crate::util::slots::Slots;
use libc::c_void;
use std::sync::Arc;

/// The contexts of the process, by handle.
pub(crate) static CONTEXTS: Slots<Arc<Context>> = Slots::new();

/// The number behind a handle; never followed as an address.
#[inline]
pub(crate) fn number(handle: *mut c_void) -> usize {
    handle.addr()
}

/// A handle as C sees it.
#[inline]
pub(crate) fn opaque(number: usize) -> *mut c_void {
    std::ptr::without_provenance_mut(number)
}

/// The context that a handle names.
///
/// # Errors
/// `EFAULT` if there is none.
pub(crate) fn context(handle: *mut c_void) -> Result<Arc<Context>> {
    CONTEXTS.lock(number(handle)).map(|context| Arc::clone(&context)).ok_or(Errno::EFAULT)
}
