//! Noticing that this process is a forked child, in which the library's threads do not exist. Any thread.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// Written by the child of a fork before any other code of it runs, read by everybody.
static GENERATION: AtomicU32 = AtomicU32::new(0);
static REGISTER: Once = Once::new();

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// A number that differs between a process and its forked children. The first call starts the counting, so whoever
/// compares takes the first value before the fork.
pub fn generation() -> u32 {
    REGISTER.call_once(|| {
        // SAFETY: the handler does nothing but add to an atomic.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
    GENERATION.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_has_another_generation() {
        let before = generation();
        // SAFETY: the child only calls functions that are allowed after a fork.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child == 0 {
            let code = i32::from(generation() == before);
            // SAFETY: ends the child without running anything of the parent.
            unsafe { libc::_exit(code) };
        }
        let mut status = 0;
        // SAFETY: the status is a local variable.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0, "the child saw the parent's generation");
        assert_eq!(generation(), before);
    }
}
