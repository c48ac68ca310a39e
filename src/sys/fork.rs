//! Noticing that this process is a forked child, in which the library's threads do not exist. Any thread.

use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// Written by the child of a fork before any other code of it runs, read by everybody.
static GENERATION: AtomicU32 = AtomicU32::new(0);
static REGISTER: Once = Once::new();
/// What else the child runs first; written by `on_child`, once a place.
static HANDLERS: [AtomicPtr<()>; 8] = [const { AtomicPtr::new(std::ptr::null_mut()) }; 8];

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    for place in &HANDLERS {
        let handler = place.load(Ordering::Acquire);
        if !handler.is_null() {
            // SAFETY: `on_child` puts functions of this type here and nothing else.
            let handler = unsafe { std::mem::transmute::<*mut (), fn()>(handler) };
            handler();
        }
    }
}

/// Has each forked child run `handler` before any other code of it, while it has one thread. What other threads of the
/// parent were doing at that moment is half done in the child. Naming a handler twice changes nothing; there is room for
/// eight.
pub fn on_child(handler: fn()) {
    generation();
    let handler = handler as *mut ();
    for place in &HANDLERS {
        match place.compare_exchange(std::ptr::null_mut(), handler, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return,
            Err(there) if there == handler => return,
            Err(_) => {}
        }
    }
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
