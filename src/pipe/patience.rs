//! Giving the processor away once before a reader in a stream sleeps. The reader's side.
//!
//! The scheduler likes to put a writer and the reader that it wakes on one processor. There the reader that sleeps as soon
//! as it has caught up is woken again for the writer's very next message; the one that steps back finds many. Where nobody
//! waits for the processor this costs a system call, and beside busy processes of others their whole turn: what did not pay
//! is done without for twice as many times as the time before.

use crate::sys::clock;

/// A turn that lasted longer, in microseconds, was not the writer's alone.
const TURN_US: u64 = 500;
/// Most times without in between.
const MOST_SKIPPED: u32 = 1024;

#[derive(Default)]
pub(super) struct Patience {
    /// Times to come without.
    skip: u32,
    /// How many were skipped the last time.
    skipped: u32,
}

impl Patience {
    /// Lets others run, if that is promising, and looks whether there is `enough` then.
    pub(super) fn step_back(&mut self, enough: impl FnOnce() -> bool) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let start = clock::tick();
        std::thread::yield_now();
        let lasted = clock::tick().wrapping_sub(start);
        self.learn(enough() && lasted <= TURN_US * clock::ticks_per_us());
    }

    fn learn(&mut self, paid: bool) {
        self.skipped = if paid { 0 } else { (self.skipped * 2).clamp(1, MOST_SKIPPED) };
        self.skip = self.skipped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_pay_becomes_rare_and_what_pays_usual() {
        let mut patience = Patience::default();
        let mut tried = 0;
        for _ in 0..1023 + 11 {
            patience.step_back(|| {
                tried += 1;
                false
            });
        }
        assert_eq!((tried, patience.skip), (11, MOST_SKIPPED));
        patience.skip = 0;
        patience.learn(true);
        assert_eq!(patience.skip, 0);
        patience.learn(false);
        assert_eq!(patience.skip, 1);
    }
}
