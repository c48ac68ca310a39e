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

/// Asks for so many bytes at an address.
#[inline]
pub(crate) fn prefetch_span(at: usize, size: usize) {
    for offset in (0..size).step_by(LINE) {
        prefetch(ptr::without_provenance::<u8>(at.wrapping_add(offset)));
    }
}

/// Asks for so many bytes at an address that will be written: other processors give up their copies meanwhile, while a store
/// would wait for that, and a fence for all stores before it.
#[inline(always)]
pub(crate) fn prefetch_to_write(at: usize, size: usize) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if to_write::is_known() {
        for offset in (0..size).step_by(LINE) {
            // SAFETY: a hint, which changes nothing and cannot fault, on a processor that knows it.
            unsafe {
                std::arch::asm!("prefetchw [{}]", in(reg) at.wrapping_add(offset), options(nomem, nostack, preserves_flags));
            }
        }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = (at, size);
}

/// Whether the processor knows the instruction, which those before 2008 do not all.
#[cfg(all(target_arch = "x86_64", not(miri)))]
mod to_write {
    use std::arch::x86_64::__cpuid;
    use std::sync::atomic::{AtomicU8, Ordering};

    const UNKNOWN: u8 = 0;
    const NO: u8 = 1;
    const YES: u8 = 2;
    static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);

    #[inline(always)]
    pub(super) fn is_known() -> bool {
        match STATE.load(Ordering::Relaxed) {
            UNKNOWN => ask(),
            state => state == YES,
        }
    }

    #[cold]
    fn ask() -> bool {
        const HIGHEST: u32 = 0x8000_0000;
        const FEATURES: u32 = 0x8000_0001;
        const PREFETCHW: u32 = 1 << 8;
        #[allow(unused_unsafe, reason = "newer compilers know that it is safe")]
        // SAFETY: the instruction exists wherever there are 64 bits.
        let cpuid = |leaf| unsafe { __cpuid(leaf) };
        let known = cpuid(HIGHEST).eax >= FEATURES && cpuid(FEATURES).ecx & PREFETCHW != 0;
        STATE.store(if known { YES } else { NO }, Ordering::Relaxed);
        known
    }
}
