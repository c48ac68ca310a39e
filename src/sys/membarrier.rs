//! A fence for both sides, paid by one: after [`barrier`] every other thread of the process has passed a full fence too.
//! Whoever does something often then needs no more than a [`light`] fence, and whoever does its counterpart rarely calls
//! `barrier` (membarrier(2)). Any thread.

use std::sync::OnceLock;
use std::sync::atomic::{Ordering, compiler_fence};

/// Keeps the compiler from moving memory accesses across; the processor is held by the other side's [`barrier`].
#[inline(always)]
pub fn light() {
    compiler_fence(Ordering::SeqCst);
}

/// Whether the kernel has the call, asked once. Light fences must not be relied on otherwise.
#[inline]
pub fn is_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| !cfg!(any(miri, loom)) && call(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED))
}

/// A full fence in this thread and in all others. Only where [`is_available`].
pub fn barrier() {
    // Cannot fail once the process is registered.
    let done = call(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    debug_assert!(done);
}

fn call(command: libc::c_int) -> bool {
    // SAFETY: no pointer is passed.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    /// Of two sides that each announce themselves and then look for the other, at least one sees the other.
    #[test]
    fn one_side_sees_the_other() {
        if !is_available() {
            return;
        }
        const ROUNDS: u32 = 20_000;
        let (a, b) = (AtomicU32::new(0), AtomicU32::new(0));
        let (seen_by_a, seen_by_b) = std::thread::scope(|s| {
            let often = s.spawn(|| {
                let mut seen = Vec::new();
                for round in 1..=ROUNDS {
                    while b.load(Ordering::Acquire) + 1 < round {
                        std::hint::spin_loop();
                    }
                    a.store(round, Ordering::Relaxed);
                    light();
                    seen.push(b.load(Ordering::Relaxed));
                }
                seen
            });
            let mut seen = Vec::new();
            for round in 1..=ROUNDS {
                while a.load(Ordering::Acquire) + 1 < round {
                    std::hint::spin_loop();
                }
                b.store(round, Ordering::Relaxed);
                barrier();
                seen.push(a.load(Ordering::Relaxed));
            }
            (often.join().unwrap(), seen)
        });
        for (round, (a, b)) in (1..).zip(seen_by_a.iter().zip(&seen_by_b)) {
            assert!(*a >= round || *b >= round, "round {round}: {a} {b}");
        }
    }
}
