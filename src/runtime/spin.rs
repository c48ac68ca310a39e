//! Looking for a short while before sleeping. The waiting thread.
//!
//! A sleeping thread costs some 20 us to wake, on both sides. When what a thread waits for usually comes sooner than that,
//! it is cheaper to look out for it; when it does not, looking is a waste, so a thread whose looking was in vain does
//! without for twice as many waits as the time before.

use crate::sys::{clock, thread};
use crate::util::restraint::Restraint;
use std::cell::Cell;

/// What a wake-up costs, about, in microseconds: what ends in this time was worth looking for.
const WAKE_UP_US: u64 = 20;
/// How long a thread looks. More than a wake-up: of two threads that answer each other, one begins, and then has to wait for
/// the other's last wake-up.
const LOOK_US: u64 = 40;
/// Waits that end too late, yet in the time, before looking counts as in vain.
const LATE_MAX: u8 = 8;

#[derive(Clone, Copy)]
struct Experience {
    looking: Restraint,
    /// Waits that ended late, in a row.
    late: u8,
}

thread_local! {
    static EXPERIENCE: Cell<Experience> = const { Cell::new(Experience { looking: Restraint::new(), late: 0 }) };
}

/// Looks for a while whether `there` holds, if that is promising; whether it does.
#[inline]
pub(super) fn until(there: impl FnMut() -> bool) -> bool {
    let mut e = EXPERIENCE.get();
    if !e.looking.allows() {
        EXPERIENCE.set(e);
        return false;
    }
    if cfg!(loom) || !thread::several_processors() {
        return false;
    }
    let found = clock::look_out(LOOK_US, there);
    match found {
        Some(ticks) => e.found(ticks),
        None => e.in_vain(),
    }
    EXPERIENCE.set(e);
    found.is_some()
}

/// Waits while `busy` holds, for no longer than it takes to wake a thread.
pub(super) fn while_busy(mut busy: impl FnMut() -> bool) {
    if !cfg!(loom) && thread::several_processors() {
        clock::look_out(WAKE_UP_US, || !busy());
    }
}

impl Experience {
    fn found(&mut self, ticks: u64) {
        if ticks <= WAKE_UP_US * clock::ticks_per_us() {
            self.late = 0;
            self.looking.learn(true);
            return;
        }
        self.late += 1;
        if self.late >= LATE_MAX {
            self.in_vain();
        }
    }

    fn in_vain(&mut self) {
        self.late = 0;
        self.looking.learn(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::restraint::MOST_SKIPPED;

    #[test]
    fn looking_in_vain_makes_it_rare_and_success_makes_it_usual() {
        if !thread::several_processors() {
            assert!(!until(|| true));
            return;
        }
        assert!(until(|| true));
        let mut looked = 0;
        for _ in 0..1000 {
            let mut asked = false;
            assert!(!until(|| {
                asked = true;
                false
            }));
            looked += u32::from(asked);
        }
        assert_eq!(looked, 10);
        let mut waits = 0;
        while !until(|| true) {
            waits += 1;
            assert!(waits <= MOST_SKIPPED);
        }
        assert!(until(|| true));
    }
}
