//! Waiting for the kernel in the middle of a large message, for a moment and by the thread that needs it, when that is
//! promising. Whoever holds the session's lock.

use crate::util::restraint::Restraint;
use std::time::{Duration, Instant};

/// How long one call may wait: as long as connections may be left alone.
const LIMIT: Duration = Duration::from_millis(1);
/// What came of it lately, with one peer.
#[derive(Debug, Default)]
pub(super) struct Patience(Restraint);

/// The time that one call may wait.
#[derive(Debug)]
pub(super) struct Wait {
    promising: bool,
    end: Option<Instant>,
}

impl Patience {
    /// The time of the next call, which is none if that is not `allowed`.
    pub(super) fn begin(&mut self, allowed: bool) -> Wait {
        Wait { promising: allowed && self.0.allows(), end: None }
    }

    /// Has `ready` wait for what is left of the call's time; whether it says that the call may go on.
    pub(super) fn wait(&mut self, wait: &mut Wait, ready: impl FnOnce(Duration) -> bool) -> bool {
        if !wait.promising {
            return false;
        }
        let now = Instant::now();
        let end = *wait.end.get_or_insert_with(|| now + LIMIT);
        let is_ready = now < end && ready(end - now);
        wait.promising = is_ready;
        self.0.learn(is_ready);
        is_ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::restraint::MOST_SKIPPED;

    #[test]
    fn waits_in_vain_make_patience_rare_and_a_good_one_makes_it_usual() {
        let mut patience = Patience::default();
        let mut asked = 0;
        for _ in 0..1000 {
            let mut wait = patience.begin(true);
            for _ in 0..2 {
                assert!(!patience.wait(&mut wait, |limit| {
                    assert!(limit <= LIMIT);
                    asked += 1;
                    false
                }));
            }
        }
        assert_eq!(asked, 10);
        let mut calls = 0;
        while !{
            let mut wait = patience.begin(true);
            patience.wait(&mut wait, |_| true)
        } {
            calls += 1;
            assert!(calls <= MOST_SKIPPED);
        }
        for _ in 0..3 {
            let mut wait = patience.begin(true);
            assert!(patience.wait(&mut wait, |_| true) && patience.wait(&mut wait, |_| true));
        }
    }

    #[test]
    fn there_is_an_end_and_a_call_that_may_not_wait() {
        let mut patience = Patience::default();
        assert!(!patience.begin(false).promising);
        let mut wait = patience.begin(true);
        let start = Instant::now();
        while patience.wait(&mut wait, |_| true) {
            assert!(start.elapsed() < Duration::from_secs(10));
        }
        assert!(start.elapsed() >= LIMIT);
    }
}
