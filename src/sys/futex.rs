//! Sleeping on a word of memory until another thread changes it. Any thread of one process.

use super::timespec;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// Why a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waited {
    /// Woken, or the value was not the expected one: look at it again.
    Woken,
    /// The time has passed.
    TimedOut,
    /// A signal handler ran in this thread.
    Interrupted,
}

/// Sleeps while `word` is `expected`, at most for `timeout`. May also end without a reason, as `Woken`.
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> Waited {
    // A wait without a time is resumed by the kernel after a handler with SA_RESTART, a timed one never is.
    let time = timespec(timeout.unwrap_or(Duration::from_secs(1 << 30)));
    // SAFETY: the word and the time outlive the call; the kernel only reads both.
    let result = unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG, expected, &time)
    };
    if result == 0 {
        return Waited::Woken;
    }
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::ETIMEDOUT) if timeout.is_some() => Waited::TimedOut,
        Some(libc::EINTR) => Waited::Interrupted,
        _ => Waited::Woken,
    }
}

/// Wakes one thread that sleeps on `word`; whether there was one.
pub fn wake_one(word: &AtomicU32) -> bool {
    wake(word, 1) > 0
}

/// Wakes all threads that sleep on `word`; how many there were.
pub fn wake_all(word: &AtomicU32) -> usize {
    wake(word, i32::MAX)
}

fn wake(word: &AtomicU32, count: i32) -> usize {
    // SAFETY: the kernel only uses the word's address.
    let n =
        unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, count) };
    usize::try_from(n).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, mpsc};

    #[test]
    fn a_changed_value_does_not_sleep() {
        assert_eq!(wait(&AtomicU32::new(1), 0, None), Waited::Woken);
    }

    #[test]
    fn the_time_passes() {
        let start = std::time::Instant::now();
        assert_eq!(wait(&AtomicU32::new(0), 0, Some(Duration::from_millis(20))), Waited::TimedOut);
        assert!(start.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn wakes_the_sleeper() {
        let word = Arc::new(AtomicU32::new(0));
        let sleeper = {
            let word = Arc::clone(&word);
            std::thread::spawn(
                move || while word.load(Ordering::Acquire) == 0 && wait(&word, 0, None) == Waited::Woken {},
            )
        };
        word.store(1, Ordering::Release);
        while !sleeper.is_finished() {
            wake_all(&word);
            std::thread::yield_now();
        }
        sleeper.join().unwrap();
        assert!(!wake_one(&word));
    }

    extern "C" fn ignore(_: libc::c_int) {}

    #[test]
    fn a_handler_with_restart_interrupts() {
        // SAFETY: all-zero bytes are a valid sigaction.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = ignore as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: the handler does nothing, and no other test uses this signal.
        assert_eq!(unsafe { libc::sigaction(libc::SIGURG, &action, std::ptr::null_mut()) }, 0);
        let (send, receive) = mpsc::channel();
        let done = Arc::new(AtomicBool::new(false));
        let waiter = {
            let done = Arc::clone(&done);
            std::thread::spawn(move || {
                // SAFETY: no pointer is passed.
                send.send(unsafe { libc::pthread_self() }).unwrap();
                let result = wait(&AtomicU32::new(0), 0, None);
                done.store(true, Ordering::Release);
                result
            })
        };
        let thread = receive.recv().unwrap();
        // A signal that comes before the wait is lost, so it is sent until the wait has ended.
        while !done.load(Ordering::Acquire) {
            // SAFETY: the thread was not joined yet.
            unsafe { libc::pthread_kill(thread, libc::SIGURG) };
            std::thread::yield_now();
        }
        assert_eq!(waiter.join().unwrap(), Waited::Interrupted);
    }
}
