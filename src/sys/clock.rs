//! Time that never goes back. Any thread.

use std::time::Instant;

/// Milliseconds of the monotonic clock, from an arbitrary start.
pub fn monotonic_ms() -> u64 {
    nanoseconds(libc::CLOCK_MONOTONIC) / 1_000_000
}

/// The monotonic clock.
pub fn now() -> Instant {
    Instant::now()
}

/// A counter that rises with time and costs next to nothing to read. Its unit is the processor's own, and it may step a
/// little between cores: good for "has some time passed", not for measuring.
#[inline]
pub fn tick() -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: every x86_64 processor has the instruction, and it touches no memory.
        unsafe { std::arch::x86_64::_rdtsc() }
    }
    #[cfg(target_arch = "aarch64")]
    {
        let ticks: u64;
        // SAFETY: Linux lets user code read the virtual counter; no memory is touched.
        unsafe { std::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack, preserves_flags)) };
        ticks
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        nanoseconds(libc::CLOCK_MONOTONIC_COARSE)
    }
}

/// How many ticks a microsecond has, about.
#[inline]
pub fn ticks_per_us() -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        // Between 2,000 and 4,000 on what is in use; finding out would cost more than knowing is worth.
        2_500
    }
    #[cfg(target_arch = "aarch64")]
    {
        let hertz: u64;
        // SAFETY: Linux lets user code read the frequency; no memory is touched.
        unsafe { std::arch::asm!("mrs {}, cntfrq_el0", out(reg) hertz, options(nomem, nostack, preserves_flags)) };
        (hertz / 1_000_000).max(1)
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        1_000
    }
}

/// Looks again and again whether `there` holds, for at most `limit_us` microseconds. After how many ticks it did; `None` if it
/// did not.
#[inline]
pub fn look_out(limit_us: u64, mut there: impl FnMut() -> bool) -> Option<u64> {
    let start = tick();
    let limit = limit_us * ticks_per_us();
    loop {
        if there() {
            return Some(tick().wrapping_sub(start));
        }
        if tick().wrapping_sub(start) > limit {
            return None;
        }
        std::hint::spin_loop();
    }
}

fn nanoseconds(clock: libc::clockid_t) -> u64 {
    // SAFETY: all-zero bytes are a valid timespec.
    let mut time: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel fills in the structure; both clocks exist on every Linux.
    unsafe { libc::clock_gettime(clock, &mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes() {
        let (ms, ticks, start) = (monotonic_ms(), tick(), now());
        while start.elapsed().as_millis() < 10 {
            std::hint::spin_loop();
        }
        assert!(monotonic_ms() - ms >= 9);
        assert_ne!(tick(), ticks);
    }
}
