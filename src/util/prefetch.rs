//! Asking the processor for memory before it is needed: while many pipes are gone through, the next ones come nearer.
//! Any thread.
#![allow(unsafe_code, reason = "the instruction takes an address")]

use std::ptr;

/// Hints that the cache line at `at` will be used soon. Any address will do.
#[inline(always)]
pub(crate) fn prefetch<T>(at: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a hint, which reads nothing and cannot fault.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = at;
}

/// Bytes that come together.
const LINE: usize = 64;

/// Asks for the whole of a value.
#[inline]
pub(crate) fn prefetch_all<T: ?Sized>(value: &T) {
    prefetch_span((&raw const *value).addr(), size_of_val(value));
}

/// Asks for so many bytes at an address.
#[inline]
pub(crate) fn prefetch_span(at: usize, size: usize) {
    for offset in (0..size).step_by(LINE) {
        prefetch(ptr::without_provenance::<u8>(at.wrapping_add(offset)));
    }
}
