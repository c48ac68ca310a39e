//! Asking the processor for memory before it is needed: while many pipes are gone through, the next ones come nearer.
//! Any thread.
#![allow(unsafe_code, reason = "the instruction takes an address")]

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
