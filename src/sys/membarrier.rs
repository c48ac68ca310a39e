//! A fence for both sides, paid by one: after [`barrier`] every other thread of the process has passed a full fence too.
//! Whoever does something often then needs no more than a [`light`] fence, and whoever does its counterpart rarely calls
//! `barrier` (membarrier(2)). Any thread.

#[cfg(not(loom))]
use std::sync::atomic::compiler_fence;
use std::sync::atomic::{AtomicU32, Ordering};

const UNKNOWN: u32 = 0;
const AVAILABLE: u32 = 1;
const MISSING: u32 = 2;

static STATE: AtomicU32 = AtomicU32::new(UNKNOWN);

/// Keeps the compiler from moving memory accesses across; the processor is held by the other side's [`barrier`].
#[inline(always)]
pub fn light() {
    #[cfg(not(loom))]
    compiler_fence(Ordering::SeqCst);
    #[cfg(loom)]
    crate::sync::fence(Ordering::SeqCst);
}

/// Whether light fences may be relied on from now on: the process is registered, and the kernel has the call.
#[inline]
pub fn is_available() -> bool {
    STATE.load(Ordering::Relaxed) == AVAILABLE
}

/// Registers the process, once. In a process with several threads that takes some 10 ms: for a thread that nobody waits
/// for.
pub fn register() {
    if STATE.load(Ordering::Relaxed) == UNKNOWN {
        let done = !cfg!(any(miri, loom)) && call(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
        STATE.store(if done { AVAILABLE } else { MISSING }, Ordering::Relaxed);
    }
}

/// Registers the process, once, if that takes no time, because it has no thread but this one.
pub fn register_early() {
    static ASKED: AtomicU32 = AtomicU32::new(UNKNOWN);
    if ASKED.swap(AVAILABLE, Ordering::Relaxed) == UNKNOWN
        && std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
    {
        register();
    }
}

/// A full fence in this thread and in all others. Only where [`is_available`].
pub fn barrier() {
    #[cfg(loom)]
    return crate::sync::fence(Ordering::SeqCst);
    #[cfg(not(loom))]
    expedited();
}

#[cfg(not(loom))]
fn expedited() {
    // A forked child inherits the registration; should it not, it is made up for here.
    if !call(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED) {
        call(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
        let done = call(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED);
        debug_assert!(done);
    }
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
        register();
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
